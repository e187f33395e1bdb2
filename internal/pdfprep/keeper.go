package pdfprep

import (
	"context"
	"encoding/json"
	"sync"

	"golang.org/x/sync/errgroup"

	"batch/internal/mailout"
)

// Books remember between runs what was found out and made (package ledger). Safe for
// concurrent use.
type Books interface {
	// Verdict finds what the given version of the checks said of a file.
	Verdict(ctx context.Context, tool string, file mailout.Digest) (verdict []byte, found bool, err error)
	// PreparedBy finds the document that a recipe made; its file may be gone.
	PreparedBy(ctx context.Context, recipe mailout.Digest) (mailout.Stored, bool, error)
	// Keep notes verdicts, and which documents were made by which recipes, in one
	// transaction. Of two that make a document of one recipe at the same moment the first
	// one's stays: kept are those that stand in the books afterwards, in the order of made.
	Keep(ctx context.Context, verdicts []mailout.PDFVerdict, made []mailout.MadeBy) (kept []mailout.Prepared, err error)
}

const (
	maxGroup    = 64  // documents in one transaction
	maxVerdicts = 256 // verdicts that wait for a transaction: so many a crash may lose
	syncs       = 16  // files that are synced side by side: the disk serves them together
)

// keeper puts documents into the store and the books, many in one go: what costs time is
// waiting for the disk, once for each transaction.
type keeper struct {
	store string
	books Books
	in    chan *deposit
	ended chan struct{}

	mu       sync.Mutex
	verdicts []mailout.PDFVerdict // not yet in the books
}

// deposit is a document that is to be kept. One without a file only brings the waiting
// verdicts into the books.
type deposit struct {
	made mailout.MadeBy
	file *unfinished
	kept mailout.Prepared
	err  error
	done chan struct{}
}

func newKeeper(store string, books Books) *keeper {
	k := &keeper{store: store, books: books, in: make(chan *deposit, maxGroup), ended: make(chan struct{})}
	go k.run()
	return k
}

// note remembers a verdict until the next transaction. A crash before it costs another
// check.
func (k *keeper) note(file mailout.Digest, v verdict) {
	b, err := json.Marshal(v)
	if err != nil { // a struct of numbers and strings
		panic(err)
	}
	k.mu.Lock()
	k.verdicts = append(k.verdicts, mailout.PDFVerdict{File: file, Tool: tool, JSON: b})
	full := len(k.verdicts) >= maxVerdicts
	k.mu.Unlock()
	if full {
		k.put(&deposit{done: make(chan struct{})})
	}
}

// keep stores pdf and notes it. When it returns the file is under its name and in the
// books, both on the disk; it is another plan's file where that was first.
func (k *keeper) keep(ctx context.Context, pdf []byte, by mailout.MadeBy) (mailout.Prepared, error) {
	if err := ctx.Err(); err != nil {
		return mailout.Prepared{}, context.Cause(ctx)
	}
	f, err := begin(k.store, by.SHA256, pdf)
	if err != nil {
		return mailout.Prepared{}, err
	}
	d := &deposit{made: by, file: f, done: make(chan struct{})}
	k.put(d)
	return d.kept, d.err
}

// refresh notes the time that the file of a known document has now, so that the next one
// who asks need not read it.
func (k *keeper) refresh(by mailout.MadeBy) (mailout.Prepared, error) {
	d := &deposit{made: by, file: &unfinished{path: Stored(k.store, by.SHA256)}, done: make(chan struct{})}
	k.put(d)
	return d.kept, d.err
}

// put hands a deposit over and waits for it.
func (k *keeper) put(d *deposit) {
	k.in <- d
	<-d.done
}

// end brings the last verdicts into the books. No document may be on its way.
func (k *keeper) end() error {
	last := &deposit{done: make(chan struct{})}
	k.put(last)
	close(k.in)
	<-k.ended
	return last.err
}

func (k *keeper) run() {
	defer close(k.ended)
	for first := range k.in {
		group := []*deposit{first}
		for more := true; more && len(group) < maxGroup; {
			select {
			case d, open := <-k.in:
				if more = open; open {
					group = append(group, d)
				}
			default:
				more = false
			}
		}
		k.write(group)
	}
}

// write finishes a group: first the files, then the books, so that the books never name a
// document that is not there. A crash in between leaves files that nobody needs; they are
// swept when a plan is frozen. Verdicts do not depend on the files.
func (k *keeper) write(group []*deposit) {
	failed := k.finish(group)
	var made []mailout.MadeBy
	for _, d := range group {
		if d.file != nil && failed == nil {
			d.made.Modified = d.file.modified
			made = append(made, d.made)
		}
	}
	kept, err := k.keepAll(made)
	for _, d := range group {
		d.err = err
		switch {
		case d.file == nil || err != nil:
		case failed != nil:
			d.err = failed
		default:
			d.kept, kept = kept[0], kept[1:]
			d.err = d.file.settle(d.kept.SHA256 == d.made.SHA256)
		}
		close(d.done)
	}
}

// keepAll writes documents and the waiting verdicts into the books. Verdicts that could
// not be written wait for the next time.
func (k *keeper) keepAll(made []mailout.MadeBy) ([]mailout.Prepared, error) {
	k.mu.Lock()
	verdicts := k.verdicts
	k.verdicts = nil
	k.mu.Unlock()
	if len(made)+len(verdicts) == 0 {
		return nil, nil
	}
	kept, err := k.books.Keep(context.Background(), verdicts, made)
	if err != nil {
		k.mu.Lock()
		k.verdicts = append(verdicts, k.verdicts...)
		k.mu.Unlock()
	}
	return kept, err
}

// finish brings the files of a group under their names and to the disk.
func (k *keeper) finish(group []*deposit) error {
	var files errgroup.Group
	files.SetLimit(syncs)
	n := 0
	for _, d := range group {
		if d.file != nil {
			n++
			files.Go(d.file.finish)
		}
	}
	if err := files.Wait(); err != nil || n == 0 {
		return err
	}
	return syncFolder(k.store)
}
