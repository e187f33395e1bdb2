package pdfprep

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
	"time"

	"batch/internal/mailout"
)

func TestStoreMendsAndSweeps(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "avtaler [2026", "prepared") // no pattern, whatever it looks like
	must(t, openStore(dir))
	pdf := letter("x")
	d := mailout.SumDigest(pdf)
	must(t, os.WriteFile(Stored(dir, d), pdf[:100], 0o600))
	u, err := begin(dir, d, pdf)
	must(t, err)
	must(t, u.finish())
	got, err := os.ReadFile(Stored(dir, d))
	must(t, err)
	if !bytes.Equal(got, pdf) {
		t.Error("a damaged prepared file was kept")
	}

	old, young := filepath.Join(dir, Unfinished+"1"), filepath.Join(dir, Unfinished+"2")
	for _, path := range []string{old, young} {
		must(t, os.WriteFile(path, nil, 0o600))
	}
	past := time.Now().Add(-2 * leftOver)
	must(t, os.Chtimes(old, past, past))
	must(t, openStore(dir))
	if _, err := os.Stat(old); !os.IsNotExist(err) {
		t.Errorf("what a killed process left was kept: %v", err)
	}
	if _, err := os.Stat(young); err != nil {
		t.Errorf("what may be another process's was removed: %v", err)
	}
}
