package doctor

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/attribution-dev/attribution/internal/event"
	"github.com/attribution-dev/attribution/internal/month"
	"github.com/attribution-dev/attribution/internal/pg"
	"github.com/attribution-dev/attribution/internal/pipeline"
	"github.com/attribution-dev/attribution/internal/stages"
)

// The commands that mend.
const (
	migrate = "attribution migrate"
	run     = "attribution run"
	retry   = run // it goes on from where the last one stopped
)

func (e *examination) tables(ctx context.Context) (f finding, err error) {
	err = e.read(ctx, func(tx pgx.Tx) error {
		have, want, err := pipeline.SchemaVersion(ctx, tx, e.Names)
		switch {
		case err != nil:
			return err
		case have == 0:
			f = failed("there are none yet", migrate)
		case have < want:
			f = failed(fmt.Sprintf("of version %d; this program needs %d", have, want), migrate)
		case have > want:
			f = failed(fmt.Sprintf("of version %d, newer than this program's %d", have, want), "install the newer program: tables do not go back")
		default:
			f = ok("of version %d, as this program needs", have)
		}
		return nil
	})
	return f, err
}

func (e *examination) privileges(ctx context.Context) (f finding, err error) {
	grant := func(missing, what string) {
		f.state, f.found = Failed, f.found+missing+"; "
		f.remedies = append(f.remedies, fmt.Sprintf("GRANT %s TO %s", what, ident(e.role)))
	}
	err = e.read(ctx, func(tx pgx.Tx) error {
		if err := e.databasePrivileges(ctx, tx, grant); err != nil {
			return err
		}
		if err := e.sourcePrivileges(ctx, tx, grant); err != nil {
			return err
		}
		return e.ourPrivileges(ctx, tx, grant, &f)
	})
	if err == nil && f.state == "" {
		return ok("%s may read the sources, and owns our tables", e.role), nil
	}
	f.found = strings.TrimSuffix(f.found, "; ")
	return f, err
}

// databasePrivileges: migrate makes schemas; stages 1 and 3 make temporary tables.
func (e *examination) databasePrivileges(ctx context.Context, tx pgx.Tx, grant func(missing, what string)) error {
	var create, temporary bool
	var missing []string
	if err := e.db.Scan(ctx, tx, "10_doctor/050_database_privileges.sql", pg.Data{}, pg.Args{"schemas": stages.Schemas(e.Names)}, &create, &temporary, &missing); err != nil {
		return err
	}
	if !create {
		grant("no CREATE on the database, which migrate and verify need", "CREATE ON DATABASE "+ident(e.dbName))
	}
	if !temporary {
		grant("no TEMPORARY on the database", "TEMPORARY ON DATABASE "+ident(e.dbName))
	}
	return nil
}

func (e *examination) sourcePrivileges(ctx context.Context, tx pgx.Tx, grant func(missing, what string)) error {
	sources, err := pipeline.Sources(ctx, tx, e.Names, e.Settings.Sources)
	if err != nil {
		return nil //nolint:nilerr // the line sources says it
	}
	var names []string
	for _, k := range event.Kinds() {
		names = append(names, k.Table())
	}
	type privilege struct {
		Schema, Table string
		Use, Select   bool
	}
	all, err := pg.Collect(ctx, e.db, tx, "10_doctor/051_source_privileges.sql", pg.Data{}, pg.Args{"schemas": sources, "tables": names}, pgx.RowToStructByPos[privilege])
	last := ""
	for _, p := range all {
		if !p.Use && p.Schema != last {
			grant("no USAGE on schema "+p.Schema, "USAGE ON SCHEMA "+ident(p.Schema))
		}
		if !p.Select {
			grant("no SELECT on "+p.Schema+"."+p.Table, "SELECT ON TABLE "+ident(p.Schema, p.Table))
		}
		last = p.Schema
	}
	return err
}

// ourPrivileges: partitions are attached and detached, tables truncated and analysed,
// which their owner may.
func (e *examination) ourPrivileges(ctx context.Context, tx pgx.Tx, grant func(missing, what string), f *finding) error {
	type schema struct {
		Name        string
		Use, Create bool
	}
	args := pg.Args{"schemas": stages.Schemas(e.Names)}
	schemas, err := pg.Collect(ctx, e.db, tx, "10_doctor/052_our_schemas.sql", pg.Data{}, args, pgx.RowToStructByPos[schema])
	if err != nil {
		return err
	}
	for _, s := range schemas {
		if !s.Use || !s.Create {
			grant("not both USAGE and CREATE on schema "+s.Name, "USAGE, CREATE ON SCHEMA "+ident(s.Name))
		}
	}
	type table struct {
		Schema, Name string
		Foreign      bool
	}
	tables, err := pg.Collect(ctx, e.db, tx, "10_doctor/053_our_tables.sql", pg.Data{}, args, pgx.RowToStructByPos[table])
	var foreign []string
	for _, t := range tables {
		if !t.Foreign {
			grant("not all rights on "+t.Schema+"."+t.Name, "ALL ON TABLE "+ident(t.Schema, t.Name))
			continue
		}
		foreign = append(foreign, t.Schema+"."+t.Name)
		f.remedies = append(f.remedies, fmt.Sprintf("ALTER TABLE %s OWNER TO %s", ident(t.Schema, t.Name), ident(e.role)))
	}
	if len(foreign) > 0 {
		f.state, f.found = Failed, f.found+"another role owns "+some(foreign)+"; "
	}
	return err
}

// A partition is one of our tables' partitions.
type partition struct {
	ParentSchema, Parent string
	Schema, Name         string
	Pending              bool // being detached
	Indexes              int
}

func (e *examination) partitions(ctx context.Context, parents []pg.Table) ([]partition, error) {
	return collect(ctx, e, "10_doctor/060_partitions.sql", pairs(parents), pgx.RowToStructByPos[partition])
}

// A missingMonth is a month a table has no partition for.
type missingMonth struct {
	parent, table pg.Table
	month         month.Month
	byDate        bool // the table is partitioned by a date, not by an instant
}

// months looks for months that one of the monthly tables lacks, and for gaps in the
// months of the sessions.
func (e *examination) months(ctx context.Context) (finding, error) {
	monthly := stages.Monthly(e.Names)
	sessions := stages.Published(e.Names)[0]
	all, err := e.partitions(ctx, append(slices.Clone(monthly), sessions))
	if err != nil {
		return finding{}, err
	}
	names := map[pg.Table][]string{}
	for _, p := range all {
		parent := pg.Table{Schema: p.ParentSchema, Name: p.Parent}
		names[parent] = append(names[parent], p.Name)
	}
	have := map[pg.Table][]month.Month{}
	var union []month.Month
	for _, t := range monthly {
		have[t] = stages.MonthsOf(names[t], t.Name+"_", "")
		union = append(union, have[t]...)
	}
	if len(union) == 0 {
		return ok("nothing was taken in yet"), nil
	}
	var missing []missingMonth
	through := slices.Min(union).Through(slices.Max(union))
	for _, t := range monthly {
		for _, m := range through {
			if !slices.Contains(have[t], m) {
				missing = append(missing, missingMonth{t, t.Partition(m), m, t.Schema == e.Names.Stages})
			}
		}
	}
	if of := stages.MonthsOf(names[sessions], "all_tracks_", "_signup"); len(of) > 0 {
		for _, m := range slices.Min(of).Through(slices.Max(of)) {
			if !slices.Contains(of, m) {
				missing = append(missing, missingMonth{sessions, pg.Table{Schema: e.Names.Stages, Name: "all_tracks_" + m.Suffix() + "_signup"}, m, false})
			}
		}
	}
	if len(missing) == 0 {
		return ok("%s to %s in every monthly table", through[0], through[len(through)-1]), nil
	}
	return e.monthsMissing(ctx, missing)
}

// monthsMissing says how to get months back: where the table is still there, attached
// again; else made anew from what it was made of.
func (e *examination) monthsMissing(ctx context.Context, missing []missingMonth) (finding, error) {
	tables := make([]string, len(missing))
	for i, m := range missing {
		tables[i] = m.table.Ident().String()
	}
	there, err := collect(ctx, e, "10_doctor/061_exists.sql", pg.Args{"names": tables}, pgx.RowTo[string])
	if err != nil {
		return finding{}, err
	}
	f := finding{state: Failed}
	var what []string
	for _, m := range missing {
		what = append(what, fmt.Sprintf("%s of %s.%s", m.month, m.parent.Schema, m.parent.Name))
		from, to := m.month.From(), m.month.To()
		if m.byDate {
			from, to = m.month.FromDate(), m.month.ToDate()
		}
		bounds := fmt.Sprintf("FOR VALUES FROM (%s) TO (%s)", from, to)
		if slices.Contains(there, m.table.Ident().String()) {
			f.remedies = append(f.remedies, fmt.Sprintf("ALTER TABLE %s ATTACH PARTITION %s %s", m.parent.Ident(), m.table.Ident(), bounds))
			continue
		}
		f.remedies = append(f.remedies, fmt.Sprintf("CREATE TABLE %s PARTITION OF %s %s", m.table.Ident(), m.parent.Ident(), bounds))
		again := run + " --full"
		switch m.parent.Schema {
		case e.Names.Stages:
			again = run + " --month " + m.month.String()
		case e.Names.Sessions:
			again = run + " --from-stage resessionize --full"
		}
		if !slices.Contains(f.remedies, again) {
			f.remedies = append(f.remedies, again)
		}
	}
	f.found = "missing: " + some(what)
	return f, nil
}

func (e *examination) indexes(ctx context.Context) (finding, error) {
	invalid, err := collect(ctx, e, "08_reindex/010_invalid_indexes.sql", pg.Args{"schemas": stages.Schemas(e.Names)}, pgx.RowToStructByPos[pg.Table])
	if err != nil {
		return finding{}, err
	}
	if len(invalid) == 0 {
		return ok("all are valid"), nil
	}
	f := finding{state: Warning}
	var what []string
	for _, i := range invalid {
		what = append(what, i.Schema+"."+i.Name)
		how := "REINDEX INDEX CONCURRENTLY "
		if stages.IsIndexLeftover(i.Name) {
			how = "DROP INDEX CONCURRENTLY "
		}
		f.remedies = append(f.remedies, how+i.Ident().String())
	}
	f.found = "a cancelled build left invalid what costs every write and serves no read: " + some(what) + "; the next run mends it"
	return f, nil
}

func (e *examination) detaches(ctx context.Context) (finding, error) {
	all, err := e.partitions(ctx, append(stages.Monthly(e.Names), stages.Published(e.Names)...))
	if err != nil {
		return finding{}, err
	}
	f := finding{state: Failed}
	var what []string
	for _, p := range all {
		if p.Pending {
			what = append(what, p.Schema+"."+p.Name)
			f.remedies = append(f.remedies, fmt.Sprintf("ALTER TABLE %s DETACH PARTITION %s FINALIZE", ident(p.ParentSchema, p.Parent), ident(p.Schema, p.Name)))
		}
	}
	if len(what) == 0 {
		return ok("none is pending"), nil
	}
	f.found = "DETACH … CONCURRENTLY was stopped half-way, and readers no longer see " + some(what) + "; once it is finished, the line months says how to attach it again"
	return f, nil
}

func (e *examination) leftovers(ctx context.Context) (finding, error) {
	var left []pg.Table
	var atWork bool
	err := e.read(ctx, func(tx pgx.Tx) (err error) {
		if atWork, err = e.isRunning(ctx, tx); err != nil {
			return err
		}
		left, err = stages.Leftovers(ctx, e.db, tx)
		return err
	})
	switch {
	case err != nil:
		return finding{}, err
	case atWork:
		return ok("a run is at work, and builds aside what it needs"), nil
	case len(left) == 0:
		return ok("no killed run left any"), nil
	}
	var what []string
	for _, t := range left {
		what = append(what, t.Schema+"."+t.Name)
	}
	return warning("a killed run left "+some(what)+"; the next run drops them", run), nil
}

// isRunning reports whether a run holds the run lock.
func (e *examination) isRunning(ctx context.Context, q pg.Querier) (is bool, err error) {
	err = e.db.Scan(ctx, q, "00_run/012_is_locked.sql", pg.Data{}, pipeline.RunLock(e.Names), &is)
	return is, err
}

func (e *examination) statistics(ctx context.Context) (finding, error) {
	blind, err := collect(ctx, e, "10_doctor/070_unanalyzed.sql", pairs(stages.Analyzed(e.Names)), pgx.RowToStructByPos[pg.Table])
	if err != nil {
		return finding{}, err
	}
	if len(blind) == 0 {
		return ok("taken of every table that has rows"), nil
	}
	f := finding{state: Warning}
	var what []string
	for _, t := range blind {
		what = append(what, t.Schema+"."+t.Name)
		f.remedies = append(f.remedies, "ANALYZE "+t.Ident().String())
	}
	f.found = "never taken, so that joins are planned blindly: " + some(what)
	return f, nil
}

// locks compares what a full run locks at once, every partition with its indexes, the
// published ones and those to be published, with what the server's lock table holds.
func (e *examination) locks(ctx context.Context) (finding, error) {
	all, err := e.partitions(ctx, append(stages.Monthly(e.Names), stages.Published(e.Names)...))
	if err != nil {
		return finding{}, err
	}
	need := 0
	for _, p := range all {
		need += 2 * (1 + p.Indexes)
	}
	values := map[string]int{}
	type setting struct {
		Name  string
		Value int
	}
	settings, err := collect(ctx, e, "10_doctor/030_settings.sql",
		pg.Args{"names": []string{"max_locks_per_transaction", "max_connections", "max_prepared_transactions"}}, pgx.RowToStructByPos[setting])
	if err != nil {
		return finding{}, err
	}
	for _, s := range settings {
		values[s.Name] = s.Value
	}
	sessions := values["max_connections"] + values["max_prepared_transactions"]
	room := values["max_locks_per_transaction"] * sessions
	text := fmt.Sprintf("%d partitions need up to %d locks at once; the server has room for %d", len(all), need, room)
	if need > room {
		return failed(text, fmt.Sprintf("ALTER SYSTEM SET max_locks_per_transaction = %d, then restart the server", 2*need/sessions+1)), nil
	}
	return ok("%s", text), nil
}

func (e *examination) waiting(ctx context.Context) (finding, error) {
	all, err := collect(ctx, e, "00_run/140_waiting.sql", nil, pgx.RowToStructByPos[pipeline.Waiting])
	if err != nil {
		return finding{}, err
	}
	var what []string
	for _, w := range all {
		if w.Count > 0 {
			what = append(what, fmt.Sprintf("%d %s for %s", w.Count, w.Unit, w.Stage))
		}
	}
	if len(what) == 0 {
		return ok("none of what was taken in"), nil
	}
	return warning(some(what), run), nil
}

func (e *examination) lastRun(ctx context.Context) (finding, error) {
	type last struct {
		Run       int64
		State     string
		StartedAt time.Time
		Stage     string
	}
	var atWork bool
	var runs []last
	err := e.read(ctx, func(tx pgx.Tx) (err error) {
		if atWork, err = e.isRunning(ctx, tx); err != nil {
			return err
		}
		runs, err = pg.Collect(ctx, e.db, tx, "10_doctor/100_last_run.sql", pg.Data{}, nil, pgx.RowToStructByPos[last])
		return err
	})
	if err != nil {
		return finding{}, err
	}
	if len(runs) == 0 {
		if atWork {
			return ok("the first run is about to begin"), nil
		}
		return warning("there was none yet", run), nil
	}
	r := runs[0]
	text := fmt.Sprintf("run %d, begun at %s UTC", r.Run, r.StartedAt.UTC().Format("2006-01-02 15:04"))
	stage := ""
	if r.Stage != "" {
		stage = " in stage " + r.Stage
	}
	switch {
	case atWork:
		return ok("%s, is at work%s", text, stage), nil
	case r.State == "failed":
		return failed(text+", failed"+stage+"; attribution history says why", retry), nil
	case r.State == "interrupted":
		return warning(text+", was interrupted"+stage, retry), nil
	case r.State == "running":
		return warning(text+", was killed"+stage, retry), nil
	}
	return ok("%s, was done", text), nil
}

// idle looks for sessions of ours that hold a transaction open although no run is at
// work: those of a machine that went away.
func (e *examination) idle(ctx context.Context) (finding, error) {
	var atWork bool
	var pids []int32
	err := e.read(ctx, func(tx pgx.Tx) (err error) {
		if atWork, err = e.isRunning(ctx, tx); err != nil || atWork {
			return err
		}
		pids, err = pg.Collect(ctx, e.db, tx, "10_doctor/110_idle.sql", pg.Data{}, pg.Args{"patience": interval(e.Patience("idle sessions"))}, pgx.RowTo[int32])
		return err
	})
	switch {
	case err != nil:
		return finding{}, err
	case atWork:
		return ok("a run is at work, whose sessions may wait"), nil
	case len(pids) == 0:
		return ok("none of ours holds a transaction open"), nil
	}
	f := finding{state: Warning, found: fmt.Sprintf("%d of ours hold a transaction open while no run is at work", len(pids))}
	for _, pid := range pids {
		f.remedies = append(f.remedies, fmt.Sprintf("SELECT pg_catalog.pg_terminate_backend(%d)", pid))
	}
	return f, nil
}
