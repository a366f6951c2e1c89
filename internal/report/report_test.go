package report

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

var update = flag.Bool("update", false, "write what the writers give to testdata")

// fixed is a small report with all kinds of tables, cells and names.
func fixed() *Report {
	newest := time.Date(2026, 3, 14, 22, 30, 0, 0, time.UTC)
	months, channels := []string{"2026-01", "2026-02", "2026-03"}, []string{"Organic Search", "Paid Search", Others, NoTouch}
	over := Table{
		ID: "over_time", Caption: "Signups by month and channel, linear", Keys: 2, Across: true, Totals: true, chart: "stack", order: channels,
		Columns: []Column{{Key: "month", Title: "month"}, {Key: "channel"}, {Key: "conversions"}},
	}
	flow := Table{
		ID: "first_and_last", Caption: "Signups by first and last touch", Keys: 2, Across: true, Totals: true, chart: "flow", order: channels,
		Columns: []Column{{Key: "first_channel", Title: "first touch"}, {Key: "last_channel"}, {Key: "conversions"}},
	}
	models := Table{
		ID: "models", Caption: "Signups credited, by channel and model", Keys: 2, Across: true, Totals: true, chart: "range", order: Models(),
		Columns: []Column{{Key: "channel", Title: "channel"}, {Key: "model"}, {Key: "conversions"}},
	}
	for i, channel := range channels {
		for j, month := range months {
			over.Rows = append(over.Rows, []any{Text(month), Text(channel), Credit(1200.5 * float64(i+j))})
		}
		flow.Rows = append(flow.Rows, []any{Text(channel), Text(channels[(i+1)%3]), Count(40 - 9*i)})
		for j, model := range Models() {
			models.Rows = append(models.Rows, []any{Text(channel), Text(model), Credit(30 + i*j)})
		}
	}
	return &Report{
		From: "2026-01-01", Until: "2026-03-15", Conversion: "signup", Model: "linear", Currency: "EUR", Newest: &newest,
		Sections: []Section{
			{ID: "headline", Title: "In short", Lead: "12,345 signups.", Counted: []string{"By UTC days."}, Tables: []Table{{
				ID: "headline", Caption: "Headline numbers", Keys: 1,
				Columns: []Column{{Key: "measure", Hidden: true}, {Key: "name", Title: "measure", Left: true}, {Key: "value", Title: "value"}, {Key: "note", Title: "note", Left: true}},
				Rows: [][]any{
					{Text("conversions"), Text("Signups"), Count(12345), Text("")},
					{Text("paid_share"), Text("Paid"), Share(0.31415), Text("of signups")},
					{Text("spend"), Text("Spend"), Amount(1234567.891), Text("EUR")},
					{Text("median_days"), Text("Days"), nil, Text("median")},
				},
			}}},
			{ID: "over_time", Title: "Signups by month", Lead: "Organic Search earned most.", Tables: []Table{over}},
			{ID: "first_and_last", Title: "First touch and last touch", Tables: []Table{flow}},
			{ID: "models", Title: "Ten models side by side", Tables: []Table{models}},
			{ID: "campaigns", Title: "Campaigns", Lead: "<b>bold</b> brought most.", Tables: []Table{{
				ID: "campaigns", Caption: "Campaigns, linear", Keys: 3, chart: "bars", sums: []string{"conversions", "spend"},
				Columns: []Column{{Key: "campaign", Title: "campaign"}, {Key: "source", Title: "source"}, {Key: "medium", Title: "medium"}, {Key: "conversions", Title: "signups"}, {Key: "spend", Title: "spend, EUR"}, {Key: "cac", Title: "CAC"}, {Key: "roas", Title: "ROAS"}},
				Rows: [][]any{
					{Text(`<script>alert("1")</script>`), Text("google"), Text("cpc"), Credit(1234.5), Amount(99), Amount(0.080194), Ratio(2.5)},
					{Text(strings.Repeat("very long ", 20)), nil, nil, Credit(3), Amount(0), nil, nil},
					{Text("=HYPERLINK(\"https://evil.example\")"), Text("-2+3"), Text("-1"), Credit(2), Amount(-5), Amount(-2.5), Ratio(0)},
					{Text(Others), nil, nil, Credit(7), Amount(1), Amount(0.142857), Ratio(1)},
				},
			}}},
			{ID: "journey", Title: "How long it took", Tables: []Table{
				{ID: "sessions_before", Caption: "Sessions begun by then", Keys: 1, chart: "columns", sums: []string{"conversions"}, Columns: []Column{{Key: "sessions", Title: "sessions"}, {Key: "conversions", Title: "signups"}, {Key: "share", Title: "share"}}, Rows: [][]any{
					{Text("1"), Count(12300), Share(0.996)}, {Text("6–10"), Count(45), Share(0.004)},
				}},
				{ID: "time_before", Caption: "Time from the first touch", Keys: 1, chart: "columns", Columns: []Column{{Key: "time", Title: "time"}, {Key: "conversions", Title: "signups"}}, Empty: "No signups."},
			}},
			{ID: "retention", Title: "Who came back", Tables: []Table{{
				ID: "retention", Caption: "Who came back", Keys: 2, Across: true, chart: "returns", order: []string{"1", "4"},
				Columns: []Column{{Key: "channel", Title: "channel"}, {Key: "week", Title: "week"}, {Key: "signups"}, {Key: "active"}, {Key: "share"}},
				Rows:    [][]any{{Text(everybody), Text("1"), Count(100), Count(20), Share(0.2)}, {Text(everybody), Text("4"), Count(80), Count(8), Share(0.1)}, {Text("Email"), Text("1"), Count(50), Count(5), Share(0.1)}},
			}}},
		},
	}
}

// TestWriters compares what each writer gives with testdata. After a wanted change:
// go test ./internal/report -run TestWriters -update.
func TestWriters(t *testing.T) {
	t.Parallel()
	for name, write := range map[string]func(*bytes.Buffer) error{
		"report.csv":  func(b *bytes.Buffer) error { return fixed().CSV(b) },
		"report.html": func(b *bytes.Buffer) error { return fixed().HTML(b) },
		"report.json": func(b *bytes.Buffer) error {
			e := json.NewEncoder(b)
			e.SetIndent("", " ")
			return e.Encode(fixed())
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var got bytes.Buffer
			require.NoError(t, write(&got))
			path := filepath.Join("testdata", name)
			if *update {
				require.NoError(t, os.MkdirAll("testdata", 0o755))
				require.NoError(t, os.WriteFile(path, got.Bytes(), 0o644))
			}
			want, err := os.ReadFile(path)
			require.NoError(t, err)
			require.Equal(t, string(want), got.String(), "if the change is wanted, run: go test ./internal/report -run TestWriters -update")
		})
	}
}

// TestSameNumbersEverywhere: every cell is in JSON and in CSV as it is, and in the page as
// the grid shows it.
func TestSameNumbersEverywhere(t *testing.T) {
	t.Parallel()
	r := fixed()
	text, err := json.Marshal(r)
	require.NoError(t, err)
	var read struct {
		Sections []struct {
			Tables []struct {
				Rows []map[string]any `json:"rows"`
			} `json:"tables"`
		} `json:"sections"`
	}
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	require.NoError(t, decoder.Decode(&read))
	var out, page bytes.Buffer
	require.NoError(t, r.CSV(&out))
	require.NoError(t, r.HTML(&page))
	lines, err := csv.NewReader(&out).ReadAll()
	require.NoError(t, err)
	inCSV := map[string]string{}
	for _, line := range lines {
		inCSV[strings.Join(line[:6], "|")] = line[6]
	}
	checked := 0
	for i, s := range r.Sections {
		for j, table := range s.Tables {
			for k, row := range table.Rows {
				keys := make([]string, 3)
				for l := range table.Keys {
					keys[l] = harmless(plain(row[l]))
				}
				for l := table.Keys; l < len(row); l++ {
					key := table.Columns[l].Key
					if key == "name" || key == "note" {
						continue
					}
					checked++
					value, found := inCSV[strings.Join([]string{s.ID, table.ID, keys[0], keys[1], keys[2], key}, "|")]
					require.True(t, found, "%s %v %s", table.ID, keys, key)
					require.Equal(t, plain(row[l]), value)
					if n, ok := read.Sections[i].Tables[j].Rows[k][key].(json.Number); ok {
						require.Equal(t, value, n.String())
					} else {
						require.Empty(t, value)
					}
				}
			}
			if s.ID == "headline" {
				continue
			}
			for _, row := range table.Grid().Rows {
				for _, cell := range row[1:] {
					require.Contains(t, page.String(), "<bdi>"+strings.NewReplacer("+", "&#43;").Replace(cell)+"</bdi>")
				}
			}
		}
	}
	require.Greater(t, checked, 60)
}

func TestShow(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		cell any
		want string
	}{
		{Count(0), "0"},
		{Count(-1234567), "-1,234,567"},
		{Count(999), "999"},
		{Credit(1000), "1,000"},
		{Credit(999.96), "1,000.0"},
		{Credit(2.25), "2.2"},
		{Share(0.12345), "12.3 %"},
		{Share(1), "100.0 %"},
		{Number(0.04), "0.0"},
		{Number(-0.04), "0.0"},
		{Ratio(1.005), "1.00"},
		{Amount(1234.5), "1,234.50"},
		{Amount(-0.5), "-0.50"},
		{Text("as it is"), "as it is"},
		{nil, "–"},
	} {
		require.Equal(t, c.want, Show(c.cell), "%#v", c.cell)
	}
}

func TestCut(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name  string
		width int
		want  string
	}{
		{"short", 5, "short"},
		{"longer", 5, "long…"},
		{"", 5, ""},
		{"a\x00b\nc", 9, "a b c"},
		{"👩‍👩‍👧👩‍👩‍👧👩‍👩‍👧", 2, "👩‍👩‍👧…"},
		{"\xff\xfe", 9, "  "},
	} {
		require.Equal(t, c.want, Cut(c.name, c.width), "%q", c.name)
	}
}

func TestHarmless(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"": "", "plain": "plain", "=1+1": "'=1+1", "+49 30": "'+49 30", "-1.5": "-1.5", "-x": "'-x", "@me": "'@me", "\tx": "'\tx", "a=b": "a=b",
	} {
		require.Equal(t, want, harmless(in), "%q", in)
	}
}

func TestBrief(t *testing.T) {
	t.Parallel()
	for in, want := range map[float64]string{0: "0", 7.25: "7.2", 9999: "9,999", 10000: "10k", 123456: "123k", 1_200_000: "1.2M", 45_000_000: "45M", 2e9: "2.0G"} {
		require.Equal(t, want, brief(in))
	}
}

func TestFold(t *testing.T) {
	t.Parallel()
	order, folded := fold(map[string]float64{"a": 1, "b": 5, "c": 3, "d": 3, NoTouch: 9}, 2)
	require.Equal(t, []string{"b", "c", Others, NoTouch}, order, "what had no touch is last, ties go by name")
	require.Equal(t, []string{"b", Others, NoTouch}, []string{folded("b"), folded("d"), folded(NoTouch)})
	order, folded = fold(map[string]float64{"a": 1, "b": 5, "c": 3}, 2)
	require.Equal(t, []string{"b", "c", "a"}, order, "one alone keeps its name")
	require.Equal(t, "a", folded("a"))
}

// TestChartsStayInside: whatever the numbers, nothing is drawn outside its chart.
func TestChartsStayInside(t *testing.T) {
	t.Parallel()
	r := fixed()
	paint := r.paint()
	drawn := 0
	for _, s := range r.Sections {
		for _, table := range s.Tables {
			c := table.draw(paint)
			if c == nil {
				continue
			}
			drawn++
			for _, rect := range c.Rects {
				require.GreaterOrEqual(t, rect.X, 0.0, table.ID)
				require.LessOrEqual(t, rect.X+rect.W, 100.001, table.ID)
				require.GreaterOrEqual(t, rect.Y, 0.0, table.ID)
				require.LessOrEqual(t, rect.Y+rect.H, c.Height+0.001, table.ID)
			}
			for _, text := range c.Texts {
				require.Positive(t, text.Y, table.ID)
				require.LessOrEqual(t, text.Y, c.Height, table.ID)
			}
		}
	}
	require.Equal(t, 6, drawn)
}
