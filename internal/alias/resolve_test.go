package alias_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/attribution-dev/attribution/internal/alias"
	"github.com/attribution-dev/attribution/internal/event"
)

// order is the n-th place in the order of events.
func order(n int) event.Order {
	return event.Order{At: event.Micros(n), Kind: event.Identify, ReceivedAt: 1, Source: "s", ID: "i"}
}

// naive resolves the graph sentence by sentence, as the design's section on identity
// has it, by walking from every identifier anew.
func naive(g alias.Graph, s alias.Settings) ([]alias.User, []alias.Anonymous) {
	// The first sight of a user: the least order over all rows naming it as user_id
	// or, in an alias row joining two users, as previous_id.
	first := map[string]event.Order{}
	see := func(id string, o event.Order) {
		if old, known := first[id]; !known || o.Less(old) {
			first[id] = o
		}
	}
	for _, sight := range g.Sights {
		see(sight.UserID, sight.Order)
	}
	for _, j := range g.Joins {
		see(j.PreviousID, j.Order)
		see(j.UserID, j.Order)
	}
	edgesOf := map[string][]alias.Edge{}
	for _, e := range g.Edges {
		edgesOf[e.AnonymousID] = append(edgesOf[e.AnonymousID], e)
	}
	// Only alias rows join users.
	byJoins := map[string][]string{}
	link := func(m map[string][]string, a, b string) { m[a], m[b] = append(m[a], b), append(m[b], a) }
	for _, j := range g.Joins {
		link(byJoins, "u"+j.PreviousID, "u"+j.UserID)
	}
	root := func(nodes map[string]bool) string {
		best := ""
		for n := range nodes {
			if n[0] != 'u' {
				continue
			}
			id := n[1:]
			if c := first[id].Compare(first[best]); best == "" || c < 0 || c == 0 && id < best {
				best = id
			}
		}
		return best
	}
	personByJoins := map[string]string{}
	for id := range first {
		personByJoins[id] = root(reach(byJoins, "u"+id))
	}
	// A shared anonymous_id has more than the limit of persons, counted after joins.
	persons := map[string]int{}
	for a, edges := range edgesOf {
		distinct := map[string]bool{}
		for _, e := range edges {
			distinct[personByJoins[e.UserID]] = true
		}
		persons[a] = len(distinct)
	}
	shared := func(a string) bool { return persons[a] > s.MaxUsersPerAnonymousID }
	// merge: plain connected components, shared ids left out first; one over the
	// limit loses all its anonymous_id edges and keeps its joins.
	all := map[string][]string{}
	for _, j := range g.Joins {
		link(all, "u"+j.PreviousID, "u"+j.UserID)
	}
	for _, e := range g.Edges {
		if !shared(e.AnonymousID) {
			link(all, "a"+e.AnonymousID, "u"+e.UserID)
		}
	}
	person := func(user string) (string, bool) {
		if s.Policy == alias.First {
			return personByJoins[user], false
		}
		whole := reach(all, "u"+user)
		if len(whole) > s.MaxComponentSize {
			return personByJoins[user], true
		}
		return root(whole), false
	}
	var users []alias.User
	for id := range first {
		p, _ := person(id)
		users = append(users, alias.User{UserID: id, AliasID: p})
	}
	var anonymous []alias.Anonymous
	for a, edges := range edgesOf {
		out := alias.Anonymous{AnonymousID: a, AliasID: a, Persons: persons[a], IsShared: shared(a)}
		least := slices.MinFunc(edges, func(x, y alias.Edge) int {
			if c := x.Order.Compare(y.Order); c != 0 {
				return c
			}
			return strings.Compare(x.UserID, y.UserID)
		})
		p, cut := person(least.UserID)
		out.IsCut = cut && !out.IsShared
		if !out.IsShared && !out.IsCut {
			out.AliasID, out.IsIdentified = p, true
		}
		anonymous = append(anonymous, out)
	}
	slices.SortFunc(users, func(a, b alias.User) int { return strings.Compare(a.UserID, b.UserID) })
	slices.SortFunc(anonymous, func(a, b alias.Anonymous) int { return strings.Compare(a.AnonymousID, b.AnonymousID) })
	return users, anonymous
}

func reach(links map[string][]string, from string) map[string]bool {
	seen := map[string]bool{from: true}
	for todo := []string{from}; len(todo) > 0; todo = todo[1:] {
		for _, n := range links[todo[0]] {
			if !seen[n] {
				seen[n] = true
				todo = append(todo, n)
			}
		}
	}
	return seen
}

// random makes a small graph: identifiers that are both a user and a device, rows
// tied in the order, self aliases, chains, and the same pair by two rows.
func random(r *rand.Rand) alias.Graph {
	var g alias.Graph
	users, devices := 1+r.IntN(10), 1+r.IntN(6)
	id := func(n int) string { return []string{"x", "y", "Z", "é", "0a", "", "~", "q", "w", "z"}[n] + "1" }
	ties := 1 + r.IntN(60)
	for u := range users {
		for range 1 + r.IntN(2) {
			g.Sights = append(g.Sights, alias.Sight{UserID: id(u), Order: order(r.IntN(ties))})
		}
	}
	for range r.IntN(20) {
		e := alias.Edge{AnonymousID: id(r.IntN(devices)), UserID: id(r.IntN(users)), Order: order(r.IntN(ties))}
		g.Edges = append(g.Edges, e)
	}
	for range r.IntN(2*users) * r.IntN(2) {
		g.Joins = append(g.Joins, alias.Join{PreviousID: id(r.IntN(users)), UserID: id(r.IntN(users)), Order: order(r.IntN(ties))})
	}
	return g
}

func shuffled(r *rand.Rand, g alias.Graph) alias.Graph {
	g = alias.Graph{Edges: slices.Clone(g.Edges), Joins: slices.Clone(g.Joins), Sights: slices.Clone(g.Sights)}
	r.Shuffle(len(g.Edges), func(i, j int) { g.Edges[i], g.Edges[j] = g.Edges[j], g.Edges[i] })
	r.Shuffle(len(g.Joins), func(i, j int) { g.Joins[i], g.Joins[j] = g.Joins[j], g.Joins[i] })
	r.Shuffle(len(g.Sights), func(i, j int) { g.Sights[i], g.Sights[j] = g.Sights[j], g.Sights[i] })
	return g
}

func TestResolveEqualsTheTextInAnyOrderOfInput(t *testing.T) {
	t.Parallel()
	identified, sharedIDs, cut, joined := 0, 0, 0, 0
	for seed := range uint64(6000) {
		r := rand.New(rand.NewPCG(seed, 3))
		g := random(r)
		s := alias.Settings{
			Policy:                 []alias.Policy{alias.First, alias.Components}[seed%2],
			MaxUsersPerAnonymousID: 1 + r.IntN(4), MaxComponentSize: 2 + r.IntN(12),
		}
		wantUsers, wantAnonymous := naive(g, s)
		for range 3 {
			input := shuffled(r, g)
			before := shuffled(rand.New(rand.NewPCG(0, 0)), input)
			users, anonymous := alias.Resolve(input, s)
			require.Equal(t, wantUsers, users, "seed %d: %+v\n%+v", seed, s, g)
			require.Equal(t, wantAnonymous, anonymous, "seed %d: %+v\n%+v", seed, s, g)
			require.ElementsMatch(t, before.Edges, input.Edges)
		}
		for _, a := range wantAnonymous {
			identified, sharedIDs, cut = identified+number(a.IsIdentified), sharedIDs+number(a.IsShared), cut+number(a.IsCut)
			require.False(t, a.IsShared && a.IsCut)
			require.Equal(t, a.IsIdentified, !a.IsShared && !a.IsCut)
		}
		for _, u := range wantUsers {
			joined += number(u.UserID != u.AliasID)
		}
	}
	// The worlds hold what they are for.
	for name, n := range map[string]int{"identified": identified, "shared": sharedIDs, "cut": cut, "joined": joined} {
		require.Greater(t, n, 500, name)
	}
}

func number(b bool) int {
	if b {
		return 1
	}
	return 0
}

var defaults = alias.Settings{Policy: alias.First, MaxUsersPerAnonymousID: 5, MaxComponentSize: 1000}

func sights(ids ...string) (out []alias.Sight) {
	for i, id := range ids {
		out = append(out, alias.Sight{UserID: id, Order: order(100 + i)})
	}
	return out
}

func TestRules(t *testing.T) {
	t.Parallel()
	merge := alias.Settings{Policy: alias.Components, MaxUsersPerAnonymousID: 5, MaxComponentSize: 1000}
	var chain []alias.Join
	var chained []string
	for i := range 50 {
		chained = append(chained, fmt.Sprintf("u%02d", i))
		if i > 0 {
			chain = append(chain, alias.Join{PreviousID: chained[i], UserID: chained[i-1], Order: order(1000 - i)})
		}
	}
	for _, c := range []struct {
		name      string
		graph     alias.Graph
		settings  alias.Settings
		users     map[string]string
		anonymous map[string]string // "" stays a person of its own
	}{
		{
			"an anonymous visitor belongs to the user of its least edge",
			alias.Graph{Sights: sights("u1", "u2"), Edges: []alias.Edge{{"a", "u1", order(9)}, {"a", "u2", order(8)}}},
			defaults,
			map[string]string{"u1": "u1", "u2": "u2"},
			map[string]string{"a": "u2"},
		},
		{
			"of edges at one place in the order the least user by bytes",
			alias.Graph{Sights: sights("u1", "u2"), Edges: []alias.Edge{{"a", "u2", order(8)}, {"a", "u1", order(8)}}},
			defaults,
			map[string]string{"u1": "u1", "u2": "u2"},
			map[string]string{"a": "u1"},
		},
		{
			"a shared device never merges two users",
			alias.Graph{Sights: sights("u1", "u2"), Edges: []alias.Edge{{"a", "u1", order(1)}, {"a", "u2", order(2)}, {"b", "u2", order(3)}}},
			defaults,
			map[string]string{"u1": "u1", "u2": "u2"},
			map[string]string{"a": "u1", "b": "u2"},
		},
		{
			"under policy merge it does",
			alias.Graph{Sights: sights("u1", "u2"), Edges: []alias.Edge{{"a", "u1", order(1)}, {"a", "u2", order(2)}, {"b", "u2", order(3)}}},
			merge,
			map[string]string{"u1": "u1", "u2": "u1"},
			map[string]string{"a": "u1", "b": "u1"},
		},
		{
			"an alias row joins two users; the root was seen first",
			alias.Graph{Sights: sights("u1", "u2"), Joins: []alias.Join{{"u2", "u1", order(500)}}},
			defaults,
			map[string]string{"u1": "u1", "u2": "u1"},
			nil,
		},
		{
			"being named as previous_id is a sight",
			alias.Graph{Sights: sights("u1", "u2"), Joins: []alias.Join{{"u2", "u1", order(500)}, {"u2", "u2", order(7)}}},
			defaults,
			map[string]string{"u1": "u2", "u2": "u2"},
			nil,
		},
		{
			"of users seen at one place in the order the least by bytes is the root",
			alias.Graph{Sights: []alias.Sight{{"b", order(1)}, {"B", order(1)}, {"a", order(1)}}, Joins: []alias.Join{{"a", "b", order(2)}, {"b", "B", order(3)}}},
			defaults,
			map[string]string{"a": "B", "b": "B", "B": "B"},
			nil,
		},
		{
			"a user aliased to itself is nothing new",
			alias.Graph{Sights: sights("u1"), Joins: []alias.Join{{"u1", "u1", order(500)}}, Edges: []alias.Edge{{"u1", "u1", order(500)}}},
			defaults,
			map[string]string{"u1": "u1"},
			map[string]string{"u1": "u1"},
		},
		{
			"a chain of fifty aliases is one person",
			alias.Graph{Sights: sights(chained...), Joins: chain},
			defaults, func() map[string]string {
				m := map[string]string{}
				for _, id := range chained {
					m[id] = "u00"
				}
				return m
			}(), nil,
		},
		{
			"joined users count once toward the limit of a device",
			alias.Graph{
				Sights: sights("u1", "u2", "u3"), Joins: []alias.Join{{"u2", "u3", order(500)}},
				Edges: []alias.Edge{{"a", "u1", order(1)}, {"a", "u2", order(2)}, {"a", "u3", order(3)}},
			},
			alias.Settings{Policy: alias.First, MaxUsersPerAnonymousID: 2},
			map[string]string{"u1": "u1", "u2": "u2", "u3": "u2"},
			map[string]string{"a": "u1"},
		},
		{
			"one person more than the limit: shared",
			alias.Graph{Sights: sights("u1", "u2", "u3"), Edges: []alias.Edge{{"a", "u1", order(1)}, {"a", "u2", order(2)}, {"a", "u3", order(3)}}},
			alias.Settings{Policy: alias.First, MaxUsersPerAnonymousID: 2},
			map[string]string{"u1": "u1", "u2": "u2", "u3": "u3"},
			map[string]string{"a": ""},
		},
		{
			"under merge a shared device is left out first",
			alias.Graph{Sights: sights("u1", "u2", "u3"), Edges: []alias.Edge{{"a", "u1", order(1)}, {"a", "u2", order(2)}, {"a", "u3", order(3)}, {"b", "u3", order(4)}}},
			alias.Settings{Policy: alias.Components, MaxUsersPerAnonymousID: 2, MaxComponentSize: 9},
			map[string]string{"u1": "u1", "u2": "u2", "u3": "u3"},
			map[string]string{"a": "", "b": "u3"},
		},
		{
			"a component of exactly the limit stays",
			alias.Graph{Sights: sights("u1", "u2"), Edges: []alias.Edge{{"a", "u1", order(1)}, {"a", "u2", order(2)}, {"b", "u2", order(4)}}},
			alias.Settings{Policy: alias.Components, MaxUsersPerAnonymousID: 5, MaxComponentSize: 4},
			map[string]string{"u1": "u1", "u2": "u1"},
			map[string]string{"a": "u1", "b": "u1"},
		},
		{
			"one over the limit loses its anonymous_ids and keeps its alias joins",
			alias.Graph{
				Sights: sights("u1", "u2", "u3"), Joins: []alias.Join{{"u3", "u2", order(500)}},
				Edges: []alias.Edge{{"a", "u1", order(1)}, {"a", "u2", order(2)}, {"b", "u2", order(4)}},
			},
			alias.Settings{Policy: alias.Components, MaxUsersPerAnonymousID: 5, MaxComponentSize: 4},
			map[string]string{"u1": "u1", "u2": "u2", "u3": "u2"},
			map[string]string{"a": "", "b": ""},
		},
		{
			"the limit of components is no business of policy first",
			alias.Graph{Sights: sights("u1", "u2"), Edges: []alias.Edge{{"a", "u1", order(1)}, {"a", "u2", order(2)}, {"b", "u2", order(4)}}},
			alias.Settings{Policy: alias.First, MaxUsersPerAnonymousID: 5, MaxComponentSize: 2},
			map[string]string{"u1": "u1", "u2": "u2"},
			map[string]string{"a": "u1", "b": "u2"},
		},
		{"nobody", alias.Graph{}, defaults, nil, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			users, anonymous := alias.Resolve(c.graph, c.settings)
			require.Len(t, users, len(c.users))
			for _, u := range users {
				require.Equal(t, c.users[u.UserID], u.AliasID, "user %s", u.UserID)
			}
			require.Len(t, anonymous, len(c.anonymous))
			for _, a := range anonymous {
				want, known := c.anonymous[a.AnonymousID]
				require.True(t, known, a.AnonymousID)
				require.Equal(t, want != "", a.IsIdentified, a.AnonymousID)
				if want == "" {
					want = a.AnonymousID
				}
				require.Equal(t, want, a.AliasID, a.AnonymousID)
			}
		})
	}
}

func BenchmarkResolve(b *testing.B) {
	const n = 100_000
	var g alias.Graph
	for i := range n {
		u := fmt.Sprint("user", i)
		g.Sights = append(g.Sights, alias.Sight{UserID: u, Order: order(i)})
		g.Edges = append(g.Edges, alias.Edge{AnonymousID: fmt.Sprint("anon", i), UserID: u, Order: order(i)},
			alias.Edge{AnonymousID: fmt.Sprint("anon", (i+1)%n), UserID: u, Order: order(2 * i)})
	}
	b.ReportAllocs()
	for b.Loop() {
		alias.Resolve(g, alias.Settings{Policy: alias.Components, MaxUsersPerAnonymousID: 5, MaxComponentSize: 1000})
	}
	b.ReportMetric(float64(b.N*2*n)/b.Elapsed().Seconds(), "edges/s")
}
