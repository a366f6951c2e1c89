package check

import (
	"testing"

	"github.com/attribution-dev/attribution/internal/testkit/world"
)

// merge is the setting identity.policy: merge.
func merge(s *world.Settings) { s.Policy = "merge" }

func TestReferenceIdentity(t *testing.T) {
	for _, c := range []referenceCase{
		{
			name: "an anonymous visitor becomes the user, before and after",
			rows: `
				page 10:00 anon=a
				identify 10:05 anon=a user=u
				page 10:10 anon=a
				page 12:00 user=u page=https://s.com/`,
			want: `
				all_sessions: who session_index event_count
				user:u 1 2
				user:u 2 1
				anonymous_ids: anonymous_id who is_shared
				a user:u no`,
		},
		{
			name: "an event with a user_id is that user's, whatever the device says",
			rows: `
				identify 09:00 anon=a user=u
				page 10:00 anon=a user=v
				page 10:10 anon=a`,
			want: `
				all_sessions: who started_at
				user:u 10:10
				user:v 10:00
				anonymous_ids: anonymous_id who
				a user:u`,
		},
		{
			name: "the least edge is by event time, not by arrival; ignored and server rows are edges",
			rows: `
				page 10:00 anon=a user=u recv=10:00
				track 09:00 anon=a user=v recv=11:00 event=Heartbeat
				page 12:00 anon=a`,
			want: `
				anonymous_ids: anonymous_id who
				a user:v
				all_sessions: who event_count
				user:u 1
				user:v 1`,
		},
		{
			name: "an edge is as old as its first row",
			rows: `
				page 10:00 anon=a user=u
				page 11:00 anon=a user=v
				page 12:00 anon=a user=u`,
			want: `
				anonymous_ids: anonymous_id who
				a user:u`,
		},
		{
			name: "an alias row with an anonymous_id joins users all the same",
			rows: `
				identify 10:00 user=v
				alias 11:00 prev=v user=u anon=a`,
			want: `
				user_ids: user_id alias_id
				u v
				v v`,
		},
		{
			name: "a tie in time between edges goes by kind",
			rows: `
				identify 10:00 anon=a user=u
				track 10:00 anon=a user=v event=x`,
			want: `
				anonymous_ids: anonymous_id who
				a user:v`,
		},
		{
			name: "an alias row joins an anonymous previous_id to its user, and its own anonymous_id too",
			rows: `
				page 09:00 anon=a
				page 09:00 anon=b
				alias 10:00 prev=a user=u anon=b`,
			want: `
				anonymous_ids: anonymous_id who
				a user:u
				b user:u
				all_sessions: who event_count
				user:u 2`,
		},
		{
			name: "users are joined by alias rows; the root was seen first",
			rows: `
				page 09:00 user=v page=https://s.com/
				page 08:00 user=u page=https://s.com/
				alias 10:00 prev=v user=u
				alias 11:00 prev=w user=v
				page 12:00 anon=a user=w`,
			want: `
				user_ids: user_id alias_id
				u u
				v u
				w u
				all_sessions: who session_index
				user:u 1
				user:u 2
				user:u 3`,
		},
		{
			name: "first sight counts an alias row that joins two users, for its previous_id",
			rows: `
				alias 08:00 prev=v user=w
				page 09:00 user=u
				page 12:00 user=v
				alias 10:00 prev=v user=u`,
			// v and w are seen in the same row: the tie goes to the lesser bytes.
			want: `
				user_ids: user_id alias_id
				u v
				v v
				w v`,
		},
		{
			name: "a previous_id that is a user only on an ignored or identity row joins as well, and stays an edge",
			rows: `
				alias 10:00 prev=x user=u
				identify 11:00 user=x
				page 12:00 anon=x`,
			want: `
				user_ids: user_id alias_id
				u u
				x u
				anonymous_ids: anonymous_id who
				x user:u`,
		},
		{
			name: "a user and an anonymous visitor may bear the same text",
			rows: `
				page 10:00 anon=x
				page 10:00 user=x page=https://s.com/`,
			want: `
				all_sessions: who
				anon:x
				user:x`,
		},
		{
			name: "use_alias_calls false: previous_id is not read",
			set:  func(s *world.Settings) { s.UseAliasCalls = false },
			rows: `
				page 09:00 anon=a
				page 09:00 user=v page=https://s.com/
				alias 10:00 prev=a user=u anon=b
				alias 10:00 prev=v user=u`,
			want: `
				user_ids: user_id alias_id
				u u
				v v
				anonymous_ids: anonymous_id who
				a anon:a
				b user:u`,
		},
		{
			name: "more persons than the limit make a device shared; joined users count once",
			set:  func(s *world.Settings) { s.MaxUsersPerAnonymousID = 2 },
			rows: `
				identify 10:00 anon=kiosk user=u
				identify 10:00 anon=kiosk user=v
				identify 10:00 anon=kiosk user=w
				page 11:00 anon=kiosk
				page 11:00 anon=kiosk user=u
				identify 10:00 anon=home user=u
				identify 10:01 anon=home user=v
				identify 10:02 anon=home user=w2
				alias 12:00 prev=w2 user=v
				page 11:00 anon=home`,
			want: `
				anonymous_ids: anonymous_id who is_shared
				kiosk anon:kiosk yes
				home user:u no
				w2 user:v no
				all_sessions: who event_count
				anon:kiosk 1
				user:u 2`,
		},
		{
			name: "a shared device never merges two users",
			rows: `
				page 10:00 anon=a user=u
				page 10:01 anon=a user=v`,
			want: `
				user_ids: user_id alias_id
				u u
				v v`,
		},
		{
			name: "policy merge: components over edges and joins",
			set:  merge,
			rows: `
				page 10:00 anon=a user=u
				page 10:01 anon=a user=v
				page 10:02 anon=b user=v
				page 10:03 anon=b
				alias 10:04 prev=c user=v
				page 10:05 anon=c
				page 10:00 anon=z`,
			want: `
				user_ids: user_id alias_id
				u u
				v u
				all_sessions: who event_count
				user:u 5
				anon:z 1`,
		},
		{
			name: "policy merge: shared ids are left out first",
			set:  func(s *world.Settings) { s.Policy, s.MaxUsersPerAnonymousID = "merge", 2 },
			rows: `
				page 10:00 anon=k user=u
				page 10:00 anon=k user=v
				page 10:00 anon=k user=w
				page 10:01 anon=k
				page 10:00 anon=a user=u
				page 10:00 anon=a user=v id=zz`,
			want: `
				user_ids: user_id alias_id
				u u
				v u
				w w
				anonymous_ids: anonymous_id who is_shared
				a user:u no
				k anon:k yes`,
		},
		{
			name: "policy merge: a component too large loses its edges and keeps its joins",
			set:  func(s *world.Settings) { s.Policy, s.MaxComponentSize = "merge", 4 },
			rows: `
				page 10:00 anon=a user=u
				page 10:01 anon=a user=v
				page 10:02 anon=b user=v
				alias 10:03 prev=w user=v
				identify 10:04 user=w
				page 10:05 anon=b
				page 10:00 anon=c user=p
				page 10:01 anon=c user=q
				page 10:02 anon=d user=q
				page 10:03 anon=d`,
			want: `
				user_ids: user_id alias_id
				u u
				v v
				w v
				p p
				q p
				anonymous_ids: anonymous_id who is_shared
				a anon:a no
				b anon:b no
				w anon:w no
				c user:p no
				d user:p no`,
		},
		{
			// The K of KIOSK is the Kelvin sign, which folds to k.
			name: "blocked identifiers count as absent, case folded and trimmed, beyond ASCII too",
			set:  func(s *world.Settings) { s.Blocked = append(s.Blocked, " Kiosk Été ", "test") },
			rows: `
				page 10:00 anon=NULL user=u page=https://s.com/
				page 10:00 anon=a user=-1
				page 10:00 anon=b user=TEST
				page 10:00 anon=a1 user=~KIOSK~ÉTÉ
				alias 10:00 prev=None user=u`,
			want: `
				user_ids: user_id alias_id
				u u
				anonymous_ids: anonymous_id who
				a anon:a
				a1 anon:a1
				b anon:b`,
		},
	} {
		t.Run(c.name, func(t *testing.T) { t.Parallel(); c.run(t) })
	}
}
