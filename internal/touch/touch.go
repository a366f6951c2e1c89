// Package touch holds the touches of a session and the choice of the four that
// earn a signup: first, last, first paid and last paid. The choice says in words
// why it was made; explain prints those words. The package is pure.
package touch

import (
	"crypto/md5"
	"encoding/hex"
	"slices"
	"strconv"

	"github.com/attribution-dev/attribution/internal/channel"
	"github.com/attribution-dev/attribution/internal/event"
	"github.com/attribution-dev/attribution/internal/sessionize"
)

// A Touch is a moment that can earn credit.
type Touch struct {
	Position    int // from 1 over all history of the person; 0 for a touch made up by Choose
	SessionID   string
	At          event.Micros
	Evidence    channel.Evidence
	Referrer    string // as sent with the event; "" absent, and for direct
	LandingPage string // page URL of the event, for direct the session's entry page; "" absent
}

// OfSession returns the touches of one session in order: each distinct set of tags
// once, at its earliest event, and the entry (the first page-bearing event) when it
// is untagged and has an external referrer. A session with neither has one touch,
// its first event, as direct. Position and SessionID are left to the caller.
func OfSession(s *sessionize.Visit, rules *channel.Rules) []Touch {
	type ordered struct {
		mark  *sessionize.Mark
		touch Touch
	}
	touches := make([]ordered, 0, len(s.TagSets)+1)
	for i := range s.TagSets {
		m := &s.TagSets[i].Mark
		touches = append(touches, ordered{m, Touch{
			At: m.At, Evidence: rules.Classify(s.TagSets[i].Tags, m.URL, m.Referrer), Referrer: m.Referrer, LandingPage: m.URL,
		}})
	}
	if m := &s.Entry; !m.IsZero() && !m.Tagged {
		if evidence, external := rules.Referral(m.URL, m.Referrer); external {
			touches = append(touches, ordered{m, Touch{At: m.At, Evidence: evidence, Referrer: m.Referrer, LandingPage: m.URL}})
		}
	}
	if len(touches) == 0 {
		return []Touch{{At: s.First.At, Evidence: rules.Direct(), LandingPage: s.Entry.URL}}
	}
	slices.SortFunc(touches, func(a, b ordered) int { return a.mark.Compare(b.mark.Order) })
	out := make([]Touch, len(touches))
	for i := range touches {
		out[i] = touches[i].touch
	}
	return out
}

// SessionID is the lower-case md5 of "u" or "a", ":", alias_id, ":" and the
// microseconds of startedAt since 1970: the same session has the same id in every
// run. Source: design, section 4.
func SessionID(p event.Person, startedAt event.Micros) string {
	kind := byte('a')
	if p.IsIdentified {
		kind = 'u'
	}
	var stack [128]byte
	key := append(stack[:0], kind, ':')
	key = append(key, p.AliasID...)
	key = append(key, ':')
	key = strconv.AppendInt(key, int64(startedAt), 10)
	sum := md5.Sum(key)
	return hex.EncodeToString(sum[:])
}
