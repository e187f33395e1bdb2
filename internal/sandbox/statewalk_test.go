package sandbox

import (
	"cmp"
	"encoding/xml"
	"fmt"
	"math/rand/v2"
	"sync/atomic"
	"testing"
	"time"
)

// Whatever has happened, a sandbox that takes up the state equals the one that left it.
func TestReloadedEqualsTheOneInMemory(t *testing.T) {
	for seed := range uint64(6) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			var now atomic.Pointer[time.Time]
			began := time.Now().Round(0)
			now.Store(&began)
			o := Options{
				PKI: testPKI(), NoLimits: true, State: StateFile, Dir: t.TempDir(), SignAfter: 3 * time.Hour, Now: func() time.Time { return *now.Load() },
				LongTermStorage: seed == 4, ConfirmsJob: seed == 5,
				Outcome: func(n int, _ string) Outcome { return []Outcome{Signed, Rejected, Expired}[n%3] },
			}
			w := &wanderer{client: start(t, o), options: o, random: rand.New(rand.NewPCG(seed, 6)), now: &now}
			for step := range 60 {
				w.step(step)
				if step%4 != 3 {
					continue
				}
				w.wantReloadedEqual(o)
				if t.Failed() {
					t.Fatalf("after step %d", step)
				}
			}
		})
	}
}

// wanderer does one thing after another to a sandbox.
type wanderer struct {
	*client
	options Options
	random  *rand.Rand
	now     *atomic.Pointer[time.Time]
	seen    []changed
}

func (w *wanderer) step(n int) {
	switch w.random.IntN(13) {
	case 0, 1, 2:
		w.createSome(n)
	case 3, 4, 5:
		w.pollSome()
	case 6:
		w.followUp(func(m changed) { w.post(m.Confirm) })
	case 7:
		w.followUp(func(m changed) {
			w.get(m.PAdES)
			w.send(w.request("DELETE", cmp.Or(m.Delete, m.PAdES), nil))
		})
	case 8:
		w.act1()
	case 9:
		w.advance([]time.Duration{time.Minute, 11 * time.Minute, 4 * time.Hour, 2 * day, 41 * day}[w.random.IntN(5)])
	case 10:
		later := w.now.Load().Add(time.Duration(w.random.IntN(8000)) * time.Millisecond)
		w.now.Store(&later)
	case 11:
		w.again(w.options)
	case 12:
		w.plant([]string{
			`[]`, `[{"when":{"call":"poll","share":0.5},"do":"foreign"}]`, `[{"when":{"share":0.5},"do":"requeue"}]`,
			`[{"when":{"call":"create"},"do":"duplicate"}]`, `[{"when":{"share":0.3},"do":"drop-after"}]`,
		}[w.random.IntN(5)])
	}
}

func (w *wanderer) createSome(n int) {
	manifest := []string{oneSigner, signers(1, 2, 2), activated(signers(0, 0), day), within(signers(3, 1), 5*time.Hour)}[w.random.IntN(4)]
	b := newBundle(manifest)
	b.at = *w.now.Load()
	w.send(w.createRequest(requestXML(fmt.Sprint("ref-", n), []string{"", "hr"}[w.random.IntN(2)]), b.build(w.t)))
}

func (w *wanderer) pollSome() {
	res := w.get("/portal/signature-jobs?polling_queue=" + []string{"", "hr", "none"}[w.random.IntN(3)])
	var m changed
	if res.status == 200 && xml.Unmarshal(res.body, &m) == nil {
		w.seen = append(w.seen, m)
	}
}

func (w *wanderer) followUp(do func(changed)) {
	if len(w.seen) > 0 {
		do(w.seen[w.random.IntN(len(w.seen))])
	}
}

// act1 lets one signer of one job act where that is possible, or cancels the job.
func (w *wanderer) act1() {
	jobs := w.running.Sandbox.Jobs("")
	if len(jobs) == 0 {
		return
	}
	id, s := jobs[w.random.IntN(len(jobs))].ID, w.running.Sandbox
	act := w.random.IntN(5)
	if act == 4 {
		w.post(fmt.Sprintf("/portal/signature-jobs/%d/cancel", id))
		return
	}
	s.mu.Lock()
	defer s.unlock()
	j := s.jobs[id]
	p, err := j.signerN(1+w.random.IntN(len(j.signers)), s.clock())
	switch {
	case err != nil:
		return
	case act == 3:
		j.fail(p, "BLOCKED", s.clock())
	default:
		j.sign(p, s.clock())
	}
	s.changed(j)
}
