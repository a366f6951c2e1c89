// Package event holds the nouns every other package shares: identifiers, event
// times, the order of events, and persons. It is pure: no database, no clock.
package event

import (
	"cmp"
	"strings"
	"time"
	"unicode"
)

// A Kind is the Segment call a row stands for. Its numeric order is part of the
// order of events, and the number is what the kind columns of our tables hold.
type Kind uint8

// The kinds, in the order in which rows of the same instant follow each other.
const (
	Page     Kind = 1
	Screen   Kind = 2
	Track    Kind = 3
	Identify Kind = 4
	Alias    Kind = 5
)

// Kinds lists every kind in order.
func Kinds() []Kind { return []Kind{Page, Screen, Track, Identify, Alias} }

// String is the name of the call: "page", "screen", "track", "identify" or "alias".
func (k Kind) String() string {
	switch k {
	case Page:
		return "page"
	case Screen:
		return "screen"
	case Track:
		return "track"
	case Identify:
		return "identify"
	case Alias:
		return "alias"
	}
	return "unknown"
}

// Table is the name of Segment's table that holds the kind: "pages", "identifies".
func (k Kind) Table() string {
	switch k {
	case Identify:
		return "identifies"
	case Alias:
		return "aliases"
	default:
		return k.String() + "s"
	}
}

// IsActivity reports whether rows of the kind are events. Identify and alias rows
// are identity, not activity.
func (k Kind) IsActivity() bool { return k == Page || k == Screen || k == Track }

// Micros is an instant: microseconds since 1970-01-01 00:00:00 UTC, the precision
// of Postgres' timestamptz.
type Micros int64

// MicrosOf converts t, truncating to the microsecond.
func MicrosOf(t time.Time) Micros { return Micros(t.UnixMicro()) }

// Time is the instant in UTC.
func (m Micros) Time() time.Time { return time.UnixMicro(int64(m)).UTC() }

// Sub is the duration from n to m.
func (m Micros) Sub(n Micros) time.Duration { return time.Duration(m-n) * time.Microsecond }

// Add is m later by d, truncated to the microsecond.
func (m Micros) Add(d time.Duration) Micros { return m + Micros(d/time.Microsecond) }

// Bounds of what counts as a time at all. Segment began after 2000, so anything
// earlier is a broken clock; a received_at outside the two is rejected, because it
// would ask for a monthly partition nobody can mean.
var (
	MinTime = MicrosOf(time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC))
	MaxTime = MicrosOf(time.Date(2100, 1, 1, 0, 0, 0, 0, time.UTC))
)

// MaxAhead is how far timestamp may lie after received_at before it is not
// believed. Default and only value 24h. Source: design, "event time".
const MaxAhead = 24 * time.Hour

// LateAfter is the age at reception (received_at less event time) above which an
// event counts as late in the run's counters. It changes no result. 24h: the
// default overlap of stage 1.
const LateAfter = 24 * time.Hour

// TimeOf is the event time of a row: its timestamp, or received_at where the
// timestamp is absent (ok false: NULL or infinite), before 2000-01-01, or more
// than MaxAhead after received_at. Clamped reports that received_at was taken.
func TimeOf(timestamp Micros, ok bool, receivedAt Micros) (at Micros, clamped bool) {
	if !ok || timestamp < MinTime || timestamp > receivedAt.Add(MaxAhead) {
		return receivedAt, true
	}
	return timestamp, false
}

// Order places a row among all rows: (event time, kind, received_at, source, id).
// Every "first" and "last" is by this whole order, so no result depends on the
// order of arrival. The zero Order is before every real one.
type Order struct {
	At         Micros
	ReceivedAt Micros
	Source     string
	ID         string
	Kind       Kind
}

// Compare returns -1, 0 or +1. Strings compare as bytes.
func (o Order) Compare(p Order) int {
	if o.At != p.At {
		return cmp.Compare(o.At, p.At)
	}
	if o.Kind != p.Kind {
		return cmp.Compare(o.Kind, p.Kind)
	}
	if o.ReceivedAt != p.ReceivedAt {
		return cmp.Compare(o.ReceivedAt, p.ReceivedAt)
	}
	if c := strings.Compare(o.Source, p.Source); c != 0 {
		return c
	}
	return strings.Compare(o.ID, p.ID)
}

// Less reports whether o comes before p.
func (o Order) Less(p Order) bool { return o.Compare(p) < 0 }

// MaxIdentifierBytes is the longest identifier taken in, in bytes after trimming.
// Rows with a longer one are rejected. Source: design, section 3.
const MaxIdentifierBytes = 1024

// Whitespace holds every rune trimmed from the ends of an identifier: Unicode's
// White_Space, the set of unicode.IsSpace. SQL that trims binds this very string.
const Whitespace = "\t\n\v\f\r \u0085\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u2028\u2029\u202f\u205f\u3000"

// Trim removes white space from both ends of an identifier.
func Trim(id string) string { return strings.TrimFunc(id, unicode.IsSpace) }

// A Blocklist is a set of identifiers that count as absent, such as "null".
// Matching folds case and ignores surrounding white space.
type Blocklist map[string]struct{}

// NewBlocklist makes a Blocklist of the given identifiers. The empty identifier
// is always absent and need not be listed.
func NewBlocklist(ids []string) Blocklist {
	b := make(Blocklist, len(ids))
	for _, id := range ids {
		b[strings.ToLower(Trim(id))] = struct{}{}
	}
	return b
}

// Clean returns the trimmed identifier, or "" where it is blocked.
func (b Blocklist) Clean(id string) string {
	id = Trim(id)
	if _, blocked := b[strings.ToLower(id)]; blocked {
		return ""
	}
	return id
}

// A Person is whom sessions, touches and attribution belong to: the root user_id
// once known, else the anonymous_id. A user and an anonymous visitor may bear the
// same text, hence the flag.
type Person struct {
	AliasID      string
	IsIdentified bool
}

// String is "user:ID" or "anon:ID", as on the command line.
func (p Person) String() string {
	if p.IsIdentified {
		return "user:" + p.AliasID
	}
	return "anon:" + p.AliasID
}

// Compare orders persons by (AliasID, IsIdentified), strings as bytes: the order
// of their rows in every published table.
func (p Person) Compare(q Person) int {
	if c := strings.Compare(p.AliasID, q.AliasID); c != 0 {
		return c
	}
	switch {
	case p.IsIdentified == q.IsIdentified:
		return 0
	case q.IsIdentified:
		return -1
	default:
		return 1
	}
}
