package pdfprep

import (
	"context"
	"sync"
)

// memo remembers what was found out per key, so that it is found out once. What ended
// in an error is forgotten: a caller that gave up must not decide for the next one. The
// zero value is ready.
type memo[K comparable, V any] struct {
	mu    sync.Mutex
	items map[K]*item[V]
}

type item[V any] struct {
	done  chan struct{} // closed when value and err are set
	value V
	err   error
}

// get returns key's value, finding it out by find if nobody has or does.
func (m *memo[K, V]) get(ctx context.Context, key K, find func() (V, error)) (V, error) {
	for {
		it, mine := m.claim(key)
		if mine {
			return m.settle(key, it, find)
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

func (m *memo[K, V]) settle(key K, it *item[V], find func() (V, error)) (V, error) {
	it.value, it.err = find()
	if it.err != nil {
		m.mu.Lock()
		delete(m.items, key)
		m.mu.Unlock()
	}
	close(it.done)
	return it.value, it.err
}
