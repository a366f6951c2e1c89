package check

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/attribution-dev/attribution/internal/testkit/world"
)

func TestReferenceTouches(t *testing.T) {
	var sets, hundred strings.Builder
	for i := range 102 {
		fmt.Fprintf(&sets, "page 10:00:%02d.%d anon=a page=https://s.com/ campaign=c%03d\n", i/10, i%10, i)
		if i < 100 {
			fmt.Fprintf(&hundred, "anon:a %d c%03d\n", i+1, i)
		}
	}
	for _, c := range []referenceCase{
		{
			name: "each distinct set of tags once, at its earliest event; the entry by referrer besides",
			rows: `
				page 10:00 anon=a page=https://s.com/ ref=https://www.google.com/
				page 10:01 anon=a page=https://s.com/?utm_source=News&utm_medium=email ref=https://t.co/x
				page 10:02 anon=a page=https://s.com/b source=news medium=EMAIL
				track 10:03 anon=a event=x medium=email source=news campaign=c
				page 10:04 anon=a page=https://s.com/c ref=https://www.bing.com/`,
			want: `
				touches: who position touched_at source medium campaign referrer landing_page is_paid is_before_signup
				anon:a 1 10:00 google organic - https://www.google.com/ https://s.com/ no -
				anon:a 2 10:01 news email - https://t.co/x https://s.com/?utm_source=News&utm_medium=email no -
				anon:a 3 10:03 news email c - - no -
				all_sessions: who source medium campaign entry_referrer
				anon:a google organic - https://www.google.com/`,
		},
		{
			name: "a gclid and google / cpc with a gclid are one set; fbclid alone is not paid",
			rows: `
				page 10:00 anon=a page=https://s.com/?gclid=1
				page 10:01 anon=a page=https://s.com/?gclid=2&utm_source=google&utm_medium=cpc
				page 10:02 anon=a page=https://s.com/?utm_source=google&utm_medium=cpc
				page 10:00 anon=b page=https://s.com/?fbclid=1`,
			want: `
				touches: who position touched_at source medium click_id is_paid
				anon:a 1 10:00 google cpc gclid yes
				anon:a 2 10:02 google cpc - yes
				anon:b 1 10:00 facebook social fbclid no`,
		},
		{
			name: "neither tags nor referrer: one direct touch at the first event, landing on the entry page",
			rows: `
				track 10:00 anon=a event=x
				page 10:01 anon=a page=https://s.com/1 ref=https://www.s.com/
				page 10:02 anon=a page=https://s.com/2 ref=https://www.google.com/
				track 10:00 anon=b event=x`,
			want: `
				touches: who position touched_at source medium campaign referrer landing_page channel is_paid
				anon:a 1 10:00 (direct) (none) - - https://s.com/1 Direct no
				anon:b 1 10:00 (direct) (none) - - - Direct no`,
		},
		{
			name: "the entry is the first page-bearing event, not the first event; tagged it is no entry by referrer",
			rows: `
				track 10:00 anon=a event=x
				page 10:01 anon=a page=https://s.com/1 ref=https://www.google.com/
				page 10:00 anon=b page=https://s.com/1 ref=https://www.google.com/ campaign=c`,
			want: `
				touches: who position touched_at source medium campaign referrer
				anon:a 1 10:01 google organic - https://www.google.com/
				anon:b 1 10:00 - - c https://www.google.com/`,
		},
		{
			name: "positions run over all history and sessions; is_before_signup includes the signup's instant",
			rows: `
				page 10:00 anon=a user=u page=https://s.com/?gclid=1
				page 12:00 user=u page=https://s.com/
				track 12:00 user=u event=Signed~Up
				page 14:00 anon=a page=https://s.com/?gclid=1`,
			want: `
				touches: who position touched_at source is_before_signup
				user:u 1 10:00 google yes
				user:u 2 12:00 (direct) yes
				user:u 3 14:00 google no`,
		},
		{
			name: "a session keeps its 100 earliest sets",
			rows: sets.String(),
			want: "touches: who position campaign\n" + hundred.String(),
		},
		{
			name: "the four touches",
			rows: `
				page 08:00 anon=a page=https://s.com/ ref=https://t.co/x
				page 09:00 anon=a page=https://s.com/?gclid=1&utm_campaign=p1
				page 10:00 anon=a page=https://s.com/?msclkid=1&utm_campaign=p2
				page 11:00 anon=a page=https://s.com/?utm_source=n&utm_medium=email
				track 11:01 anon=a user=u event=Signed~Up
				page 11:02 user=u page=https://s.com/?ttclid=1`,
			want: `
				attribution: who session_count_before_signup first_touch_timestamp first_touch_source first_touch_medium first_touch_referrer last_touch_timestamp last_touch_source
				user:u 4 08:00 t.co referral https://t.co/x 11:00 n
				attribution: first_attributed_touch_timestamp first_attributed_touch_source first_attributed_touch_campaign last_attributed_touch_timestamp last_attributed_touch_campaign last_attributed_touch_landing_page
				09:00 google p1 10:00 p2 https://s.com/?msclkid=1&utm_campaign=p2`,
		},
		{
			name: "a session begun before the signup whose every touch is later counts as direct at its first event",
			rows: `
				page 08:00 anon=a page=https://s.com/?gclid=1
				track 10:00 anon=a user=u event=x
				track 10:01 user=u event=Signed~Up anon=a
				page 10:02 user=u page=https://s.com/?gclid=2&utm_campaign=c ref=https://t.co/`,
			want: `
				attribution: first_touch_timestamp last_touch_timestamp last_touch_source last_touch_medium last_touch_referrer last_touch_channel last_touch_landing_page last_attributed_touch_timestamp
				08:00 10:00 (direct) (none) - Direct https://s.com/?gclid=2&utm_campaign=c 08:00
				touches: position touched_at source is_before_signup
				1 08:00 google yes
				2 10:02 google no`,
		},
		{
			name: "a session that begins with the signup began at or before it",
			rows: `
				track 10:00 anon=a user=u event=Signed~Up page=https://s.com/?gclid=1
				track 10:00 anon=b user=v event=Signed~Up
				page 10:01 anon=b user=v page=https://s.com/?gclid=1`,
			want: `
				attribution: who session_count_before_signup first_touch_timestamp first_touch_source last_attributed_touch_timestamp
				user:u 1 10:00 google 10:00
				user:v 1 10:00 (direct) -
				all_sessions: who is_signup_session
				user:u yes
				user:v yes`,
		},
		{
			name: "the lookback reaches back exactly so far, and limits touches only",
			set:  func(s *world.Settings) { s.Lookback = time.Hour },
			rows: `
				page 09:00 anon=a user=u page=https://blog.s.com/?gclid=0
				page 10:00 user=u page=https://s.com/?gclid=1
				track 11:00 user=u event=Signed~Up
				page 09:59:59.999999 anon=b user=v page=https://s.com/?gclid=1
				track 11:00 user=v event=Signed~Up`,
			want: `
				attribution: who session_count_before_signup blog_url first_page_ever_visited first_touch_timestamp first_attributed_touch_timestamp
				user:u 2 https://blog.s.com/?gclid=0 https://blog.s.com/?gclid=0 10:00 10:00
				user:v 1 - https://s.com/?gclid=1 - -`,
		},
		{
			name: "blog_url is the first blog page at or before the signup; the first page is of all time",
			rows: `
				track 10:00 anon=a user=u event=Signed~Up
				page 10:00 user=u page=https://s.com/blog/late recv=10:01
				track 10:00 user=u event=x page=https://s.com/blog/t
				track 10:00 anon=b user=v event=Signed~Up
				page 10:00:00.000001 user=v page=https://s.com/blog/after
				page 09:00 anon=c user=w page=https://s.com/blogger
				track 10:00 anon=c user=w event=Signed~Up`,
			want: `
				attribution: who blog_url first_page_ever_visited
				user:u https://s.com/blog/late https://s.com/blog/late
				user:v - https://s.com/blog/after
				user:w - https://s.com/blogger`,
		},
		{
			name: "no paid touch is NULL, and without a session everything is",
			rows: `
				page 10:00 anon=a user=u page=https://s.com/
				track 10:01 anon=a user=u event=Signed~Up
				track 10:01 user=v event=Signed~Up`,
			want: `
				attribution: who session_count_before_signup first_touch_source first_attributed_touch_source first_attributed_touch_timestamp first_page_ever_visited
				user:u 1 (direct) - - https://s.com/
				user:v 0 - - - -`,
		},
		{
			name: "a signup session that is the first session is two rows",
			rows: `
				page 10:00 anon=a user=u page=https://s.com/
				track 10:01 anon=a user=u event=Signed~Up
				page 12:00 user=u page=https://s.com/
				page 13:00 anon=z page=https://s.com/`,
			want: `
				useful_sessions: who kind session_index started_at event_count
				user:u first 1 10:00 2
				user:u signup 1 10:00 2
				all_sessions: who session_index is_signup_session
				user:u 1 yes
				user:u 2 no
				anon:z 1 no`,
		},
	} {
		t.Run(c.name, func(t *testing.T) { t.Parallel(); c.run(t) })
	}
}
