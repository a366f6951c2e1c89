package check

import (
	"context"
	"errors"
	"io"

	"github.com/attribution-dev/attribution/internal/event"
	"github.com/attribution-dev/attribution/internal/pg"
	"github.com/attribution-dev/attribution/internal/stages"
)

// An Explanation is everything known of one person.
type Explanation struct {
	Person string `json:"person"` // user:ID or anon:ID
}

// Text prints the explanation for people, at most 100 columns wide where the
// identifiers and URLs allow.
func (e Explanation) Text(w io.Writer) error { return errors.New("not written yet") }

// Explain gathers everything known of the person.
func Explain(ctx context.Context, db *pg.DB, s stages.Settings, p event.Person) (Explanation, error) {
	return Explanation{}, errors.New("not written yet")
}
