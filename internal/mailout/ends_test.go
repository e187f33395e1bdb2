package mailout_test

import (
	"testing"
	"time"

	"batch/internal/mailout"
)

func TestWhenTheLastJobIsOver(t *testing.T) {
	const day = 24 * time.Hour
	sent := time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)
	groups := func(orders ...int) (all []mailout.Signer) {
		for _, o := range orders {
			all = append(all, mailout.Signer{Order: o})
		}
		return all
	}
	for name, c := range map[string]struct {
		jobs []mailout.Job
		want time.Duration // after it is sent
	}{
		"default":                  {[]mailout.Job{{Signers: groups(0)}}, 30 * day},
		"available":                {[]mailout.Job{{Signers: groups(0), Available: day}}, day},
		"anew for each group":      {[]mailout.Job{{Signers: groups(1, 2, 2, 5), Available: day}}, 3 * day},
		"a deadline":               {[]mailout.Job{{Signers: groups(0), Deadline: sent.Add(5 * day)}}, 5 * day},
		"a start ahead":            {[]mailout.Job{{Signers: groups(0, 1), Available: day, Activation: sent.Add(7 * day)}}, 9 * day},
		"a start gone by":          {[]mailout.Job{{Signers: groups(0), Available: day, Activation: sent.Add(-7 * day)}}, day},
		"a start and a deadline":   {[]mailout.Job{{Signers: groups(0), Activation: sent.Add(day), Deadline: sent.Add(3 * day)}}, 3 * day},
		"the last of several":      {[]mailout.Job{{Signers: groups(0), Available: day}, {Signers: groups(0), Available: 4 * day}, {Signers: groups(0), Available: 2 * day}}, 4 * day},
		"whichever kind is later":  {[]mailout.Job{{Signers: groups(0), Available: 2 * day}, {Signers: groups(0), Deadline: sent.Add(3 * day)}}, 3 * day},
		"and the other way around": {[]mailout.Job{{Signers: groups(0), Deadline: sent.Add(day)}, {Signers: groups(0), Available: 2 * day}}, 2 * day},
	} {
		var e mailout.Ends
		for _, j := range c.jobs {
			e.Add(j)
		}
		if got := e.Last(sent); !got.Equal(sent.Add(c.want)) {
			t.Errorf("%s: the last is over %v after it was sent, want %v", name, got.Sub(sent), c.want)
		}
	}
	if got := (mailout.Ends{}).Last(sent); !got.IsZero() {
		t.Errorf("of no job the end is %v", got)
	}
}
