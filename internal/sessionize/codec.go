package sessionize

import (
	"encoding/binary"
	"errors"

	"github.com/attribution-dev/attribution/internal/channel"
	"github.com/attribution-dev/attribution/internal/event"
)

// The marks of a visit are stored as one bytea beside its readable columns
// (started_at, ended_at, event_count, page_count): a visit is written once and read
// whole, and most of its marks are the same event or repeat the same strings.
//
//	version byte | flags byte | first [entry] [exit] [blog] | count, {tags, mark}…
//
// Numbers are varints, times differences in microseconds. A string or a mark that
// occurred before is its number; a new one is the next number followed by its value.
const codecVersion = 1

const (
	hasEntry = 1 << iota
	hasExit
	hasBlog
	hasMoreTags
)

var errMarks = errors.New("marks of a visit: damaged or of a newer version: run \"attribution run --full --from-stage sessionize\"")

type encoder struct {
	out     []byte
	strings []string
	marks   []Mark
	start   event.Micros
}

// AppendMarks appends the encoded marks and tag sets of v to out.
func AppendMarks(out []byte, v *Visit) []byte {
	e := encoder{start: v.Start}
	var flags byte
	for i, m := range [...]*Mark{&v.Entry, &v.Exit, &v.Blog} {
		if !m.IsZero() {
			flags |= 1 << i
		}
	}
	if v.MoreTags {
		flags |= hasMoreTags
	}
	e.out = append(out, codecVersion, flags)
	e.mark(v.First)
	for _, m := range [...]*Mark{&v.Entry, &v.Exit, &v.Blog} {
		if !m.IsZero() {
			e.mark(*m)
		}
	}
	e.uint(uint64(len(v.TagSets)))
	for i := range v.TagSets {
		t := &v.TagSets[i].Tags
		for _, s := range [...]string{t.Source, t.Medium, t.Campaign, t.Term, t.Content, t.ClickID} {
			e.string(s)
		}
		e.mark(v.TagSets[i].Mark)
	}
	return e.out
}

func (e *encoder) uint(n uint64) { e.out = binary.AppendUvarint(e.out, n) }
func (e *encoder) int(n int64)   { e.out = binary.AppendVarint(e.out, n) }

func (e *encoder) string(s string) {
	if s == "" {
		e.uint(0)
		return
	}
	for i := range e.strings {
		if e.strings[i] == s {
			e.uint(uint64(i + 1))
			return
		}
	}
	e.strings = append(e.strings, s)
	e.uint(uint64(len(e.strings)))
	e.uint(uint64(len(s)))
	e.out = append(e.out, s...)
}

func (e *encoder) mark(m Mark) {
	for i := range e.marks {
		if e.marks[i] == m {
			e.uint(uint64(i))
			return
		}
	}
	e.uint(uint64(len(e.marks)))
	e.marks = append(e.marks, m)
	e.int(int64(m.At - e.start))
	e.int(int64(m.ReceivedAt - m.At))
	kind := uint64(m.Kind) << 1
	if m.Tagged {
		kind |= 1
	}
	e.uint(kind)
	for _, s := range [...]string{m.Source, m.ID, m.URL, m.Referrer} {
		e.string(s)
	}
}

type decoder struct {
	in      string
	strings []string
	marks   []Mark
	start   event.Micros
	failed  bool
}

// DecodeMarks fills in the marks and tag sets of v, whose Start must be set, from
// what AppendMarks wrote. It fails on anything else, never panics.
func DecodeMarks(in []byte, v *Visit) error {
	if len(in) < 2 || in[0] != codecVersion {
		return errMarks
	}
	flags := in[1]
	d := decoder{in: string(in[2:]), start: v.Start}
	v.First = d.mark()
	for i, m := range [...]*Mark{&v.Entry, &v.Exit, &v.Blog} {
		if flags&(1<<i) != 0 {
			*m = d.mark()
		}
	}
	v.MoreTags = flags&hasMoreTags != 0
	n := d.uint()
	if n > MaxTagSets {
		return errMarks
	}
	v.TagSets = nil
	if n > 0 {
		v.TagSets = make([]TagSet, n)
	}
	for i := range v.TagSets {
		v.TagSets[i].Tags = channel.Tags{
			Source: d.string(), Medium: d.string(), Campaign: d.string(),
			Term: d.string(), Content: d.string(), ClickID: d.string(),
		}
		v.TagSets[i].Mark = d.mark()
	}
	if d.failed || d.in != "" || v.First.IsZero() {
		return errMarks
	}
	return nil
}

func (d *decoder) uint() uint64 {
	var n uint64
	for shift := 0; shift < 64 && len(d.in) > 0; shift += 7 {
		b := d.in[0]
		d.in = d.in[1:]
		n |= uint64(b&0x7f) << shift
		if b < 0x80 {
			return n
		}
	}
	d.failed = true
	return 0
}

func (d *decoder) int() int64 {
	n := d.uint()
	return int64(n>>1) ^ -int64(n&1)
}

func (d *decoder) string() string {
	n := d.uint()
	switch {
	case n == 0 || d.failed:
		return ""
	case n <= uint64(len(d.strings)):
		return d.strings[n-1]
	case n > uint64(len(d.strings))+1:
		d.failed = true
		return ""
	}
	size := d.uint()
	if size > uint64(len(d.in)) {
		d.failed = true
		return ""
	}
	s := d.in[:size]
	d.in = d.in[size:]
	d.strings = append(d.strings, s)
	return s
}

func (d *decoder) mark() Mark {
	n := d.uint()
	switch {
	case d.failed:
		return Mark{}
	case n < uint64(len(d.marks)):
		return d.marks[n]
	case n > uint64(len(d.marks)):
		d.failed = true
		return Mark{}
	}
	var m Mark
	m.At = d.start + event.Micros(d.int())
	m.ReceivedAt = m.At + event.Micros(d.int())
	kind := d.uint()
	d.failed = d.failed || kind>>1 < uint64(event.Page) || kind>>1 > uint64(event.Alias)
	m.Kind, m.Tagged = event.Kind(kind>>1), kind&1 != 0
	m.Source, m.ID, m.URL, m.Referrer = d.string(), d.string(), d.string(), d.string()
	d.marks = append(d.marks, m)
	return m
}
