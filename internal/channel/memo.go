package channel

import "sync"

// memoSize is how many results a memo remembers; what comes after is computed
// afresh. Real sites have some thousands of referring hosts and of sets of tags;
// with the limit on the size of keys it bounds a memo to some 10 MB whatever bots
// send. Source: ours.
const memoSize = 1 << 14

// A memo remembers results of a pure function. It makes stage 5 cheaper and no
// result different. Safe for concurrent use; the zero memo is empty.
type memo[K comparable, V any] struct {
	mu      sync.RWMutex
	results map[K]V
}

// get returns what is remembered of k.
func (m *memo[K, V]) get(k K) (V, bool) {
	m.mu.RLock()
	defer m.mu.RUnlock()
	v, ok := m.results[k]
	return v, ok
}

// put remembers v of k, unless the memo is full. It keeps both: give it copies that
// share no memory with a larger text.
func (m *memo[K, V]) put(k K, v V) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.results == nil {
		m.results = map[K]V{}
	}
	if len(m.results) < memoSize {
		m.results[k] = v
	}
}
