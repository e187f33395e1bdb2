package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"os"
	"path/filepath"
	"testing"

	"batch/internal/mailout"
	"batch/internal/pades"
)

// compare holds the portal's jobs against the books.
func (m *mailoutKit) compare(t *testing.T) {
	t.Helper()
	rows := m.rows(t)
	byRef, byLine := map[mailout.Ref]row{}, map[int]job{}
	for _, r := range rows {
		byRef[r.Ref] = r
	}
	for _, j := range m.jobs(t) {
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
		m.compareRow(t, r, byLine[r.Line])
	}
}

func (m *mailoutKit) compareRow(t *testing.T, r row, j job) {
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
	case mailout.Unknown: // with or without a job
	default:
		t.Errorf("row %s is %s", r.Key, r.State)
	}
}

// allSigned checks that every row is signed, with its document whole and in its place.
func (m *mailoutKit) allSigned(t *testing.T, rows int) {
	t.Helper()
	files := map[string]bool{}
	signed := m.rowsIn(t, mailout.Signed)
	for _, r := range signed {
		path := filepath.Join(m.dir, filepath.FromSlash(r.Signed.File))
		content, err := os.ReadFile(path)
		must(t, err)
		if sum := sha256.Sum256(content); hex.EncodeToString(sum[:]) != r.Signed.SHA256 || int64(len(content)) != r.Signed.Bytes {
			t.Errorf("row %s: %s is not the document of the books", r.Key, r.Signed.File)
		}
		if _, err := pades.Check(bytes.NewReader(content), int64(len(content))); err != nil {
			t.Errorf("row %s: %s: %v", r.Key, r.Signed.File, err)
		}
		files[path] = true
	}
	if len(signed) != rows || len(files) != rows || len(m.jobs(t)) != rows {
		t.Errorf("%d rows are signed, with %d documents; the portal has %d jobs; want %d of each", len(signed), len(files), len(m.jobs(t)), rows)
	}
	kept, err := filepath.Glob(filepath.Join(m.dir, "signed", "*", "*"))
	must(t, err)
	left, err := filepath.Glob(filepath.Join(m.dir, "signed", "*", ".*"))
	must(t, err)
	if len(kept) != rows || len(left) != 0 {
		t.Errorf("%d files in the folder of signed documents, and %d hidden ones; want %d and none", len(kept), len(left), rows)
	}
}
