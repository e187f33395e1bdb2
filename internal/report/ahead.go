package report

import (
	"iter"
	"sync"

	"batch/internal/mailout"
)

// chunk is how many rows are handed over at a time: for each alone, handing over would take
// longer than writing it.
const chunk = 128

// one is what a range over rows gives at a time.
type one struct {
	row mailout.Record
	err error
}

// ahead gives the same rows, which it reads while those before them are written.
func ahead(rows iter.Seq2[mailout.Record, error]) iter.Seq2[mailout.Record, error] {
	return func(yield func(mailout.Record, error) bool) {
		full, empty, stop := make(chan []one, 2), make(chan []one, 4), make(chan struct{})
		var reader sync.WaitGroup
		reader.Go(func() { defer close(full); readChunks(rows, full, empty, stop) })
		defer reader.Wait() // whoever reads on needs the books
		defer close(stop)
		for c := range full {
			for i := range c {
				if !yield(c[i].row, c[i].err) {
					return
				}
			}
			select {
			case empty <- c[:0]:
			default:
			}
		}
	}
}

func readChunks(rows iter.Seq2[mailout.Record, error], full chan<- []one, empty <-chan []one, stop <-chan struct{}) {
	c := make([]one, 0, chunk)
	send := func() bool {
		select {
		case full <- c:
		case <-stop:
			return false
		}
		select {
		case c = <-empty:
		default:
			c = make([]one, 0, chunk)
		}
		return true
	}
	for r, err := range rows {
		if c = append(c, one{r, err}); len(c) == chunk && !send() {
			return
		}
	}
	send()
}
