package simulate

import (
	"bufio"
	"compress/gzip"
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
)

// A FileOption changes how [World.WriteFiles] writes.
type FileOption func(*fileWriter)

// Gzip compresses the files, whose names then end in .gz.
func Gzip() FileOption { return func(f *fileWriter) { f.gzip = true } }

// WriteFiles writes the rows loaded on the days [fromDay, toDay) as raw Segment
// messages, one a line, into one file a source and day:
// dir/website/2024-01-01.jsonl, or .jsonl.gz. Duplicates are always among them. A
// day's file is written even where it is empty, and replaces one of its name only
// once it is whole. Progress, where not nil, is called after each day with the number
// of messages so far.
func (w *World) WriteFiles(ctx context.Context, dir string, fromDay, toDay int, progress func(messages int64), options ...FileOption) error {
	if err := w.checkSpan(fromDay, toDay); err != nil {
		return err
	}
	f := &fileWriter{w: w, dir: dir, progress: progress}
	for _, o := range options {
		o(f)
	}
	err := f.write(ctx, fromDay, toDay)
	for _, out := range f.open { // only those of a day that was not ended
		out.discard()
	}
	if err != nil {
		return fmt.Errorf("simulate: writing files: %w", err)
	}
	return nil
}

// A fileWriter writes the files of one day after the other.
type fileWriter struct {
	w        *World
	dir      string
	gzip     bool
	progress func(int64)
	open     []*outFile // of the day, by source
	line     []byte
	messages int64
}

// write writes the files of the days.
func (f *fileWriter) write(ctx context.Context, fromDay, toDay int) error {
	today := fromDay
	err := f.w.Each(ctx, fromDay, toDay, func(day int, r *Row) error {
		for ; today < day; today++ {
			if err := f.endDay(today); err != nil {
				return err
			}
		}
		if err := f.begin(day); err != nil {
			return err
		}
		f.line = append(r.AppendJSON(f.line[:0]), '\n')
		f.messages++
		_, err := f.open[r.Source].Write(f.line)
		return err
	})
	for ; err == nil && today < toDay; today++ {
		err = f.endDay(today)
	}
	return err
}

// begin opens the day's files, unless they are open.
func (f *fileWriter) begin(day int) error {
	if len(f.open) > 0 {
		return nil
	}
	for _, source := range f.w.options.Sources {
		dir := filepath.Join(f.dir, source)
		if err := os.MkdirAll(dir, 0o755); err != nil {
			return err
		}
		name := filepath.Join(dir, f.w.Day(day).Format("2006-01-02")+".jsonl")
		out, err := createFile(name, f.gzip)
		if err != nil {
			return err
		}
		f.open = append(f.open, out)
	}
	return nil
}

// endDay closes the day's files, having made them where the day was empty.
func (f *fileWriter) endDay(day int) error {
	if err := f.begin(day); err != nil {
		return err
	}
	for len(f.open) > 0 {
		out := f.open[0]
		f.open = f.open[1:]
		if err := out.finish(); err != nil {
			return err
		}
	}
	if f.progress != nil {
		f.progress(f.messages)
	}
	return nil
}

// An outFile is a file that gets its name once it is whole.
type outFile struct {
	*bufio.Writer
	name string
	file *os.File
	zip  *gzip.Writer
}

// createFile begins a file; with zip its name gets .gz and its content is compressed.
func createFile(name string, zip bool) (*outFile, error) {
	if zip {
		name += ".gz"
	}
	file, err := os.Create(name + ".part")
	if err != nil {
		return nil, err
	}
	out := &outFile{name: name, file: file}
	var w io.Writer = file
	if zip {
		out.zip = gzip.NewWriter(file) // its header holds no time: the same rows give the same bytes
		w = out.zip
	}
	out.Writer = bufio.NewWriterSize(w, 64<<10)
	return out, nil
}

// finish closes the file and gives it its name.
func (f *outFile) finish() error {
	err := f.Flush()
	if f.zip != nil && err == nil {
		err = f.zip.Close()
	}
	if closeErr := f.file.Close(); err == nil {
		err = closeErr
	}
	if err != nil {
		_ = os.Remove(f.file.Name()) // what counts is the error before
		return err
	}
	return os.Rename(f.file.Name(), f.name)
}

// discard closes and removes the file.
func (f *outFile) discard() {
	_ = f.file.Close()
	_ = os.Remove(f.file.Name())
}
