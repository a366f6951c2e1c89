package progress

import (
	"bytes"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
)

func newLogged(total int64) (p *Progress, out *bytes.Buffer, clock *time.Time) {
	out = &bytes.Buffer{}
	now := time.Date(2024, 5, 1, 0, 0, 0, 0, time.UTC)
	clock = &now
	log := slog.New(slog.NewTextHandler(out, &slog.HandlerOptions{ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
		if a.Key == slog.TimeKey {
			return slog.Attr{}
		}
		return a
	}}))
	return New(Options{Log: log, Label: "loading", Unit: "rows", Total: total, Now: func() time.Time { return *clock }}), out, clock
}

func TestLogsEveryTenSecondsAndAtTheEnd(t *testing.T) {
	p, out, clock := newLogged(100)
	p.Add(10)
	*clock = clock.Add(9 * time.Second)
	p.Add(10)
	assert.Empty(t, out.String())
	*clock = clock.Add(time.Second)
	p.Add(20)
	p.Add(10)
	*clock = clock.Add(3 * time.Second)
	p.Done()
	p.Done()
	p.Add(1)
	assert.Equal(t, []string{
		"level=INFO msg=progress work=loading rows=40 of=100 per_second=4 remaining=15s elapsed=10s",
		"level=INFO msg=progress work=loading rows=50 of=100 per_second=3 elapsed=13s",
	}, strings.Split(strings.TrimSpace(out.String()), "\n"))
}

func TestShortWorkIsSilent(t *testing.T) {
	p, out, _ := newLogged(0)
	p.Add(10)
	p.Done()
	assert.Empty(t, out.String())
}

func TestUnknownTotal(t *testing.T) {
	p, out, clock := newLogged(0)
	*clock = clock.Add(10 * time.Second)
	p.Add(10)
	assert.Equal(t, "level=INFO msg=progress work=loading rows=10 per_second=1 elapsed=10s\n", out.String())
	p.SetTotal(20)
	*clock = clock.Add(10 * time.Second)
	p.Add(5)
	assert.Contains(t, out.String(), "rows=15 of=20 per_second=0 remaining=7s elapsed=20s")
}

func TestNilAndSilent(t *testing.T) {
	var p *Progress
	p.Add(1)
	p.SetTotal(2)
	p.Done()
	silent := New(Options{})
	silent.Add(1)
	silent.Done()
}

func TestBar(t *testing.T) {
	var out bytes.Buffer
	for _, unit := range []string{"bytes", "rows"} {
		p := New(Options{Out: &out, Terminal: true, Label: "loading", Unit: unit})
		p.SetTotal(100)
		p.Add(50)
		p.Add(60) // a file may grow while it is read
		p.Done()
		p.Done()
		assert.Contains(t, out.String(), "loading")
		out.Reset()
	}
}
