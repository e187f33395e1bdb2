package workspace

import (
	"errors"
	"path/filepath"
	"testing"
)

// Who plans alone may sweep; who plans beside others may not.
func TestPlanningAloneSweeps(t *testing.T) {
	path := filepath.Join(t.TempDir(), "planning.lock")
	sweeps := 0
	begin := func() *Planning {
		t.Helper()
		p, err := plan(path, func() error { sweeps++; return nil })
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
	first := begin()
	second := begin()
	if sweeps != 1 {
		t.Errorf("with one planning beside the other there were %d sweeps", sweeps)
	}
	first.End()
	third := begin()
	if sweeps != 1 {
		t.Error("it was swept while somebody planned")
	}
	second.End()
	third.End()
	begin().End()
	if sweeps != 2 {
		t.Errorf("with nobody planning any more there were %d sweeps", sweeps)
	}
}

// A sweep that fails is nobody's plan, and the lock is free again.
func TestPlanningAfterAFailedSweep(t *testing.T) {
	path, broken := filepath.Join(t.TempDir(), "planning.lock"), errors.New("the disk is full")
	if _, err := plan(path, func() error { return broken }); !errors.Is(err, broken) {
		t.Fatalf("the error is %v", err)
	}
	swept := false
	p, err := plan(path, func() error { swept = true; return nil })
	if err != nil || !swept {
		t.Fatalf("afterwards it was swept: %v, %v", swept, err)
	}
	p.End()
}
