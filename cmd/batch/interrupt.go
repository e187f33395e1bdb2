package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"sync"
	"syscall"
	"time"
)

// asOne is how close together signals are one: timeout(1) sends its own to the process and at
// once to its group, and a service manager may do the same. A person who means "at once" has
// seen what the first Ctrl-C did.
const asOne = 500 * time.Millisecond

// patience is how long a run that was told to stop at once may take for it. It needs a moment: it
// has no more to do than to write down what became of its calls.
const patience = 5 * time.Second

// interruptible gives the two contexts of a run. The first signal that asks for an end (Ctrl-C,
// SIGTERM, the terminal closing) ends soft: calls in flight finish and the books are written.
// The second ends hard, and after patience the process, whatever hangs in a write or on a disk: a
// process that nobody can end keeps the lock. Where whoever reads the output goes away, soft ends
// too.
func interruptible(ctx context.Context, u *ui) (hard, soft context.Context, release func()) {
	hard, stopHard := context.WithCancel(ctx)
	soft, stopSoft := context.WithCancel(hard)
	u.stopped = soft.Done()
	u.out = &outlet{to: u.out, gone: func() {
		u.unread.Store(true)
		stopSoft()
	}}
	signals, broken := make(chan os.Signal, 8), make(chan os.Signal, 1)
	signal.Notify(signals, endingSignals()...)
	// Nobody waits for broken. It is there for writing to a closed pipe to be an error: the
	// process would die of it, with calls in flight. Ignored, the signal would stay so in the
	// commands that are started.
	signal.Notify(broken, syscall.SIGPIPE)
	over := make(chan struct{})
	go obey(over, signals, func() {
		asking := u.asking.Load()
		stopSoft()
		if !asking {
			// Whoever is to read it may have stopped reading, and a write to a full pipe waits for
			// him: the second signal would wait too.
			go u.note("stopping: what is under way is finished and written down; once more stops at once")
		}
	}, stopHard, u.giveUp)
	return hard, soft, func() {
		close(over)
		signal.Stop(signals)
		signal.Stop(broken)
		stopHard()
	}
}

// endingSignals ask for an end. SIGHUP says that the terminal was closed; under nohup(1) it is
// ignored from the start, and stays so.
func endingSignals() []os.Signal {
	all := []os.Signal{os.Interrupt, syscall.SIGTERM}
	if !signal.Ignored(syscall.SIGHUP) {
		all = append(all, syscall.SIGHUP)
	}
	return all
}

// obey calls first at the first signal, second at one that comes later than asOne, and last where
// the run is not over after patience.
func obey(over <-chan struct{}, signals <-chan os.Signal, first, second, last func()) {
	var since time.Time
	for {
		select {
		case <-over:
			return
		case <-signals:
		}
		switch {
		case since.IsZero():
			since = time.Now()
			first()
		case time.Since(since) >= asOne:
			second()
			select {
			case <-over:
			case <-time.After(patience):
				last()
			}
			return
		}
	}
}

// giveUp ends the process in the middle. It is what a kill would be, and the books are made for
// that: nothing is written after it, rows whose call was under way are taken up by the next start
// as unknown, and the lock is gone with the process. That it says so must not hang either.
func (u *ui) giveUp() {
	said := make(chan struct{})
	go func() {
		defer close(said)
		fmt.Fprintln(u.err, "batch: ended at once, as asked, though something did not end: nobody reads what it prints, or the disk does not answer")
		fmt.Fprintln(u.err, "  → the ledger is true; the next command takes up what was left")
	}()
	select {
	case <-said:
	case <-time.After(time.Second):
	}
	os.Exit(exitStopped)
}

// outlet is stdout. When nobody reads it any more (batch … | head) that is said once: results
// that nobody gets are no reason to die in the middle of a call, nor to go on for days.
type outlet struct {
	to   io.Writer
	gone func()
	once sync.Once
}

func (o *outlet) Write(b []byte) (int, error) {
	n, err := o.to.Write(b)
	if errors.Is(err, syscall.EPIPE) {
		o.once.Do(o.gone)
	}
	return n, err
}
