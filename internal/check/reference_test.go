package check

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/attribution-dev/attribution/internal/channel"
	"github.com/attribution-dev/attribution/internal/event"
	"github.com/attribution-dev/attribution/internal/testkit"
	"github.com/attribution-dev/attribution/internal/testkit/world"
	"github.com/attribution-dev/attribution/sql/reference"
)

// connect gives the test a connection, in UTC, to an empty database of its own.
func connect(t *testing.T) *pgx.Conn {
	t.Helper()
	config, err := pgx.ParseConfig(testkit.Database(t))
	require.NoError(t, err)
	config.RuntimeParams["timezone"] = "UTC"
	conn, err := pgx.ConnectConfig(t.Context(), config)
	require.NoError(t, err)
	t.Cleanup(func() { _ = conn.Close(context.WithoutCancel(t.Context())) })
	return conn
}

// shippedRules are the rules without any setting.
func shippedRules(t *testing.T) *channel.Rules {
	t.Helper()
	rules, err := channel.New(channel.Options{})
	require.NoError(t, err)
	return rules
}

// optionsOf are the reference's options for a world.
func optionsOf(t *testing.T, w world.World) ReferenceOptions {
	t.Helper()
	s := w.Settings
	return ReferenceOptions{
		Sources:                w.Schemas(),
		Schema:                 "scratch",
		SignupEvents:           s.SignupEvents,
		IgnoreEvents:           s.IgnoreEvents,
		ExcludeBots:            s.ExcludeBots,
		Blocked:                s.Blocked,
		Gap:                    s.Gap,
		Lookback:               s.Lookback,
		DedupWindow:            s.DedupWindow,
		Policy:                 s.Policy,
		MaxUsersPerAnonymousID: s.MaxUsersPerAnonymousID,
		MaxComponentSize:       s.MaxComponentSize,
		UseAliasCalls:          s.UseAliasCalls,
		Rules:                  shippedRules(t),
	}
}

// poplin is where the real traffic lies that comes with the contract.
const poplin = "../../../shared/data/poplin"

func TestReferenceGivesExpectedPoplinTables(t *testing.T) {
	if _, err := os.Stat(poplin); err != nil {
		t.Logf("the poplin data is not here, nothing to compare: %v", err)
		return
	}
	w := poplinWorld(t)
	conn := connect(t)
	require.NoError(t, w.Create(t.Context(), conn))
	require.NoError(t, w.Arrive(t.Context(), conn, 0))
	require.NoError(t, Reference(t.Context(), conn, optionsOf(t, w)))
	for table, file := range map[string]string{
		"all_sessions": "expected_sessions.jsonl",
		"touches":      "expected_touches.jsonl",
		"attribution":  "expected_attribution.jsonl",
	} {
		t.Run(table, func(t *testing.T) {
			expected := readJSONLines(t, filepath.Join(poplin, file))
			var names []string
			for name := range expected[0] {
				names = append(names, name)
			}
			lines := func(rows []map[string]any) []string {
				var all []string
				for _, r := range rows {
					of := map[string]any{}
					for _, n := range names {
						of[n] = r[n]
					}
					text, err := json.Marshal(of)
					require.NoError(t, err)
					all = append(all, string(text))
				}
				return all
			}
			require.Empty(t, world.Diff(lines(expected), lines(queryJSON(t, conn, "scratch", table))))
		})
	}
}

// queryJSON reads a table as JSON objects, times as the expected files write them.
func queryJSON(t *testing.T, conn *pgx.Conn, schema, table string) []map[string]any {
	t.Helper()
	rows, err := conn.Query(t.Context(), "SELECT * FROM "+pgx.Identifier{schema, table}.Sanitize())
	require.NoError(t, err)
	all, err := pgx.CollectRows(rows, pgx.RowToMap)
	require.NoError(t, err)
	for _, r := range all {
		for k, v := range r {
			if at, ok := v.(time.Time); ok {
				r[k] = at.UTC().Format("2006-01-02T15:04:05.000000Z")
			}
		}
	}
	return all
}

// readJSONLines reads a file of one JSON object a line.
func readJSONLines(t *testing.T, name string) []map[string]any {
	t.Helper()
	f, err := os.Open(name)
	require.NoError(t, err)
	defer f.Close()
	var all []map[string]any
	for s := bufio.NewScanner(f); s.Scan(); {
		var o map[string]any
		require.NoError(t, json.Unmarshal(s.Bytes(), &o))
		all = append(all, o)
	}
	return all
}

// poplinWorld loads the messages into Segment-shaped rows of one night.
func poplinWorld(t *testing.T) world.World {
	t.Helper()
	w := world.World{
		Settings: world.DefaultSettings(),
		AsOf:     []time.Time{time.Date(2023, 1, 1, 0, 0, 0, 0, time.UTC)},
		Sources:  []world.Source{{Schema: "poplin"}},
	}
	for _, k := range event.Kinds() {
		w.Sources[0].Tables = append(w.Sources[0].Tables, world.Table{Kind: k, Columns: world.TableColumns(k)})
	}
	columns := map[string]string{
		"messageId": "id", "receivedAt": "received_at", "timestamp": "timestamp", "anonymousId": "anonymous_id",
		"userId": "user_id", "event": "event_text", "properties.url": "url", "properties.referrer": "referrer",
		"context.page.url": "context_page_url", "context.page.referrer": "context_page_referrer",
		"context.campaign.source": "context_campaign_source", "context.campaign.medium": "context_campaign_medium",
		"context.campaign.name": "context_campaign_name", "context.campaign.term": "context_campaign_term",
		"context.campaign.content": "context_campaign_content",
	}
	for _, message := range readJSONLines(t, filepath.Join(poplin, "events.jsonl")) {
		r := world.Row{Values: map[string]string{"uuid_ts": "2022-12-31T00:00:00.000000Z"}}
		for _, k := range event.Kinds() {
			if message["type"] == k.String() {
				r.Kind = k
			}
		}
		for path, column := range columns {
			var v any = message
			for _, key := range strings.Split(path, ".") {
				o, _ := v.(map[string]any)
				v = o[key]
			}
			if v != nil {
				r.Values[column] = fmt.Sprint(v)
			}
		}
		maps.DeleteFunc(r.Values, func(column, _ string) bool { return !slices.Contains(world.TableColumns(r.Kind), column) })
		w.Rows = append(w.Rows, r)
	}
	return w
}

func TestReferenceRefusesWhatItCannotMean(t *testing.T) {
	w := scriptWorld(t, `page 10:00 anon=a`)
	conn := connect(t)
	require.NoError(t, w.Create(t.Context(), conn))
	o := optionsOf(t, w)

	o.Policy = "last"
	require.ErrorContains(t, Reference(t.Context(), conn, o), `policy "last": want first or merge`)
	o.Policy = "first"

	o.Sources = []string{"nowhere"}
	require.ErrorContains(t, Reference(t.Context(), conn, o), "none has a table named tracks")
	o.Sources = w.Schemas()

	o.Schema = "website"
	require.ErrorContains(t, Reference(t.Context(), conn, o), "not made by the reference")
	o.Schema = "scratch"
	require.NoError(t, Reference(t.Context(), conn, o))
	require.NoError(t, Reference(t.Context(), conn, o), "its own scratch schema is made anew")

	tx, err := conn.Begin(t.Context())
	require.NoError(t, err)
	require.NoError(t, Reference(t.Context(), conn, o), "inside a transaction")
	require.NoError(t, tx.Rollback(t.Context()))
}

func TestReferenceFilesSayWhatTheyDo(t *testing.T) {
	files, err := fs.Glob(reference.FS, "*.sql")
	require.NoError(t, err)
	require.NotEmpty(t, files)
	for _, file := range files {
		text, err := fs.ReadFile(reference.FS, file)
		require.NoError(t, err)
		require.Regexp(t, `^\d{3}_[a-z_]+\.sql$`, file)
		require.True(t, strings.HasPrefix(string(text), "-- Purpose: "), file)
		for _, part := range []string{"-- Reads:   ", "-- Writes:  ", "-- Parameters: "} {
			require.Contains(t, string(text), part, file)
		}
		require.NotContains(t, string(text), ";\n", file)
	}
}
