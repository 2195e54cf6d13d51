package resolve

import (
	"context"
	"sync"
)

// memo computes a value once for each key, also when many ask at once. Failures
// are forgotten, so that the next one to ask tries again.
type memo[K comparable, V any] struct {
	mu      sync.Mutex
	entries map[K]*entry[V]
}

type entry[V any] struct {
	done  chan struct{}
	value V
	err   error
}

func (m *memo[K, V]) get(ctx context.Context, key K, compute func() (V, error)) (V, error) {
	m.mu.Lock()
	if e, ok := m.entries[key]; ok {
		m.mu.Unlock()
		select {
		case <-e.done:
			return e.value, e.err
		case <-ctx.Done():
			var none V
			return none, ctx.Err()
		}
	}
	e := &entry[V]{done: make(chan struct{})}
	m.put(key, e)
	m.mu.Unlock()
	e.value, e.err = compute()
	if e.err != nil {
		m.mu.Lock()
		delete(m.entries, key)
		m.mu.Unlock()
	}
	close(e.done)
	return e.value, e.err
}

// peek returns a value that is there already.
func (m *memo[K, V]) peek(key K) (value V, ok bool) {
	m.mu.Lock()
	e, ok := m.entries[key]
	m.mu.Unlock()
	if !ok {
		return value, false
	}
	select {
	case <-e.done:
		return e.value, e.err == nil
	default:
		return value, false
	}
}

// set fixes a value.
func (m *memo[K, V]) set(key K, value V) {
	e := &entry[V]{done: make(chan struct{}), value: value}
	close(e.done)
	m.mu.Lock()
	m.put(key, e)
	m.mu.Unlock()
}

func (m *memo[K, V]) put(key K, e *entry[V]) {
	if m.entries == nil {
		m.entries = map[K]*entry[V]{}
	}
	m.entries[key] = e
}
