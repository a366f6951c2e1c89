// Package progress shows how far long work has come: a bar on a terminal, a log
// line now and then elsewhere.
package progress

import (
	"io"
	"log/slog"
	"sync"
	"time"

	"github.com/schollz/progressbar/v3"
)

// DefaultEvery is the time between two log lines.
const DefaultEvery = 10 * time.Second

// Options say what is counted and where it is shown.
type Options struct {
	Out      io.Writer        // where the bar is drawn
	Terminal bool             // Out is a terminal: draw a bar, else log
	Log      *slog.Logger     // where lines go without a terminal; nil: nowhere
	Label    string           // what is being done, such as "loading"
	Unit     string           // what is counted: "bytes", "rows", …
	Total    int64            // how many there are; 0: unknown
	Now      func() time.Time // the clock; nil: nothing is shown
	Every    time.Duration    // between two log lines; defaults to DefaultEvery
}

// A Progress counts work done. It is safe for use by several goroutines, and a nil
// Progress does nothing, so that libraries may always call one.
type Progress struct {
	options Options
	bar     *progressbar.ProgressBar

	mu     sync.Mutex
	done   int64
	start  time.Time
	last   time.Time // of the latest log line
	logged bool
	ended  bool
}

// New begins to count.
func New(o Options) *Progress {
	if o.Every <= 0 {
		o.Every = DefaultEvery
	}
	p := &Progress{options: o}
	if o.Now != nil {
		p.start = o.Now()
		p.last = p.start
	}
	if o.Terminal && o.Out != nil {
		p.bar = newBar(o)
	}
	return p
}

func newBar(o Options) *progressbar.ProgressBar {
	total := o.Total
	if total <= 0 {
		total = -1 // a spinner
	}
	settings := []progressbar.Option{
		progressbar.OptionSetWriter(o.Out),
		progressbar.OptionSetDescription(o.Label),
		progressbar.OptionThrottle(100 * time.Millisecond),
		progressbar.OptionSetPredictTime(true),
		progressbar.OptionShowCount(),
		progressbar.OptionClearOnFinish(),
		progressbar.OptionSetWidth(30),
		progressbar.OptionSetSpinnerChangeInterval(0), // else a goroutine draws for ever
	}
	if o.Unit == "bytes" {
		settings = append(settings, progressbar.OptionShowBytes(true))
	} else {
		settings = append(settings, progressbar.OptionShowIts(), progressbar.OptionSetItsString(o.Unit))
	}
	return progressbar.NewOptions64(total, settings...)
}

// Add counts n more.
func (p *Progress) Add(n int64) {
	if p == nil {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.ended {
		return
	}
	p.done += n
	if p.bar != nil {
		_ = p.bar.Add64(n)
		return
	}
	if p.options.Log == nil || p.options.Now == nil {
		return
	}
	if now := p.options.Now(); now.Sub(p.last) >= p.options.Every {
		p.last, p.logged = now, true
		p.log(now)
	}
}

// SetTotal says how many there are, once it is known; 0 is unknown.
func (p *Progress) SetTotal(total int64) {
	if p == nil {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.options.Total = total
	if p.bar != nil && total > 0 && !p.ended {
		p.bar.ChangeMax64(total)
	}
}

// Done ends counting: the bar is taken away, or, when the work took long enough for
// a line to have been logged, a last line is. Calling it again does nothing.
func (p *Progress) Done() {
	if p == nil {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.ended {
		return
	}
	p.ended = true
	if p.bar != nil {
		_ = p.bar.Clear()
		_ = p.bar.Exit()
		return
	}
	if p.options.Log == nil || p.options.Now == nil {
		return
	}
	if now := p.options.Now(); p.logged || now.Sub(p.start) >= p.options.Every {
		p.log(now)
	}
}

// log writes one line: how many, of how many, how fast, how long still.
func (p *Progress) log(now time.Time) {
	elapsed := now.Sub(p.start)
	attrs := []any{slog.String("work", p.options.Label), slog.Int64(p.options.Unit, p.done)}
	if total := p.options.Total; total > 0 {
		attrs = append(attrs, slog.Int64("of", total))
	}
	if elapsed > 0 {
		rate := float64(p.done) / elapsed.Seconds()
		attrs = append(attrs, slog.Int64("per_second", int64(rate)))
		if left := p.options.Total - p.done; left > 0 && rate > 0 && !p.ended {
			attrs = append(attrs, slog.Duration("remaining", time.Duration(float64(left)/rate*float64(time.Second)).Round(time.Second)))
		}
	}
	attrs = append(attrs, slog.Duration("elapsed", elapsed.Round(time.Second)))
	p.options.Log.Info("progress", attrs...)
}
