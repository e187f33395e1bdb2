// Mutants shows that the tests bite: it breaks one rule of the program at a time, by a
// small patch, and wants the test that guards the rule to turn red.
//
//	go run ./internal/mutants            every patch (make mutants)
//	go run ./internal/mutants sync pace  those whose name contains one of the words
//
// A patch, patches/NAME.patch, begins with what it breaks and which tests must notice,
// each with its package and, where need be, flags of its own; a diff follows:
//
//	Breaks: the intent is synced before the first byte (design.md, "The life of a row")
//	Test: ./internal/ledger TestPowerCut
//	Test: ./internal/app TestSimulation -sim.seeds=20
//	diff --git a/internal/ledger/ledger.go b/internal/ledger/ledger.go
//
// The work is done in a copy of the files that git knows, as they are on disk. First the
// tests must pass there as it is. Then each patch is applied, its tests must fail, each of
// them, by what they say themselves and not because the program no longer compiles, panics
// or hangs, and the patch is taken back. One that does not apply any more, does not compile,
// or is not noticed makes the run fail: the patch, or the test, must follow the code. A test
// that this machine lacks something for (strace) is left out, and the run says so.
package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "mutants:", err)
		os.Exit(1)
	}
}

func run(words []string) error {
	mutants, err := read(filepath.Join("internal", "mutants", "patches"), words)
	if err != nil {
		return err
	}
	t, err := copyTree()
	if err != nil {
		return err
	}
	defer os.RemoveAll(t.dir)
	began := time.Now()
	skipped, err := t.sound(mutants)
	if err != nil {
		return err
	}
	alive := 0
	for _, m := range mutants {
		if err := t.kill(m, skipped); err != nil {
			alive++
			fmt.Printf("ALIVE  %-28s %v\n", m.name, err)
			continue
		}
		fmt.Printf("killed %-28s %s\n", m.name, m.breaks)
	}
	if alive > 0 {
		return fmt.Errorf("%d of %d broken rules were not noticed as they should be", alive, len(mutants))
	}
	fmt.Printf("%d broken rules, each noticed by its test, in %v\n", len(mutants), time.Since(began).Round(time.Second))
	return nil
}

// mutant is one patch.
type mutant struct {
	name   string
	path   string // absolute
	breaks string
	tests  []check
}

// check is one test that must turn red.
type check struct {
	pkg   string
	test  string
	flags []string
}

func (c check) String() string { return strings.Join(append([]string{c.pkg, c.test}, c.flags...), " ") }

// read reads the patches whose name contains one of the words, all without words.
func read(dir string, words []string) (all []mutant, err error) {
	paths, err := filepath.Glob(filepath.Join(dir, "*.patch"))
	if err != nil {
		return nil, err
	}
	for _, path := range paths {
		name := strings.TrimSuffix(filepath.Base(path), ".patch")
		if len(words) > 0 && !slices.ContainsFunc(words, func(w string) bool { return strings.Contains(name, w) }) {
			continue
		}
		m, err := parse(path, name)
		if err != nil {
			return nil, fmt.Errorf("reading %s: %w", path, err)
		}
		all = append(all, m)
	}
	if len(all) == 0 {
		return nil, fmt.Errorf("there is no such patch in %s (run it from the project's folder)", dir)
	}
	return all, nil
}

func parse(path, name string) (m mutant, err error) {
	raw, err := os.ReadFile(path)
	if err != nil {
		return m, err
	}
	m.name = name
	if m.path, err = filepath.Abs(path); err != nil {
		return m, err
	}
	head, _, found := strings.Cut(string(raw), "\ndiff --git ")
	if !found {
		return m, errors.New("it has no diff")
	}
	for line := range strings.Lines(head) {
		key, value, _ := strings.Cut(strings.TrimSpace(line), ": ")
		switch key {
		case "Breaks":
			m.breaks = value
		case "Test":
			words := strings.Fields(value)
			if len(words) < 2 {
				return m, fmt.Errorf("%q names no package and test", value)
			}
			m.tests = append(m.tests, check{words[0], words[1], words[2:]})
		default:
			return m, fmt.Errorf("%q is neither Breaks nor Test", line)
		}
	}
	if m.breaks == "" || len(m.tests) == 0 {
		return m, errors.New("it does not say what it breaks, or which test must notice")
	}
	return m, nil
}
