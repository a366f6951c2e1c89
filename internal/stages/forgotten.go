package stages

import (
	"context"
	"slices"

	"github.com/jackc/pgx/v5"

	"github.com/attribution-dev/attribution/internal/pg"
)

// Pads are the key that identifiers of forgotten persons are hashed with, as HMAC
// (RFC 2104) pads it: 64 bytes each. They must not be logged.
type Pads struct{ Inner, Outer []byte }

// NewPads pads a key of at most 64 bytes.
func NewPads(key []byte) *Pads {
	const block = 64 // of SHA-256
	p := &Pads{make([]byte, block), make([]byte, block)}
	copy(p.Inner, key)
	copy(p.Outer, key)
	for i := range block {
		p.Inner[i] ^= 0x36
		p.Outer[i] ^= 0x5c
	}
	return p
}

// Args are the pads as statements bind them; none of nil.
func (p *Pads) Args() pg.Args {
	if p == nil {
		return nil
	}
	return pg.Args{"inner_pad": p.Inner, "outer_pad": p.Outer}
}

// ReadPads returns nil when nobody was ever forgotten: nothing needs to be hashed then.
func ReadPads(ctx context.Context, db *pg.DB, q pg.Querier) (*Pads, error) {
	keys, err := pg.Collect(ctx, db, q, "00_shared/100_read_forgotten_key.sql", pg.Data{}, none, pgx.RowTo[[]byte])
	if err != nil || len(keys) == 0 {
		return nil, err
	}
	return NewPads(keys[0]), nil
}

// Absent returns those of the user_ids that count as absent.
func (s Settings) Absent(userIDs []string) []string {
	return slices.DeleteFunc(append([]string{}, userIDs...), func(id string) bool { return s.Blocked.Clean(id) != "" })
}

// dropForgotten drops the incoming rows of forgotten persons, before anything else
// keeps a trace of them, and returns how many there were.
func (in *Input) dropForgotten(ctx context.Context, tx pgx.Tx, d pg.Data) (int64, error) {
	if in.forgets == nil {
		return 0, nil
	}
	named, err := in.DB.Exec(ctx, tx, "01_extract/041_name_forgotten.sql", d, in.forgets.Args())
	if err != nil || named == 0 && !in.DB.Dry() {
		return 0, err
	}
	var beside []string
	if !in.DB.Dry() { // a plan has made no table to ask
		beside, err = pg.Collect(ctx, in.DB, tx, "01_extract/042_beside_forgotten.sql", d, none, pgx.RowTo[string])
		if err != nil {
			return 0, err
		}
	}
	return in.DB.Exec(ctx, tx, "01_extract/043_drop_forgotten.sql", d, pg.Args{"absent": in.Settings.Absent(beside)})
}
