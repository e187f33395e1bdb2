package simulation

import (
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"batch/internal/ledger"
	"batch/internal/mailout"
	"batch/internal/sandbox"
)

// checker compares the books, as they are while no process runs, with the portal's truth.
type checker struct {
	w      *world
	t      *testing.T
	l      *ledger.Ledger
	dir    string
	books  mailout.BatchInfo
	alarms []mailout.Alarm
	jobs   map[int][]sandbox.JobView // by line
	calls  map[mailout.Ref][]sandbox.Call
}

// look opens a copy of the books, as anybody may at any time: what the next process finds is
// not touched by it.
func (w *world) look(do func(c *checker)) {
	w.t.Helper()
	dir := filepath.Join(w.t.TempDir(), "copy")
	must(w.t, os.Mkdir(dir, 0o700))
	for _, name := range []string{"ledger.db", "ledger.db-wal", "sent.log"} {
		if err := copyFile(filepath.Join(dir, name), filepath.Join(w.dir, name)); !errors.Is(err, fs.ErrNotExist) {
			must(w.t, err)
		}
	}
	l, err := ledger.Open(w.t.Context(), ledger.Options{Path: filepath.Join(dir, "ledger.db"), SentLog: filepath.Join(dir, "sent.log")})
	must(w.t, err)
	defer os.RemoveAll(dir)
	defer l.Close()
	do(w.checker(l))
}

// check compares, and says how the books stand. It holds at every moment at which no process
// runs.
func (w *world) check() (now standing) {
	w.t.Helper()
	time.Sleep(3 * time.Second) // what is on its way to the portal arrives
	w.look(func(c *checker) {
		now.BatchInfo = c.books
		c.sums()
		for _, r := range c.records() {
			if r.State == mailout.Unknown {
				now.unknown = append(now.unknown, r)
			}
			c.row(r)
		}
		c.pace()
		c.polite()
		c.onceOnly()
		c.nothingThrownAway()
		c.nothingLost()
	})
	return now
}

// standing is how the books stand, and what is unknown.
type standing struct {
	mailout.BatchInfo
	unknown []mailout.Record
}

func (w *world) checker(l *ledger.Ledger) *checker {
	ctx := w.t.Context()
	c := &checker{w: w, t: w.t, l: l, dir: w.dir, jobs: map[int][]sandbox.JobView{}, calls: map[mailout.Ref][]sandbox.Call{}}
	var err error
	c.books, err = l.Batch(ctx, w.plan.batch)
	must(w.t, err)
	c.alarms, err = l.Alarms(ctx)
	must(w.t, err)
	for _, j := range w.portal.Jobs("") {
		if parts, ok := mailout.Ref(j.Reference).Parse(); ok && !j.Foreign {
			c.jobs[parts.Line] = append(c.jobs[parts.Line], j)
		}
	}
	for _, call := range w.portal.Calls() {
		if call.Kind == sandbox.CallCreate {
			c.calls[mailout.Ref(call.Reference)] = append(c.calls[mailout.Ref(call.Reference)], call)
		}
	}
	return c
}

// records are the rows, as readers see them while nobody speaks: what is being sent then was
// left by a process that died.
func (c *checker) records() (all []mailout.Record) {
	for r, err := range c.l.Records(c.t.Context(), c.w.plan.batch) {
		must(c.t, err)
		if r.State == mailout.Sending {
			r.State = mailout.Unknown
		}
		all = append(all, r)
	}
	return all
}

func (c *checker) errorf(format string, args ...any) {
	c.t.Helper()
	c.t.Errorf("after process %d: %s", c.w.lives, fmt.Sprintf(format, args...))
}

func (c *checker) sums() {
	rows := c.w.plan.rows
	if c.books.Totals.Sum() != rows || c.books.Rows != rows {
		c.errorf("the totals %v are not %d rows", c.books.Totals, rows)
	}
	if done := c.books.Totals.Final() == rows; done != (c.books.State == mailout.Done) {
		c.errorf("the batch is %s with %v", c.books.State, c.books.Totals)
	}
	if (c.books.State == mailout.Stopped) != (c.books.StopReason != "") {
		c.errorf("the batch is %s, and the reason is %q", c.books.State, c.books.StopReason)
	}
	if sent := c.books.Totals[mailout.Planned] < rows; sent && c.books.ApprovedAt.IsZero() {
		c.errorf("rows were sent of a batch that nobody approved: %v", c.books.Totals)
	}
}

// row compares one row with the portal's jobs for it.
func (c *checker) row(r mailout.Record) {
	attempts, err := c.l.Attempts(c.t.Context(), r.Batch, r.Line)
	must(c.t, err)
	history, err := c.l.History(c.t.Context(), r.Batch, r.Line)
	must(c.t, err)
	c.left(attempts)
	c.chain(r, history)
	c.state(r)
	for _, attempt := range attempts {
		c.attempt(r, attempt)
	}
	c.numberOfJobs(r)
	if r.State == mailout.Created || r.JobID != 0 {
		c.job(r)
	}
}

// left takes note of attempts that a dead process left without an end.
func (c *checker) left(attempts []mailout.Attempt) {
	c.w.mu.Lock()
	defer c.w.mu.Unlock()
	for _, a := range attempts {
		if a.Outcome == "" && c.w.deaths > 0 {
			c.w.lost[a.Ref] = true
		}
	}
}

// chain: each event begins where the one before it ended, and the last one ends in the
// row's state.
func (c *checker) chain(r mailout.Record, history []mailout.Happening) {
	state := mailout.Planned
	for _, h := range history {
		if h.From != "" && h.From != state && isMove(h.Kind) {
			c.errorf("line %d: the history goes from %s to %s by %s, and it was %s", r.Line, h.From, h.To, h.Kind, state)
		}
		if isMove(h.Kind) {
			state = h.To
		}
	}
	if state != r.State && !(state == mailout.Sending && r.State == mailout.Unknown) {
		c.errorf("line %d is %s, and its history ends with %s", r.Line, r.State, state)
	}
}

func isMove(kind string) bool {
	return slices.Contains([]mailout.Event{mailout.Begin, mailout.Accept, mailout.Refuse, mailout.NotSent, mailout.Lose, mailout.Adopt, mailout.Absent,
		mailout.Withdraw, mailout.Complete, mailout.Reject, mailout.Expire, mailout.Cancel, mailout.Fail}, mailout.Event(kind))
}

// state: what the row's state says of the portal is true.
func (c *checker) state(r mailout.Record) {
	jobs := c.withRef(r.Line, r.Ref)
	switch r.State {
	case mailout.Planned, mailout.Refused, mailout.Skipped:
		if len(jobs) > 0 {
			c.errorf("line %d is %s, and the portal has job %d for it", r.Line, r.State, jobs[0].ID)
		}
	case mailout.Unknown:
		if !c.mayBeUnknown(r.Ref) {
			c.errorf("line %d is unknown, yet its answer was not lost: %+v", r.Line, c.calls[r.Ref])
		}
	case mailout.Cancelled:
		if !c.w.wasWished(r.Line) {
			c.errorf("line %d is cancelled, and nobody wished it", r.Line)
		}
	}
}

// withRef are a line's jobs of one attempt.
func (c *checker) withRef(line int, ref mailout.Ref) []sandbox.JobView {
	return slices.DeleteFunc(slices.Clone(c.jobs[line]), func(j sandbox.JobView) bool { return ref == "" || mailout.Ref(j.Reference) != ref })
}

// mayBeUnknown: a process died, a connection broke, or the portal's answer to one of the
// calls was not a plain one.
func (c *checker) mayBeUnknown(ref mailout.Ref) bool {
	if c.w.wasLost(ref) || c.w.netBroke() {
		return true
	}
	return slices.ContainsFunc(c.calls[ref], func(call sandbox.Call) bool {
		return call.Fault != "" || call.Status != http.StatusOK && call.Status/100 != 4
	})
}

// attempt: what the books say of a call is what the portal says of it.
func (c *checker) attempt(r mailout.Record, a mailout.Attempt) {
	jobs := c.withRef(r.Line, a.Ref)
	switch a.Outcome {
	case mailout.OutcomeAccepted:
		if !slices.ContainsFunc(jobs, func(j sandbox.JobView) bool { return j.ID == int64(a.JobID) }) {
			c.errorf("line %d: attempt %d was accepted as job %d, which the portal does not have", r.Line, a.N, a.JobID)
		}
	case mailout.OutcomeRefused:
		if len(jobs) > 0 {
			c.errorf("line %d: attempt %d was refused, and the portal has job %d", r.Line, a.N, jobs[0].ID)
		}
	case mailout.OutcomeNotSent:
		if len(jobs) > 0 && r.State != mailout.Sending && r.Ref == a.Ref && r.JobID == 0 {
			c.errorf("line %d: attempt %d was not sent, and the portal has job %d", r.Line, a.N, jobs[0].ID)
		}
	}
}

// logs are the histories of the rows, without times, references and ids.
func (c *checker) logs() map[int]string {
	logs := map[int]string{}
	for _, r := range c.records() {
		history, err := c.l.History(c.t.Context(), r.Batch, r.Line)
		must(c.t, err)
		for _, h := range history {
			logs[r.Line] += fmt.Sprintf("%s: %s to %s\n", h.Kind, h.From, h.To)
		}
	}
	return logs
}
