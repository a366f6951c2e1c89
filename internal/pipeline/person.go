package pipeline

import (
	"context"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/attribution-dev/attribution/internal/event"
	"github.com/attribution-dev/attribution/internal/pg"
)

// FindPerson is the person an identifier belongs to: "user:ID", "anon:ID", or a bare
// ID where only one of the two exists.
func (p *Pipeline) FindPerson(ctx context.Context, q pg.Querier, text string) (event.Person, error) {
	id, want := text, ""
	for _, prefix := range []string{"user:", "anon:"} {
		if strings.HasPrefix(text, prefix) {
			id, want = strings.TrimPrefix(text, prefix), prefix
		}
	}
	type match struct {
		AliasID              string
		IsIdentified, AsUser bool
	}
	all, err := pg.Collect(ctx, p.db, q, "00_run/120_find_person.sql", pg.Data{}, pg.Args{"id": id}, pgx.RowToStructByPos[match])
	if err != nil {
		return event.Person{}, err
	}
	persons := map[event.Person]bool{}
	for _, m := range all {
		if want == "" || (want == "user:") == m.AsUser {
			persons[event.Person{AliasID: m.AliasID, IsIdentified: m.IsIdentified}] = true
		}
	}
	switch len(persons) {
	case 0:
		return event.Person{}, usage(fmt.Errorf("person %q: no such user_id or anonymous_id was ever seen", text))
	case 1:
		for person := range persons {
			return person, nil
		}
	}
	return event.Person{}, usage(fmt.Errorf("person %q is both a user_id and an anonymous_id, of different persons: write user:%s or anon:%s", text, id, id))
}
