package main

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"
)

// scriptCommands are what scripts can do besides the commands of testscript.
//
//	exits CODE batch ARGS…             run batch; the exit code must be CODE
//	sandbox start DIR FLAGS…           start "batch sandbox" as a process of its own, without limits, and
//	                                   wait until it is ready; DIR is a workspace for it; it ends with the script
//	sandbox strict DIR FLAGS…          the same, with the portal's own limits and the pace for them
//	sandbox stop                       end it
//	control GET|POST|PUT PATH [BODY]   ask its control API; the answer is the new stdout
//	await N KEY=VALUE,… PATH           ask until N objects of the answer fit
//	settings DIR KEY=VALUE…            change keys of DIR/batch.toml, as send.absent_after="0s"; KEY alone
//	                                   takes it out
//	[!] json KEY=VALUE,… PATH VALUE    all objects of stdout (JSON lines or a list) that fit, and one at
//	                                   least, have the value at a path like signers.0.status; <=N is one too
//	json KEY=VALUE,… -count N          so many objects of stdout fit
//	let NAME KEY=VALUE,… PATH          keep a value of stdout as $NAME
//	pdf FILE…                          make PDFs of one page, each different; {1..9} in a name stands for each of
//	                                   these numbers
//	flip FILE                          change one bit, in the last byte
//	page FILE                          stdout is FILE, but for what another run has others of; there BATCH, DIGEST,
//	                                   DATE (before 2030) and SIZE (a merge's differs by a byte) stand for them
var scriptCommands = map[string]func(ts *testscript.TestScript, neg bool, args []string){
	"exits":    cmdExits,
	"sandbox":  cmdSandbox,
	"control":  cmdControl,
	"await":    cmdAwait,
	"settings": cmdSettings,
	"json":     cmdJSON,
	"let":      cmdLet,
	"pdf":      cmdPDF,
	"flip":     cmdFlip,
	"page":     cmdPage,
}

func usage(ts *testscript.TestScript, neg bool, ok bool, text string) {
	if neg || !ok {
		ts.Fatalf("usage: %s", text)
	}
}

func cmdExits(ts *testscript.TestScript, neg bool, args []string) {
	usage(ts, neg, len(args) >= 2, "exits CODE COMMAND ARGS…")
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	got := 0
	var ended *exec.ExitError
	switch err := ts.Exec(args[1], args[2:]...); {
	case errors.As(err, &ended):
		got = ended.ExitCode()
	default:
		ts.Check(err)
	}
	if got != want {
		ts.Fatalf("exit code %d, want %d", got, want)
	}
}

// portalKey is where a script keeps its *scriptPortal.
type portalKey struct{}

type scriptPortal struct{ *portal }

// sandboxOf is the sandbox that the script has started.
func sandboxOf(ts *testscript.TestScript) *portal {
	p := ts.Value(portalKey{}).(*scriptPortal)
	if p.portal == nil {
		ts.Fatalf("no sandbox was started")
	}
	return p.portal
}

func cmdSandbox(ts *testscript.TestScript, neg bool, args []string) {
	usage(ts, neg, len(args) > 1 && (args[0] == "start" || args[0] == "strict") || len(args) == 1 && args[0] == "stop",
		"sandbox start|strict DIR FLAGS… | sandbox stop")
	if args[0] == "stop" {
		ts.Check(sandboxOf(ts).stop())
		return
	}
	start := startPortal
	if args[0] == "strict" {
		start = startStrictPortal
	}
	p, err := start(ts.MkAbs(args[1]), args[2:]...)
	ts.Check(err)
	ts.Defer(func() { p.stop() })
	ts.Value(portalKey{}).(*scriptPortal).portal = p
}

func cmdControl(ts *testscript.TestScript, neg bool, args []string) {
	usage(ts, neg, len(args) == 2 || len(args) == 3, "control GET|POST|PUT PATH [BODY]")
	answer, err := sandboxOf(ts).ask(args[0], args[1], strings.Join(args[2:], ""))
	ts.Check(err)
	_, err = ts.Stdout().Write(answer)
	ts.Check(err)
}

func cmdAwait(ts *testscript.TestScript, neg bool, args []string) {
	usage(ts, neg, len(args) == 3, "await N KEY=VALUE,… PATH")
	n, err := strconv.Atoi(args[0])
	ts.Check(err)
	ts.Check(sandboxOf(ts).await(args[2], func(answer []byte) bool {
		found, err := findObjects(string(answer), args[1])
		ts.Check(err)
		return len(found) >= n
	}))
}

func cmdSettings(ts *testscript.TestScript, neg bool, args []string) {
	usage(ts, neg, len(args) >= 2, "settings DIR KEY=VALUE…")
	ts.Check(changeSettings(filepath.Join(ts.MkAbs(args[0]), "batch.toml"), args[1:]...))
}

func cmdJSON(ts *testscript.TestScript, neg bool, args []string) {
	usage(ts, false, len(args) == 3, "[!] json KEY=VALUE,… PATH VALUE | json KEY=VALUE,… -count N")
	found, err := findObjects(ts.ReadFile("stdout"), args[0])
	ts.Check(err)
	if args[1] == "-count" {
		if got := strconv.Itoa(len(found)); got != args[2] {
			ts.Fatalf("%s objects fit %s, want %s", got, args[0], args[2])
		}
		return
	}
	if len(found) == 0 {
		ts.Fatalf("no object fits %s", args[0])
	}
	for _, o := range found {
		if got := field(o, args[1]); isValue(got, args[2]) == neg {
			ts.Fatalf("%s of %s is %q", args[1], args[0], got)
		}
	}
}

// isValue reports whether a value is as wanted: the same, or with <=N no more than that.
func isValue(got, want string) bool {
	limit, isLimit := strings.CutPrefix(want, "<=")
	if !isLimit {
		return got == want
	}
	n, err1 := strconv.Atoi(got)
	most, err2 := strconv.Atoi(limit)
	return err1 == nil && err2 == nil && n <= most
}

func cmdLet(ts *testscript.TestScript, neg bool, args []string) {
	usage(ts, neg, len(args) == 3, "let NAME KEY=VALUE,… PATH")
	found, err := findObjects(ts.ReadFile("stdout"), args[1])
	ts.Check(err)
	if len(found) != 1 {
		ts.Fatalf("%d objects fit %s, want one", len(found), args[1])
	}
	ts.Setenv(args[0], field(found[0], args[2]))
}

func cmdPDF(ts *testscript.TestScript, neg bool, args []string) {
	usage(ts, neg, len(args) > 0, "pdf FILE…")
	for _, arg := range args {
		for _, name := range ranged(ts, arg) {
			ts.Check(writePDF(ts.MkAbs(name), name))
		}
	}
}

var numberRange = regexp.MustCompile(`\{(\d+)\.\.(\d+)\}`)

// ranged writes out a name with a range of numbers in it.
func ranged(ts *testscript.TestScript, name string) (names []string) {
	found := numberRange.FindStringSubmatch(name)
	if found == nil {
		return []string{name}
	}
	from, err := strconv.Atoi(found[1])
	ts.Check(err)
	to, err := strconv.Atoi(found[2])
	ts.Check(err)
	for n := from; n <= to; n++ {
		names = append(names, strings.Replace(name, found[0], strconv.Itoa(n), 1))
	}
	return names
}

func cmdFlip(ts *testscript.TestScript, neg bool, args []string) {
	usage(ts, neg, len(args) == 1, "flip FILE")
	path := ts.MkAbs(args[0])
	b, err := os.ReadFile(path)
	ts.Check(err)
	b[len(b)-1] ^= 1
	ts.Check(os.WriteFile(path, b, 0o600))
}

// runsApart finds what differs from run to run.
var runsApart = regexp.MustCompile(`\d[\d ]* bytes;|has \d[\d ]* of|\b\d{4}-\d\d-\d\d-[a-z0-9]{2}\b|\b20[0-2]\d-\d\d-\d\d \d\d:\d\d\b|\b([0-9a-f]{64}|[0-9a-f]{12})\b`)

func cmdPage(ts *testscript.TestScript, neg bool, args []string) {
	usage(ts, neg, len(args) == 1, "page FILE")
	got := runsApart.ReplaceAllStringFunc(ts.ReadFile("stdout"), func(found string) string {
		switch {
		case strings.HasSuffix(found, "bytes;"):
			return "SIZE bytes;"
		case strings.HasPrefix(found, "has"):
			return "has SIZE of"
		case strings.Contains(found, ":"):
			return "DATE"
		case strings.Contains(found, "-"):
			return "BATCH"
		}
		return "DIGEST"
	})
	if want := ts.ReadFile(args[0]); got != want {
		ts.Fatalf("the page is\n%s\nwant\n%s", got, want)
	}
}
