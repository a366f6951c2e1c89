package check

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/attribution-dev/attribution/internal/pg"
	"github.com/attribution-dev/attribution/internal/progress"
	"github.com/attribution-dev/attribution/internal/stages"
)

// VerifySchema is the scratch schema Verify computes in. It is made and dropped in
// a transaction that is rolled back, so nobody else ever sees it.
const VerifySchema = "attribution_verify"

// VerifyOptions say how much Verify looks at.
type VerifyOptions struct {
	// SampleOneIn takes the persons whose alias_id fulfils SampleCondition: about
	// one in that many. 0 and 1 take all. What is recounted is recounted in full.
	SampleOneIn int
	// Progress begins to show a piece of work. Nil: nothing is shown.
	Progress func(label, unit string, total int64) *progress.Progress
}

// A Check is one thing Verify looked at.
type Check struct {
	Name   string `json:"name"`
	OK     bool   `json:"ok"`
	Detail string `json:"detail"` // one line or, where it failed, several; identifiers of persons may be among them
}

// A VerifyReport is what Verify found.
type VerifyReport struct {
	AsOf        time.Time `json:"as_of"`         // up to which load time the source rows were compared
	SampleOneIn int       `json:"sample_one_in"` // 1: every person
	Checks      []Check   `json:"checks"`
}

// Ok reports whether every check held.
func (r VerifyReport) Ok() bool {
	return !slices.ContainsFunc(r.Checks, func(c Check) bool { return !c.OK })
}

// Text prints the report for people, one check a paragraph.
func (r VerifyReport) Text(w io.Writer) error { return errors.New("not written yet") }

// Verify proves the published tables.
func Verify(ctx context.Context, db *pg.DB, s stages.Settings, o VerifyOptions) (VerifyReport, error) {
	return VerifyReport{}, errors.New("not written yet")
}

var _ = maps.Keys[map[int]int]
var _ = fmt.Sprint
var _ = strings.Join
var _ pgx.Tx
