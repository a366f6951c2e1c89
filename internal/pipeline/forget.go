package pipeline

import (
	"context"
	"errors"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/attribution-dev/attribution/internal/event"
	"github.com/attribution-dev/attribution/internal/stages"
)

// A ForgetRequest says whom to forget.
type ForgetRequest struct {
	Person string // user:ID, anon:ID or a bare ID, as FindPerson takes it
	// Unseen forgets the identifier also where nothing was taken in of it yet; it must
	// then say user: or anon:.
	Unseen bool
	DryRun bool // only count
}

// errDryRun rolls a forgetting back.
var errDryRun = errors.New("dry run")

// Forget removes every trace of a person in one transaction: see stages.Input.Forget.
// It fails with ErrLocked when a run is at work, with ErrUsage when the person is not
// known or the settings are not those of the last run. No error names the person.
func (p *Pipeline) Forget(ctx context.Context, r ForgetRequest) (stages.Forgotten, error) {
	var done stages.Forgotten
	lock := &runLock{p: p}
	defer func() { lock.release(ctx) }()
	if err := lock.hold(ctx); err != nil {
		return done, err
	}
	if err := p.closeKilled(ctx, ""); err != nil {
		return done, err
	}
	err := p.db.Tx(ctx, func(tx pgx.Tx) error {
		if err := p.sameSettings(ctx, tx); err != nil {
			return err
		}
		person, unseen, err := p.toForget(ctx, tx, r)
		if err != nil {
			return err
		}
		done, err = p.input(ctx, stages.Input{}).Forget(ctx, tx, person, unseen)
		if err == nil && r.DryRun {
			err = errDryRun
		}
		return err
	})
	if errors.Is(err, errDryRun) {
		err = nil
	}
	return done, err
}

// toForget is the person asked for; or, when it is not known, the identifier.
func (p *Pipeline) toForget(ctx context.Context, tx pgx.Tx, r ForgetRequest) (person event.Person, unseen bool, err error) {
	kind, id := splitPerson(r.Person)
	if err := p.settings.CheckForgettable(id); err != nil {
		return person, false, usage(err)
	}
	found, err := p.persons(ctx, tx, kind, event.Trim(id))
	switch {
	case err != nil:
		return person, false, err
	case len(found) == 1:
		return found[0], false, nil
	case len(found) > 1:
		return person, false, usage(errors.New("that identifier is both a user_id and an anonymous_id, of different persons: write user: or anon: before it"))
	case !r.Unseen:
		return person, false, usage(errors.New("nothing is known of that person; to have what the sources may hold of it passed over all the same, write user: or anon: before the identifier and add --unseen"))
	case kind == "":
		return person, false, usage(errors.New("nothing is known of that person: with --unseen write user: or anon: before the identifier"))
	}
	return event.Person{AliasID: event.Trim(id), IsIdentified: kind == "user:"}, true, nil
}

// splitPerson parts "user:ID" or "anon:ID"; kind is "" of a bare ID.
func splitPerson(text string) (kind, id string) {
	for _, prefix := range []string{"user:", "anon:"} {
		if after, found := strings.CutPrefix(text, prefix); found {
			return prefix, after
		}
	}
	return "", text
}
