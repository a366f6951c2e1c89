// Package alias decides who is who: it joins anonymous_ids and user_ids into
// persons from edges, alias calls and first sights. It is pure; reading only the
// part of the graph that changed is the caller's business.
package alias

import (
	"cmp"
	"slices"
	"strings"

	"github.com/attribution-dev/attribution/internal/event"
)

// A Policy says which edges make one person.
type Policy string

// The identity policies. Source: design, section 3.
const (
	// First, the default: an anonymous event belongs to the user of its
	// anonymous_id's least edge; only alias rows join users.
	First Policy = "first"
	// Components is plain connected components over edges and joins.
	Components Policy = "merge"
)

// Settings are the identity settings.
type Settings struct {
	Policy Policy
	// MaxUsersPerAnonymousID: an anonymous_id with more persons than this, counted
	// after alias joins, is shared and stays a person of its own. Default 5.
	MaxUsersPerAnonymousID int
	// MaxComponentSize: under Components, a component with more identifiers than
	// this loses all its anonymous_id edges. Default 1,000.
	MaxComponentSize int
}

// An Edge says that an anonymous_id and a user_id were seen on one row; Order is
// the least such row.
type Edge struct {
	AnonymousID, UserID string
	Order               event.Order
}

// A Join is an alias row that joins two users: its previous_id is a user_id too.
type Join struct {
	PreviousID, UserID string
	Order              event.Order // least such row
}

// A Sight is the least row naming a user_id as its user_id.
type Sight struct {
	UserID string
	Order  event.Order
}

// A User is a user_id and the root user_id that stands for its person.
type User struct {
	UserID, AliasID string
}

// An Anonymous is what an anonymous_id with at least one edge resolves to. Where
// IsIdentified is false it stays a person of its own and AliasID is itself.
type Anonymous struct {
	AnonymousID, AliasID string
	IsIdentified         bool
	IsShared             bool // more than MaxUsersPerAnonymousID persons use it
	IsCut                bool // its component was over MaxComponentSize
	Persons              int  // distinct persons among its edges, after alias joins
}

// A Graph is a closed part of all edges: with a user it holds every join of it and,
// under Components, every edge of it; with an anonymous_id, every edge of it.
type Graph struct {
	Edges  []Edge
	Joins  []Join
	Sights []Sight // of every user named in Edges or Joins
}

// Resolve returns the users of the graph's sights and the anonymous_ids of its
// edges, each sorted by identifier. The result does not depend on the order of the
// input.
func Resolve(g Graph, s Settings) ([]User, []Anonymous) {
	users := newUsers(g)
	for _, j := range g.Joins {
		users.union(users.index[j.PreviousID], users.index[j.UserID])
	}
	edges := slices.Clone(g.Edges)
	slices.SortFunc(edges, func(a, b Edge) int {
		return cmp.Or(strings.Compare(a.AnonymousID, b.AnonymousID), a.Order.Compare(b.Order), strings.Compare(a.UserID, b.UserID))
	})
	anonymous, first := group(edges, users, s)
	if s.Policy == Components {
		users = components(anonymous, edges, users, s)
	}
	roots := users.roots()
	for i := range anonymous {
		a := &anonymous[i]
		a.AliasID = a.AnonymousID
		if !a.IsShared && !a.IsCut {
			a.AliasID, a.IsIdentified = roots[users.find(users.index[edges[first[i]].UserID])], true
		}
	}
	out := make([]User, len(users.ids))
	for i, id := range users.ids {
		out[i] = User{UserID: id, AliasID: roots[users.find(i)]}
	}
	slices.SortFunc(out, func(a, b User) int { return strings.Compare(a.UserID, b.UserID) })
	return out, anonymous
}

// group makes one Anonymous of the edges of each anonymous_id and the index of its
// least edge; it counts persons by alias joins alone.
func group(edges []Edge, users *users, s Settings) (all []Anonymous, first []int) {
	persons := map[int]struct{}{}
	for i := range edges {
		if i == 0 || edges[i].AnonymousID != edges[i-1].AnonymousID {
			all = append(all, Anonymous{AnonymousID: edges[i].AnonymousID})
			first = append(first, i)
			clear(persons)
		}
		a := &all[len(all)-1]
		persons[users.find(users.index[edges[i].UserID])] = struct{}{}
		a.Persons = len(persons)
		a.IsShared = a.Persons > s.MaxUsersPerAnonymousID
	}
	return all, first
}

// components joins users over the anonymous_ids that are not shared, unless the
// component is too large: such a one keeps its alias joins only.
func components(anonymous []Anonymous, edges []Edge, joined *users, s Settings) *users {
	whole := joined.clone()
	next := 0
	firstUser := make([]int, len(anonymous))
	for i := range anonymous {
		firstUser[i] = joined.index[edges[next].UserID]
		for ; next < len(edges) && edges[next].AnonymousID == anonymous[i].AnonymousID; next++ {
			if !anonymous[i].IsShared {
				whole.union(firstUser[i], joined.index[edges[next].UserID])
			}
		}
	}
	size := make([]int, len(whole.ids))
	for i := range whole.ids {
		size[whole.find(i)]++
	}
	for i := range anonymous {
		if !anonymous[i].IsShared {
			size[whole.find(firstUser[i])]++
		}
	}
	for i := range anonymous {
		anonymous[i].IsCut = !anonymous[i].IsShared && size[whole.find(firstUser[i])] > s.MaxComponentSize
	}
	kept := joined.clone()
	for i := range whole.ids {
		if root := whole.find(i); size[root] <= s.MaxComponentSize {
			kept.union(i, root)
		}
	}
	return kept
}

// users is a union-find over user_ids.
type users struct {
	ids    []string
	index  map[string]int
	parent []int
	first  []event.Order // first sight
}

func newUsers(g Graph) *users {
	u := &users{index: make(map[string]int, len(g.Sights))}
	for _, s := range g.Sights {
		if i, known := u.index[s.UserID]; known {
			u.see(i, s.Order)
			continue
		}
		u.index[s.UserID] = len(u.ids)
		u.parent = append(u.parent, len(u.ids))
		u.ids = append(u.ids, s.UserID)
		u.first = append(u.first, s.Order)
	}
	for _, j := range g.Joins {
		u.see(u.index[j.PreviousID], j.Order)
		u.see(u.index[j.UserID], j.Order)
	}
	return u
}

func (u *users) see(i int, o event.Order) {
	if o.Less(u.first[i]) {
		u.first[i] = o
	}
}

func (u *users) clone() *users {
	c := *u
	c.parent = slices.Clone(u.parent)
	return &c
}

func (u *users) find(i int) int {
	for u.parent[i] != i {
		u.parent[i] = u.parent[u.parent[i]]
		i = u.parent[i]
	}
	return i
}

func (u *users) union(i, j int) { u.parent[u.find(i)] = u.find(j) }

// roots maps each set's representative to the user_id that stands for it: the one
// with the least first sight, ties by bytes.
func (u *users) roots() map[int]string {
	best := make(map[int]int, len(u.ids))
	for i := range u.ids {
		set := u.find(i)
		b, known := best[set]
		if !known || cmp.Or(u.first[i].Compare(u.first[b]), strings.Compare(u.ids[i], u.ids[b])) < 0 {
			best[set] = i
		}
	}
	out := make(map[int]string, len(best))
	for set, i := range best {
		out[set] = u.ids[i]
	}
	return out
}
