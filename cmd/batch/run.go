package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/alecthomas/kong"

	"batch/internal/app"
	"batch/internal/mailout"
)

// cli is the command line. The order here is the order of the help.
type cli struct {
	common

	Init     initCmd     `cmd:"" help:"Make a workspace: batch.toml, manifest templates, .gitignore. Never overwrites."`
	Doctor   doctorCmd   `cmd:"" help:"Check everything that is not the manifest: settings, certificate, clock, portal, ledger, disk."`
	Plan     planCmd     `cmd:"" help:"Read, check and freeze a manifest; print what would be sent, or all problems. Sends nothing."`
	Run      runCmd      `cmd:"" help:"Plan, ask, and send; or send a plan made earlier with --approve."`
	Resume   resumeCmd   `cmd:"" help:"Go on with an approved batch that was stopped, killed or brought to a halt."`
	Follow   followCmd   `cmd:"" help:"Take status changes, fetch and keep signed documents, confirm; until all is final."`
	Status   statusCmd   `cmd:"" help:"The books: rows per state, their sum, and what to do next."`
	Why      whyCmd      `cmd:"" help:"A row's whole history."`
	Report   reportCmd   `cmd:"" help:"Write the completion report."`
	Resolve  resolveCmd  `cmd:"" help:"Settle an unknown row after searching the sender portal, or lay an alarm to rest."`
	Cancel   cancelCmd   `cmd:"" help:"Cancel jobs, and withdraw rows not yet sent."`
	Rehearse rehearseCmd `cmd:"" help:"Run a manifest's whole life against a sandbox inside the process. Nothing leaves the machine."`
	Sandbox  sandboxCmd  `cmd:"" help:"A portal stand-in as a server, for trying things out."`
	Version  versionCmd  `cmd:"" help:"Print the version."`
}

type common struct {
	Workspace string `help:"Folder of the workspace; default: the current folder or above it." placeholder:"DIR" type:"path"`
	JSON      bool   `name:"json" help:"Print one JSON object a line on stdout; the last one is the totals."`
	Quiet     bool   `help:"Print results only."`
	Verbose   bool   `help:"Log what is done to stderr."`
	Plain     bool   `help:"Keep no line current; print plain lines."`
	Yes       bool   `help:"Answer every question with yes."`
	Color     string `help:"Colour problems and warnings: auto, always or never." enum:"auto,always,never" default:"auto"`
	Log       string `help:"Append a log of JSON lines to a file; it holds no personal data." placeholder:"FILE" type:"path"`
}

// session is one run of the program.
type session struct {
	common
	ui   *ui
	hard context.Context // ends at the second Ctrl-C
	soft context.Context // ends at the first
	log  *slog.Logger
	exit int

	planning bool // a plan is being made: nothing was sent and nothing is lost
}

// version is set by the linker.
var version = "development"

// run is the program: everything but the process. It returns the exit code.
func run(ctx context.Context, args, env []string, stdin io.Reader, stdout, stderr io.Writer) int {
	if len(args) > 0 && args[0] == app.WorkerArg {
		return app.RunWorker(stdin, stdout)
	}
	var c cli
	helped := false
	parser, err := kong.New(&c, kong.Name("batch"), kong.Writers(stdout, stderr), kong.Exit(func(int) { helped = true }),
		kong.Description("Gets a spreadsheet of people and a folder of PDFs signed through Posten signering."),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true, WrapUpperBound: 100}))
	if err != nil {
		fmt.Fprintln(stderr, "batch:", err)
		return exitInternal
	}
	if len(args) == 0 {
		args = []string{"--help"}
	}
	parsed, err := parser.Parse(args)
	if helped {
		return exitOK
	}
	if err != nil {
		fmt.Fprintf(stderr, "batch: %s\n  → see batch --help\n", clean(err.Error()))
		(&ui{out: stdout, err: stderr, asJSON: slices.Contains(args, "--json")}).total(mailout.BatchInfo{}, exitUsage)
		return exitUsage
	}
	if lookup(env, "NO_COLOR") != "" && c.Color == "auto" {
		c.Color = "never"
	}
	return c.start(ctx, parsed, stdin, stdout, stderr)
}

func (c *cli) start(ctx context.Context, parsed *kong.Context, stdin io.Reader, stdout, stderr io.Writer) int {
	log, closeLog, err := openLog(c.common, stderr)
	if err != nil {
		fmt.Fprintln(stderr, "batch:", err)
		return exitUsage
	}
	defer closeLog()
	s := &session{common: c.common, ui: newUI(c.common, stdin, stdout, stderr), log: log}
	var release func()
	s.hard, s.soft, release = interruptible(ctx, s.ui)
	defer release()
	s.log.Debug("begin", "command", parsed.Command())
	if err := parsed.Run(s); err != nil {
		s.finish(err, "")
	}
	s.log.Debug("end", "command", parsed.Command(), "exit", s.exit)
	return s.exit
}

// interruptible gives the two contexts of a run. The first Ctrl-C (or SIGTERM) ends soft:
// calls in flight finish and the books are written. The second ends hard.
func interruptible(ctx context.Context, u *ui) (hard, soft context.Context, release func()) {
	hard, stopHard := context.WithCancel(ctx)
	soft, stopSoft := context.WithCancel(hard)
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	go func() {
		for _, end := range []func(){stopSoft, stopHard} {
			select {
			case <-signals:
				if soft.Err() == nil {
					u.note("stopping: what is under way is finished and written down; once more stops at once")
				}
				end()
			case <-hard.Done():
				return
			}
		}
	}()
	return hard, soft, func() { signal.Stop(signals); stopHard() }
}

// openLog is where the log goes: to a file with --log, to stderr with --verbose, both, or
// nowhere.
func openLog(c common, stderr io.Writer) (*slog.Logger, func() error, error) {
	var to []slog.Handler
	closeLog := func() error { return nil }
	if c.Verbose {
		to = append(to, slog.NewTextHandler(stderr, &slog.HandlerOptions{Level: slog.LevelDebug}))
	}
	if c.Log != "" {
		f, err := os.OpenFile(c.Log, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
		if err != nil {
			return nil, nil, fmt.Errorf("opening the log: %w", err)
		}
		closeLog = f.Close
		to = append(to, slog.NewJSONHandler(f, &slog.HandlerOptions{Level: slog.LevelDebug}))
	}
	return slog.New(slog.NewMultiHandler(to...)), closeLog, nil
}

// open opens the workspace for a command.
func (s *session) open() (*app.App, error) { return app.Open(s.hard, s.appOptions()) }

// openBatch opens the workspace and the books of the batch that a person named.
func (s *session) openBatch(name string) (*app.App, mailout.BatchInfo, error) {
	a, err := s.open()
	if err != nil {
		return nil, mailout.BatchInfo{}, err
	}
	books, err := a.Find(s.hard, name)
	if err != nil {
		a.Close()
		return nil, books, err
	}
	return a, books, nil
}

func (s *session) appOptions() app.Options {
	every := 10 * time.Second
	if s.ui.live {
		every = 250 * time.Millisecond
	}
	dir := s.Workspace
	if dir == "" {
		dir = "."
	}
	return app.Options{Dir: dir, Password: s.ui.password, Ask: s.ui.confirm, Progress: s.ui.progress, Every: every, UserAgent: "batch/" + version, Log: s.log}
}

// finish ends a command: it tells the error, sets the exit code and, with --json, writes
// the totals. The totals are of the first batch given.
func (s *session) finish(err error, ending app.Ending, books ...mailout.BatchInfo) error {
	s.exit = exitCode(err, ending, books...)
	if err != nil {
		if errors.Is(err, context.Canceled) && s.soft.Err() != nil {
			err, s.exit = s.interrupted(), exitStopped
		}
		s.log.Error("failed", "kind", app.Explain(err).Kind, "exit", s.exit)
		s.ui.fail(err)
	}
	var first mailout.BatchInfo
	if len(books) > 0 {
		first = books[0]
	}
	s.ui.total(first, s.exit)
	return nil
}

// interrupted is the error of a command that a person ended: at the second Ctrl-C, or at
// the first where nothing was under way that had to be finished.
func (s *session) interrupted() error {
	if s.planning {
		return &app.Error{Kind: app.KindInternal, Message: "stopped, as asked; nothing was sent",
			Remedy: "the same command goes on: what was checked so far is not checked again"}
	}
	if s.hard.Err() != nil {
		return &app.Error{Kind: app.KindInternal, Message: "stopped at once, as asked; the ledger is true", Remedy: "`batch resume` goes on"}
	}
	return &app.Error{Kind: app.KindInternal, Message: "stopped, as asked; the ledger is true", Remedy: "the same command goes on"}
}

// done ends a command that did its work, whatever the books say: exit 0.
func (s *session) done(books mailout.BatchInfo) error {
	s.ui.total(books, exitOK)
	return nil
}

func lookup(env []string, name string) string {
	for _, e := range env {
		if v, ok := strings.CutPrefix(e, name+"="); ok {
			return v
		}
	}
	return ""
}
