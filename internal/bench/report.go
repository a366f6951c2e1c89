package bench

import (
	"math"
	"strings"
)

// A Report is what a bench measured: in seconds, bytes, and rows unless it says
// otherwise.
type Report struct {
	Events      int64 `json:"events_asked_for"`
	Days        int   `json:"days"`
	Seed        int64 `json:"seed"`
	Straight    bool  `json:"straight"`
	Connections int   `json:"floor_connections"`

	Machine   Machine           `json:"machine"`
	Settings  map[string]string `json:"postgres_settings"`            // of the server: for both sides
	Reference map[string]string `json:"reference_settings,omitempty"` // of the reference's own session besides

	Measures    []Measure    `json:"measures"`
	Phases      []*Phase     `json:"phases"`
	Files       []File       `json:"reference_files,omitempty"`
	Comparisons []Comparison `json:"comparisons"`
	Identical   *bool        `json:"identical"` // nil: not compared
	Sizes       []Size       `json:"sizes"`

	DiskNeeded int64   `json:"disk_needed"` // estimated before
	DiskPeak   int64   `json:"disk_peak"`   // the most it was, the server's log and temporary files included
	Seconds    float64 `json:"seconds"`     // all of it
}

// A Machine is what it all ran on; "" and 0 where that cannot be found out.
type Machine struct {
	CPU      string `json:"cpu"`
	Cores    int    `json:"cores"`
	Memory   int64  `json:"memory"`
	System   string `json:"system"`
	Postgres string `json:"postgres"`
	Go       string `json:"go"`
}

// A Phase is one piece of work.
type Phase struct {
	Name          string  `json:"name"`
	Seconds       float64 `json:"seconds"`
	CPUSeconds    float64 `json:"cpu_seconds,omitempty"` // of our process alone; 0: it was not a process of its own
	Rows          int64   `json:"rows"`
	RowsPerSecond float64 `json:"rows_per_second"`
	PeakMemory    int64   `json:"peak_memory,omitempty"` // resident, of our process alone
	WALBytes      int64   `json:"wal_bytes"`
	TempBytes     int64   `json:"temp_bytes"` // sorts and hashes of Postgres that did not fit work_mem
	Stages        []Stage `json:"stages,omitempty"`

	steady, allocations uint64 // of the sessionizer: events, and what was allocated for them
}

// A Stage is one stage of a run.
type Stage struct {
	Number      int              `json:"number"`
	Name        string           `json:"name"`
	RowsIn      int64            `json:"rows_in"`
	RowsChanged int64            `json:"rows_changed"`
	Seconds     float64          `json:"seconds"`
	Counters    map[string]int64 `json:"counters,omitempty"`
}

// A File is one file of the reference, with the indexes and statistics of its table.
type File struct {
	Name    string  `json:"name"`
	Seconds float64 `json:"seconds"`
}

// A Comparison is one published table beside the reference's.
type Comparison struct {
	Way       string `json:"way"` // how it was made: nightly or full
	Table     string `json:"table"`
	Identical bool   `json:"identical"`
	Detail    string `json:"detail"`
}

// A Size is what a schema takes, indexes included.
type Size struct {
	Schema string `json:"schema"`
	Bytes  int64  `json:"bytes"`
}

// The units of a Measure.
const (
	Seconds         = "s"
	EventsPerSecond = "events/s"
	Bytes           = "bytes"
	Allocations     = "allocations/event"
)

// A Measure is one line of the result: what it took us, what the baseline took, and
// whether that is what we promise.
type Measure struct {
	Key      string   `json:"key"`
	Name     string   `json:"name"`
	Unit     string   `json:"unit"`
	Ours     float64  `json:"ours"`
	Baseline *float64 `json:"baseline"` // nil: none was measured
	Against  string   `json:"against,omitempty"`
	// Ratio is how many times faster than the baseline, or, with a Limit, how many
	// times as slow.
	Ratio  *float64 `json:"ratio"`
	Target *float64 `json:"target"` // of the ratio, else of ours; nil: for information
	Limit  bool     `json:"target_is_limit"`
	Met    *bool    `json:"met"` // nil: no target, or nothing to compare with
}

// PhaseFull is the phase whose rows are all events.
const PhaseFull = "full rebuild"

// The other phases that measures are taken from.
const (
	phaseFirst       = "first run"
	phaseBare        = "stage 1 bare"
	phaseNight       = "nightly run"
	phaseReference   = "reference"
	phaseFloorText   = "floor, text"
	phaseFloorBinary = "floor, binary"
	phaseLoad        = "load"
	phaseSessionizer = "sessionizer"
)

// The targets; docs/performance.md says what each line means.
const (
	targetFull        = 5         // times faster than the reference
	targetNight       = 50        // times faster than the reference
	targetStage5      = 15        // times faster than the reference up to its sessions and touches
	limitStage2       = 1.25      // times the floor
	limitStage1       = 1.5       // times the bare INSERT
	targetLoad        = 60_000    // events a second
	targetSessionizer = 5_000_000 // events a second
)

// afterTouches are the reference's files that stage 5 has no part in.
var afterTouches = map[string]bool{
	"415_rewards": true, "610_useful_sessions": true, "630_eligible_touches": true, "640_attribution": true,
	"650_conversions": true, "660_path_touches": true, "670_paths": true, "680_persons": true,
}

// measure works out the measures from the phases.
func (r *Report) measure(memoryLimit int64) {
	first, night, full := r.phase(phaseFirst), r.phase(phaseNight), r.phase(PhaseFull)
	var whole, touches *float64
	if p := r.phase(phaseReference); p != nil {
		whole = &p.Seconds
		sum := 0.0
		for _, f := range r.Files {
			if !afterTouches[strings.TrimSuffix(f.Name, ".sql")] {
				sum += f.Seconds
			}
		}
		touches = &sum
	}
	r.faster("full_rebuild", "full rebuild, stages 2-8", full.stages(2, 8), whole, "reference", targetFull)
	r.faster("nightly", "one night, stages 2-8", night.stages(2, 8), whole, "reference", targetNight)
	r.faster("resessionize", "re-merging all, stage 5", full.stages(5, 5), touches, "reference to touches", targetStage5)
	r.slower("read_floor", "reading events, stage 2", full.stages(2, 2), r.phase(phaseFloorText), "COPY, text", limitStage2)
	r.slower("read_floor_binary", "reading events, stage 2", full.stages(2, 2), r.phase(phaseFloorBinary), "COPY, binary", math.NaN())
	if bare := r.phase(phaseBare); bare != nil {
		same := *bare // of as many rows: it took in the last day besides
		if rows := first.stageRows(1); rows > 0 && bare.Rows > 0 {
			same.Seconds *= float64(rows) / float64(bare.Rows)
		}
		r.slower("take_in", "taking in, stage 1", first.stages(1, 1), &same, "INSERT ... SELECT", limitStage1)
	}
	if load := r.phase(phaseLoad); load != nil {
		r.value("load", "load of raw JSON", EventsPerSecond, load.RowsPerSecond, targetLoad, false)
	}
	if s := r.phase(phaseSessionizer); s != nil {
		r.value("sessionizer", "sessionizer in memory", EventsPerSecond, s.RowsPerSecond, targetSessionizer, false)
		r.value("allocations", "sessionizer, steady", Allocations, float64(s.allocations)/float64(s.steady), 0, true)
	}
	peak := max(first.PeakMemory, night.PeakMemory, full.PeakMemory)
	r.value("memory", "peak memory", Bytes, float64(peak), float64(memoryLimit), true)
}

// phase is the phase of that name, or nil.
func (r *Report) phase(name string) *Phase {
	for _, p := range r.Phases {
		if p.Name == name {
			return p
		}
	}
	return nil
}

// stages is the time of the stages from one number to another.
func (p *Phase) stages(from, to int) (seconds float64) {
	for _, s := range p.Stages {
		if from <= s.Number && s.Number <= to {
			seconds += s.Seconds
		}
	}
	return seconds
}

// stageRows is how many rows a stage read.
func (p *Phase) stageRows(number int) int64 {
	for _, s := range p.Stages {
		if s.Number == number {
			return s.RowsIn
		}
	}
	return 0
}

// faster adds a measure of how many times faster than the baseline we are.
func (r *Report) faster(key, name string, ours float64, baseline *float64, against string, target float64) {
	m := Measure{Key: key, Name: name, Unit: Seconds, Ours: ours, Baseline: baseline, Against: against, Target: &target}
	if baseline != nil {
		m.compare(*baseline / ours)
	}
	r.Measures = append(r.Measures, m)
}

// slower adds a measure of how many times the baseline we take; a limit of NaN is none.
func (r *Report) slower(key, name string, ours float64, baseline *Phase, against string, limit float64) {
	m := Measure{Key: key, Name: name, Unit: Seconds, Ours: ours, Baseline: &baseline.Seconds, Against: against, Limit: true}
	if !math.IsNaN(limit) {
		m.Target = &limit
	}
	m.compare(ours / baseline.Seconds)
	r.Measures = append(r.Measures, m)
}

// value adds a measure that is compared with its target itself.
func (r *Report) value(key, name, unit string, ours, target float64, limit bool) {
	m := Measure{Key: key, Name: name, Unit: unit, Ours: ours, Target: &target, Limit: limit}
	m.Met = m.met(ours)
	r.Measures = append(r.Measures, m)
}

// compare keeps the ratio, and whether it is what we promise.
func (m *Measure) compare(ratio float64) {
	m.Ratio = &ratio
	m.Met = m.met(ratio)
}

// met reports whether a value is on the right side of the target, if there is one.
func (m *Measure) met(value float64) *bool {
	if m.Target == nil {
		return nil
	}
	met := value >= *m.Target
	if m.Limit {
		met = value <= *m.Target
	}
	return &met
}
