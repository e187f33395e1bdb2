package app

import (
	"os"
	"path/filepath"
	"testing"

	"batch/internal/disk"
	"batch/internal/pdfprep"
)

// A prepared file that another batch needs stays, and one that nobody else needs goes.
func TestPreparedFilesOfAnotherBatchStay(t *testing.T) {
	m := newMailing(t, 2)
	m.send()
	shared := m.record(2).Documents[0].SHA256
	must(t, os.WriteFile(m.manifest, []byte("title;email;document\r\nEn annen avtale;ola@example.com;Avtale-for-Planted-0.pdf\r\n"), 0o600))
	other, err := m.Plan(t.Context(), PlanOptions{Manifest: m.manifest})
	must(t, err)
	must(t, m.ledger.Approve(t.Context(), other.Batch, "typed", 0))
	if w := m.purge(PurgeOptions{}); w.Shared != 1 || w.Prepared != 1 {
		t.Errorf("it says %+v", w)
	}
	left, err := pdfprep.List(m.ws.Prepared())
	if err != nil || len(left) != 1 || left[0] != shared {
		t.Errorf("left are %v, %v; want %s", left, err, shared)
	}
}

// Of a batch whose manifest the books do not know there is nothing to look for where the command
// happens to be given.
func TestAListElsewhereIsLeftAlone(t *testing.T) {
	m := newMailing(t, 1)
	t.Chdir(t.TempDir())
	theirs := nextTemp + "theirs"
	must(t, os.WriteFile(theirs, nil, 0o600))
	beside := filepath.Join(filepath.Dir(m.manifest), nextTemp+"folder")
	must(t, os.Mkdir(beside, 0o700))
	f := &purgeFiles{App: m.App, ctx: t.Context(), disk: disk.OS, id: m.batch, w: &Wiped{}}
	must(t, f.broken())
	f.w.Books.ManifestPath = m.manifest
	must(t, f.broken())
	for _, path := range []string{theirs, beside} {
		if _, err := os.Lstat(path); err != nil {
			t.Errorf("%s: %v", filepath.Base(path), err)
		}
	}
}
