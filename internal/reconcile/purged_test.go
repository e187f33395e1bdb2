package reconcile_test

import (
	"testing"
	"testing/synctest"
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
