package app

import (
	"os"
	"testing"
)

// TestMain hands over to the PDF worker where that is what was started.
func TestMain(m *testing.M) {
	if len(os.Args) == 2 && os.Args[1] == WorkerArg {
		os.Exit(RunWorker(os.Stdin, os.Stdout))
	}
	os.Exit(m.Run())
}
