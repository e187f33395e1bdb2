package app

import (
	"fmt"
	"strings"
	"testing"

	"batch/internal/ledger"
	"batch/internal/mailout"
)

func TestWhichPlanIsComparedWith(t *testing.T) {
	batch := func(id, path string, state mailout.BatchState) mailout.BatchInfo {
		return mailout.BatchInfo{ID: mailout.BatchID(id), ManifestPath: path, State: state, Digest: mailout.SumDigest([]byte(id))}
	}
	is := batch("is", "/m.csv", mailout.Ready)
	same := batch("same", "/m.csv", mailout.Superseded)
	same.Digest = is.Digest
	type batches = []mailout.BatchInfo
	for _, c := range []struct {
		name string
		all  batches
		want mailout.BatchID
	}{
		{"none", batches{is}, ""},
		{"the one before", batches{batch("a", "/m.csv", mailout.Done), batch("b", "/m.csv", mailout.Superseded), is}, "b"},
		{"whether superseded already or not", batches{batch("a", "/m.csv", mailout.Ready), is}, "a"},
		{"a later one", batches{is, batch("a", "/m.csv", mailout.Ready)}, ""},
		{"the same manifest before another's", batches{batch("a", "/m.csv", mailout.Done), batch("b", "/n.csv", mailout.Done), is}, "a"},
		{"another manifest", batches{batch("a", "/n.csv", mailout.Done), batch("b", "/o.csv", mailout.Done), is}, "b"},
		{"a purged one", batches{batch("a", "/n.csv", mailout.Done), batch("b", "/m.csv", mailout.Purged), is}, "a"},
		{"the same plan, superseded", batches{batch("a", "/m.csv", mailout.Superseded), same, is}, "a"},
	} {
		got, was, found := planAndBefore(c.all, "is")
		if got.ID != "is" || was.ID != c.want || found != (c.want != "") {
			t.Errorf("%s: %s with %q, %v; want %q", c.name, got.ID, was.ID, found, c.want)
		}
	}
}

// Somebody plans anew while a plan waits for its yes: no failure of the program's.
func TestApprovingASupersededPlanIsExplained(t *testing.T) {
	e := Explain(fmt.Errorf("approving: %w", ledger.ErrSuperseded))
	if e.Kind != KindProblems || !strings.Contains(e.Message, "nothing was sent") || e.Remedy == "" {
		t.Errorf("it is %+v", e)
	}
}
