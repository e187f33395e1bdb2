package simulation

import (
	"bytes"
	"net/http"
	"slices"
	"strconv"
	"sync"

	"batch/internal/sandbox"
)

// again is what makes changes come again: at once, as the portal's fault "requeue" does, and
// late, out of order, from here: where a queue is empty, what it once handed out is handed out
// once more. So a change comes one to five times, a confirmed one too, and an older one behind
// a newer.
//
// One thing does not happen: an older change while the job's final one is handed out and on its
// way. Where a confirmation belongs to the job, confirming the one would confirm the other, and
// no client could know.
type again struct {
	mu     sync.Mutex
	told   []*told
	final  map[int64]bool // jobs whose final change was handed out
	known  map[int64]bool // … and taken: something was called about the job afterwards
	purged bool           // once more all come again, to a batch that is purged
	late   int            // older changes that came while a final one waited
}

// told is a change that a queue has handed out.
type told struct {
	queue  string // with its sender
	job    int64
	final  bool
	header http.Header
	body   []byte
	left   int // how often it may come again
}

// pollAnswer is how a poll is answered: in place of "empty" perhaps by what was told before.
type pollAnswer struct {
	http.ResponseWriter
	w      *world
	queue  string
	nth    int
	status int
	body   bytes.Buffer
	old    *told
}

// Unwrap lets the portal hijack and flush.
func (p *pollAnswer) Unwrap() http.ResponseWriter { return p.ResponseWriter }

func (p *pollAnswer) WriteHeader(status int) {
	p.status = status
	if status == http.StatusNoContent {
		p.old = p.w.oneAgain(p.queue, p.nth)
	}
	if p.old == nil {
		p.ResponseWriter.WriteHeader(status)
		return
	}
	p.Header().Set("Content-Type", p.old.header.Get("Content-Type"))
	p.Header().Set("Content-Length", strconv.Itoa(len(p.old.body)))
	p.ResponseWriter.WriteHeader(http.StatusOK)
	p.ResponseWriter.Write(p.old.body)
}

func (p *pollAnswer) Write(b []byte) (int, error) {
	if p.old != nil {
		return len(b), nil
	}
	p.body.Write(b)
	return p.ResponseWriter.Write(b)
}

// poll lets the portal answer a poll, and remembers the change that it hands out.
func (w *world) poll(rw http.ResponseWriter, r *http.Request, nth int) {
	p := &pollAnswer{ResponseWriter: rw, w: w, queue: r.URL.Path + "?" + r.URL.RawQuery, nth: nth}
	w.portal.Handler().ServeHTTP(p, r) // does not come back where the fault is a lost answer
	if p.old != nil {
		w.note("… and job %d's change came again (final: %v)", p.old.job, p.old.final)
		w.countLate(p.old)
		w.heardSomething()
		return
	}
	if job := changed.FindSubmatch(p.body.Bytes()); p.status == http.StatusOK && job != nil {
		id, _ := strconv.ParseInt(string(job[1]), 10, 64)
		w.tell(&told{queue: p.queue, job: id, final: string(job[2]) != "IN_PROGRESS", header: p.Header().Clone(), body: p.body.Bytes()})
	}
}

// tell takes note of a change that was handed out.
func (w *world) tell(t *told) {
	a := &w.again
	a.mu.Lock()
	defer a.mu.Unlock()
	a.final[t.job] = a.final[t.job] || t.final
	if slices.ContainsFunc(a.told, func(o *told) bool { return o.job == t.job && bytes.Equal(o.body, t.body) }) {
		return
	}
	if r := w.dice("again", w.nameOfJob(strconv.FormatInt(t.job, 10)), len(a.told)); r.Float64() < w.nature.Again {
		t.left = 1 + r.IntN(3)
		a.told = append(a.told, t)
	}
}

// oneAgain picks a change that comes again from a queue that has none.
func (w *world) oneAgain(queue string, nth int) *told {
	a := &w.again
	a.mu.Lock()
	defer a.mu.Unlock()
	if w.isCalm() && !a.purged {
		return nil
	}
	var may []*told
	for _, t := range a.told {
		if t.queue == queue && t.left > 0 && (t.final || a.known[t.job] || w.waits(t.job)) {
			may = append(may, t)
		}
	}
	r := w.dice("late", queue, nth)
	if len(may) == 0 || !a.purged && r.IntN(3) == 0 {
		return nil
	}
	t := may[r.IntN(len(may))]
	t.left--
	return t
}

// countLate counts the older changes of jobs whose final one is not confirmed.
func (w *world) countLate(t *told) {
	gone := slices.ContainsFunc(w.portal.Jobs(""), func(j sandbox.JobView) bool { return j.ID == t.job && j.Gone })
	w.again.mu.Lock()
	defer w.again.mu.Unlock()
	if !t.final && w.again.final[t.job] && !gone {
		w.again.late++
	}
}

// allAgain lets every change come once more.
func (w *world) allAgain() {
	a := &w.again
	a.mu.Lock()
	defer a.mu.Unlock()
	a.purged = true
	for _, t := range a.told {
		t.left++
	}
}

// waits reports whether a job is not over at the portal: its newest change is not final.
func (w *world) waits(job int64) bool {
	return slices.ContainsFunc(w.portal.Jobs(""), func(j sandbox.JobView) bool { return j.ID == job && j.Status == "IN_PROGRESS" })
}

// calledAbout takes note that something was called about a job, behind its final change.
func (w *world) calledAbout(id string) {
	job, _ := strconv.ParseInt(id, 10, 64)
	a := &w.again
	a.mu.Lock()
	defer a.mu.Unlock()
	a.known[job] = a.known[job] || a.final[job]
}
