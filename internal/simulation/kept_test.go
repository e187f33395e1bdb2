package simulation

import (
	"testing"
	"testing/synctest"
	"time"

	"batch/internal/sandbox"
)

// kept are the worlds that ever showed something wrong with the program. They are told in full
// here, and not by their seeds, which mean something else as soon as the dice are thrown for
// one thing more.
var kept = map[string]struct {
	seed   uint64
	nature func(*nature)
	doom   *death
	held   bool
}{
	// The command ended with the program's own failure: "batch … is done and cannot be approved".
	"every row is withdrawn while a command waits for its first permit": {
		doom:   &death{kind: sandbox.CallRoot, nth: 1, steps: 45},
		nature: func(n *nature) { n.PerSecond, n.Cancels, n.CancelTurn, n.CancelAfter = 1, 1, 2, 2*time.Second },
	},
	// "fixing until when the batch is held: the batch is not approved".
	"every row is withdrawn while a command that would hold them waits for its first permit": {
		doom:   &death{kind: sandbox.CallRoot, nth: 1, steps: 32},
		nature: func(n *nature) { n.PerSecond, n.Cancels, n.CancelTurn, n.CancelAfter = 1, 1, 2, 2*time.Second },
		held:   true,
	},
	// "The row is sending, not unknown: there is nothing to resolve."
	"a row is resolved before anybody went on after a death": {
		seed: 5, doom: &death{kind: sandbox.CallCreate, nth: 1}, nature: func(n *nature) { n.PerSecond = 1 },
	},
	// Nothing of ours can save a document that the portal deletes unseen (see neverHandedOut).
	"a confirmation counts for a status that nobody has seen": {
		nature: func(n *nature) { n.PerSecond, n.ByJob = 1, true },
	},
}

func TestWorldsThatShowedSomething(t *testing.T) {
	who := alike("SIGNED", "SIGNED", "REJECTED")
	plans := map[bool]*plan{false: newPlan(t, 4, false, who), true: newHeldPlan(t, 4, false, 15*time.Minute, who)}
	for name, k := range kept {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			want := plans[k.held].undisturbed(t, false)
			synctest.Test(t, func(t *testing.T) {
				n := still()
				k.nature(&n)
				w := newWorld(t, plans[k.held], k.seed, n)
				w.doom, w.want = k.doom, want
				w.play()
			})
		})
	}
}
