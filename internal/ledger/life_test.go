package ledger_test

import (
	"errors"
	"flag"
	"fmt"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"batch/internal/ledger"
	"batch/internal/mailout"
)

// Every check makes a real ledger and opens copies of it: twenty say enough in a minute's
// test run, and -rapid.checks asks for more.
func init() { flag.Set("rapid.checks", "20") }

// world is a portal that keeps count beside the ledger: which Refs became jobs, and
// which of them the ledger has been told of.
type world struct {
	*books
	id       mailout.BatchID
	open     []mailout.Ref // begun, not settled, in this process
	jobs     map[mailout.Ref]mailout.JobID
	lines    map[mailout.Ref]int
	told     map[int]bool // lines of whose job the ledger knows
	nextJob  mailout.JobID
	rowCount int
}

// Whatever happens in whatever order, crashes included: the totals are the rows, every
// move in the history is one that mailout.Next allows, a row whose job the ledger knows
// of is never sent again, and a job that exists is never taken for certain not to.
func TestAnyLifeKeepsTheBooksTrue(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		w := &world{books: newBooks(t), jobs: map[mailout.Ref]mailout.JobID{}, lines: map[mailout.Ref]int{}, told: map[int]bool{}, rowCount: 4}
		defer func() { w.books.Close() }()
		w.id = w.approved(row(2), row(3), row(4), row(5, skipped))
		for range rapid.IntRange(1, 25).Draw(rt, "steps") {
			line := rapid.IntRange(2, 4).Draw(rt, "line")
			switch rapid.SampledFrom([]string{"send", "answer", "answer", "change", "change", "crash", "absent", "present"}).Draw(rt, "step") {
			case "send":
				w.send(rt, line)
			case "answer":
				w.answer(rt)
			case "change":
				w.hear(rt)
			case "crash":
				w.die()
			case "absent":
				w.clock.pass(time.Hour)
				var re *ledger.ResolveError
				if err := w.Resolve(t.Context(), w.id, line, about(w.record(w.id, line).Ref, found(mailout.VerdictAbsent)), absentAfter); err != nil && !errors.As(err, &re) {
					rt.Fatal(err)
				}
			case "present": // what was said to be absent is taken back
				var re *ledger.ResolveError
				if err := w.Resolve(t.Context(), w.id, line, found(mailout.VerdictPresent), absentAfter); err != nil && !errors.As(err, &re) {
					rt.Fatal(err)
				}
			}
			w.check(rt)
		}
	})
}

func (w *world) send(rt *rapid.T, line int) {
	ref, err := w.BeginAttempt(w.t.Context(), w.id, line, "queue", jobXML)
	if errors.Is(err, mailout.ErrNotPlanned) || errors.Is(err, mailout.ErrNotApproved) {
		return
	}
	if err != nil {
		rt.Fatal(err)
	}
	if w.told[line] {
		rt.Fatalf("line %d was sent again although its job is known", line)
	}
	w.open, w.lines[ref] = append(w.open, ref), line
	if rapid.Bool().Draw(rt, "it arrives") {
		w.nextJob++
		w.jobs[ref] = w.nextJob
	}
}

// answer settles the oldest open call as its truth allows: a job that was made can be
// told or lost, never denied.
func (w *world) answer(rt *rapid.T) {
	if len(w.open) == 0 {
		return
	}
	ref := w.open[0]
	w.open = w.open[1:]
	o := rapid.SampledFrom([]mailout.Outcome{refused, notSent, lost}).Draw(rt, "answer")
	if job, made := w.jobs[ref]; made {
		o = rapid.SampledFrom([]mailout.Outcome{accepted(job), lost}).Draw(rt, "answer about a job")
	}
	w.settle(ref, o)
	if o.Kind == mailout.OutcomeAccepted {
		w.told[w.lines[ref]] = true
	}
}

func (w *world) hear(rt *rapid.T) {
	var refs []mailout.Ref
	for _, ref := range w.allRefs() {
		if w.jobs[ref] != 0 {
			refs = append(refs, ref)
		}
	}
	if len(refs) == 0 {
		return
	}
	ref := rapid.SampledFrom(refs).Draw(rt, "job")
	status := rapid.SampledFrom([]mailout.JobStatus{mailout.InProgress, mailout.Completed}).Draw(rt, "status")
	c := w.change(ref, w.jobs[ref], status, mailout.SignerSigned)
	if taken := w.take(c); taken.Kind != mailout.TakenOurs && taken.Kind != mailout.TakenDuplicate {
		rt.Fatalf("a job of ours is taken as %s", taken.Kind)
	}
	w.finish(c)
	w.told[w.lines[ref]] = true
}

// allRefs lists the Refs in the order of sent.log, so that a drawn one is the same each
// time a failure is replayed.
func (w *world) allRefs() []mailout.Ref {
	var refs []mailout.Ref
	seen := map[mailout.Ref]bool{}
	for line := range strings.Lines(w.sentLog()) {
		ref := mailout.Ref(strings.Fields(line)[0])
		if _, ok := ref.Parse(); ok && !seen[ref] {
			refs, seen[ref] = append(refs, ref), true
		}
	}
	return refs
}

func (w *world) die() {
	next := w.crash()
	next.recover()
	w.books.Close()
	w.books, w.open = next, nil
}

func (w *world) check(rt *rapid.T) {
	w.wantSum(w.id)
	info := w.info(w.id)
	if info.Rows != w.rowCount {
		rt.Fatalf("%d rows, want %d", info.Rows, w.rowCount)
	}
	for line := 2; line <= 4; line++ {
		w.checkRow(rt, w.record(w.id, line))
	}
	if open := info.Totals.Sum() - info.Totals.Final(); (info.State == mailout.Done) != (open == 0) {
		rt.Fatalf("the batch is %s with %d rows open", info.State, open)
	}
}

func (w *world) checkRow(rt *rapid.T, r mailout.Record) {
	if known := r.JobID != 0; known != w.told[r.Line] {
		rt.Fatalf("line %d is %s with job %d; it was told of a job: %v", r.Line, r.State, r.JobID, w.told[r.Line])
	}
	if r.JobID != 0 && w.jobs[r.Ref] != r.JobID {
		rt.Fatalf("line %d has job %d, its Ref made job %d", r.Line, r.JobID, w.jobs[r.Ref])
	}
	events, err := w.History(w.t.Context(), w.id, r.Line)
	if err != nil {
		rt.Fatal(err)
	}
	at := mailout.Planned
	for _, e := range events {
		if e.From != at {
			rt.Fatalf("line %d: %s begins at %s, but the row was %s", r.Line, e.Kind, e.From, at)
		}
		if to, err := mailout.Next(e.From, mailout.Event(e.Kind)); e.From != e.To && (err != nil || to != e.To) {
			rt.Fatalf("line %d: %s", r.Line, fmt.Sprint(e.Kind, " ", e.From, ">", e.To))
		}
		at = e.To
	}
	if at != r.State {
		rt.Fatalf("line %d is %s, its history ends at %s", r.Line, r.State, at)
	}
}
