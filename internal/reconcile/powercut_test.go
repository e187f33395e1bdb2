package reconcile_test

import (
	"os"
	"path/filepath"
	"testing"
	"testing/synctest"

	"batch/internal/disk/disktest"
	"batch/internal/mailout"
)

// At the moment of the confirmation the portal's copy is about to go: a power cut then, at
// its worst, leaves the signed document whole, under its name.
func TestAPowerCutAtTheConfirmationLosesNoDocument(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, 1)
		d := disktest.New(t)
		w.opts.Disk = d
		document := sealed(t, "one")
		w.desk.put(w.signed(2), document)
		confirmed := false
		w.desk.hook = func(step string) {
			if step != "confirm" {
				return
			}
			confirmed = true
			left := filepath.Join(t.TempDir(), "left")
			must(t, d.Leave(w.dir, left, disktest.Nothing))
			raw, err := os.ReadFile(filepath.Join(left, "signed", string(w.id), "k2-1002.pdf"))
			if err != nil || mailout.SumDigest(raw) != mailout.SumDigest(document) {
				t.Errorf("%d bytes of %d are left (%v)", len(raw), len(document), err)
			}
		}
		w.done()
		if !confirmed {
			t.Error("nothing was confirmed")
		}
	})
}
