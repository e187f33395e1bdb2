package pace

import (
	"context"
	"slices"
	"time"
)

const (
	// unlike is for clocks that do not run alike: whatever the portal measures is waited for
	// one part in so many longer. Clocks that are kept right differ by a tenth of that.
	unlike = 200

	// cooling is how long a permit stays out after the answer to its call: the portal's second.
	cooling = time.Second + time.Second/unlike

	// lost is how long a permit stays out when no answer came: as long as a block, for a
	// call that is still on its way would arrive in the middle of ours.
	lost = 31 * time.Second

	// silence after a block: the portal's thirty seconds and one.
	silence = 31 * time.Second

	// slow is how long half speed lasts, counted from the end of the silence.
	slow = 10 * time.Minute
)

// window is a set of permits and the queue in front of it. Its fields are guarded by the
// Pacer's mutex, the channels aside.
type window struct {
	key     string
	size    int         // permits; 0: without end
	flying  int         // permits whose call is under way
	cooling []time.Time // when the others that are out come back
	block   block

	line    chan struct{} // holds the one caller at the head; blocked senders are served in order
	changed chan struct{} // tells the head that a permit was given back
}

// newWindow makes a window whose permits are all out until free: an earlier process may
// have called up to the moment this one started.
func newWindow(key string, size int, free time.Time, carried block) *window {
	w := &window{key: key, size: size, block: carried, line: make(chan struct{}, 1), changed: make(chan struct{}, 1)}
	for range size {
		w.cooling = append(w.cooling, free)
	}
	return w
}

// enter takes the head of the line, in turn.
func (w *window) enter(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	select {
	case w.line <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (w *window) leave() { <-w.line }

// take takes a permit and returns 0, or says how long it is until something may have
// changed by itself. Only the head of the line calls it.
func (w *window) take(now time.Time) (wait time.Duration) {
	if left := w.block.silence.Sub(now); left > 0 {
		return left
	}
	w.cooling = slices.DeleteFunc(w.cooling, func(back time.Time) bool { return !back.After(now) })
	if w.size == 0 || w.flying+len(w.cooling) < w.limit(now) {
		w.flying++
		return 0
	}
	wait = lost // somebody's call is under way: changed will tell
	for _, back := range w.cooling {
		wait = min(wait, back.Sub(now))
	}
	if left := w.block.slow.Sub(now); left > 0 {
		wait = min(wait, left)
	}
	return wait
}

// limit is how many permits may be out at now.
func (w *window) limit(now time.Time) int {
	if w.block.slow.After(now) {
		return max(1, w.size/2)
	}
	return w.size
}

func (w *window) giveBack(now time.Time, timedOut, blocked bool) {
	w.flying--
	if blocked {
		w.block.silence = later(w.block.silence, now.Add(silence))
		w.block.slow = later(w.block.slow, now.Add(silence+slow))
	}
	if w.size == 0 {
		return
	}
	stay := cooling
	switch {
	case timedOut:
		stay = lost
	case w.size == 1 && w.block.slow.After(now):
		stay = 2 * cooling // one permit cannot be halved
	}
	w.cooling = append(w.cooling, now.Add(stay))
}

// pause waits at the head of the line.
func (w *window) pause(ctx context.Context, wait time.Duration) error {
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-w.changed:
	case <-ctx.Done():
		return ctx.Err()
	}
	return nil
}

// wake tells the head of the line to look again. A wake that nobody waits for is kept for
// the next head, who looks once too often.
func (w *window) wake() {
	select {
	case w.changed <- struct{}{}:
	default:
	}
}
