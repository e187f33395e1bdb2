package reconcile_test

import (
	"context"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"batch/internal/mailout"
	"batch/internal/reconcile"
)

func TestAPortalThatAnswersNoPoll(t *testing.T) {
	for name, tt := range map[string]struct {
		err    mailout.CallError
		ending reconcile.Ending
		after  time.Duration
	}{
		"away":  {mailout.CallError{Message: "no route", Speed: mailout.Speed{TimedOut: true}}, reconcile.EndAway, 10 * time.Minute},
		"fatal": {mailout.CallError{Message: "not authorized", Fatal: true}, reconcile.EndFatal, 0},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, 1)
				w.opts.Takers = 4
				w.desk.poll = func() (mailout.Poll, error) { return mailout.Poll{}, &tt.err }
				began := time.Now()
				res := w.ends(tt.ending)
				waited := time.Since(began)
				if !has(res.Reason, tt.err.Message) || waited < tt.after || waited > tt.after+5*time.Minute {
					t.Errorf("it ended after %v: %s", waited, res.Reason)
				}
			})
		})
	}
	t.Run("for as long as it was asked", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			w := newWorld(t, 1)
			soft, stop := context.WithTimeout(t.Context(), 5*time.Minute)
			defer stop()
			w.soft = soft
			w.desk.poll = func() (mailout.Poll, error) { return mailout.Poll{}, &mailout.CallError{Message: "no route"} }
			if res := w.ends(reconcile.EndAway); !has(res.Reason, "for the last 5 minutes: no route") {
				t.Errorf("it ended with %q", res.Reason)
			}
		})
	})
	t.Run("for a while only", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			w := newWorld(t, 1)
			document := sealed(t, "one")
			w.desk.put(w.signed(2), document)
			bad := 9
			w.desk.poll = func() (mailout.Poll, error) {
				if bad--; bad > 0 {
					return mailout.Poll{}, &mailout.CallError{Message: "no route"}
				}
				return mailout.Poll{}, nil
			}
			w.done()
			w.kept(2, "k2-1002.pdf", document)
		})
	})
}

// A portal that has answered before may be down for the night: whoever follows waits for it, and
// tells a person. It is given up after a day; by a scheduled job at once, for that comes again.
func TestAPortalThatGoesAway(t *testing.T) {
	for name, tt := range map[string]struct {
		away   time.Duration
		once   bool
		ends   time.Duration // when the time is up, or a person asks to stop; 0: never
		ending reconcile.Ending
		told   []string
	}{
		"for the night":              {9 * time.Hour, false, 0, reconcile.EndDone, []string{"no route", "again"}},
		"for a moment":               {9 * time.Minute, false, 0, reconcile.EndDone, nil},
		"for good":                   {48 * time.Hour, false, 0, reconcile.EndAway, []string{"no route"}},
		"once":                       {9 * time.Hour, true, 0, reconcile.EndAway, nil},
		"longer than there is time":  {9 * time.Hour, false, 8 * time.Hour, reconcile.EndAway, []string{"no route"}},
		"a moment before the end":    {9 * time.Hour, false, 5 * time.Minute, reconcile.EndInterrupted, nil},
		"a night before a quiet end": {9 * time.Hour, false, 24 * time.Hour, reconcile.EndDone, []string{"no route", "again"}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, 1)
				w.soft, w.opts.Once = t.Context(), tt.once
				if tt.ends > 0 {
					soft, stop := context.WithTimeout(t.Context(), tt.ends)
					defer stop()
					w.soft = soft
				}
				document := sealed(t, "one")
				w.desk.put(w.waiting(2), nil)
				answered, began := once(), time.Time{}
				w.desk.poll = func() (mailout.Poll, error) {
					if answered() {
						began = time.Now()
						return mailout.Poll{}, nil
					}
					if time.Since(began) < tt.away {
						return mailout.Poll{}, &mailout.CallError{Message: "no route", Speed: mailout.Speed{TimedOut: true}}
					}
					return mailout.Poll{}, nil
				}
				var told []string
				w.opts.Trouble = func(since time.Time, why string) {
					if since.IsZero() {
						why = "again"
					}
					told = append(told, why)
				}
				w.desk.put(w.signed(2), document)
				w.ends(tt.ending)
				if !slices.Equal(told, tt.told) {
					t.Errorf("a person was told %q, want %q", told, tt.told)
				}
				if waited := time.Since(began); tt.ending == reconcile.EndAway && tt.ends == 0 && (waited > 25*time.Hour || !tt.once && waited < 24*time.Hour) {
					t.Errorf("it was given up after %v", waited)
				}
			})
		})
	}
}

// How long a queue is left alone after a poll that failed.
func TestTheWaitAfterAPollThatFailed(t *testing.T) {
	for name, tt := range map[string]struct {
		err   mailout.CallError
		wait  time.Duration
		polls int // in vain, before it is given up
	}{
		"no answer":            {mailout.CallError{Speed: mailout.Speed{TimedOut: true}}, time.Minute, 11},
		"a gateway's 503":      {mailout.CallError{Status: 503, Speed: mailout.Speed{TimedOut: true}}, time.Minute, 11},
		"a block":              {mailout.CallError{Status: 429, Speed: mailout.Speed{Blocked: true}}, time.Minute, 11},
		"429 without any time": {mailout.CallError{Status: 429, Speed: mailout.Speed{TimedOut: true}}, 10 * time.Minute, 3},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, 1)
				var polls []time.Time
				w.desk.poll = func() (mailout.Poll, error) {
					polls = append(polls, time.Now())
					return mailout.Poll{}, &tt.err
				}
				w.ends(reconcile.EndAway)
				if len(polls) != tt.polls {
					t.Errorf("it was given up after %d polls, want %d", len(polls), tt.polls)
				}
				const most = 5 * time.Second // for clocks that are unlike, and a permit
				if wait := polls[1].Sub(polls[0]); wait < tt.wait || wait > tt.wait+most {
					t.Errorf("the second poll came after %v, want %v", wait, tt.wait)
				}
			})
		})
	}
}
