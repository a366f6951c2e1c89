package check_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/attribution-dev/attribution/internal/check"
	"github.com/attribution-dev/attribution/internal/config"
	"github.com/attribution-dev/attribution/internal/event"
	"github.com/attribution-dev/attribution/internal/pipeline"
)

// told is a database with these rows, "kind id time anonymous_id user_id rest" with "-"
// for absent: rest is a page's URL and referrer, a track's name, an alias' previous_id.
func told(t *testing.T, change func(*config.Config), rows ...string) *pipeline.Pipeline {
	t.Helper()
	p := install(t, func(c *config.Config) {
		c.Sources = []string{"website"}
		if change != nil {
			change(c)
		}
	})
	pool := p.DB().Pool
	const common = `(id text, received_at timestamptz, uuid_ts timestamptz, "timestamp" timestamptz, anonymous_id text, user_id text, `
	for _, statement := range []string{
		`CREATE SCHEMA website`,
		`CREATE TABLE website.pages ` + common + `url text, referrer text)`,
		`CREATE TABLE website.tracks ` + common + `event_text text)`,
		`CREATE TABLE website.identifies ` + common + `email text)`,
		`CREATE TABLE website.aliases ` + common + `previous_id text)`,
	} {
		_, err := pool.Exec(t.Context(), statement)
		require.NoError(t, err, statement)
	}
	for _, row := range rows {
		f := strings.Fields(row)
		for len(f) < 8 {
			f = append(f, "-")
		}
		at, err := time.Parse("2006-01-02T15:04:05", f[2])
		require.NoError(t, err, row)
		columns, args := "", []any{f[1], at, absent(f[3]), absent(f[4]), absent(f[5])}
		switch f[0] {
		case "pages":
			columns = "url, referrer"
			args = append(args, absent(f[6]))
		case "tracks":
			columns = "event_text"
		case "identifies":
			columns = "email"
		case "aliases":
			columns = "previous_id"
		}
		more := ""
		if len(args) == 6 {
			more = ", $6"
		}
		_, err = pool.Exec(t.Context(), `INSERT INTO website.`+f[0]+` (id, received_at, uuid_ts, "timestamp", anonymous_id, user_id, `+columns+`)
			VALUES ($1, $2, $2, $2, $3, $4, $5`+more+`)`, args...)
		require.NoError(t, err, row)
	}
	_, err := p.Run(t.Context(), pipeline.Request{AsOf: time.Date(2024, 4, 1, 0, 0, 0, 0, time.UTC), Choices: pipeline.Choices{AllowShrink: true}})
	require.NoError(t, err)
	_, err = pool.Exec(t.Context(), `UPDATE aliases.changes SET recorded_at = '2024-04-01 00:00:07Z'`)
	require.NoError(t, err)
	return p
}

func absent(s string) any {
	if s == "-" {
		return nil
	}
	return s
}

// explained is the explanation of the person, and as printed.
func explained(t *testing.T, p *pipeline.Pipeline, person string) (check.Explanation, string) {
	t.Helper()
	id, isUser := strings.CutPrefix(person, "user:")
	e, err := check.Explain(t.Context(), p.DB(), p.Settings(), event.Person{AliasID: strings.TrimPrefix(id, "anon:"), IsIdentified: isUser})
	require.NoError(t, err)
	_, err = json.Marshal(e)
	require.NoError(t, err)
	var b bytes.Buffer
	require.NoError(t, e.Text(&b))
	return e, b.String()
}

// ann came by an advertisement, looked again on a laptop by a search, and signed up
// there; later she used the telephone under her name.
var ann = []string{
	"pages p1 2024-03-01T09:00:00 phone - https://shop.example/?utm_source=google&utm_medium=cpc -",
	"pages p2 2024-03-01T09:05:00 phone - https://shop.example/shoes https://shop.example/",
	"pages p3 2024-03-09T12:00:00 laptop - https://shop.example/shoes https://www.google.com/",
	"identifies i1 2024-03-09T12:02:30 laptop ann",
	"tracks t1 2024-03-09T12:03:00 laptop ann signed_up",
	"pages p4 2024-03-10T08:00:00 phone ann https://shop.example/orders -",
}

const annExplained = `user:ann

Identifiers
  user_id       ann: first seen 2024-03-09 12:02:30 UTC by an identify call (website, id i1)
  anonymous_id  laptop: joined to user_id ann 2024-03-09 12:02:30 UTC by an identify call (website,
                id i1)
  anonymous_id  phone: joined to user_id ann 2024-03-10 08:00:00 UTC by a page call (website, id p4)

Journal of who is who
  2024-04-01 00:00:07 UTC, run 1: user:ann was new, as user:ann
  2024-04-01 00:00:07 UTC, run 1: anon:laptop moved from anon:laptop to user:ann
  2024-04-01 00:00:07 UTC, run 1: anon:phone moved from anon:phone to user:ann

History (UTC)
  2024-03-01 09:00:00  session 1, 5m: 2 events, 2 pages
                         entered on https://shop.example/?utm_source=google&utm_medium=cpc
                         left from https://shop.example/shoes
  2024-03-01 09:00:00  touch 1: google / cpc, Paid Search, paid
  2024-03-09 12:00:00  session 2, 3m: 2 events, 1 page, the signup session
                         entered on https://shop.example/shoes
  2024-03-09 12:00:00  touch 2: google / organic, Organic Search
                         referred by https://www.google.com/
  2024-03-09 12:02:30  anonymous_id laptop is joined to user_id ann
  2024-03-09 12:03:00  SIGNUP: track signed_up (website, id t1)
  2024-03-10 08:00:00  anonymous_id phone is joined to user_id ann
  2024-03-10 08:00:00  session 3, one instant: 1 event, 1 page
                         entered on https://shop.example/orders
  2024-03-10 08:00:00  touch 3: (direct) / (none), Direct

Why these touches
%s  The published row agrees: these touches, signup at 2024-03-09 12:03:00 UTC, 2 sessions begun by
  then.

Who earns it
  signup at 2024-03-09 12:03:00 UTC
    first_touch:     touch 1 (Paid Search) 100 %%
    last_touch:      touch 2 (Organic Search) 100 %%
    last_non_direct: touch 2 (Organic Search) 100 %%
    first_paid:      touch 1 (Paid Search) 100 %%
    last_paid:       touch 1 (Paid Search) 100 %%
    linear:          touch 1 (Paid Search) 50 %%, touch 2 (Organic Search) 50 %%
    position_based:  touch 1 (Paid Search) 50 %%, touch 2 (Organic Search) 50 %%
    time_decay:      touch 1 (Paid Search) 30.9 %%, touch 2 (Organic Search) 69.1 %%
    shapley:         touch 1 (Paid Search) 50 %%, touch 2 (Organic Search) 50 %%
    markov:          touch 1 (Paid Search) 50 %%, touch 2 (Organic Search) 50 %%
`

func TestExplain(t *testing.T) {
	t.Parallel()
	e, printed := explained(t, told(t, nil, ann...), "user:ann")
	const section = "Why these touches\n"
	why, _, _ := strings.Cut(printed[strings.Index(printed, section)+len(section):], "  The published row")
	require.Equal(t, fmt.Sprintf(annExplained, why), printed)
	require.Empty(t, e.Disagreements)
	require.Len(t, e.Choice, 4)
	for i, want := range []string{
		"First touch: touch 1, 2024-03-01 09:00:00 UTC, google / cpc, Paid Search, paid. It is ",
		"Last touch: touch 2, 2024-03-09 12:00:00 UTC, google / organic, Organic Search. It is ",
		"First paid touch: touch 1, 2024-03-01 09:00:00 UTC, google / cpc, Paid Search, paid. It is ",
		"Last paid touch: touch 1, 2024-03-01 09:00:00 UTC, google / cpc, Paid Search, paid. It is ",
	} {
		require.NotEmpty(t, e.Choice[i].Reason)
		require.Contains(t, flat(why), want+e.Choice[i].Reason+".", "the reason as touch.Choose gives it")
	}
	for _, line := range strings.Split(printed, "\n") {
		require.LessOrEqual(t, len(line), 100, line)
	}
}

// flat is the text on one line.
func flat(s string) string { return strings.Join(strings.Fields(s), " ") }

func TestExplainSaysWhatOneMayWonder(t *testing.T) {
	many := []string{}
	for i := range 7 {
		many = append(many, fmt.Sprintf("pages k%d 2024-03-02T0%d:00:00 kiosk u%d https://shop.example/ -", i, i, i))
	}
	for name, c := range map[string]struct {
		change func(*config.Config)
		rows   []string
		damage string
		person string
		says   []string
		not    []string
	}{
		"nobody": {
			person: "user:nobody",
			rows:   ann,
			says:   []string{"Nothing is known of user:nobody"},
			not:    []string{"Identifiers", "History"},
		},
		"an anonymous visitor": {
			rows:   []string{"pages p1 2024-03-01T09:00:00 phone - https://shop.example/ -"},
			person: "anon:phone",
			says: []string{
				"anonymous_id phone: never seen with a user_id", "session 1, one instant",
				"Has not signed up: none of the tracks of this person is named in signup_events (Signed Up, signed_up",
			},
			not: []string{"Why these touches", "Journal"},
		},
		"a device that belongs to someone else": {
			rows: append(slices.Clone(ann),
				"pages q1 2024-03-11T08:00:00 laptop bob https://shop.example/ -", "tracks q2 2024-03-11T08:01:00 laptop bob signed_up"),
			person: "user:bob",
			says: []string{
				"anonymous_id laptop: seen with user_id bob 2024-03-11 08:00:00 UTC by a page call (website, id q1); its events without a user_id belong to user:ann; seen with 2 persons",
				"anonymous_id laptop belongs to user:ann, who was seen with it first; only its events that carry a user_id of user:bob are in this explanation.",
				"No touch of this person was paid: the attributed touches are NULL, never the unpaid ones.",
				"First paid touch: none: no paid touch",
			},
		},
		"the device itself": {
			rows:   ann,
			person: "anon:laptop",
			says:   []string{`anon:laptop is no person: the anonymous_id belongs to user:ann. See "attribution explain user:ann".`},
		},
		"a shared device": {
			rows:   append(slices.Clone(many), "pages k9 2024-03-03T09:00:00 kiosk - https://shop.example/ -"),
			person: "anon:kiosk",
			says: []string{
				"anonymous_id kiosk: seen with user_id u0",
				"is shared: it was seen with 7 persons, more than identity.max_users_per_anonymous_id (5), so its events without a user_id are a person of their own, anon:kiosk. Seen with user:u0, user:u1, user:u2, user:u3, user:u4, user:u5, user:u6.",
			},
		},
		"a user of a shared device": {
			rows:   many,
			person: "user:u3",
			says: []string{
				"its events without a user_id belong to anon:kiosk", "are a person of their own, anon:kiosk.", "session 1, one instant",
			},
		},
		"a component that is too large": {
			change: func(c *config.Config) { c.Identity.Policy, c.Identity.MaxComponentSize = "merge", 3 },
			rows:   many[:4],
			person: "anon:kiosk",
			says:   []string{"lost its edges: what they connect has more identifiers than identity.max_component_size (3)"},
		},
		"users joined by a device": {
			change: func(c *config.Config) { c.Identity.Policy = "merge" },
			rows:   many[:2],
			person: "user:u0",
			says:   []string{"user_id u1 is of this person by an anonymous_id the two were seen with (identity.policy: merge)."},
		},
		"users joined by an alias call": {
			rows:   append(slices.Clone(ann), "pages b1 2024-03-12T08:00:00 tablet bob https://shop.example/ -", "aliases x1 2024-03-13T08:00:00 - ann bob"),
			person: "user:ann",
			says: []string{
				"user_id bob: first seen 2024-03-12 08:00:00 UTC by a page call (website, id b1); joined to user_id ann 2024-03-13 08:00:00 UTC by an alias call (website, id x1)",
				"2024-03-13 08:00:00 user_id bob is joined to user_id ann",
			},
		},
		"a signup by a back end": {
			rows:   []string{"tracks t1 2024-03-09T12:03:00 - ann signed_up", "tracks t2 2024-03-09T12:05:00 - ann signed_up"},
			person: "user:ann",
			says: []string{
				"SIGNUP: track signed_up (website, id t1)", "signed up again: track signed_up (website, id t2)",
				"In no session: 2 server events (with a user_id, no anonymous_id and no page URL).",
				"No session: no event of this person is activity on a device, so there are no touches either.",
				"1 signup event after the first changed nothing: the first one counts.",
				"The signup event carries no anonymous_id, as events of a back end do",
				"First touch: none: no touch", "The published row agrees", "0 sessions begun by then",
			},
			not: []string{"No signup session"},
		},
		"a signup between sessions": {
			rows: []string{
				"pages p1 2024-03-09T09:00:00 phone ann https://shop.example/ -", "tracks t1 2024-03-09T12:00:00 - ann signed_up",
				"pages p2 2024-03-09T18:00:00 phone ann https://shop.example/?gclid=1 -",
			},
			person: "user:ann",
			says: []string{
				"No signup session: session 1, the last before the signup, had ended 3h before it, more than session_gap (20m).",
				"No paid touch counts: touch 2 was paid, but after the signup.", "with a gclid",
			},
		},
		"a signup before any session": {
			rows:   []string{"tracks t1 2024-03-09T12:00:00 - ann signed_up", "pages p2 2024-03-09T18:00:00 phone ann https://shop.example/ -"},
			person: "user:ann",
			says:   []string{"No signup session: the first session began after the signup, at 2024-03-09 18:00:00 UTC."},
		},
		"a lookback": {
			change: func(c *config.Config) { c.Lookback = 24 * time.Hour },
			rows:   ann,
			person: "user:ann",
			says: []string{
				"No paid touch counts: touch 1 was paid, but longer before the signup than lookback (24h).", "(1 older left out)",
			},
		},
		"an ignored event": {
			change: func(c *config.Config) { c.IgnoreEvents = []string{"heartbeat"} },
			rows:   append(slices.Clone(ann), "tracks h1 2024-03-12T08:00:00 phone ann heartbeat"),
			person: "user:ann",
			says:   []string{"In no session: 1 event named in ignore_events."},
		},
		"a row that was tampered with": {
			rows:   ann,
			damage: `UPDATE sessions.attribution SET first_touch_source = 'bing', last_attributed_touch_channel = NULL, session_count_before_signup = 9`,
			person: "user:ann",
			says: []string{
				"The published row DISAGREES:", "first_touch_source is bing, chosen was google",
				"last_attributed_touch_channel is NULL, chosen was Paid Search", "session_count_before_signup is 9, chosen was 2",
			},
			not: []string{"The published row agrees"},
		},
		"a row that is missing": {
			rows:   ann,
			damage: `DELETE FROM sessions.attribution`,
			person: "user:ann",
			says:   []string{"There is no row of attribution yet: this signup has not been published."},
			not:    []string{"The published row"},
		},
		"work that waits": {
			rows:   ann,
			damage: `INSERT INTO attribution_ops.dirty_persons (alias_id, is_identified, mark) VALUES ('ann', true, 1)`,
			person: "user:ann",
			says:   []string{"Work waits in this database"},
		},
		"a user no row names any more": {
			rows:   ann,
			damage: `INSERT INTO aliases.changes VALUES (9, '2024-05-01Z', true, 'bob', 'ann', true, NULL, NULL)`,
			person: "user:ann",
			says:   []string{"2024-05-01 00:00:00 UTC, run 9: user:bob left user:ann: no row names it any more"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := told(t, c.change, c.rows...)
			if c.damage != "" {
				exec(t, p, c.damage)
			}
			_, printed := explained(t, p, c.person)
			for _, s := range c.says {
				require.Contains(t, flat(printed), s, printed)
			}
			for _, s := range c.not {
				require.NotContains(t, flat(printed), s, printed)
			}
		})
	}
}
