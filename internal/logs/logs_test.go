package logs

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/stretchr/testify/assert"
)

// newLog is a log in JSON without times.
func newLog() (*slog.Logger, *bytes.Buffer) {
	out := &bytes.Buffer{}
	return slog.New(NewHandler(slog.NewJSONHandler(out, &slog.HandlerOptions{ReplaceAttr: func(groups []string, a slog.Attr) slog.Attr {
		if len(groups) == 0 && a.Key == slog.TimeKey {
			return slog.Attr{}
		}
		return a
	}}))), out
}

func TestLinesCarryWhatTheirContextKnows(t *testing.T) {
	log, out := newLog()
	run := With(t.Context(), slog.Int64("run_id", 7))
	stage := With(run, slog.String("stage", "alias"), slog.Int("attempt", 1))
	again := With(stage, slog.Int("attempt", 2))
	log.InfoContext(t.Context(), "a")
	log.InfoContext(run, "b", "stage", "its own")
	log.InfoContext(again, "c", "stage", "its own")
	log.InfoContext(stage, "d", "rows", 3)
	From(again, log).Info("e")
	assert.Equal(t, `{"level":"INFO","msg":"a"}
{"level":"INFO","msg":"b","run_id":7,"stage":"its own"}
{"level":"INFO","msg":"c","run_id":7,"attempt":2,"stage":"its own"}
{"level":"INFO","msg":"d","run_id":7,"stage":"alias","attempt":1,"rows":3}
{"level":"INFO","msg":"e","run_id":7,"stage":"alias","attempt":2}
`, out.String())
}

// secretive is a value that shows itself as text only when it is logged.
type secretive struct{}

// LogValue is the text.
func (secretive) LogValue() slog.Value { return slog.StringValue("user:hunter2") }

func TestSecretsAndPersonsAreNotLogged(t *testing.T) {
	log, out := newLog()
	log = log.With("url", "postgres://etl:hunter2@db/x", "error", errors.New("password=hunter2"))
	log.WithGroup("g").With("a", "user:hunter2").LogAttrs(context.Background(), slog.LevelWarn, "of hunter2@example.com",
		slog.Any("list", []string{"anon:hunter2"}), slog.Any("value", secretive{}), slog.Group("in", slog.Any("error", fmt.Errorf(`value "hunter2"`))),
		slog.Int("rows", 5), slog.Duration("took", time.Second), slog.Bool("full", true))
	assert.NotContains(t, out.String(), "hunter2")
	assert.Equal(t, `{"level":"WARN","msg":"of [hidden]","url":"postgres://[hidden]@db/x","error":"password=[hidden]","g":{"a":"[hidden]",`+
		`"list":"[[hidden]","value":"[hidden]","in":{"error":"value \"[hidden]\""},"rows":5,"took":1000000000,"full":true}}`+"\n", out.String())
}

func TestErrorsOfPostgresCarryTheirCode(t *testing.T) {
	log, out := newLog()
	log.Error("x", "error", fmt.Errorf("stage alias: %w", &pgconn.PgError{Severity: "ERROR", Message: "canceling statement", Code: "57014"}))
	log.Error("y", "error", errors.New("elsewhere"))
	assert.Equal(t, `{"level":"ERROR","msg":"x","sqlstate":"57014","error":"stage alias: ERROR: canceling statement (SQLSTATE 57014)"}
{"level":"ERROR","msg":"y","error":"elsewhere"}
`, out.String())
	assert.Empty(t, SQLState(nil))
}

func TestRedact(t *testing.T) {
	for _, secret := range []string{
		"postgres://etl:hunter2@db/x", "password=hunter2", "PGPASSWORD='hunter2 hunter2'", `{"token": "hunter2"}`,
		"user:hunter2", `person "hunter2": no such`, `invalid input syntax for type uuid: "hunter2 "hunter2" x" (SQLSTATE 22P02)`,
		`value "hunter2" is out of range`, "Key (user_id, at)=(hunter2, (2)) already exists", "mail to hunter2@mail.example.com, hunter2%40mail.example.com",
		"attribution run --person hunter2 --person=anon:hunter2 --person 'hunter2 x' --stage alias",
	} {
		assert.NotContains(t, Redact(secret), "hunter2")
		assert.Contains(t, Redact(secret), Hidden)
	}
	assert.Equal(t, "of "+Hidden, Redact("of 6ba7b810-9dad-11d1-80b4-00c04fd430c8"))
	assert.True(t, strings.HasSuffix(Redact("attribution run --person hunter2 --stage alias"), "--stage alias"))
	for _, harmless := range []string{
		`ERROR: relation "events" does not exist (SQLSTATE 42P01)`,
		"failed to connect to `user=etl database=x`: 127.0.0.1:5432 (localhost): dial error",
		"FATAL: password authentication failed for user \"etl\"",
		"attribution run --stage alias --month 2026-03",
	} {
		assert.Equal(t, harmless, Redact(harmless))
	}
}
