package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/term"

	"batch/internal/app"
	"batch/internal/mailout"
)

// ui is everything a person sees: results go to out, all else to err. With asJSON out is
// one object a line, the last one the totals.
type ui struct {
	in     *bufio.Reader
	out    io.Writer
	err    io.Writer
	asJSON bool
	quiet  bool
	yes    bool // --yes answers every question
	ask    bool // there is a terminal to ask at
	live   bool // err is a terminal: one line is kept current
	colour bool // problems and warnings in colour
	width  int  // of the terminal that out is, in columns; 0 where it is none

	stopped <-chan struct{} // closed when a person asks to stop; nil: never
	asking  atomic.Bool     // a question waits for its answer
	left    atomic.Bool     // … and the answer was Ctrl-C
	unread  atomic.Bool     // whoever read out has gone away

	mu    sync.Mutex
	line  bool      // a progress line stands there
	until time.Time // what was last said to be waited for

	objects sync.Mutex // one at a time; not mu, for whoever reads them may have stopped
}

func newUI(c common, stdin io.Reader, stdout, stderr io.Writer) *ui {
	isTerminal := func(v any) bool {
		f, ok := v.(*os.File)
		return ok && term.IsTerminal(int(f.Fd()))
	}
	return &ui{in: bufio.NewReader(stdin), out: stdout, err: stderr, asJSON: c.JSON, quiet: c.Quiet, yes: c.Yes,
		ask: isTerminal(stdin) && isTerminal(stderr), live: isTerminal(stderr) && !c.Plain && !c.JSON,
		colour: c.Color == "always" || (c.Color == "auto" && isTerminal(stdout)), width: widthOf(stdout)}
}

// widthOf is how many columns a terminal has, and 0 for what is none.
func widthOf(out io.Writer) int {
	f, ok := out.(*os.File)
	if !ok {
		return 0
	}
	width, _, err := term.GetSize(int(f.Fd()))
	if err != nil {
		return 0
	}
	return width
}

// say writes a result line to stdout; with --json, results come as objects instead.
func (u *ui) say(format string, args ...any) {
	if u.asJSON {
		return
	}
	u.clearLine()
	fmt.Fprintln(u.out, clean(fmt.Sprintf(format, args...)))
}

// note writes a line about what is going on to stderr.
func (u *ui) note(format string, args ...any) {
	if u.quiet {
		return
	}
	u.clearLine()
	fmt.Fprintln(u.err, clean(fmt.Sprintf(format, args...)))
}

// fail writes an error and what to do about it.
func (u *ui) fail(err error) {
	e := app.Explain(err)
	u.clearLine()
	width := widthOf(u.err)
	fmt.Fprintln(u.err, wrap(clean("batch: "+e.Message), width, "    "))
	if e.Remedy != "" {
		fmt.Fprintln(u.err, wrap(clean("  → "+e.Remedy), width, "    "))
	}
}

// object writes one JSON line, where JSON was asked for.
func (u *ui) object(v any) {
	if !u.asJSON || u.unread.Load() {
		return
	}
	u.objects.Lock()
	defer u.objects.Unlock()
	enc := json.NewEncoder(u.out)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil && !u.unread.Load() {
		fmt.Fprintln(u.err, "batch: writing json:", err)
	}
}

// totalsLine is the last object of every --json output.
type totalsLine struct {
	Type       string         `json:"type"`
	Batch      *string        `json:"batch"`
	Digest     string         `json:"digest,omitempty"`
	RowsDigest string         `json:"rows_digest,omitempty"`
	Rows       int            `json:"rows"`
	States     mailout.Totals `json:"states"`
	Exit       int            `json:"exit"`
}

// total writes the totals object.
func (u *ui) total(b mailout.BatchInfo, exit int) {
	t := totalsLine{Type: "totals", Rows: b.Rows, States: b.Totals, Exit: exit}
	if b.ID != "" {
		id := string(b.ID)
		t.Batch, t.Digest, t.RowsDigest = &id, b.Digest.String(), b.RowsDigest.String()
	}
	if t.States == nil {
		t.States = mailout.Totals{}
	}
	u.object(t)
}

// books prints a batch's rows per state, and their sum.
func (u *ui) books(b mailout.BatchInfo) {
	u.say("batch %s (%s): %s", b.ID, b.State, count(b.Rows, "row"))
	for _, s := range mailout.States {
		if n := b.Totals[s]; n > 0 {
			u.say("  %-10s %8s", s, thousands(int64(n)))
		}
	}
	u.say("  %-10s %8s", "sum", thousands(int64(b.Totals.Sum())))
	if b.StopReason != "" {
		u.say("  stopped: %s", b.StopReason)
	}
}

// progress shows how far a flow is: one line kept current on a terminal, a plain line
// elsewhere. Where nobody reads objects any more it waits with nothing in its hands: others have
// something to say on stderr.
func (u *ui) progress(p app.Progress) {
	u.object(struct {
		Type string `json:"type"`
		app.Progress
	}{"progress", p})
	if u.waitsAnew(p) {
		u.object(struct {
			Type  string    `json:"type"`
			Until time.Time `json:"until"`
			Why   string    `json:"why"`
		}{"wait", p.Until, p.Why})
	}
	if u.quiet || u.asJSON {
		return
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	if p.Why == "hold" { // told once: it stays to be read
		if u.line {
			fmt.Fprint(u.err, "\r\x1b[K")
			u.line = false
		}
		fmt.Fprintln(u.err, clean(p.Wait))
		return
	}
	columns := 0
	if u.live {
		columns = widthOf(u.err) - 1 // a line that ends in the last column would move on
	}
	text := clean(p.Line(columns))
	if !u.live {
		fmt.Fprintln(u.err, text)
		return
	}
	fmt.Fprint(u.err, "\r\x1b[K", text)
	u.line = true
}

// waitsAnew notes what is waited for; false where that was told before.
func (u *ui) waitsAnew(p app.Progress) bool {
	u.mu.Lock()
	defer u.mu.Unlock()
	if p.Why == "" || p.Until.Equal(u.until) {
		return false
	}
	u.until = p.Until
	return true
}

// clearLine makes room where the progress line stands.
func (u *ui) clearLine() {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.line {
		fmt.Fprint(u.err, "\r\x1b[K")
		u.line = false
	}
}

// part is a number of rows, and what is said of them.
type part struct {
	n    int
	what string
}

// parts prints a line for each part that there is.
func (u *ui) parts(all ...part) {
	for _, p := range all {
		if p.n > 0 {
			u.say("  %8s %s", thousands(int64(p.n)), p.what)
		}
	}
}

// paint colours a text ("31" is red, "32" green, "33" yellow) where colours are wanted.
func (u *ui) paint(colour, text string) string {
	if !u.colour {
		return text
	}
	return "\x1b[" + colour + "m" + text + "\x1b[0m"
}
