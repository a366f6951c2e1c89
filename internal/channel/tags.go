package channel

import (
	"strings"
	"unicode/utf8"

	"github.com/attribution-dev/attribution/internal/event"
)

// MaxTagBytes is the longest value of a tag kept, in bytes; a longer one is cut at
// a character. Without a limit one crafted link would stop the nightly run: a
// B-tree index refuses entries over a third of a page (2,704 bytes), and source,
// medium and campaign are indexed together. Default and only value 512: three of
// them fit. The contract sets none.
const MaxTagBytes = 512

// Places in Rules.params.
const (
	utmSource = iota
	utmMedium
	utmCampaign
	utmTerm
	utmContent
	firstClickID
)

// utmFields maps each utm_* parameter to the campaign column it stands in for.
var utmFields = map[string]string{
	"utm_source": "source", "utm_medium": "medium", "utm_campaign": "name", "utm_term": "term", "utm_content": "content",
}

// compileTags prepares what Tags needs.
func (r *Rules) compileTags(d data) error {
	r.absent = map[string]struct{}{}
	for _, v := range d.Absent {
		r.absent[v] = struct{}{}
	}
	r.params = map[string]int{
		"utm_source": utmSource, "utm_medium": utmMedium, "utm_campaign": utmCampaign, "utm_term": utmTerm, "utm_content": utmContent,
	}
	r.clickIDs = d.ClickIDs
	r.paidIDs = map[string]bool{}
	for i, c := range d.ClickIDs {
		r.params[c.Name] = firstClickID + i
		r.paidIDs[c.Name] = c.Paid
	}
	for name := range r.params {
		r.maxParam = max(r.maxParam, len(name))
	}
	return nil
}

// Tags resolves the explicit evidence of an event. For each field the campaign
// column counts, else the utm_* parameter of the page URL, else, for source and
// medium each while still absent, what the page URL's click id implies.
//
// Absent, compared case-folded after trimming, is the empty value and those of
// absent_values.yaml. Source and medium are trimmed and lower-cased; campaign,
// term and content trimmed. Values longer than MaxTagBytes are cut.
//
// The page URL's query is what stands between its first "?" and its first "#";
// what only looks like a query inside the fragment (https://x/#/path?utm_source=y,
// as single-page apps write) is none. The URL need not be valid. The query's rules
// are those of query.each and of decodeValue.
//
// Every field is valid UTF-8 without NUL, which Postgres would refuse. Fields may
// share memory with the arguments: clone what outlives them.
func (r *Rules) Tags(c Campaign, pageURL string) Tags {
	q := queryOf(pageURL)
	if q == "" && c == (Campaign{}) {
		return Tags{}
	}
	t := r.readCampaign(c)
	if q != "" {
		r.imply(&t, r.readQuery(&t, q))
	}
	return t
}

// readCampaign is what the campaign columns say.
func (r *Rules) readCampaign(c Campaign) Tags {
	return Tags{
		Source:   r.foldedValue(c.Source),
		Medium:   r.foldedValue(c.Medium),
		Campaign: r.value(c.Name),
		Term:     r.value(c.Term),
		Content:  r.value(c.Content),
	}
}

// readQuery fills what is absent in t from the utm_* parameters of the query, and
// returns the place of its click id, len(r.clickIDs) where it has none.
func (r *Rules) readQuery(t *Tags, q query) (click int) {
	click = len(r.clickIDs)
	for q != "" {
		var name, value string
		name, value, q = q.next()
		place, ok := r.param(name)
		if !ok || value == "" {
			continue
		}
		switch {
		case place == utmSource && t.Source == "":
			t.Source = r.foldedValue(decodeValue(value))
		case place == utmMedium && t.Medium == "":
			t.Medium = r.foldedValue(decodeValue(value))
		case place == utmCampaign && t.Campaign == "":
			t.Campaign = r.value(decodeValue(value))
		case place == utmTerm && t.Term == "":
			t.Term = r.value(decodeValue(value))
		case place == utmContent && t.Content == "":
			t.Content = r.value(decodeValue(value))
		case place >= firstClickID && place-firstClickID < click:
			if r.value(decodeValue(value)) != "" {
				click = place - firstClickID
			}
		}
	}
	return click
}

// imply fills what is absent in t with what the click id implies.
func (r *Rules) imply(t *Tags, click int) {
	if click == len(r.clickIDs) {
		return
	}
	c := &r.clickIDs[click]
	t.ClickID = c.Name
	if t.Source == "" {
		t.Source = c.Source
	}
	if t.Medium == "" {
		t.Medium = c.Medium
	}
}

// value is a tag's value as kept: trimmed, "" where absent.
func (r *Rules) value(v string) string {
	if v = event.Trim(v); v == "" || r.isAbsent(v) {
		return ""
	}
	return limit(clean(v))
}

// foldedValue is value, lower-cased: for source and medium.
func (r *Rules) foldedValue(v string) string {
	if v = event.Trim(v); v == "" || r.isAbsent(v) {
		return ""
	}
	return limit(strings.ToLower(clean(v)))
}

// isAbsent reports whether a trimmed value says that there is none. It does not
// allocate for values of ASCII characters.
func (r *Rules) isAbsent(v string) bool {
	var buf [64]byte
	if len(v) > len(buf) || !isASCII(v) {
		_, absent := r.absent[strings.ToLower(v)]
		return absent
	}
	for i := range len(v) {
		buf[i] = lower(v[i])
	}
	_, absent := r.absent[string(buf[:len(v)])]
	return absent
}

// clean replaces what Postgres' text cannot hold. What comes from Postgres has none.
func clean(v string) string {
	if strings.IndexByte(v, 0) >= 0 {
		v = strings.ReplaceAll(v, "\x00", "\uFFFD")
	}
	return strings.ToValidUTF8(v, "\uFFFD")
}

// limit cuts v to MaxTagBytes, never within a character, and trims the cut end.
func limit(v string) string {
	if len(v) <= MaxTagBytes {
		return v
	}
	end := MaxTagBytes
	for !utf8.RuneStart(v[end]) {
		end--
	}
	return event.Trim(v[:end])
}

// size is the number of bytes of the fields.
func (t Tags) size() int {
	return len(t.Source) + len(t.Medium) + len(t.Campaign) + len(t.Term) + len(t.Content) + len(t.ClickID)
}

// clone is a copy that shares no memory with anything.
func (t Tags) clone() Tags {
	return Tags{
		Source: strings.Clone(t.Source), Medium: strings.Clone(t.Medium), Campaign: strings.Clone(t.Campaign),
		Term: strings.Clone(t.Term), Content: strings.Clone(t.Content), ClickID: strings.Clone(t.ClickID),
	}
}
