package main

import (
	"bytes"
	"cmp"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"iter"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"batch/internal/mailout"
)

// With -update, what the scripts of problems print is written into them, and into
// docs/problems.md.
var update = flag.Bool("update", false, "write what is printed into testdata/problems and docs/problems.md")

// notShown are the codes that no script can bring about, and why.
var notShown = map[string]string{
	"certificate-ends-first": "the dates in it are other ones every day; see testdata/script/expiry.txtar",
	"available":              "the reader's own checks, available-days and available-seconds, come first",
	"document-changed":       "the file must change between two steps of one run",
	"document-unreadable":    "who runs the tests may be root, who may read everything",
	"folder":                 "the current folder must be deleted under the program",
	"group-too-many-lines":   "a list of a hundred thousand lines and more",
	"hidden-setting":         "the command line takes no other words",
	"init":                   "a folder that cannot be written to, and root can",
	"lock":                   "a folder that cannot be written to, and root can",
	"manifest-changed":       "the file must change while it is being read",
	"manifest-unreadable":    "who runs the tests may be root, who may read everything",
	"merge-failed":           "PDFs that are sound one by one and cannot be merged; none is known",
	"pdf-crash":              "a PDF that brings the PDF library down; none is known",
	"pdf-memory":             "a PDF that fills the memory that a check may use takes seconds",
	"pdf-timeout":            "a PDF whose check does not end takes a minute",
}

// The scripts in testdata/problems show every problem and warning as a person sees it.
// docs/problems.md explains each of them, by its code and with one of the lines that were
// printed.
func TestProblems(t *testing.T) {
	scripts := filepath.Join("testdata", "problems")
	files, err := filepath.Glob(filepath.Join(scripts, "*.txtar"))
	must(t, err)
	seen := &examples{of: map[string][]printed{}}
	t.Cleanup(func() {
		if !t.Failed() && seen.scripts() == len(files) { // all of them ran
			checkProblemDocs(t, seen)
		}
	})
	testscript.Run(t, testscript.Params{
		Dir:                 scripts,
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		UpdateScripts:       *update,
		Cmds:                problemCommands(seen),
		Setup:               setUp,
	})
}

// examples are the findings that scripts have printed.
type examples struct {
	mu sync.Mutex
	of map[string][]printed // by code
	in map[string]bool      // scripts
}

type printed struct{ script, text string }

func (e *examples) scripts() int { return len(e.in) }

// documented is the command of scripts of that name.
func (e *examples) documented(ts *testscript.TestScript, neg bool, args []string) {
	usage(ts, neg, len(args) <= 1, "documented [CODE]")
	if len(args) == 1 {
		e.add(ts, args[0], ts.ReadFile("stderr"))
		return
	}
	found, err := problemsIn(strings.NewReader(ts.ReadFile("stdout")))
	ts.Check(err)
	for _, p := range found {
		var block bytes.Buffer
		(&ui{out: &block, err: io.Discard}).finding(p)
		e.add(ts, p.Code, block.String())
	}
}

// problemsIn are the findings among what --json printed.
func problemsIn(printed io.Reader) (found []mailout.Problem, err error) {
	for lines := json.NewDecoder(printed); ; {
		var line struct {
			Type string
			mailout.Problem
		}
		if err := lines.Decode(&line); err == io.EOF {
			return found, nil
		} else if err != nil {
			return nil, fmt.Errorf("reading JSON: %w", err)
		}
		if line.Type == "problem" {
			found = append(found, line.Problem)
		}
	}
}

func (e *examples) add(ts *testscript.TestScript, code, text string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.in == nil {
		e.in = map[string]bool{}
	}
	e.in[ts.Name()] = true
	text = strings.ReplaceAll(text, ts.Getenv("WORK"), "/home/kari/utsending")
	text = batchName.ReplaceAllString(text, "2026-11-21-a7")
	e.of[code] = append(e.of[code], printed{ts.Name(), text})
}

var batchName = regexp.MustCompile(`\b\d{4}-\d\d-\d\d-[a-z0-9]{2}\b`)

// one is the example of a code that a script printed: the one that stands in the
// document if it was printed, else the first.
func (e *examples) one(code, standing string) string {
	all := e.of[code]
	if slices.ContainsFunc(all, func(x printed) bool { return x.text == standing }) || len(all) == 0 {
		return standing
	}
	return slices.MinFunc(all, func(a, b printed) int { return cmp.Compare(a.script, b.script) }).text
}

var problemDocs = filepath.Join("..", "..", "docs", "problems.md")

var (
	heading = regexp.MustCompile("(?m)^### `([^`]+)`$")
	// section is what stands between two headings: an example, the cause and the remedy.
	section = regexp.MustCompile("(?s)^\n\n```text\n(.*?)```\n\n.+\n\n\\*\\*To do:\\*\\* .+\n$")
)

// checkProblemDocs holds docs/problems.md against the source, both ways, and against what
// was printed.
func checkProblemDocs(t *testing.T, seen *examples) {
	b, err := os.ReadFile(problemDocs)
	must(t, err)
	doc := string(b)
	codes, sentences := findCodes(t)
	for code := range seen.of {
		if codes[code] == "" {
			t.Errorf("%s was printed and was not found in the source: teach codes_test.go where it stands", code)
		}
	}
	checkHeadings(t, doc, codes)
	for _, code := range slices.Sorted(maps.Keys(codes)) {
		printed, why := len(seen.of[code]) > 0, notShown[code]
		switch {
		case !printed && why == "":
			t.Errorf("%s (%s) is printed by no script: add a case to cmd/batch/testdata/problems, or say in notShown why that cannot be", code, codes[code])
		case printed && why != "":
			t.Errorf("%s is printed by a script: take it out of notShown", code)
		}
	}
	changed := contents(replaceExamples(t, doc, seen, sentences))
	switch {
	case changed == doc:
	case *update:
		must(t, os.WriteFile(problemDocs, []byte(changed), 0o644))
	default:
		t.Error("docs/problems.md does not show what is printed: run go test ./cmd/batch -run TestProblems -update, and look at the difference")
	}
}

// checkHeadings makes sure that every code has one section, and every section a code.
func checkHeadings(t *testing.T, doc string, codes map[string]string) {
	headings := map[string]bool{}
	for _, m := range heading.FindAllStringSubmatch(doc, -1) {
		if headings[m[1]] {
			t.Errorf("docs/problems.md has two sections ### `%s`: take one out", m[1])
		}
		headings[m[1]] = true
		if codes[m[1]] == "" {
			t.Errorf("docs/problems.md has a section ### `%s`, but no such code is in the source any more: take the section out", m[1])
		}
	}
	for _, code := range slices.Sorted(maps.Keys(codes)) {
		if !headings[code] {
			t.Errorf("%s (%s) is not explained: add a section ### `%s` to docs/problems.md, in the form of the others", code, codes[code], code)
		}
	}
}

// replaceExamples puts the printed examples into the document.
func replaceExamples(t *testing.T, doc string, seen *examples, sentences []string) string {
	var b strings.Builder
	for part := range partsOf(doc) {
		code := heading.FindStringSubmatch(part)
		if code == nil {
			b.WriteString(part)
			continue
		}
		title := code[0]
		m := section.FindStringSubmatchIndex(part[len(title):])
		if m == nil {
			t.Errorf("the section %s of docs/problems.md must have an example in ```text, a paragraph with the cause, and one that begins with **To do:**", title)
			b.WriteString(part)
			continue
		}
		from, to := len(title)+m[2], len(title)+m[3]
		standing := part[from:to]
		if len(seen.of[code[1]]) == 0 && !made(standing, sentences) {
			t.Errorf("the example of %s in docs/problems.md has a sentence that is not in the source:\n%s", title, standing)
		}
		b.WriteString(part[:from] + seen.one(code[1], standing) + part[to:])
	}
	return b.String()
}

// partsOf cuts a document before its headings of the second and third level.
func partsOf(doc string) iter.Seq[string] {
	return func(yield func(string) bool) {
		for doc != "" {
			end := len(doc)
			if next := strings.Index(doc[1:], "\n##"); next >= 0 {
				end = next + 2
			}
			if !yield(doc[:end]) {
				return
			}
			doc = doc[end:]
		}
	}
}

// parameter is what a sentence in the source has where a number or a name will stand.
var parameter = regexp.MustCompile(`%[dsqv]`)

// made reports whether both lines of an example have a sentence of the source in them, or
// what stands between its parameters.
func made(example string, sentences []string) bool {
	for line := range strings.Lines(example) {
		if !slices.ContainsFunc(sentences, func(s string) bool {
			return slices.ContainsFunc(parameter.Split(s, -1), func(piece string) bool { return len(piece) >= 12 && strings.Contains(line, piece) })
		}) {
			return false
		}
	}
	return true
}

// contents writes the table of contents anew.
func contents(doc string) string {
	const from = "## Contents\n"
	start := strings.Index(doc, from)
	if start < 0 {
		return doc
	}
	end := start + len(from) + strings.Index(doc[start+len(from):], "\n## ")
	var b strings.Builder
	for _, m := range regexp.MustCompile("(?m)^(##|###) (.*)$").FindAllStringSubmatch(doc[end:], -1) {
		name := strings.Trim(m[2], "`")
		link := fmt.Sprintf("[%s](#%s)", name, anchor(name))
		if m[1] == "##" {
			b.WriteString("\n* " + link + "\n ")
		} else {
			b.WriteString(" " + link)
		}
	}
	list := regexp.MustCompile(`(?m)^ +`).ReplaceAllString(b.String(), "  ")
	return doc[:start] + from + strings.ReplaceAll(list, "\n  \n", "\n") + "\n" + doc[end:]
}

// anchor is the name that a heading has in a link.
func anchor(heading string) string {
	kept := strings.Map(func(r rune) rune {
		if strings.ContainsRune(".,`", r) {
			return -1
		}
		return r
	}, strings.ToLower(heading))
	return strings.ReplaceAll(kept, " ", "-")
}
