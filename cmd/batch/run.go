package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
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
	Audit    auditCmd    `cmd:"" help:"Look a batch through, offline: files, signatures, histories, sent.log, sums. Changes nothing."`
	Next     nextCmd     `cmd:"" help:"Write a manifest for another attempt at rows that are over."`
	Resolve  resolveCmd  `cmd:"" help:"Settle an unknown row after searching the sender portal, or lay an alarm to rest."`
	Cancel   cancelCmd   `cmd:"" help:"Cancel jobs, and withdraw rows not yet sent."`
	Purge    purgeCmd    `cmd:"" help:"Delete the personal data of a batch that is over."`
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

	alarms   alarms
	planning bool   // a plan is being made: nothing was sent and nothing is lost
	asksOf   string // the batch that was rebuilt before it is asked about; else empty
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
		fmt.Fprintf(stderr, "batch: %s\n  → see batch %s--help\n", clean(err.Error()), commandOf(err))
		(&ui{out: stdout, err: stderr, asJSON: slices.Contains(args, "--json")}).total(mailout.BatchInfo{}, exitUsage)
		return exitUsage
	}
	if lookup(env, "NO_COLOR") != "" && c.Color == "auto" {
		c.Color = "never"
	}
	return c.start(ctx, parsed, stdin, stdout, stderr)
}

// commandOf is the command in which a command line went wrong, and a space; empty where it is not
// known.
func commandOf(err error) string {
	var wrong *kong.ParseError
	if !errors.As(err, &wrong) || wrong.Context == nil {
		return ""
	}
	if command := wrong.Context.Selected(); command != nil {
		return command.Name + " "
	}
	return ""
}

func (c *cli) start(ctx context.Context, parsed *kong.Context, stdin io.Reader, stdout, stderr io.Writer) int {
	u := newUI(c.common, stdin, stdout, stderr)
	log, closeLog, err := openLog(c.common, u)
	if err != nil {
		fmt.Fprintln(stderr, "batch:", err)
		return exitUsage
	}
	defer closeLog()
	s := &session{common: c.common, ui: u, log: log}
	var release func()
	s.hard, s.soft, release = interruptible(ctx, s.ui)
	defer release()
	s.log.Info("begin", "command", parsed.Command(), "version", version, "pid", os.Getpid())
	if err := parsed.Run(s); err != nil {
		s.finish(err, "")
	}
	s.log.Info("end", "command", parsed.Command(), "exit", s.exit)
	return s.exit
}

// open opens the workspace for a command.
func (s *session) open() (*app.App, error) {
	a, err := app.Open(s.hard, s.appOptions())
	s.alarms.app = a
	return a, err
}

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
	return app.Options{Dir: dir, Password: s.ui.password, Ask: s.ui.confirm, Progress: s.ui.progress, Checking: s.ui.checking, Found: s.ui.found, Warn: s.ui.warn, Trouble: s.ui.trouble, Every: every, UserAgent: "batch/" + version, Log: s.log}
}

// finish ends a command: it tells the error, sets the exit code and, with --json, writes
// the totals. The totals are of the first batch given.
func (s *session) finish(err error, ending app.Ending, books ...mailout.BatchInfo) error {
	s.exit = exitCode(err, ending, books...)
	if err != nil {
		if s.stopped(err) {
			err, s.exit = s.interrupted(), exitStopped
		}
		s.logFailure(err)
		s.ui.fail(err)
	}
	var first mailout.BatchInfo
	if len(books) > 0 {
		first = books[0]
	}
	s.tellAlarms()
	s.ui.total(first, s.exit)
	return nil
}

// stopped reports whether an error says no more than that a person, or nobody who reads,
// ended the command.
func (s *session) stopped(err error) bool {
	return s.ui.left.Load() || s.soft.Err() != nil && (errors.Is(err, context.Canceled) || errors.Is(err, syscall.EPIPE))
}

// interrupted is the error of a command that a person ended: at a question, at the second
// Ctrl-C, or at the first where nothing was under way that had to be finished.
func (s *session) interrupted() error {
	if s.ui.left.Load() && s.asksOf != "" {
		return &app.Error{Kind: app.KindInternal, Message: "stopped at the question, as asked; the books are rebuilt, and nothing was sent",
			Remedy: "`batch resume " + s.asksOf + "` asks again"}
	}
	if s.ui.left.Load() {
		return &app.Error{Kind: app.KindInternal, Message: "stopped at the question, as asked; nothing was done",
			Remedy: "the same command asks again"}
	}
	if s.ui.unread.Load() {
		return &app.Error{Kind: app.KindInternal, Message: nobodyReads + "; the ledger is true", Remedy: "the same command goes on"}
	}
	if s.planning {
		return &app.Error{Kind: app.KindInternal, Message: "stopped, as asked; nothing was sent",
			Remedy: "the same command goes on: what was checked so far is not checked again"}
	}
	at := ""
	if s.hard.Err() != nil {
		at = " at once"
	}
	return &app.Error{Kind: app.KindInternal, Message: "stopped" + at + ", as asked; the ledger is true", Remedy: "the same command goes on"}
}

// nobodyReads is why a command stops whose output goes to a program that has ended.
const nobodyReads = "stopped: what it prints goes to a program that reads no more"

// done ends a command that did its work, whatever the books say: exit 0.
func (s *session) done(books mailout.BatchInfo) error {
	s.tellAlarms()
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
