package pdfprep

import (
	"context"
	"errors"
	"fmt"
	"os"
	"runtime"
	"sync"
	"time"

	"golang.org/x/sync/semaphore"

	"batch/internal/mailout"
)

// DefaultDeadline is the time one file may take.
const DefaultDeadline = 20 * time.Second

// Options say where files are and how much a pool may use.
type Options struct {
	Documents *os.Root      // the documents' folder; nothing is opened outside it. The caller closes it
	Store     string        // folder of prepared files; made, 0700, where it is missing
	Books     Books         // what is known from earlier runs
	Workers   int           // worker processes at once; 0: one for each core
	Deadline  time.Duration // for each file; 0: DefaultDeadline
	Command   []string      // argv of a worker; nil: this executable with WorkerArg
}

// Pool checks and merges PDFs in worker processes. It is safe for concurrent use.
type Pool struct {
	o       Options
	starter *starter
	slots   chan *worker // one entry for each worker that may run; nil: not started

	calls   sync.RWMutex    // held for reading by every call of Make
	life    context.Context // ends with Close
	endLife context.CancelFunc
	closing sync.Once

	files  recent
	making memo[mailout.Digest, outcome] // by recipe
	budget *semaphore.Weighted           // bytes of inputs that may be read into memory
	keeper *keeper
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
	p := &Pool{o: o, starter: newStarter(), slots: make(chan *worker, o.Workers), budget: semaphore.NewWeighted(readBudget)}
	p.life, p.endLife = context.WithCancel(context.Background())
	first, err := p.starter.start(ctx, o.Command)
	if err != nil {
		p.endLife()
		p.starter.stop()
		return nil, err
	}
	p.keeper = newKeeper(o.Store, o.Books)
	p.slots <- first
	for range o.Workers - 1 {
		p.slots <- nil
	}
	return p, nil
}

func (o *Options) complete() error {
	if o.Documents == nil || o.Store == "" || o.Books == nil {
		return errors.New("opening the PDF workers: a documents' folder, a store and books are needed")
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

// Close ends all workers, also those at work, and waits for them; then it brings the
// last verdicts into the books. No call of Make may be going on that is not to fail.
func (p *Pool) Close() (err error) {
	p.closing.Do(func() {
		p.endLife()
		for range p.o.Workers {
			(<-p.slots).end()
		}
		p.starter.stop()
		p.calls.Lock() // the calls that were going on have returned
		defer p.calls.Unlock()
		err = p.keeper.end()
	})
	return err
}

// ask has a worker answer. death is the code of a worker that did not live to answer it
// all; an error means that nothing was found out.
func (p *Pool) ask(ctx context.Context, req request, files [][]byte) (a answer, death string, err error) {
	if p.life.Err() != nil {
		return a, "", errClosed
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	defer context.AfterFunc(p.life, func() { cancel(errClosed) })()

	var w *worker
	select {
	case w = <-p.slots:
	case <-ctx.Done():
		return a, "", context.Cause(ctx)
	}
	a, death, w, err = p.askOne(ctx, w, req, files)
	p.slots <- w
	return a, death, err
}

// maxKills is how many workers may be killed from outside over one request until it is
// put down to what they were asked: the system kills for want of memory.
const maxKills = 8

// askOne asks w, or a fresh worker where it is nil, and returns the worker that lives on, or
// nil.
func (p *Pool) askOne(ctx context.Context, w *worker, req request, files [][]byte) (answer, string, *worker, error) {
	for kills := 0; ; {
		if w == nil {
			var err error
			if w, err = p.starter.start(ctx, p.o.Command); errors.Is(err, errKilled) && kills < maxKills {
				kills++
				continue
			} else if err != nil {
				return answer{}, "", nil, err
			}
		}
		used := w.served > 0
		a, err := w.ask(ctx, p.o.Deadline, req, files)
		if err == nil {
			return a, "", w, nil
		}
		w.end()
		if ctx.Err() != nil {
			return answer{}, "", nil, context.Cause(ctx)
		}
		death := w.causeOfDeath(err)
		switch {
		case death == killed && kills < maxKills: // not its own doing
			kills++
		case death == killed:
			return a, codeMemory, nil, nil
		case used && death != codeTimeout: // the files before it may be to blame
		default:
			return a, death, nil, nil
		}
		w = nil
	}
}
