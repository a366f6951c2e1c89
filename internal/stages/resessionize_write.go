package stages

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/jackc/pgx/v5"

	"github.com/attribution-dev/attribution/internal/event"
	"github.com/attribution-dev/attribution/internal/month"
	"github.com/attribution-dev/attribution/internal/pg"
	"github.com/attribution-dev/attribution/internal/sessionize"
	"github.com/attribution-dev/attribution/internal/touch"
)

// A reMergeSlice merges a share of the persons: it reads their visits on a connection
// of its own, person by person, and writes sessions and touches in tx.
type reMergeSlice struct {
	*reMerge
	tx    pgx.Tx
	n, of int // the slice, and how many there are

	codec    sessionize.Codec
	merger   *sessionize.Merger
	person   event.Person
	index    int32           // of the person's latest session
	position int32           // of its latest touch
	blog     sessionize.Mark // its first blog page so far

	months  map[month.Month]*sessionMonth
	touches pg.Rows
	blogs   pg.Rows

	visits, merged, sessionCount, touchCount, written, moreTags int64
}

// A sessionMonth gathers the sessions that begin in a month.
type sessionMonth struct {
	table pg.Table
	made  bool // by this slice
	rows  pg.Rows
}

func newReMergeSlice(m *reMerge, tx pgx.Tx, n, of int) *reMergeSlice {
	return &reMergeSlice{
		reMerge: m, tx: tx, n: n, of: of, merger: sessionize.NewMerger(m.in.Settings.Gap), months: map[month.Month]*sessionMonth{},
	}
}

func (s *reMergeSlice) run(ctx context.Context) error {
	if err := s.stream(ctx); err != nil {
		return err
	}
	return s.flush(ctx)
}

// report adds what was done to the stage's result.
func (s *reMergeSlice) report(r *Result) {
	r.RowsIn += s.visits
	r.RowsChanged += s.written
	r.count("persons", s.merged)
	r.count("sessions", s.sessionCount)
	r.count("touches", s.touchCount)
	r.count("sessions_with_more_tags", s.moreTags)
}

// stream reads the visits person by person, each person's by their start, and merges
// them.
func (s *reMergeSlice) stream(ctx context.Context) error {
	received, err := s.in.months(ctx, s.in.DB.Pool)
	if err != nil {
		return err
	}
	file, args := "05_resessionize/060_read_dirty_visits.sql", pg.Args{"months": starts(received)}
	if s.full {
		file, args = "05_resessionize/061_read_all_visits.sql", pg.Args{"slice": int64(s.n), "slices": int64(s.of)}
	}
	// Enough that COPYs are large, and no more than a little of the memory.
	budget := s.in.Settings.MemoryLimit / 16 / int64(s.of)
	pending := int64(0)
	err = s.in.DB.Stream(ctx, file, pg.Data{Flag: !s.full}, args, func(v [][]byte) error {
		if string(v[0]) != s.person.AliasID || rawBool(v[1]) != s.person.IsIdentified || s.visits == 0 {
			s.endPerson()
			s.person = event.Person{AliasID: string(v[0]), IsIdentified: rawBool(v[1])}
			if s.bytes() > budget {
				if err := s.flush(ctx); err != nil {
					return err
				}
			}
		}
		visit, err := s.readVisit(v)
		if err != nil {
			return fmt.Errorf("visit of %s: %w", s.person, err)
		}
		s.visits++
		if session, ended := s.merger.Add(visit); ended {
			s.add(&session)
		}
		if pending++; pending == 1024 {
			s.progress(pending)
			pending = 0
		}
		return nil
	})
	s.progress(pending)
	s.endPerson()
	return err
}

// readVisit decodes columns 2 to 7 of a row of visits.
func (s *reMergeSlice) readVisit(v [][]byte) (visit sessionize.Visit, err error) {
	visit.Start, _ = rawTime(v[2])
	visit.End, _ = rawTime(v[3])
	visit.Events, visit.Pages, visit.Bots = int64(rawInt4(v[4])), int64(rawInt4(v[5])), int64(rawInt4(v[6]))
	return visit, s.codec.Decode(v[7], &visit)
}

func (s *reMergeSlice) endPerson() {
	session, ended := s.merger.End()
	if !ended {
		return
	}
	s.add(&session)
	s.merged++
	if !s.blog.IsZero() {
		s.blogs.Row(len(blogColumns))
		s.blogs.Text(s.person.AliasID)
		s.blogs.Bool(s.person.IsIdentified)
		s.blogs.Timestamp(int64(s.blog.At))
		s.blogs.Text(s.blog.URL)
	}
	s.index, s.position, s.blog = 0, 0, sessionize.Mark{}
}

// add writes the person's next session and its touches down.
func (s *reMergeSlice) add(session *sessionize.Visit) {
	s.index++
	id := touch.SessionID(s.person, session.Start)
	touches := touch.OfSession(session, s.in.Settings.Rules)
	for i := range touches {
		s.position++
		s.addTouch(id, &touches[i])
	}
	s.addSession(id, session, &touches[0])
	if !session.Blog.IsZero() && (s.blog.IsZero() || session.Blog.Less(s.blog.Order)) {
		s.blog = session.Blog
	}
	if session.MoreTags {
		s.moreTags++
	}
}

var (
	sessionColumns = []string{
		"session_id", "alias_id", "is_identified", "session_index", "started_at", "ended_at", "event_count", "page_count",
		"entry_page", "exit_page", "entry_referrer", "source", "medium", "campaign", "term", "content", "channel", "is_paid", "is_signup_session", "bot_event_count",
	}
	touchColumns = []string{
		"alias_id", "is_identified", "position", "session_id", "touched_at", "source", "medium", "campaign", "term", "content",
		"referrer", "landing_page", "click_id", "channel", "is_paid",
	}
	blogColumns = []string{"alias_id", "is_identified", "blog_at", "blog_url"}
)

func (s *reMergeSlice) addSession(id string, session *sessionize.Visit, first *touch.Touch) {
	out, e := &s.monthOf(session.Start).rows, &first.Evidence
	out.Row(len(sessionColumns))
	out.Text(id)
	out.Text(s.person.AliasID)
	out.Bool(s.person.IsIdentified)
	out.Int4(s.index)
	out.Timestamp(int64(session.Start))
	out.Timestamp(int64(session.End))
	out.Int8(session.Events)
	out.Int8(session.Pages)
	for _, text := range [...]string{session.Entry.URL, session.Exit.URL, session.Entry.Referrer, e.Source, e.Medium, e.Campaign, e.Term, e.Content} {
		out.TextOrNull(text)
	}
	out.Text(e.Channel)
	out.Bool(e.IsPaid)
	out.Bool(false)
	out.Int8(session.Bots)
}

func (s *reMergeSlice) addTouch(session string, t *touch.Touch) {
	out, e := &s.touches, &t.Evidence
	out.Row(len(touchColumns))
	out.Text(s.person.AliasID)
	out.Bool(s.person.IsIdentified)
	out.Int4(s.position)
	out.Text(session)
	out.Timestamp(int64(t.At))
	for _, text := range [...]string{e.Source, e.Medium, e.Campaign, e.Term, e.Content, t.Referrer, t.LandingPage, e.ClickID} {
		out.TextOrNull(text)
	}
	out.Text(e.Channel)
	out.Bool(e.IsPaid)
}

// monthOf is where sessions begun at that time are gathered.
func (s *reMergeSlice) monthOf(start event.Micros) *sessionMonth {
	mo := month.OfMicros(start)
	before := mo < s.reMerge.months[0]
	if before {
		mo = s.reMerge.months[0] - 1
	}
	g, known := s.months[mo]
	if !known {
		g = &sessionMonth{table: s.monthTable(mo, before)}
		s.months[mo] = g
	}
	return g
}

func (s *reMergeSlice) bytes() int64 {
	n := s.touches.Bytes() + s.blogs.Bytes()
	for _, g := range s.months {
		n += g.rows.Bytes()
	}
	return n
}

// flush writes what was gathered. The months a night's sessions need are made when
// the first of them comes; those of everyone are there.
func (s *reMergeSlice) flush(ctx context.Context) error {
	copyInto := func(t pg.Table, columns []string, rows *pg.Rows, total *int64) error {
		n, err := s.in.DB.Copy(ctx, s.tx, t, columns, false, rows)
		*total += n
		s.written += n
		return err
	}
	for _, mo := range slices.Sorted(maps.Keys(s.months)) { // in order: the same night sends the same statements
		g := s.months[mo]
		before := mo < s.reMerge.months[0]
		if !s.full && !g.made {
			d := pg.Data{Month: max(mo, s.reMerge.months[0]), Flag: before}
			if err := s.exec(ctx, s.tx, d, "050_create_month.sql", "051_attach_month.sql"); err != nil {
				return err
			}
			g.made = true
		}
		if err := copyInto(g.table, sessionColumns, &g.rows, &s.sessionCount); err != nil {
			return err
		}
	}
	if err := copyInto(s.aside(s.in.DB.Names.Sessions, "touches"), touchColumns, &s.touches, &s.touchCount); err != nil {
		return err
	}
	return copyInto(s.aside(s.in.DB.Names.Stages, "blogs"), blogColumns, &s.blogs, new(int64))
}
