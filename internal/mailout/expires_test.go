package mailout

import (
	"testing"
	"time"
)

func TestExpiresAt(t *testing.T) {
	sent := time.Date(2026, 11, 2, 9, 0, 0, 0, time.UTC)
	day := 24 * time.Hour
	signed := func(after time.Duration) SignerBook { return SignerBook{Status: SignerSigned, Since: sent.Add(after)} }
	for name, c := range map[string]struct {
		change func(r *Record)
		want   time.Time
	}{
		"from when it was sent":              {func(r *Record) {}, sent.Add(14 * day)},
		"the portal's thirty days":           {func(r *Record) { r.Job.Available = 0 }, sent.Add(30 * day)},
		"from when it starts":                {func(r *Record) { r.Job.Activation = sent.Add(day) }, sent.Add(15 * day)},
		"a start that has passed":            {func(r *Record) { r.Job.Activation = sent.Add(-day) }, sent.Add(14 * day)},
		"held":                               {func(r *Record) { r.HeldUntil = sent.Add(2 * day) }, sent.Add(16 * day)},
		"a deadline":                         {func(r *Record) { r.Job.Available, r.Job.Deadline = 0, sent.Add(5*day) }, sent.Add(5 * day)},
		"one of the first group has signed":  {func(r *Record) { r.Settled[0] = signed(3 * day) }, sent.Add(14 * day)},
		"the second group's turn":            {func(r *Record) { r.Settled[0], r.Settled[1] = signed(5*day), signed(3*day) }, sent.Add(19 * day)},
		"all have signed":                    {func(r *Record) { r.Settled = []SignerBook{signed(day), signed(day), signed(day)} }, time.Time{}},
		"nothing in the books of any signer": {func(r *Record) { r.Settled = nil }, sent.Add(14 * day)},
		"not sent":                           {func(r *Record) { r.SentAt = time.Time{} }, time.Time{}},
		"over":                               {func(r *Record) { r.State = Expired }, time.Time{}},
	} {
		r := Record{State: Created, SentAt: sent, Settled: make([]SignerBook, 3)}
		r.Job.Available = 14 * day
		r.Job.Signers = []Signer{{Order: 1}, {Order: 1}, {Order: 4}}
		c.change(&r)
		if got := r.ExpiresAt(); !got.Equal(c.want) {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
	}
}
