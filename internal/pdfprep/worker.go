package pdfprep

import (
	"bufio"
	"errors"
	"io"
	"os"
	"os/signal"
	"runtime/debug"
	"syscall"

	"github.com/pdfcpu/pdfcpu/pkg/api"
	"github.com/pdfcpu/pdfcpu/pkg/pdfcpu/model"
)

// Memory of a worker, in bytes beyond what it maps when it is ready. The collector works
// hard well before the cap ends the process; a stack this deep is a hostile recursion.
const (
	memoryCap   = 512 << 20
	memoryGoal  = 384 << 20
	maxStack    = 64 << 20
	exitTrouble = 1
)

// RunWorker is the body of a worker process: it answers requests from in on out until
// in ends, and returns the exit code. It changes the limits of the whole process.
func RunWorker(in io.Reader, out io.Writer) int {
	// Ctrl-C and the like reach the whole process group; the parent decides what they mean.
	signal.Ignore(os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	os.Stdout = os.Stderr // a library that prints must not speak into the protocol
	api.DisableConfigDir()
	debug.SetMaxStack(maxStack)
	debug.SetMemoryLimit(memoryGoal)
	debug.SetGCPercent(400) // most files are small: collecting more often is work for nothing
	if err := fenceProcess(memoryCap); err != nil {
		return complain(err)
	}
	if err := serve(bufio.NewReaderSize(in, 64<<10), out); err != nil {
		return complain(err)
	}
	return 0
}

func complain(err error) int {
	os.Stderr.WriteString("PDF worker: " + err.Error() + "\n")
	return exitTrouble
}

// serve answers requests until in ends.
func serve(in io.Reader, out io.Writer) error {
	if err := writeFrame(out, reply{Protocol: protocol}); err != nil {
		return err
	}
	for {
		req, files, err := readRequest(in)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if err := respond(out, req, files); err != nil {
			return err
		}
	}
}

// respond judges the files that are not known and merges them all, if that was asked for
// and none of them is refused. What was read to be judged is merged as it is, not read
// again.
func respond(out io.Writer, req request, files [][]byte) error {
	var m merger
	for i, pdf := range files {
		files[i] = nil // its bytes are in the context now: a merge of many need not hold both
		var v verdict
		if req.Files[i].Known {
			m.open(pdf)
		} else {
			var doc *model.Context
			doc, v = check(pdf)
			if req.Merge = req.Merge && doc != nil; req.Merge {
				m.add(doc)
			}
		}
		if err := writeFrame(out, reply{ID: req.ID, Part: i, Verdict: v}); err != nil {
			return err
		}
	}
	if !req.Merge {
		return nil
	}
	v, merged := m.finish()
	return writeFrame(out, reply{ID: req.ID, Part: len(files), Verdict: v, Bytes: int64(len(merged))}, merged)
}
