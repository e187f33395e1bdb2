package pdfprep

import (
	"context"
	"errors"
	"fmt"
	"os"
	"runtime"
	"sync"
	"time"

	"batch/internal/mailout"
)

// DefaultDeadline is the time one file may take.
const DefaultDeadline = 20 * time.Second

// Options say where files are and how much a pool may use.
type Options struct {
	Documents *os.Root      // the documents' folder; nothing is opened outside it. The caller closes it
	Store     string        // folder of prepared files; made, 0700, where it is missing
	Workers   int           // worker processes at once; 0: one for each core
	Deadline  time.Duration // for each file; 0: DefaultDeadline
	Command   []string      // argv of a worker; nil: this executable with WorkerArg
}

// Pool checks and merges PDFs in worker processes. It is safe for concurrent use.
type Pool struct {
	o       Options
	starter *starter
	slots   chan *worker // one entry for each worker that may run; nil: not started

	life    context.Context // ends with Close
	endLife context.CancelFunc
	closing sync.Once

	inspections memo[string, mailout.Inspection]
	merges      memo[mailout.Digest, made]
}

// errClosed is what calls get from a pool that was closed.
var errClosed = errors.New("the PDF workers were stopped")

// Open makes the store and starts the first worker, so that a program that cannot start
// workers says so before it reads a manifest. ctx bounds that start only.
func Open(ctx context.Context, o Options) (*Pool, error) {
	if err := o.complete(); err != nil {
		return nil, err
	}
	if err := openStore(o.Store); err != nil {
		return nil, err
	}
	p := &Pool{o: o, starter: newStarter(), slots: make(chan *worker, o.Workers)}
	p.life, p.endLife = context.WithCancel(context.Background())
	first, err := p.starter.start(ctx, o.Command)
	if err != nil {
		p.endLife()
		p.starter.stop()
		return nil, err
	}
	p.slots <- first
	for range o.Workers - 1 {
		p.slots <- nil
	}
	return p, nil
}

func (o *Options) complete() error {
	if o.Documents == nil || o.Store == "" {
		return errors.New("opening the PDF workers: a documents' folder and a store are needed")
	}
	if o.Workers <= 0 {
		o.Workers = runtime.NumCPU()
	}
	if o.Deadline <= 0 {
		o.Deadline = DefaultDeadline
	}
	if len(o.Command) == 0 {
		self, err := os.Executable()
		if err != nil {
			return fmt.Errorf("finding the program that PDF workers are made of: %w", err)
		}
		o.Command = []string{self, WorkerArg}
	}
	return nil
}

// Close ends all workers, also those at work, and waits for them. Calls that are still
// going on return an error.
func (p *Pool) Close() error {
	p.closing.Do(func() {
		p.endLife()
		for range p.o.Workers {
			(<-p.slots).end()
		}
		p.starter.stop()
	})
	return nil
}

// ask has a worker answer about files. A worker that does not live to answer has its verdict
// told in the reply's findings; an error means that there is no verdict.
func (p *Pool) ask(ctx context.Context, files ...[]byte) (reply, []byte, error) {
	if p.life.Err() != nil {
		return reply{}, nil, errClosed
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	defer context.AfterFunc(p.life, func() { cancel(errClosed) })()

	var w *worker
	select {
	case w = <-p.slots:
	case <-ctx.Done():
		return reply{}, nil, context.Cause(ctx)
	}
	rep, merged, w, err := p.askOne(ctx, w, files)
	p.slots <- w
	return rep, merged, err
}

// askOne asks w, or a fresh worker where it is nil, and returns the worker that lives on, or nil.
func (p *Pool) askOne(ctx context.Context, w *worker, files [][]byte) (reply, []byte, *worker, error) {
	for {
		var err error
		if w == nil {
			if w, err = p.starter.start(ctx, p.o.Command); err != nil {
				return reply{}, nil, nil, err
			}
		}
		used := w.served > 0
		rep, merged, err := w.ask(ctx, time.Duration(len(files))*p.o.Deadline, files)
		if err == nil {
			return rep, merged, w, nil
		}
		w.end()
		if ctx.Err() != nil {
			return reply{}, nil, nil, context.Cause(ctx)
		}
		code := w.causeOfDeath(err)
		if used && code != codeTimeout { // the files before it may be to blame
			w = nil
			continue
		}
		return reply{Findings: []finding{{Code: code}}}, nil, nil, nil
	}
}
