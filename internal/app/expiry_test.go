package app

import (
	"testing"
	"time"

	"batch/internal/mailout"
)

// All of a batch counts as long as some of it is to be sent: of what was sent before the
// signed documents are to be fetched, too.
func TestWhenABatchThatIsSentNowEnds(t *testing.T) {
	const day = 24 * time.Hour
	now := time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)
	ends := mailout.Ends{At: now.Add(40 * day), After: 30 * day}
	for name, c := range map[string]struct {
		totals mailout.Totals
		ends   mailout.Ends
		want   time.Time
	}{
		"nothing sent":         {mailout.Totals{mailout.Planned: 2}, ends, now.Add(40 * day)},
		"one sent":             {mailout.Totals{mailout.Planned: 1, mailout.Created: 1}, ends, now.Add(40 * day)},
		"by when it is sent":   {mailout.Totals{mailout.Planned: 1}, mailout.Ends{After: 30 * day}, now.Add(30 * day)},
		"all sent":             {mailout.Totals{mailout.Created: 2}, ends, time.Time{}},
		"by an older version":  {mailout.Totals{mailout.Planned: 2}, mailout.Ends{}, time.Time{}},
		"withdrawn, and over":  {mailout.Totals{mailout.Cancelled: 1, mailout.Signed: 1}, ends, time.Time{}},
		"one deadline for all": {mailout.Totals{mailout.Planned: 1}, mailout.Ends{At: now.Add(day)}, now.Add(day)},
	} {
		if got := lastEnd(mailout.BatchInfo{Totals: c.totals, Ends: c.ends}, now); !got.Equal(c.want) {
			t.Errorf("%s: it ends %v, want %v", name, got, c.want)
		}
	}
}
