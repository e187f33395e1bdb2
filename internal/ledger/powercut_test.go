package ledger_test

import (
	"path/filepath"
	"strings"
	"testing"

	"batch/internal/disk/disktest"
	"batch/internal/ledger"
	"batch/internal/mailout"
)

// Whatever a method has returned is there after a power cut at its worst, which keeps nothing
// that was not synced: a Ref that was given out in the ledger and in sent.log, and what the
// portal has said since.
func TestAPowerCutLosesNothingThatWasSaid(t *testing.T) {
	d, c, dir := disktest.New(t), &clock{at: noon}, t.TempDir()
	l, err := ledger.Open(t.Context(), ledger.Options{Path: filepath.Join(dir, "ledger.db"), SentLog: filepath.Join(dir, "sent.log"), Now: c.now, Disk: d, VFS: d.VFS()})
	must(t, err)
	t.Cleanup(func() { l.Close() })
	b := &books{Ledger: l, t: t, dir: dir, clock: c}
	id := b.approved(row(2), row(3))
	cut := func() *books {
		t.Helper()
		left := filepath.Join(t.TempDir(), "left")
		must(t, d.Leave(dir, left, disktest.Nothing))
		return openBooks(t, left, c)
	}

	ref := b.begin(id, 2)
	begun := cut()
	if got := begun.record(id, 2); got.State != mailout.Sending || got.Ref != ref {
		t.Errorf("the row is %s with the Ref %q, want sending with %s", got.State, got.Ref, ref)
	}
	if !strings.Contains(begun.sentLog(), "\n"+string(ref)+" ") {
		t.Errorf("sent.log has no line of %s:\n%s", ref, begun.sentLog())
	}
	begun.wantRecovered(id, mailout.Recovered{Unknown: 1}, mailout.Unknown)
	begun.wantAlarms()

	b.settle(ref, accepted(7))
	cut().wantState(id, 2, mailout.Created)
	b.finish(b.change(ref, 7, mailout.JobFailed, mailout.SignerRejected))
	cut().wantState(id, 2, mailout.Rejected)
}
