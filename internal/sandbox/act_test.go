package sandbox

import (
	"testing"
	"time"
)

// People whom a program acts for answer each in its own time, counted from its group's turn.
func TestPeopleActAsOptionsSay(t *testing.T) {
	acts := map[int]Act{1: {3 * time.Hour, "SIGNED"}, 2: {time.Hour, "SIGNED"}, 3: {2 * time.Hour, "RESERVED"}}
	c := start(t, Options{NoLimits: true, Act: func(reference string, signer int) Act {
		if reference == "silent" && signer == 1 {
			return Act{}
		}
		return acts[signer]
	}})
	c.create("ref-1", newBundle(signers(0, 0, 1)))
	for _, hour := range []struct{ status, signers string }{
		{"IN_PROGRESS", "WAITING SIGNED WAITING"},
		{},
		{"IN_PROGRESS", "SIGNED SIGNED WAITING"},
		{},
		{"FAILED", "SIGNED SIGNED RESERVED"},
	} {
		if c.advance(time.Hour); hour.status == "" {
			c.wantEmpty()
			continue
		}
		c.confirm(c.wantChange(hour.status, hour.signers))
	}
	c.create("silent", newBundle(within(signers(0, 0), day)))
	c.advance(day)
	c.wantChange("FAILED", "EXPIRED SIGNED")
}

// A change that comes again at once comes behind those that wait.
func TestAChangeComesAgainBehindTheOthers(t *testing.T) {
	c := start(t, Options{NoLimits: true})
	c.plant(`[{"when": {"call": "poll", "reference": "ref-1"}, "do": "requeue"}]`)
	first, second := c.create("ref-1", newBundle(oneSigner)), c.create("ref-2", newBundle(oneSigner))
	for n, want := range []int64{first, second, first, first} {
		if m := c.poll(); m.ID != want {
			t.Errorf("poll %d brings job %d, want %d", n+1, m.ID, want)
		}
	}
}
