package plan

import (
	"context"
	"fmt"
	"sync"
	"time"

	"batch/internal/mailout"
)

// Manifest reads the sender's file once and hands over its rows in order, each with the
// problems found in it. An error means that the file cannot be read at all.
type Manifest func(ctx context.Context, yield func(mailout.Entry, []mailout.Problem) error) (Reading, error)

// Reading is what is known once a manifest was read.
type Reading struct {
	SHA256   mailout.Digest    // of exactly the bytes read
	Problems []mailout.Problem // of no row
	Passed   Passed
}

// Passed is what a manifest and its folder hold that is not sent.
type Passed struct {
	Blank  int // rows without anything in them
	Hidden int // rows that are hidden, and left out on request
	Unused int // PDFs that no row uses, beside those that rows use
}

// Documents checks PDFs and makes documents of them (package pdfprep). Safe for concurrent
// use.
type Documents interface {
	Make(ctx context.Context, paths []string) (mailout.Made, error)
}

// Store takes the planned rows (package ledger).
type Store interface {
	BeginDraft(ctx context.Context, manifestPath string, settings []byte, local *time.Location) (mailout.BatchID, error)
	AddRows(ctx context.Context, id mailout.BatchID, rows []mailout.Row) error
	Freeze(ctx context.Context, id mailout.BatchID, manifest, digest, rowsDigest mailout.Digest) (mailout.BatchID, error)
	DropDraft(ctx context.Context, id mailout.BatchID) error
	ByDigest(ctx context.Context, digest mailout.Digest) (mailout.BatchID, bool, error)
	PlannedBefore(ctx context.Context, manifest mailout.Digest, settings []byte) (mailout.BatchID, bool, error)
	LeftOut(ctx context.Context, id mailout.BatchID, code string) (map[int]string, error)
	Earlier(ctx context.Context, letter mailout.Digest, ever bool) (mailout.Earlier, bool, error)
	Standing(ctx context.Context, id mailout.RowID) (mailout.Standing, bool, error)
}

// Options say how to plan.
type Options struct {
	ManifestPath string         // absolute; kept in the books
	Expect       mailout.Digest // SHA-256 that the manifest most likely has; zero: not known
	Location     *time.Location // for the batch id's date
	Settings     []byte         // canonical form of every setting that changes what is sent
	Before       []string       // documents in front of every row's first one
	After        []string       // … and behind it
	Separate     bool           // do not merge: one document a file
	SkipBadRows  bool
	OnlyNew      bool                                       // leave out letters that an approved batch has, whatever became of them
	Restoring    bool                                       // the batch was approved once, and its books were lost: what its rows were other attempts at was looked at then
	AllowRepeats int                                        // send the same letters again, exactly so many; 0: none
	Kind         func(mailout.OrgNumber) mailout.SenderKind // what a sender may combine
	Progress     func(rows int)                             // called as rows are prepared, by one at a time; may be nil
}

// Result is what planning found. Batch is empty where problems stopped it.
type Result struct {
	Batch      mailout.BatchID
	Known      bool // the same plan was made before: this is that batch
	Digest     mailout.Digest
	RowsDigest mailout.Digest
	Rows       int
	Skipped    int // left out, for problems or because they are old
	Old        int // … of these, the ones that an approved batch has (OnlyNew)
	Passed     Passed
	Problems   []mailout.Problem // sorted; warnings included
}

const (
	chunk = 512 // rows that are written in one transaction
	// side is how many of them are prepared at once: many more than there are cores, for
	// documents that are ready at the same time are brought to the disk together.
	side = 64
)

// Make plans a batch. Problems are in the result; an error is of the machine, the store
// or an unreadable manifest, and leaves no batch behind. Neither a batch nor a problem: with
// OnlyNew, no row is new.
//
// Most manifests are planned more than once: to look, and to send. Where the store knows
// a plan of the same manifest under the same settings, no row is written before it is sure
// that a document is another one since; then all is gone through once more, with the
// documents that are known by now.
func Make(ctx context.Context, manifest Manifest, docs Documents, store Store, o Options) (Result, error) {
	id, err := store.BeginDraft(ctx, o.ManifestPath, o.Settings, o.Location)
	if err != nil {
		return Result{}, err
	}
	m := newMaker(manifest, docs, store, o, id)
	res, err := m.sameAgain(ctx, o.Expect)
	if err == nil && !res.Known {
		res, err = m.run(ctx)
	}
	if err != nil || res.Batch != id {
		// The draft is dropped even when the caller was interrupted.
		if dropped := store.DropDraft(context.WithoutCancel(ctx), id); err == nil {
			err = dropped
		}
	}
	return res, err
}

func newMaker(manifest Manifest, docs Documents, store Store, o Options, draft mailout.BatchID) *maker {
	return &maker{manifest: manifest, docs: docs, store: store, o: o, draft: draft, sums: newSums(o.Settings), letters: map[mailout.Digest]lettered{}, tried: map[mailout.RowID]int{}, files: map[uint64]sighting{}, warned: map[uint64]bool{}}
}

type maker struct {
	manifest Manifest
	docs     Documents
	store    Store
	o        Options
	draft    mailout.BatchID
	as       mailout.BatchID // the plan that this one is compared with before anything is written
	dry      bool            // nothing is written: the plan is most likely that one
	leftOut  leftOut         // … and these lines of it were left out for what went before
	sums     *sums
	letters  map[mailout.Digest]lettered // within this manifest
	tried    map[mailout.RowID]int       // rows of earlier batches → the line that is another attempt
	files    map[uint64]sighting         // contents of files → where they were named first
	warned   map[uint64]bool             // paths of files that are twins of others
	waiting  []*work
	writing  chan error // has the end of AddRows, while it runs
	res      Result
	stopped  bool              // a problem was found that stops the batch
	repeats  []mailout.Problem // letters that are sent again, where that is allowed
	met      bool              // a letter of an earlier batch was met

	mu       sync.Mutex
	prepared int // rows
}

// work is one row on its way through preparation.
type work struct {
	entry    mailout.Entry
	problems []mailout.Problem
	recipes  []mailout.Digest
	docs     []document
	err      error
}

func (m *maker) run(ctx context.Context) (Result, error) {
	read, err := m.manifest(ctx, func(e mailout.Entry, ps []mailout.Problem) error {
		m.waiting = append(m.waiting, &work{entry: e, problems: ps})
		if len(m.waiting) < chunk {
			return nil
		}
		return m.flush(ctx)
	})
	if err == nil {
		err = m.flush(ctx)
	}
	if stored := m.written(); err == nil {
		err = stored
	}
	if err != nil {
		return m.res, err
	}
	m.res.Problems, m.res.Passed = append(m.res.Problems, read.Problems...), read.Passed
	m.res.RowsDigest = m.sums.rowsDigest()
	m.res.Digest = m.sums.digest(read.SHA256)
	return m.freeze(ctx, read.SHA256, read.Problems)
}

// flush prepares the waiting rows side by side, then counts and stores them in order.
func (m *maker) flush(ctx context.Context) error {
	var group sync.WaitGroup
	slots := make(chan struct{}, side)
	for _, w := range m.waiting {
		group.Go(func() {
			slots <- struct{}{}
			defer func() { <-slots }()
			w.err = m.prepare(ctx, w)
			m.told()
		})
	}
	group.Wait()
	rows := make([]mailout.Row, 0, len(m.waiting))
	for _, w := range m.waiting {
		if w.err != nil {
			return fmt.Errorf("preparing line %d: %w", w.entry.Line, w.err)
		}
		if err := m.take(ctx, w); err != nil {
			return err
		}
		rows = append(rows, w.entry.Row)
	}
	m.waiting = m.waiting[:0]
	if m.dry || m.stopped && !m.o.SkipBadRows {
		return nil // nothing will be frozen: go on only to compare, or to find the other problems
	}
	return m.write(ctx, rows)
}

// told counts one row more as prepared, and says so.
func (m *maker) told() {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.prepared++; m.o.Progress != nil {
		m.o.Progress(m.prepared)
	}
}

// write stores rows in the draft while the next ones are prepared. An error is the next
// call's, or written's.
func (m *maker) write(ctx context.Context, rows []mailout.Row) error {
	if err := m.written(); err != nil {
		return err
	}
	m.writing = make(chan error, 1)
	go func() { m.writing <- m.store.AddRows(ctx, m.draft, rows) }()
	return nil
}

// written waits until the rows handed to write are stored.
func (m *maker) written() (err error) {
	if m.writing != nil {
		err = <-m.writing
		m.writing = nil
	}
	return err
}

// take counts one prepared row and looks whether it is a repeat.
func (m *maker) take(ctx context.Context, w *work) error {
	var old mailout.Problem
	if len(mailout.Stopping(w.problems)) == 0 {
		var err error
		if old, err = m.checkRepeat(ctx, w); err != nil {
			return err
		}
	}
	if old.Code == "" && len(mailout.Stopping(w.problems)) == 0 {
		if err := m.checkEarlier(ctx, w); err != nil {
			return err
		}
	}
	m.checkTwins(w)
	if stopping := mailout.Stopping(w.problems); len(stopping) > 0 {
		m.stopped = true
		m.leaveOut(w, stopping[0])
	} else if old.Code != "" {
		m.res.Old++
		m.leaveOut(w, old)
	}
	m.res.Rows++
	m.res.Problems = append(m.res.Problems, w.problems...)
	m.sums.add(w.entry.Row, w.recipes)
	return nil
}

func (m *maker) leaveOut(w *work, why mailout.Problem) {
	w.entry.Row.Skipped, w.entry.Row.Problem = true, why
	w.entry.Row.Documents, w.recipes = nil, nil
	m.res.Skipped++
}
