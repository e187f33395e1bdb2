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
	testscript.Main(m, map[string]func(){"batch": func() {
		os.Exit(run(context.Background(), os.Args[1:], os.Environ(), os.Stdin, os.Stdout, os.Stderr))
	}})
}

// The scripts in testdata/script are the manual of the command line. What they can do
// besides the commands of testscript stands in scriptCommands. $SAMPLES is samples/.
func TestScripts(t *testing.T) {
	samples, err := filepath.Abs(filepath.Join("..", "..", "samples"))
	if err != nil {
		t.Fatal(err)
	}
	testscript.Run(t, testscript.Params{
		Dir:                 filepath.Join("testdata", "script"),
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Cmds:                scriptCommands,
		Setup: func(env *testscript.Env) error {
			env.Setenv("SAMPLES", samples)
			env.Setenv("BATCH_CERTIFICATE_PASSWORD", "")
			return nil
		},
	})
}
