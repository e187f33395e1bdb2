package main

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"batch/internal/mailout"
)

func stopAt(code string, line int, message string) mailout.Problem {
	at := mailout.Place{File: "ansatte.xlsx", Sheet: "Ark 1", Line: line, Column: "C", Field: "national_id", Row: fmt.Sprint(line)}
	return mailout.Problem{Severity: mailout.Stop, Code: code, Place: at, Message: message, Remedy: "correct it"}
}

func warnAt(code string, line int, message string) mailout.Problem {
	p := stopAt(code, line, message)
	p.Severity = mailout.Warn
	return p
}

// shownBy is what is printed to somebody who has a terminal of that width, or none.
func shownBy(width int, show func(u *ui)) string {
	var out bytes.Buffer
	show(&ui{out: &out, err: &out, width: width})
	return out.String()
}

// What stops the batch is nearest to the end, the manifest's own problems before the rows'.
func TestOrderOfProblems(t *testing.T) {
	whole := mailout.Problem{Severity: mailout.Stop, Code: "hidden-rows", Place: mailout.Place{File: "ansatte.xlsx", Line: 9}, Message: "rows are hidden", Remedy: "show them"}
	ps := []mailout.Problem{stopAt("email", 2, "no address"), warnAt("mobile-range", 3, "no SMS"), stopAt("date", 4, "no date"), whole}
	got := shownBy(0, func(u *ui) { u.problems(ps, false) })
	const want = `warning: ansatte.xlsx, sheet Ark 1, C3 (national_id): no SMS
  → correct it

ansatte.xlsx, line 9: rows are hidden
  → show them
ansatte.xlsx, sheet Ark 1, C2 (national_id): no address
  → correct it
ansatte.xlsx, sheet Ark 1, C4 (national_id): no date
  → correct it
`
	if got != want {
		t.Errorf("printed\n%s\nwant\n%s", got, want)
	}
}

// Of many problems of one kind twenty are shown, and the others counted where they stand.
func TestManyProblemsOfAKind(t *testing.T) {
	var ps []mailout.Problem
	for line := 2; line < 32; line++ {
		ps = append(ps, stopAt("date", line, "no date"))
	}
	ps = append(ps, stopAt("email", 40, "no address"))
	got := shownBy(0, func(u *ui) { u.problems(ps, false) })
	const rest = "C21 (national_id): no date\n  → correct it\n    and 10 more of this kind, date: C22, C23, C24, C25, C26 … (--all shows every one)\nansatte.xlsx, sheet Ark 1, C40"
	if !strings.Contains(got, rest) || strings.Count(got, "no date") != shownProblems {
		t.Errorf("printed\n%s", got)
	}
	if got := shownBy(0, func(u *ui) { u.problems(ps, true) }); strings.Count(got, "→") != len(ps) || strings.Contains(got, "more of this kind") {
		t.Errorf("with --all:\n%s", got)
	}
}

// Warnings are grouped by kind; few of a kind, and different sentences, are shown.
func TestManyWarnings(t *testing.T) {
	var ps []mailout.Problem
	for line := 2; line < 12; line++ {
		ps = append(ps, warnAt("national-id-zero-added", line, "a zero was put back"), warnAt("pdf-not-a4", line, fmt.Sprintf("%d.pdf is not A4", line)))
	}
	ps = append(ps, warnAt("mobile-range", 20, "no SMS"), warnAt("mobile-range", 21, "no SMS"), stopAt("date", 22, "no date"))
	got := shownBy(0, func(u *ui) { u.warnings(ps, false) })
	for said, times := range map[string]int{"a zero was put back": 1, "is not A4": 3, "no SMS": 2, "no date": 0, "and 9 more of this kind, national-id-zero-added: C3, ": 1, "and 7 more of this kind, pdf-not-a4: C5, ": 1} {
		if strings.Count(got, said) != times {
			t.Errorf("%q is said %d times, want %d:\n%s", said, strings.Count(got, said), times, got)
		}
	}
}

// With --json every finding is an object, in the order in which they were found.
func TestProblemsAsObjects(t *testing.T) {
	var out bytes.Buffer
	u := &ui{out: &out, err: &out, asJSON: true}
	var ps []mailout.Problem
	for line := 30; line > 2; line-- {
		ps = append(ps, stopAt("date", line, "no date"), warnAt("mobile-range", line, "no SMS"))
	}
	u.problems(ps, false)
	lines := strings.Split(strings.TrimSpace(out.String()), "\n")
	if len(lines) != len(ps) || !strings.Contains(lines[0], `"line":30,`) || !strings.Contains(lines[1], `"severity":"warning"`) {
		t.Errorf("%d lines, the first %s", len(lines), lines[0])
	}
}

func TestVerdict(t *testing.T) {
	row, again := stopAt("email", 2, ""), stopAt("date", 2, "")
	whole := mailout.Problem{Severity: mailout.Stop, Code: "no-rows"}
	for want, ps := range map[string][]mailout.Problem{
		"2 problems in 1 row; nothing was sent":                                              {row, again},
		"1 problem in 1 row; 1 warning; nothing was sent":                                    {row, warnAt("mobile-range", 9, "")},
		"1 problem of the manifest as a whole; nothing was sent":                             {whole},
		"3 problems, 1 of the manifest as a whole and the others in 1 row; nothing was sent": {whole, row, again},
	} {
		got := verdict(ps, true)
		if got.Message != want {
			t.Errorf("%q, want %q", got.Message, want)
		}
		if skips := strings.Contains(got.Remedy, "--skip-bad-rows"); skips == strings.Contains(want, "whole") {
			t.Errorf("%s: %s", want, got.Remedy)
		}
	}
}

func TestWrap(t *testing.T) {
	const long = "ansatte.xlsx, sheet Ark 1, C14" + glue + "(national_id): there is no file \"min avtale.pdf\" in the folder"
	for _, test := range []struct {
		what, text string
		width      int
		want       string
	}{
		{"no terminal", long, 0, "ansatte.xlsx, sheet Ark 1, C14 (national_id): there is no file \"min avtale.pdf\" in the folder"},
		{"at spaces, never in a cell's name or a file's", long, 36, "ansatte.xlsx, sheet Ark 1,\n    C14 (national_id): there is no\n    file \"min avtale.pdf\" in the\n    folder"},
		{"a word longer than the line", "se /home/kari/utsending/ansatte.xlsx her", 10, "se\n    /home/kari/utsending/ansatte.xlsx\n    her"},
		{"lines of its own", "there are 2 mistakes\n  one is long here\n  two", 12, "there are 2\n    mistakes\n  one is\n      long\n      here\n  two"},
		{"figures in one piece, no blanks at ends", "Størst  10 485 760 bytes", 12, "Størst\n    10 485 760\n    bytes"},
		{"exactly as wide", "en to tre fire", 9, "en to tre\n    fire"},
		{"colours have no width", "\x1b[31men\x1b[0m to tre", 9, "\x1b[31men\x1b[0m to tre"},
	} {
		if got := wrap(test.text, test.width, "    "); got != test.want {
			t.Errorf("%s:\n%q, want\n%q", test.what, got, test.want)
		}
	}
}
