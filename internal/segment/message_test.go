package segment

import (
	"encoding/binary"
	"fmt"
	"math"
	"sort"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
)

// parse takes in lines and returns the rows they make, readable, sorted by table:
// "table: column=value …" with columns by name. Rows without uuid_ts, as it is not
// known yet; LOAD stands for the time of loading.
func parse(lines ...string) (result []string, p *parser, bad []string) {
	s, err := newSchemaState("app", nil)
	if err != nil {
		panic(err)
	}
	p = newParser(s)
	for _, line := range lines {
		p.line([]byte(line), func(r Reason, detail string) { bad = append(bad, strings.TrimSpace(string(r)+" "+detail)) })
	}
	b := &batch{}
	s.take(b)
	for i := range b.tables {
		t := &b.tables[i]
		load := map[int]bool{}
		for _, offset := range t.patches {
			load[offset] = true
		}
		for _, row := range t.rows {
			var cells []string
			offset := row.from
			for slot, cell := range t.cellsOf(row, len(t.slots)) {
				if cell != nil {
					text := show(t.slots[slot], cell[4:])
					if load[offset+4] {
						text = "LOAD"
					}
					cells = append(cells, t.slots[slot].name+"="+text)
				}
				offset += max(len(cell), 4)
			}
			sort.Strings(cells)
			result = append(result, t.name+": "+strings.Join(cells, " "))
		}
	}
	return result, p, bad
}

func show(c *column, field []byte) string {
	switch c.codec {
	case codecTime:
		at := int64(binary.BigEndian.Uint64(field)) + postgresEpoch
		return time.UnixMicro(at).UTC().Format("2006-01-02T15:04:05.999999")
	case codecInt8:
		return fmt.Sprintf("%d::bigint", int64(binary.BigEndian.Uint64(field)))
	case codecFloat8:
		return fmt.Sprintf("%v::float", math.Float64frombits(binary.BigEndian.Uint64(field)))
	case codecBool:
		return fmt.Sprint(field[0] == 1)
	default:
		return string(field)
	}
}

func TestMessagesToRows(t *testing.T) {
	for name, c := range map[string]struct {
		line string
		want []string
	}{
		"track": {
			`{"type":"track","event":"Order Completed","messageId":"m","userId":"u","anonymousId":"a","receivedAt":"2024-05-01T10:00:05Z","sentAt":"2024-05-01T10:00:03Z","originalTimestamp":"2024-05-01T10:00:01Z","context":{"page":{"url":"https://x"}},"properties":{"total":9.5,"userId":"no"}}`,
			[]string{
				"order_completed: anonymous_id=a context_page_url=https://x event=order_completed event_text=Order Completed id=m original_timestamp=2024-05-01T10:00:01 received_at=2024-05-01T10:00:05 sent_at=2024-05-01T10:00:03 timestamp=2024-05-01T10:00:03 total=9.5::float user_id=u",
				"tracks: anonymous_id=a context_page_url=https://x event=order_completed event_text=Order Completed id=m original_timestamp=2024-05-01T10:00:01 received_at=2024-05-01T10:00:05 sent_at=2024-05-01T10:00:03 timestamp=2024-05-01T10:00:03 user_id=u",
			},
		},
		"page, its own name winning": {
			`{"type":"page","name":"Home","category":null,"messageId":"m","anonymousId":"a","receivedAt":"2024-05-01T10:00:05+02:00","timestamp":1714550400123,"properties":{"name":"Other","category":"c","url":"u"},"version":"1.1"}`,
			[]string{"pages: anonymous_id=a category=c id=m name=Home received_at=2024-05-01T08:00:05 timestamp=2024-05-01T08:00:00.123 url=u"},
		},
		"screen": {
			`{"type":"screen","name":"S","messageId":"m","anonymousId":"a","receivedAt":"2024-05-01T10:00:05Z"}`,
			[]string{"screens: anonymous_id=a id=m name=S received_at=2024-05-01T10:00:05 timestamp=2024-05-01T10:00:05"},
		},
		"identify": {
			`{"type":"identify","messageId":"m","userId":7,"anonymousId":"a","receivedAt":"2024-05-01T10:00:05Z","traits":{"email":"e","address":{"zipCode":"1"},"id":"no","user_id":"no"}}`,
			[]string{
				"identifies: address_zip_code=1 anonymous_id=a email=e id=m received_at=2024-05-01T10:00:05 timestamp=2024-05-01T10:00:05 user_id=7",
				"users: address_zip_code=1 email=e id=7 received_at=2024-05-01T10:00:05",
			},
		},
		"identify without a user": {
			`{"type":"identify","messageId":"m","anonymousId":"a","receivedAt":"2024-05-01T10:00:05Z","traits":{"email":"e"}}`,
			[]string{"identifies: anonymous_id=a email=e id=m received_at=2024-05-01T10:00:05 timestamp=2024-05-01T10:00:05"},
		},
		"alias": {
			`{"type":"alias","messageId":"m","previousId":"old","userId":"new","receivedAt":"2024-05-01T10:00:05Z"}`,
			[]string{"aliases: id=m previous_id=old received_at=2024-05-01T10:00:05 timestamp=2024-05-01T10:00:05 user_id=new"},
		},
		"group": {
			`{"type":"group","messageId":"m","groupId":"g","userId":"u","receivedAt":"2024-05-01T10:00:05Z","traits":{"employees":3}}`,
			[]string{"groups: employees=3::bigint group_id=g id=m received_at=2024-05-01T10:00:05 timestamp=2024-05-01T10:00:05 user_id=u"},
		},
		"no receivedAt: sentAt": {
			`{"type":"page","messageId":"m","userId":"u","sentAt":"2024-05-01T10:00:05Z","timestamp":"2024-05-01T10:00:01Z"}`,
			[]string{"pages: id=m received_at=2024-05-01T10:00:05 sent_at=2024-05-01T10:00:05 timestamp=2024-05-01T10:00:01 user_id=u"},
		},
		"no time at all: the time of loading": {
			`{"type":"page","messageId":"m","userId":"u"}`,
			[]string{"pages: id=m received_at=LOAD timestamp=LOAD user_id=u"},
		},
		"unusable times": {
			`{"type":"page","messageId":"m","userId":"u","receivedAt":"20000-05-01T10:00:05Z","sentAt":"infinity","timestamp":{},"originalTimestamp":"1970-01-01T00:00:01.5Z"}`,
			[]string{"pages: id=m original_timestamp=1970-01-01T00:00:01.5 received_at=LOAD timestamp=1970-01-01T00:00:01.5 user_id=u"},
		},
		"duplicate keys: the last": {
			`{"type":"page","type":"page","messageId":"no","messageId":"m","userId":"u","receivedAt":"2024-05-01T10:00:05Z","properties":{"a":"1","a":"2"}}`,
			[]string{"pages: a=2 id=m received_at=2024-05-01T10:00:05 timestamp=2024-05-01T10:00:05 user_id=u"},
		},
		"NUL, bad UTF-8, lone surrogates": {
			`{"type":"page","messageId":"m","userId":"u","receivedAt":"2024-05-01T10:00:05Z","properties":{"a":"x\u0000y","b":"` + "\xff" + `","c":"\ud83d\ude00 \ud83d \ude00","d":["\u0000z","\\u0000"],"k\u0000ey":1}}`,
			[]string{`pages: a=xy b=` + "\uFFFD" + ` c=😀 ` + "\uFFFD \uFFFD" + ` d=["z","\\u0000"] id=m key=1::bigint received_at=2024-05-01T10:00:05 timestamp=2024-05-01T10:00:05 user_id=u`},
		},
		"numbers": {
			`{"type":"group","messageId":"m","userId":12345678901234567890,"receivedAt":"2024-05-01T10:00:05Z","traits":{"big":98765432109876543210,"max":9223372036854775807,"neg":-3,"exp":1e3,"huge":1e999,"five":5.0}}`,
			[]string{"groups: big=98765432109876543210 exp=1000::float five=5::float huge=1e999 id=m max=9223372036854775807::bigint neg=-3::bigint received_at=2024-05-01T10:00:05 timestamp=2024-05-01T10:00:05 user_id=12345678901234567890"},
		},
		"text that looks otherwise": {
			`{"type":"page","messageId":"m","userId":"u","receivedAt":"2024-05-01T10:00:05Z","properties":{"title":"2024-01-01T00:00:00Z","day":"2024-01-01","at":"2024-01-01 00:00:00+01"},"context":{"campaign":{"name":"2024-01-01T00:00:00Z","term":5}}}`,
			[]string{"pages: at=2023-12-31T23:00:00 context_campaign_name=2024-01-01T00:00:00Z context_campaign_term=5 day=2024-01-01 id=m received_at=2024-05-01T10:00:05 timestamp=2024-05-01T10:00:05 title=2024-01-01T00:00:00Z user_id=u"},
		},
		"a track without an event": {
			`{"type":"track","messageId":"m","userId":"u","receivedAt":"2024-05-01T10:00:05Z","properties":{"a":1}}`,
			[]string{"tracks: id=m received_at=2024-05-01T10:00:05 timestamp=2024-05-01T10:00:05 user_id=u"},
		},
		"a batch": {
			`{"sentAt":"2024-05-01T10:00:05Z","batch":[{"type":"screen","messageId":"m","userId":"u"},[{"type":"screen","messageId":"n","userId":"u","sentAt":"2024-05-01T10:00:06Z"}]]}`,
			[]string{
				"screens: id=m received_at=2024-05-01T10:00:05 sent_at=2024-05-01T10:00:05 timestamp=2024-05-01T10:00:05 user_id=u",
				"screens: id=n received_at=2024-05-01T10:00:06 sent_at=2024-05-01T10:00:06 timestamp=2024-05-01T10:00:06 user_id=u",
			},
		},
		"no messageId": {
			`{"type":"screen","userId":"u","receivedAt":"2024-05-01T10:00:05Z"}`,
			[]string{"screens: id=api-md5:bac52b584ea98fd7713c1c13a43b4978 received_at=2024-05-01T10:00:05 timestamp=2024-05-01T10:00:05 user_id=u"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			got, _, bad := parse(c.line)
			assert.Empty(t, bad)
			assert.Equal(t, c.want, got)
		})
	}
}

func TestCountsOfTheParser(t *testing.T) {
	_, p, bad := parse(
		`{"type":"page","userId":{"a":1},"anonymousId":"a","receivedAt":"never","context":[],"properties":"x","messageId":"`+strings.Repeat("x", 1025)+`"}`,
		"{\"type\":\"page\",\"userId\":\"a\x00\\u0000\\ud800\xff\"}",
		`{"type":"page","userId":"u"},`,
	)
	assert.Equal(t, map[string]int64{"userId": 1, "receivedAt": 1, "context": 1, "properties or traits": 1, "messageId": 1}, p.badFields)
	assert.Equal(t, Repairs{NULs: 2, BadUnicode: 2}, p.repairs)
	assert.Equal(t, int64(2), p.madeUpIDs)
	assert.Equal(t, int64(2), p.receivedAtGap)
	assert.Len(t, bad, 1)
}

func TestLimitsOfTablesAndRows(t *testing.T) {
	var wide strings.Builder
	for i := range 2000 {
		fmt.Fprintf(&wide, `,"c%d":%d`, i, i)
	}
	got, p, bad := parse(
		`{"type":"page","messageId":"m","userId":"u","properties":{"z":0`+wide.String()+`}}`,
		`{"type":"screen","messageId":"n","userId":"u","properties":{"deep":`+strings.Repeat(`{"a":`, 100)+`1`+strings.Repeat(`}`, 100)+`,"text":"`+strings.Repeat("x", 10<<20)+`"}}`)
	assert.Empty(t, bad)
	assert.Len(t, got, 2)
	pages := p.schema.tables[Pages]
	assert.LessOrEqual(t, len(pages.columns), MaxColumns)
	assert.Positive(t, pages.dropped)
	assert.Contains(t, got[1], "deep_a_a")
	assert.True(t, strings.Contains(got[1], strings.Repeat("x", 10<<20)))
	for i := range maxEventTables + 5 {
		p.line(fmt.Appendf(nil, `{"type":"track","event":"e%d","userId":"u"}`, i), func(r Reason, d string) { t.Fatal(r, d) })
	}
	assert.Equal(t, map[string]int64{"more than 1000 events": 5}, p.noEventTable)
}

func TestParseTime(t *testing.T) {
	for in, want := range map[string]string{
		"2024-02-29T23:59:59.1234567Z":    "2024-02-29T23:59:59.123456Z",
		"2024-05-01T10:00:00":             "2024-05-01T10:00:00Z",
		"2024-05-01t10:00:00z":            "2024-05-01T10:00:00Z",
		"2024-05-01 10:00":                "2024-05-01T10:00:00Z",
		"2024-05-01T10:00:00.5+05:30":     "2024-05-01T04:30:00.5Z",
		"2024-05-01T10:00:00-0800":        "2024-05-01T18:00:00Z",
		"2024-05-01 10:00:00.000 +02":     "2024-05-01T08:00:00Z",
		"2024-05-01":                      "2024-05-01T00:00:00Z",
		"0001-01-01T00:00:00Z":            "0001-01-01T00:00:00Z",
		"9999-12-31T23:59:59Z":            "9999-12-31T23:59:59Z",
		"2016-12-31T23:59:60Z":            "2017-01-01T00:00:00Z",
		"20000-01-01T00:00:00Z":           "",
		"2023-02-29T00:00:00Z":            "",
		"2024-13-01T00:00:00Z":            "",
		"2024-05-01T24:00:00Z":            "",
		"2024-05-01T10:00:00 UTC":         "",
		"2024-05-01T10:00:00+1":           "",
		"infinity":                        "",
		"":                                "",
		"2024-05-01T10:00:00.Z":           "",
		"2024-05-01T10:00:00+99:00":       "",
		"2024-05-01T10:00:00Z and longer": "",
	} {
		at, ok := parseTime([]byte(in), true)
		got := ""
		if ok {
			got = time.UnixMicro(at).UTC().Format(time.RFC3339Nano)
		}
		assert.Equal(t, want, got, "%q", in)
	}
	for at := time.Date(1, 1, 1, 0, 0, 0, 0, time.UTC); at.Year() < 10000; at = at.Add(1000*time.Hour + 7*time.Minute) {
		got, ok := parseTime([]byte(at.Format(time.RFC3339)), false)
		if !ok || got != at.UnixMicro() {
			t.Fatal(at, got, ok)
		}
	}
}

func FuzzParser(f *testing.F) {
	for _, seed := range []string{
		`{"type":"track","event":"E","userId":"u","messageId":"m","properties":{"a":[1,{"b":null}],"c":{"d":1.5e3}}}`,
		"{\"type\":\"page\",\"anonymousId\":\"\x00\xff\\ud83d\\u0000\",\"context\":{\"campaign\":{\"s\u200b\":true}}}",
		`{"batch":[{"type":"identify","userId":1,"traits":{"":"2024-01-01T00:00:00Z"}}]}`,
		`[{"type":"alias","previousId":-0.0,"userId":1e999}]`, `{"type":"group","userId":nan}`, `"\ud800\\u0000"`, `[[[[{}]]]]`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, line []byte) {
		if len(line) > 1<<16 {
			return
		}
		got, p, bad := parse(string(line))
		for _, row := range got {
			if !utf8.ValidString(row) || strings.ContainsRune(row, 0) {
				t.Fatalf("%q", row)
			}
		}
		if mains := countMain(got); int64(mains)+int64(len(bad)) < p.messages {
			t.Fatalf("%d messages made %d rows and %d bad lines", p.messages, mains, len(bad))
		}
		for _, tbl := range p.schema.tables {
			for name := range tbl.columns {
				if name == "" || len(name) > MaxNameBytes || !utf8.ValidString(name) {
					t.Fatalf("column %q", name)
				}
			}
		}
		// A valid message stays one whatever else stands beside it.
		whole, _, _ := parse(`{"type":"page","messageId":"m","userId":"u","receivedAt":"2024-05-01T10:00:05Z"}`, string(line))
		if countMain(whole) < 1 {
			t.Fatal("the valid line was lost")
		}
	})
}

func countMain(rows []string) (n int) {
	for _, r := range rows {
		if name, _, _ := strings.Cut(r, ": "); IsFixedTable(name) && name != Users {
			n++
		}
	}
	return n
}
