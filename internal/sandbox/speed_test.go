package sandbox

import (
	"testing"
	"time"
)

func TestLimiterIsJettys(t *testing.T) {
	l := newLimiter(false)
	at := time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)
	for i := range 10 {
		if !l.admit("a", at.Add(time.Duration(i)*time.Millisecond)) {
			t.Fatalf("call %d is refused", i+1)
		}
	}
	if !l.admit("b", at) {
		t.Error("one organization's calls count for another")
	}
	if !l.admit("a", at.Add(time.Second)) {
		t.Error("a call a second after the tenth before it is refused")
	}
	if l.admit("a", at.Add(time.Second)) { // the tenth before came at 1 ms
		t.Error("the eleventh call within a second is taken")
	}
	if l.admit("a", at.Add(time.Second+blockTime-time.Millisecond)) {
		t.Error("the block ends early")
	}
	if !l.admit("a", at.Add(time.Second+blockTime)) {
		t.Error("the block does not end")
	}
}
