// Package stages holds the eight stages of the nightly run. Each consumes a worklist
// of dirty keys, rewrites exactly those, and puts the next stage's dirty keys down in
// the same transaction: crash anywhere, rerun any stage in any order, and once the
// worklists are drained the tables are those a full rebuild gives.
package stages

import (
	"context"
	"fmt"
	"log/slog"
	"runtime"
	"slices"
	"time"

	"github.com/attribution-dev/attribution/internal/alias"
	"github.com/attribution-dev/attribution/internal/channel"
	"github.com/attribution-dev/attribution/internal/event"
	"github.com/attribution-dev/attribution/internal/model"
	"github.com/attribution-dev/attribution/internal/pg"
	"github.com/attribution-dev/attribution/internal/progress"
)

// A Stage is one idempotent step of the nightly run: running it twice in a row
// leaves the database as running it once did.
type Stage struct {
	Number int    // 1 to 8; also its place in All and in the names of sql/
	Name   string // its folder in sql/ and its --stage flag
	About  string // what it does, for people
	Run    func(ctx context.Context, in Input) (Result, error)
}

// All lists the stages in the order they run.
func All() []Stage {
	return []Stage{
		{1, "extract", "takes new rows in from Segment's tables", runExtract},
		{2, "sessionize", "turns new events into visits and conversions", runSessionize},
		{3, "alias", "decides who is who", runAlias},
		{4, "realias", "finds the persons that changed", runRealias},
		{5, "resessionize", "merges those persons' visits of all time into sessions and touches", runResessionize},
		{6, "signup", "finds signups and signup sessions", runSignup},
		{7, "attribute", "chooses the four touches and publishes", runAttribute},
		{8, "reindex", "repairs indexes, analyses, checks", runReindex},
	}
}

// Settings are the values the stages work with.
type Settings struct {
	Sources      []string      // Postgres schemas written by Segment
	Overlap      time.Duration // how far stage 1 reads back before the high-water mark; 0: 24h
	DedupWindow  time.Duration // how far apart copies of a row are looked for
	AllColumns   bool          // take every column of the sources
	ExtraColumns []string      // columns taken beyond the needed ones

	SignupEvents []string
	Conversions  []Conversion // beside the signup
	Traits       []string     // columns of identifies shown with persons
	Models       model.Rules
	Markov       MarkovRules
	Money        Money
	IgnoreEvents []string
	ExcludeBots  bool // events of crawlers are no activity
	Gap          time.Duration
	Lookback     time.Duration // 0: none
	Blocked      event.Blocklist
	Identity     alias.Settings
	UseAlias     bool // read previous_id
	Rules        *channel.Rules

	LockTimeout time.Duration // longest a reader waits for a publication
	MemoryLimit int64         // bytes
	Parallelism int           // pieces of work at once; 0: as many as there are cores, at most 4
}

// Signup is the conversion that SignupEvents make.
const Signup = "signup"

// A Conversion is a rewarded event.
type Conversion struct {
	Name     string
	Events   []string // names of its tracks
	Every    bool     // each one, else a person's first
	Value    string   // column of the event's own table; empty: none
	Currency string   // column of that table; empty: none
}

// MarkovRules are how transitions between channels are counted.
type MarkovRules struct {
	Order int  // channels a state remembers, 1 to 3
	Nulls bool // also of those who never converted
}

// AllConversions are the signup and the others.
func (s Settings) AllConversions() []Conversion {
	return append([]Conversion{{Name: Signup, Events: s.SignupEvents}}, s.Conversions...)
}

// Input is what a stage is given.
type Input struct {
	DB       *pg.DB
	Settings Settings
	Run      pg.RunID
	AsOf     time.Time // the run's clock
	Full     bool      // redo all the stage owns
	First    bool      // the stage is the first of its run
	// Reconcile makes stage 1 remove the rows its sources have no more.
	Reconcile bool
	// AllowShrink lets that be more than a fifth of a month's, and stage 7 publish also what
	// its gates would stop.
	AllowShrink bool
	Log         *slog.Logger
	Progress    func(label, unit string, total int64) *progress.Progress // never nil
	// Publish is called in the transaction that publishes: it fences off a run that
	// was superseded and writes the ledger.
	Publish func(ctx context.Context, q pg.Querier, r Result) error

	forgets *Pads // stage 1: nil when nobody was forgotten
}

// workers is how many pieces of work stages 2, 5 and 6 do at once, each with a
// transaction of its own. A plan does one after the other.
func (in *Input) workers() int {
	switch {
	case in.DB.Dry():
		return 1
	default:
		return in.Settings.Workers()
	}
}

// Workers is how many pieces of work a run does at once.
func (s Settings) Workers() int {
	if s.Parallelism > 0 {
		return s.Parallelism
	}
	return min(4, runtime.GOMAXPROCS(0))
}

// Result is what a stage did.
type Result struct {
	RowsIn      int64            // rows read
	RowsChanged int64            // rows inserted and deleted
	Counters    map[string]int64 // what else it counted, by name
	Note        string           // one line for the operator, such as "nothing waits"
	Warnings    []string         // what the data should not be like
}

// count adds n to a counter.
func (r *Result) count(name string, n int64) {
	if r.Counters == nil {
		r.Counters = map[string]int64{}
	}
	r.Counters[name] += n
}

// set makes a counter n: what is done anew when a transaction is tried again counts once.
func (r *Result) set(name string, n int64) {
	r.count(name, n-r.Counters[name])
}

// warnOnce warns of what a transaction that is tried again would warn of again.
func (r *Result) warnOnce(w string) {
	if !slices.Contains(r.Warnings, w) {
		r.warn(w)
	}
}

// add adds what was done beside.
func (r *Result) add(beside *Result) {
	r.RowsIn += beside.RowsIn
	r.RowsChanged += beside.RowsChanged
	for name, n := range beside.Counters {
		r.count(name, n)
	}
	r.Warnings = append(r.Warnings, beside.Warnings...)
}

func (r *Result) warn(w string) { r.Warnings = append(r.Warnings, w) }

// plural is "1 person" or "3 persons".
func plural(n int64, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

// none is for statements without arguments or fields.
var none pg.Args

// interval is a duration as a bound value of type interval.
// PostgreSQL 14 refuses more than 2^31 microseconds written as such.
func interval(d time.Duration) string {
	us := d.Microseconds()
	return fmt.Sprintf("%d.%06d seconds", us/1e6, us%1e6)
}
