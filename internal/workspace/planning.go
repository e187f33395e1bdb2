package workspace

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// Planning is held by every process that makes a plan, by several at the same time. The
// operating system lets go of it when the process ends, however it ends: who finds that
// nobody holds it knows that no plan is being made.
type Planning struct{ file *os.File }

// Plan takes it. Where nobody else plans, sweep is called first, and nobody begins to plan
// before it is done: what plans have left behind was left by processes that died.
func (w *Workspace) Plan(sweep func() error) (*Planning, error) {
	path := filepath.Join(w.ledgerFolder(), "planning.lock")
	p, err := plan(path, sweep)
	if err != nil && !errors.As(err, new(sweepError)) {
		return nil, &Error{Code: "lock", Message: "the lock for planning " + path + " cannot be taken: " + reason(err), Err: err,
			Remedy: "see that you may write there; the folder must be on a local disk, which [ledger] folder can name"}
	}
	return p, err
}

// sweepError tells an error of the caller's own.
type sweepError struct{ error }

func (e sweepError) Unwrap() error { return e.error }

// plan takes the lock for itself alone, sweeps, and goes on to share it. In between somebody
// else may have it alone and sweep too: what this process will leave is not there yet.
func plan(path string, sweep func() error) (*Planning, error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	err = lockFile(f)
	if err == nil {
		if err = sweep(); err != nil {
			f.Close()
			return nil, sweepError{err}
		}
	}
	if err == nil || errors.Is(err, errHeld) {
		err = shareFile(f, err == nil)
	}
	if err != nil {
		f.Close()
		return nil, err
	}
	return &Planning{file: f}, nil
}

// End says that the plan is made, or given up.
func (p *Planning) End() error {
	if err := p.file.Close(); err != nil && !errors.Is(err, os.ErrClosed) {
		return fmt.Errorf("closing the lock for planning: %w", err)
	}
	return nil
}
