package touch_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/attribution-dev/attribution/internal/channel"
	"github.com/attribution-dev/attribution/internal/event"
	"github.com/attribution-dev/attribution/internal/sessionize"
	"github.com/attribution-dev/attribution/internal/touch"
)

var start = event.MicrosOf(time.Date(2024, 3, 1, 9, 0, 0, 0, time.UTC))

func shipped(t testing.TB) *channel.Rules {
	t.Helper()
	r, err := channel.New(channel.Options{})
	require.NoError(t, err)
	return r
}

// hit is an event of a session: seconds after its start, kind, page, referrer, tags.
func hit(seconds int, kind event.Kind, page, referrer string, tags channel.Tags) sessionize.Activity {
	at := start.Add(time.Duration(seconds) * time.Second)
	return sessionize.Activity{Order: event.Order{At: at, Kind: kind, ReceivedAt: at, Source: "s", ID: "i" + kind.String()}, URL: page, Referrer: referrer, Tags: tags}
}

const (
	home   = "https://www.shop.example/"
	deals  = "https://www.shop.example/deals"
	google = "https://www.google.com/"
	friend = "https://friend.example.org/post"
)

func TestTouchesOfASession(t *testing.T) {
	t.Parallel()
	rules := shipped(t)
	news := channel.Tags{Source: "news", Medium: "email"}
	paid := channel.Tags{Source: "google", Medium: "cpc", ClickID: "gclid"}
	type want struct {
		seconds                            int
		source, medium, referrer, landedOn string
		isPaid                             bool
	}
	for _, c := range []struct {
		name   string
		events []sessionize.Activity
		want   []want
	}{
		{
			"neither tags nor referrer: one direct touch at the first event, landing on the entry page",
			[]sessionize.Activity{hit(0, event.Track, "", "", channel.Tags{}), hit(5, event.Page, home, "", channel.Tags{})},
			[]want{{0, "(direct)", "(none)", "", home, false}},
		},
		{
			"no page at all: direct without a landing page",
			[]sessionize.Activity{hit(0, event.Track, "", google, channel.Tags{})},
			[]want{{0, "(direct)", "(none)", "", "", false}},
		},
		{
			"an external referrer of the entry",
			[]sessionize.Activity{hit(0, event.Page, home, google, channel.Tags{})},
			[]want{{0, "google", "organic", google, home, false}},
		},
		{
			"the entry is the first event with a page, not the first event",
			[]sessionize.Activity{hit(0, event.Track, "", friend, channel.Tags{}), hit(3, event.Screen, home, google, channel.Tags{})},
			[]want{{3, "google", "organic", google, home, false}},
		},
		{
			"a referrer on a later event is no touch",
			[]sessionize.Activity{hit(0, event.Page, home, "", channel.Tags{}), hit(9, event.Page, deals, google, channel.Tags{})},
			[]want{{0, "(direct)", "(none)", "", home, false}},
		},
		{
			"an internal referrer is direct, and not shown",
			[]sessionize.Activity{hit(0, event.Page, home, "https://blog.shop.example/", channel.Tags{})},
			[]want{{0, "(direct)", "(none)", "", home, false}},
		},
		{
			"a tagged entry counts by its tags, with the referrer as sent",
			[]sessionize.Activity{hit(0, event.Page, home, google, news)},
			[]want{{0, "news", "email", google, home, false}},
		},
		{
			"each set of tags once, at its earliest event",
			[]sessionize.Activity{hit(0, event.Page, home, "", news), hit(4, event.Page, deals, "", paid), hit(5, event.Page, deals, "", news), hit(6, event.Page, home, "", paid)},
			[]want{{0, "news", "email", "", home, false}, {4, "google", "cpc", "", deals, true}},
		},
		{
			"an untagged entry by referrer, then tags: two touches in time order",
			[]sessionize.Activity{hit(0, event.Page, home, friend, channel.Tags{}), hit(4, event.Page, deals, "", news)},
			[]want{{0, "example.org", "referral", friend, home, false}, {4, "news", "email", "", deals, false}},
		},
		{
			"tags before the entry",
			[]sessionize.Activity{hit(0, event.Track, "", "", news), hit(4, event.Page, deals, google, channel.Tags{})},
			[]want{{0, "news", "email", "", "", false}, {4, "google", "organic", google, deals, false}},
		},
		{
			"direct never competes with evidence inside one session",
			[]sessionize.Activity{hit(0, event.Page, home, "", channel.Tags{}), hit(600, event.Page, deals, "", news)},
			[]want{{600, "news", "email", "", deals, false}},
		},
		{
			"at one instant the order of kinds decides",
			[]sessionize.Activity{hit(0, event.Track, deals, "", paid), hit(0, event.Page, home, google, channel.Tags{})},
			[]want{{0, "google", "organic", google, home, false}, {0, "google", "cpc", "", deals, true}},
		},
		{
			"fbclid alone is not paid",
			[]sessionize.Activity{hit(0, event.Page, home, "", channel.Tags{Source: "facebook", Medium: "social", ClickID: "fbclid"})},
			[]want{{0, "facebook", "social", "", home, false}},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			var visits []sessionize.Visit
			for i := range c.events {
				visits = sessionize.Add(visits, &c.events[len(c.events)-1-i], sessionize.DefaultGap)
			}
			require.Len(t, visits, 1)
			got := touch.OfSession(&visits[0], rules)
			require.Len(t, got, len(c.want))
			for i, w := range c.want {
				g := got[i]
				require.Equal(t, w, want{int(g.At.Sub(start).Seconds()), g.Evidence.Source, g.Evidence.Medium, g.Referrer, g.LandingPage, g.Evidence.IsPaid})
				require.NotEmpty(t, g.Evidence.Channel)
				require.Zero(t, g.Position)
				require.Empty(t, g.SessionID)
			}
		})
	}
}

// TestSessionID by vectors made with md5sum.
func TestSessionID(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		person event.Person
		at     event.Micros
		want   string
	}{
		{event.Person{AliasID: "user-1", IsIdentified: true}, 1709250600123456, "a1a106cf5d1a8fcfcb72465fc64146ed"},
		{event.Person{AliasID: "user-1"}, 1709250600123456, "73ec585490dfd95f095efd347eb1088b"},
		{event.Person{AliasID: "é", IsIdentified: true}, -1, "1bfb3bb7ca81e0a80377f62975df5833"},
		{event.Person{IsIdentified: true}, 0, "844b214248c746fc9c1b32429156cbe2"},
		{event.Person{AliasID: "a"}, 0, "03da7a92752e858dd3bfab306583e718"},
	} {
		require.Equal(t, c.want, touch.SessionID(c.person, c.at))
	}
	long := event.Person{AliasID: strings.Repeat("x", 1024)}
	require.Len(t, touch.SessionID(long, 1), 32)
	require.NotEqual(t, touch.SessionID(long, 1), touch.SessionID(long, 11))
}

// at is a touch of a session, minutes after start.
func at(session string, position, minutes int, isPaid bool) touch.Touch {
	return touch.Touch{
		Position: position, SessionID: session, At: start.Add(time.Duration(minutes) * time.Minute),
		Evidence: channel.Evidence{Source: session, Medium: "m", IsPaid: isPaid, Channel: "c"},
	}
}

func session(id string, minutes int) touch.Session {
	return touch.Session{ID: id, StartedAt: start.Add(time.Duration(minutes) * time.Minute), EntryPage: "https://shop.example/" + id}
}

func TestChoose(t *testing.T) {
	t.Parallel()
	rules := shipped(t)
	const none = -1
	const signedUp = "at or before the signup at 2024-03-01 10:00:00 UTC" // 60 minutes after start
	for _, c := range []struct {
		name     string
		sessions []touch.Session
		touches  []touch.Touch
		lookback time.Duration
		want     [4]int // positions of first, last, first paid, last paid; 0 made up
		reasons  [4]string
	}{
		{
			"no session at all", nil, nil, 0,
			[4]int{none, none, none, none},
			[4]string{"none: no touch " + signedUp, "none: no touch " + signedUp, "none: no paid touch " + signedUp, "none: no paid touch " + signedUp},
		},
		{
			"one touch is first and last",
			[]touch.Session{session("s", 0)},
			[]touch.Touch{at("s", 1, 0, false)},
			0,
			[4]int{1, 1, none, none},
			[4]string{"the only touch " + signedUp, "the only touch " + signedUp, "none: no paid touch " + signedUp, "none: no paid touch " + signedUp},
		},
		{
			"a touch at the very signup counts, one a microsecond later does not",
			[]touch.Session{session("s", 0), session("t", 60)},
			[]touch.Touch{at("s", 1, 0, true), at("t", 2, 60, true), {Position: 3, SessionID: "t", At: start.Add(time.Hour) + 1, Evidence: channel.Evidence{IsPaid: true}}},
			0,
			[4]int{1, 2, 1, 2},
			[4]string{"the earliest of 2 touches " + signedUp, "the latest of 2 touches " + signedUp, "the earliest of 2 paid touches " + signedUp, "the latest of 2 paid touches " + signedUp},
		},
		{
			"sessions and touches after the signup count for nothing",
			[]touch.Session{session("s", 10), session("t", 61)},
			[]touch.Touch{at("s", 1, 10, false), at("t", 2, 61, true)},
			0,
			[4]int{1, 1, none, none},
			[4]string{"the only touch " + signedUp, "the only touch " + signedUp, "none: no paid touch " + signedUp, "none: no paid touch " + signedUp},
		},
		{
			"the paid ones are chosen among the paid alone",
			[]touch.Session{session("s", 0), session("t", 30), session("v", 50)},
			[]touch.Touch{at("s", 1, 0, false), at("t", 2, 30, true), at("t", 3, 31, true), at("v", 4, 50, false)},
			0,
			[4]int{1, 4, 2, 3},
			[4]string{"the earliest of 4 touches " + signedUp, "the latest of 4 touches " + signedUp, "the earliest of 2 paid touches " + signedUp, "the latest of 2 paid touches " + signedUp},
		},
		{
			"a session whose every touch is later counts as direct at its first event",
			[]touch.Session{session("s", 50)},
			[]touch.Touch{at("s", 1, 61, true)},
			0,
			[4]int{0, 0, none, none},
			[4]string{
				"the only touch " + signedUp + "; its session began before the signup but every touch of it is later, so it counts as direct at its first event",
				"the only touch " + signedUp + "; its session began before the signup but every touch of it is later, so it counts as direct at its first event",
				"none: no paid touch " + signedUp, "none: no paid touch " + signedUp,
			},
		},
		{
			"but not one with a touch by then",
			[]touch.Session{session("s", 50)},
			[]touch.Touch{at("s", 1, 55, false), at("s", 2, 61, true)},
			0,
			[4]int{1, 1, none, none},
			[4]string{"the only touch " + signedUp, "the only touch " + signedUp, "none: no paid touch " + signedUp, "none: no paid touch " + signedUp},
		},
		{
			"the lookback is inclusive to the microsecond",
			[]touch.Session{session("s", 0), session("t", 30)},
			[]touch.Touch{at("s", 1, 0, true), at("t", 2, 30, false)},
			time.Hour,
			[4]int{1, 2, 1, 1},
			[4]string{
				"the earliest of 2 touches in the 1h0m0s before the signup at 2024-03-01 10:00:00 UTC (0 older left out)", "the latest of 2 touches in the 1h0m0s before the signup at 2024-03-01 10:00:00 UTC (0 older left out)",
				"the only paid touch in the 1h0m0s before the signup at 2024-03-01 10:00:00 UTC (0 older left out)", "the only paid touch in the 1h0m0s before the signup at 2024-03-01 10:00:00 UTC (0 older left out)",
			},
		},
		{
			"a microsecond older is left out, and said so",
			[]touch.Session{session("s", 0), session("t", 30)},
			[]touch.Touch{at("s", 1, 0, true), at("t", 2, 30, false)},
			time.Hour - time.Microsecond,
			[4]int{2, 2, none, none},
			[4]string{
				"the only touch in the 59m59.999999s before the signup at 2024-03-01 10:00:00 UTC (1 older left out)", "the only touch in the 59m59.999999s before the signup at 2024-03-01 10:00:00 UTC (1 older left out)",
				"none: no paid touch in the 59m59.999999s before the signup at 2024-03-01 10:00:00 UTC (1 older left out)", "none: no paid touch in the 59m59.999999s before the signup at 2024-03-01 10:00:00 UTC (1 older left out)",
			},
		},
		{
			"a made-up touch is under the lookback too",
			[]touch.Session{session("s", 50)},
			[]touch.Touch{at("s", 1, 61, true)},
			5 * time.Minute,
			[4]int{none, none, none, none},
			[4]string{
				"none: no touch in the 5m0s before the signup at 2024-03-01 10:00:00 UTC (1 older left out)", "none: no touch in the 5m0s before the signup at 2024-03-01 10:00:00 UTC (1 older left out)",
				"none: no paid touch in the 5m0s before the signup at 2024-03-01 10:00:00 UTC (1 older left out)", "none: no paid touch in the 5m0s before the signup at 2024-03-01 10:00:00 UTC (1 older left out)",
			},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got := touch.Choose(c.sessions, c.touches, start.Add(time.Hour), c.lookback, rules)
			for i, p := range []touch.Picked{got.First, got.Last, got.FirstPaid, got.LastPaid} {
				require.Equal(t, c.reasons[i], p.Reason, "choice %d", i)
				if c.want[i] == none {
					require.Nil(t, p.Touch, "choice %d", i)
					continue
				}
				require.NotNil(t, p.Touch, "choice %d", i)
				require.Equal(t, c.want[i], p.Touch.Position, "choice %d", i)
			}
		})
	}
}

// TestStandIn: what the made-up direct touch looks like.
func TestStandIn(t *testing.T) {
	t.Parallel()
	rules := shipped(t)
	got := touch.Choose([]touch.Session{session("s", 0), session("v", 60)},
		[]touch.Touch{at("s", 1, 0, true), at("v", 2, 61, true)}, start.Add(time.Hour), 0, rules)
	require.Equal(t, 1, got.First.Touch.Position)
	require.Equal(t, touch.Touch{SessionID: "v", At: start.Add(time.Hour), Evidence: rules.Direct(), LandingPage: "https://shop.example/v"}, *got.Last.Touch)
	require.Contains(t, got.Last.Reason, "the latest of 2 touches")
	require.Equal(t, 1, got.LastPaid.Touch.Position, "the stand-in is never paid")
	require.Equal(t, "(direct)", rules.Direct().Source)
	require.Equal(t, "(none)", rules.Direct().Medium)
}

// TestWhoeverHadASessionInTheWindowHasAFirstAndALastTouch, over all small cases.
func TestWhoeverHadASessionInTheWindowHasAFirstAndALastTouch(t *testing.T) {
	t.Parallel()
	rules := shipped(t)
	for started := -2; started <= 62; started++ {
		for touched := started; touched <= 64; touched += 3 {
			got := touch.Choose([]touch.Session{session("s", started)}, []touch.Touch{at("s", 1, touched, false)}, start.Add(time.Hour), time.Hour, rules)
			inWindow := started >= 0 && started <= 60 || touched >= 0 && touched <= 60
			require.Equal(t, inWindow, got.First.Touch != nil, "started %d, touched %d", started, touched)
			require.Equal(t, got.First.Touch, got.Last.Touch)
		}
	}
}

// TestChooseLeavesItsInputsAlone and lends no memory of them that a caller reuses.
func TestChooseLeavesItsInputsAlone(t *testing.T) {
	t.Parallel()
	touches := []touch.Touch{at("s", 1, 0, false), at("s", 2, 10, true)}
	got := touch.Choose([]touch.Session{session("s", 0)}, touches, start.Add(time.Hour), 0, shipped(t))
	touches[0], touches[1] = touch.Touch{}, touch.Touch{}
	require.Equal(t, 1, got.First.Touch.Position)
	require.Equal(t, 2, got.Last.Touch.Position)
}
