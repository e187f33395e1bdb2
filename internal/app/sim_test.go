package app

import (
	"context"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"batch/internal/mailout"
	"batch/internal/sandbox"
)

// finish brings the batch to its end: what is unknown and has no job is declared absent by
// a person, half an hour later.
func (s *simulation) finish() mailout.BatchInfo {
	s.t.Helper()
	s.send(crash{})
	books := s.truth()
	if books.Totals[mailout.Unknown] > 0 {
		s.resolve()
		s.send(crash{})
		books = s.truth()
	}
	return books
}

func (s *simulation) resolve() {
	s.t.Helper()
	later := Options{Now: func() time.Time { return time.Now().Add(31 * time.Minute) }}
	s.look(later, func(a *App) {
		for r, err := range a.Records(s.t.Context(), s.batch) {
			must(s.t, err)
			if r.State == mailout.Unknown && len(s.jobs()[r.Line]) == 0 {
				must(s.t, a.Resolve(s.t.Context(), s.batch, fmt.Sprintf("line:%d", r.Line), mailout.Finding{Verdict: mailout.VerdictAbsent, By: "a test"}))
			}
		}
	})
}

// over wants every row to have ended as its signers acted.
func (s *simulation) over(books mailout.BatchInfo) {
	s.t.Helper()
	if books.State != mailout.Done || books.Totals[mailout.Signed] != simRows-1 || books.Totals[mailout.Rejected] != 1 || books.Unconfirmed != 0 {
		s.t.Errorf("the batch is %s with %v, %d unconfirmed", books.State, books.Totals, books.Unconfirmed)
	}
	for _, j := range s.portal.Jobs("") {
		if !j.Gone && !j.Foreign {
			s.t.Errorf("job %d is still at the portal", j.ID)
		}
	}
}

// The process dies at a call, once or twice, and another goes on from what was on disk.
func TestCrashes(t *testing.T) {
	tp := newTemplate(t)
	for _, deaths := range [][]crash{
		{{call: sandbox.CallRoot, nth: 1}},
		{{call: sandbox.CallCreate, nth: 1}},
		{{call: sandbox.CallCreate, nth: 3, after: true}},
		{{call: sandbox.CallCreate, nth: 6, after: true}, {call: sandbox.CallPAdES, nth: 1}},
		{{call: sandbox.CallPoll, nth: 1, after: true}, {call: sandbox.CallPoll, nth: 2, after: true}},
		{{call: sandbox.CallCreate, nth: 5}, {call: sandbox.CallPoll, nth: 4, after: true}},
		{{call: sandbox.CallPAdES, nth: 1, after: true}},
		{{call: sandbox.CallPAdES, nth: 3}, {call: sandbox.CallConfirm, nth: 1, after: true}},
		{{call: sandbox.CallConfirm, nth: 1}},
		{{call: sandbox.CallConfirm, nth: 2, after: true}, {call: sandbox.CallConfirm, nth: 1}},
		{{call: sandbox.CallConfirm, nth: 2, after: true}, {call: sandbox.CallPoll, nth: 1, after: true}, {call: sandbox.CallConfirm, nth: 1}},
	} {
		t.Run(fmt.Sprint(deaths), func(t *testing.T) {
			t.Parallel()
			s := tp.simulate(t)
			if len(deaths) > 1 { // leave enough to do for the next process
				s.sendFirst = simRows
			}
			for _, c := range deaths {
				if _, lived := s.send(c); lived {
					t.Fatalf("it never came to the crash %v", c)
				}
				s.look(Options{}, func(a *App) { // before anybody repairs anything
					b, err := a.Books(t.Context(), s.batch)
					must(t, err)
					if b.Totals.Sum() != simRows {
						t.Errorf("after the crash %v the totals are %v", c, b.Totals)
					}
					s.nothingLost()
				})
			}
			s.allButConfirmed(s.finish())
		})
	}
}

// allButConfirmed is over, but for confirmations whose answer died with a process: the
// portal has them, and an empty queue twelve minutes later tells the books so.
func (s *simulation) allButConfirmed(books mailout.BatchInfo) {
	s.t.Helper()
	if books.Unconfirmed > 0 {
		later := Options{Now: func() time.Time { return time.Now().Add(13 * time.Minute) }}
		s.run(crash{}, later, func(ctx context.Context, a *App) error {
			_, err := a.Follow(ctx, FollowOptions{Batch: s.batch, Soft: ctx})
			return err
		})
		books = s.truth()
	}
	s.over(books)
}

// Ledger and sent.log of an older day are put back together, which nothing on disk
// betrays. The first change of a job that they do not know does; from then on nothing is
// sent, by no command, until a person has looked.
func TestAnOlderLedgerPutBack(t *testing.T) {
	s := newTemplate(t).simulate(t)
	old := filepath.Join(t.TempDir(), "old")
	send := func(want mailout.Totals) {
		s.run(crash{}, Options{}, func(ctx context.Context, a *App) error {
			sent, err := a.Send(ctx, SendOptions{Batch: s.batch, ApprovedBy: "--yes", Soft: ctx, Canary: 1})
			if !maps.Equal(sent.Books.Totals, want) {
				t.Errorf("after sending the totals are %v, want %v", sent.Books.Totals, want)
			}
			return err
		})
	}
	send(mailout.Totals{mailout.Created: 1, mailout.Planned: simRows - 1})
	must(t, copyDisk(old, s.dir))
	send(mailout.Totals{mailout.Created: simRows})
	must(t, os.Rename(s.dir, old+".newer"))
	must(t, os.Rename(old, s.dir))
	s.run(crash{}, Options{}, func(ctx context.Context, a *App) error {
		sent, err := a.Follow(ctx, FollowOptions{Batch: s.batch, Soft: soon(ctx)})
		if sent.Ending != EndLook {
			t.Errorf("following ended with %q, %v", sent.Ending, err)
		}
		return err
	})
	s.run(crash{}, Options{}, func(ctx context.Context, a *App) error {
		sent, err := a.Send(ctx, SendOptions{Batch: s.batch, ApprovedBy: "--yes", Soft: ctx})
		if err == nil || Explain(err).Kind != KindLook {
			t.Errorf("sending ended with %v and %v", err, sent.Books.Totals)
		}
		return nil
	})
	for line, jobs := range s.jobs() {
		if len(jobs) != 1 {
			t.Errorf("line %d has %d jobs", line, len(jobs))
		}
	}
	s.nothingLost()
}

// Whoever stops before the first call has stopped, and nothing has failed.
func TestAStopBeforeTheFirstCall(t *testing.T) {
	s := newTemplate(t).simulate(t)
	s.run(crash{}, Options{}, func(ctx context.Context, a *App) error {
		soft, stop := context.WithCancel(ctx)
		stop()
		sent, err := a.Send(ctx, SendOptions{Batch: s.batch, ApprovedBy: "--yes", Soft: soft})
		if err != nil || sent.Ending != EndInterrupted || sent.Books.State != mailout.Ready {
			t.Errorf("sending ended with %q of a batch that is %s, %v", sent.Ending, sent.Books.State, err)
		}
		sent, err = a.Follow(ctx, FollowOptions{Batch: s.batch, Soft: soft})
		if err != nil || sent.Ending != EndInterrupted {
			t.Errorf("following ended with %q, %v", sent.Ending, err)
		}
		return nil
	})
	if calls := s.portal.Calls(); len(calls) > 0 {
		t.Errorf("%d calls were made", len(calls))
	}
}

// soon ends what would wait for ever.
func soon(ctx context.Context) context.Context {
	ctx, stop := context.WithTimeout(ctx, 20*time.Second)
	context.AfterFunc(ctx, stop)
	return ctx
}

func times(do string, call string, n ...int) (all []sandbox.Fault) {
	for _, nth := range n {
		all = append(all, sandbox.Fault{When: sandbox.When{Call: call, Nth: nth}, Do: do})
	}
	return all
}

// Answers get lost, calls come to nothing, changes come twice: the process lives, and the
// books are true at its end.
func TestFaults(t *testing.T) {
	tp := newTemplate(t)
	for name, tt := range map[string]struct {
		faults  []sandbox.Fault
		unknown bool                // rows may be unknown for good: no job was made
		alarms  []mailout.AlarmKind // beside none
	}{
		"answers of creates are lost":      {faults: times("drop-after", sandbox.CallCreate, 2, 4)},
		"creates never arrive":             {faults: times("drop-before", sandbox.CallCreate, 1, 3), unknown: true},
		"a proxy answers after the portal": {faults: times("status-after:503", sandbox.CallCreate, 1, 5)},
		"a proxy answers in its place":     {faults: times("status:502", sandbox.CallCreate, 1, 5), unknown: true},
		"the request is reset half-way":    {faults: times("reset-mid-body", sandbox.CallCreate, 3), unknown: true},
		"answers cannot be read":           {faults: append(times("garble", sandbox.CallCreate, 2), times("truncate", sandbox.CallCreate, 5)...)},
		"a page to log in":                 {faults: times("html", sandbox.CallCreate, 2), unknown: true},
		"a bare 429":                       {faults: times("bare-429", sandbox.CallCreate, 2), unknown: true},
		"the portal makes two jobs":        {faults: times("duplicate", sandbox.CallCreate, 2), alarms: []mailout.AlarmKind{mailout.AlarmDuplicate}},
		"two jobs and no answer": {faults: append(times("duplicate", sandbox.CallCreate, 2), times("drop-after", sandbox.CallCreate, 4)...),
			alarms: []mailout.AlarmKind{mailout.AlarmDuplicate}},
		"changes come twice":       {faults: times("requeue", sandbox.CallPoll, 1, 2, 3, 5, 8)},
		"confirmations come again": {faults: times("requeue", sandbox.CallConfirm, 1, 3, 4)},
		"confirmations get lost":   {faults: append(times("drop-before", sandbox.CallConfirm, 1), times("drop-after", sandbox.CallConfirm, 3)...)},
		"documents break off":      {faults: append(times("truncate", sandbox.CallPAdES, 1), times("reset-mid-body", sandbox.CallPAdES, 3)...)},
		"documents are torn":       {faults: times("garble", sandbox.CallPAdES, 2), alarms: []mailout.AlarmKind{mailout.AlarmDoubtful}},
		"somebody else's changes":  {faults: times("foreign", sandbox.CallPoll, 2, 4), alarms: []mailout.AlarmKind{mailout.AlarmStrange}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := tp.simulate(t, tt.faults...)
			s.send(crash{})
			books := s.truth()
			if n := books.Totals[mailout.Unknown]; n > 0 && !tt.unknown {
				t.Errorf("%d rows are unknown at the end", n)
			}
			s.allButConfirmed(s.finish())
			s.wantAlarms(tt.alarms)
		})
	}
}

func (s *simulation) wantAlarms(want []mailout.AlarmKind) {
	s.t.Helper()
	var got []mailout.AlarmKind
	s.look(Options{}, func(a *App) {
		alarms, err := a.Alarms(s.t.Context())
		must(s.t, err)
		for _, alarm := range alarms {
			if !slices.Contains(got, alarm.Kind) {
				got = append(got, alarm.Kind)
			}
		}
	})
	if !slices.Equal(got, want) {
		s.t.Errorf("the alarms are %q, want %q", got, want)
	}
}
