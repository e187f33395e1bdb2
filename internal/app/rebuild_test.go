package app

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"batch/internal/mailout"
)

// A person who rebuilds sees what is waited for: here that the queue may be asked again.
func TestARebuildSaysWhatItWaitsFor(t *testing.T) {
	d := newDesk(t)
	b := d.plan(2)
	must(t, d.ledger.Approve(t.Context(), b.Batch, "typed", 0))
	_, err := d.Send(t.Context(), SendOptions{Batch: b.Batch, ApprovedBy: "typed", Soft: t.Context()})
	must(t, err)
	const lost = mailout.BatchID("2026-01-01-aa")
	d.loses(lost)
	sender := d.senders()[0]
	must(t, d.ledger.SavePace(t.Context(), "poll/"+string(sender)+"/"+d.queue(sender), time.Now().Add(3*time.Second)))
	told := map[string]int{}
	d.App.o.Progress, d.App.o.Every = func(p Progress) { told[p.Why]++ }, 100*time.Millisecond
	began := time.Now()
	r, err := d.Rebuild(t.Context(), RebuildOptions{Batch: lost, Soft: t.Context()})
	if err != nil || r.Ending != EndDone {
		t.Fatalf("%+v, %v", r, err)
	}
	if told["poll"] == 0 {
		t.Errorf("it waited for %v and said nothing of it: %v", time.Since(began), told)
	}
}

// loses has sent.log name an attempt of a batch that the ledger does not know.
func (d *desk) loses(id mailout.BatchID) {
	d.t.Helper()
	raw, err := os.ReadFile(d.ws.SentLog())
	must(d.t, err)
	lines := strings.Split(strings.TrimSpace(string(raw)), "\n")
	known, ok := mailout.Ref(strings.Fields(lines[len(lines)-1])[0]).Parse()
	if !ok {
		d.t.Fatalf("sent.log ends with %q", lines[len(lines)-1])
	}
	ref := mailout.NewRef(mailout.RefParts{Workspace: known.Workspace, Batch: id, Line: 2, Attempt: 1})
	f, err := os.OpenFile(d.ws.SentLog(), os.O_APPEND|os.O_WRONLY, 0)
	must(d.t, err)
	defer f.Close()
	_, err = fmt.Fprintf(f, "%s 2026-01-01T00:00:00.000000Z\n", ref)
	must(d.t, err)
}
