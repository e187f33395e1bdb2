package main

import (
	"testing"

	"batch/internal/mailout"
)

// compare holds the portal's jobs against the books.
func (m *mailoutKit) compare(t *testing.T) {
	t.Helper()
	compare(t, m.rows(t), m.jobs(t))
}

func compare(t *testing.T, rows []row, jobs []job) {
	t.Helper()
	byRef, byLine := map[mailout.Ref]row{}, map[int]job{}
	for _, r := range rows {
		byRef[r.Ref] = r
	}
	for _, j := range jobs {
		parts, ok := j.Reference.Parse()
		if !ok {
			t.Errorf("job %d has a reference that is none of ours", j.ID)
		}
		if other, twice := byLine[parts.Line]; twice {
			t.Errorf("line %d has two jobs, %d and %d", parts.Line, other.ID, j.ID)
		}
		byLine[parts.Line] = j
		if r, known := byRef[j.Reference]; !known || r.Line != parts.Line {
			t.Errorf("job %d for line %d has a reference that the books do not know", j.ID, parts.Line)
		}
	}
	for _, r := range rows {
		compareRow(t, r, byLine[r.Line])
	}
}

func compareRow(t *testing.T, r row, j job) {
	t.Helper()
	switch r.State {
	case mailout.Planned:
		if j.ID != 0 {
			t.Errorf("row %s is planned and has job %d", r.Key, j.ID)
		}
	case mailout.Created, mailout.Signed:
		if r.JobID != j.ID || j.ID == 0 {
			t.Errorf("row %s is %s as job %d; the portal has job %d", r.Key, r.State, r.JobID, j.ID)
		}
		if r.State == mailout.Signed && j.Status != "COMPLETED_SUCCESSFULLY" {
			t.Errorf("row %s is signed; its job is %s", r.Key, j.Status)
		}
	case mailout.Cancelled: // by the portal, or withdrawn before there was a job
		if r.JobID != j.ID || j.ID != 0 && j.Status != "FAILED" {
			t.Errorf("row %s is cancelled as job %d; the portal has job %d, which is %q", r.Key, r.JobID, j.ID, j.Status)
		}
	case mailout.Unknown: // with or without a job
	default:
		t.Errorf("row %s is %s", r.Key, r.State)
	}
}

// allSigned checks that every row is signed, with its document whole and in its place.
func (m *mailoutKit) allSigned(t *testing.T, rows int) {
	t.Helper()
	if signed := m.signedWhole(t); signed != rows || len(m.jobs(t)) != rows {
		t.Errorf("%d rows are signed; the portal has %d jobs; want %d of each", signed, len(m.jobs(t)), rows)
	}
}
