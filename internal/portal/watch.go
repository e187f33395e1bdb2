package portal

import (
	"context"
	"sync"
	"time"
)

// watch ends a call that does not get on.
type watch struct {
	cancel context.CancelCauseFunc

	mu    sync.Mutex
	timer *time.Timer // nil: the call is over
	phase stalled
}

// stalled is why a watch ended a call.
type stalled struct {
	phase string
	after time.Duration
}

func (s stalled) Error() string { return s.phase + ": nothing for " + s.after.String() }

func newWatch(ctx context.Context) (context.Context, *watch) {
	ctx, cancel := context.WithCancelCause(ctx)
	w := &watch{cancel: cancel, phase: stalled{"connecting", reachLimit}}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.timer = time.AfterFunc(reachLimit, w.expire)
	return ctx, w
}

func (w *watch) expire() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.timer != nil {
		w.cancel(w.phase)
	}
}

// extend begins a new phase, or goes on with one that has moved.
func (w *watch) extend(d time.Duration, phase string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.timer != nil {
		w.phase = stalled{phase, d}
		w.timer.Reset(d)
	}
}

func (w *watch) stop() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.timer != nil {
		w.timer.Stop()
		w.timer = nil
	}
	w.cancel(nil)
}
