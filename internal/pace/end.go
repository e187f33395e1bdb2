package pace

import (
	"context"
	"time"
)

// marked stands in the store while calls are made. It lies beyond any clock that is merely
// wrong, so the mark says the same whatever time the next process takes it to be.
var marked = time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC)

// mark keeps in the store, before the first call, that calls are made. A process that dies
// among them takes the permits of calls along that the portal has yet to count: they may
// be held up on their way and arrive among those of the next process. It finds the mark,
// and treats them as any calls that were never answered.
func (p *Pacer) mark(ctx context.Context) error {
	p.mu.Lock()
	done := p.underway || p.options.PerSecond == 0
	p.mu.Unlock()
	if done {
		return nil
	}
	if err := p.keep(ctx, underwayKey, marked); err != nil {
		return err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.underway = true
	return nil
}

// Close says that no more calls are made. Where every call was answered, or can no longer
// arrive, the next process need not wait for any of them. A process that ends without Close
// costs the next one [lost], and nothing else.
func (p *Pacer) Close() error {
	p.mu.Lock()
	quiet := p.underway && !p.unheard.After(time.Now())
	for _, w := range p.windows {
		quiet = quiet && w.flying == 0
	}
	p.underway = false
	p.mu.Unlock()
	if !quiet {
		return nil
	}
	return p.keep(context.Background(), underwayKey, time.Time{})
}
