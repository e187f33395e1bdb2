package main

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"batch/internal/app"
	"batch/internal/mailout"
)

// The log of a mail-out in which much goes wrong tells every call, and nothing about anybody.
func TestTheLogTellsNothingPersonal(t *testing.T) {
	t.Parallel()
	const rows = 12
	m := newMailout(t, 0)
	people := syntheticPeople(t, rows)
	// Each of these must not be found, wherever a program may put it.
	secrets := append([]string{"Nordmann", "kari.hemmelig@example.com", "91234567", "Oppsigelse", "Skriv under straks", "Ukjent kolonne", "Oslo kommune HR"}, people...)
	text := "row;title;document;national_id;notify;email;mobile;nonsensitive_title;description;Avdeling\n"
	for i, number := range people {
		name := fmt.Sprintf("Nordmann-%s-%d.pdf", number, i)
		must(t, writePDF(filepath.Join(m.dir, name), name))
		text += fmt.Sprintf("Nordmann %d;Oppsigelse %d;%s;%s;given;kari.hemmelig@example.com;91234567;Skriv under straks;Oppsigelse av Nordmann;Oslo kommune HR\n", i+1, i+1, name, number)
	}
	must(t, os.WriteFile(m.manifest, []byte(text), 0o600))
	bad := filepath.Join(m.dir, "Nordmann.csv")
	must(t, os.WriteFile(bad, []byte(strings.ReplaceAll(text, people[0], "1234")), 0o600))
	m.control(t, http.MethodPut, "/faults", `[{"when": {"call": "create", "nth": 2}, "do": "refuse"}, {"when": {"call": "create", "nth": 4}, "do": "drop-after"},
		{"when": {"call": "create", "nth": 6}, "do": "html"}, {"when": {"call": "create", "nth": 8}, "do": "duplicate"}, {"when": {"call": "create", "nth": 9}, "do": "garble"},
		{"when": {"call": "confirm", "nth": 1}, "do": "status-after:503"}, {"when": {"call": "pades", "nth": 1}, "do": "truncate"}, {"when": {"call": "cancel", "nth": 1}, "do": "bare-429"}]`)

	log := filepath.Join(m.dir, "run.log")
	var said strings.Builder // what --verbose shows
	verbosely := func(args ...string) {
		t.Helper()
		p := m.start(t, append([]string{"--verbose", "--log", log}, args...)...)
		must(t, awaitTrue("the end of batch "+args[0], p.over))
		if p.cmd.ProcessState.ExitCode() == exitInternal {
			t.Errorf("batch %v:\n%s", args, p.err)
		}
		for line := range strings.Lines(p.err.String()) {
			if strings.HasPrefix(line, "time=") {
				said.WriteString(line)
			}
		}
	}
	verbosely("run", bad)
	verbosely("run", m.manifest, "--yes")
	id := m.batchID(t)
	verbosely("cancel", id, fmt.Sprint("line:", m.rowsIn(t, mailout.Created)[0].Line), "--yes", "--reason", "Nordmann has left")
	for _, j := range m.jobs(t) {
		m.ask(http.MethodPost, fmt.Sprintf("/jobs/%d/sign", j.ID), "") // a cancelled one is not to be signed
	}
	verbosely("follow", id, "--once")
	for _, r := range m.rowsIn(t, mailout.Unknown) {
		verbosely("resolve", id, fmt.Sprint("line:", r.Line), "--present", "--note", "Nordmann")
	}
	verbosely("resume", id, "--yes", "--canary", "Nordmann") // a mistake in the command line
	verbosely("why", id, "Nordmann 1")
	verbosely("report", id)
	verbosely("doctor")
	verbosely("rehearse", m.manifest)

	text2, err := os.ReadFile(log)
	must(t, err)
	for name, what := range map[string]string{"the log": string(text2), "--verbose": said.String()} {
		for _, secret := range secrets {
			for line := range strings.Lines(what) {
				if strings.Contains(line, secret) {
					t.Errorf("%s holds %q: %s", name, secret, line)
					break
				}
			}
		}
	}
	holdsLines(t, string(text2))
	if strings.Count(said.String(), "msg=call") < rows {
		t.Errorf("--verbose shows too little:\n%s", said.String())
	}
}

// Why a flow ended is logged, but for what is about a document: that would name it.
func TestTheLogOfAnEndNamesNoFile(t *testing.T) {
	for ending, want := range map[app.Ending]bool{app.EndOurs: false, app.EndStopped: true, app.EndAway: true, app.EndInterrupted: true} {
		var to strings.Builder
		s := &session{log: slog.New(slog.NewJSONHandler(&to, nil))}
		s.logEnd(mailout.BatchInfo{}, ending, "the disk with Nordmann.pdf is full")
		if got := strings.Contains(to.String(), "Nordmann.pdf"); got != want {
			t.Errorf("%s: %s", ending, to.String())
		}
	}
}

// holdsLines checks that the log tells what happened, each line a JSON object.
func holdsLines(t *testing.T, log string) {
	t.Helper()
	seen := map[string]int{}
	for line := range strings.Lines(log) {
		var l struct {
			Msg, Kind, Outcome, Ref string
			Job                     int64
			MS                      *int64
		}
		must(t, json.Unmarshal([]byte(line), &l))
		seen[strings.TrimSpace(l.Msg+" "+l.Kind+" "+l.Outcome)]++
		if l.Msg == "call" && (l.MS == nil || l.Kind == "create" && l.Ref == "" || strings.Contains("fetch confirm cancel", l.Kind) && l.Job == 0) {
			t.Errorf("not all is told: %s", line)
		}
	}
	for _, want := range []string{"begin", "end", "planned", "speaking", "ended", "cancelled", "failed problems", "alarm duplicate",
		"call root ok", "call create accepted", "call create refused", "call create unknown", "call poll change", "call poll empty",
		"call fetch ok", "call confirm ok", "call confirm unknown", "call cancel granted"} {
		if seen[want] == 0 {
			t.Errorf("no line says %q; those that there are: %v", want, seen)
		}
	}
}
