package reconcile_test

import (
	"testing"
	"testing/synctest"

	"batch/internal/mailout"
)

// A failed job offers what some have signed. Confirmed, it is gone from the portal: so it is
// kept before, under names that nobody takes for a signed document. What is not offered of
// it is not missed.
func TestWhatAFailedJobOffersIsKept(t *testing.T) {
	for name, tt := range map[string]struct {
		xades, pades bool
		files        []string
	}{
		"signatures":                {true, false, []string{"k2-1002-failed-signer-1.xml"}},
		"a document":                {false, true, []string{"k2-1002-failed.pdf"}},
		"signatures and a document": {true, true, []string{"k2-1002-failed-signer-1.xml", "k2-1002-failed.pdf"}},
		"nothing that is asked for": {false, false, []string{}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w, final, document := newPair(t)
				w.opts.XAdES, w.desk.waiting = tt.xades, nil
				final.Status, final.PAdESURL = mailout.JobFailed, ""
				final.Signers[0].Status, final.Signers[0].XAdESURL = mailout.SignerRejected, ""
				if !tt.pades {
					document = nil
				}
				w.desk.put(final, document)
				w.desk.hook = func(step string) {
					if step == "confirm" && len(tt.files) > 0 {
						w.files(tt.files...)
					}
				}
				w.done()
				if got := w.at(2).State; got != mailout.Rejected || w.desk.confirmed(jobAt(2)) != 1 {
					t.Errorf("the row is %s, confirmed %d times", got, w.desk.confirmed(jobAt(2)))
				}
				if len(tt.files) > 0 {
					w.files(tt.files...)
				}
				w.alarms()
				w.unconfirmed(0)
			})
		})
	}
}

// A signer has signed, and of the failed job nothing is offered: it is confirmed all the same.
func TestAFailedJobThatOffersNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, final, _ := newPair(t)
		w.desk.waiting = nil
		final.Status, final.PAdESURL = mailout.JobFailed, ""
		final.Signers[0].Status, final.Signers[0].XAdESURL, final.Signers[1].XAdESURL = mailout.SignerRejected, "", ""
		w.desk.put(final, nil)
		w.done()
		w.alarms()
		w.unconfirmed(0)
	})
}
