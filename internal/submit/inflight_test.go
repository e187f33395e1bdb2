package submit_test

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"batch/internal/mailout"
	"batch/internal/submit"
)

// flight is a world whose calls take two seconds, that of line 2 half as long, unless they
// are broken off.
type flight struct {
	*world
	broken atomic.Int32
}

func (f *flight) Prepare(_ context.Context, r mailout.Record, _ []byte) (submit.Create, error) {
	return func(ctx context.Context, _ mailout.Ref, _ string) mailout.Outcome {
		took := 2 * time.Second
		if r.Line == 2 {
			took = time.Second
		}
		select {
		case <-time.After(took):
		case <-ctx.Done():
			f.broken.Add(1)
		}
		return f.create(r)
	}, nil
}

// Nobody could tell what became of a create that is broken off. So neither the ledger's
// failure at another row nor a person who asks to stop does that: what is under way is
// answered, and no further row begins.
func TestCallsUnderWayAreNotBrokenOff(t *testing.T) {
	const workers = 4
	for name, why := range map[string]struct {
		fails error // at the outcome of line 2
		stops bool  // a person, at that moment
	}{
		"the ledger fails": {fails: errDisk},
		"a person stops":   {stops: true},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f := &flight{world: newWorld(20)}
				soft, stop := context.WithCancel(t.Context())
				defer stop()
				f.settle = func(line int) error {
					if line != 2 {
						return nil
					}
					if why.stops {
						stop()
					}
					return why.fails
				}
				_, err := submit.Run(t.Context(), f, f, f, submit.Options{Batch: "2026-11-21-a7", Workers: workers,
					Queue: func(mailout.OrgNumber) string { return "q" }, Soft: soft, Now: time.Now})
				if !errors.Is(err, why.fails) {
					t.Errorf("err = %v, want %v", err, why.fails)
				}
				if n := f.broken.Load(); n != 0 || len(f.sent) != workers {
					t.Errorf("%d calls of %d were broken off, want none of %d", n, len(f.sent), workers)
				}
			})
		})
	}
}
