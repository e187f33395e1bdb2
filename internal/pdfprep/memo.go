package pdfprep

import (
	"context"
	"sync"
)

// memo has what several ask for at the same time found out once. Nothing is remembered
// after that. The zero value is ready.
type memo[K comparable, V any] struct {
	mu    sync.Mutex
	items map[K]*item[V]
}

type item[V any] struct {
	done  chan struct{} // closed when value and err are set
	value V
	err   error
}

// share returns key's value, which is found out by find if nobody does so already. What
// ended in an error is tried anew: a caller that gave up must not decide for the next one.
func (m *memo[K, V]) share(ctx context.Context, key K, find func() (V, error)) (V, error) {
	for {
		it, mine := m.claim(key)
		if mine {
			it.value, it.err = find()
			m.forget(key)
			close(it.done)
			return it.value, it.err
		}
		select {
		case <-it.done:
			if it.err == nil {
				return it.value, nil
			}
		case <-ctx.Done():
			var none V
			return none, context.Cause(ctx)
		}
	}
}

func (m *memo[K, V]) claim(key K) (it *item[V], mine bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if it, ok := m.items[key]; ok {
		return it, false
	}
	if m.items == nil {
		m.items = map[K]*item[V]{}
	}
	it = &item[V]{done: make(chan struct{})}
	m.items[key] = it
	return it, true
}

func (m *memo[K, V]) forget(key K) {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.items, key)
}
