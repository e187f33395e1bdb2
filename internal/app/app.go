package app

import (
	"context"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"batch/internal/disk"
	"batch/internal/ledger"
	"batch/internal/mailout"
	"batch/internal/manifest"
	"batch/internal/pdfprep"
	"batch/internal/portal"
	"batch/internal/workspace"
)

// WorkerArg is the first argument of a PDF worker process: the command line hands over
// to RunWorker before it reads any flag.
const WorkerArg = pdfprep.WorkerArg

// RunWorker is the body of a PDF worker process.
func RunWorker(in io.Reader, out io.Writer) int { return pdfprep.RunWorker(in, out) }

// Options say where the workspace is and how to speak to the person.
type Options struct {
	Dir       string                                   // where to look for the workspace, upwards
	Now       func() time.Time                         // nil: time.Now
	Password  func(certificate string) (string, error) // asks for the certificate's password
	Ask       func(question string) bool               // asks a question that yes answers; nil: no
	Progress  func(Progress)                           // nil: none
	Checking  func()                                   // told before the ledger is looked through after a crash, which may take minutes; nil: nobody
	Found     func(mailout.Recovered)                  // told once what an earlier run had left, where it left something; nil: nobody
	Warn      func(mailout.Problem)                    // told of what will be in the way of a flow that goes on; nil: nobody
	Trouble   func(since time.Time, why string)        // told once when the portal has not answered whoever follows for a while, and with a zero since when it does again; nil: nobody
	Every     time.Duration                            // how often Progress is told; 0: 10 s
	UserAgent string
	Log       *slog.Logger // nil: none; gets no personal data
	Disk      disk.Disk    // what sent.log and signed documents are written through; nil: the system's
	VFS       string       // the disk below the ledger, by SQLite's name; empty: the system's
	Dial      portal.Dial  // how the portal is reached; nil: TCP, as the system has it
}

// App is an open workspace.
type App struct {
	ws     *workspace.Workspace
	ledger *ledger.Ledger
	now    func() time.Time
	o      Options

	rehearsal bool // real people's numbers are fine: nothing leaves the machine
}

// Open finds the workspace and opens its ledger.
func Open(ctx context.Context, o Options) (*App, error) {
	ws, err := findWorkspace(o.Dir, false)
	if err != nil {
		return nil, err
	}
	return open(ctx, ws, o)
}

// findWorkspace finds the workspace and makes sure that all of its settings hold, those
// too that only the manifest can judge.
func findWorkspace(dir string, rehearsal bool) (*workspace.Workspace, error) {
	ws, err := workspace.Find(dir)
	if err != nil {
		return nil, err
	}
	var faults []workspace.Fault
	for _, m := range manifest.Check(reading(ws.Config, rehearsal)) {
		faults = append(faults, ws.Fault(m.Path, m.Message, m.Remedy))
	}
	if len(faults) > 0 {
		return nil, ws.Faulty(faults)
	}
	return ws, supported(ws.Config)
}

// filled are the options with what stands for their zero values.
func (o Options) filled() Options {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Every == 0 {
		o.Every = 10 * time.Second
	}
	return o
}

func open(ctx context.Context, ws *workspace.Workspace, o Options) (*App, error) {
	o = o.filled()
	if err := ws.CheckFolder(); err != nil {
		return nil, err
	}
	l, err := ledger.Open(ctx, ledger.Options{Path: ws.Ledger(), SentLog: ws.SentLog(), Now: o.Now, Disk: o.Disk, VFS: o.VFS, Checking: o.Checking})
	if err != nil {
		return nil, err
	}
	a := &App{ws: ws, ledger: l, now: o.Now, o: o}
	if err := a.settle(ctx); err != nil {
		a.Close()
		return nil, err
	}
	return a, nil
}

// supported refuses settings that this version would otherwise pass over in silence:
// whoever wrote them relies on them.
func supported(c workspace.Config) error {
	if c.Language != "en" {
		return usage("take language out of batch.toml", "messages in Norwegian are not supported yet")
	}
	return nil
}

// Close closes the ledger.
func (a *App) Close() error { return a.ledger.Close() }

// Dir is the workspace's folder.
func (a *App) Dir() string { return a.ws.Dir }

// Now is the present by the clock of the workspace.
func (a *App) Now() time.Time { return a.now() }

// local is this moment in the workspace's zone, in which package identity then tells dates.
func (a *App) local() time.Time { return a.now().In(a.Zone()) }

// Zone is the workspace's time zone.
func (a *App) Zone() *time.Location { return a.ws.Config.Location }

// Init makes a workspace. It never overwrites: made are the files it wrote, kept those
// that were there.
func Init(dir string) (made, kept []string, err error) { return workspace.Init(dir) }

// documents opens the folder that a manifest's document paths begin in.
func (a *App) documents(manifest string) (*os.Root, error) {
	dir := filepath.Dir(manifest)
	if f := a.ws.Config.Documents.Folder; f != "" {
		dir = f
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, usage("see folder in [documents] of batch.toml", "the documents' folder cannot be opened: %v", err)
	}
	return root, nil
}

// Find resolves what a person called a batch: an id, "latest", or nothing where the
// ledger has exactly one.
func (a *App) Find(ctx context.Context, name string) (mailout.BatchInfo, error) {
	if name != "" && name != "latest" {
		id, err := mailout.ParseBatchID(name)
		if err != nil {
			return mailout.BatchInfo{}, usage("`batch status` lists the batches", "%v", err)
		}
		return a.Books(ctx, id)
	}
	all, err := a.Batches(ctx)
	if err != nil {
		return mailout.BatchInfo{}, err
	}
	var live []mailout.BatchInfo
	for _, b := range all {
		if b.State != mailout.Superseded {
			live = append(live, b)
		}
	}
	switch {
	case len(live) == 0:
		return mailout.BatchInfo{}, usage("plan one with `batch plan MANIFEST`", "there is no batch in this workspace yet")
	case len(live) > 1 && name == "":
		return mailout.BatchInfo{}, usage("name one of those that `batch status` lists, or say latest", "there are %d batches in this workspace", len(live))
	}
	return live[len(live)-1], nil
}
