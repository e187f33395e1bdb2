package pdfprep

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"runtime"
	"sync"
	"syscall"
	"time"

	"batch/internal/mailout"
)

// startDeadline is the time a worker may take until it is ready; milliseconds are usual.
const startDeadline = time.Minute

// starter starts workers from one goroutine that is locked to its thread: on Linux a
// worker is told to die with the *thread* that started it, so that thread must live as
// long as the workers.
type starter struct {
	jobs    chan func()
	stopped chan struct{}
	once    sync.Once
}

func newStarter() *starter {
	s := &starter{jobs: make(chan func()), stopped: make(chan struct{})}
	go func() {
		runtime.LockOSThread() // never unlocked: the thread ends with the goroutine
		defer close(s.stopped)
		for job := range s.jobs {
			job()
		}
	}()
	return s
}

// stop ends the thread. All workers must have ended, and no start may be going on.
func (s *starter) stop() {
	s.once.Do(func() { close(s.jobs) })
	<-s.stopped
}

// start runs argv and waits until it says that it is a worker of this program's kind.
func (s *starter) start(ctx context.Context, argv []string) (*worker, error) {
	w := &worker{cmd: exec.Command(argv[0], argv[1:]...)}
	w.cmd.Env = []string{}
	w.cmd.Stderr = &w.complaint
	w.cmd.SysProcAttr = dieWithParent()
	w.cmd.WaitDelay = time.Second // for its last words, should something else hold the pipe
	if err := w.connect(); err != nil {
		return nil, fmt.Errorf("starting a PDF worker: %w", err)
	}
	started := make(chan error)
	s.jobs <- func() { started <- w.cmd.Start() }
	if err := <-started; err != nil {
		return nil, fmt.Errorf("starting a PDF worker: %w", err)
	}
	if err := w.greet(ctx); err != nil {
		w.end()
		if ctx.Err() == nil && w.causeOfDeath(err) == killed {
			err = errKilled
		}
		return nil, fmt.Errorf("starting a PDF worker: %w", err)
	}
	return w, nil
}

// errKilled says that somebody else, or the system, killed a worker before it was ready.
var errKilled = errors.New("it was killed")

// worker is a running worker process. One goroutine at a time uses it.
type worker struct {
	cmd       *exec.Cmd
	in        io.WriteCloser
	pipe      io.ReadCloser
	out       *bufio.Reader
	complaint head // what it wrote to stderr
	asked     int  // requests it was given
	served    int  // … and that it answered
}

func (w *worker) connect() (err error) {
	if w.in, err = w.cmd.StdinPipe(); err != nil {
		return err
	}
	if w.pipe, err = w.cmd.StdoutPipe(); err != nil {
		return err
	}
	w.out = bufio.NewReaderSize(w.pipe, 64<<10)
	return nil
}

// greet waits for the worker's first reply.
func (w *worker) greet(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, startDeadline)
	defer cancel()
	defer context.AfterFunc(ctx, w.kill)()
	rep, _, err := readReply(w.out, 0)
	switch {
	case ctx.Err() != nil:
		return context.Cause(ctx)
	case err != nil:
		return fmt.Errorf("reading its first words: %w", err)
	case rep.Protocol != protocol:
		return fmt.Errorf("it speaks %.40q, not %q: the program was changed while it ran", rep.Protocol, protocol)
	}
	return nil
}

// errDeadline ends a worker that takes too long.
var errDeadline = errors.New("the deadline for this file has passed")

// answer is what a worker said to a request, as far as it lived.
type answer struct {
	verdicts []verdict // of each file, in order
	merged   verdict
	pdf      []byte // what merged is about
}

// ask hands files over and reads the answer; each file has the deadline for itself, and to
// merge them all has twice that. After an error the worker is of no more use and must be
// ended; what it said before stands.
func (w *worker) ask(ctx context.Context, deadline time.Duration, req request, files [][]byte) (a answer, err error) {
	w.asked++
	req.ID = w.asked
	if err := w.within(ctx, deadline, func() error { return writeFrame(w.in, req, files...) }); err != nil {
		return a, err
	}
	for i, file := range req.Files {
		rep, _, err := w.hear(ctx, deadline, i, 0)
		if err != nil {
			return a, err
		}
		a.verdicts = append(a.verdicts, rep.Verdict)
		req.Merge = req.Merge && (file.Known || rep.Verdict.Pages > 0)
	}
	if req.Merge {
		var rep reply
		if rep, a.pdf, err = w.hear(ctx, 2*deadline, len(req.Files), mailout.MaxDocumentBytes); err != nil {
			return a, err
		}
		a.merged = rep.Verdict
	}
	w.served++
	return a, nil
}

// hear reads the reply to a part of the newest request, with a PDF of at most so many bytes.
// One that is out of place comes from a worker that a file took over: its verdicts would be
// put down to other files.
func (w *worker) hear(ctx context.Context, deadline time.Duration, part int, most int64) (rep reply, pdf []byte, err error) {
	err = w.within(ctx, deadline, func() (err error) {
		rep, pdf, err = readReply(w.out, most)
		if err == nil && (rep.ID != w.asked || rep.Part != part) {
			err = errors.New("a reply that is out of place")
		}
		return err
	})
	return rep, pdf, err
}

// within kills the worker when f takes longer than the deadline, or ctx ends.
func (w *worker) within(ctx context.Context, deadline time.Duration, f func() error) error {
	ctx, cancel := context.WithTimeoutCause(ctx, deadline, errDeadline)
	defer cancel()
	stop := context.AfterFunc(ctx, w.kill)
	err := f()
	if !stop() { // it is being killed, whatever it has said
		return context.Cause(ctx)
	}
	return err
}

func (w *worker) kill() { _ = w.cmd.Process.Kill() }

// end kills the worker, if it still runs, and waits for it. Its exit status says nothing
// that matters: it never writes anything that could be left half done.
func (w *worker) end() {
	if w == nil {
		return
	}
	w.kill()
	_ = w.in.Close()
	_ = w.cmd.Wait()
}

// causeOfDeath is the code for a worker that ended with err instead of an answer. It
// is called after end, when its last words are in.
func (w *worker) causeOfDeath(err error) string {
	if errors.Is(err, errDeadline) {
		return codeTimeout
	}
	for _, last := range lastWords {
		if w.complaint.contains(last.words) {
			return last.code
		}
	}
	if ended := errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, syscall.EPIPE); ended && wasKilled(w.cmd.ProcessState) {
		return killed
	}
	return codeCrash
}

// killed is how a worker died that was killed from outside: no code of a finding.
const killed = "killed"

// lastWords are how the Go runtime says that it gets no more memory (two of them with the
// race detector), or that a recursion has no end.
var lastWords = []struct{ words, code string }{
	{"out of memory", codeMemory},
	{"cannot allocate memory", codeMemory},
	{"address space collisions", codeMemory},
	{"ThreadSanitizer failed to allocate", codeMemory},
	{"stack exceeds", codeNesting},
	{"stack overflow", codeNesting},
}

// head keeps the first bytes of what a worker complains of, to tell a lack of memory from a
// crash. It is never shown: a crash may print what stood in the PDF.
type head struct{ b []byte }

const maxHead = 16 << 10

func (h *head) Write(p []byte) (int, error) {
	h.b = append(h.b, p[:min(len(p), maxHead-len(h.b))]...)
	return len(p), nil
}

func (h *head) contains(s string) bool { return bytes.Contains(h.b, []byte(s)) }
