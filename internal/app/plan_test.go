package app

import (
	"os"
	"path/filepath"
	"testing"

	"batch/internal/mailout"
	"batch/internal/pdfprep"
)

// A prepared file counts as there if it is what the books say, not if it has its size.
func TestDamagedPreparedFileIsNotThere(t *testing.T) {
	dir := t.TempDir()
	good := []byte("%PDF-1.7 agreement")
	d := mailout.Prepared{SHA256: mailout.SumDigest(good), Bytes: int64(len(good))}
	p := preparer{store: dir}
	if p.Have(d) {
		t.Error("a file that was never made is there")
	}
	for content, want := range map[string]bool{string(good): true, "%PDF-1.7 agreEment": false, "": false} {
		if err := os.MkdirAll(filepath.Dir(pdfprep.Stored(dir, d.SHA256)), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(pdfprep.Stored(dir, d.SHA256), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		if got := p.Have(d); got != want {
			t.Errorf("%q is there: %v, want %v", content, got, want)
		}
	}
}
