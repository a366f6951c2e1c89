package main

import (
	"context"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"

	"github.com/spf13/cobra"

	"github.com/attribution-dev/attribution/internal/segment"
)

// loadOptions are the flags of load.
type loadOptions struct {
	schema string
	strict bool
	paths  []string
}

const loadLong = `Writes Segment's raw JSON messages (track, page, screen, identify, alias, group; one
a line, or arrays of them) into tables shaped exactly as Segment's own warehouse
loader writes them: a schema a source. FILE is a .jsonl or .json file, gzipped or
not, a folder of them, or - for standard input.

A message loaded before is left out, so that loading a file twice loads it once. A bad
line never fails a file: it is counted, and shown with its place.`

// newLoadCmd makes "attribution load".
func newLoadCmd(g *globals) *cobra.Command {
	o := &loadOptions{}
	cmd := &cobra.Command{
		Use:   "load --schema NAME FILE...",
		Short: "Load Segment's raw JSON into Segment-shaped tables",
		Long:  loadLong,
		Example: `  attribution load --schema website events.jsonl.gz
  attribution load --schema app --strict archive/2024/
  aws s3 cp s3://segment-logs/x.gz - | gunzip | attribution load --schema website -`,
		RunE: func(cmd *cobra.Command, args []string) error {
			o.paths = args
			return g.load(cmd.Context(), o)
		},
	}
	cmd.Flags().StringVar(&o.schema, "schema", "", "the schema to write to, made where it is missing: the source's `name`")
	cmd.Flags().BoolVar(&o.strict, "strict", false, "exit with 5 when anything was not loaded as it stood")
	return cmd
}

func (g *globals) load(ctx context.Context, o *loadOptions) error {
	if o.schema == "" {
		return usagef("load needs --schema: the schema to write to, such as --schema website")
	}
	if err := segment.CheckSchema(o.schema); err != nil {
		return usagef("--schema: %w", err)
	}
	if len(o.paths) == 0 {
		return usagef("load needs a FILE, a folder, or - for standard input")
	}
	c, stop, err := g.configure(ctx)
	if err != nil {
		return err
	}
	defer stop()
	for key, ours := range map[string]string{"segment": c.Schemas.Segment, "stages": c.Schemas.Stages, "sessions": c.Schemas.Sessions, "aliases": c.Schemas.Aliases, "ops": c.Schemas.Ops} {
		if o.schema == ours {
			return usagef("--schema %s: that is where our own tables live (schemas.%s): load into another, such as --schema website", ours, key)
		}
	}
	pool, err := g.connect(ctx, c)
	if err != nil {
		return err
	}
	defer pool.Close()
	conn, err := pool.Acquire(ctx)
	if err != nil {
		return err
	}
	defer conn.Release()
	bar := g.progress("loading", "bytes", sizeOf(o.paths))
	report, err := segment.Load(ctx, segment.LoadOptions{
		Conn: conn.Conn(), Schema: o.schema, Paths: o.paths, Stdin: g.in, Progress: bar, Now: g.now,
		OnBad: func(b segment.BadLine) { fmt.Fprintln(g.err, b) },
	})
	bar.Done()
	if err != nil && report.Lines == 0 {
		return err
	}
	if printErr := g.printLoad(o.schema, &report, err); printErr != nil {
		return printErr
	}
	return loadOutcome(&report, err, o.strict)
}

// loadOutcome is the error a load ends with.
func loadOutcome(r *segment.LoadReport, err error, strict bool) error {
	switch {
	case err != nil:
		return fmt.Errorf("%w: what was committed is kept: load the same files again to go on", err)
	case len(r.FileErrors) == 1:
		return fmt.Errorf("%w: the rest is loaded; mend the file and load it again", r.FileErrors[0])
	case len(r.FileErrors) > 1:
		return fmt.Errorf("%s could not be read to their end, the first of them %w: the rest is loaded; mend them and load them again", plural(len(r.FileErrors), "file"), r.FileErrors[0])
	case strict && r.HasWarnings():
		return &warnedError{"not everything was loaded as it stood, under --strict: see above; the rest is loaded"}
	}
	return nil
}

// sizeOf is the size of the files, 0 where it cannot be known.
func sizeOf(paths []string) (total int64) {
	for _, p := range paths {
		if p == "-" {
			return 0
		}
		err := filepath.WalkDir(p, func(_ string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() {
				return err
			}
			info, err := d.Info()
			if err == nil && info.Mode()&os.ModeSymlink != 0 {
				info, err = os.Stat(p)
			}
			if err == nil {
				total += info.Size()
			}
			return err
		})
		if err != nil {
			return 0 // the loader says what is wrong
		}
	}
	return total
}

// A loadResult is the JSON result of load.
type loadResult struct {
	Schema        string           `json:"schema"`
	Files         int              `json:"files"`
	SkippedFiles  int              `json:"skipped_files"`
	Lines         int64            `json:"lines"`
	Messages      int64            `json:"messages"`
	Rows          map[string]int64 `json:"rows"`
	Duplicates    map[string]int64 `json:"duplicates"`
	BadLines      map[string]int64 `json:"bad_lines"`
	BadFields     map[string]int64 `json:"bad_fields"`
	Misfits       map[string]int64 `json:"misfits"`
	NoEventTable  map[string]int64 `json:"no_event_table"`
	MadeUpIDs     int64            `json:"made_up_ids"`
	NoReceivedAt  int64            `json:"no_received_at"`
	DroppedValues int64            `json:"dropped_values"`
	FileErrors    []string         `json:"file_errors"`
	Seconds       float64          `json:"seconds"`
	Error         string           `json:"error,omitempty"`
}

// printLoad prints what a load did.
func (g *globals) printLoad(schema string, r *segment.LoadReport, err error) error {
	if g.json() {
		result := loadResult{
			Schema: schema, Files: r.Files, SkippedFiles: r.SkippedFiles, Lines: r.Lines, Messages: r.Messages, Rows: r.Rows, Duplicates: r.Duplicates,
			BadLines: map[string]int64{}, BadFields: r.BadFields, Misfits: r.Misfits, NoEventTable: r.NoEventTable, MadeUpIDs: r.MadeUpIDs,
			NoReceivedAt: r.NoReceivedAt, DroppedValues: r.DroppedValues, FileErrors: []string{}, Seconds: r.Duration.Seconds(), Error: text(err),
		}
		for reason, n := range r.BadLines {
			result.BadLines[string(reason)] = n
		}
		for _, e := range r.FileErrors {
			result.FileErrors = append(result.FileErrors, e.Error())
		}
		return g.printJSON(result)
	}
	var rows [][]string
	tables := map[string]bool{}
	for _, m := range []map[string]int64{r.Rows, r.Duplicates} {
		for t := range m {
			tables[t] = true
		}
	}
	for _, t := range slices.Sorted(maps.Keys(tables)) {
		rows = append(rows, []string{schema + "." + t, count(r.Rows[t]), count(r.Duplicates[t])})
	}
	if len(rows) == 0 {
		fmt.Fprintln(g.out, "Nothing was loaded.")
	} else {
		g.printTable([]column{{title: "table"}, {title: "rows added", right: true}, {title: "there already", right: true}}, rows)
	}
	g.printLoadTroubles(r)
	g.title("%s and %s from %s in %s.", plural(r.Lines, "line"), plural(r.Messages, "message"), plural(r.Files, "file"), took(r.Duration))
	if err == nil && len(rows) > 0 {
		fmt.Fprintln(g.out, "Next: "+g.command("run"))
	}
	return nil
}

// printLoadTroubles prints what was not loaded as it stood.
func (g *globals) printLoadTroubles(r *segment.LoadReport) {
	var rows [][]string
	add := func(n int64, what string) {
		if n > 0 {
			rows = append(rows, []string{count(n), what})
		}
	}
	for _, reason := range slices.Sorted(maps.Keys(r.BadLines)) {
		add(r.BadLines[reason], "bad lines left out: "+string(reason))
	}
	for _, field := range slices.Sorted(maps.Keys(r.BadFields)) {
		add(r.BadFields[field], "unusable values of "+field+", taken as absent")
	}
	for _, c := range slices.Sorted(maps.Keys(r.Misfits)) {
		add(r.Misfits[c], "values that do not fit the type of "+c+", taken as NULL")
	}
	for _, reason := range slices.Sorted(maps.Keys(r.NoEventTable)) {
		add(r.NoEventTable[reason], "track calls in tracks only: "+reason)
	}
	add(r.DroppedValues, "values beyond the width of a table or row, left out")
	add(r.MadeUpIDs, "messages without a messageId, given one made of their content")
	add(r.NoReceivedAt, "messages without receivedAt, given the time of loading")
	add(r.Repairs.NULs, "NUL characters removed")
	add(r.Repairs.BadUnicode, "bytes that are no UTF-8 replaced")
	add(int64(r.SkippedFiles), "files of other kinds passed over")
	if len(rows) > 0 {
		g.title("Noticed:")
		g.printTable([]column{{right: true}, {}}, rows)
	}
}
