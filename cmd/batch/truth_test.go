package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"testing"

	"batch/internal/mailout"
	"batch/internal/pades"
)

// calls is how many calls the portal has answered since it was started; none where it does not
// answer itself.
func (m *mailoutKit) calls() int {
	var summary struct{ Calls int }
	answer, err := m.ask(http.MethodGet, "/calls/summary", "")
	if err != nil || json.Unmarshal(answer, &summary) != nil {
		return 0
	}
	return summary.Calls
}

// signedWhole checks that the document of every signed row is there, whole and as the books
// have it, and that no other is.
func (m *mailoutKit) signedWhole(t *testing.T) (rows int) {
	t.Helper()
	files := map[string]bool{}
	for _, r := range m.rowsIn(t, mailout.Signed) {
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
		rows++
	}
	kept, err := filepath.Glob(filepath.Join(m.dir, "signed", "*", "*"))
	must(t, err)
	left, err := filepath.Glob(filepath.Join(m.dir, "signed", "*", ".*"))
	must(t, err)
	if len(files) != rows || len(kept) != rows || len(left) != 0 {
		t.Errorf("%d rows are signed, with %d documents of %d in the folder, and %d hidden ones", rows, len(files), len(kept), len(left))
	}
	return rows
}
