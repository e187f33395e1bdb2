package main

import (
	"testing"

	"batch/internal/mailout"
)

func TestTheQuestionIsOfAsManyAsAYesSends(t *testing.T) {
	t.Parallel()
	ready := mailout.BatchInfo{State: mailout.Ready, Rows: 5, Totals: mailout.Totals{mailout.Planned: 3, mailout.Skipped: 2}}
	stopped := mailout.BatchInfo{State: mailout.Stopped, StopReason: "2 refused", Rows: 5, Totals: mailout.Totals{mailout.Planned: 3, mailout.Refused: 2}}
	for _, c := range []struct {
		of     mailout.BatchInfo
		canary int
		want   string
	}{
		{ready, 0, "Send 3 jobs now?"},
		{ready, 1, "Send 1 of 3 jobs now, and stop then?"},
		{ready, 3, "Send 3 jobs now?"},
		{stopped, 0, "The batch was stopped: 2 refused. Go on with 3 rows?"},
		{stopped, 2, "The batch was stopped: 2 refused. Go on with 2 of 3 rows, and stop then?"},
	} {
		if got := question(c.of, c.canary); got != c.want {
			t.Errorf("with a canary of %d a person is asked %q, want %q", c.canary, got, c.want)
		}
	}
}
