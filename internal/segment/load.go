package segment

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/jackc/pgx/v5"
	"golang.org/x/sync/errgroup"

	"github.com/attribution-dev/attribution/internal/progress"
)

// LoadOptions say what to load and where.
type LoadOptions struct {
	// Conn is used by the load alone while it lasts. A cancelled load may leave it
	// closed.
	Conn *pgx.Conn
	// Schema is made where it is missing. Any name is allowed that Postgres keeps
	// whole and does not reserve.
	Schema string
	// Paths are files, folders (searched for .jsonl .json .ndjson .log .gz), and
	// "-" for Stdin.
	Paths []string
	Stdin io.Reader
	// LoadedAt is the uuid_ts of the rows. Defaults to the database's clock, asked
	// once for each batch.
	LoadedAt time.Time
	// BatchBytes and BatchRows bound what one transaction writes. Default 8 MiB and
	// 50,000 rows, of all tables together.
	BatchBytes, BatchRows int
	// OnBad is shown the first MaxBad bad lines, as they are met. MaxBad defaults to
	// 20. All are counted in the report.
	OnBad  func(BadLine)
	MaxBad int
	// Progress counts the bytes read, as they are on disk. It may be nil.
	Progress *progress.Progress
	// Now is the clock of the report's Duration. It may be nil: none.
	Now func() time.Time
}

// CheckSchema refuses names no schema can have, and those that are Postgres' own.
func CheckSchema(name string) error {
	switch {
	case name == "":
		return errors.New("the schema needs a name")
	case len(name) > MaxNameBytes:
		return fmt.Errorf("schema name %q is longer than the %d bytes Postgres keeps", name, MaxNameBytes)
	case strings.ContainsRune(name, 0) || !utf8.ValidString(name):
		return fmt.Errorf("schema name %q holds a NUL or bad UTF-8", name)
	case strings.HasPrefix(strings.ToLower(name), "pg_") || strings.EqualFold(name, "information_schema"):
		return fmt.Errorf("schema name %q is reserved by Postgres", name)
	}
	return nil
}

// Load reads raw Segment messages and writes them into tables shaped as Segment
// shapes them, batch by batch, each batch committed. A row whose id is there
// already is left as it is, so loading a file twice loads it once.
//
// No bad line fails a load: lines that cannot be taken in, and values that fit no
// column, are counted in the report. The error is one of the database, of a path
// that does not exist, or the context's; the report then holds what was committed.
func Load(ctx context.Context, o LoadOptions) (LoadReport, error) {
	report := LoadReport{
		Rows: map[string]int64{}, Duplicates: map[string]int64{}, BadLines: map[Reason]int64{},
		BadFields: map[string]int64{}, Misfits: map[string]int64{}, NoEventTable: map[string]int64{},
	}
	o.defaults()
	if err := CheckSchema(o.Schema); err != nil {
		return report, err
	}
	files, skipped, err := inputs(o.Paths)
	if err != nil {
		return report, err
	}
	report.SkippedFiles = skipped
	start := o.Now()
	w := &writer{conn: o.Conn, schema: o.Schema, loadedAt: o.LoadedAt, report: &report}
	if err := w.lock(ctx); err != nil {
		return report, err
	}
	defer w.unlock(ctx)
	existing, err := relations(ctx, o.Conn, o.Schema)
	if err != nil {
		return report, err
	}
	state, err := newSchemaState(o.Schema, existing)
	if err != nil {
		return report, err
	}
	err = o.run(ctx, files, state, w)
	report.Duration = o.Now().Sub(start)
	return report, err
}

func (o *LoadOptions) defaults() {
	if o.BatchBytes <= 0 {
		o.BatchBytes = 8 << 20
	}
	if o.BatchRows <= 0 {
		o.BatchRows = 50_000
	}
	if o.MaxBad <= 0 {
		o.MaxBad = 20
	}
	if o.Now == nil {
		o.Now = func() time.Time { return time.Time{} }
	}
}

// run reads and writes side by side: while one batch is written the next is made.
func (o *LoadOptions) run(ctx context.Context, files []input, state *schemaState, w *writer) error {
	total := int64(0)
	for _, f := range files {
		if f.path == "-" {
			total = 0
			break
		}
		total += f.size
	}
	o.Progress.SetTotal(total)

	group, ctx := errgroup.WithContext(ctx)
	full, empty := make(chan *batch), make(chan *batch, 2)
	empty <- &batch{}
	empty <- &batch{}
	r := &reader{options: o, parser: newParser(state), counts: LoadReport{BadLines: map[Reason]int64{}}}
	group.Go(func() error {
		defer close(full)
		return r.files(ctx, files, full, empty)
	})
	group.Go(func() error {
		for b := range full {
			if err := w.write(ctx, b); err != nil {
				return err
			}
			empty <- b // never waits: there are but two
		}
		return nil
	})
	err := group.Wait()
	w.report.take(r.parser)
	c := &r.counts
	w.report.Files, w.report.Bytes, w.report.Lines = c.Files, c.Bytes, c.Lines
	w.report.BadLines, w.report.FileErrors = c.BadLines, c.FileErrors
	return err
}

// A reader turns files into batches.
type reader struct {
	options *LoadOptions
	parser  *parser
	counts  LoadReport // the part of the report that comes from reading
	shown   int
}

func (r *reader) files(ctx context.Context, files []input, full chan<- *batch, empty <-chan *batch) error {
	for _, in := range files {
		var failed error
		n, err := in.read(r.options.Stdin, r.options.Progress, func(l rawLine) bool {
			r.line(in.path, l)
			if r.counts.Lines%1024 == 0 && ctx.Err() != nil {
				failed = ctx.Err()
			} else if r.isFull() {
				failed = r.send(ctx, full, empty)
			}
			return failed == nil
		})
		if failed != nil {
			return failed
		}
		r.counts.Files++
		r.counts.Bytes += n
		if err != nil {
			r.counts.FileErrors = append(r.counts.FileErrors, FileError{in.path, err})
		}
	}
	return r.send(ctx, full, empty)
}

func (r *reader) line(file string, l rawLine) {
	r.counts.Lines++
	bad := func(reason Reason, detail string) {
		r.counts.BadLines[reason]++
		if r.shown < r.options.MaxBad && r.options.OnBad != nil {
			r.shown++
			r.options.OnBad(BadLine{File: file, Line: l.line, Reason: reason, Detail: detail})
		}
	}
	if l.tooLong {
		bad(TooLong, "")
		return
	}
	r.parser.line(l.text, bad)
}

// isFull reports whether the rows met so far make a batch.
func (r *reader) isFull() bool {
	s := r.parser.schema
	return s.pendingBytes >= r.options.BatchBytes || s.pendingRows >= r.options.BatchRows
}

func (r *reader) send(ctx context.Context, full chan<- *batch, empty <-chan *batch) error {
	var b *batch
	select {
	case b = <-empty:
	case <-ctx.Done():
		return ctx.Err()
	}
	r.parser.schema.take(b)
	if len(b.tables) == 0 {
		return nil
	}
	select {
	case full <- b:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
