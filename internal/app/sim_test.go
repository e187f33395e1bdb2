package app

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"batch/internal/mailout"
	"batch/internal/sandbox"
)

// true compares the books with what the portal knows. It holds at every moment at which
// no process is running.
func (s *simulation) truth() mailout.BatchInfo {
	s.t.Helper()
	var books mailout.BatchInfo
	s.look(Options{}, func(a *App) {
		var err error
		books, err = a.Books(s.t.Context(), s.batch)
		must(s.t, err)
		alarms, err := a.Alarms(s.t.Context())
		must(s.t, err)
		jobs, rows := s.jobs(), 0
		for r, err := range a.Records(s.t.Context(), s.batch) {
			must(s.t, err)
			rows++
			s.trueRow(r, jobs[r.Line], alarms)
		}
		if books.Totals.Sum() != simRows || rows != simRows || books.Rows != simRows {
			s.t.Errorf("the totals %v do not sum to %d rows", books.Totals, simRows)
		}
		s.nothingLost()
	})
	return books
}

func (s *simulation) trueRow(r mailout.Record, jobs []sandbox.JobView, alarms []mailout.Alarm) {
	s.t.Helper()
	twice := slices.ContainsFunc(alarms, func(a mailout.Alarm) bool { return a.Kind == mailout.AlarmDuplicate && a.Line == r.Line })
	if len(jobs) > 1 && !twice {
		s.t.Errorf("line %d has %d jobs and no alarm", r.Line, len(jobs))
	}
	switch r.State {
	case mailout.Planned, mailout.Refused:
		if len(jobs) > 0 {
			s.t.Errorf("line %d is %s and has job %d", r.Line, r.State, jobs[0].ID)
		}
		return
	case mailout.Unknown:
		if !s.lost[r.Ref] && !s.struck()[r.Ref] {
			s.t.Errorf("line %d is unknown, yet its answer was not lost", r.Line)
		}
		return
	case mailout.Sending:
		s.t.Errorf("line %d is still sending with nobody speaking", r.Line)
		return
	}
	job, there := hasJob(jobs, r.JobID)
	want := map[mailout.State]string{mailout.Signed: "COMPLETED_SUCCESSFULLY", mailout.Rejected: "FAILED", mailout.Created: job.Status}[r.State]
	if !there || job.Status != want {
		s.t.Errorf("line %d is %s with job %d, which is %q at the portal", r.Line, r.State, r.JobID, job.Status)
	}
	if r.State == mailout.Signed {
		s.intact(r)
	}
}

func (s *simulation) intact(r mailout.Record) {
	s.t.Helper()
	raw, err := os.ReadFile(filepath.Join(s.dir, r.Signed.Path))
	if err != nil || mailout.SumDigest(raw) != r.Signed.SHA256 || r.Doubtful {
		s.t.Errorf("line %d: the signed document is not what the books say (%v)", r.Line, err)
	}
}

// nothingLost: what the portal has given up is here, once.
func (s *simulation) nothingLost() {
	s.t.Helper()
	for _, j := range s.portal.Jobs("") {
		found, err := filepath.Glob(filepath.Join(s.dir, "signed", "*", fmt.Sprintf("*-%d*.pdf", j.ID)))
		must(s.t, err)
		if gone := j.Gone && j.Status == "COMPLETED_SUCCESSFULLY"; gone && len(found) == 0 || len(found) > 1 {
			s.t.Errorf("job %d (%s, gone from the portal: %v) has the files %q", j.ID, j.Status, j.Gone, found)
		}
	}
}

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
				must(s.t, a.Resolve(s.t.Context(), s.batch, fmt.Sprintf("line:%d", r.Line), mailout.VerdictAbsent, "a test"))
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
		{{call: sandbox.CallPoll, nth: 4, after: true}, {call: sandbox.CallCreate, nth: 1, after: true}},
		{{call: sandbox.CallPAdES, nth: 1, after: true}},
		{{call: sandbox.CallPAdES, nth: 3}, {call: sandbox.CallConfirm, nth: 1, after: true}},
		{{call: sandbox.CallConfirm, nth: 1}},
		{{call: sandbox.CallConfirm, nth: 2, after: true}, {call: sandbox.CallConfirm, nth: 3}},
		{{call: sandbox.CallConfirm, nth: 5, after: true}, {call: sandbox.CallPAdES, nth: 2, after: true}, {call: sandbox.CallConfirm, nth: 1}},
	} {
		t.Run(fmt.Sprint(deaths), func(t *testing.T) {
			t.Parallel()
			s := tp.simulate(t)
			for _, c := range deaths {
				s.send(c)
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
