package submit_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"batch/internal/mailout"
	"batch/internal/submit"
)

const org mailout.OrgNumber = "988015814"

// world is ledger, pace and post in memory. It writes down every step in the order in
// which it happened, and moves rows by mailout.Next as the real ledger does.
type world struct {
	mu     sync.Mutex
	rows   map[int]mailout.State
	refs   map[mailout.Ref]int
	steps  []string
	sent   map[int]int // calls of Create per line
	flying int
	most   int // most calls in flight at once
	stop   string
	speeds []mailout.Speed // what the pace was told, call for call

	taken, given int // permits
	outcomes     map[int]mailout.Outcome

	answer    func(line, call int) mailout.Outcome // what the portal does
	reachable func() error
	prepare   func(line int) error // an error of the documents
	read      func() error         // an error of the ledger where the next rows are read
	begin     func(line int) error // … at the intent
	settle    func(line int) error // … at the outcome
}

func newWorld(rows int) *world {
	w := &world{rows: map[int]mailout.State{}, refs: map[mailout.Ref]int{}, sent: map[int]int{}, outcomes: map[int]mailout.Outcome{}}
	for line := 2; line < rows+2; line++ {
		w.rows[line] = mailout.Planned
	}
	w.answer = func(int, int) mailout.Outcome { return accepted() }
	w.reachable = func() error { return nil }
	return w
}

func accepted() mailout.Outcome { return mailout.Outcome{Kind: mailout.OutcomeAccepted, JobID: 1} }
func refused() mailout.Outcome {
	return mailout.Outcome{Kind: mailout.OutcomeRefused, Status: 400, Code: "BAD"}
}
func lost() mailout.Outcome { return mailout.Outcome{Kind: mailout.OutcomeUnknown, Code: "timeout"} }
func blocked() mailout.Outcome {
	return mailout.Outcome{Kind: mailout.OutcomeNotSent, Status: 429, Speed: mailout.Speed{Blocked: true}}
}
func noConnection() mailout.Outcome {
	return mailout.Outcome{Kind: mailout.OutcomeNotSent, Code: "dial"}
}

func (w *world) step(format string, args ...any) {
	w.steps = append(w.steps, fmt.Sprintf(format, args...))
}

func (w *world) ToSend(_ context.Context, _ mailout.BatchID, after, limit int) (all []mailout.Record, _ error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.read != nil {
		if err := w.read(); err != nil {
			return nil, err
		}
	}
	for line, state := range w.rows {
		if state == mailout.Planned && line > after {
			all = append(all, mailout.Record{Row: mailout.Row{Line: line, Job: mailout.Job{Sender: org}}})
		}
	}
	slices.SortFunc(all, func(a, b mailout.Record) int { return a.Line - b.Line })
	return all[:min(limit, len(all))], nil
}

func (w *world) move(line int, e mailout.Event) error {
	to, err := mailout.Next(w.rows[line], e)
	w.rows[line] = to
	return err
}

func (w *world) BeginAttempt(_ context.Context, _ mailout.BatchID, line int, queue string, _ mailout.Digest) (mailout.Ref, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.begin != nil {
		if err := w.begin(line); err != nil {
			return "", err
		}
	}
	w.step("intent %d", line)
	ref := mailout.Ref(fmt.Sprintf("ref-%d", line))
	w.refs[ref] = line
	return ref, w.move(line, mailout.Begin)
}

func (w *world) Settle(_ context.Context, ref mailout.Ref, o mailout.Outcome) (mailout.State, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	line := w.refs[ref]
	if w.settle != nil {
		if err := w.settle(line); err != nil {
			return "", err
		}
	}
	w.step("outcome %d", line)
	w.outcomes[line] = o
	err := w.move(line, o.Event())
	return w.rows[line], err
}

func (w *world) StopBatch(_ context.Context, _ mailout.BatchID, reason string) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.stop = reason
	return nil
}

func (w *world) Acquire(ctx context.Context, _ string) (func(bool, bool), error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.step("permit")
	w.taken++
	var once sync.Once
	return func(timedOut, blocked bool) {
		w.mu.Lock()
		defer w.mu.Unlock()
		once.Do(func() { w.given++ })
		w.speeds = append(w.speeds, mailout.Speed{TimedOut: timedOut, Blocked: blocked})
	}, ctx.Err()
}

func (w *world) JobXML(r mailout.Record, _ time.Time) ([]byte, error) {
	return fmt.Appendf(nil, "job %d", r.Line), nil
}

func (w *world) Prepare(_ context.Context, r mailout.Record, _ []byte) (submit.Create, error) {
	if w.prepare != nil {
		if err := w.prepare(r.Line); err != nil {
			return nil, err
		}
	}
	return func(context.Context, mailout.Ref, string) mailout.Outcome { return w.create(r) }, nil
}

func (w *world) create(r mailout.Record) mailout.Outcome {
	w.mu.Lock()
	w.step("bytes %d", r.Line)
	w.sent[r.Line]++
	call := w.sent[r.Line]
	w.flying++
	w.most = max(w.most, w.flying)
	w.mu.Unlock()
	o := w.answer(r.Line, call)
	w.mu.Lock()
	w.flying--
	w.mu.Unlock()
	return o
}

func (w *world) Reachable(context.Context, mailout.OrgNumber) error { return w.reachable() }

// run sends with the given rules and one worker, unless o says otherwise.
func (w *world) run(t *testing.T, o submit.Options) (submit.Result, error) {
	t.Helper()
	if o.Workers == 0 {
		o.Workers = 1
	}
	if o.Soft == nil {
		o.Soft = t.Context()
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	o.Batch = "2026-11-21-a7"
	o.Queue = func(mailout.OrgNumber) string { return "q" }
	return submit.Run(t.Context(), w, w, w, o)
}

func (w *world) count() map[mailout.State]int {
	n := map[mailout.State]int{}
	for _, s := range w.rows {
		n[s]++
	}
	return n
}

var errDisk = errors.New("disk I/O error")
