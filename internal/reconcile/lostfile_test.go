package reconcile_test

import (
	"os"
	"path/filepath"
	"testing"
	"testing/synctest"

	"batch/internal/mailout"
)

// The books may know a document that is not on the disk any more: a ledger that was moved
// without its signed documents, a file that somebody has deleted or changed. As long as its
// change is not confirmed the portal has it, and it is fetched again before the portal is told
// that it is safe here.
func TestADocumentThatIsGoneFromTheDiskIsFetchedAgain(t *testing.T) {
	for name, tt := range map[string]struct {
		spoil func(path string) error
		name  string
		files []string
	}{
		"deleted": {os.Remove, "k2-1002.pdf", []string{"k2-1002.pdf"}},
		"changed": {func(path string) error { return os.WriteFile(path, []byte("somebody's own"), 0o600) }, "k2-1002.2.pdf", []string{"k2-1002.2.pdf", "k2-1002.pdf"}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, 1)
				w.opts.Once = true
				document := sealed(t, "one")
				w.desk.put(w.signed(2), document)
				w.desk.call = func(call string, _ mailout.JobID) (bool, error) {
					if call == "confirm" {
						return false, &mailout.CallError{Call: "confirm", Message: "no route"}
					}
					return false, nil
				}
				w.done()
				must(t, tt.spoil(filepath.Join(w.dir, "signed", string(w.id), "k2-1002.pdf")))
				w.reopen()
				w.opts.Once = false
				w.done()
				w.kept(2, tt.name, document)
				w.files(tt.files...)
				if w.desk.left() > 0 {
					t.Error("it was not confirmed")
				}
			})
		})
	}
}
