package stages

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/attribution-dev/attribution/internal/channel"
	"github.com/attribution-dev/attribution/internal/event"
	"github.com/attribution-dev/attribution/internal/pg"
	"github.com/attribution-dev/attribution/internal/segment"
)

// neededText are the columns the pipeline reads beside times and identifiers, and
// those; what a table does not have is NULL.
var (
	neededText = []string{
		"event", "event_text", "context_page_url", "url", "context_page_referrer", "referrer",
		"context_campaign_source", "context_campaign_medium", "context_campaign_name", "context_campaign_term", "context_campaign_content",
	}
	neededTimes = []string{"received_at", "uuid_ts", "timestamp"}
	identifiers = []string{"anonymous_id", "user_id", "previous_id"}
)

// ourColumns cannot be taken in as extra ones.
var ourColumns = []string{
	"source", "kind", "extract_id", "is_bot", "n", "load_time", "row_md5", "reason", "previous_id",
	"raw id", "raw anonymous_id", "raw user_id", "raw previous_id", "raw verdict",
}

// A sourceTable is one of Segment's tables and what is to be read of it.
type sourceTable struct {
	source string
	info   segment.TableInfo
	items  []pg.SourceItem
	raw    []pg.SourceItem // the identifiers as they stand: "raw id"
	extra  []pg.Identifier
	names  []string // of extra
	holds  *held    // once asked
	padded bool     // ids may be one another's when trimmed
}

func (t *sourceTable) identities() bool { return !t.info.Kind.IsActivity() }
func (in *Input) takenTable(t *sourceTable) pg.Table {
	if t.identities() {
		return pg.Table{Schema: in.DB.Names.Segment, Name: "app_identities"}
	}
	return pg.Table{Schema: in.DB.Names.Segment, Name: "app_tracks"}
}

// goesStraightIn tells that a first reading needs no look at what was taken in: no two
// rows have one id, and load times show which rows are settled.
func (t *sourceTable) goesStraightIn() bool { return t.info.HasUniqueID && t.hasUUIDTS() && !t.padded }

// hasUserAgents tells that its rows say who sent them, and are to be judged by it.
func (t *sourceTable) hasUserAgents() bool {
	_, ok := t.info.Columns["context_user_agent"]
	return ok && !t.identities()
}

func (t *sourceTable) hasUUIDTS() bool { _, ok := t.info.Columns["uuid_ts"]; return ok }
func (t *sourceTable) String() string  { return t.source + "." + t.info.Table }
func (t *sourceTable) key() pg.Args    { return pg.Args{"source": t.source, "source_table": t.info.Table} }

func (t *sourceTable) data() pg.Data {
	return pg.Data{
		Source: pg.MustIdent(t.source, t.info.Table), Columns: t.items, Extra: t.extra, Identities: t.identities(), UserAgents: t.hasUserAgents(),
		Window: pg.Window{HasUUIDTS: t.hasUUIDTS()},
	}
}

// sourceTables reads the catalog of every source, compares it with the last run's,
// and says what is to be read of each table.
func (in *Input) sourceTables(ctx context.Context, r *Result) ([]sourceTable, error) {
	var all []sourceTable
	for _, source := range in.Settings.Sources {
		infos, err := segment.Catalog(ctx, in.DB.Pool, source)
		if err != nil {
			return nil, err
		}
		if len(infos) == 0 {
			return nil, Permanent(fmt.Errorf("source %q: no tracks, pages, screens, identifies or aliases table that can be read: check sources in the configuration and the SELECT privilege", source))
		}
		for _, info := range infos {
			t := sourceTable{source: source, info: info}
			if err := t.choose(in.Settings, r); err != nil {
				return nil, Permanent(err)
			}
			if err := in.compare(ctx, &t, r); err != nil {
				return nil, err
			}
			all = append(all, t)
		}
	}
	return all, in.missTables(ctx, all, r)
}

// missTables warns of source tables taken in before that are not read any more: what
// came from them stays, and nothing new comes.
func (in *Input) missTables(ctx context.Context, now []sourceTable, r *Result) error {
	known, err := KnownTables(ctx, in.DB, in.DB.Pool)
	if err != nil {
		return err
	}
	for _, k := range known {
		read := slices.ContainsFunc(now, func(t sourceTable) bool { return t.source == k.Schema && t.info.Table == k.Name })
		switch {
		case read:
		case slices.Contains(in.Settings.Sources, k.Schema):
			r.warn(fmt.Sprintf("table %s.%s, taken in before, is gone: nothing new comes from it", k.Schema, k.Name))
		default:
			r.warn(fmt.Sprintf("source %s, taken in before, is not among sources: its %s stay as they are", k.Schema, k.Name))
		}
	}
	return nil
}

// choose makes the select list.
func (t *sourceTable) choose(s Settings, r *Result) error {
	has := func(c string) bool { _, ok := t.info.Columns[c]; return ok }
	for _, c := range []string{"id", "received_at"} {
		if !has(c) {
			return fmt.Errorf("table %s: required column %s is missing: Segment always writes it; check Selective Sync or the view", t, c)
		}
	}
	if !has("anonymous_id") && !has("user_id") {
		return fmt.Errorf("table %s: neither anonymous_id nor user_id: one of them is required", t)
	}
	t.items = append(t.items, pg.TrimmedIdentifier("id"))
	t.raw = append(t.raw, pg.Column("raw id", "id", "text"))
	for _, c := range neededTimes {
		if !has(c) {
			t.items = append(t.items, pg.Absent(c, "timestamptz"))
			continue
		}
		typ := t.info.Columns[c]
		if !strings.HasPrefix(typ, "timestamp") && typ != "date" {
			return fmt.Errorf("table %s: column %s is %s where timestamp with time zone is expected, and a cast could lose or misread values: restore its type or offer a view with the right one", t, c, typ)
		}
		t.items = append(t.items, pg.Column(c, c, "timestamptz"))
	}
	for _, c := range identifiers {
		if !has(c) || (c == "previous_id" && t.info.Kind != event.Alias) {
			t.items = append(t.items, pg.AbsentIdentifier(c))
			t.raw = append(t.raw, pg.Absent("raw "+c, "text"))
			continue
		}
		t.items = append(t.items, pg.TrimmedIdentifier(c))
		t.raw = append(t.raw, pg.Column("raw "+c, c, "text"))
	}
	for _, c := range neededText {
		ofPages := c == "url" || c == "referrer"
		ofTracks := c == "event" || c == "event_text"
		if !has(c) || t.identities() || (ofPages && t.info.Kind != event.Page) || (ofTracks && t.info.Kind != event.Track) {
			t.items = append(t.items, pg.Absent(c, "text"))
			continue
		}
		t.items = append(t.items, pg.Column(c, c, "text"))
	}
	if !t.identities() {
		t.chooseExtra(s, r)
	}
	return nil
}

// chooseExtra takes every context_campaign_* column and those asked for.
func (t *sourceTable) chooseExtra(s Settings, r *Result) {
	columns := make([]string, 0, len(t.info.Columns))
	for c := range t.info.Columns {
		columns = append(columns, c)
	}
	slices.Sort(columns)
	for _, c := range columns {
		known := slices.Contains(neededText, c) || slices.Contains(identifiers, c) || slices.Contains([]string{"id", "received_at", "uuid_ts", "timestamp"}, c)
		wanted := s.AllColumns || strings.HasPrefix(c, "context_campaign_") || slices.Contains(s.ExtraColumns, c)
		if known || !wanted {
			continue
		}
		if slices.Contains(ourColumns, c) {
			r.warn(fmt.Sprintf("table %s: column %s is not taken: app_tracks has a column of that name of its own", t, c))
			continue
		}
		t.items = append(t.items, pg.Column(c, c, "text"))
		t.extra = append(t.extra, pg.MustIdent(c))
		t.names = append(t.names, c)
	}
}

// compare notices what changed in the table's columns since the last run, and warns
// of a misspelt one when it first appears.
func (in *Input) compare(ctx context.Context, t *sourceTable, r *Result) error {
	last, err := t.lastColumns(ctx, in.DB, in.DB.Pool)
	if err != nil {
		return err
	}
	for c := range t.info.Columns {
		_, old := last.Columns[c]
		if likely, misspelt := channel.MisspeltCampaignColumn(c); misspelt && !old && !t.identities() {
			r.warn(fmt.Sprintf("table %s: column %s looks like a misspelt %s; its values are not read as tags", t, c, likely))
		}
	}
	slices.Sort(r.Warnings)
	if len(last.Columns) == 0 {
		return nil
	}
	for _, d := range segment.Compare(last, t.info) {
		in.Log.WarnContext(ctx, "source table changed", "table", t.String(), "change", d.String())
		r.count("columns_changed", 1)
		if d.Change == segment.Missing && (slices.Contains(neededText, d.Column) || slices.Contains(identifiers, d.Column) || slices.Contains(neededTimes, d.Column)) {
			r.warn(d.String() + ": NULL is taken in its place")
		}
	}
	return nil
}

// lastColumns is the table as it was at the last run; without columns where there was
// none.
func (t *sourceTable) lastColumns(ctx context.Context, db *pg.DB, q pg.Querier) (segment.TableInfo, error) {
	last := segment.TableInfo{Schema: t.info.Schema, Table: t.info.Table, Columns: map[string]string{}}
	rows, err := db.Query(ctx, q, "01_extract/015_read_columns.sql", pg.Data{}, t.key())
	if err != nil {
		return last, err
	}
	var name, typ string
	_, err = pgx.ForEachRow(rows, []any{&name, &typ}, func() error { last.Columns[name] = typ; return nil })
	return last, err
}

// A SourceReport is what stage 1 would make of a source table.
type SourceReport struct {
	Info     segment.TableInfo
	Refused  error             // why stage 1 would refuse it
	Misspelt map[string]string // columns that look like misspelt ones: like which
	Drifts   []segment.Drift   // columns that are not as at the last run
}

// ExamineSources looks at the tables of the sources as stage 1 would, reading nothing
// but the catalog and, where withLedger, what the last run wrote down.
func ExamineSources(ctx context.Context, db *pg.DB, q pg.Querier, s Settings, withLedger bool) ([]SourceReport, error) {
	var all []SourceReport
	for _, source := range s.Sources {
		infos, err := segment.Catalog(ctx, q, source)
		if err != nil {
			return nil, err
		}
		for _, info := range infos {
			t := sourceTable{source: source, info: info}
			report := SourceReport{Info: info, Refused: t.choose(s, &Result{}), Misspelt: map[string]string{}}
			for c := range info.Columns {
				if likely, misspelt := channel.MisspeltCampaignColumn(c); misspelt && !t.identities() {
					report.Misspelt[c] = likely
				}
			}
			if withLedger {
				last, err := t.lastColumns(ctx, db, q)
				if err != nil {
					return nil, err
				}
				if len(last.Columns) > 0 {
					report.Drifts = segment.Compare(last, info)
				}
			}
			all = append(all, report)
		}
	}
	return all, nil
}

// KnownTables lists the source tables taken in so far.
func KnownTables(ctx context.Context, db *pg.DB, q pg.Querier) ([]pg.Table, error) {
	return pg.Collect(ctx, db, q, "01_extract/011_known_tables.sql", pg.Data{}, none, pgx.RowToStructByPos[pg.Table])
}

// addColumns adds the extra columns app_tracks does not have yet, and remembers the
// table's columns.
func (in *Input) addColumns(ctx context.Context, t *sourceTable) error {
	return in.DB.Tx(ctx, func(tx pgx.Tx) error {
		ours, err := pg.Collect(ctx, in.DB, tx, "01_extract/019_our_columns.sql", pg.Data{}, pg.Args{"schema": in.DB.Names.Segment}, pgx.RowTo[string])
		if err != nil {
			return err
		}
		for i, name := range t.names {
			if slices.Contains(ours, name) {
				continue
			}
			if _, err := in.DB.Exec(ctx, tx, "01_extract/018_add_column.sql", pg.Data{Extra: t.extra[i : i+1]}, none); err != nil {
				return err
			}
		}
		if _, err := in.DB.Exec(ctx, tx, "01_extract/016_forget_columns.sql", pg.Data{}, t.key()); err != nil {
			return err
		}
		names, types := make([]string, 0, len(t.info.Columns)), make([]string, 0, len(t.info.Columns))
		for name, typ := range t.info.Columns {
			names, types = append(names, name), append(types, typ)
		}
		args := t.key()
		args["names"], args["types"] = names, types
		_, err = in.DB.Exec(ctx, tx, "01_extract/017_remember_columns.sql", pg.Data{}, args)
		return err
	})
}
