package stages

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/attribution-dev/attribution/internal/channel"
	"github.com/attribution-dev/attribution/internal/event"
	"github.com/attribution-dev/attribution/internal/month"
	"github.com/attribution-dev/attribution/internal/pg"
	"github.com/attribution-dev/attribution/internal/segment"
)

// Without uuid_ts rows show no load time: stage 1 reads further back, and reads days
// whose row count changed again. Source: design, stage 1.
const (
	overlapWithoutUUIDTS = 72 * time.Hour
	daysWithoutUUIDTS    = 35
)

// neededText and neededTimes are the columns the pipeline reads; those a table does
// not have are NULL.
var (
	neededText = []string{
		"event", "event_text", "context_page_url", "url", "context_page_referrer", "referrer",
		"context_campaign_source", "context_campaign_medium", "context_campaign_name", "context_campaign_term", "context_campaign_content",
	}
	identifiers = []string{"anonymous_id", "user_id", "previous_id"}
)

// ourColumns cannot be taken in as extra ones.
var ourColumns = []string{"source", "kind", "extract_id", "n", "load_time", "row_md5", "reason", "previous_id"}

// A sourceTable is one of Segment's tables and what is to be read of it.
type sourceTable struct {
	source string
	info   segment.TableInfo
	items  []pg.SourceItem
	extra  []pg.Identifier
	names  []string // of extra
}

func (t *sourceTable) identities() bool { return !t.info.Kind.IsActivity() }
func (t *sourceTable) hasUUIDTS() bool  { _, ok := t.info.Columns["uuid_ts"]; return ok }
func (t *sourceTable) String() string   { return t.source + "." + t.info.Table }
func (t *sourceTable) key() pg.Args     { return pg.Args{"source": t.source, "source_table": t.info.Table} }

func (t *sourceTable) data() pg.Data {
	return pg.Data{
		Source: pg.MustIdent(t.source, t.info.Table), Columns: t.items, Extra: t.extra, Identities: t.identities(),
		Window: pg.Window{HasUUIDTS: t.hasUUIDTS()},
	}
}

// A window is one transaction's worth of a source table.
type window struct {
	pg.Window
	from, to time.Time
	asOf     time.Time
	reading  *firstReading // while the first reading goes on
	days     bool          // remember row counts by day
	label    string
}

// A firstReading is where the first reading of a table stands after a window.
type firstReading struct {
	asOf time.Time
	next month.Month
	done bool
}

func runExtract(ctx context.Context, in Input) (Result, error) {
	var r Result
	tables, err := in.sourceTables(ctx, &r)
	if err != nil {
		return r, err
	}
	if err := in.announceFirst(ctx, tables); err != nil {
		return r, err
	}
	for i := range tables {
		t := &tables[i]
		if err := in.addColumns(ctx, t); err != nil {
			return r, err
		}
		windows, err := in.windows(ctx, t)
		if err != nil {
			return r, fmt.Errorf("%s: %w", t, err)
		}
		bar := in.Progress("extract "+t.String(), "rows", t.info.EstimatedRows)
		for _, w := range windows {
			n, err := in.takeIn(ctx, t, w, &r)
			if err != nil {
				return r, fmt.Errorf("%s %s: %w", t, w.label, err)
			}
			bar.Add(n)
		}
		bar.Done()
	}
	if n := r.Counters["rows_rejected"]; n > 0 {
		r.warn(fmt.Sprintf("%d source rows were rejected; see %s.rejected_rows for which and why", n, in.DB.Names.Ops))
	}
	if in.DB.Dry() {
		r.Note = fmt.Sprintf("%d rows newer than the high-water mark less the overlap", r.RowsIn)
	}
	return r, nil
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
	return all, nil
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
	for _, c := range []string{"received_at", "uuid_ts", "timestamp"} {
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
			continue
		}
		t.items = append(t.items, pg.TrimmedIdentifier(c))
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
		if likely, misspelt := channel.MisspeltCampaignColumn(c); misspelt {
			r.warn(fmt.Sprintf("table %s: column %s looks like a misspelt %s; its values are not read as tags", t, c, likely))
		}
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

// compare notices what changed in the table's columns since the last run.
func (in *Input) compare(ctx context.Context, t *sourceTable, r *Result) error {
	last := segment.TableInfo{Schema: t.info.Schema, Table: t.info.Table, Columns: map[string]string{}}
	rows, err := in.DB.Query(ctx, in.DB.Pool, "01_extract/015_read_columns.sql", pg.Data{}, t.key())
	if err != nil {
		return err
	}
	var name, typ string
	if _, err := pgx.ForEachRow(rows, []any{&name, &typ}, func() error { last.Columns[name] = typ; return nil }); err != nil {
		return err
	}
	if len(last.Columns) == 0 {
		return nil
	}
	for _, d := range segment.Compare(last, t.info) {
		in.Log.WarnContext(ctx, "source table changed", "table", t.String(), "change", d.String())
		r.count("columns_changed", 1)
	}
	return nil
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

// windows cuts what is to be read of a table: at first month by month of
// received_at, each committed with its watermark, so that a killed run goes on with
// the next month; later the rows loaded since the high-water mark less the overlap.
func (in *Input) windows(ctx context.Context, t *sourceTable) ([]window, error) {
	mark, err := in.watermark(ctx, t)
	if err != nil {
		return nil, err
	}
	if mark.loadTime == nil && mark.firstAsOf == nil || in.Full && mark.firstAsOf == nil {
		return in.firstWindows(ctx, t, in.AsOf, nil)
	}
	if mark.firstAsOf != nil {
		windows, err := in.firstWindows(ctx, t, *mark.firstAsOf, mark.nextMonth)
		if err != nil || !in.AsOf.After(*mark.firstAsOf) {
			return windows, err
		}
		return append(windows, in.nightly(t, *mark.firstAsOf)), nil
	}
	windows := []window{in.nightly(t, *mark.loadTime)}
	if t.hasUUIDTS() {
		return windows, nil
	}
	days, err := in.changedDays(ctx, t)
	if err != nil {
		return nil, err
	}
	return append(days, windows...), nil
}

type watermark struct {
	loadTime, firstAsOf, nextMonth *time.Time
}

func (in *Input) watermark(ctx context.Context, t *sourceTable) (watermark, error) {
	marks, err := pg.Collect(ctx, in.DB, in.DB.Pool, "01_extract/010_read_watermark.sql", pg.Data{}, t.key(),
		func(row pgx.CollectableRow) (w watermark, err error) {
			return w, row.Scan(&w.loadTime, &w.firstAsOf, &w.nextMonth)
		})
	if err != nil || len(marks) == 0 {
		return watermark{}, err
	}
	return marks[0], nil
}

func (in *Input) nightly(t *sourceTable, mark time.Time) window {
	overlap := in.Settings.Overlap
	if !t.hasUUIDTS() {
		overlap = max(overlap, overlapWithoutUUIDTS)
	}
	from := mark.Add(-overlap)
	return window{
		Window: pg.Window{HasUUIDTS: t.hasUUIDTS()}, from: from, to: in.AsOf, asOf: in.AsOf, days: !t.hasUUIDTS(),
		label: "loaded since " + from.UTC().Format(time.DateTime),
	}
}

func (in *Input) firstWindows(ctx context.Context, t *sourceTable, asOf time.Time, next *time.Time) ([]window, error) {
	bounds, err := in.firstBounds(ctx, t, asOf)
	if err != nil {
		return nil, err
	}
	var windows []window
	first, end := event.MinTime.Time(), event.MinTime.Time()
	if bounds[0] != nil {
		months := month.Of(*bounds[0]).Through(month.Of(*bounds[1]))
		first, end = months[0].Start(), months[len(months)-1].Next().Start()
		for _, m := range months {
			if next != nil && m < month.Of(*next) {
				continue
			}
			windows = append(windows, window{
				Window: pg.Window{Received: true, HasUUIDTS: t.hasUUIDTS()}, from: m.Start(), to: m.Next().Start(), asOf: asOf,
				reading: &firstReading{asOf: asOf, next: m.Next()}, days: !t.hasUUIDTS(), label: "received in " + m.String(),
			})
		}
	}
	return append(windows, window{
		Window: pg.Window{Rest: true, HasUUIDTS: t.hasUUIDTS()}, from: first, to: end, asOf: asOf,
		reading: &firstReading{asOf: asOf, done: true}, label: "received at no sensible time",
	}), nil
}

// changedDays are windows over the days of the last five weeks whose row count
// differs from when they were read.
func (in *Input) changedDays(ctx context.Context, t *sourceTable) ([]window, error) {
	args := t.key()
	args["from"], args["to"] = in.AsOf.UTC().Truncate(24*time.Hour).AddDate(0, 0, -daysWithoutUUIDTS), in.AsOf
	days, err := pg.Collect(ctx, in.DB, in.DB.Pool, "01_extract/025_changed_days.sql", t.data(), args, pgx.RowTo[time.Time])
	if err != nil {
		return nil, err
	}
	windows := make([]window, len(days))
	for i, day := range days {
		windows[i] = window{
			Window: pg.Window{Received: true}, from: day, to: day.AddDate(0, 0, 1), asOf: in.AsOf, days: true,
			label: "received on " + day.Format(time.DateOnly),
		}
	}
	return windows, nil
}

// takeIn reads one window and takes its new rows in: one transaction, together with
// the worklist, the counters and the watermark.
func (in *Input) takeIn(ctx context.Context, t *sourceTable, w window, r *Result) (read int64, err error) {
	if in.DB.Dry() {
		if err := in.estimate(ctx, t, w, r); err != nil {
			return 0, err
		}
	}
	err = in.DB.Tx(ctx, func(tx pgx.Tx) error {
		read, err = in.merge(ctx, tx, t, w, r)
		return err
	})
	return read, err
}

func (in *Input) estimate(ctx context.Context, t *sourceTable, w window, r *Result) error {
	d := t.data()
	d.Window = w.Window
	rows, err := in.DB.Query(ctx, in.DB.Pool, "01_extract/170_estimate.sql", d, pg.Args{"from": w.from, "to": w.to})
	if err != nil {
		return err
	}
	n, err := pgx.CollectExactlyOneRow(rows, pgx.RowTo[int64])
	r.RowsIn += n
	return err
}

func (in *Input) merge(ctx context.Context, tx pgx.Tx, t *sourceTable, w window, r *Result) (int64, error) {
	d := t.data()
	d.Window = w.Window
	taken := pg.Table{Schema: in.DB.Names.Segment, Name: "app_tracks"}
	if t.identities() {
		taken.Name = "app_identities"
	}
	d.Table = taken.Ident()
	exec := func(file string, args pg.Args) (int64, error) {
		return in.DB.Exec(ctx, tx, "01_extract/"+file, d, args)
	}
	who := pg.Args{"source": t.source, "kind": int16(t.info.Kind), "run": int64(in.Run)}
	with := func(more pg.Args) pg.Args {
		all := pg.Args{}
		for _, m := range []pg.Args{who, more} {
			for k, v := range m {
				all[k] = v
			}
		}
		return all
	}
	pad := interval(in.Settings.DedupWindow)

	var extract int64
	if err := in.DB.Scan(ctx, tx, "01_extract/005_next_extract.sql", d, none, &extract); err != nil {
		return 0, err
	}
	for _, file := range []string{"030_create_incoming.sql", "031_create_matched.sql"} {
		if _, err := exec(file, none); err != nil {
			return 0, err
		}
	}
	read, err := exec("040_read_window.sql", pg.Args{
		"from": w.from, "to": w.to, "as_of": w.asOf, "min": event.MinTime.Time(), "max": event.MaxTime.Time(),
		"spaces": event.Whitespace, "longest": event.MaxIdentifierBytes,
	})
	if err != nil {
		return 0, err
	}
	var m measure
	if err := in.DB.Scan(ctx, tx, "01_extract/045_measure.sql", d, none, &m.rows, &m.loaded, &m.first, &m.last, &m.withoutID); err != nil {
		return 0, err
	}
	rejected, err := exec("050_reject.sql", who)
	if err != nil {
		return 0, err
	}
	if m.withoutID > 0 || in.DB.Dry() {
		if _, err := exec("060_make_ids.sql", none); err != nil {
			return 0, err
		}
	}
	var copies, known, duplicates, replaced int64
	if !t.info.HasUniqueID {
		if copies, err = exec("070_drop_copies.sql", with(pg.Args{"dedup_window": pad})); err != nil {
			return 0, err
		}
	}
	if m.rows > 0 || in.DB.Dry() {
		args := pg.Args{"source": t.source, "kind": int16(t.info.Kind), "dedup_window": pad, "from": m.first, "to": m.last}
		if m.rows > 0 {
			args["from"], args["to"] = m.first.Add(-in.Settings.DedupWindow), m.last.Add(in.Settings.DedupWindow)
		}
		matched, err := exec("080_match.sql", args)
		if err != nil {
			return 0, err
		}
		if matched > 0 || in.DB.Dry() {
			if known, err = exec("090_drop_known.sql", none); err != nil {
				return 0, err
			}
			if duplicates, err = exec("100_drop_duplicates.sql", who); err != nil {
				return 0, err
			}
			if err := in.DB.Scan(ctx, tx, "01_extract/110_replace.sql", d, with(pg.Args{"extract": extract}), &replaced); err != nil {
				return 0, err
			}
		}
	}
	inserted, err := in.insert(ctx, tx, t, d, extract)
	if err != nil {
		return 0, err
	}
	if err := in.moveWatermark(ctx, tx, t, w, m.loaded); err != nil {
		return 0, err
	}
	r.RowsIn += read
	r.RowsChanged += inserted + replaced
	r.count("rows_read", read)
	r.count("rows_known", known)
	r.count("rows_rejected", rejected)
	r.count("rows_duplicate", copies+duplicates+replaced)
	r.count("rows_replaced", replaced)
	return read, nil
}

// A measure is what a window held.
type measure struct {
	rows, withoutID     int64
	loaded, first, last *time.Time
}

// insert takes the remaining incoming rows in, making months as needed, and puts
// their pairs down.
func (in *Input) insert(ctx context.Context, tx pgx.Tx, t *sourceTable, d pg.Data, extract int64) (int64, error) {
	var months []month.Month
	if !in.DB.Dry() {
		starts, err := pg.Collect(ctx, in.DB, tx, "01_extract/120_incoming_months.sql", d, none, pgx.RowTo[time.Time])
		if err != nil || len(starts) == 0 {
			return 0, err
		}
		for _, s := range starts {
			months = append(months, month.Of(s))
		}
	}
	made, err := in.ensureMonths(ctx, tx, months)
	if err != nil {
		return 0, err
	}
	for _, m := range made {
		if _, err := in.DB.Exec(ctx, tx, "01_extract/125_mark_month.sql", d, pg.Args{"month": m.Start(), "reason": "first rows of the month"}); err != nil {
			return 0, err
		}
	}
	file := "01_extract/130_take_in_events.sql"
	if t.identities() {
		file = "01_extract/131_take_in_identities.sql"
	}
	inserted, err := in.DB.Exec(ctx, tx, file, d, pg.Args{"source": t.source, "kind": int16(t.info.Kind), "extract": extract})
	if err != nil {
		return 0, err
	}
	if _, err := in.DB.Exec(ctx, tx, "01_extract/140_mark_pairs.sql", d, pg.Args{"extract": extract}); err != nil {
		return 0, err
	}
	if !t.identities() {
		if _, err := in.DB.Exec(ctx, tx, "01_extract/150_count.sql", d, none); err != nil {
			return 0, err
		}
	}
	return inserted, nil
}

// moveWatermark moves on in the transaction that took the rows in.
func (in *Input) moveWatermark(ctx context.Context, tx pgx.Tx, t *sourceTable, w window, loaded *time.Time) error {
	args := t.key()
	args["load_time"], args["first_as_of"], args["next_month"] = loaded, nil, nil
	if w.reading != nil && !w.reading.done {
		args["first_as_of"], args["next_month"] = w.reading.asOf, w.reading.next.Start()
	}
	if _, err := in.DB.Exec(ctx, tx, "01_extract/160_move_watermark.sql", pg.Data{}, args); err != nil {
		return err
	}
	if !w.days {
		return nil
	}
	args = t.key()
	args["from"], args["to"] = w.from.UTC().Truncate(24*time.Hour), w.to
	_, err := in.DB.Exec(ctx, tx, "01_extract/026_remember_days.sql", t.data(), args)
	return err
}

// Permanent marks an error that no retry mends.
func Permanent(err error) error { return &permanentError{err} }

type permanentError struct{ error }

func (e *permanentError) Unwrap() error { return e.error }

// IsPermanent reports whether the error was marked by Permanent.
func IsPermanent(err error) bool {
	var p *permanentError
	return errors.As(err, &p)
}
