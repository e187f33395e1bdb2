package pace_test

import (
	"fmt"
	"math/rand/v2"
	"sync"
	"time"
)

// portal counts calls as they arrive, by its own clock: as Jetty's DoSFilter does, in whole
// milliseconds, and as a second that slides over all of them.
type portal struct {
	start time.Time
	rate  float64 // seconds on its clock for each of ours
	limit int

	// others is how rarely other software of the organization drives it into a block: at one
	// call in so many; 0: never.
	others int

	mu        sync.Mutex
	random    *rand.Rand
	counted   map[string][]time.Time // whose calls they are → the last limit+1 arrivals
	most      int                    // in any second
	blocked   map[string]time.Time   // until then it answers 429
	permitted map[string]time.Time   // queue → when it may be polled
	calls     map[string]int         // of each kind
	blocks    int
	early     int // polls before their time
	faults    []string
}

func newPortal(limit int, seed uint64) *portal {
	r := rand.New(rand.NewPCG(seed, 1))
	return &portal{
		start: time.Now(), rate: 1 + (r.Float64()-0.5)/500, limit: limit, random: r, counted: map[string][]time.Time{},
		blocked: map[string]time.Time{}, permitted: map[string]time.Time{}, calls: map[string]int{},
	}
}

// answer is what becomes of a call in the client's hands.
type answer struct {
	blocked bool
	next    time.Duration // after a poll: what package portal makes of the header
}

func (p *portal) clock() time.Time {
	return p.start.Add(time.Duration(float64(time.Since(p.start)) * p.rate))
}

// arrive counts a call that is counted under key, and answers it.
func (p *portal) arrive(kind, key, queue string) answer {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := p.clock()
	p.calls[kind]++
	p.count(key, now)
	if p.others > 0 && p.random.IntN(p.others) == 0 {
		p.blocks++
		p.blocked[key] = now.Add(30 * time.Second)
	}
	switch {
	case now.Before(p.blocked[key]):
		return answer{blocked: true}
	case kind == "poll":
		return answer{next: p.poll(queue, now)}
	}
	return answer{}
}

func (p *portal) count(key string, now time.Time) {
	all := append(p.counted[key], now)
	if len(all) > p.limit+1 {
		all = all[1:]
	}
	p.counted[key] = all
	second := 0
	for _, at := range all {
		if now.Sub(at) < time.Second {
			second++
		}
	}
	p.most = max(p.most, second)
	dos := len(all) > p.limit && now.UnixMilli()-all[0].UnixMilli() < 1000
	if second > p.limit || dos {
		p.faults = append(p.faults, fmt.Sprintf("%v after the start, call %d of %s within a second (DoSFilter: %v)", now.Sub(p.start), second, key, dos))
	}
}

// poll is the wait until the queue's next permitted poll, as difference to Date, which is
// cut to whole seconds. One in ten headers is garbled: then it is ten minutes.
func (p *portal) poll(queue string, now time.Time) time.Duration {
	switch {
	case now.Before(p.permitted[queue]):
		p.early++
	case p.random.IntN(2) == 0: // a change came: the next poll may follow at once
		return 0
	default:
		p.permitted[queue] = now.Add([]time.Duration{5 * time.Second, 30 * time.Second, 10 * time.Minute}[p.random.IntN(3)])
	}
	if p.random.IntN(10) == 0 {
		return 10 * time.Minute
	}
	return p.permitted[queue].Sub(now.Truncate(time.Second))
}

// weather is how long a call takes to the portal, and its answer back.
type weather func(*rand.Rand) (there, back time.Duration)

// jitters are drawn anew for every call. They are those that break a counting of
// departures: some calls arrive at once, some are held up on the way there and arrive in a
// heap with later ones, some answers are slow.
var jitters = map[string]weather{
	"none": func(*rand.Rand) (a, b time.Duration) { return 0, 0 },
	"even": func(r *rand.Rand) (a, b time.Duration) {
		return upTo(r, 200*time.Millisecond), upTo(r, 200*time.Millisecond)
	},
	"late arrivals": func(r *rand.Rand) (a, b time.Duration) { return upTo(r, 5*time.Second), 0 },
	"late answers":  func(r *rand.Rand) (a, b time.Duration) { return 0, upTo(r, 5*time.Second) },
	"both":          func(r *rand.Rand) (a, b time.Duration) { return upTo(r, 5*time.Second), upTo(r, 5*time.Second) },
	"heaps": func(r *rand.Rand) (a, b time.Duration) {
		const wave = 4700 * time.Millisecond // everything on the way arrives when the next begins
		now := time.Now()
		return now.Truncate(wave).Add(wave).Sub(now), upTo(r, 20*time.Millisecond)
	},
	"rare and huge": func(r *rand.Rand) (a, b time.Duration) {
		if r.IntN(20) == 0 {
			return upTo(r, 5*time.Second), upTo(r, 5*time.Second)
		}
		return upTo(r, 30*time.Millisecond), upTo(r, 30*time.Millisecond)
	},
}

func upTo(r *rand.Rand, d time.Duration) time.Duration { return time.Duration(r.Int64N(int64(d))) }
