package pipeline_test

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"
	"gopkg.in/yaml.v3"

	"github.com/attribution-dev/attribution/internal/check"
	"github.com/attribution-dev/attribution/internal/config"
	"github.com/attribution-dev/attribution/internal/event"
	"github.com/attribution-dev/attribution/internal/pg"
	"github.com/attribution-dev/attribution/internal/pipeline"
	"github.com/attribution-dev/attribution/internal/sessionize"
	"github.com/attribution-dev/attribution/internal/stages"
	"github.com/attribution-dev/attribution/internal/testkit/script"
	"github.com/attribution-dev/attribution/internal/testkit/world"
)

// answers are what every scenario is asked of, after every night. The reference is
// computed in the nightly path's database.
var answers = []script.Answer{
	{Name: "reference", Sessions: "reference", Aliases: "reference"},
	{Name: "nightly", Sessions: "sessions", Aliases: "aliases"},
	{Name: "full", Sessions: "sessions", Aliases: "aliases"},
}

// paths are the answers that are a pipeline of their own, with its own database.
var paths = []string{"nightly", "full"}

// TestGap holds the one comparison with the gap to its exact edge, whichever of the
// events comes first and however they are brought together.
func TestGap(t *testing.T) {
	start := event.MicrosOf(time.Date(2024, 3, 1, 9, 0, 0, 0, time.UTC))
	at := func(m event.Micros) sessionize.Activity {
		return sessionize.Activity{Order: event.Order{At: m, ReceivedAt: m, Source: "website", ID: m.Time().String(), Kind: event.Page}}
	}
	for _, c := range []struct {
		apart    time.Duration
		sessions int
	}{
		{0, 1},
		{20*time.Minute - time.Microsecond, 1},
		{20 * time.Minute, 1},
		{20*time.Minute + time.Microsecond, 2},
		{365 * 24 * time.Hour, 2},
	} {
		first, second := at(start), at(start.Add(c.apart))
		for name, got := range map[string][]sessionize.Visit{
			"Merge":              sessionize.Merge([]sessionize.Visit{sessionize.Of(&first)}, []sessionize.Visit{sessionize.Of(&second)}, sessionize.DefaultGap),
			"Merge, swapped":     sessionize.Merge([]sessionize.Visit{sessionize.Of(&second)}, []sessionize.Visit{sessionize.Of(&first)}, sessionize.DefaultGap),
			"Merge, of one list": sessionize.Merge(nil, []sessionize.Visit{sessionize.Of(&first), sessionize.Of(&second)}, sessionize.DefaultGap),
			"Add":                sessionize.Add(sessionize.Add(nil, &first, sessionize.DefaultGap), &second, sessionize.DefaultGap),
			"Add, swapped":       sessionize.Add(sessionize.Add(nil, &second, sessionize.DefaultGap), &first, sessionize.DefaultGap),
		} {
			require.Len(t, got, c.sessions, "%s, %v apart", name, c.apart)
			require.Equal(t, first.At, got[0].Start, "%s, %v apart", name, c.apart)
			require.Equal(t, second.At, got[len(got)-1].End, "%s, %v apart", name, c.apart)
		}
		merger := sessionize.NewMerger(sessionize.DefaultGap)
		merger.Add(sessionize.Of(&first))
		_, ended := merger.Add(sessionize.Of(&second))
		require.Equal(t, c.sessions == 2, ended, "Merger, %v apart", c.apart)
	}
}

// TestScenarios runs the scripts in testdata/scenarios: the reference SQL, the nightly
// path and the full path must say what the script expects, and the same as each other
// in every column; and a run after the last night changes nothing.
func TestScenarios(t *testing.T) {
	files, err := filepath.Glob("testdata/scenarios/*.txt")
	require.NoError(t, err)
	require.NotEmpty(t, files)
	titles := map[string]string{}
	for _, file := range files {
		text, err := os.ReadFile(file)
		require.NoError(t, err)
		cases, err := script.Parse(file, string(text))
		require.NoError(t, err)
		for _, c := range cases {
			require.Empty(t, titles[c.Title], "%s:%d: the same title is in another file", file, c.Line)
			titles[c.Title] = file
			t.Run(strings.TrimSuffix(filepath.Base(file), ".txt")+"/"+c.Title, func(t *testing.T) {
				t.Parallel()
				newScenario(t, c).run()
			})
		}
	}
}

// A scenario is a case at work on its two databases.
type scenario struct {
	*testing.T
	script.Case
	world    world.World
	settings map[string]any // the configuration file, as of the night at work
	urls     map[string]string
	open     map[string]*pipeline.Pipeline
}

func newScenario(t *testing.T, c script.Case) *scenario {
	s := &scenario{T: t, Case: c, world: c.World(), urls: map[string]string{}, open: map[string]*pipeline.Pipeline{}}
	s.settings = map[string]any{"sources": c.Sources()}
	return s
}

func (s *scenario) run() {
	var err error
	for i, n := range s.Nights {
		c := s.configure(i, n)
		for _, path := range paths {
			p := s.open[path]
			require.NoError(s, with(s.Context(), p, func(conn *pgx.Conn) error { return s.lose(conn, n) }), "%s:%d", s.File, n.Line)
			for _, who := range n.Forget {
				_, err := p.Forget(s.Context(), pipeline.ForgetRequest{Person: who, Unseen: true})
				require.NoError(s, err, "%s:%d", s.File, n.Line)
			}
			require.NoError(s, with(s.Context(), p, func(conn *pgx.Conn) error { return s.world.Arrive(s.Context(), conn, i) }))
			lost := len(n.Delete) > 0
			_, err := p.Run(s.Context(), pipeline.Request{AsOf: n.At, Full: path == "full", Choices: pipeline.Choices{Reconcile: lost, AllowShrink: true}})
			require.NoError(s, err, "%s:%d: night %d, %s", s.File, n.Line, i+1, path)
		}
		o := referenceFor(c)
		settings := s.open["nightly"].Settings()
		o.Rules, o.AsOf, o.Conversions, o.Traits, o.Models = settings.Rules, n.At, settings.Conversions, settings.Traits, settings.Models
		o.Pads, err = stages.ReadPads(s.Context(), s.open["nightly"].DB(), s.open["nightly"].DB().Pool)
		require.NoError(s, err)
		o.Forgotten = pg.Table{Schema: "attribution_ops", Name: "forgotten"}
		require.NoError(s, with(s.Context(), s.open["nightly"], func(conn *pgx.Conn) error { return check.Reference(s.Context(), conn, o) }))
		s.expect(n)
		s.agree(n)
	}
	last := s.Nights[len(s.Nights)-1]
	before := s.dumps(answers[1])
	_, err = s.open["nightly"].Run(s.Context(), pipeline.Request{AsOf: last.At, Choices: pipeline.Choices{AllowShrink: true}})
	require.NoError(s, err)
	require.Empty(s, difference(before, s.dumps(answers[1])), "%s:%d: running the last night again", s.File, s.Line)
}

// lose deletes the night's rows to be deleted at the sources.
func (s *scenario) lose(conn *pgx.Conn, n script.Night) error {
	for _, source := range s.world.Sources {
		for _, t := range source.Tables {
			if _, err := conn.Exec(s.Context(), "DELETE FROM "+pgx.Identifier{source.Schema, t.Kind.Table()}.Sanitize()+" WHERE id = ANY ($1)", n.Delete); err != nil {
				return err
			}
		}
	}
	return nil
}

// configure gives the settings of the night, and sees that both pipelines are open
// with them.
func (s *scenario) configure(night int, n script.Night) config.Config {
	for _, set := range n.Settings {
		var value any
		require.NoError(s, yaml.Unmarshal([]byte(set.Value), &value), "%s:%d", s.File, set.Line)
		at := s.settings
		keys := strings.Split(set.Key, ".")
		for _, key := range keys[:len(keys)-1] {
			if _, ok := at[key].(map[string]any); !ok {
				at[key] = map[string]any{}
			}
			at = at[key].(map[string]any)
		}
		at[keys[len(keys)-1]] = value
	}
	text, err := yaml.Marshal(s.settings)
	require.NoError(s, err)
	file := filepath.Join(s.TempDir(), "attribution.yaml")
	require.NoError(s, os.WriteFile(file, text, 0o600))
	c, err := config.Load(file, nil)
	require.NoError(s, err, "%s:%d", s.File, n.Line)
	for _, path := range paths {
		if night == 0 {
			s.openPath(path, c)
			require.NoError(s, with(s.Context(), s.open[path], func(conn *pgx.Conn) error { return s.world.Create(s.Context(), conn) }))
		} else if len(n.Settings) > 0 {
			s.open[path].Close()
			s.openPath(path, c)
		}
	}
	return c
}

// openPath opens the pipeline of a path, with a new database the first time.
func (s *scenario) openPath(path string, c config.Config) {
	p := install(s.T, func(into *config.Config) {
		retry := into.Retry
		*into = c
		into.Retry, into.DatabaseURL = retry, s.urls[path]
	})
	s.open[path], s.urls[path] = p, p.DB().Pool.Config().ConnString()
}

// expect holds every answer to what the script expects of the night.
func (s *scenario) expect(n script.Night) {
	var errs []error
	for _, e := range n.Expects {
		for _, a := range answers {
			errs = append(errs, with(s.Context(), s.holds(a), func(conn *pgx.Conn) error { return e.Check(s.Context(), conn, s.File, a) }))
		}
	}
	if err := errors.Join(errs...); err != nil {
		s.Fatal(err)
	}
}

// holds is the pipeline whose database has the answer.
func (s *scenario) holds(a script.Answer) *pipeline.Pipeline {
	if p := s.open[a.Name]; p != nil {
		return p
	}
	return s.open["nightly"]
}

// agree compares the answers with each other, in every column.
func (s *scenario) agree(n script.Night) {
	want := s.dumps(answers[0])
	for _, a := range answers[1:] {
		if d := difference(want, s.dumps(a)); d != "" {
			s.Fatalf("%s:%d: %s differs from the reference:\n%s", s.File, n.Line, a.Name, d)
		}
	}
}

// dumps are the published tables of an answer, and its identifiers' persons.
func (s *scenario) dumps(a script.Answer) map[string][]string {
	all := map[string][]string{}
	require.NoError(s, with(s.Context(), s.holds(a), func(conn *pgx.Conn) (err error) {
		for _, table := range check.ReferenceTables() {
			if all[table], err = world.Dump(s.Context(), conn, a.Sessions, table); err != nil {
				return err
			}
		}
		for _, table := range []string{"anonymous_ids", "user_ids"} {
			// Why an identifier is a person of its own is not in the reference.
			if all[table], err = world.Dump(s.Context(), conn, a.Aliases, table, "is_cut", "person_count"); err != nil {
				return err
			}
		}
		return nil
	}))
	// A device on its own, but for a shared one, is listed or not.
	all["anonymous_ids"] = slices.DeleteFunc(all["anonymous_ids"], func(line string) bool {
		return strings.HasSuffix(line, `is_identified="false" is_shared="false"`)
	})
	return all
}

// difference says where two answers differ; "" nowhere.
func difference(want, got map[string][]string) string {
	var b strings.Builder
	for _, table := range slices.Sorted(maps.Keys(want)) {
		if d := world.Diff(want[table], got[table]); d != "" {
			fmt.Fprintf(&b, "%s:\n%s", table, d)
		}
	}
	return b.String()
}

// referenceFor is the configuration as the reference takes it; its rules and its clock
// are still missing.
func referenceFor(c config.Config) check.ReferenceOptions {
	return check.ReferenceOptions{
		Sources: c.Sources, Schema: "reference", SignupEvents: c.SignupEvents, IgnoreEvents: c.IgnoreEvents, ExcludeBots: c.Bots == "exclude", Blocked: c.Identity.Blocked,
		Gap: c.SessionGap, Lookback: c.Lookback, DedupWindow: c.Extract.DedupWindow, Policy: c.Identity.Policy,
		MaxUsersPerAnonymousID: c.Identity.MaxUsersPerAnonymousID, MaxComponentSize: c.Identity.MaxComponentSize,
		UseAliasCalls: c.Identity.UseAliasCalls,
	}
}
