package pace

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"time"
)

// Store keeps times across restarts. Keys are the Pacer's own; they hold organization
// numbers and queue names, nothing personal. Times already past may be forgotten.
type Store interface {
	SavePace(ctx context.Context, key string, until time.Time) error
	LoadPace(ctx context.Context) (map[string]time.Time, error)
}

// Options of a Pacer.
type Options struct {
	PerSecond int   // calls in any second, 1–10; 0: no limit, blocks and poll times still hold
	PerSender bool  // a window for each sender, instead of one for the certificate
	Store     Store // nil: nothing survives the process
}

// Pacer gives permits for calls. It is safe for concurrent use; all callers of one
// certificate share one Pacer.
type Pacer struct {
	options Options
	started time.Time

	mu       sync.Mutex
	windows  map[string]*window
	carried  block                // what an earlier process left, for every window
	free     time.Time            // when the permits come back that an earlier process had
	underway bool                 // the store knows that calls are made
	unheard  time.Time            // until then a call that was not answered may still arrive
	polls    map[string]time.Time // poll key → when the queue may be asked again
	awaiting map[string]int       // poll key → callers in AwaitPoll
	broken   error                // the store failed; no more permits
}

// block is the time after a 429 for speed: first silence, then half speed.
type block struct {
	silence time.Time // no call before
	slow    time.Time // half speed before
}

// New makes a Pacer and takes over what an earlier process kept in the store. Kept times
// that lie further ahead than the Pacer itself would ever wait come from a clock that was
// wrong; they are cut.
func New(ctx context.Context, o Options) (*Pacer, error) {
	if o.PerSecond < 0 {
		return nil, fmt.Errorf("%d calls per second are not possible: 1 to 10, or 0 for no limit", o.PerSecond)
	}
	p := &Pacer{
		options: o, started: time.Now(),
		windows: map[string]*window{}, polls: map[string]time.Time{}, awaiting: map[string]int{},
	}
	p.free = p.started.Add(cooling)
	if o.Store == nil {
		return p, nil
	}
	kept, err := o.Store.LoadPace(ctx)
	if err != nil {
		return nil, fmt.Errorf("reading permitted times: %w", err)
	}
	for key, until := range kept {
		p.carry(key, until)
	}
	return p, nil
}

// Keys in the store: the kind, then a window's key or sender and queue.
const (
	silenceKey  = "silence/"
	slowKey     = "slow/"
	pollKey     = "poll/"
	underwayKey = "underway" // a mark, and no time: see [Pacer.mark]
)

// carry takes over one kept time. A block holds for every window, whoever ran into it:
// the setting may have changed between per-certificate and per-sender since.
func (p *Pacer) carry(key string, until time.Time) {
	switch {
	case strings.HasPrefix(key, silenceKey):
		p.carried.silence = later(p.carried.silence, p.atMost(until, silence))
	case strings.HasPrefix(key, slowKey):
		p.carried.slow = later(p.carried.slow, p.atMost(until, silence+slow))
	case strings.HasPrefix(key, pollKey):
		p.polls[key] = p.started.Add(believed(until.Sub(p.started)))
	case key == underwayKey && until.After(p.started):
		p.free = p.started.Add(lost)
		p.unheard = p.free
	}
}

// atMost turns a kept wall-clock time into one on this process's monotonic clock.
func (p *Pacer) atMost(until time.Time, limit time.Duration) time.Time {
	return p.started.Add(min(until.Sub(p.started), limit))
}

// Acquire waits for a permit and takes it. sender matters only with Options.PerSender.
// The caller makes one call and then says done, once its answer is completely read or
// given up; done may be called again without effect.
//
//	timedOut  no answer of the portal's own came: it may get the call yet
//	blocked   the answer was a 429 for speed
//
// Acquire fails when ctx ends, or when a block could not be kept in the store.
func (p *Pacer) Acquire(ctx context.Context, sender string) (done func(timedOut, blocked bool), err error) {
	w := p.window(sender)
	if err := w.enter(ctx); err != nil {
		return nil, fmt.Errorf("waiting for a permit: %w", err)
	}
	defer w.leave()
	if err := p.mark(ctx); err != nil {
		return nil, err
	}
	for {
		wait, err := p.try(w)
		if err != nil {
			return nil, err
		}
		if wait == 0 {
			var once sync.Once
			return func(timedOut, blocked bool) {
				once.Do(func() { p.finish(ctx, w, timedOut, blocked) })
			}, nil
		}
		if err := w.pause(ctx, wait); err != nil {
			return nil, fmt.Errorf("waiting for a permit: %w", err)
		}
	}
}

// window finds or makes the window that a sender's calls are counted in.
func (p *Pacer) window(sender string) *window {
	key := "*"
	if p.options.PerSender {
		key = sender
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	w := p.windows[key]
	if w == nil {
		w = newWindow(key, p.options.PerSecond, p.free, p.carried)
		p.windows[key] = w
	}
	return w
}

func (p *Pacer) try(w *window) (time.Duration, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.broken != nil {
		return 0, p.broken
	}
	return w.take(time.Now()), nil
}

func (p *Pacer) finish(ctx context.Context, w *window, timedOut, blocked bool) {
	p.mu.Lock()
	now := time.Now()
	w.giveBack(now, timedOut, blocked)
	if timedOut {
		p.unheard = now.Add(lost)
	}
	kept := w.block
	p.mu.Unlock()
	if blocked {
		p.keep(ctx, silenceKey+w.key, kept.silence)
		p.keep(ctx, slowKey+w.key, kept.slow)
	}
	w.wake()
}

// keep stores a time. Where that fails, a restart would call too early, so this process
// gives no more permits and says why. The context of a call may have ended with the
// call; what the call taught has not.
func (p *Pacer) keep(ctx context.Context, key string, until time.Time) error {
	if p.options.Store == nil {
		return nil
	}
	err := p.options.Store.SavePace(context.WithoutCancel(ctx), key, until.UTC())
	if err == nil {
		return nil
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.broken = fmt.Errorf("keeping a permitted time: %w", err)
	return p.broken
}

// Reason is why everybody waits.
type Reason string

const (
	Block Reason = "block" // nobody may call: the portal blocked us
	Lost  Reason = "lost"  // nobody may call: an earlier process ended in the middle of its calls
	Poll  Reason = "poll"  // AwaitPoll holds somebody, and other calls may be made
)

// Waiting says for a progress line what everybody is waiting for, and until when. A zero
// time means that nobody is.
func (p *Pacer) Waiting() (until time.Time, why Reason) {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := time.Now()
	until, why = p.carried.silence, Block
	for _, w := range p.windows {
		until = later(until, w.block.silence)
	}
	if p.options.PerSecond > 0 && p.free.Sub(p.started) > cooling && p.free.After(until) {
		until, why = p.free, Lost
	}
	if until.After(now) {
		return until, why
	}
	return p.nextAwaited(now)
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}
