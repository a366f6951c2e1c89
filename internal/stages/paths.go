package stages

import (
	"context"
	"fmt"
	"sort"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/attribution-dev/attribution/internal/channel"
	"github.com/attribution-dev/attribution/internal/event"
	"github.com/attribution-dev/attribution/internal/model"
	"github.com/attribution-dev/attribution/internal/pg"
	"github.com/attribution-dev/attribution/internal/touch"
)

// maxPath is how many touches a path keeps: the first and the latest ones. Who buys a
// thousand times would else have a million rows.
const maxPath = 1000

var pathColumns = func() []string {
	columns := []string{
		"alias_id", "is_identified", "conversion", "number", "position", "converted_at", "touch_position", "session_id", "touched_at",
		"source", "medium", "campaign", "channel", "landing_page", "is_paid",
	}
	for _, m := range model.All()[:model.Markov] {
		columns = append(columns, m.String())
	}
	return append(columns, "markov_share")
}()

// A reward is a row of 022_read_rewards.sql.
type reward struct {
	conversion string
	number     int32
	at         event.Micros
}

// A sharing shares conversions out among the touches before them.
type sharing struct {
	settings *Settings
	path     []model.Touch
	credits  []model.Credits
}

// rows writes the path of one conversion of a person: a row a touch, and one of
// position 0 with what no touch can have, where there is such.
func (s *sharing) rows(out *pg.Rows, p *converted, touches []touch.Touch, r reward) {
	path, begun := touch.Path(p.sessions, touches, r.at, s.settings.Rules)
	if oldest := s.settings.lookback(); oldest > 0 {
		from := r.at.Add(-oldest)
		path = path[sort.Search(len(path), func(i int) bool { return path[i].At >= from }):]
		if begun != nil && begun.At < from {
			begun = nil
		}
	}
	kept := maxPath
	if begun != nil {
		kept--
	}
	if len(path) > kept {
		path = append(path[:1:1], path[len(path)-kept+1:]...)
	}
	if begun != nil {
		path = append(path, *begun)
	}
	s.path = s.path[:0]
	for i := range path {
		e := &path[i].Evidence
		s.path = append(s.path, model.Touch{At: path[i].At, Channel: e.Channel, IsDirect: e.Source == channel.DirectSource, IsPaid: e.IsPaid})
	}
	if cap(s.credits) < len(path) {
		s.credits = make([]model.Credits, len(path), 2*len(path))
	}
	s.credits = s.credits[:len(path)]
	rest := s.settings.Models.Share(s.path, r.at, s.credits)
	if rest != (model.Credits{}) {
		pathRow(out, p.person, r, 0, &touch.Touch{}, &rest)
	}
	for i := range path {
		pathRow(out, p.person, r, int32(i+1), &path[i], &s.credits[i])
	}
}

func pathRow(out *pg.Rows, p event.Person, r reward, position int32, t *touch.Touch, credits *model.Credits) {
	out.Row(len(pathColumns))
	out.Text(p.AliasID)
	out.Bool(p.IsIdentified)
	out.Text(r.conversion)
	out.Int4(r.number)
	out.Int4(position)
	out.Timestamp(int64(r.at))
	if t.Position == 0 {
		out.Null()
	} else {
		out.Int4(int32(t.Position))
	}
	out.TextOrNull(t.SessionID)
	if position == 0 {
		out.Null()
	} else {
		out.Timestamp(int64(t.At))
	}
	for _, text := range [...]string{t.Evidence.Source, t.Evidence.Medium, t.Evidence.Campaign, t.Evidence.Channel, t.LandingPage} {
		out.TextOrNull(text)
	}
	out.Bool(t.Evidence.IsPaid)
	for _, c := range credits {
		out.Float8(c)
	}
}

// lookback is the longest of any model; 0: none.
func (s *Settings) lookback() time.Duration {
	longest := time.Duration(0)
	for _, l := range s.Models.Lookback {
		if l == 0 {
			return 0
		}
		longest = max(longest, l)
	}
	return longest
}

// A personStream hands out rows person by person, in the order of persons.
type personStream[T any] struct {
	rows   pgx.Rows
	read   func(v [][]byte) T
	next   T
	person event.Person
	more   bool
	own    []T
}

func newPersonStream[T any](ctx context.Context, db *pg.DB, file string, d pg.Data, read func(v [][]byte) T) (*personStream[T], error) {
	rows, err := db.Query(ctx, db.Pool, file, d, none)
	if err != nil {
		return nil, err
	}
	s := &personStream[T]{rows: rows, read: read}
	s.advance()
	return s, nil
}

func (s *personStream[T]) advance() {
	if s.more = s.rows.Next(); !s.more {
		return
	}
	v := s.rows.RawValues()
	s.person = event.Person{AliasID: string(v[0]), IsIdentified: rawBool(v[1])}
	s.next = s.read(v)
}

// of returns the rows of the person; persons must be asked for in order. The slice is
// valid until the next call.
func (s *personStream[T]) of(p event.Person) ([]T, error) {
	s.own = s.own[:0]
	for s.more && s.person == p {
		s.own = append(s.own, s.next)
		s.advance()
	}
	if !s.more {
		return s.own, s.rows.Err()
	}
	if s.person.Compare(p) < 0 {
		return nil, fmt.Errorf("rows of %s without a conversion", s.person)
	}
	return s.own, nil
}

func readReward(v [][]byte) reward {
	at, _ := rawTime(v[4])
	return reward{conversion: string(v[2]), number: int32(rawInt8(v[3])), at: at}
}

func readTouch(v [][]byte) touch.Touch {
	at, _ := rawTime(v[4])
	return touch.Touch{
		Position: int(rawInt4(v[2])), SessionID: string(v[3]), At: at, Referrer: string(v[13]), LandingPage: string(v[14]),
		Evidence: channel.Evidence{
			Source: string(v[5]), Medium: string(v[6]), Campaign: string(v[7]), Term: string(v[8]), Content: string(v[9]),
			ClickID: string(v[10]), Channel: string(v[11]), IsPaid: rawBool(v[12]),
		},
	}
}
