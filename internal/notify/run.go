package notify

import "time"

// Outcomes of a run. They are values of the tag outcome: of anything else, too, there
// may be only a few.
const (
	Done        = "done"        // it succeeded
	Failed      = "failed"      // it gave up
	Interrupted = "interrupted" // it was asked to stop
)

// outOfDate is the age of published data at which a failure becomes critical.
const outOfDate = 48 * time.Hour

// A Run is a run as it ended, also one that failed before its first stage.
type Run struct {
	ID       int64  // in the ledger; 0: it failed before it got one
	Outcome  string // Done, Failed or Interrupted
	ExitCode int    // of the process
	Err      error  // why it failed; of a stage that failed, the stage's
	Unpaged  bool   // nobody is paged though it failed
	Rerun    string // the command that goes on from there
	At       time.Time
	Elapsed  time.Duration
	AsOf     time.Time // its clock, the database's
	Newest   time.Time // received_at of the newest event that is published; zero: unknown, or none
	Stages   []Stage   // in the order they ran
}

// A Stage is one stage of a run as it ended.
type Stage struct {
	Name        string
	Err         error // nil: it succeeded
	Elapsed     time.Duration
	RowsIn      int64
	RowsChanged int64
	Attempts    int
	Counters    map[string]int64
}

// outcome is that of a stage: the run ended because it failed, or while it ran.
func (r Run) outcome(s Stage) string {
	if s.Err == nil {
		return Done
	}
	return r.Outcome
}

// ofRun stands where a stage's name would when no stage failed but the run did.
const ofRun = "run"

// failure is the stage that failed, or ofRun, and why.
func (r Run) failure() (stage, message string) {
	for _, s := range r.Stages {
		if s.Err != nil {
			return word(s.Name), s.Err.Error()
		}
	}
	if r.Err != nil {
		return ofRun, r.Err.Error()
	}
	return ofRun, ""
}

// age is how old the newest published event is, by the database's clock.
func (r Run) age() (age time.Duration, known bool) {
	return max(0, r.AsOf.Sub(r.Newest)), !r.Newest.IsZero() && !r.AsOf.IsZero()
}

// dedupKey is one for each stage of an installation, at most 213 bytes; PagerDuty
// takes 255 characters, Datadog 100. It has no run in it: tomorrow's failure of the
// same stage joins the incident.
func dedupKey(env, stage string) string { return "attribution/" + env + "/" + stage }
