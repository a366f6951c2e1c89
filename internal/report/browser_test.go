//go:build browser

package report_test

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
	"github.com/stretchr/testify/require"

	"github.com/attribution-dev/attribution/internal/report"
)

// artefacts is where screenshots and the printed page are kept, for people to look at.
const artefacts = "../../bin/report"

// axe is the accessibility checker that "make test-browser" fetches.
const axe = "../../.cache/axe-core/axe.min.js"

// phone and desk are the widths of pages looked at, in pixels.
const phone, desk = 360, 1100

// A browser is a headless Chromium with one tab, and all it said and asked for.
type browser struct {
	t   *testing.T
	ctx context.Context

	mu       sync.Mutex
	console  []string
	requests []string
}

// browse starts one, with a profile of its own.
func browse(t *testing.T) *browser {
	t.Helper()
	path := ""
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome", "google-chrome-stable"} {
		if found, err := exec.LookPath(name); err == nil {
			path = found
			break
		}
	}
	require.NotEmpty(t, path, "no Chromium on this machine: apt-get install chromium, or put one in PATH")
	options := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(path), chromedp.NoSandbox, chromedp.UserDataDir(t.TempDir()),
		chromedp.Flag("disable-quic", true), chromedp.Flag("disable-component-update", true), chromedp.Flag("hide-scrollbars", true),
	)
	ctx, stop := chromedp.NewExecAllocator(t.Context(), options...)
	t.Cleanup(stop)
	ctx, closeTab := chromedp.NewContext(ctx)
	t.Cleanup(closeTab)
	b := &browser{t: t, ctx: ctx}
	require.NoError(t, chromedp.Do(ctx), "Chromium starts")
	messages := chromedp.Console(ctx)
	go func() {
		for m, err := range messages {
			if err != nil {
				return
			}
			b.mu.Lock()
			b.console = append(b.console, m.String())
			b.mu.Unlock()
		}
	}()
	require.NoError(t, chromedp.Listen(ctx, func(event any) {
		if sent, ok := event.(*network.EventRequestWillBeSent); ok {
			b.mu.Lock()
			b.requests = append(b.requests, sent.Request.URL)
			b.mu.Unlock()
		}
	}))
	_, err := chromedp.Call(ctx, network.Enable, network.EnableParams{})
	require.NoError(t, err)
	return b
}

// show opens a report's page at a width, in light or dark colours.
func (b *browser) show(r *report.Report, width int64, scheme string) {
	b.t.Helper()
	path := filepath.Join(b.t.TempDir(), "report.html")
	file, err := os.Create(path)
	require.NoError(b.t, err)
	require.NoError(b.t, r.HTML(file))
	require.NoError(b.t, file.Close())
	_, err = chromedp.Call(b.ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
		Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}, {Name: "prefers-reduced-motion", Value: "reduce"}},
	})
	require.NoError(b.t, err)
	require.NoError(b.t, chromedp.Do(b.ctx, chromedp.EmulateViewport(width, 900), chromedp.Navigate("file://"+path)))
}

// eval runs JavaScript in the page.
func eval[T any](b *browser, expression string) T {
	b.t.Helper()
	v, err := chromedp.Run(b.ctx, chromedp.Evaluate[T](expression, chromedp.EvalAwaitPromise))
	require.NoError(b.t, err, expression)
	return v
}

// keep writes an artefact.
func (b *browser) keep(name string, content []byte) {
	b.t.Helper()
	require.NoError(b.t, os.MkdirAll(artefacts, 0o755))
	require.NoError(b.t, os.WriteFile(filepath.Join(artefacts, name), content, 0o644))
}

// picture keeps a screenshot of the whole page.
func (b *browser) picture(name string) {
	b.t.Helper()
	png, err := chromedp.Run(b.ctx, chromedp.FullScreenshot(100))
	require.NoError(b.t, err)
	b.keep(name+".png", png)
}

const openAll = `document.querySelectorAll("details").forEach(d => d.open = true)`

// misplaced lists the labels of charts that leave their chart, or lie on one another.
const misplaced = `[...document.querySelectorAll("svg.chart")].flatMap(svg => {
	const frame = svg.getBoundingClientRect(), wrong = [];
	const texts = [...svg.querySelectorAll("text")].filter(t => getComputedStyle(t).display !== "none").map(t => ({text: t.textContent, box: t.getBoundingClientRect()}));
	texts.forEach((a, i) => {
		if (a.box.left < frame.left - 1 || a.box.right > frame.right + 1 || a.box.bottom > frame.bottom + 1 || a.box.top < frame.top - 1) wrong.push(svg.getAttribute("aria-label") + " leaves: " + a.text);
		texts.slice(i + 1).forEach(b => {
			if (a.box.left < b.box.right - 1 && b.box.left < a.box.right - 1 && a.box.top < b.box.bottom - 3 && b.box.top < a.box.bottom - 3) wrong.push(svg.getAttribute("aria-label") + " overlap: " + a.text + " | " + b.text);
		});
	});
	return wrong;
})`

// hostile are names no page should be harmed by.
const hostile = `
	UPDATE sessions.paths SET campaign = '<script>document.title = "taken"</script><img src="https://evil.example/x.png">' WHERE campaign = (SELECT min(campaign) FROM sessions.paths);
	UPDATE sessions.paths SET campaign = repeat('long name ', 1000) WHERE campaign = (SELECT max(campaign) FROM sessions.paths);
	UPDATE sessions.paths SET landing_page = 'https://shop.example/' || repeat('x', 10000) WHERE landing_page = (SELECT max(landing_page) FROM sessions.paths);
	UPDATE sessions.paths SET campaign = E'\u202Egpj.exe\u0007' WHERE campaign = 'launch'`

// TestBrowserPage looks at the page of simulated data as a reader would: on a phone, on a
// desk, in the dark, by keyboard, on paper; and at one of hostile names, and an empty one.
func TestBrowserPage(t *testing.T) {
	db, bad, none := world(t), world(t), empty(t)
	execute(t, bad, hostile)
	b := browse(t)
	full := read(t, db, report.Options{Rates: rates})
	var busy time.Time
	require.NoError(t, db.Pool.QueryRow(t.Context(), `SELECT date_trunc('day', converted_at) FROM sessions.conversions GROUP BY 1 ORDER BY count(*) DESC LIMIT 1`).Scan(&busy))
	for _, page := range []struct {
		name   string
		report *report.Report
	}{
		{"months", full},
		{"weeks", read(t, db, report.Options{From: full.Newest.AddDate(0, 0, -100).Truncate(day), Model: "linear", Rates: rates})},
		{"day", read(t, db, report.Options{From: busy, Until: busy.Add(day), Model: "markov", Rates: rates})},
		{"hostile", read(t, bad, report.Options{Rates: rates})},
		{"empty", read(t, none, report.Options{})},
	} {
		for _, look := range []struct {
			width  int64
			scheme string
		}{{phone, "light"}, {desk, "light"}, {desk, "dark"}} {
			name := fmt.Sprintf("%s-%d-%s", page.name, look.width, look.scheme)
			t.Run(name, func(t *testing.T) {
				b := &browser{t: t, ctx: b.ctx}
				b.show(page.report, look.width, look.scheme)
				require.Empty(t, eval[[]string](b, misplaced))
				require.LessOrEqual(t, eval[int64](b, `document.documentElement.scrollWidth`), look.width, "nothing is wider than the page")
				b.picture(name)
				eval[any](b, openAll)
				require.LessOrEqual(t, eval[int64](b, `document.documentElement.scrollWidth`), look.width, "nor when all is open")
				require.Contains(t, eval[string](b, `document.title`), "Where signups came from", "no script has run")
				b.accessible()
			})
		}
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	require.Empty(t, b.console, "nothing is said on the console")
	require.NotEmpty(t, b.requests)
	for _, url := range b.requests {
		require.True(t, strings.HasPrefix(url, "file://") && strings.HasSuffix(url, "/report.html") || strings.HasPrefix(url, "data:"), "the page asks for %s", url)
	}
}

// accessible lets axe look at the page.
func (b *browser) accessible() {
	b.t.Helper()
	script, err := os.ReadFile(axe)
	require.NoError(b.t, err, "no axe-core: make test-browser fetches it")
	eval[any](b, string(script)+";null")
	type violation struct {
		ID    string `json:"id"`
		Help  string `json:"help"`
		Nodes []struct {
			HTML           string `json:"html"`
			FailureSummary string `json:"failureSummary"`
		} `json:"nodes"`
	}
	text := eval[string](b, `axe.run(document, {resultTypes: ["violations"], runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}).then(r => JSON.stringify(r.violations))`)
	var found []violation
	require.NoError(b.t, json.Unmarshal([]byte(text), &found))
	for _, v := range found {
		for _, n := range v.Nodes[:min(3, len(v.Nodes))] {
			b.t.Errorf("%s: %s\n%.300s\n%s", v.ID, v.Help, n.HTML, n.FailureSummary)
		}
	}
}

// TestBrowserKeyboard: the tab key reaches every link, every fold and every table, in the
// order of the page, and shows where it is.
func TestBrowserKeyboard(t *testing.T) {
	b := browse(t)
	b.show(read(t, world(t), report.Options{Rates: rates}), desk, "light")
	eval[any](b, openAll)
	want := eval[[]string](b, `[...document.querySelectorAll("a[href], summary, [tabindex='0']")].map((e, i) => { e.dataset.stop = i; return String(i) })`)
	require.Greater(t, len(want), 30)
	var got []string
	for range want {
		require.NoError(t, chromedp.Do(b.ctx, chromedp.KeyEvent(kb.Tab)))
		stop := eval[[]string](b, `(e => [e.dataset.stop || e.tagName, getComputedStyle(e).outlineStyle, getComputedStyle(e).outlineWidth])(document.activeElement)`)
		got = append(got, stop[0])
		require.Equal(t, []string{"solid", "3px"}, stop[1:], "the focus shows at stop %s", stop[0])
	}
	require.Equal(t, want, got)

	b.show(read(t, world(t), report.Options{Rates: rates}), desk, "light")
	require.NoError(t, chromedp.Do(b.ctx, chromedp.KeyEvent(kb.Tab), chromedp.KeyEvent(kb.Enter)))
	require.Equal(t, "content", eval[string](b, `document.activeElement.id`), "the first stop skips to the numbers")
	eval[any](b, `document.querySelector("summary").focus()`)
	require.NoError(t, chromedp.Do(b.ctx, chromedp.KeyEvent(kb.Enter)))
	require.True(t, eval[bool](b, `document.querySelector("details").open`), "the enter key opens a fold")
}

// TestBrowserPrint: on paper every table is whole and every fold open.
func TestBrowserPrint(t *testing.T) {
	b := browse(t)
	b.show(read(t, world(t), report.Options{Rates: rates}), desk, "light")
	pdf, err := chromedp.Run(b.ctx, chromedp.PrintToPDF(chromedp.PDFPreferCSSPageSize(), chromedp.PDFPrintBackground()))
	require.NoError(t, err)
	require.True(t, strings.HasPrefix(string(pdf), "%PDF-"))
	b.keep("report.pdf", pdf)

	_, err = chromedp.Call(b.ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Media: "print"})
	require.NoError(t, err)
	const paper = 687 // A4 less its margins, in CSS pixels
	require.NoError(t, chromedp.Do(b.ctx, chromedp.EmulateViewport(paper, 1000)))
	require.LessOrEqual(t, eval[int64](b, `document.documentElement.scrollWidth`), int64(paper))
	require.Empty(t, eval[[]string](b, `[...document.querySelectorAll("table, svg.chart")].filter(e => e.getBoundingClientRect().right > innerWidth + 1).map(e => e.textContent.slice(0, 60))`), "nothing is cut off at the right")
	require.Empty(t, eval[[]string](b, `[...document.querySelectorAll("table, .counted li")].filter(e => !e.checkVisibility({contentVisibilityAuto: true}) || e.getBoundingClientRect().height === 0).map(e => e.textContent.slice(0, 60))`), "nothing stays folded")
	require.Empty(t, eval[[]string](b, misplaced))
	b.picture("print")
}

// TestBrowserNumbers: what the page shows is what the database says, asked another way.
func TestBrowserNumbers(t *testing.T) {
	db := world(t)
	b := browse(t)
	r := read(t, db, report.Options{Rates: rates})
	b.show(r, desk, "light")
	period := fmt.Sprintf("BETWEEN '%s' AND timestamptz '%s' - interval '1 microsecond'", r.From, r.Until)

	shown := eval[map[string]string](b, `Object.fromEntries([...document.querySelectorAll(".cards > div")].map(d => [d.querySelector("dt").textContent, d.querySelector(".number").textContent]))`)
	for name, query := range map[string]string{
		"Signups":  `SELECT to_char(count(*), 'FM9,999,999') FROM sessions.attribution WHERE signup_timestamp ` + period,
		"Sessions": `SELECT to_char(count(*), 'FM9,999,999') FROM sessions.all_sessions WHERE bot_event_count < event_count AND started_at ` + period,
		"Visitors": `SELECT to_char(count(DISTINCT (alias_id, is_identified)), 'FM9,999,999') FROM sessions.all_sessions WHERE bot_event_count < event_count AND started_at ` + period,
		"Spend":    `SELECT to_char(sum(cost), 'FM9,999,999.00') FROM sessions.spend WHERE spent_on::timestamptz ` + period,
		"Revenue": `SELECT to_char(sum(amount * CASE currency WHEN 'EUR' THEN 1.25 ELSE 1 END), 'FM9,999,999.00')
			FROM sessions.revenue JOIN sessions.attribution USING (alias_id, is_identified) WHERE signup_timestamp ` + period,
		"Touched by paid media": `SELECT to_char(100.0 * count(first_attributed_touch_timestamp) / count(*), 'FM990.0') || ' %' FROM sessions.attribution WHERE signup_timestamp ` + period,
		"Sessions until then": `SELECT to_char(percentile_cont(0.5) WITHIN GROUP (ORDER BY session_count_before_signup)::numeric, 'FM990.0') FROM sessions.attribution
			WHERE session_count_before_signup > 0 AND signup_timestamp ` + period,
	} {
		var want string
		require.NoError(t, db.Pool.QueryRow(t.Context(), query).Scan(&want), name)
		require.Equal(t, want, shown[name], name)
	}

	const cells = `[...document.querySelectorAll("section#%s table")].map(t => [...t.rows].map(r => [...r.cells].map(c => c.textContent)))`
	var channels [][]string
	rows, err := db.Pool.Query(t.Context(), `SELECT coalesce(first_touch_channel, '(no touch)'), count(*)::text FROM sessions.attribution WHERE signup_timestamp `+period+` GROUP BY 1`)
	require.NoError(t, err)
	for rows.Next() {
		row := make([]string, 2)
		require.NoError(t, rows.Scan(&row[0], &row[1]))
		channels = append(channels, row)
	}
	require.NoError(t, rows.Err())
	var models [][]string
	for _, row := range eval[[][][]string](b, fmt.Sprintf(cells, "models"))[0][1:] {
		if row[0] != "total" {
			models = append(models, row[:2])
		}
	}
	require.ElementsMatch(t, channels, models, "signups by first channel")

	for _, s := range r.Sections {
		tables := eval[[][][]string](b, fmt.Sprintf(cells, s.ID))
		at := 0
		for _, table := range s.Tables {
			if s.ID == "headline" || len(table.Rows) == 0 {
				continue
			}
			grid := table.Grid()
			want := grid.Rows
			if grid.Total != nil {
				want = append(want, grid.Total)
			}
			require.Equal(t, want, tables[at][1:], table.ID)
			at++
		}
		require.Len(t, tables, at)
	}
}
