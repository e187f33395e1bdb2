package main

import (
	"bytes"
	"testing"
	"time"

	"batch/internal/app"
	"batch/internal/mailout"
)

func TestHowFarTheEarlierBatchHasCome(t *testing.T) {
	for _, c := range []struct {
		state  mailout.BatchState
		totals mailout.Totals
		want   string
	}{
		{mailout.Superseded, mailout.Totals{mailout.Planned: 12}, "which was never approved"},
		{mailout.Ready, mailout.Totals{mailout.Planned: 12}, "which was never approved"},
		{mailout.Approved, mailout.Totals{mailout.Planned: 10, mailout.Skipped: 2}, "which is approved and not sent yet"},
		{mailout.Approved, mailout.Totals{mailout.Planned: 1000, mailout.Unknown: 1, mailout.Signed: 199, mailout.Skipped: 2}, "which is approved, with 1 000 of 1 200 jobs left to send"},
		{mailout.Stopped, mailout.Totals{mailout.Created: 1}, "which is stopped, with nothing left to send"},
		{mailout.Done, mailout.Totals{mailout.Signed: 12}, "which is done"},
	} {
		if got := fate(mailout.BatchInfo{State: c.state, Totals: c.totals, Rows: c.totals.Sum()}); got != c.want {
			t.Errorf("%s %v: %q, want %q", c.state, c.totals, got, c.want)
		}
	}
}

func TestRowsThatChanged(t *testing.T) {
	rows := []app.Change{{Key: "1042", Line: 2}, {Line: 7, How: app.RowAdded}, {Before: 9, How: app.RowRemoved}, {Key: "1043", Line: 3}, {Key: "1044", Line: 4}}
	for limit, want := range map[int]string{
		1: "1042 and 4 more", 3: "1042, line" + glue + "7, line" + glue + "9" + glue + "there and 2 more",
		5: "1042, line" + glue + "7, line" + glue + "9" + glue + "there, 1043, 1044",
	} {
		if got := named(rows, limit); got != want {
			t.Errorf("the first %d are %q, want %q", limit, got, want)
		}
	}
}

// What is said where nothing that is sent, or nothing but the order, is different.
func TestChangesOfLittle(t *testing.T) {
	with := mailout.BatchInfo{ID: "2026-11-21-a7", State: mailout.Done, ManifestPath: "/m.csv", Settings: "{}"}
	older := with
	older.Settings = ""
	for _, c := range []struct {
		changes app.Changes
		want    string
	}{
		{app.Changes{With: with, Unchanged: 12}, "  Unchanged   12 rows\n              nothing that is sent has changed: the file was saved anew, or read in another way\n"},
		{app.Changes{With: older, Unchanged: 12}, "  Unchanged   12 rows\n  Setting     those of that plan are not known: an older version of batch made it\n"},
		{app.Changes{With: with, Unchanged: 1200, Reordered: true}, "  Unchanged   1 200 rows\n  Order       rows stand in another order than before\n"},
	} {
		var out bytes.Buffer
		p := planPage{u: &ui{out: &out}, books: mailout.BatchInfo{ManifestPath: "/m.csv"}}
		p.changes(c.changes, false)
		if want := "\nCompared with batch 2026-11-21-a7, which is done:\n" + c.want; out.String() != want {
			t.Errorf("%s\nwant\n%s", out.String(), want)
		}
	}
}

func TestWordsOfThePage(t *testing.T) {
	for d, want := range map[time.Duration]string{24 * time.Hour: "1 day", 14 * 24 * time.Hour: "14 days", 36 * time.Hour: "36 hours", 90 * time.Minute: "90 minutes", 61 * time.Second: "61 seconds"} {
		if got := span(d); got != want {
			t.Errorf("%v is %q, want %q", d, got, want)
		}
	}
	for pace, want := range map[int]string{
		0:  "about 36 000 to the portal, as fast as it answers; the real one would take 1 h 18 min at 10 a second",
		2:  "about 36 000 to the portal: 6 h 30 min at 2 a second, of the 10 that the portal allows",
		10: "about 36 000 to the portal: 1 h 18 min at 10 a second",
	} {
		p := planPage{pace: pace, sum: app.Summary{Calls: 36_000}}
		if got := p.calls(); got != want {
			t.Errorf("at %d a second: %q, want %q", pace, got, want)
		}
	}
}
