package main

import (
	"bufio"
	"bytes"
	"io"
	"strings"
	"testing"
	"time"

	"batch/internal/app"
)

// Only the whole word sends letters, and nothing does where nobody can be asked.
func TestConfirm(t *testing.T) {
	tests := []struct {
		answer   string
		terminal bool
		yes      bool
		want     bool
	}{
		{"yes\n", true, false, true},
		{" YES \n", true, false, true},
		{"y\n", true, false, false},
		{"\n", true, false, false},
		{"yes please\n", true, false, false},
		{"yes", true, false, false}, // the terminal went away in the middle
		{"yes\n", false, false, false},
		{"", false, true, true},
		{"no\n", true, true, true},
	}
	for _, test := range tests {
		var asked bytes.Buffer
		u := &ui{in: bufio.NewReader(strings.NewReader(test.answer)), err: &asked, ask: test.terminal, yes: test.yes}
		if got := u.confirm("Send 3 jobs now?"); got != test.want {
			t.Errorf("%+v: %v", test, got)
		}
		if asks := test.terminal && !test.yes; strings.Contains(asked.String(), "Send 3 jobs now?") != asks {
			t.Errorf("%+v: it asked %q", test, asked.String())
		}
	}
}

// What a manifest, a file's name or the portal says cannot move the cursor, colour the
// terminal or turn the reading direction.
func TestForeignTextIsHarmless(t *testing.T) {
	var out bytes.Buffer
	u := &ui{out: &out, err: &out}
	u.say("%s", "a\x1b[2Jb\rc\u202ed\u2066e\u2028f\tg\u009bh")
	if got, want := out.String(), "a�[2Jb�c�d�e�f�g�h\n"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}

// What a person gives as a reason is one line of the history, and cannot look like others.
func TestAReasonIsOneLine(t *testing.T) {
	for note, want := range map[string]string{
		"":                 "",
		" \n\t":            "",
		"wrong attachment": ": wrong attachment",
		"x\n  2026-11-21 15:49:06  complete created → signed": ": x 2026-11-21 15:49:06 complete created → signed",
		"a\r\nb\u2028c\u0085d\x1b[2J\u202e":                   ": a b c d�[2J�",
		strings.Repeat("å", 501):                              ": " + strings.Repeat("å", 499) + "…",
	} {
		if got := noted(note); got != want {
			t.Errorf("%q is told as %q, want %q", note, got, want)
		}
	}
}

func TestNumbersForPeople(t *testing.T) {
	for n, want := range map[int64]string{0: "0", 12: "12", 999: "999", 1000: "1 000", 10485760: "10 485 760", -1234: "-1 234", -123: "-123"} {
		if got := thousands(n); got != want {
			t.Errorf("thousands(%d) = %q, want %q", n, got, want)
		}
	}
	for n, want := range map[int]string{0: "0 rows", 1: "1 row", 1200: "1 200 rows"} {
		if got := count(n, "row"); got != want {
			t.Errorf("count(%d) = %q, want %q", n, got, want)
		}
	}
	for d, want := range map[time.Duration]string{0: "less than a minute", 29 * time.Second: "less than a minute", 8 * time.Minute: "8 min", 2 * time.Hour: "2 h", 200 * time.Minute: "3 h 20 min"} {
		if got := about(d); got != want {
			t.Errorf("about(%v) = %q, want %q", d, got, want)
		}
	}
}

// Scripts are told of a wait once, in a line of its own (commands.md, "JSON lines").
func TestAWaitIsALineOfItsOwn(t *testing.T) {
	var out strings.Builder
	u := &ui{out: &out, err: io.Discard, asJSON: true}
	until := time.Date(2026, 11, 21, 14, 20, 0, 0, time.UTC)
	for _, p := range []app.Progress{
		{Doing: "following", Done: 1},
		{Doing: "following", Done: 1, Until: until, Why: "poll"},
		{Doing: "following", Done: 2, Until: until, Why: "poll"},
		{Doing: "following", Done: 2, Until: until.Add(time.Minute), Why: "block"},
	} {
		u.progress(p)
	}
	want := `{"type":"progress","doing":"following","done":1}
{"type":"progress","doing":"following","done":1}
{"type":"wait","until":"2026-11-21T14:20:00Z","why":"poll"}
{"type":"progress","doing":"following","done":2}
{"type":"progress","doing":"following","done":2}
{"type":"wait","until":"2026-11-21T14:21:00Z","why":"block"}
`
	if out.String() != want {
		t.Errorf("%s", out.String())
	}
}
