package stages

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/attribution-dev/attribution/internal/channel"
	"github.com/attribution-dev/attribution/internal/event"
	"github.com/attribution-dev/attribution/internal/pg"
	"github.com/attribution-dev/attribution/internal/touch"
)

func runAttribute(ctx context.Context, in Input) (Result, error) {
	var r Result
	p, err := in.readPrepared(ctx, in.DB.Pool)
	if err != nil {
		return r, err
	}
	if p == nil && in.DB.Dry() {
		p = &prepared{run: in.Run, lastStage: "signup"}
	}
	if p == nil {
		return r, in.nothingPrepared(&r)
	}
	if p.lastStage != "signup" {
		return r, Permanent(fmt.Errorf("what resessionize built aside has not been through stage signup: run \"attribution run --from-stage signup\""))
	}
	// A gate: what stages 1 and 2 counted must add up before anything is published.
	if err := in.checkEvents(ctx, &r); err != nil {
		return r, err
	}
	err = in.DB.Tx(ctx, func(tx pgx.Tx) error {
		a := attribution{in: &in, tx: tx, prepared: p, result: &r}
		return a.run(ctx)
	})
	if err != nil {
		return r, err
	}
	return r, in.publish(ctx, p, &r)
}

// An attribution is the first half of stage 7: the four touches of each signed-up
// person of the run, written aside.
type attribution struct {
	in       *Input
	tx       pgx.Tx
	prepared *prepared
	result   *Result
	rows     pg.Rows
}

var attributionColumns = func() []string {
	columns := []string{"alias_id", "session_count_before_signup", "signup_timestamp", "blog_url", "first_page_ever_visited"}
	prefixes := []string{"first_touch_", "last_touch_", "first_attributed_touch_", "last_attributed_touch_"}
	for _, fields := range [][]string{{"timestamp", "source", "campaign", "medium", "referrer"}, {"channel", "landing_page"}} {
		for _, prefix := range prefixes {
			for _, f := range fields {
				columns = append(columns, prefix+f)
			}
		}
	}
	return append(columns, "is_identified")
}()

func (a *attribution) table() pg.Table {
	return pg.Table{Schema: a.in.DB.Names.Sessions, Name: pg.AsideName("attribution", a.prepared.run)}
}

func (a *attribution) run(ctx context.Context) error {
	d := pg.Data{Run: a.prepared.run}
	for _, file := range []string{"005_drop_again.sql", "010_create_attribution.sql"} {
		if _, err := a.in.DB.Exec(ctx, a.tx, "07_attribute/"+file, d, none); err != nil {
			return err
		}
	}
	if err := a.stream(ctx, d); err != nil {
		return err
	}
	if err := a.flush(ctx); err != nil {
		return err
	}
	if _, err := a.in.DB.Exec(ctx, a.tx, "05_resessionize/080_analyze.sql", pg.Data{Table: a.table().Ident()}, none); err != nil {
		return err
	}
	var signups, rows int64
	if err := a.in.DB.Scan(ctx, a.tx, "07_attribute/030_gate_signups.sql", d, none, &signups, &rows); err != nil {
		return err
	}
	if signups != rows {
		return Permanent(fmt.Errorf("%d persons signed up but %d rows of attribution were made; nothing was published: this is a defect, please report it", signups, rows))
	}
	a.result.count("signed_up_persons", signups)
	return nil
}

// A signedUp is one person's part of 020_read_sessions.sql.
type signedUp struct {
	person   event.Person
	signup   event.Micros
	blogAt   event.Micros
	blogURL  string
	sessions []touch.Session
}

// stream reads sessions and touches side by side, each person by person.
func (a *attribution) stream(ctx context.Context, d pg.Data) error {
	if a.in.DB.Dry() {
		for _, file := range []string{"020_read_sessions.sql", "021_read_touches.sql"} {
			if _, err := a.in.DB.Exec(ctx, a.tx, "07_attribute/"+file, d, none); err != nil {
				return err
			}
		}
		return nil
	}
	touches, err := a.openTouches(ctx, d)
	if err != nil {
		return err
	}
	defer touches.rows.Close()
	rows, err := a.in.DB.Query(ctx, a.in.DB.Pool, "07_attribute/020_read_sessions.sql", d, none)
	if err != nil {
		return err
	}
	defer rows.Close()
	var p signedUp
	started := false
	for rows.Next() {
		v := rows.RawValues()
		person := event.Person{AliasID: string(v[0]), IsIdentified: rawBool(v[1])}
		if !started || person != p.person {
			if started {
				if err := a.person(ctx, &p, touches); err != nil {
					return err
				}
			}
			started = true
			p = signedUp{person: person, blogURL: string(v[4]), sessions: p.sessions[:0]}
			p.signup, _ = rawTime(v[2])
			p.blogAt, _ = rawTime(v[3])
		}
		if v[5] != nil {
			at, _ := rawTime(v[6])
			p.sessions = append(p.sessions, touch.Session{ID: string(v[5]), StartedAt: at, EntryPage: string(v[7])})
		}
	}
	if err := rows.Err(); err != nil {
		return err
	}
	if started {
		return a.person(ctx, &p, touches)
	}
	return nil
}

// person chooses the four touches of one person.
func (a *attribution) person(ctx context.Context, p *signedUp, touches *touchStream) error {
	own, err := touches.of(p.person)
	if err != nil {
		return err
	}
	a.result.RowsIn++
	attributionRow(&a.rows, p, own, a.in.Settings)
	if !a.rows.Full() {
		return nil
	}
	return a.flush(ctx)
}

func attributionRow(out *pg.Rows, p *signedUp, touches []touch.Touch, s Settings) {
	choice := touch.Choose(p.sessions, touches, p.signup, s.Lookback, s.Rules)
	before, firstPage := 0, ""
	for _, session := range p.sessions {
		if session.StartedAt <= p.signup {
			before++
		}
		if firstPage == "" {
			firstPage = session.EntryPage
		}
	}
	blog := p.blogURL
	if blog != "" && p.blogAt > p.signup {
		blog = ""
	}
	out.Row(len(attributionColumns))
	out.Text(p.person.AliasID)
	out.Int4(int32(before))
	out.Timestamp(int64(p.signup))
	out.TextOrNull(blog)
	out.TextOrNull(firstPage)
	four := []*touch.Touch{choice.First.Touch, choice.Last.Touch, choice.FirstPaid.Touch, choice.LastPaid.Touch}
	for _, t := range four {
		if t == nil {
			t = &touch.Touch{}
			out.Null()
		} else {
			out.Timestamp(int64(t.At))
		}
		for _, text := range []string{t.Evidence.Source, t.Evidence.Campaign, t.Evidence.Medium, t.Referrer} {
			out.TextOrNull(text)
		}
	}
	for _, t := range four {
		if t == nil {
			t = &touch.Touch{}
		}
		out.TextOrNull(t.Evidence.Channel)
		out.TextOrNull(t.LandingPage)
	}
	out.Bool(p.person.IsIdentified)
}

func (a *attribution) flush(ctx context.Context) error {
	_, err := a.in.DB.Copy(ctx, a.tx, a.table(), attributionColumns, false, &a.rows)
	return err
}

// A touchStream hands out touches person by person, in the order of persons.
type touchStream struct {
	rows   pgx.Rows
	next   touch.Touch
	person event.Person
	more   bool
	own    []touch.Touch
}

func (a *attribution) openTouches(ctx context.Context, d pg.Data) (*touchStream, error) {
	rows, err := a.in.DB.Query(ctx, a.in.DB.Pool, "07_attribute/021_read_touches.sql", d, none)
	if err != nil {
		return nil, err
	}
	s := &touchStream{rows: rows}
	s.advance()
	return s, nil
}

func (s *touchStream) advance() {
	if s.more = s.rows.Next(); !s.more {
		return
	}
	v := s.rows.RawValues()
	s.person = event.Person{AliasID: string(v[0]), IsIdentified: rawBool(v[1])}
	at, _ := rawTime(v[4])
	s.next = touch.Touch{
		Position: int(rawInt4(v[2])), SessionID: string(v[3]), At: at, Referrer: string(v[13]), LandingPage: string(v[14]),
		Evidence: channel.Evidence{
			Source: string(v[5]), Medium: string(v[6]), Campaign: string(v[7]), Term: string(v[8]), Content: string(v[9]),
			ClickID: string(v[10]), Channel: string(v[11]), IsPaid: rawBool(v[12]),
		},
	}
}

// of returns the touches of the person; persons must be asked for in order. The
// slice is valid until the next call.
func (s *touchStream) of(p event.Person) ([]touch.Touch, error) {
	s.own = s.own[:0]
	for s.more && s.person == p {
		s.own = append(s.own, s.next)
		s.advance()
	}
	if !s.more {
		return s.own, s.rows.Err()
	}
	if s.person.Compare(p) < 0 {
		return nil, fmt.Errorf("touches of %s without a signed-up person", s.person)
	}
	return s.own, nil
}

// swapPatience is how long a swap waits between tries, at first and at most.
const (
	swapPatience    = 200 * time.Millisecond
	maxSwapPatience = 10 * time.Second
)
