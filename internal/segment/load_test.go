package segment

import (
	"bytes"
	"compress/gzip"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/attribution-dev/attribution/internal/testkit"
)

var loadedAt = time.Date(2024, 6, 1, 3, 0, 0, 0, time.UTC)

func connect(t testing.TB) *pgx.Conn {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), testkit.Database(t))
	require.NoError(t, err)
	t.Cleanup(func() { _ = conn.Close(context.WithoutCancel(t.Context())) })
	return conn
}

// load loads text as a file of its own.
func load(t testing.TB, conn *pgx.Conn, lines ...string) LoadReport {
	t.Helper()
	report, err := Load(t.Context(), LoadOptions{
		Conn: conn, Schema: "app", Paths: []string{"-"},
		Stdin: strings.NewReader(strings.Join(lines, "\n")), LoadedAt: loadedAt,
	})
	require.NoError(t, err)
	return report
}

// rows are the rows of a query, each as text.
func rows(t testing.TB, conn *pgx.Conn, sql string, args ...any) []string {
	t.Helper()
	_, err := conn.Exec(t.Context(), "SET timezone = 'UTC'")
	require.NoError(t, err)
	result, err := conn.Query(t.Context(), "SELECT the_row::text FROM ("+sql+") the_row", args...)
	require.NoError(t, err)
	list, err := pgx.CollectRows(result, pgx.RowTo[string])
	require.NoError(t, err)
	return list
}

func track(id, rest string) string {
	return fmt.Sprintf(`{"type":"track","event":"Signed Up","messageId":%q,"userId":"u1","receivedAt":"2024-05-01T10:00:00Z"%s}`, id, rest)
}

func TestLoadTwiceIsOnce(t *testing.T) {
	conn := connect(t)
	lines := []string{
		track("m1", `,"properties":{"plan":"pro","seats":3}`),
		track("m1", `,"properties":{"plan":"other"}`),
		track("m2", ""),
		`{"type":"page","messageId":"m3","anonymousId":"a1","receivedAt":"2024-05-01T10:00:01Z","name":"Home","properties":{"url":"https://x.io/"}}`,
		`{"type":"identify","messageId":"m4","anonymousId":"a1","userId":"u1","receivedAt":"2024-05-01T10:00:02Z","traits":{"email":"a@x.io"}}`,
	}
	first := load(t, conn, lines...)
	assert.Equal(t, map[string]int64{"tracks": 2, "signed_up": 2, "pages": 1, "identifies": 1, "users": 1}, first.Rows)
	assert.Equal(t, map[string]int64{"tracks": 1, "signed_up": 1}, first.Duplicates)
	content := func() []string {
		var all []string
		for _, table := range append(FixedTables(), "signed_up") {
			if len(rows(t, conn, "SELECT 1 WHERE to_regclass($1) IS NOT NULL", "app."+table)) > 0 {
				all = append(all, rows(t, conn, "SELECT * FROM app."+table+" ORDER BY id")...)
			}
		}
		return all
	}
	before := content()
	second := load(t, conn, lines...)
	assert.Equal(t, map[string]int64{"tracks": 0, "signed_up": 0, "pages": 0, "identifies": 0, "users": 0}, second.Rows)
	assert.Equal(t, before, content())
	assert.Empty(t, second.ColumnsAdded)
	assert.Equal(t, []string{`(m1,pro,3,u1,"2024-06-01 03:00:00+00")`, `(m2,,,u1,"2024-06-01 03:00:00+00")`},
		rows(t, conn, "SELECT id, plan, seats, user_id, uuid_ts FROM app.signed_up ORDER BY id"))
}

func TestShapeIsSegments(t *testing.T) {
	conn := connect(t)
	load(t, conn, track("m1", `,"context":{"campaign":{"s\u200bource":"x"},"ip":"::1"},"properties":{"a":1,"b":1.5,"c":true,"d":"2024-01-01T00:00:00Z","e":["x",1],"f":"t","user_id":"no","g":null,"h":{"I J":{"k":2}}}`))
	tables, err := Catalog(t.Context(), conn, "app")
	require.NoError(t, err)
	require.Len(t, tables, 1)
	assert.Equal(t, map[string]string{
		"id": "character varying(1024)", "received_at": "timestamp with time zone", "uuid_ts": "timestamp with time zone",
		"anonymous_id": "text", "user_id": "text", "event": "text", "event_text": "text",
		"original_timestamp": "timestamp with time zone", "sent_at": "timestamp with time zone", "timestamp": "timestamp with time zone",
		"context_campaign_s_e2_80_8bource": "text", "context_ip": "text",
	}, tables[0].Columns)
	assert.True(t, tables[0].HasUniqueID)
	assert.True(t, tables[0].IndexedColumns["id"])
	assert.Equal(t, []string{`(1,1.5,t,"2024-01-01 00:00:00+00","[""x"",1]",t,2,u1)`},
		rows(t, conn, "SELECT a, b, c, d, e, f, h_i_j_k, user_id FROM app.signed_up"))
	assert.Empty(t, rows(t, conn, "SELECT 1 FROM pg_attribute WHERE attrelid = 'app.signed_up'::regclass AND attname = 'g'"))
}

func TestMisfitsBecomeNull(t *testing.T) {
	conn := connect(t)
	r := load(t, conn,
		track("m1", `,"properties":{"n":1,"t":"x","d":"2024-01-01T00:00:00Z","b":true}`),
		track("m2", `,"properties":{"n":2.0,"t":5,"d":"soon","b":"false"}`),
		track("m3", `,"properties":{"n":2.5,"t":true,"d":7,"b":1}`),
		track("m4", `,"properties":{"n":"12","t":[1],"d":"2024-01-01","b":null}`),
		track("m5", `,"properties":{"n":"012","t":{},"d":"20000-01-01T00:00:00Z"}`))
	assert.Equal(t, map[string]int64{"signed_up.n": 2, "signed_up.d": 3, "signed_up.b": 1}, r.Misfits)
	assert.True(t, r.HasWarnings())
	assert.Equal(t, []string{
		`(m1,1,x,"2024-01-01 00:00:00+00",t)`, `(m2,2,5,,f)`, `(m3,,true,,)`,
		`(m4,12,[1],"2024-01-01 00:00:00+00",)`, `(m5,,,,)`,
	}, rows(t, conn, "SELECT id, n, t, d, b FROM app.signed_up ORDER BY id"))
}

func TestColumnsAppearMidway(t *testing.T) {
	conn := connect(t)
	load(t, conn, track("m1", ""))
	report, err := Load(t.Context(), LoadOptions{
		Conn: conn, Schema: "app", Paths: []string{"-"}, BatchRows: 2, LoadedAt: loadedAt,
		Stdin: strings.NewReader(track("m2", "") + "\n" + track("m3", `,"properties":{"x":1}`) + "\n" + track("m4", `,"properties":{"y":2}`) + "\n" + track("m5", `,"properties":{"x":3}`)),
	})
	require.NoError(t, err)
	assert.Equal(t, []AddedColumn{{"signed_up", Column{"x", "bigint"}}, {"signed_up", Column{"y", "bigint"}}}, report.ColumnsAdded)
	assert.Equal(t, 4, report.Batches)
	assert.Equal(t, []string{"(m1,,)", "(m2,,)", "(m3,1,)", "(m4,,2)", "(m5,3,)"}, rows(t, conn, "SELECT id, x, y FROM app.signed_up ORDER BY id"))
}

func TestUsersHoldTheLatestState(t *testing.T) {
	identify := func(id, at, traits string) string {
		return fmt.Sprintf(`{"type":"identify","messageId":%q,"userId":"u1","receivedAt":"2024-05-%sT00:00:00Z","traits":%s}`, id, at, traits)
	}
	lines := []string{
		identify("m2", "02", `{"plan":"pro"}`),
		identify("m1", "01", `{"plan":"free","email":"old@x.io"}`),
		identify("m3", "03", `{"email":"new@x.io"}`),
		identify("m4", "01", `{"city":"Bern"}`),
	}
	want := []string{`(u1,"2024-05-03 00:00:00+00",pro,new@x.io,Bern)`}
	query := "SELECT id, received_at, plan, email, city FROM app.users"
	together := connect(t)
	load(t, together, lines...)
	assert.Equal(t, want, rows(t, together, query))
	apart := connect(t)
	for _, line := range lines {
		load(t, apart, line)
	}
	load(t, apart, lines[1])
	assert.Equal(t, want, rows(t, apart, query))
}

func TestBadLinesAreCountedAndShown(t *testing.T) {
	conn := connect(t)
	var shown []string
	report, err := Load(t.Context(), LoadOptions{
		Conn: conn, Schema: "app", Paths: []string{"-"}, MaxBad: 5,
		OnBad: func(b BadLine) { shown = append(shown, b.String()) },
		Stdin: strings.NewReader("\xEF\xBB\xBF" + track("m1", "") + "\r\n\r\n" + strings.Join([]string{
			`{"type":"track",`, `7`, `{"messageId":"x","userId":"u"}`, `{"type":"visit","userId":"u"}`,
			`{"type":"page","anonymousId":" ","userId":null}`, `{"type":"page","userId":"u"} x`, strings.Repeat(`[`, 1000),
		}, "\n")),
	})
	require.NoError(t, err)
	assert.Equal(t, map[Reason]int64{BadJSON: 3, NotAnObject: 1, NoType: 1, UnknownType: 1, NoIdentifier: 1}, report.BadLines)
	require.Len(t, shown, 5)
	assert.True(t, strings.HasPrefix(shown[0], "-:3: not JSON: "), shown[0])
	assert.Equal(t, []string{"-:4: not a JSON object: number", "-:5: no type", "-:6: unknown type: visit", "-:7: neither anonymousId nor userId"}, shown[1:])
	assert.Equal(t, int64(8), report.Lines)
	assert.Equal(t, []string{"(1)"}, rows(t, conn, "SELECT count(*) FROM app.tracks"))
}

func TestHostileNames(t *testing.T) {
	conn := connect(t)
	for _, name := range []string{`a"; DROP SCHEMA public; --`, "Ü ber", "app", "SELECT"} {
		report, err := Load(t.Context(), LoadOptions{
			Conn: conn, Schema: name, Paths: []string{"-"},
			Stdin: strings.NewReader(track("m1", `,"properties":{"x\"; drop":1,"":2,"\u0000":3,"select":4,"`+strings.Repeat("long", 50)+`":5,"注":6,"1":7}`) + "\n" +
				`{"type":"track","event":"tracks","userId":"u","receivedAt":"2024-05-01T10:00:00Z"}` + "\n" +
				`{"type":"track","event":"Signed Up PKEY","userId":"u","receivedAt":"2024-05-01T10:00:00Z"}`),
		})
		require.NoError(t, err, name)
		assert.Equal(t, map[string]int64{"tracks": 3, "signed_up": 1}, report.Rows, name)
		assert.Equal(t, int64(2), sum(report.NoEventTable))
		assert.Equal(t, []string{"(1,4,5,6,7)"}, rows(t, conn, "SELECT x_drop, \"select\", "+quote(strings.Repeat("long", 50)[:63])+", e6_b3_a8, _1 FROM "+quote(name)+".signed_up"), name)
	}
	for _, name := range []string{"", "pg_temp", "PG_x", "information_schema", "a\x00b", strings.Repeat("x", 64), "\xff"} {
		_, err := Load(t.Context(), LoadOptions{Conn: conn, Schema: name, Paths: []string{"-"}, Stdin: strings.NewReader("")})
		assert.Error(t, err, "%q", name)
	}
}

func TestFoldersAndGzip(t *testing.T) {
	conn := connect(t)
	dir := t.TempDir()
	zip := func(text string) []byte {
		var b bytes.Buffer
		z := gzip.NewWriter(&b)
		_, _ = z.Write([]byte(text))
		_ = z.Close()
		return b.Bytes()
	}
	write := func(name string, content []byte) {
		require.NoError(t, os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o755))
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), content, 0o600))
	}
	write("a/1.jsonl", []byte(track("a", "")))
	write("a/2.log", zip(track("b", "")+"\n"))                                                                  // gzip under another name
	write("b/3.gz", append(zip(track("c", "")+"\n"), zip(track("d", "")+"\n"+track("e", ""))...))               // two members
	write("b/4.json", []byte("[\n"+track("f", "")+",\n {\n\"type\":\n\"page\",\"userId\":\"[{\\\"\"}\n]\n"))    // an array over lines
	write("b/5.json", []byte(`{"sentAt":"2024-05-01T00:00:00Z","batch":[`+track("g", "")+`,{"type":"nope"}]}`)) // a request body
	long := zip(track("h", "") + "\n" + strings.Repeat(track("i", `,"x":"`+strings.Repeat("ab12", 99)+`"`)+"\n", 999))
	write("b/6.jsonl.gz", long[:len(long)-40]) // cut off
	write("b/7.txt", []byte(track("no", "")))
	write(".hidden/8.json", []byte(track("no", "")))
	report, err := Load(t.Context(), LoadOptions{Conn: conn, Schema: "app", Paths: []string{dir}})
	require.NoError(t, err)
	assert.Equal(t, []string{"(abcdefghi)"}, rows(t, conn, "SELECT string_agg(id, '' ORDER BY id) FROM app.tracks"))
	assert.Equal(t, []string{"(\"[{\"\"\")"}, rows(t, conn, "SELECT user_id FROM app.pages"))
	assert.Equal(t, 6, report.Files)
	assert.Equal(t, 1, report.SkippedFiles)
	require.Len(t, report.FileErrors, 1)
	assert.Contains(t, report.FileErrors[0].Error(), "6.jsonl.gz: gzip, kept what came before: unexpected EOF")
	assert.Equal(t, int64(1), report.BadLines[UnknownType])
}

func TestCancelledMidwayKeepsWholeBatches(t *testing.T) {
	conn := connect(t)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var lines strings.Builder
	for i := range 5000 {
		lines.WriteString(track(fmt.Sprint("m", i), "") + "\n")
		if i == 3000 {
			lines.WriteString("bad\n")
		}
	}
	options := LoadOptions{Conn: conn, Schema: "app", Paths: []string{"-"}, BatchRows: 200, OnBad: func(BadLine) { cancel() }}
	options.Stdin = strings.NewReader(lines.String())
	report, err := Load(ctx, options)
	require.ErrorIs(t, err, context.Canceled)
	again, err := pgx.ConnectConfig(t.Context(), conn.Config())
	require.NoError(t, err)
	defer again.Close(t.Context())
	count := rows(t, again, "SELECT count(*) FROM app.tracks")
	assert.Equal(t, count, rows(t, again, "SELECT count(*) FROM app.signed_up"))
	assert.LessOrEqual(t, report.Rows["tracks"], int64(3000))
	assert.Zero(t, report.Rows["tracks"]%100, "whole batches only")
	options.Conn, options.Stdin, options.OnBad = again, strings.NewReader(lines.String()), nil
	require.Eventually(t, func() bool {
		_, err = Load(t.Context(), options)
		return err == nil
	}, 10*time.Second, 50*time.Millisecond, "the server must let go of the lock")
	assert.Equal(t, []string{"(5000,5000)"}, rows(t, again, "SELECT count(*), count(DISTINCT id) FROM app.tracks"))
}

func TestTwoLoadsDoNotMeet(t *testing.T) {
	conn := connect(t)
	other, err := pgx.ConnectConfig(t.Context(), conn.Config())
	require.NoError(t, err)
	defer other.Close(t.Context())
	w := &writer{conn: other, schema: "app"}
	require.NoError(t, w.lock(t.Context()))
	_, err = Load(t.Context(), LoadOptions{Conn: conn, Schema: "app", Paths: []string{"-"}, Stdin: strings.NewReader("")})
	require.ErrorIs(t, err, ErrBusy)
	w.unlock(t.Context())
	load(t, conn, track("m", ""))
}

func TestLoadsIntoTablesOfOthers(t *testing.T) {
	conn := connect(t)
	for _, sql := range []string{
		"CREATE SCHEMA app",
		"CREATE TABLE app.tracks (id text, received_at timestamp, user_id text NOT NULL, event varchar(5), n numeric) PARTITION BY RANGE (received_at)",
		"CREATE TABLE app.tracks_2024 PARTITION OF app.tracks FOR VALUES FROM ('2024-01-01') TO ('2025-01-01')",
		"CREATE VIEW app.signed_up AS SELECT 1 AS id",
		"CREATE TABLE app.other (id text, received_at timestamptz, n smallint, j jsonb, r real, i int, d date, k json)",
	} {
		_, err := conn.Exec(t.Context(), sql)
		require.NoError(t, err)
	}
	r := load(t, conn, track("m1", ""),
		`{"type":"track","event":"other","userId":1.0,"messageId":"m2","receivedAt":"2024-05-01T10:00:00Z","properties":{"n":40000,"j":["a"],"r":0.5,"i":7,"d":"2024-01-01","k":"t\"x"}}`)
	assert.Equal(t, map[string]int64{"tracks": 2, "other": 1}, r.Rows)
	assert.Equal(t, map[string]int64{"other.n": 1, "other.d": 1, "tracks.event": 1}, r.Misfits)
	assert.Equal(t, map[string]int64{"signed_up: it is not a table": 1}, r.NoEventTable)
	assert.Equal(t, []string{`(1.0,"[""a""]",0.5,7,"""t\\""x""")`}, rows(t, conn, "SELECT user_id, j, r, i, k FROM app.other"))
	load(t, conn, track("m1", ""))
	assert.Equal(t, []string{"(2)"}, rows(t, conn, "SELECT count(*) FROM app.tracks"))
	_, err := conn.Exec(t.Context(), "CREATE VIEW app.pages AS SELECT 1 AS id")
	require.NoError(t, err)
	_, err = Load(t.Context(), LoadOptions{Conn: conn, Schema: "app", Paths: []string{"-"}, Stdin: strings.NewReader("")})
	assert.ErrorContains(t, err, "it is not a table")
}

func TestPoplin(t *testing.T) {
	path := filepath.Join("..", "..", "..", "shared", "data", "poplin", "events.jsonl")
	if _, err := os.Stat(path); err != nil {
		t.Log("the sample is not here, nothing to compare")
		return
	}
	conn := connect(t)
	report, err := Load(t.Context(), LoadOptions{Conn: conn, Schema: "poplin", Paths: []string{path}})
	require.NoError(t, err)
	assert.False(t, report.HasWarnings())
	assert.Equal(t, []string{"(92,6,6)"}, rows(t, conn, `SELECT (SELECT count(*) FROM poplin.pages), (SELECT count(*) FROM poplin.tracks), (SELECT count(*) FROM poplin.identifies)`))
}
