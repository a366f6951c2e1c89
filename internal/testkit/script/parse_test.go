package script

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/attribution-dev/attribution/internal/event"
)

// example is a script with everything in it.
const example = `// a comment

# A visitor comes back
set session_gap=30m
set signup_events=[Signed Up, Registered]
load
  09:00:00.5  page   anon=" a 1" url=https://shop.example/?utm_source=news
  // a comment among rows
	2024-03-02 09:00 track user=u1 event="Signed Up" received=2024-03-02 10:00 id=- source=app
expect sessions of "anon: a 1"
  person      index  start       end  entry
  "anon: a 1" 1      09:00:00.5  -    "-"
day 2024-03-05
night
expect attribution none
night 2024-03-06 12:00
load
  09:00  alias user=u1 previous=a1

# Nothing arrives
expect touches none
`

func TestParse(t *testing.T) {
	cases, err := Parse("x.txt", example)
	require.NoError(t, err)
	require.Len(t, cases, 2)
	c := cases[0]
	require.Equal(t, "A visitor comes back", c.Title)
	require.Equal(t, 3, c.Line)
	require.Equal(t, []string{"website", "app"}, c.Sources())
	require.Len(t, c.Nights, 3)

	n := c.Nights[0]
	require.Equal(t, []Setting{{Key: "session_gap", Value: "30m", Line: 4}, {Key: "signup_events", Value: "[Signed Up, Registered]", Line: 5}}, n.Settings)
	require.Equal(t, time.Date(2024, 3, 3, 3, 0, 0, 0, time.UTC), n.At, "03:00 of the day after the last received_at")
	require.Equal(t, Row{Line: 7, Source: "website", Kind: event.Page, Values: map[string]string{
		"id": "r0001", "anonymous_id": " a 1", "context_page_url": "https://shop.example/?utm_source=news",
		"timestamp": "2024-03-01T09:00:00.500000Z", "received_at": "2024-03-01T09:00:00.500000Z", "uuid_ts": "2024-03-03T02:59:00.000000Z",
	}}, n.Rows[0])
	require.Equal(t, Row{Line: 9, Source: "app", Kind: event.Track, Values: map[string]string{
		"user_id": "u1", "event": "signed_up", "event_text": "Signed Up",
		"timestamp": "2024-03-02T09:00:00.000000Z", "received_at": "2024-03-02T10:00:00.000000Z", "uuid_ts": "2024-03-03T02:59:00.000000Z",
	}}, n.Rows[1])

	e := n.Expects[0]
	require.Equal(t, "sessions", e.Table)
	require.Equal(t, "anon: a 1", e.Person)
	require.Equal(t, []string{"person", "index", "start", "end", "entry"}, e.Columns)
	require.Equal(t, []ExpectedRow{{Line: 12, Cells: []string{`"anon: a 1"`, "1", "2024-03-01 09:00:00.5", "-", `"-"`}}}, e.Rows)

	require.Equal(t, n.At.AddDate(0, 0, 3), c.Nights[1].At, "03:00 of the day after its day")
	require.Empty(t, c.Nights[1].Expects[0].Rows)
	require.Equal(t, time.Date(2024, 3, 6, 12, 0, 0, 0, time.UTC), c.Nights[2].At)
	require.Equal(t, "2024-03-05T09:00:00.000000Z", c.Nights[2].Rows[0].Values["timestamp"], "of the day")
	require.Equal(t, "r0003", c.Nights[2].Rows[0].Values["id"])

	require.Equal(t, time.Date(2024, 3, 2, 3, 0, 0, 0, time.UTC), cases[1].Nights[0].At, "a day ends with its case")
	require.Equal(t, []string{"website"}, cases[1].Sources())

	w := c.World()
	require.Equal(t, []string{"website", "app"}, w.Schemas())
	require.Equal(t, 3, w.Nights())
	require.Equal(t, 2, w.Rows[2].Night)
	require.Equal(t, 1, w.Rows[1].Source)
}

func TestParseErrors(t *testing.T) {
	for _, c := range []struct{ script, want string }{
		{"load\n  09:00 page anon=a", "x:1:1: a case begins with its title"},
		{"# ", "x:1:1: the case has no title"},
		{"# T\nexpect sessions none\n# T\n", `x:3:1: a second case "T"`},
		{"# T\nload\n  09:00 page anon=a\n", "x:1:1: the case expects nothing"},
		{"# T\n  09:00 page anon=a", "x:2:3: an indented line belongs below load or expect"},
		{"# T\nload\nexpect sessions none", "x:2:1: nothing is loaded"},
		{"# T\nload x\n", "x:2:6: load stands alone"},
		{"# T\nload\n  9:00 page anon=a", `x:3:3: "9:00" is no time such as 09:00`},
		{"# T\nload\n  09:00:00.0000001 page anon=a", `x:3:3: "09:00:00.0000001" is finer than a microsecond`},
		{"# T\nload\n  2024-02-30 09:00 page anon=a", `x:3:3: "2024-02-30" is no time`},
		{"# T\nload\n  09:00", "x:3:1: want: time, kind, then key=value"},
		{"# T\nload\n  09:00 visit anon=a", `x:3:9: "visit" is no kind of row`},
		{"# T\nload\n  09:00 page anon", `x:3:14: "anon" is not key=value`},
		{"# T\nload\n  09:00 page anon=a anon=b", "x:3:21: anon twice"},
		{"# T\nload\n  09:00 page anon=a event=x", `x:3:21: a row of kind page has no "event"`},
		{"# T\nload\n  09:00 identify anon=a url=x", `x:3:25: a row of kind identify has no "url"`},
		{"# T\nload\n  09:00 page anon=\"a", "x:3:14: the quoted string does not end"},
		{"# T\nload\n  09:00 page anon=a\"b\"", `x:3:14: a"b" is no quoted string`},
		{"# T\nload\n  09:00 page anon=a received=-", "x:3:21: received is needed"},
		{"# T\nload\n  09:00 page anon=a source=", "x:3:21: source is the name of a schema"},
		{"# T\nload\n  09:00 page anon=a timestamp=soon", `x:3:21: "soon" is no time`},
		{
			"# T\nload\n  09:00 page anon=a\nnight\nload\n  2024-03-09 09:00 page anon=a\nnight 2024-03-02 09:00\nexpect sessions none",
			"x:7:1: the night of 2024-03-02 09:00 is not an hour after the one of 2024-03-10 03:00",
		},
		{"# T\nexpect sessions none\nnight 2024-03-05 09:00\nload\n  2024-03-05 09:00 page anon=a", "x:5:1: received 2024-03-05 09:00, not before the night's run"},
		{"# T\nnight now", `x:2:7: "now" is no time`},
		{"# T\nday tomorrow", "x:2:1: want: day 2024-03-01"},
		{"# T\nset lookback", "x:2:1: want: set key=value"},
		{"# T\nset =1", "x:2:1: want: set key=value"},
		{"# T\nwait", `x:2:1: "wait" is no statement; there are set, day, forget, delete, load, expect, night`},
		{"# T\nforget u1", "x:2:1: want: forget and a person, user:ID or anon:ID"},
		{"# T\ndelete", "x:2:1: want: delete and the id of a row"},
		{"# T\nexpect", "x:2:1: want: expect and a table"},
		{"# T\nexpect visits", `x:2:8: "visits" is no table; there are sessions, useful, touches, conversions, credits, persons, attribution, aliases`},
		{"# T\nexpect sessions of a1", "x:2:20: a1 is no person: user:ID or anon:ID"},
		{"# T\nexpect sessions nobody", "x:2:17: want: expect sessions [of PERSON] [none]"},
		{"# T\nexpect sessions\n  person\n", "x:2:1: nothing is expected"},
		{"# T\nexpect sessions\n  person begin\n", `x:3:10: sessions has no column "begin"; it has person,`},
		{"# T\nexpect sessions\n  start started_at\n", "x:3:9: column started_at twice"},
		{"# T\nexpect sessions\n  person start\n  anon:a1\n", "x:4:3: 1 cells for 2 columns"},
		{"# T\nexpect sessions\n  person start\n  anon:a1 09:00 1\n", "x:4:17: 3 cells for 2 columns"},
		{"# T\nexpect sessions\n  person start\n  anon:a1 nine\n", `x:4:11: start: "nine" is no time`},
		{"# T\nexpect sessions\n  index\n  first\n", `x:4:3: index: "first" is no number`},
		{"# T\nexpect sessions\n  paid\n  true\n", `x:4:3: paid: "true" is neither yes nor no`},
		{"# T\nexpect sessions \xff\n", "x:2:1: the line is not UTF-8"},
	} {
		_, err := Parse("x", c.script)
		var at *Error
		require.True(t, errors.As(err, &at), "%q: %v", c.script, err)
		require.True(t, strings.HasPrefix(err.Error(), c.want), "%q:\n got %s\nwant %s", c.script, err, c.want)
	}
}

func TestEveryColumnHasOneMeaning(t *testing.T) {
	for _, table := range tables {
		seen := map[string]bool{}
		for _, c := range table.all() {
			for _, name := range []string{c.name, c.short} {
				require.False(t, name != "" && seen[name], "%s: %s", table.name, name)
				seen[name] = true
			}
		}
	}
}

// FuzzParse: whatever is written, Parse gives cases or says where it stopped.
func FuzzParse(f *testing.F) {
	f.Add(example)
	files, err := filepath.Glob("../../pipeline/testdata/scenarios/*.txt")
	require.NoError(f, err)
	for _, file := range files {
		text, err := os.ReadFile(file)
		require.NoError(f, err)
		f.Add(string(text))
	}
	for _, s := range []string{"# T\nload\n \"", "# T\nset a=\"", "# T\nexpect sessions\n \\\"", "#\n", "# T\nnight \"\n", "# T\nload\n 0001-01-01 00:00 page received=9999-12-31 23:59"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if len(text) > 16<<10 {
			return
		}
		cases, err := Parse("f", text)
		if err != nil {
			var at *Error
			require.ErrorAs(t, err, &at)
			require.Positive(t, at.Column)
			require.Positive(t, at.Line)
			require.LessOrEqual(t, at.Line, strings.Count(text, "\n")+2)
			return
		}
		for _, c := range cases {
			require.Len(t, c.World().AsOf, len(c.Nights))
		}
	})
}
