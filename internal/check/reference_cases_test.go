package check

import (
	"strings"
	"testing"
	"time"

	"github.com/attribution-dev/attribution/internal/testkit/world"
)

func TestReferenceWords(t *testing.T) {
	for _, c := range []referenceCase{
		{
			name: "the gap must be strictly more than 20:00.000",
			rows: `
				page 10:00 anon=a
				page 10:20 anon=a
				page 10:40:00.000001 anon=a
				page 10:00 anon=b
				page 10:19:59.999 anon=b
				page 10:39:59.999 anon=b
				page 10:59:59.9990 anon=b
				page 11:20:00 anon=b`,
			want: `
				all_sessions: who session_index started_at ended_at event_count page_count
				anon:a 1 10:00 10:20 2 2
				anon:a 2 10:40:00.000001 10:40:00.000001 1 1
				anon:b 1 10:00 10:59:59.999 4 4
				anon:b 2 11:20 11:20 1 1`,
		},
		{
			name: "session ids are the md5 of person and start",
			rows: `
				page 10:00 anon=x
				page 10:00 user=x page=https://s.com/`,
			// md5sum of a:x:1515578400000000 and of u:x:1515578400000000
			want: `
				all_sessions: who session_id
				anon:x 07f2e976e218e13b4173212d8a041fc2
				user:x a08d0dbe9e54e8d1e47bb656974a49cd`,
		},
		{
			name: "sessions run over a year's end and its months",
			rows: `
				page 2017-12-31T23:50 anon=a
				page 2018-01-01T00:05 anon=a`,
			want: `
				all_sessions: who started_at ended_at event_count
				anon:a 2017-12-31T23:50 2018-01-01T00:05 2`,
		},
		{
			name: "event time falls back on received_at",
			rows: `
				page 10:00 anon=a ts=-
				page 10:00 anon=b ts=infinity
				page 10:00 anon=c ts=1999-12-31T23:59:59
				page 10:00 anon=d ts=2018-01-11T10:00:00.000001
				page 10:00 anon=e ts=2018-01-11T10:00
				page 10:00 anon=f ts=2000-01-01T00:00
				page 10:00 anon=g ts=2016-12-06T10:00`,
			want: `
				all_sessions: who started_at
				anon:a 10:00
				anon:b 10:00
				anon:c 10:00
				anon:d 10:00
				anon:e 2018-01-11T10:00
				anon:f 2000-01-01T00:00
				anon:g 2016-12-06T10:00`,
		},
		{
			name: "rows without identifiers, with long ones or odd received_at are rejected",
			rows: `
				page 10:00
				page 10:00 anon=~~ user=~
				page 10:00 anon=null user=UNDEFINED
				page 10:00 anon=` + strings.Repeat("x", 1025) + `
				page 10:00 anon=a id=` + strings.Repeat("é", 513) + `
				page 10:00 anon=b recv=infinity load=10:00
				page 10:00 anon=b recv=1999-12-31T23:59:59.999999
				page 10:00 anon=b recv=2100-01-01T00:00
				page 10:00 anon=c recv=-
				page 10:00 anon=~d~ user=Anonymous
				alias 10:00 prev=e`,
			want: `
				all_sessions: who event_count
				anon:d 1
				anonymous_ids: anonymous_id who
				d anon:d`,
		},
		{
			name: "copies are one, the least received stays; further apart they are two",
			rows: `
				page 10:00 id=1 anon=a recv=12:00
				page 10:05 id=~1 anon=b recv=11:00 load=2018-01-12T00:00
				page 10:00 id=2 anon=c recv=12:00 load=14:00
				page 10:00 id=2 anon=d recv=12:00 load=13:00
				page 10:00 id=3 anon=e recv=2018-01-10T10:00
				page 10:00 id=3 anon=f recv=2018-02-14T10:00
				page 10:00 id=4 anon=g recv=2018-01-10T10:00
				page 10:00 id=4 anon=h recv=2018-02-14T10:00:00.000001
				screen 10:00 id=1 anon=i
				app.page 10:00 id=1 anon=j`,
			want: `
				all_sessions: who started_at
				anon:b 10:05
				anon:d 10:00
				anon:e 10:00
				anon:g 10:00
				anon:h 10:00
				anon:i 10:00
				anon:j 10:00`,
		},
		{
			name: "rows without id are each an event, equal ones too",
			rows: `
				page 10:00 id=- anon=a
				page 10:00 id=- anon=a
				page 10:00 id=~ anon=a`,
			want: `
				all_sessions: who event_count
				anon:a 3`,
		},
		{
			name: "a rejected row is no copy",
			rows: `
				page 10:00 id=1 recv=10:00
				page 10:00 id=1 anon=a recv=11:00`,
			want: `
				all_sessions: who event_count
				anon:a 1`,
		},
		{
			name: "ignored names are no activity, tag or signup, only identity",
			rows: `
				track 10:00 anon=a user=u event=Heartbeat slug=signed_up page=https://s.com/?gclid=1
				track 10:10 anon=a event=x slug=Heartbeat
				page 11:00 anon=a`,
			want: `
				all_sessions: who started_at event_count source
				user:u 11:00 1 (direct)
				attribution: who`,
		},
		{
			name: "server events are in no session and can be the signup",
			rows: `
				page 10:00 anon=a user=u page=https://s.com/
				track 10:15 user=u event=Plan
				track 10:30 user=u event=Signed~Up
				page 10:35 user=u page=https://s.com/b
				track 11:00 anon=null user=v event=Signed~Up`,
			want: `
				all_sessions: who started_at ended_at event_count is_signup_session
				user:u 10:00 10:00 1 no
				user:u 10:35 10:35 1 no
				attribution: who signup_timestamp session_count_before_signup first_touch_timestamp
				user:u 10:30 1 10:00
				user:v 11:00 0 -
				useful_sessions: who kind session_index
				user:u first 1`,
		},
		{
			name: "signup is the first of its names, compared exactly with text and slug",
			rows: `
				track 10:00 anon=a event=signed_up
				track 10:01 anon=a slug=Signed~Up event=x
				track 10:02 anon=a event=Signed~Up
				page 10:03 anon=a`,
			set: func(s *world.Settings) { s.SignupEvents = []string{"Signed Up"} },
			want: `
				attribution: who signup_timestamp
				anon:a 10:01`,
		},
		{
			name: "the signup session reaches to its last event and the gap",
			rows: `
				page 10:00 anon=a user=u
				track 10:20 user=u event=Signed~Up
				page 10:00 anon=b user=v
				track 10:20:00.000001 user=v event=Signed~Up
				track 10:00 user=w event=Signed~Up
				page 10:01 anon=c user=w`,
			want: `
				all_sessions: who is_signup_session
				user:u yes
				user:v no
				user:w no
				useful_sessions: who kind started_at
				user:u first 10:00
				user:u signup 10:00
				user:v first 10:00
				user:w first 10:01
				attribution: who session_count_before_signup first_touch_timestamp
				user:u 1 10:00
				user:v 1 10:00
				user:w 0 -`,
		},
		{
			name: "only rows loaded by the as-of count",
			asOf: "12:00",
			rows: `
				page 10:00 anon=a load=12:00
				page 10:00 anon=b load=12:00:00.000001
				page 10:00 anon=c recv=11:00
				page 10:00 anon=d recv=13:00 load=-`,
			want: `
				all_sessions: who
				anon:a
				anon:c`,
		},
		{
			name: "page and referrer: the context, on pages else the own column; empty is absent",
			rows: `
				page 10:00 anon=a page= url=https://s.com/1 ref= referrer=https://t.co/x
				page 10:01 anon=a page=https://s.com/2 url=https://s.com/9
				track 10:02 anon=a page= event=x
				screen 10:03 anon=a
				track 10:00 anon=b event=x`,
			want: `
				all_sessions: who event_count page_count entry_page exit_page entry_referrer
				anon:a 4 2 https://s.com/1 https://s.com/2 https://t.co/x
				anon:b 1 0 - - -`,
		},
		{
			name: "ties in time go by kind, received_at, source, id",
			rows: `
				track 10:00 anon=a event=x page=https://s.com/track id=1
				screen 10:00 anon=a page=https://s.com/screen id=1
				page 10:00 anon=a page=https://s.com/page id=1
				page 10:00 anon=b page=https://s.com/late id=1x recv=10:02
				page 10:00 anon=b page=https://s.com/soon id=2x recv=10:01
				page 10:00 anon=c page=https://s.com/website id=1y
				app.page 10:00 anon=c page=https://s.com/app id=2y
				page 10:00 anon=d page=https://s.com/z id=z
				page 10:00 anon=d page=https://s.com/Z id=Z`,
			want: `
				all_sessions: who entry_page exit_page
				anon:a https://s.com/page https://s.com/track
				anon:b https://s.com/soon https://s.com/late
				anon:c https://s.com/app https://s.com/website
				anon:d https://s.com/Z https://s.com/z`,
		},
		{
			name: "a larger gap",
			set:  func(s *world.Settings) { s.Gap = 30 * time.Minute },
			rows: `
				page 10:00 anon=a
				page 10:30 anon=a`,
			want: `
				all_sessions: who event_count
				anon:a 2`,
		},
	} {
		t.Run(c.name, func(t *testing.T) { t.Parallel(); c.run(t) })
	}
}
