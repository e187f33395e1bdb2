package simulation

import (
	"bufio"
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"log"
	"math/rand/v2"
	"net"
	"net/http"
	"regexp"
	"strings"
	"time"

	"batch/internal/mailout"
	"batch/internal/sandbox"
)

type lifeKey struct{}

// withLife lets a call know whose it is.
func withLife(ctx context.Context, c net.Conn) context.Context {
	return context.WithValue(ctx, lifeKey{}, c.(*tls.Conn).NetConn().(*conn))
}

func tlsListener(n *network, s *sandbox.Sandbox) net.Listener {
	return tls.NewListener(n, s.TLSConfig())
}

func quiet() *log.Logger { return log.New(io.Discard, "", 0) }

// answer is the portal as processes hear it: each call takes its time before it is answered.
func (w *world) answer(rw http.ResponseWriter, r *http.Request) {
	w.inside.Add(1)
	defer w.inside.Done()
	c := r.Context().Value(lifeKey{}).(*conn)
	kind, about := w.about(r)
	n := w.nth(kind + " " + about)
	dice := w.dice("takes", kind, about, n)
	time.Sleep(time.Duration(dice.IntN(300_000_000)))
	if w.strikes(dice, 0.3) {
		c.breakAfter(dice.IntN(3_000)) // in the answer, or in a later one
	}
	c.life.met(kind)
	c.life.step("call", "before "+kind)
	defer func() {
		c.life.step("call", "behind "+kind)
		became := w.lastCall()
		w.heardOf(kind, became)
		w.note("process %d: %s %s, the %d.: %s", c.life.n, kind, about, n, became)
	}()
	w.serveCall(rw, r, kind, n)
}

// serveCall lets the portal answer.
func (w *world) serveCall(rw http.ResponseWriter, r *http.Request, kind string, nth int) {
	parts := strings.Split(r.URL.Path, "/")
	switch kind {
	case sandbox.CallPoll:
		w.poll(rw, r, nth)
		return
	case sandbox.CallPAdES, sandbox.CallXAdES, sandbox.CallConfirm:
		w.calledAbout(parts[5])
	}
	if kind == sandbox.CallPAdES {
		w.give(rw, r, parts[5])
		return
	}
	w.portal.Handler().ServeHTTP(rw, r)
}

// heardOf notes that something is going on.
func (w *world) heardOf(kind, became string) {
	if kind != sandbox.CallPoll || strings.HasPrefix(became, "200 change") {
		w.heardSomething()
	}
}

func (w *world) heardSomething() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.heard = time.Now()
}

// quiet is how long nothing has been going on.
func (w *world) quiet() time.Duration {
	w.mu.Lock()
	defer w.mu.Unlock()
	return time.Since(w.heard)
}

// lastCall is how the portal's own log ends.
func (w *world) lastCall() string {
	calls := w.portal.Calls()
	if len(calls) == 0 {
		return "nothing"
	}
	c := calls[len(calls)-1]
	return strings.TrimSpace(fmt.Sprintf("%d %s %s", c.Status, c.Outcome, c.Fault))
}

var (
	reference = regexp.MustCompile(`<reference[^>]*>([^<]*)</reference>`)
	changed   = regexp.MustCompile(`<signature-job-id>(\d+)</signature-job-id><status>([A-Z_]+)</status>`)
)

// about says what kind of call it is, and about whom, in names that are the same whenever the
// seed is run.
func (w *world) about(r *http.Request) (kind, about string) {
	parts := strings.Split(strings.TrimPrefix(r.URL.Path, "/api/"), "/")
	sender := parts[0]
	switch {
	case len(parts) == 3 && r.Method == http.MethodPost:
		return sandbox.CallCreate, nameOf(w.peek(r))
	case len(parts) == 3:
		return sandbox.CallPoll, sender
	case len(parts) < 3:
		return sandbox.CallRoot, sender
	}
	about = w.nameOfJob(parts[3])
	switch {
	case parts[4] == "complete":
		return sandbox.CallConfirm, about
	case parts[4] == "cancel":
		return sandbox.CallCancel, about
	case parts[4] == "pades":
		return sandbox.CallPAdES, about
	}
	return sandbox.CallXAdES, about + " " + parts[len(parts)-1]
}

// peek finds the reference of a create without taking its body.
func (w *world) peek(r *http.Request) string {
	in := bufio.NewReaderSize(r.Body, 1<<10)
	head, _ := in.Peek(600)
	r.Body = struct {
		io.Reader
		io.Closer
	}{in, r.Body}
	if m := reference.FindSubmatch(head); m != nil {
		return string(m[1])
	}
	return ""
}

// nobody is whom a call is about that is about no row.
const nobody = "nobody"

// nameOf names a row's attempt.
func nameOf(reference string) string {
	parts, ok := mailout.Ref(reference).Parse()
	if !ok {
		return nobody
	}
	return fmt.Sprintf("line %d.%d", parts.Line, parts.Attempt)
}

// nameOfJob names the row's attempt that made a job.
func (w *world) nameOfJob(id string) string {
	w.mu.Lock()
	name := w.rowOf[id]
	w.mu.Unlock()
	if name != "" {
		return name
	}
	seen := map[string]int{}
	for _, j := range w.portal.Jobs("") {
		name := nameOf(j.Reference)
		if seen[name]++; seen[name] > 1 {
			name = fmt.Sprintf("%s again", name)
		}
		w.mu.Lock()
		w.rowOf[fmt.Sprint(j.ID)] = name
		w.mu.Unlock()
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.rowOf[id]
}

// What may go wrong with a call of each kind, beside what may go wrong with any.
var (
	anyFault = []string{"drop-before", "drop-after", "reset-mid-body", "slow-before:3s", "slow-after:3s", "slow-before:40s", "slow-after:40s",
		"slow-after:70s", "status:503", "status-after:503", "status:502", "bare-429", "garble", "truncate", "html", "redirect:https://127.0.0.1:1/", "block"}
	faultsOf = map[string][]string{
		sandbox.CallRoot:    {"refuse:NOT_AUTHORIZED"},
		sandbox.CallCreate:  {"refuse", "refuse", "refuse:NOT_AUTHORIZED", "refuse:BROKER_NOT_AUTHORIZED", "duplicate", "drop-after", "slow-before:70s"},
		sandbox.CallPoll:    {"requeue", "requeue", "foreign", "refuse:BROKER_NOT_AUTHORIZED"},
		sandbox.CallConfirm: {"requeue", "requeue", "drop-after", "refuse"},
		sandbox.CallPAdES:   {"refuse", "truncate", "garble"},
		sandbox.CallXAdES:   {"refuse", "truncate"},
		sandbox.CallCancel:  {"refuse", "drop-after"},
	}
)

// strike decides what goes wrong with a call.
func (w *world) strike(kind, reference string) string {
	about := nameOf(reference)
	n := w.nth("strike " + kind + " " + about)
	r := w.dice("strike", kind, about, n)
	do := ""
	switch {
	case w.planted != nil:
		do = w.planted(kind, about, n)
	case w.strikes(r, 1):
		do = pick(r, append(faultsOf[kind], anyFault...)...)
	default:
		do = w.trouble(r, kind, about)
	}
	if do == "" {
		return ""
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if do == "foreign" {
		if w.foreign == w.nature.Foreign {
			return ""
		}
		w.foreign++
	}
	w.struck[kind+" "+do]++
	return do
}

// trouble is what goes wrong in the life of a job that has been sent: changes come again,
// downloads are cut, confirmations are lost on either way, and strangers' changes are in the
// queue.
func (w *world) trouble(r *rand.Rand, kind, about string) string {
	n, x := w.nature, r.Float64()
	switch {
	case w.isCalm():
	case kind == sandbox.CallPoll && about != nobody && x < n.Again/2:
		return "requeue"
	case kind == sandbox.CallPoll && about == nobody && x < 0.3:
		return "foreign"
	case (kind == sandbox.CallPAdES || kind == sandbox.CallXAdES) && x < n.Cut:
		return pick(r, "truncate", "reset-mid-body", "drop-after", "slow-after:70s", "garble")
	case kind == sandbox.CallConfirm && x < n.Lost:
		return pick(r, "drop-before", "drop-after", "status:503", "status-after:503", "slow-after:40s")
	}
	return ""
}
