package simulate

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/attribution-dev/attribution/internal/event"
)

// A traffic is a world with all its rows, for tests that look for a phenomenon.
type traffic struct {
	*World
	rows    []Row
	persons []Person
	byAnon  map[string][]*Row // activity, by time
	byUnit  map[uint32][]*Row
}

// some reports whether any row is as wanted.
func (w traffic) some(ok func(r *Row) bool) bool {
	return slices.ContainsFunc(w.rows, func(r Row) bool { return ok(&r) })
}

// someNext reports whether any two successive events of a device are as wanted.
func (w traffic) someNext(ok func(a, b *Row) bool) bool {
	for _, rows := range w.byAnon {
		for i := 1; i < len(rows); i++ {
			if ok(rows[i-1], rows[i]) {
				return true
			}
		}
	}
	return false
}

// somePerson reports whether any person is as wanted.
func (w traffic) somePerson(ok func(p *Person) bool) bool {
	return slices.ContainsFunc(w.persons, func(p Person) bool { return ok(&p) })
}

// someUnit reports whether the rows of any unit are as wanted.
func (w traffic) someUnit(ok func(rows []*Row) bool) bool {
	for _, rows := range w.byUnit {
		if ok(rows) {
			return true
		}
	}
	return false
}

// phenomena are what traffic must contain, each a sentence and how to find it.
var phenomena = map[string]func(w traffic) bool{
	"a person has several devices": func(w traffic) bool {
		return w.somePerson(func(p *Person) bool { return p.Flags == 0 && len(p.AnonymousIDs) >= 3 })
	},
	"a family shares a computer":       sharedBy(2, 3),
	"a kiosk has more than five users": sharedBy(6, 9),
	"anonymous history goes back more than a year before the signup": func(w traffic) bool {
		return w.somePerson(func(p *Person) bool {
			return p.Flags == 0 && p.IsSignedUp && p.FirstTouch != nil && p.SignupAt.Sub(p.FirstTouch.At) > 365*24*time.Hour
		})
	},
	"a link has its campaign in URL and columns":  campaignIn(true, true),
	"a link has its campaign only in the URL":     campaignIn(true, false),
	"a link has its campaign only in the columns": campaignIn(false, true),
	"gclid":                         urlHas("?gclid="),
	"fbclid":                        urlHas("fbclid="),
	"msclkid":                       urlHas("msclkid="),
	"ttclid":                        urlHas("ttclid="),
	"a search engine refers":        referredBy("https://www.google.com/"),
	"a social network refers":       referredBy("https://t.co/"),
	"a site refers":                 referredBy("https://www.producthunt.com/"),
	"an AI assistant refers":        referredBy("https://chatgpt.com/"),
	"an app refers":                 referredBy("android-app://com.google.android.googlequicksearchbox/"),
	"a payment page refers":         referredBy("https://checkout.stripe.com/"),
	"the other payment page refers": referredBy("https://www.paypal.com/"),
	"a login page refers":           referredBy("https://accounts.google.com/"),
	"the own domain refers":         referredBy("https://www.example.com/"),
	"a single-page app repeats the external referrer on another page": func(w traffic) bool {
		return w.someNext(func(a, b *Row) bool {
			return a.Path != b.Path && a.Referrer == b.Referrer && b.Referrer == "https://www.google.com/" && b.Timestamp-a.Timestamp < 20*60e6
		})
	},
	"the back end sends a signup": func(w traffic) bool {
		return w.some(func(r *Row) bool {
			return r.SignupTable != "" && r.AnonymousID == "" && r.UserID != "" && r.URL == "" && r.LibraryName == "analytics-node"
		})
	},
	"a signup has no session at all": func(w traffic) bool {
		return w.somePerson(func(p *Person) bool { return p.IsSignedUp && p.Sessions == 0 && p.FirstTouch == nil })
	},
	"a phone sends screens": kind(event.Screen),
	"alias is called":       kind(event.Alias),
	"an alias call joins two users": func(w traffic) bool {
		return w.some(func(r *Row) bool { return strings.HasPrefix(r.PreviousID, "usr_") && r.PreviousID != r.UserID }) &&
			w.somePerson(func(p *Person) bool { return len(p.UserIDs) == 2 && p.Flags == 0 })
	},
	"identify and signup are at the same instant": identifyNear(func(d time.Duration) bool { return d == 0 }),
	"identify and signup are in the same second": identifyNear(func(d time.Duration) bool {
		return d != 0 && d.Abs() < time.Second
	}),
	"rows are minutes late": late(10*time.Minute, 24*time.Hour),
	"rows are days late":    late(48*time.Hour, 30*24*time.Hour),
	"rows are months late":  late(100*24*time.Hour, 401*24*time.Hour),
	"a row comes twice": func(w traffic) bool {
		return w.some(func(r *Row) bool {
			return r.IsDuplicate && w.some(func(q *Row) bool {
				return q.ID == r.ID && !q.IsDuplicate && q.ReceivedAt < r.ReceivedAt && q.UUIDTS < r.UUIDTS && q.Timestamp == r.Timestamp
			})
		})
	},
	"a clock is years ahead":    clock(func(d time.Duration) bool { return d > 2*365*24*time.Hour }),
	"a clock is before 2000":    clock(func(d time.Duration) bool { return d < -20*365*24*time.Hour }),
	"a clock is two years back": clock(func(d time.Duration) bool { return d < -729*24*time.Hour && d > -3*365*24*time.Hour }),
	"a clock is hours ahead":    clock(func(d time.Duration) bool { return d > 4*time.Hour && d < 6*time.Hour }),
	"a timestamp is missing":    func(w traffic) bool { return w.some(func(r *Row) bool { return !r.HasTimestamp }) },
	"a campaign column is misspelt": func(w traffic) bool {
		return w.some(func(r *Row) bool {
			return r.CampaignMisspelt == "soure" && r.MisspeltSource != "" && r.CampaignSource == "" && strings.Contains(r.URL, "utm_soure=")
		})
	},
	"a bot has a thousand page views": func(w traffic) bool {
		for _, rows := range w.byAnon {
			if strings.Contains(rows[0].UserAgent, "bot") && len(rows) >= 1000 {
				return true
			}
		}
		return false
	},
	"a day is empty": func(w traffic) bool {
		loaded := make([]bool, w.Options().Days)
		for i := range w.rows {
			loaded[int(w.rows[i].UUIDTS.Time().Sub(w.Day(0))/(24*time.Hour))] = true
		}
		for d, any := range loaded[2:] {
			if !any && w.IsEmptyDay(d+2) {
				return true
			}
		}
		return false
	},
	"a session straddles the end of a month": straddles(func(a, b time.Time) bool { return a.Month() != b.Month() }),
	"a session straddles the end of a year":  straddles(func(a, b time.Time) bool { return a.Year() != b.Year() }),
	"a gap is exactly 20:00.000":             gap(20 * 60e6),
	"a gap is exactly 20:00.001":             gap(20*60e6 + 1000),
	"a person signs up several times": func(w traffic) bool {
		return w.someUnit(func(rows []*Row) bool {
			signups := map[string]int{}
			for _, r := range rows {
				if r.SignupTable != "" {
					signups[r.UserID]++
				}
			}
			for _, n := range signups {
				if n > 1 {
					return true
				}
			}
			return false
		})
	},
	"signups have both names": func(w traffic) bool {
		return w.some(func(r *Row) bool { return r.EventText == "Signed Up" && r.Event == "signed_up" }) &&
			w.some(func(r *Row) bool { return r.EventText == "signed_up" })
	},
	"a first page is of the blog": func(w traffic) bool {
		for _, rows := range w.byAnon {
			if strings.HasPrefix(rows[0].URL, "https://blog.example.com/") {
				return true
			}
		}
		return false
	},
	"a person changes devices in mid-session": func(w traffic) bool {
		return w.someUnit(func(rows []*Row) bool {
			for i := 1; i < len(rows); i++ {
				a, b := rows[i-1], rows[i]
				if a.AnonymousID != "" && b.AnonymousID != "" && a.AnonymousID != b.AnonymousID && b.Timestamp-a.Timestamp < 20*60e6 {
					return true
				}
			}
			return false
		})
	},
	"a newsletter is opened in mid-session": func(w traffic) bool {
		return w.someNext(func(a, b *Row) bool {
			return b.Kind == event.Page && b.CampaignSource == "newsletter" && a.CampaignSource == "" && b.Timestamp-a.Timestamp < 20*60e6
		})
	},
	"a page call has no context.page":     func(w traffic) bool { return w.some(func(r *Row) bool { return r.IsBare }) },
	"campaign fields hold absent values":  func(w traffic) bool { return w.some(func(r *Row) bool { return r.CampaignSource == "(direct)" }) },
	"a source is written in another case": func(w traffic) bool { return w.some(func(r *Row) bool { return r.CampaignSource == "Newsletter" }) },
}

func sharedBy(least, most int) func(traffic) bool {
	return func(w traffic) bool {
		users := map[string]map[string]bool{}
		for i := range w.rows {
			if r := &w.rows[i]; r.AnonymousID != "" && r.UserID != "" {
				if users[r.AnonymousID] == nil {
					users[r.AnonymousID] = map[string]bool{}
				}
				users[r.AnonymousID][r.UserID] = true
			}
		}
		for anon, all := range users {
			shared := func(p *Person) bool { return slices.Contains(p.AnonymousIDs, anon) && p.Flags&SharedDevice != 0 }
			if len(all) >= least && len(all) <= most && w.somePerson(shared) {
				return true
			}
		}
		return false
	}
}

func campaignIn(url, columns bool) func(traffic) bool {
	return func(w traffic) bool {
		return w.some(func(r *Row) bool {
			return strings.Contains(r.URL, "utm_source=") == url && (r.CampaignSource != "") == columns && r.Kind == event.Page
		})
	}
}

func urlHas(part string) func(traffic) bool {
	return func(w traffic) bool { return w.some(func(r *Row) bool { return strings.Contains(r.URL, part) }) }
}

func referredBy(prefix string) func(traffic) bool {
	return func(w traffic) bool {
		return w.some(func(r *Row) bool { return r.Kind == event.Page && strings.HasPrefix(r.Referrer, prefix) })
	}
}

func kind(k event.Kind) func(traffic) bool {
	return func(w traffic) bool { return w.some(func(r *Row) bool { return r.Kind == k }) }
}

func identifyNear(ok func(time.Duration) bool) func(traffic) bool {
	return func(w traffic) bool {
		for i := range w.rows {
			a := &w.rows[i]
			if a.Kind == event.Identify && slices.ContainsFunc(w.byUnit[a.Unit], func(b *Row) bool {
				return b.SignupTable != "" && b.AnonymousID == a.AnonymousID && ok(b.Timestamp.Sub(a.Timestamp)) &&
					a.Timestamp/1e6 == b.Timestamp/1e6
			}) {
				return true
			}
		}
		return false
	}
}

func late(least, most time.Duration) func(traffic) bool {
	return func(w traffic) bool {
		wrong := map[string]bool{}
		for i := range w.persons {
			if w.persons[i].Flags&WrongClock != 0 {
				for _, id := range w.persons[i].AnonymousIDs {
					wrong[id] = true
				}
			}
		}
		return w.some(func(r *Row) bool {
			by := r.ReceivedAt.Sub(r.Timestamp)
			return !wrong[r.AnonymousID] && by >= least && by <= most
		})
	}
}

func clock(ok func(ahead time.Duration) bool) func(traffic) bool {
	return func(w traffic) bool {
		return w.some(func(r *Row) bool { return r.HasTimestamp && ok(r.Timestamp.Sub(r.ReceivedAt)) })
	}
}

func straddles(ok func(a, b time.Time) bool) func(traffic) bool {
	return func(w traffic) bool {
		return w.someNext(func(a, b *Row) bool {
			return b.Timestamp-a.Timestamp <= 20*60e6 && ok(a.Timestamp.Time(), b.Timestamp.Time())
		})
	}
}

func gap(exactly event.Micros) func(traffic) bool {
	return func(w traffic) bool {
		return w.someUnit(func(rows []*Row) bool {
			for i := 1; i < len(rows); i++ {
				if rows[i].Timestamp-rows[i-1].Timestamp == exactly {
					return true
				}
			}
			return false
		})
	}
}

// newTraffic generates a whole world.
func newTraffic(t testing.TB, o Options) traffic {
	w := traffic{World: newWorld(t, o), byAnon: map[string][]*Row{}, byUnit: map[uint32][]*Row{}}
	w.rows, w.persons = rowsOf(t, w.World, 0, w.Options().Days), personsOf(t, w.World)
	for i := range w.rows {
		if r := &w.rows[i]; r.Kind.IsActivity() && !r.IsDuplicate {
			w.byUnit[r.Unit] = append(w.byUnit[r.Unit], r)
			if r.AnonymousID != "" {
				w.byAnon[r.AnonymousID] = append(w.byAnon[r.AnonymousID], r)
			}
		}
	}
	byTime := func(a, b *Row) int { return int(a.Timestamp - b.Timestamp) }
	for _, rows := range w.byAnon {
		slices.SortStableFunc(rows, byTime)
	}
	for _, rows := range w.byUnit {
		slices.SortStableFunc(rows, byTime)
	}
	return w
}

// Each phenomenon is in a world of 20,000 events, whatever the seed.
func TestPhenomena(t *testing.T) {
	for _, seed := range []uint64{1, 2, 3} {
		w := newTraffic(t, Options{Seed: seed})
		for name, in := range phenomena {
			t.Run(name, func(t *testing.T) { require.True(t, in(w), "seed %d", seed) })
		}
	}
}
