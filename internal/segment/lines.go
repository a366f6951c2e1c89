package segment

import (
	"bufio"
	"bytes"
	"errors"
	"io"
)

// MaxLineBytes is the longest line, or the longest value of a document, that is
// read. Segment takes no event over 32 KB and no request over 500 KB; the limit
// is there so that a file without line ends cannot fill the memory.
const MaxLineBytes = 32 << 20

// errStop ends reading early; the caller knows why.
var errStop = errors.New("stop")

// A rawLine is one JSON text and where it began.
type rawLine struct {
	text    []byte // valid until the next; nil where it was too long
	line    int64  // from 1
	tooLong bool
}

// A splitter cuts a file into JSON texts: one a line, or, in a file that holds an
// array or values spread over several lines, one for each object.
type splitter struct {
	r     *bufio.Reader
	limit int
	long  []byte // a line, or a value of a document, that does not fit r's buffer
	line  int64  // the number of the next line
}

func newSplitter(r io.Reader) *splitter {
	return &splitter{r: bufio.NewReaderSize(r, bufferBytes), limit: MaxLineBytes}
}

var utf8BOM = []byte("\xEF\xBB\xBF")

// each calls yield for every text until it returns false. The error is that of
// reading; what came before it has been yielded, the unfinished last text too.
func (s *splitter) each(yield func(rawLine) bool) error {
	s.line = 1
	if head, _ := s.r.Peek(len(utf8BOM)); bytes.Equal(head, utf8BOM) {
		_, _ = s.r.Discard(len(utf8BOM))
	}
	for {
		c, err := s.r.ReadByte()
		if err != nil {
			return noEOF(err)
		}
		if c == '\n' {
			s.line++
		}
		if !isSpace(c) {
			break
		}
	}
	if err := s.r.UnreadByte(); err != nil {
		return err
	}
	var err error
	if s.isDocument() {
		err = s.values(yield)
	} else {
		err = s.lines(yield)
	}
	if errors.Is(err, errStop) {
		return nil
	}
	return noEOF(err)
}

// isDocument looks whether the first line is more than one message: it opens an
// array, or it ends where a JSON value cannot.
func (s *splitter) isDocument() bool {
	head, _ := s.r.Peek(4096)
	if head[0] == '[' {
		return true
	}
	first, _, hasMore := bytes.Cut(head, []byte("\n"))
	first = bytes.TrimRight(first, "\r\t ")
	if !hasMore || head[0] != '{' {
		return false
	}
	switch first[len(first)-1] {
	case '{', '[', ',', ':':
		return true
	}
	return false
}

// lines yields the lines that are not blank.
func (s *splitter) lines(yield func(rawLine) bool) error {
	for {
		text, tooLong, err := s.readLine()
		line := s.line
		s.line++
		text = bytes.TrimSpace(text)
		if n := len(text); n > 1 && text[n-1] == ',' && text[n-2] == '}' {
			text = text[:n-1] // lines of an array without its brackets
		}
		if (len(text) > 0 || tooLong) && !yield(rawLine{text, line, tooLong}) {
			return errStop
		}
		if err != nil {
			return err
		}
	}
}

// readLine reads up to the next line end. Of a line over the limit nothing is kept.
func (s *splitter) readLine() (text []byte, tooLong bool, err error) {
	text, err = s.r.ReadSlice('\n')
	if !errors.Is(err, bufio.ErrBufferFull) {
		return text, false, err
	}
	s.long = append(s.trimLong(), text...)
	for errors.Is(err, bufio.ErrBufferFull) {
		text, err = s.r.ReadSlice('\n')
		if tooLong = tooLong || len(s.long)+len(text) > s.limit; !tooLong {
			s.long = append(s.long, text...)
		}
	}
	if tooLong {
		return nil, true, err
	}
	return s.long, false, err
}

// trimLong is the empty buffer for a long text, let go of when it was enormous.
func (s *splitter) trimLong() []byte {
	if cap(s.long) > 4<<20 {
		s.long = nil
	}
	return s.long[:0]
}

// values yields the objects of a document: those of arrays at the top, and those
// that follow each other. What stands between them is skipped if it is white
// space, commas or brackets, else yielded as a text of its own up to the line's
// end, for the parser to refuse. A string that runs over the end of its line is no
// JSON: the text up to there is yielded, and reading goes on with the next line.
func (s *splitter) values(yield func(rawLine) bool) error {
	for {
		c, err := s.r.ReadByte()
		if err != nil {
			return err
		}
		switch {
		case c == '\n':
			s.line++
		case isSpace(c) || c == ',' || c == '[' || c == ']':
		default:
			line := s.line
			text, tooLong, err := s.value(c)
			if !yield(rawLine{text, line, tooLong}) {
				return errStop
			}
			if err != nil {
				return err
			}
		}
	}
}

// value reads the rest of a value whose first byte was c.
func (s *splitter) value(c byte) (text []byte, tooLong bool, err error) {
	s.long = s.trimLong()
	depth, inString, escaped := 0, false, false
	for {
		if tooLong = tooLong || len(s.long) >= s.limit; !tooLong {
			s.long = append(s.long, c)
		}
		if c == '\n' {
			s.line++
		}
		switch {
		case c == '\n' && (inString || depth == 0):
			return s.text(tooLong), tooLong, nil
		case escaped:
			escaped = false
		case inString:
			escaped, inString = c == '\\', c != '"'
		case c == '"':
			inString = true
		case c == '{' || c == '[':
			depth++
		case c == '}' || c == ']':
			if depth--; depth <= 0 {
				return s.text(tooLong), tooLong, nil
			}
		}
		if c, err = s.r.ReadByte(); err != nil {
			return s.text(tooLong), tooLong, err
		}
	}
}

func (s *splitter) text(tooLong bool) []byte {
	if tooLong {
		return nil
	}
	return bytes.TrimSpace(s.long)
}

func isSpace(c byte) bool { return c == ' ' || c == '\n' || c == '\r' || c == '\t' }

func noEOF(err error) error {
	if errors.Is(err, io.EOF) {
		return nil
	}
	return err
}
