package pace_test

import (
	"context"
	"math/rand/v2"
	"time"

	"batch/internal/pace"
)

// caller makes one call after the other, as submit and reconcile do.
type caller struct {
	*world
	pace    *pace.Pacer
	alive   context.Context // ended: killed
	working context.Context // ended: no more calls
	calling context.Context // ended: calls under way are given up
	sender  string
	polls   bool
	random  *rand.Rand
}

func (c *caller) run() {
	for c.working.Err() == nil {
		if c.elapsed()%(10*time.Minute) < time.Minute { // all rest, and then begin at once
			c.sleep(time.Minute - c.elapsed()%(10*time.Minute))
		}
		wait := time.Hour
		if c.random.IntN(20) == 0 { // somebody will not wait
			wait = upTo(c.random, 10*time.Second)
		}
		ctx, cancel := context.WithTimeout(c.working, wait)
		if c.polls {
			c.poll(ctx)
		} else {
			c.call(ctx, kinds[c.random.IntN(len(kinds))])
		}
		cancel()
	}
}

func (c *caller) sleep(d time.Duration) {
	select {
	case <-time.After(d):
	case <-c.working.Done():
	}
}

func (c *caller) poll(ctx context.Context) {
	if c.pace.AwaitPoll(ctx, c.sender, "q") != nil {
		return
	}
	a, answered := c.call(ctx, "poll")
	if !answered || a.blocked {
		a.next = time.Minute // as reconcile does
	}
	if err := c.pace.PollAfter(c.alive, c.sender, "q", a.next); err != nil && c.alive.Err() == nil {
		c.t.Error(err)
	}
}

// call makes one call. It is not answered where it was given up, or no permit was had, or
// the process was killed.
func (c *caller) call(ctx context.Context, kind string) (a answer, answered bool) {
	done, err := c.pace.Acquire(ctx, c.sender)
	if err != nil || c.alive.Err() != nil {
		return a, false
	}
	c.depart()
	a, answered = c.travel(kind)
	if c.alive.Err() == nil {
		done(!answered, a.blocked)
		c.learn(a.blocked)
	}
	if c.alive.Err() != nil || !answered {
		c.mu.Lock()
		defer c.mu.Unlock()
		c.givenUp++
		if kind == "poll" {
			c.unheard++
		}
		return a, false
	}
	return a, true
}

// travel takes a call to the portal and its answer back, or gives up in between. The call
// arrives all the same, then or up to longestDelay later.
func (c *caller) travel(kind string) (a answer, answered bool) {
	there, back := c.weather()(c.random)
	patience := time.Minute
	if c.random.IntN(50) == 0 {
		patience = upTo(c.random, 5*time.Second)
		there = upTo(c.random, patience+longestDelay)
	}
	answers := make(chan answer, 1)
	c.onTheWay.Go(func() {
		time.Sleep(there)
		a := c.portal.arrive(kind, c.key(c.sender), c.sender)
		time.Sleep(back)
		answers <- a
	})
	select {
	case a := <-answers:
		return a, true
	case <-time.After(patience):
	case <-c.calling.Done():
	}
	return a, false
}

// depart holds a call that leaves against what has been learnt.
func (c *caller) depart() {
	c.mu.Lock()
	defer c.mu.Unlock()
	l, now := c.windows[c.key(c.sender)], time.Now()
	switch {
	case l == nil || !now.After(l.at): // it may have left just before
	case now.Before(l.silent):
		c.t.Errorf("%v after the start, a call left %v after a block was answered", c.elapsed(), now.Sub(l.at))
	case now.Before(l.slow):
		if n := len(l.departures); n >= 5 && now.Sub(l.departures[n-5]) < time.Second {
			c.t.Errorf("%v after the start, a sixth call left within a second at half speed", c.elapsed())
		}
		l.departures = append(l.departures, now)
	}
}

func (c *caller) learn(blocked bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if now := time.Now(); blocked && c.alive.Err() == nil {
		c.windows[c.key(c.sender)] = &learnt{at: now, silent: now.Add(31 * time.Second), slow: now.Add(31*time.Second + 10*time.Minute)}
	}
}
