package submit_test

import (
	"testing"
	"time"

	"batch/internal/mailout"
	"batch/internal/submit"
)

// A row whose time is not right any more is not begun, and the batch is stopped with the
// reason: what has gone out before stays, what is left waits for a person.
func TestARowWhoseTimeIsNotRight(t *testing.T) {
	w := newWorld(5)
	res, err := w.run(t, submit.Options{Timely: func(r mailout.Record, _ time.Time) string {
		if r.Line == 4 {
			return "line 4 is late"
		}
		return ""
	}})
	if err != nil || res.Ending != submit.EndRule || res.Reason != "line 4 is late" || w.stop != "line 4 is late" {
		t.Errorf("Run = %+v, %v; the batch was stopped with %q", res, err, w.stop)
	}
	if n := w.count(); n[mailout.Created] != 2 || n[mailout.Planned] != 3 || w.sent[4] != 0 || len(w.refs) != 2 {
		t.Errorf("the rows are %v, intents %v", n, w.refs)
	}
}
