package segment

import (
	"fmt"
	"io"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// traffic is n lines of messages as analytics.js sends them: of ten, five pages,
// four tracks of three events, one identify.
func traffic(n int) []string {
	r := rand.New(rand.NewPCG(1, 2))
	events := []string{"Product Viewed", "Signed Up", "Button Clicked"}
	lines := make([]string, n)
	for i := range lines {
		at := fmt.Sprintf("2024-05-%02dT%02d:%02d:%02d.%03dZ", 1+i*28/n, i/3600%24, i/60%60, i%60, i%1000)
		id := fmt.Sprintf("ajs-next-%016x%016x", r.Uint64(), r.Uint64())
		anonymous := fmt.Sprintf("%08x-0000-4000-8000-%012x", i/20, i/20)
		context := fmt.Sprintf(`{"ip":"203.0.113.%d","userAgent":"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/124.0.0.0 Safari/537.36","locale":"en-US","timezone":"Europe/Zurich","library":{"name":"analytics.js","version":"next-1.70.0"},"page":{"path":"/products/%[2]d","referrer":"https://www.google.com/","search":"","title":"Product %[2]d","url":"https://shop.example.com/products/%[2]d?utm_source=google"},"campaign":{"source":"google","medium":"cpc","name":"spring"}}`, i%250, i%5000)
		head := fmt.Sprintf(`"messageId":%q,"anonymousId":%q,"originalTimestamp":%[3]q,"sentAt":%[3]q,"receivedAt":%[3]q,"timestamp":%[3]q,"integrations":{},"version":2,"context":%[4]s`, id, anonymous, at, context)
		switch k := i % 10; {
		case k < 5:
			lines[i] = fmt.Sprintf(`{"type":"page","name":null,"properties":{"path":"/products/%[1]d","referrer":"https://www.google.com/","search":"","title":"Product %[1]d","url":"https://shop.example.com/products/%[1]d"},%[2]s}`, i%5000, head)
		case k < 9:
			lines[i] = fmt.Sprintf(`{"type":"track","event":%q,"userId":"user-%d","properties":{"plan":"pro","price":%d.5,"seats":%d,"is_trial":true},%s}`, events[i/10%3], i/200, i%90, i%9, head)
		default:
			lines[i] = fmt.Sprintf(`{"type":"identify","userId":"user-%d","traits":{"email":"user%[1]d@example.com","plan":"pro","created_at":"2024-01-01T00:00:00Z"},%s}`, i/200, head)
		}
	}
	return lines
}

// BenchmarkParse is the work of the process but for COPY: one message an operation.
func BenchmarkParse(b *testing.B) {
	lines := traffic(10_000)
	raw := make([][]byte, len(lines))
	total := 0
	for i, l := range lines {
		raw[i] = []byte(l)
		total += len(l)
	}
	state, err := newSchemaState("app", nil)
	require.NoError(b, err)
	p := newParser(state)
	spare := &batch{}
	bad := func(r Reason, detail string) { b.Fatal(r, detail) }
	b.SetBytes(int64(total / len(lines)))
	b.ReportAllocs()
	i := 0
	for b.Loop() {
		p.line(raw[i%len(raw)], bad)
		if i++; i%len(raw) == 0 {
			state.take(spare)
		}
	}
}

// BenchmarkSplit is the reading of lines alone.
func BenchmarkSplit(b *testing.B) {
	text := strings.Join(traffic(10_000), "\n")
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		s := newSplitter(strings.NewReader(text))
		require.NoError(b, s.each(func(rawLine) bool { return true }))
	}
}

// BenchmarkLoad loads 20,000 messages an operation into a new schema.
func BenchmarkLoad(b *testing.B) {
	conn := connect(b)
	text := strings.Join(traffic(20_000), "\n")
	b.SetBytes(int64(len(text)))
	n := 0
	for b.Loop() {
		n++
		_, err := Load(b.Context(), LoadOptions{Conn: conn, Schema: fmt.Sprint("s", n), Paths: []string{"-"}, Stdin: io.Reader(strings.NewReader(text))})
		require.NoError(b, err)
	}
	b.ReportMetric(float64(20_000*n)/b.Elapsed().Seconds(), "events/s")
}
