package pdfprep

import (
	"context"
	"sync"
)

// memo has what several ask for found out once. The zero value is ready.
type memo[K comparable, V any] struct {
	mu    sync.Mutex
	items map[K]*item[V]
}

type item[V any] struct {
	done  chan struct{} // closed when value and err are set
	value V
	err   error
}

// get returns key's value, which is found out by find if nobody has or does, and
// remembered. What ended in an error is forgotten: a caller that gave up must not decide
// for the next one.
func (m *memo[K, V]) get(ctx context.Context, key K, find func() (V, error)) (V, error) {
	return m.do(ctx, key, true, find)
}

// share is get for those who ask at the same time only: nothing is remembered.
func (m *memo[K, V]) share(ctx context.Context, key K, find func() (V, error)) (V, error) {
	return m.do(ctx, key, false, find)
}

func (m *memo[K, V]) do(ctx context.Context, key K, remember bool, find func() (V, error)) (V, error) {
	for {
		it, mine := m.claim(key)
		if mine {
			it.value, it.err = find()
			if it.err != nil || !remember {
				m.forget(key)
			}
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
