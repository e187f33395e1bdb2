package pdfprep

import (
	"container/list"
	"context"
	"sync"
)

// recent remembers the files that were used last, so that one that many documents have
// parts of is read, hashed and checked once. What it holds is bounded, however many files
// there are: a file that was not used for long is read again, and its verdict is in the books.
type recent struct {
	loads memo[string, *file] // those being read at this moment

	mu    sync.Mutex
	files map[string]*list.Element
	order list.List // of *file; the last used in front
	bytes int64
}

const (
	recentBytes = 16 << 20 // of the files that are remembered
	recentCost  = 1 << 10  // of remembering one, beside its bytes
)

// get returns the file at path, which load reads where it is not remembered.
func (r *recent) get(ctx context.Context, path string, load func() (*file, error)) (*file, error) {
	if f := r.find(path); f != nil {
		return f, nil
	}
	return r.loads.share(ctx, path, func() (*file, error) {
		if f := r.find(path); f != nil { // read since we looked
			return f, nil
		}
		f, err := load()
		if err == nil {
			r.add(f)
		}
		return f, err
	})
}

func (r *recent) find(path string) *file {
	r.mu.Lock()
	defer r.mu.Unlock()
	e, ok := r.files[path]
	if !ok {
		return nil
	}
	r.order.MoveToFront(e)
	return e.Value.(*file)
}

func (r *recent) add(f *file) {
	if f.cost() > recentBytes/2 { // it would drive out what everybody needs
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.files == nil {
		r.files = map[string]*list.Element{}
	}
	r.files[f.path] = r.order.PushFront(f)
	r.bytes += f.cost()
	for r.bytes > recentBytes && r.order.Len() > 0 {
		last := r.order.Remove(r.order.Back()).(*file)
		delete(r.files, last.path)
		r.bytes -= last.cost()
	}
}

func (f *file) cost() int64 { return int64(cap(f.pdf)) + recentCost }
