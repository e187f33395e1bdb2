package app

import (
	"fmt"
	"strings"
	"testing"

	"batch/internal/mailout"
)

// Two plans of one letter that were approved side by side: the second one's row is not sent,
// and its batch stops and says how it is taken out. Going on without doing that stops again;
// the others are sent.
func TestARepeatThatIsFoundAtTheLastMoment(t *testing.T) {
	d := newDesk(t)
	first := d.plan(3)
	books, err := d.ledger.Batch(t.Context(), first.Batch)
	must(t, err)
	var rows []mailout.Row
	for r, err := range d.ledger.Records(t.Context(), first.Batch) {
		must(t, err)
		if r.Line == 3 {
			r.Job.Title += " ny"
		}
		rows = append(rows, r.Row)
	}
	must(t, d.ledger.Approve(t.Context(), first.Batch, "typed", 0))
	draft, err := d.ledger.BeginDraft(t.Context(), d.manifest, []byte(books.Settings), d.Zone())
	must(t, err)
	must(t, d.ledger.AddRows(t.Context(), draft, rows))
	second, err := d.ledger.Freeze(t.Context(), draft, books.ManifestSHA256, mailout.SumDigest([]byte("side by side")), books.RowsDigest)
	must(t, err)

	send := func(id mailout.BatchID) Sent {
		t.Helper()
		sent, err := d.send(t.Context(), id, &asked{yes: true})
		must(t, err)
		return sent
	}
	if sent := send(first.Batch); sent.Books.Totals[mailout.Created] != 3 {
		t.Fatalf("of the first batch: %v", sent.Books.Totals)
	}
	cancel := func(line int) {
		t.Helper()
		p, err := d.PlanCancel(t.Context(), second, []string{fmt.Sprintf("line:%d", line)})
		must(t, err)
		_, err = d.Cancel(t.Context(), t.Context(), p, "a test")
		must(t, err)
	}
	for range 2 { // to go on as it is comes to the same
		sent := send(second)
		if sent.Ending != EndStopped || sent.Books.State != mailout.Stopped || sent.Books.Totals[mailout.Planned] < 2 {
			t.Fatalf("of the second batch: %s, %v", sent.Books.State, sent.Books.Totals)
		}
		if r := sent.Books.StopReason; !strings.Contains(r, "was not sent: the same signers already have the same documents under the same title; batch cancel "+string(second)+" line:") {
			t.Errorf("the reason is %q", r)
		}
	}
	cancel(2)
	cancel(4)
	if sent := send(second); sent.Books.Totals[mailout.Created] != 1 || sent.Books.Totals[mailout.Cancelled] != 2 {
		t.Errorf("with the repeats taken out: %v", sent.Books.Totals)
	}
	if n := len(d.portal.Sandbox.Jobs("")); n != 4 {
		t.Errorf("the portal has %d jobs, want 4", n)
	}
}

// Whatever state an approved batch is in, the same list once more is the same batch: none is
// superseded, and nothing is sent twice.
func TestTwoRunsOfOneListAtOnce(t *testing.T) {
	d := newDesk(t)
	d.write(5)
	run := func(a *App) (mailout.BatchID, error) {
		planned, err := a.Plan(t.Context(), PlanOptions{Manifest: d.manifest})
		if err != nil || planned.Batch == "" {
			return "", fmt.Errorf("planning: %w %v", err, planned.Problems)
		}
		_, err = a.Send(t.Context(), SendOptions{Batch: planned.Batch, ApprovedBy: "--yes", Soft: t.Context()})
		if err != nil && Explain(err).Kind == KindHeld { // the other one sends
			err = nil
		}
		return planned.Batch, err
	}
	type end struct {
		id  mailout.BatchID
		err error
	}
	ends := make(chan end)
	runs := []*App{d.App, d.other(), d.other()}
	for _, a := range runs {
		go func() {
			id, err := run(a)
			ends <- end{id, err}
		}()
	}
	ids := map[mailout.BatchID]int{}
	for range runs {
		e := <-ends
		must(t, e.err)
		ids[e.id]++
	}
	all, err := d.ledger.Batches(t.Context())
	must(t, err)
	if len(ids) != 1 || len(all) != 1 || all[0].Totals[mailout.Created] != 5 {
		t.Errorf("%d runs had the batches %v; the books have %d: %+v", len(runs), ids, len(all), all)
	}
	if n := len(d.portal.Sandbox.Jobs("")); n != 5 {
		t.Errorf("the portal has %d jobs, want 5", n)
	}
}
