package reconcile_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"batch/internal/mailout"
)

func TestASignedDocumentIsKeptBeforeItsChangeIsConfirmed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, 1)
		document := sealed(t, "one")
		w.desk.put(w.signed(2), document)
		var steps []string
		seen := map[string]string{} // step → what lies in the folder and what the books say
		note := func(step string) {
			steps = append(steps, step)
			seen[step] = w.look(2, document)
		}
		w.desk.hook, w.books.hook = note, note
		w.done()
		w.kept(2, "k2-1002.pdf", document)
		w.files("k2-1002.pdf")
		w.unconfirmed(0)

		want := []string{"poll", "before take", "after take", "fetch", "half fetched", "before fetched", "after fetched",
			"before keep", "after keep", "before conclude", "after conclude", "before try", "after try", "confirm", "confirm answered", "before note", "after note",
			"poll", "before empty", "after empty"} // what has just handed out a change may have another
		if !slices.Equal(steps, want) {
			t.Errorf("steps:\n got %s\nwant %s", strings.Join(steps, ", "), strings.Join(want, ", "))
		}
		for step, want := range map[string]string{
			"half fetched":    "part; created",
			"before fetched":  "whole part; created",
			"after fetched":   "whole part; created",
			"before keep":     "whole k2-1002.pdf; created",
			"before conclude": "whole k2-1002.pdf; created, kept",
			"before try":      "whole k2-1002.pdf; signed, kept",
			"confirm":         "whole k2-1002.pdf; signed, kept",
		} {
			if seen[step] != want {
				t.Errorf("at %q there is %q, want %q", step, seen[step], want)
			}
		}
	})
}

// look says what lies in the batch's folder, and what the books say of the row.
func (w *world) look(line int, document []byte) string {
	var all []string
	entries, _ := os.ReadDir(filepath.Join(w.dir, "signed", string(w.id)))
	for _, e := range entries {
		raw, err := os.ReadFile(filepath.Join(w.dir, "signed", string(w.id), e.Name()))
		must(w.t, err)
		name := e.Name()
		if strings.HasSuffix(name, ".part") {
			name = "part"
		}
		if mailout.SumDigest(raw) == mailout.SumDigest(document) {
			name = "whole " + name
		}
		all = append(all, name)
	}
	r := w.at(line)
	books := string(r.State)
	if r.Signed.Path != "" {
		books += ", kept"
	}
	return strings.Join(append(all, books), "; ")
}

func TestChangesOnTheWayAreConfirmedAndEndNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, 1)
		document := sealed(t, "one")
		w.desk.put(w.waiting(2), []byte("a partial document"))
		w.desk.put(w.signed(2), document)
		w.done()
		w.kept(2, "k2-1002.pdf", document)
		w.files("k2-1002.pdf") // the partial one was not fetched
		if n := w.desk.confirmed(jobAt(2)); n != 2 {
			t.Errorf("%d confirmations for two changes", n)
		}
	})
}

func TestFailedJobsEndWithTheirCause(t *testing.T) {
	for status, want := range map[mailout.SignerStatus]mailout.State{
		mailout.SignerRejected: mailout.Rejected, mailout.SignerExpired: mailout.Expired,
		mailout.SignerCancelled: mailout.Cancelled, "RESERVED": mailout.Failed,
	} {
		synctest.Test(t, func(t *testing.T) {
			w := newWorld(t, 1)
			w.desk.put(w.change(2, mailout.JobFailed, status), nil)
			w.done()
			if r := w.at(2); r.State != want || r.Cause != string(status) {
				t.Errorf("%s makes the row %s, cause %q", status, r.State, r.Cause)
			}
			if w.desk.left() != 0 {
				t.Error("the change was left unconfirmed")
			}
		})
	}
}

// A change that comes again, out of order or twice, changes nothing.
func TestRepeatedAndReorderedChanges(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, 2)
		w.opts.Takers = 4
		document := sealed(t, "one")
		final, early := w.signed(2), w.waiting(2)
		w.desk.put(final, document)
		w.desk.put(early, nil) // handed out after the final one, while that one's document is fetched
		w.desk.put(final, document)
		w.desk.put(early, nil)
		w.desk.put(w.change(3, mailout.JobFailed, mailout.SignerRejected), nil)
		w.desk.put(w.waiting(3), nil)
		w.done()
		w.kept(2, "k2-1002.pdf", document)
		w.files("k2-1002.pdf")
		w.alarms()
		if got := w.at(3).State; got != mailout.Rejected {
			t.Errorf("line 3 is %s", got)
		}
	})
}

// A job that the portal has ended stays as it ended. Where it says later that all have signed
// after all, or that they have not, the document is kept and a person is told.
func TestAnEndThatThePortalTakesBack(t *testing.T) {
	for name, tt := range map[string]struct {
		first, then mailout.JobStatus
		by          mailout.SignerStatus
		state       mailout.State
		files       []string
		alarms      []string
	}{
		"signed after all":  {mailout.JobFailed, mailout.Completed, mailout.SignerExpired, mailout.Expired, []string{"k2-1002-failed.pdf", "k2-1002.pdf"}, []string{"revived 2 1002"}},
		"signed and failed": {mailout.Completed, mailout.JobFailed, mailout.SignerRejected, mailout.Signed, []string{"k2-1002.pdf"}, []string{"revived 2 1002"}},
		"failed twice":      {mailout.JobFailed, mailout.JobFailed, mailout.SignerRejected, mailout.Rejected, []string{"k2-1002-failed.pdf"}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, 2) // the second row keeps the following going
				w.opts.Once = true
				for _, status := range []mailout.JobStatus{tt.first, tt.then} {
					by := tt.by
					if status == mailout.Completed {
						by = mailout.SignerSigned
					}
					delete(w.desk.gone, jobAt(2))
					w.desk.put(w.change(2, status, by), sealed(t, string(status)))
					w.done()
					time.Sleep(redelivery)
				}
				if r := w.at(2); r.State != tt.state || w.desk.left() > 0 {
					t.Errorf("the row is %s, %d changes are left unconfirmed", r.State, w.desk.left())
				}
				w.files(tt.files...)
				w.alarms(tt.alarms...)
			})
		})
	}
}

// A job status that a later portal may have is told as it is. Nobody here knows whether it is
// an end, so it is not confirmed: what the portal may delete then would be lost.
func TestAJobStatusNobodyKnows(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, 1)
		w.opts.Once = true
		document := sealed(t, "one")
		w.desk.put(w.change(2, "HALF_COMPLETED", "NOTARIZED"), document)
		w.done()
		w.alarms("doubtful 2 1002")
		w.detail("HALF_COMPLETED")
		history, err := w.History(t.Context(), w.id, 2)
		must(t, err)
		if last := history[len(history)-1]; last.Detail != "HALF_COMPLETED (signers: NOTARIZED)" || w.at(2).Settled[0].Status != "NOTARIZED" {
			t.Errorf("the history ends with %+v", last)
		}
		if w.desk.confirmed(jobAt(2)) > 0 || w.at(2).State != mailout.Created {
			t.Error("it was taken for something that is known")
		}
		w.desk.put(w.signed(2), document)
		w.opts.Once = false
		w.done()
		w.kept(2, "k2-1002.pdf", document)
		w.alarms()
	})
}

// While a status that nobody knows waits, which may be an end, an older change of the job must
// not be confirmed in its place: a confirmation belongs to the job.
func TestAnOlderChangeIsNotConfirmedWhileAnUnknownStatusWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, 1)
		w.opts.Once = true
		document := sealed(t, "one")
		w.desk.put(w.change(2, "HALF_COMPLETED", "NOTARIZED"), document)
		w.desk.put(w.waiting(2), nil)
		w.done()
		if n := w.desk.confirmed(jobAt(2)); n > 0 || w.desk.left() != 2 {
			t.Fatalf("%d confirmations, %d changes are left", n, w.desk.left())
		}
		w.desk.put(w.signed(2), document)
		w.opts.Once = false
		w.done()
		w.kept(2, "k2-1002.pdf", document)
		w.alarms()
		if w.desk.left() > 0 {
			t.Errorf("%d changes are left", w.desk.left())
		}
	})
}
