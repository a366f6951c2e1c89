package touch

import (
	"fmt"
	"math"
	"slices"
	"sort"
	"time"

	"github.com/attribution-dev/attribution/internal/channel"
	"github.com/attribution-dev/attribution/internal/event"
)

// A Session is what Choose asks of a session.
type Session struct {
	ID        string
	StartedAt event.Micros
	EntryPage string
}

// A Picked touch and, in plain words, why it was picked. Touch is nil when none
// qualifies; Reason then says why not.
type Picked struct {
	Touch  *Touch
	Reason string
}

// A Choice is the four touches of a signup.
type Choice struct {
	First, Last, FirstPaid, LastPaid Picked
}

// Choose picks the earliest and the latest touch, and the earliest and the latest
// paid touch, with a time at or before the signup and, where lookback is not zero,
// at or after signup - lookback. A session begun at or before the signup whose
// every touch is later counts as one direct touch at its first event.
//
// Sessions and touches are one person's, all of them or all until after the signup,
// each in time order.
func Choose(sessions []Session, touches []Touch, signup event.Micros, lookback time.Duration, rules *channel.Rules) Choice {
	from := event.Micros(math.MinInt64)
	if lookback > 0 {
		from = signup.Add(-lookback)
	}
	all, begun := Path(sessions, touches, signup, rules)
	all = slices.Clone(all) // the caller may reuse them
	if begun != nil {
		all = append(all, *begun)
	}
	var inWindow, paid []*Touch
	tooOld := 0
	for i := range all {
		t := &all[i]
		if t.At < from {
			tooOld++
			continue
		}
		inWindow = append(inWindow, t)
		if t.Evidence.IsPaid {
			paid = append(paid, t)
		}
	}
	where := fmt.Sprintf("at or before the signup at %s", stamp(signup))
	if lookback > 0 {
		where = fmt.Sprintf("in the %s before the signup at %s (%d older left out)", span(lookback), stamp(signup), tooOld)
	}
	pick := func(from []*Touch, last bool, kind string) Picked {
		if len(from) == 0 {
			return Picked{Reason: fmt.Sprintf("none: no %s %s", kind, where)}
		}
		t, which := from[0], "earliest"
		if last {
			t, which = from[len(from)-1], "latest"
		}
		reason := fmt.Sprintf("the %s of %d %ses %s", which, len(from), kind, where)
		if len(from) == 1 {
			reason = fmt.Sprintf("the only %s %s", kind, where)
		}
		if t.Position == 0 {
			reason += "; its session began before the signup but every touch of it is later, so it counts as direct at its first event"
		}
		return Picked{Touch: t, Reason: reason}
	}
	return Choice{
		First:     pick(inWindow, false, "touch"),
		Last:      pick(inWindow, true, "touch"),
		FirstPaid: pick(paid, false, "paid touch"),
		LastPaid:  pick(paid, true, "paid touch"),
	}
}

// Path is the touches at or before a conversion, and the direct touch that the last
// session begun by then counts as where its every touch is later; nil where it has one.
// Sessions of a person never overlap, and each has a touch, so earlier ones have theirs
// before. It takes no longer for long histories, and the touches are not copied.
func Path(sessions []Session, touches []Touch, at event.Micros, rules *channel.Rules) ([]Touch, *Touch) {
	before := sort.Search(len(touches), func(i int) bool { return touches[i].At > at })
	begun := sort.Search(len(sessions), func(i int) bool { return sessions[i].StartedAt > at })
	path := touches[:before:before]
	if begun == 0 {
		return path, nil
	}
	last := &sessions[begun-1]
	if before > 0 && touches[before-1].SessionID == last.ID {
		return path, nil
	}
	return path, &Touch{SessionID: last.ID, At: last.StartedAt, Evidence: rules.Direct(), LandingPage: last.EntryPage}
}

// span is a lookback as people say it: "90 days", else "36h0m0s".
func span(d time.Duration) string {
	const day = 24 * time.Hour
	switch {
	case d == day:
		return "day"
	case d%day == 0:
		return fmt.Sprintf("%d days", d/day)
	default:
		return d.String()
	}
}

func stamp(m event.Micros) string { return m.Time().Format("2006-01-02 15:04:05.999999 UTC") }
