package ledger_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"batch/internal/ledger"
	"batch/internal/mailout"
)

// sweeps is any number of plans, sends and sweeps in any order, over one folder.
type sweeps struct {
	*books
	rt     *rapid.T
	f      folder
	lines  int
	drafts []mailout.BatchID
	all    []mailout.BatchID // drafts included
	listed []mailout.Digest  // a sweeper's list, perhaps of long ago
}

// Whatever happens in whatever order, with crashes in the middle of sweeps: a row that may
// be sent has its files, and when all plans are over nothing else is left.
func TestAnyLifeKeepsTheFilesItNeeds(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		w := &sweeps{books: newBooks(t), rt: rt, f: newFolder(t), lines: 1}
		defer func() { w.books.Close() }()
		for range rapid.IntRange(1, 30).Draw(rt, "steps") {
			switch rapid.SampledFrom([]string{"plan", "plan", "freeze", "freeze", "drop", "send", "send", "absent", "list", "sweep", "sweep", "killed sweep", "a day"}).Draw(rt, "step") {
			case "plan":
				w.plan()
			case "freeze":
				w.freeze()
			case "drop":
				if id := w.takeDraft(); id != "" {
					must(t, w.DropDraft(t.Context(), id))
				}
			case "send":
				w.send()
			case "absent":
				w.absent()
			case "list":
				w.list()
			case "sweep":
				w.sweep(w.f, w.listed)
			case "killed sweep":
				w.killedSweep()
			case "a day":
				w.clock.pass(25 * time.Hour)
			}
			w.check()
		}
		w.end()
	})
}

// plan begins a draft and gives it a row of one or two documents.
func (w *sweeps) plan() {
	id := w.draft()
	w.lines++
	r := row(w.lines)
	d := r.Documents[0]
	r.Documents = nil
	for range rapid.IntRange(1, 2).Draw(w.rt, "documents") {
		recipe := rapid.SampledFrom([]string{"r1", "r2", "r3"}).Draw(w.rt, "recipe")
		var err error
		d.Prepared, err = findOrMake(w.books, w.f, recipe, fmt.Sprint(w.lines))
		must(w.t, err)
		r.Documents = append(r.Documents, d)
	}
	must(w.t, w.AddRows(w.t.Context(), id, []mailout.Row{r}))
	w.drafts, w.all = append(w.drafts, id), append(w.all, id)
}

func (w *sweeps) takeDraft() (id mailout.BatchID) {
	if len(w.drafts) == 0 {
		return ""
	}
	n := rapid.IntRange(0, len(w.drafts)-1).Draw(w.rt, "draft")
	id = w.drafts[n]
	w.drafts = slices.Delete(w.drafts, n, n+1)
	return id
}

// freeze freezes a draft, where a later one has not swept it, and mostly approves it.
func (w *sweeps) freeze() {
	id := w.takeDraft()
	if id == "" {
		return
	}
	d := digest(fmt.Sprint("frozen ", id))
	_, err := w.Freeze(w.t.Context(), id, d, d, d)
	if err == nil && rapid.IntRange(0, 3).Draw(w.rt, "approved") > 0 {
		err = w.Approve(w.t.Context(), id, "typed")
	}
	if err != nil && !errors.Is(err, ledger.ErrNoBatch) {
		w.rt.Fatal(err)
	}
}

// rows calls f with every row that is in the books, drafts' rows included.
func (w *sweeps) rows(f func(mailout.BatchInfo, mailout.Record)) {
	for _, id := range w.all {
		info, err := w.Batch(w.t.Context(), id)
		if errors.Is(err, ledger.ErrNoBatch) {
			continue
		}
		must(w.t, err)
		for r, err := range w.Records(w.t.Context(), id) {
			must(w.t, err)
			f(info, r)
		}
	}
}

// send sends the first row that can be, and has an answer to it.
func (w *sweeps) send() {
	var ref mailout.Ref
	w.rows(func(info mailout.BatchInfo, r mailout.Record) {
		if ref == "" && info.State == mailout.Approved && r.State == mailout.Planned {
			ref = w.begin(r.Batch, r.Line)
		}
	})
	if ref != "" {
		o := rapid.SampledFrom([]mailout.Outcome{refused, notSent, lost, accepted(mailout.JobID(w.lines))}).Draw(w.rt, "answer")
		w.settle(ref, o)
	}
}

func (w *sweeps) absent() {
	w.clock.pass(absentAfter)
	w.rows(func(_ mailout.BatchInfo, r mailout.Record) {
		if r.State == mailout.Unknown {
			w.resolve(r.Batch, r.Line, mailout.VerdictAbsent)
		}
	})
}

func (w *sweeps) list() {
	files, err := w.f.list()
	must(w.t, err)
	w.listed = files
}

// killedSweep dies after some removals of a chunk.
func (w *sweeps) killedSweep() {
	w.list()
	calls, dies := 0, rapid.IntRange(1, 3).Draw(w.rt, "dies after")
	killed := errors.New("killed")
	var next *books
	_, err := w.Unneeded(w.t.Context(), w.listed, func(d mailout.Digest) error {
		err := w.f.remove(d)
		if calls++; calls == dies {
			next = w.crash()
			return killed
		}
		return err
	})
	if next == nil {
		must(w.t, err) // it ended before
		return
	}
	wantErr(w.t, err, killed)
	w.books.Close()
	w.books = next
}

func (w *sweeps) check() {
	w.rows(func(info mailout.BatchInfo, r mailout.Record) {
		if info.State == mailout.Superseded || r.State.Final() {
			return
		}
		for _, d := range r.Documents {
			if r.State != mailout.Created && !w.f.has(d.SHA256) {
				w.rt.Fatalf("line %d of a %s batch is %s, and its file is gone", r.Line, info.State, r.State)
			}
		}
	})
}

// end drops the drafts and sweeps: what is left is what batches need.
func (w *sweeps) end() {
	for len(w.drafts) > 0 {
		must(w.t, w.DropDraft(w.t.Context(), w.takeDraft()))
	}
	w.list()
	w.sweep(w.f, w.listed)
	needed := map[mailout.Digest]bool{}
	w.rows(func(info mailout.BatchInfo, r mailout.Record) {
		for _, d := range r.Documents {
			if info.State != mailout.Superseded {
				needed[d.SHA256] = true
			}
		}
	})
	w.list()
	for _, d := range w.listed {
		if !needed[d] {
			w.rt.Fatalf("the file %s is left, and no batch needs it", d)
		}
	}
}
