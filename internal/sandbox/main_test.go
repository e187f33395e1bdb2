package sandbox

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"testing"
	"time"
)

// They tell a process of this test binary to serve a sandbox that keeps its state, from
// this folder, at this address. It ends with its standard input, or by being killed.
const (
	sandboxDir    = "SANDBOX_TEST_DIR"
	sandboxListen = "SANDBOX_TEST_LISTEN"
)

func TestMain(m *testing.M) {
	dir := os.Getenv(sandboxDir)
	if dir == "" {
		os.Exit(m.Run())
	}
	if err := serveUntilKilled(dir); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func serveUntilKilled(dir string) error {
	r, err := Start(context.Background(), StartOptions{Listen: os.Getenv(sandboxListen), Options: Options{Dir: dir, State: StateFile, NoLimits: true, PollInterval: time.Nanosecond}})
	if err != nil {
		return err
	}
	if err := r.WriteFiles(dir); err != nil {
		return err
	}
	fmt.Println("ready")
	_, err = io.Copy(io.Discard, os.Stdin)
	return errors.Join(err, r.Close())
}
