package pdfprep

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"runtime"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"batch/internal/mailout"
)

const (
	// monsterDeadline is short: some monsters hang for good. How long it is matters to no
	// verdict: those that need time may as well run out of it.
	monsterDeadline = 4 * time.Second
	// parentMemory is what the process that checks may have from the system at its peak,
	// in bytes, whatever its workers meet.
	parentMemory = 150 << 20
	// parentVariable tells the test binary that it is the process to be measured, and where
	// the large monsters are.
	parentVariable = "PDF_LARGE_MONSTERS"
)

// Every monster gets a verdict, also when it is merged, and the process that asked for it
// stays small. That is a process of its own, so that no other test's memory is counted.
func TestMonsters(t *testing.T) {
	if dir := os.Getenv(parentVariable); dir != "" {
		meetMonsters(t, dir)
		return
	}
	f := newFolder(t, nil)
	for name, make := range largeMonsters {
		f.write(t, name+".pdf", make())
	}
	f.write(t, companion, letter("x"))
	parent := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestMonsters$", "-test.v", "-test.timeout=20m")
	parent.Env = append(os.Environ(), parentVariable+"="+f.docs)
	out, err := parent.CombinedOutput()
	t.Logf("%s", out)
	must(t, err)
}

// companion is merged with the large monsters.
const companion = "letter.pdf"

func meetMonsters(t *testing.T, large string) {
	p := corpusPool(t, corpusFolder, monsterDeadline)
	forAll(t, corpusFacts(t, fact.monster), func(f fact) error {
		return errors.Join(checkVerdict(t, p, f), survivesMerging(t, p, f.file(), corpusCover))
	})
	must(t, p.Close())

	p = corpusPool(t, large, monsterDeadline)
	for name := range largeMonsters {
		verdict, pages, err := corpusVerdict(t.Context(), p, name+".pdf")
		must(t, err)
		if pages > 0 {
			t.Errorf("%s: %s, with %d pages, expected to be refused", name, verdict, pages)
		}
		must(t, survivesMerging(t, p, name+".pdf", companion))
	}
	must(t, p.Close())
	checkParentMemory(t)
}

// survivesMerging merges a monster with a letter: there is a document, or a code that says why not.
func survivesMerging(t *testing.T, p *Pool, monster, other string) error {
	made, err := p.Make(t.Context(), []string{other, monster, other})
	if err != nil {
		return err
	}
	why := slices.Concat(made.Findings, mailout.Stopping(made.Parts[1].Findings))
	if made.SHA256.IsZero() == (len(why) == 0) {
		t.Errorf("%s, merged: a document of %d pages, and problems %v", monster, made.Pages, codes(why))
	}
	return nil
}

// checkParentMemory holds this process's peak against its limit: what Go has ever had from the
// system and, where the system tells, all that was resident.
func checkParentMemory(t *testing.T) {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	t.Logf("the parent's peak: %d MiB from the system for heap and stacks", m.Sys>>20)
	if m.Sys > parentMemory {
		t.Errorf("the parent took %d bytes from the system, at most %d are allowed", m.Sys, parentMemory)
	}
	peak, err := peakResident()
	if errors.Is(err, os.ErrNotExist) || raceDetector() {
		return // not Linux; or every byte has several more that watch it
	}
	must(t, err)
	t.Logf("the parent's peak: %d MiB resident", peak>>20)
	if peak > parentMemory {
		t.Errorf("the parent had %d bytes resident, at most %d are allowed", peak, parentMemory)
	}
}

// peakResident is the most memory this process had in use at any time, in bytes.
func peakResident() (int, error) {
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0, err
	}
	_, rest, _ := bytes.Cut(status, []byte("VmHWM:"))
	kilobytes, err := strconv.Atoi(strings.Fields(string(rest))[0])
	return kilobytes << 10, err
}

// raceDetector reports whether this binary was built with it.
func raceDetector() bool {
	info, _ := debug.ReadBuildInfo()
	return slices.Contains(info.Settings, debug.BuildSetting{Key: "-race", Value: "true"})
}

// Large files that are only odd are no monsters: they get their verdict as others do.
func TestCorpusLargeButHarmless(t *testing.T) {
	for name, make := range harmless {
		p := newFolder(t, map[string][]byte{name: make()}).pool(t)
		verdict, pages, err := corpusVerdict(t.Context(), p, name)
		must(t, err)
		if verdict != "ok" || pages != 1 {
			t.Errorf("%s: %s with %d pages, expected ok with one", name, verdict, pages)
		}
	}
}
