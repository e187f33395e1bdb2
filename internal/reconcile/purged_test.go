package reconcile_test

import (
	"testing"
	"testing/synctest"

	"batch/internal/mailout"
)

// A change that comes when its batch is purged is confirmed, and what it offers is not fetched:
// of the row's own job, of a second one that comes to light, and of one that all have signed
// after it had expired.
func TestAChangeOfAPurgedBatchIsConfirmedAndNotKept(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, 2)
		w.desk.put(w.signed(2), sealed(t, "one"))
		w.desk.put(w.change(3, "FAILED", "EXPIRED"), nil)
		w.done()
		w.files("k2-1002.pdf")
		_, err := w.BeginPurge(t.Context(), w.id, "by a test")
		must(t, err)
		must(t, w.PurgeRows(t.Context(), w.id))

		w.desk.onFetch = func(url string) { t.Errorf("%s is fetched", url) }
		clear(w.desk.gone)
		second := w.signed(2)
		second.JobID = 2002
		w.desk.put(w.signed(2), sealed(t, "another"))
		w.desk.put(second, sealed(t, "a second"))
		w.desk.put(w.signed(3), sealed(t, "late"))
		w.opts.Once = true
		w.done()
		w.files("k2-1002.pdf")
		w.unconfirmed(0)
		if n := w.desk.left(); n != 0 {
			t.Errorf("%d changes are left at the portal", n)
		}
		w.alarms("duplicate 2 2002", "revived 3 1003")
		if got := w.at(3).State; got != "expired" {
			t.Errorf("line 3 is %s now", got)
		}
	})
}

// A row that was refused has a job after all, which comes to light when its batch is purged: it
// is adopted, with an alarm, and followed to its end; nothing of it is kept.
func TestARowThatIsRevivedAfterThePurge(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := openWorld(t, t.TempDir(), newDesk())
		w.another(row(2))
		w.refs[2] = w.begin(2)
		_, err := w.Settle(t.Context(), w.refs[2], mailout.Outcome{Kind: mailout.OutcomeRefused, Status: 400, Code: "NO"})
		must(t, err)
		_, err = w.BeginPurge(t.Context(), w.id, "by a test")
		must(t, err)
		must(t, w.PurgeRows(t.Context(), w.id))
		w.desk.onFetch = func(url string) { t.Errorf("%s is fetched", url) }
		w.opts.Once = true
		w.desk.put(w.waiting(2), nil)
		w.done()
		if got := w.at(2).State; got != mailout.Created {
			t.Errorf("the row is %s", got)
		}
		w.desk.put(w.signed(2), sealed(t, "late"))
		w.done()
		if got := w.at(2).State; got != mailout.Signed || w.desk.left() > 0 {
			t.Errorf("the row is %s, %d changes are left", got, w.desk.left())
		}
		w.alarms("revived 2 1002")
	})
}
