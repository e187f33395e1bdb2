package manifest

import (
	"context"
	"iter"
	"runtime"
	"sync"

	"batch/internal/table"
)

// What one goroutine reads at a time: so many rows, or fewer where they are long.
const (
	chunkLines  = 256
	chunkWeight = 512 << 10 // bytes
)

// ahead reads rows side by side, a few chunks ahead of where they are handed over. The
// file's lines are taken by one goroutine, rows are made of them by as many as there are
// cores, and what only many rows together tell is counted where they are handed over, in
// order: which of them is faster changes nothing.
type ahead struct {
	inOrder chan *chunk
	work    chan *chunk
	running sync.WaitGroup
}

// chunk is some rows. rows may be looked at when done is closed.
type chunk struct {
	jobs [][]table.Line
	rows []row
	err  error // of the lines behind them
	done chan struct{}

	weight int // of the jobs' lines, in bytes
}

// readAhead begins to read. It stops at the end of the jobs, at their first error, and
// when ctx is done; wait returns when it has stopped.
func (r *reader) readAhead(ctx context.Context, jobs iter.Seq2[[]table.Line, error]) *ahead {
	workers := runtime.GOMAXPROCS(0)
	a := &ahead{inOrder: make(chan *chunk, 4*workers), work: make(chan *chunk, 4*workers)}
	for range workers {
		a.running.Go(func() {
			for c := range a.work {
				c.rows = make([]row, len(c.jobs))
				for i, lines := range c.jobs {
					r.readRow(&c.rows[i], lines)
				}
				close(c.done)
			}
		})
	}
	a.running.Go(func() {
		defer close(a.inOrder)
		defer close(a.work)
		a.cut(ctx, jobs)
	})
	return a
}

func (a *ahead) wait() { a.running.Wait() }

// cut cuts the jobs into chunks.
func (a *ahead) cut(ctx context.Context, jobs iter.Seq2[[]table.Line, error]) {
	c := newChunk()
	for lines, err := range jobs {
		if c.err = err; err != nil {
			break
		}
		if c.add(lines); len(c.jobs) < chunkLines && c.weight < chunkWeight {
			continue
		}
		if !a.send(ctx, c) {
			return
		}
		c = newChunk()
	}
	a.send(ctx, c)
}

func newChunk() *chunk {
	return &chunk{jobs: make([][]table.Line, 0, chunkLines), done: make(chan struct{})}
}

func (c *chunk) add(lines []table.Line) {
	c.jobs = append(c.jobs, lines)
	for _, l := range lines {
		c.weight += l.Weight()
	}
}

// send hands a chunk to whoever is free, and keeps its place.
func (a *ahead) send(ctx context.Context, c *chunk) bool {
	select {
	case a.inOrder <- c:
		a.work <- c // workers take until the end: this waits, but not for ever
		return true
	case <-ctx.Done():
		return false
	}
}
