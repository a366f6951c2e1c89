package stages

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

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
		if err := in.nothingPrepared(&r); err != nil {
			return r, err
		}
		return r, in.moneyAlone(ctx, &r)
	}
	if p.lastStage != "signup" {
		return r, Permanent(fmt.Errorf("what resessionize built aside has not been through stage signup: run \"attribution run --from-stage signup\""))
	}
	// A gate: what stages 1 and 2 counted must add up before anything is published.
	if err := in.checkEvents(ctx, &r); err != nil {
		return r, err
	}
	err = in.DB.Tx(ctx, func(tx pgx.Tx) error {
		a := attribution{in: &in, tx: tx, prepared: p, result: &r, sharing: sharing{settings: &in.Settings}}
		return a.run(ctx)
	})
	if err != nil {
		return r, err
	}
	if p.full {
		paths := pg.Table{Schema: in.DB.Names.Sessions, Name: pg.AsideName("paths", p.run)}
		if err := in.index(ctx, paths, in.publishedTable("paths"), "alias_id"); err != nil {
			return r, err
		}
	}
	return r, in.publish(ctx, p, &r)
}

// An attribution is the first half of stage 7: the four touches of each signed-up
// person of the run, and the path of each conversion, written aside.
type attribution struct {
	in       *Input
	tx       pgx.Tx
	prepared *prepared
	result   *Result
	rows     pg.Rows
	paths    pg.Rows
	sharing  sharing
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

func (a *attribution) aside(name string) pg.Table {
	return pg.Table{Schema: a.in.DB.Names.Sessions, Name: pg.AsideName(name, a.prepared.run)}
}

func (a *attribution) run(ctx context.Context) error {
	d := pg.Data{Run: a.prepared.run, Full: a.prepared.full}
	for _, file := range []string{"005_drop_again.sql", "010_create_attribution.sql", "011_create_paths.sql"} {
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
	analyzed := []string{"attribution", "paths"}
	if a.prepared.full {
		analyzed = analyzed[:1] // paths are with their indexes
	}
	for _, name := range analyzed {
		if _, err := a.in.DB.Exec(ctx, a.tx, "05_resessionize/080_analyze.sql", pg.Data{Table: a.aside(name).Ident()}, none); err != nil {
			return err
		}
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

// A converted is a person with a conversion: a part of 020_read_sessions.sql.
type converted struct {
	person   event.Person
	signedUp bool
	signup   event.Micros
	blogAt   event.Micros
	blogURL  string
	sessions []touch.Session
}

// stream reads sessions, touches and conversions side by side, each person by person.
func (a *attribution) stream(ctx context.Context, d pg.Data) error {
	if a.in.DB.Dry() {
		for _, file := range []string{"020_read_sessions.sql", "021_read_touches.sql", "022_read_rewards.sql"} {
			if _, err := a.in.DB.Exec(ctx, a.tx, "07_attribute/"+file, d, none); err != nil {
				return err
			}
		}
		return nil
	}
	touches, err := newPersonStream(ctx, a.in.DB, "07_attribute/021_read_touches.sql", d, readTouch)
	if err != nil {
		return err
	}
	defer touches.rows.Close()
	rewards, err := newPersonStream(ctx, a.in.DB, "07_attribute/022_read_rewards.sql", d, readReward)
	if err != nil {
		return err
	}
	defer rewards.rows.Close()
	rows, err := a.in.DB.Query(ctx, a.in.DB.Pool, "07_attribute/020_read_sessions.sql", d, none)
	if err != nil {
		return err
	}
	defer rows.Close()
	var p converted
	started := false
	for rows.Next() {
		v := rows.RawValues()
		person := event.Person{AliasID: string(v[0]), IsIdentified: rawBool(v[1])}
		if !started || person != p.person {
			if started {
				if err := a.person(ctx, &p, touches, rewards); err != nil {
					return err
				}
			}
			started = true
			p = converted{person: person, signedUp: v[2] != nil, blogURL: string(v[4]), sessions: p.sessions[:0]}
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
		return a.person(ctx, &p, touches, rewards)
	}
	return nil
}

// person chooses the four touches of one person, and shares its conversions out.
func (a *attribution) person(ctx context.Context, p *converted, touches *personStream[touch.Touch], rewards *personStream[reward]) error {
	own, err := touches.of(p.person)
	if err != nil {
		return err
	}
	rewarded, err := rewards.of(p.person)
	if err != nil {
		return err
	}
	a.result.RowsIn++
	if p.signedUp {
		attributionRow(&a.rows, p, own, a.in.Settings)
	}
	for _, r := range rewarded {
		a.sharing.rows(&a.paths, p, own, r)
		if a.paths.Full() {
			if err := a.flush(ctx); err != nil {
				return err
			}
		}
	}
	if !a.rows.Full() {
		return nil
	}
	return a.flush(ctx)
}

func attributionRow(out *pg.Rows, p *converted, touches []touch.Touch, s Settings) {
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
	if _, err := a.in.DB.Copy(ctx, a.tx, a.aside("attribution"), attributionColumns, false, &a.rows); err != nil {
		return err
	}
	_, err := a.in.DB.Copy(ctx, a.tx, a.aside("paths"), pathColumns, false, &a.paths)
	return err
}

// swapPatience is how long a swap waits between tries, at first and at most.
const (
	swapPatience    = 200 * time.Millisecond
	maxSwapPatience = 10 * time.Second
)
