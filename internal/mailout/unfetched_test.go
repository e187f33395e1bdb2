package mailout

import (
	"strings"
	"testing"
	"time"
)

// Of what the portal keeps for forty days a person is warned on the 25th and must look from the
// 35th on; what may be gone is said to be.
func TestHowLongThePortalKeepsWhatNobodyFetched(t *testing.T) {
	since := time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)
	u := Unfetched{Jobs: 2, Since: since}
	for _, c := range []struct {
		after           time.Duration
		warned, alarmed bool
		left            int
		says            string
	}{
		{0, false, false, 40, "(40 days left)"},
		{25*24*time.Hour - time.Second, false, false, 15, "(15 days left)"},
		{25 * 24 * time.Hour, true, false, 15, "(15 days left)"},
		{35 * 24 * time.Hour, true, true, 5, "(5 days left)"},
		{39 * 24 * time.Hour, true, true, 1, "(1 day left)"},
		{40*24*time.Hour - time.Second, true, true, 0, "from 2026-12-31 on (0 days left)"},
		{40 * 24 * time.Hour, true, true, 0, "may have deleted the first, since 2026-12-31"},
	} {
		now := since.Add(c.after)
		if u.Warned(now) != c.warned || u.Alarmed(now) != c.alarmed || u.DaysLeft(now) != c.left {
			t.Errorf("after %v: warned %v, alarmed %v, %d days left", c.after, u.Warned(now), u.Alarmed(now), u.DaysLeft(now))
		}
		if got := (Deadlines{Signed: u}).Tell(now, time.UTC); len(got) != 1 || !strings.Contains(got[0], c.says) {
			t.Errorf("after %v it says %q", c.after, got)
		}
	}
	if (Deadlines{}).Alarmed(since.AddDate(9, 0, 0)) || len((Deadlines{Unasked: u}).Tell(since.Add(time.Hour), time.UTC)) > 0 {
		t.Error("something is told of nothing, or of a queue that was asked an hour ago")
	}
}
