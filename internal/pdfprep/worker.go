package pdfprep

import (
	"bufio"
	"errors"
	"io"
	"os"
	"os/signal"
	"runtime/debug"

	"github.com/pdfcpu/pdfcpu/pkg/api"
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
	// Ctrl-C reaches the whole process group; the parent decides what it means.
	signal.Ignore(os.Interrupt)
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
		rep, merged := answer(req, files)
		if err := writeFrame(out, rep, merged); err != nil {
			return err
		}
	}
}

// answer judges the files that are not known and merges them all, if that was asked for and
// none of them is refused. What was read to be judged is merged as it is, not read again.
func answer(req request, files [][]byte) (reply, []byte) {
	rep := reply{Verdicts: make([]verdict, len(files))}
	var m merger
	for i, pdf := range files {
		files[i] = nil // its bytes are in the context now: a merge of many need not hold both
		if req.Files[i].Known {
			m.open(pdf)
			continue
		}
		doc, v := check(pdf)
		rep.Verdicts[i] = v
		switch {
		case doc == nil:
			req.Merge = false
		case req.Merge:
			m.add(doc)
		}
	}
	if !req.Merge {
		return rep, nil
	}
	var merged []byte
	rep.Merged, merged = m.finish()
	rep.Bytes = int64(len(merged))
	return rep, merged
}
