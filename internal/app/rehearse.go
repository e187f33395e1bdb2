package app

import (
	"context"
	"os"
	"path/filepath"
	"sync"
	"time"

	"batch/internal/mailout"
	"batch/internal/sandbox"
	"batch/internal/workspace"
)

// RehearseOptions say what to rehearse.
type RehearseOptions struct {
	Options
	Manifest string
	Keep     string // a new folder for the workspace; empty: a temporary one
	Outcome  string // "signed=90,rejected=5,expired=5"; empty: all signed
}

// Rehearsal is a throw-away workspace with a sandbox in the same process. Its App is an
// ordinary one: planning, sending, following and reporting are the code that a real
// mail-out runs.
type Rehearsal struct {
	*App
	portal *sandbox.Running
	dir    string
	owner  *workspace.Lock // of a temporary folder; nil: it is kept
	shares []share
	life   context.Context // ends with Close
	stop   context.CancelFunc
	moved  sync.WaitGroup

	mu    sync.Mutex
	asked map[int]mailout.State // line → how its row is to end
}

// signAfter is how long a rehearsed signer takes: long enough that changes do not all
// come at once, short enough to watch.
const signAfter = 200 * time.Millisecond

// Rehearse makes the workspace and starts the sandbox. The settings are those of the
// workspace that Options.Dir is in, where there is one, with the sandbox as its portal;
// otherwise those of a public sender with the sandbox's own organization.
func Rehearse(ctx context.Context, o RehearseOptions) (*Rehearsal, error) {
	shares, err := parseOutcome(o.Outcome)
	if err != nil {
		return nil, err
	}
	dir, owner, err := rehearsalFolder(o.Keep)
	if err != nil {
		return nil, err
	}
	ctx, stop := context.WithCancel(ctx)
	r := &Rehearsal{dir: dir, owner: owner, shares: shares, life: ctx, stop: stop, asked: map[int]mailout.State{}}
	if err := r.start(ctx, dir, o); err != nil {
		r.Close()
		return nil, err
	}
	return r, nil
}

// rehearsalFolder is the folder of a rehearsal; a temporary one is owned by this process.
func rehearsalFolder(keep string) (dir string, owner *workspace.Lock, err error) {
	if keep == "" {
		sweepRehearsals()
		return temporaryRehearsal()
	}
	if entries, err := os.ReadDir(keep); err == nil && len(entries) > 0 {
		return "", nil, usage("name a new one, or delete it first", "the folder %s is there already and not empty", keep)
	}
	dir, err = filepath.Abs(keep)
	return dir, nil, err
}

func (r *Rehearsal) start(ctx context.Context, dir string, o RehearseOptions) (err error) {
	settings, err := rehearsalConfig(o)
	if err != nil {
		return err
	}
	r.portal, err = sandbox.Start(ctx, sandbox.StartOptions{Options: sandbox.Options{
		SignAfter: signAfter, PollInterval: 250 * time.Millisecond, NoLimits: true, Brokers: organizations(settings), Outcome: r.outcome,
	}})
	if err != nil {
		return err
	}
	if err := r.portal.WriteFiles(dir); err != nil {
		return err
	}
	ws, err := workspace.Find(dir)
	if err != nil {
		return err
	}
	portal, identity := ws.Config.Portal, ws.Config.Identity
	settings.Portal, settings.Identity = portal, identity
	settings.Portal.CallsPerSecond = 0 // the sandbox counts no calls here: pacing is set wide
	settings.Ledger.Folder = ""        // the rehearsal's books are its own
	ws.Config = settings
	o.Ask = func(string) bool { return true } // nothing leaves the machine: there is nothing to think over
	r.App, err = open(ctx, ws, o.Options)
	if err != nil {
		return err
	}
	r.App.rehearsal = true
	return nil
}

// rehearsalConfig are the settings of the workspace around, where there is one.
func rehearsalConfig(o RehearseOptions) (workspace.Config, error) {
	ws, err := findWorkspace(o.Dir, true)
	switch {
	case err == nil:
		return ws.Config, nil
	case workspace.IsNone(err):
		c := workspace.Default()
		c.Sender = workspace.Sender{Organization: sandbox.Organization, Kind: mailout.Public}
		return c, nil
	}
	return workspace.Config{}, err
}

// organizations are those a workspace sends for: the sandbox's certificate may send for
// them as a broker.
func organizations(c workspace.Config) []string {
	all := []string{string(c.Sender.Organization)}
	for _, s := range c.Senders {
		all = append(all, string(s.Organization))
	}
	return all
}

// Kept reports whether the workspace stays after Close.
func (r *Rehearsal) Kept() bool { return r.owner == nil }

// SignedFolder is where the signed documents of a batch are.
func (r *Rehearsal) SignedFolder(id mailout.BatchID) string { return r.ws.Signed(id) }

// Close ends the sandbox and, unless it is to be kept, deletes the workspace.
func (r *Rehearsal) Close() {
	r.stop()
	r.moved.Wait()
	if r.App != nil {
		r.App.Close()
	}
	if r.portal != nil {
		r.portal.Close()
	}
	if !r.Kept() {
		r.owner.Unlock() // an open file cannot be deleted on Windows
		os.RemoveAll(r.dir)
	}
}

// Assign says how each row is to end, by the shares that were asked for, and begins to
// move the sandbox's clock. It is called once the rows are known.
func (r *Rehearsal) Assign(ctx context.Context, id mailout.BatchID) error {
	var lines []int
	for rec, err := range r.Records(ctx, id) {
		if err != nil {
			return err
		}
		if !rec.Skipped {
			lines = append(lines, rec.Line)
		}
	}
	r.mu.Lock()
	ends := apportion(r.shares, len(lines))
	for i, line := range lines {
		r.asked[line] = ends[i]
	}
	r.mu.Unlock()
	r.moved.Go(func() { r.moveClock(r.life, id) })
	return nil
}

// outcome tells the sandbox how the job with a reference is to end.
func (r *Rehearsal) outcome(_ int, reference string) sandbox.Outcome {
	parts, _ := mailout.Ref(reference).Parse()
	r.mu.Lock()
	defer r.mu.Unlock()
	return sandbox.Outcome(r.asked[parts.Line])
}

// moveClock lets days pass for the sandbox when nothing is left to happen today: rows
// that start tomorrow start, deadlines of those who do not sign go by.
func (r *Rehearsal) moveClock(ctx context.Context, id mailout.BatchID) {
	tick := time.NewTicker(300 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		b, err := r.Books(ctx, id)
		if err != nil {
			return
		}
		if b.Totals[mailout.Planned]+b.Totals[mailout.Sending] == 0 {
			if by := r.portal.Sandbox.AdvanceIdle(signAfter); by > 0 {
				r.App.o.Log.Debug("moved the sandbox's clock", "by", by)
			}
		}
	}
}

// Mismatch is a row that did not end as asked.
type Mismatch struct {
	Line         int
	Asked, State mailout.State
}

// Wrong lists the rows that did not end as asked.
func (r *Rehearsal) Wrong(ctx context.Context, id mailout.BatchID) (all []Mismatch, err error) {
	for rec, err := range r.Records(ctx, id) {
		if err != nil {
			return nil, err
		}
		if want := r.asked[rec.Line]; !rec.Skipped && rec.State != want {
			all = append(all, Mismatch{Line: rec.Line, Asked: want, State: rec.State})
		}
	}
	return all, nil
}

// RealTime is about how long sending the batch to the real portal takes.
func (r *Rehearsal) RealTime(b mailout.BatchInfo) time.Duration {
	return CallsTake(b.Rows-b.Totals[mailout.Skipped], PortalCallsPerSecond)
}
