package simulation

import (
	"testing"
	"testing/synctest"
	"time"
)

// Every change comes again and again, and every download is cut for hours: so older changes
// come while the final one waits for its document. Confirming one of them would let the portal
// delete that document.
func TestOlderChangesWhileTheFinalOneWaits(t *testing.T) {
	p := newPlan(t, 3, false, alike("SIGNED"))
	want := p.undisturbed(t, false)
	synctest.Test(t, func(t *testing.T) {
		n := still()
		n.Again, n.Cut, n.SignAfter = 1, 1, 8*time.Second
		w := newWorld(t, p, 1, n)
		w.want = want
		w.play()
		if w.again.late == 0 {
			t.Error("no older change came while a final one waited: this shows nothing")
		}
	})
}
