package segment

import (
	"bufio"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/attribution-dev/attribution/internal/progress"
)

// inputExtensions are the names of files taken from folders. A file named on the
// command line is taken whatever its name.
var inputExtensions = []string{".jsonl", ".json", ".ndjson", ".log", ".gz"}

// bufferBytes is how much of a file is read at a time, and the longest line that
// needs no buffer of its own.
const bufferBytes = 256 << 10

// An input is one file to be read.
type input struct {
	path string
	size int64 // on disk; 0 for standard input
}

// inputs lists the files the paths mean, folders recursively in the order of their
// names, hidden files left out.
func inputs(paths []string) (list []input, skipped int, err error) {
	if len(paths) == 0 {
		return nil, 0, errors.New("no files to load: name files or folders, or - for standard input")
	}
	for _, path := range paths {
		if path == "-" {
			list = append(list, input{path: path})
			continue
		}
		info, err := os.Stat(path)
		if err != nil {
			return nil, 0, fmt.Errorf("cannot load: %w", err)
		}
		if !info.IsDir() {
			list = append(list, input{path, info.Size()})
			continue
		}
		err = filepath.WalkDir(path, func(name string, d fs.DirEntry, err error) error {
			if err != nil {
				return err
			}
			hidden := strings.HasPrefix(d.Name(), ".") && name != path
			switch {
			case d.IsDir() && hidden:
				return fs.SkipDir
			case d.IsDir():
				return nil
			case hidden || !slices.Contains(inputExtensions, strings.ToLower(filepath.Ext(name))):
				skipped++
				return nil
			}
			info, err := os.Stat(name) // of what a link points to
			if err != nil {
				return err
			}
			if info.Mode().IsRegular() {
				list = append(list, input{name, info.Size()})
			}
			return nil
		})
		if err != nil {
			return nil, 0, fmt.Errorf("cannot load: %w", err)
		}
	}
	return list, skipped, nil
}

// A counter counts what is read through it.
type counter struct {
	r        io.Reader
	n        int64
	progress *progress.Progress
}

func (c *counter) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.n += int64(n)
	c.progress.Add(int64(n))
	return n, err
}

// read yields the JSON texts of one input and returns how many bytes of JSON it
// held. Gzip is known by its content. The error is one of reading.
func (in input) read(stdin io.Reader, p *progress.Progress, yield func(rawLine) bool) (int64, error) {
	from := stdin
	if in.path != "-" {
		file, err := os.Open(in.path)
		if err != nil {
			return 0, err
		}
		defer file.Close()
		from = file
	}
	if from == nil {
		return 0, errors.New("no standard input")
	}
	buffered := bufio.NewReaderSize(&counter{r: from, progress: p}, bufferBytes)
	plain := &counter{r: buffered}
	if magic, _ := buffered.Peek(2); len(magic) == 2 && magic[0] == 0x1f && magic[1] == 0x8b {
		unzip, err := gzip.NewReader(buffered)
		if err != nil {
			return 0, fmt.Errorf("gzip: %w", err)
		}
		defer unzip.Close()
		plain.r = unzip
	}
	err := newSplitter(plain).each(yield)
	if err != nil && plain.r != buffered {
		err = fmt.Errorf("gzip, kept what came before: %w", err)
	}
	return plain.n, err
}
