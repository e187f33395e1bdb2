package submit_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"batch/internal/ledger"
	"batch/internal/mailout"
	"batch/internal/pace"
	"batch/internal/submit"
)

// desk is the portal's side of cancelling, with the real ledger and the real pace in front
// of it: a job is cancelled by the first call that reaches it, and too late for any other.
type desk struct {
	*ledger.Ledger
	t    *testing.T
	dir  string
	id   mailout.BatchID
	jobs map[mailout.JobID]bool // whether it is cancelled
	over chan struct{}          // closed: nobody works beside

	mu    sync.Mutex
	calls map[mailout.JobID]int
	lose  func(job mailout.JobID, call int) (applied bool, err error) // may be nil
	fail  func(step string) mode                                      // of the ledger; may be nil
}

// mode is how a step of the ledger goes wrong.
type mode string

const (
	notApplied mode = "not applied"
	applied    mode = "applied but reported failed"
)

// newDesk has rows with jobs: line n has job 100+n.
func newDesk(t *testing.T, rows int) *desk {
	t.Helper()
	d := &desk{t: t, dir: t.TempDir(), jobs: map[mailout.JobID]bool{}, calls: map[mailout.JobID]int{}, over: make(chan struct{})}
	close(d.over)
	d.open()
	t.Cleanup(func() { d.Close() })
	ctx := t.Context()
	var err error
	d.id, err = d.BeginDraft(ctx, "/home/kari/manifest.csv", nil, time.UTC)
	d.must(err)
	for line := 2; line < 2+rows; line++ {
		d.must(d.AddRows(ctx, d.id, []mailout.Row{plannedRow(line)}))
	}
	digest := mailout.SumDigest([]byte("plan"))
	d.id, err = d.Freeze(ctx, d.id, digest, digest, digest)
	d.must(err)
	d.must(d.Approve(ctx, d.id, "--yes", 0))
	for line := 2; line < 2+rows; line++ {
		ref, err := d.BeginAttempt(ctx, d.id, line, "queue", digest)
		d.must(err)
		_, err = d.Settle(ctx, ref, mailout.Outcome{Kind: mailout.OutcomeAccepted, JobID: jobAt(line), Status: 200})
		d.must(err)
		d.jobs[jobAt(line)] = false
	}
	return d
}

func jobAt(line int) mailout.JobID { return mailout.JobID(100 + line) }

func plannedRow(line int) mailout.Row {
	source := mailout.Source{Path: fmt.Sprintf("%d.pdf", line), SHA256: mailout.SumDigest(fmt.Append(nil, "source", line))}
	return mailout.Row{Line: line, Key: fmt.Sprint("k", line), Job: mailout.Job{Sender: org, Title: "Avtale", Signers: []mailout.Signer{{NationalID: "01845912345"}}},
		Documents: []mailout.Document{{Title: "Avtale", Name: "document1.pdf", Sources: []mailout.Source{source},
			Prepared: mailout.Prepared{SHA256: mailout.SumDigest(fmt.Append(nil, "prepared", line)), Bytes: 1, Pages: 1}}}}
}

func (d *desk) must(err error) {
	d.t.Helper()
	if err != nil {
		d.t.Fatal(err)
	}
}

// open opens the ledger, as the next process does.
func (d *desk) open() {
	d.t.Helper()
	var err error
	d.Ledger, err = ledger.Open(d.t.Context(), ledger.Options{Path: filepath.Join(d.dir, "ledger.db"), SentLog: filepath.Join(d.dir, "sent.log")})
	d.must(err)
}

func (d *desk) wish(lines ...int) {
	d.t.Helper()
	d.must(d.WishCancelled(d.t.Context(), d.id, lines, "by kari"))
}

func (d *desk) step(name string, do func() error) error {
	var m mode
	if d.fail != nil {
		m = d.fail(name)
	}
	if m == notApplied {
		return errDisk
	}
	err := do()
	if m == applied && err == nil {
		return errDisk
	}
	return err
}

func (d *desk) BeginCancel(ctx context.Context, w mailout.Wish) (ask bool, err error) {
	err = d.step("begin", func() (err error) { ask, err = d.Ledger.BeginCancel(ctx, w); return err })
	return ask, err
}

func (d *desk) SettleCancel(ctx context.Context, w mailout.Wish, a mailout.Answer) error {
	return d.step("settle", func() error { return d.Ledger.SettleCancel(ctx, w, a) })
}

func (d *desk) Cancel(_ context.Context, w mailout.Wish) (mailout.Answer, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.calls[w.Job]++
	if d.lose != nil {
		if arrived, err := d.lose(w.Job, d.calls[w.Job]); err != nil {
			d.jobs[w.Job] = d.jobs[w.Job] || arrived
			return mailout.Answer{}, err
		}
	}
	if d.jobs[w.Job] {
		return mailout.Answer{Kind: mailout.AnswerDeclined}, nil
	}
	d.jobs[w.Job] = true
	return mailout.Answer{Kind: mailout.AnswerGranted}, nil
}

// run cancels what is wished, in a process of its own.
func (d *desk) run(soft context.Context) (submit.Result, error) {
	d.t.Helper()
	pacer, err := pace.New(d.t.Context(), pace.Options{PerSecond: 10, Store: d.Ledger})
	d.must(err)
	return submit.Cancel(d.t.Context(), d, pacer, d, submit.CancelOptions{Workers: 4, Soft: soft, Over: d.over})
}

func (d *desk) ends(want submit.Ending) submit.Result {
	d.t.Helper()
	res, err := d.run(d.t.Context())
	if err != nil || res.Ending != want {
		d.t.Errorf("cancelling ended with %+v, %v; want %s", res, err, want)
	}
	return res
}

// cancelled wants all jobs to be cancelled, the calls of each to be so many, and nothing
// to be left to ask.
func (d *desk) cancelled(calls map[mailout.JobID]int) {
	d.t.Helper()
	for job, is := range d.jobs {
		if !is {
			d.t.Errorf("job %d is not cancelled", job)
		}
	}
	if !maps.Equal(d.calls, calls) {
		d.t.Errorf("calls by job are %v, want %v", d.calls, calls)
	}
	due, err := d.ToCancel(d.t.Context(), mailout.Wish{}, 100)
	if err != nil || len(due) > 0 {
		d.t.Errorf("%v are still to be asked, %v", due, err)
	}
}

func lostAnswer() error {
	return &mailout.CallError{Call: "cancel", Kind: mailout.OutcomeUnknown, Code: "timeout", Message: "no answer came"}
}

func TestCancelAsksOnceForEachWish(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDesk(t, 40)
		calls := map[mailout.JobID]int{}
		for line := 2; line < 42; line++ {
			d.wish(line)
			calls[jobAt(line)] = 1
		}
		if res := d.ends(submit.EndDone); res.Sent != 40 {
			t.Errorf("%d calls are told of", res.Sent)
		}
		d.cancelled(calls)
	})
}

// Each step fails once, in both ways; then the next process goes on.
func TestAStepOfCancellingThatFails(t *testing.T) {
	for _, step := range []string{"begin", "settle"} {
		for _, how := range []mode{notApplied, applied} {
			t.Run(fmt.Sprint(step, " ", how), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					d := newDesk(t, 1)
					d.wish(2)
					d.fail = func(s string) mode {
						if s == step {
							return how
						}
						return ""
					}
					if _, err := d.run(t.Context()); !errors.Is(err, errDisk) {
						t.Fatalf("cancelling ended with %v, want the disk's error", err)
					}
					if step == "begin" && len(d.calls) > 0 {
						t.Error("the portal was asked though the call was not begun in the books")
					}
					d.must(d.Close())
					d.open()
					d.fail = nil
					d.ends(submit.EndDone)
					// Only an answer that is in the books for certain is not asked for again.
					want := map[string]int{"begin": 1, "settle": 2}[step]
					if how == applied && step == "settle" {
						want = 1
					}
					d.cancelled(map[mailout.JobID]int{jobAt(2): want})
				})
			})
		}
	}
}

// After an error of the ledger nobody asks the portal anything more.
func TestAnErrorOfTheLedgerEndsTheCancelling(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDesk(t, 30)
		for line := 2; line < 32; line++ {
			d.wish(line)
		}
		d.fail = func(s string) mode {
			if s == "settle" {
				return notApplied
			}
			return ""
		}
		if _, err := d.run(t.Context()); !errors.Is(err, errDisk) {
			t.Fatalf("cancelling ended with %v", err)
		}
		if len(d.calls) > 4 {
			t.Errorf("%d calls were made by four workers", len(d.calls))
		}
	})
}

// A lost answer is asked for again, whether the call arrived or not; a portal that gives
// none is left to the next process.
func TestALostAnswerIsAskedForAgain(t *testing.T) {
	for _, arrived := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			d := newDesk(t, 2)
			d.wish(2, 3)
			d.lose = func(job mailout.JobID, call int) (bool, error) {
				if job == jobAt(3) && call <= 2 {
					return arrived, lostAnswer()
				}
				return false, nil
			}
			d.ends(submit.EndDone)
			d.cancelled(map[mailout.JobID]int{jobAt(2): 1, jobAt(3): 3})
		})
	}
	synctest.Test(t, func(t *testing.T) {
		d := newDesk(t, 30)
		for line := 2; line < 32; line++ {
			d.wish(line)
		}
		d.lose = func(mailout.JobID, int) (bool, error) { return false, lostAnswer() }
		d.ends(submit.EndAway)
		n := 0
		for _, calls := range d.calls {
			n += calls
		}
		if n > 3*(5+4) { // three passes end at five lost answers, with four workers
			t.Errorf("%d calls were made to a portal that is away", n)
		}
		d.lose = nil
		d.ends(submit.EndDone)
		if slices.Contains(slices.Collect(maps.Values(d.jobs)), false) {
			t.Errorf("the jobs are %v", d.jobs)
		}
	})
}

// While others work, wishes come at any time and are asked for soon; an answer that is lost
// is asked for again after a minute, and when the others have ended at once.
func TestCancellingBesideOthers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDesk(t, 3)
		d.over = make(chan struct{})
		ended := make(chan submit.Result)
		go func() {
			res, err := d.run(t.Context())
			if err != nil {
				t.Error(err)
			}
			ended <- res
		}()
		time.Sleep(time.Hour)
		d.wish(2)
		time.Sleep(3 * time.Second)
		d.mu.Lock()
		if !d.jobs[jobAt(2)] {
			t.Error("three seconds after the wish the portal has not been asked")
		}
		d.lose = func(job mailout.JobID, call int) (bool, error) {
			if call <= 2 {
				return false, lostAnswer()
			}
			return false, nil
		}
		d.mu.Unlock()
		d.wish(3)
		time.Sleep(90 * time.Second)
		d.mu.Lock()
		if d.calls[jobAt(3)] != 2 {
			t.Errorf("in a minute and a half the portal was asked %d times", d.calls[jobAt(3)])
		}
		d.mu.Unlock()
		close(d.over)
		if res := <-ended; res.Ending != submit.EndDone {
			t.Errorf("it ended with %+v", res)
		}
		d.jobs[jobAt(4)] = true // nobody wished it
		d.cancelled(map[mailout.JobID]int{jobAt(2): 1, jobAt(3): 3})
	})
}

// What concerns every call ends the cancelling; the wishes stay.
func TestAFatalAnswerEndsTheCancelling(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDesk(t, 2)
		d.wish(2, 3)
		d.lose = func(mailout.JobID, int) (bool, error) {
			return false, &mailout.CallError{Call: "cancel", Kind: mailout.OutcomeRefused, Status: 403, Fatal: true, Message: "NOT_AUTHORIZED"}
		}
		if res := d.ends(submit.EndFatal); res.Reason != "NOT_AUTHORIZED" {
			t.Errorf("it ended for %q", res.Reason)
		}
		d.lose = nil
		d.ends(submit.EndDone)
		if !d.jobs[jobAt(2)] || !d.jobs[jobAt(3)] {
			t.Errorf("the jobs are %v", d.jobs)
		}
	})
}

func TestAPersonStopsTheCancelling(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDesk(t, 1)
		d.wish(2)
		soft, stop := context.WithCancel(t.Context())
		stop()
		res, err := d.run(soft)
		if err != nil || res.Ending != submit.EndInterrupted || len(d.calls) > 0 {
			t.Errorf("it ended with %+v, %v after %v", res, err, d.calls)
		}
	})
}
