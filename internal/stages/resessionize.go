package stages

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/attribution-dev/attribution/internal/event"
	"github.com/attribution-dev/attribution/internal/month"
	"github.com/attribution-dev/attribution/internal/pg"
	"github.com/attribution-dev/attribution/internal/sessionize"
	"github.com/attribution-dev/attribution/internal/touch"
)

func runResessionize(ctx context.Context, in Input) (Result, error) {
	var r Result
	m := reMerge{in: &in, result: &r}
	if err := m.plan(ctx); err != nil {
		return r, err
	}
	if m.persons == 0 && !m.full && !in.DB.Dry() {
		r.Note = "nothing waits"
		return r, nil
	}
	if len(m.months) == 0 {
		r.Note = "no events have been taken in"
		return r, nil
	}
	bar := in.Progress("resessionize", "visits", 0)
	m.progress = bar.Add
	err := in.DB.Tx(ctx, func(tx pgx.Tx) error {
		m.tx = tx
		return m.run(ctx)
	})
	bar.Done()
	r.count("persons", m.merged)
	r.count("sessions", m.sessionCount)
	r.count("touches", m.touchCount)
	r.count("sessions_with_more_tags", m.moreTags)
	if m.full {
		r.Note = m.reason
	}
	return r, err
}

// A reMerge is one run of stage 5: it streams the visits of the dirty persons of all
// months, merges them, and writes sessions and touches aside.
type reMerge struct {
	in       *Input
	result   *Result
	tx       pgx.Tx
	progress func(int64)

	full    bool
	reason  string // of full
	persons int64
	mark    *int64
	months  []month.Month // of sessions
	made    map[month.Month]bool
	before  bool

	sessions, touches, blogs                   [][]any
	merged, sessionCount, touchCount, moreTags int64
}

// plan decides between merging the dirty persons and merging everyone.
func (m *reMerge) plan(ctx context.Context) error {
	in := m.in
	rows, err := in.DB.Query(ctx, in.DB.Pool, "05_resessionize/010_waiting.sql", pg.Data{}, none)
	if err != nil {
		return err
	}
	if _, err := pgx.ForEachRow(rows, []any{&m.persons, &m.mark}, func() error { return nil }); err != nil {
		return err
	}
	if m.months, err = in.wantedSessionMonths(ctx, in.DB.Pool); err != nil || len(m.months) == 0 {
		return err
	}
	published, err := in.sessionMonths(ctx, in.DB.Pool)
	if err != nil {
		return err
	}
	m.full = true
	switch {
	case in.Full:
		m.reason = "all persons, as asked"
	case m.mark != nil:
		m.reason = "all persons, since everything before changed"
	case m.persons > 0 && len(published) == 0:
		m.reason = "all persons, for the first time"
	case m.persons > 0 && published[0] != m.months[0]:
		m.reason = fmt.Sprintf("all persons, since events of %s, before the first month so far, have come", m.months[0])
	default:
		m.full = false
	}
	return nil
}

func (m *reMerge) exec(ctx context.Context, d pg.Data, files ...string) error {
	d.Run, d.Full = m.in.Run, m.full
	for _, file := range files {
		if _, err := m.in.DB.Exec(ctx, m.tx, "05_resessionize/"+file, d, none); err != nil {
			return err
		}
	}
	return nil
}

func (m *reMerge) run(ctx context.Context) error {
	if _, err := m.in.dropAside(ctx, m.tx, true); err != nil {
		return err
	}
	if err := m.exec(ctx, pg.Data{}, "040_create_sessions.sql", "041_create_touches.sql", "042_create_blogs.sql", "043_create_persons.sql", "044_key_persons.sql"); err != nil {
		return err
	}
	m.made = map[month.Month]bool{}
	if m.full {
		for _, mo := range m.months {
			if err := m.makeMonth(ctx, mo); err != nil {
				return err
			}
		}
		if err := m.makeBefore(ctx); err != nil {
			return err
		}
	}
	if err := m.stream(ctx); err != nil {
		return err
	}
	if err := m.flush(ctx); err != nil {
		return err
	}
	for _, t := range []pg.Table{m.aside(m.in.DB.Names.Stages, "re_merged"), m.aside(m.in.DB.Names.Sessions, "touches"), m.aside(m.in.DB.Names.Stages, "persons")} {
		if err := m.exec(ctx, pg.Data{Table: t.Ident()}, "080_analyze.sql"); err != nil {
			return err
		}
	}
	_, err := m.in.DB.Exec(ctx, m.tx, "05_resessionize/070_prepared.sql", pg.Data{},
		pg.Args{"run": int64(m.in.Run), "is_full": m.full, "stage": "resessionize", "mark": m.mark})
	return err
}

func (m *reMerge) aside(schema, name string) pg.Table {
	return pg.Table{Schema: schema, Name: pg.AsideName(name, m.in.Run)}
}

func (m *reMerge) makeMonth(ctx context.Context, mo month.Month) error {
	m.made[mo] = true
	return m.exec(ctx, pg.Data{Month: mo}, "050_create_month.sql", "051_attach_month.sql")
}

func (m *reMerge) makeBefore(ctx context.Context) error {
	m.before = true
	return m.exec(ctx, pg.Data{Month: m.months[0], Flag: true}, "050_create_month.sql", "051_attach_month.sql")
}

// stream reads the visits person by person, on a connection of its own, and merges
// each person's.
func (m *reMerge) stream(ctx context.Context) error {
	file := "05_resessionize/060_read_dirty_visits.sql"
	if m.full {
		file = "05_resessionize/061_read_all_visits.sql"
	}
	if m.in.DB.Dry() {
		_, err := m.in.DB.Exec(ctx, m.tx, file, pg.Data{}, none)
		return err
	}
	rows, err := m.in.DB.Query(ctx, m.in.DB.Pool, file, pg.Data{}, none)
	if err != nil {
		return err
	}
	defer rows.Close()
	var person event.Person
	var visits []sessionize.Visit
	pending := int64(0)
	for rows.Next() {
		v := rows.RawValues()
		if string(v[0]) != person.AliasID || rawBool(v[1]) != person.IsIdentified || visits == nil {
			if err := m.person(ctx, person, visits); err != nil {
				return err
			}
			person, visits = event.Person{AliasID: rawText(v[0]), IsIdentified: rawBool(v[1])}, visits[:0]
		}
		visit, err := readVisit(v)
		if err != nil {
			return fmt.Errorf("visit of %s: %w", person, err)
		}
		visits = append(visits, visit)
		m.result.RowsIn++
		if pending++; pending == 1024 {
			m.progress(pending)
			pending = 0
		}
	}
	m.progress(pending)
	if err := rows.Err(); err != nil {
		return err
	}
	return m.person(ctx, person, visits)
}

// readVisit decodes columns 2 to 6 of a row of visits.
func readVisit(v [][]byte) (visit sessionize.Visit, err error) {
	visit.Start, _ = rawTime(v[2])
	visit.End, _ = rawTime(v[3])
	visit.Events, visit.Pages = int64(rawInt4(v[4])), int64(rawInt4(v[5]))
	return visit, sessionize.DecodeMarks(v[6], &visit)
}

// person merges the visits of one person and keeps its sessions and touches for the
// next flush.
func (m *reMerge) person(ctx context.Context, p event.Person, visits []sessionize.Visit) error {
	if len(visits) == 0 {
		return nil
	}
	m.merged++
	var blog sessionize.Mark
	position := 0
	for i, s := range sessionize.Sessions(visits, m.in.Settings.Gap) {
		id := touch.SessionID(p, s.Start)
		touches := touch.OfSession(&s, m.in.Settings.Rules)
		for _, t := range touches {
			position++
			m.touches = append(m.touches, touchRow(p, position, id, t))
		}
		m.sessions = append(m.sessions, sessionRow(p, i+1, id, &s, touches[0]))
		if !s.Blog.IsZero() && (blog.IsZero() || s.Blog.Less(blog.Order)) {
			blog = s.Blog
		}
		if s.MoreTags {
			m.moreTags++
		}
	}
	if !blog.IsZero() {
		m.blogs = append(m.blogs, []any{p.AliasID, p.IsIdentified, blog.At.Time(), blog.URL})
	}
	if len(m.sessions)+len(m.touches) < flushRows {
		return nil
	}
	return m.flush(ctx)
}

// flushRows is how many rows are gathered for one round of COPYs: enough that the
// round trips vanish, few enough that memory stays small.
const flushRows = 50_000

var (
	sessionColumns = []string{
		"session_id", "alias_id", "is_identified", "session_index", "started_at", "ended_at", "event_count", "page_count",
		"entry_page", "exit_page", "entry_referrer", "source", "medium", "campaign", "term", "content", "channel", "is_paid", "is_signup_session",
	}
	touchColumns = []string{
		"alias_id", "is_identified", "position", "session_id", "touched_at", "source", "medium", "campaign", "term", "content",
		"referrer", "landing_page", "click_id", "channel", "is_paid",
	}
	blogColumns = []string{"alias_id", "is_identified", "blog_at", "blog_url"}
)

func sessionRow(p event.Person, index int, id string, s *sessionize.Visit, first touch.Touch) []any {
	e := first.Evidence
	return []any{
		id, p.AliasID, p.IsIdentified, int32(index), s.Start.Time(), s.End.Time(), s.Events, s.Pages,
		null(s.Entry.URL), null(s.Exit.URL), null(s.Entry.Referrer), null(e.Source), null(e.Medium), null(e.Campaign), null(e.Term), null(e.Content),
		e.Channel, e.IsPaid, false,
	}
}

func touchRow(p event.Person, position int, session string, t touch.Touch) []any {
	e := t.Evidence
	return []any{
		p.AliasID, p.IsIdentified, int32(position), session, t.At.Time(), null(e.Source), null(e.Medium), null(e.Campaign), null(e.Term), null(e.Content),
		null(t.Referrer), null(t.LandingPage), null(e.ClickID), e.Channel, e.IsPaid,
	}
}

func (m *reMerge) flush(ctx context.Context) error {
	if err := m.makeMonths(ctx); err != nil {
		return err
	}
	names := m.in.DB.Names
	for _, c := range []struct {
		table   pg.Table
		columns []string
		rows    *[][]any
		total   *int64
	}{
		{m.aside(names.Stages, "re_merged"), sessionColumns, &m.sessions, &m.sessionCount},
		{m.aside(names.Sessions, "touches"), touchColumns, &m.touches, &m.touchCount},
		{m.aside(names.Stages, "blogs"), blogColumns, &m.blogs, new(int64)},
	} {
		n, err := m.in.DB.CopyFrom(ctx, m.tx, c.table, c.columns, pgx.CopyFromRows(*c.rows))
		if err != nil {
			return err
		}
		*c.total += n
		m.result.RowsChanged += n
		*c.rows = (*c.rows)[:0]
	}
	return nil
}

// makeMonths makes the months the sessions at hand need.
func (m *reMerge) makeMonths(ctx context.Context) error {
	for _, row := range m.sessions {
		mo := month.Of(row[4].(time.Time))
		switch {
		case mo < m.months[0] && !m.before:
			if err := m.makeBefore(ctx); err != nil {
				return err
			}
		case mo >= m.months[0] && !m.made[mo]:
			if err := m.makeMonth(ctx, mo); err != nil {
				return err
			}
		}
	}
	return nil
}
