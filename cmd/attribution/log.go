package main

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"sync"

	"github.com/attribution-dev/attribution/internal/logs"
)

// newLog makes the program's log: what logs.NewHandler says holds for both formats.
func newLog(w io.Writer, format string, level slog.Level) *slog.Logger {
	if format == "json" {
		return slog.New(logs.NewHandler(slog.NewJSONHandler(w, &slog.HandlerOptions{Level: level})))
	}
	h := &lineHandler{out: w, mu: &sync.Mutex{}, buffer: &bytes.Buffer{}}
	h.attrs = slog.NewTextHandler(h.buffer, &slog.HandlerOptions{Level: level, ReplaceAttr: dropHead})
	return slog.New(logs.NewHandler(h))
}

// A lineHandler writes "18:04:05 WARN stage failed, trying again stage=alias": a log
// that people read.
type lineHandler struct {
	out    io.Writer
	mu     *sync.Mutex
	buffer *bytes.Buffer
	attrs  slog.Handler // writes the attributes to buffer
}

// dropHead takes out what the handler writes itself.
func dropHead(groups []string, a slog.Attr) slog.Attr {
	if len(groups) == 0 && (a.Key == slog.TimeKey || a.Key == slog.LevelKey || a.Key == slog.MessageKey) {
		return slog.Attr{}
	}
	return a
}

// Enabled reports whether the level is written.
func (h *lineHandler) Enabled(ctx context.Context, l slog.Level) bool { return h.attrs.Enabled(ctx, l) }

// Handle writes one line.
func (h *lineHandler) Handle(ctx context.Context, r slog.Record) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.buffer.Reset()
	if err := h.attrs.Handle(ctx, r); err != nil {
		return err
	}
	line := r.Time.Format("15:04:05 ")
	if r.Level != slog.LevelInfo {
		line += r.Level.String() + " "
	}
	line += r.Message
	if h.buffer.Len() > 1 {
		line += " "
	}
	_, err := io.WriteString(h.out, line+h.buffer.String())
	return err
}

// WithAttrs is the handler with further attributes.
func (h *lineHandler) WithAttrs(attrs []slog.Attr) slog.Handler {
	other := *h
	other.attrs = h.attrs.WithAttrs(attrs)
	return &other
}

// WithGroup is the handler with a group opened.
func (h *lineHandler) WithGroup(name string) slog.Handler {
	other := *h
	other.attrs = h.attrs.WithGroup(name)
	return &other
}
