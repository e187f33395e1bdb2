package simulation

import (
	"testing"
	"testing/synctest"
	"time"

	"batch/internal/app"
	"batch/internal/mailout"
	"batch/internal/sandbox"
)

// Changes of a stranger's jobs are left where they are. Three are passed over; a series with
// more ends stopped, and does again until the other application is found. (There are two
// queues, so that of eight one has four.)
func TestASeriesOfStrangersEndsStopped(t *testing.T) {
	p := newPlan(t, 3, false, alike("SIGNED"))
	for strangers, want := range map[int]app.Ending{3: app.EndDone, 8: app.EndLook} {
		synctest.Test(t, func(t *testing.T) {
			n := still()
			n.Foreign, n.Poll, n.SignAfter = strangers, 5*time.Second, 20*time.Second
			w := newWorld(t, p, 1, n)
			w.planted = func(kind, about string, nth int) string {
				if kind == sandbox.CallPoll && about == nobody && nth > 3 {
					return "foreign"
				}
				return ""
			}
			for turn := 1; turn <= 2; turn++ {
				w.goOn(turn)
				w.check()
				if w.ending != want { // app.EndLook is exit code 5
					t.Errorf("with %d strangers process %d ended as %q, want %q", strangers, turn, w.ending, want)
				}
				time.Sleep(11 * time.Minute) // what was left comes again
			}
			w.look(func(c *checker) { c.leftAlone(want == app.EndDone) })
		})
	}
}

// leftAlone: no stranger's change was confirmed, and each that was met has its alarm.
func (c *checker) leftAlone(done bool) {
	alarms := 0
	for _, a := range c.alarms {
		if a.Kind == mailout.AlarmStrange {
			alarms++
		}
	}
	met := 0
	for _, j := range c.w.portal.Jobs("") {
		if j.Foreign && !j.Unseen {
			c.errorf("the change of a stranger's job %d was confirmed", j.ID)
		}
		if j.Foreign {
			met++
		}
	}
	if alarms != met || done != (c.books.State == mailout.Done) {
		c.errorf("%d of %d strangers have alarms, and the batch is %s with %v", alarms, met, c.books.State, c.books.Totals)
	}
}
