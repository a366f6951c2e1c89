// Package logs is what every line of the log goes through, whatever its format: the
// run, stage and attempt it belongs to are added, and secrets and identifiers of
// persons are blotted out.
package logs

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
)

// attrsKey is where a context holds attributes.
type attrsKey struct{}

// With is ctx with further attributes for the lines logged with it. Of two with one
// name the later wins, and a line's own wins over both.
func With(ctx context.Context, attrs ...slog.Attr) context.Context {
	return context.WithValue(ctx, attrsKey{}, merge(attrsOf(ctx), attrs))
}

// From is log with the attributes of ctx, for those who log without one.
func From(ctx context.Context, log *slog.Logger) *slog.Logger {
	return slog.New(log.Handler().WithAttrs(attrsOf(ctx)))
}

func attrsOf(ctx context.Context) []slog.Attr {
	attrs, _ := ctx.Value(attrsKey{}).([]slog.Attr)
	return attrs
}

// merge is first without the names more has, and then more.
func merge(first, more []slog.Attr) []slog.Attr {
	return append(slices.DeleteFunc(slices.Clone(first), func(a slog.Attr) bool {
		return slices.ContainsFunc(more, func(b slog.Attr) bool { return a.Key == b.Key })
	}), more...)
}

// SQLState is the code Postgres gave an error, such as 57014; "" when it comes from
// elsewhere.
func SQLState(err error) string {
	var coded interface{ SQLState() string } // *pgconn.PgError
	if errors.As(err, &coded) {
		return coded.SQLState()
	}
	return ""
}

// NewHandler is h with each line's message and attributes redacted, those of its
// context added, and an attribute sqlstate beside an error that comes from Postgres.
func NewHandler(h slog.Handler) slog.Handler { return handler{h} }

type handler struct{ slog.Handler }

// Handle redacts a line and passes it on.
func (h handler) Handle(ctx context.Context, r slog.Record) error {
	var own []slog.Attr
	r.Attrs(func(a slog.Attr) bool {
		own = append(own, a)
		return true
	})
	line := slog.NewRecord(r.Time, r.Level, Redact(r.Message), r.PC)
	line.AddAttrs(redacted(merge(attrsOf(ctx), own))...)
	return h.Handler.Handle(ctx, line)
}

// WithAttrs is the handler with further attributes, redacted.
func (h handler) WithAttrs(attrs []slog.Attr) slog.Handler {
	return handler{h.Handler.WithAttrs(redacted(attrs))}
}

// WithGroup is the handler with a group opened.
func (h handler) WithGroup(name string) slog.Handler { return handler{h.Handler.WithGroup(name)} }

// redacted are attributes fit for a log: texts, and whatever is no number, time or
// flag, without what Redact knows.
func redacted(attrs []slog.Attr) []slog.Attr {
	fit := make([]slog.Attr, 0, len(attrs)+1)
	for _, a := range attrs {
		value := a.Value.Resolve()
		switch value.Kind() {
		case slog.KindString:
			value = slog.StringValue(Redact(value.String()))
		case slog.KindGroup:
			value = slog.GroupValue(redacted(value.Group())...)
		case slog.KindAny:
			if err, ok := value.Any().(error); ok {
				if state := SQLState(err); state != "" {
					fit = append(fit, slog.String("sqlstate", state))
				}
			}
			value = slog.StringValue(Redact(fmt.Sprint(value.Any())))
		default: // numbers, times, flags
		}
		fit = append(fit, slog.Attr{Key: a.Key, Value: value})
	}
	return fit
}
