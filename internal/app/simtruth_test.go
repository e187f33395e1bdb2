package app

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"batch/internal/mailout"
	"batch/internal/sandbox"
)

// truth compares the books with what the portal knows. It holds at every moment at which
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
