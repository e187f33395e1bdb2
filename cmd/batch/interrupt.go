package main

import (
	"context"
	"errors"
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

// interruptible gives the two contexts of a run. The first signal that asks for an end (Ctrl-C,
// SIGTERM, the terminal closing) ends soft: calls in flight finish and the books are written.
// The second ends hard. Where whoever reads the output goes away, soft ends too.
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
	go obey(hard.Done(), signals, func() {
		asking := u.asking.Load()
		stopSoft()
		if !asking {
			// Whoever is to read it may have stopped reading, and a write to a full pipe waits for
			// him: the second signal would wait too.
			go u.note("stopping: what is under way is finished and written down; once more stops at once")
		}
	}, stopHard)
	return hard, soft, func() {
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

// obey calls first at the first signal, and second at one that comes later than asOne.
func obey(over <-chan struct{}, signals <-chan os.Signal, first, second func()) {
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
			return
		}
	}
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
