package pipeline

import (
	"context"
	"errors"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/jackc/pgx/v5"

	"github.com/attribution-dev/attribution/internal/event"
	"github.com/attribution-dev/attribution/internal/pg"
	"github.com/attribution-dev/attribution/internal/stages"
)

// FindPerson is the person an identifier belongs to: "user:ID", "anon:ID", or a bare
// ID where only one of the two exists.
func (p *Pipeline) FindPerson(ctx context.Context, q pg.Querier, text string) (event.Person, error) {
	kind, id := splitPerson(text)
	unknown := usage(errors.New("nothing is known of that person: no such user_id or anonymous_id was ever seen"))
	if strings.ContainsRune(id, 0) || !utf8.ValidString(id) { // no text of Postgres
		return event.Person{}, unknown
	}
	persons, err := p.persons(ctx, q, kind, id)
	switch {
	case err != nil:
		return event.Person{}, err
	case len(persons) == 1:
		return persons[0], nil
	case len(persons) > 1:
		return event.Person{}, usage(errors.New("that person is both a user_id and an anonymous_id, of different persons: write user: or anon: before it"))
	}
	asUser, asDevice, err := stages.ForgottenAt(ctx, p.db, q, id)
	if err != nil {
		return event.Person{}, err
	}
	for _, at := range []struct {
		kind string
		time *time.Time
	}{{"anon:", asUser}, {"user:", asDevice}} {
		if at.time != nil && kind != at.kind {
			return event.Person{}, usage(errors.New("nothing is known of that person: it was forgotten on " + at.time.UTC().Format(time.DateOnly)))
		}
	}
	return event.Person{}, unknown
}

// persons are those an identifier belongs to; kind is "user:", "anon:" or "" for both.
func (p *Pipeline) persons(ctx context.Context, q pg.Querier, kind, id string) (persons []event.Person, err error) {
	type match struct {
		AliasID              string
		IsIdentified, AsUser bool
	}
	all, err := pg.Collect(ctx, p.db, q, "00_run/120_find_person.sql", pg.Data{}, pg.Args{"id": id}, pgx.RowToStructByPos[match])
	if err != nil {
		return nil, err
	}
	seen := map[event.Person]bool{}
	for _, m := range all {
		person := event.Person{AliasID: m.AliasID, IsIdentified: m.IsIdentified}
		if (kind == "" || (kind == "user:") == m.AsUser) && !seen[person] {
			seen[person] = true
			persons = append(persons, person)
		}
	}
	return persons, nil
}
