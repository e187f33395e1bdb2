package ledger_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"batch/internal/mailout"
)

// evidence gathers all of a batch, a line each.
func (b *books) evidence(id mailout.BatchID) (all []string, totals mailout.Totals) {
	b.t.Helper()
	totals, err := b.Evidence(b.t.Context(), id, func(e mailout.Evidence) error {
		var parts []string
		for _, a := range e.Attempts {
			parts = append(parts, fmt.Sprintf("attempt %d %s job %d", a.N, a.Outcome, a.JobID))
		}
		for _, h := range e.Events {
			s := fmt.Sprintf("%s %s>%s", h.Kind, h.From, h.To)
			if !h.Kept.IsZero() {
				s += " " + h.Kept.String()[:8]
			}
			parts = append(parts, s)
		}
		for _, c := range e.Changes {
			parts = append(parts, fmt.Sprintf("change %s of %d tried %v confirmed %v late %v", c.Status, c.JobID, c.Tried, c.Confirmed, c.Late))
		}
		for _, f := range e.Files {
			parts = append(parts, fmt.Sprintf("file %s of %d gone %v", f.Path, f.JobID, f.Gone))
		}
		for _, a := range e.Raised {
			parts = append(parts, fmt.Sprintf("alarm %s of %d", a.Kind, a.JobID))
		}
		all = append(all, fmt.Sprintf("%d row %v %s job %d signers %v: %s", e.Line, e.Row, e.State, e.JobID, e.Signers, strings.Join(parts, "; ")))
		return nil
	})
	must(b.t, err)
	return all, totals
}

// Each line has what every table says of it, those lines too that have no row, and no other
// batch's.
func TestEvidenceGathersEachLine(t *testing.T) {
	b := newBooks(t)
	id := b.approved(row(2), row(3), row(4, skipped))
	ref := b.created(id, 2, 7)
	c := b.change(ref, 7, mailout.Completed, mailout.SignerSigned)
	taken := b.take(c)
	b.kept(taken, 7)
	b.conclude(taken, c)
	_, err := b.TryConfirm(t.Context(), taken, 7)
	must(t, err)
	b.settle(b.begin(id, 3), refused)
	b.take(b.change(mailout.NewRef(mailout.RefParts{Workspace: b.Workspace(), Batch: id, Line: 9, Attempt: 1}), 8, mailout.InProgress, mailout.SignerWaiting))
	b.created(b.approved(row(5)), 5, 9)

	got, totals := b.evidence(id)
	want := []string{
		"0 row false  job 0 signers []: approved >",
		"2 row true signed job 7 signers [SIGNED]: attempt 1 accepted job 7; begin planned>sending; accept sending>created; change created>created; kept created>created " + mailout.SumDigest([]byte("signed7")).String()[:8] + "; complete created>signed; " +
			"change COMPLETED_SUCCESSFULLY of 7 tried true confirmed false late false; file signed/" + string(id) + "/7.pdf of 7 gone false",
		"3 row true refused job 0 signers []: attempt 1 refused job 0; begin planned>sending; refuse sending>refused",
		"4 row true skipped job 0 signers []: ",
		"9 row false  job 0 signers []: change >; change IN_PROGRESS of 8 tried false confirmed false late false; alarm ledger-not-whole of 8",
	}
	if !slices.Equal(got, want) {
		t.Errorf("evidence is\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	if fmt.Sprint(totals) != fmt.Sprint(b.info(id).Totals) {
		t.Errorf("totals %v, want %v", totals, b.info(id).Totals)
	}
}

// What was sent is compared with what the row has.
func TestEvidenceOfWhatWasSent(t *testing.T) {
	b := newBooks(t)
	id := b.approved(row(2))
	b.created(id, 2, 7)
	_, err := b.Evidence(t.Context(), id, func(e mailout.Evidence) error {
		if e.Line == 2 && (e.Documents.IsZero() || e.Attempts[0].Documents != e.Documents) {
			t.Errorf("documents %s, sent %s", e.Documents, e.Attempts[0].Documents)
		}
		return nil
	})
	must(t, err)
	enough := errors.New("enough")
	if _, err := b.Evidence(t.Context(), id, func(mailout.Evidence) error { return enough }); !errors.Is(err, enough) {
		t.Errorf("the error is %v", err)
	}
}
