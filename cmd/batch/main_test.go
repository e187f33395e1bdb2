package main

import (
	"context"
	"os"
	"path/filepath"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

// TestMain makes the test binary a batch as well: scripts and tests find it in their PATH.
// As a PDF worker, run hands over before it reads a flag, as the real program does.
func TestMain(m *testing.M) {
	os.Setenv("GORACE", raceSettings) // of the processes that are started from here on
	testscript.Main(m, map[string]func(){"batch": func() {
		os.Exit(run(context.Background(), os.Args[1:], os.Environ(), os.Stdin, os.Stdout, os.Stderr))
	}})
}

// raceSettings spare every process the second that the race detector waits at its end.
const raceSettings = "atexit_sleep_ms=0"

// The scripts in testdata/script are the manual of the command line. What they can do
// besides the commands of testscript stands in scriptCommands. $SAMPLES is samples/.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:                 filepath.Join("testdata", "script"),
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Cmds:                scriptCommands,
		Setup:               setUp,
	})
}

// setUp is what every script finds.
func setUp(env *testscript.Env) error {
	samples, err := filepath.Abs(filepath.Join("..", "..", "samples"))
	if err != nil {
		return err
	}
	env.Setenv("SAMPLES", samples)
	env.Setenv("GORACE", raceSettings)
	env.Values[portalKey{}] = new(scriptPortal)
	return nil
}
