package main

import (
	"bytes"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"batch/internal/app"
	"batch/internal/mailout"
)

const (
	planRows = 300
	// preparedGroup is the most documents that are noted in the books together, behind the
	// last of their files: where there are more files, the books have some of them.
	preparedGroup = 64
)

// Ctrl-C in the middle of planning, then the same again: what was checked is not checked
// again, and what was made is not made again. Of a merge the books keep the first in any
// case; of copies they would tell when one was made once more.
func TestPlanningAgainAfterAnInterruption(t *testing.T) {
	for _, as := range []string{"merge", "separate"} {
		t.Run(as, func(t *testing.T) {
			m := newCovered(t, as)
			ended, said := m.signalPlan(t, os.Interrupt, nil)
			if got := ended.ExitCode(); got != exitStopped || !strings.Contains(said.String(), "stopped, as asked") {
				t.Fatalf("exit code %d, want %d\n%s", got, exitStopped, said)
			}
			before := m.readBooks(t)
			files := m.preparedFiles(t, before)
			m.batch(t, exitOK, "plan", m.manifest)
			after := m.readBooks(t)
			if n := len(before.prepared); n == 0 || n >= len(after.prepared) || len(before.verdicts) == 0 {
				t.Fatalf("the books had %d of %d documents and %d verdicts: it was not the middle", n, len(after.prepared), len(before.verdicts))
			}
			m.allPlanned(t, after)
			if n := changed(before.prepared, after.prepared); n > 0 {
				t.Errorf("%d of %d documents were made again", n, len(before.prepared))
			}
			if n := changed(before.verdicts, after.verdicts); n > 0 {
				t.Errorf("%d of %d files were checked again", n, len(before.verdicts))
			}
			for sha, now := range m.preparedFiles(t, before) {
				if had := files[sha]; !os.SameFile(had, now) || !had.ModTime().Equal(now.ModTime()) {
					t.Errorf("the file %s was written again", sha)
				}
			}
		})
	}
}

// A power cut in the middle of planning: what the books name is on the disk, nobody goes
// on in secret, and planning again gives all rows.
func TestPlanningAgainAfterAKill(t *testing.T) {
	m := newCovered(t, "merge")
	var workers []*os.File
	ended, said := m.signalPlan(t, os.Kill, func(pid int) { workers = workersOf(t, pid) })
	if status, ok := ended.Sys().(syscall.WaitStatus); !ok || !status.Signaled() {
		t.Fatalf("it had ended before it could be killed\n%s", said)
	}
	if err := m.await("/jobs", func([]byte) bool { return !slices.ContainsFunc(workers, lives) }); err != nil {
		t.Errorf("PDF workers outlived the process they worked for: %v", err)
	}
	before := m.readBooks(t)
	if n := len(before.prepared); n == 0 || n >= planRows {
		t.Fatalf("the books had %d documents: it was not the middle", n)
	}
	m.preparedFiles(t, before)
	m.batch(t, exitOK, "plan", m.manifest)
	after := m.readBooks(t)
	m.allPlanned(t, after)
	m.preparedFiles(t, after)
}

// newCovered is a mail-out with a cover in front of every row's own document.
func newCovered(t *testing.T, as string) *mailoutKit {
	t.Helper()
	m := newMailout(t, planRows)
	must(t, writePDF(filepath.Join(m.dir, "cover.pdf"), "cover"))
	must(t, changeSettings(filepath.Join(m.dir, "batch.toml"), `documents.before=["cover.pdf"]`, fmt.Sprintf("documents.as=%q", as)))
	return m
}

// signalPlan plans, and signals the process when the books have some of the documents, but
// not all. look, unless nil, is called just before.
func (m *mailoutKit) signalPlan(t *testing.T, s os.Signal, look func(pid int)) (ended *os.ProcessState, stderr *bytes.Buffer) {
	t.Helper()
	cmd, _, stderr := m.command("plan", m.manifest)
	must(t, cmd.Start())
	err := m.await("/jobs", func([]byte) bool {
		files, _ := filepath.Glob(filepath.Join(m.dir, "prepared", "*.pdf"))
		return len(files) > preparedGroup
	})
	if look != nil {
		look(cmd.Process.Pid)
	}
	cmd.Process.Signal(s) // where it had ended, its exit code tells
	cmd.Wait()
	must(t, err)
	if strings.Contains(stderr.String(), "DATA RACE") {
		t.Errorf("a data race:\n%s", stderr)
	}
	return cmd.ProcessState, stderr
}

// preparedBooks are what the books know of files, whose rows they may have or not.
type preparedBooks struct {
	prepared map[string]madeDocument // by recipe
	verdicts map[string]string       // SHA-256 of a file → when it was checked
}

type madeDocument struct{ sha256, madeAt string }

// readBooks reads a copy of the books: whoever opens them brings them into order, and that
// is left to the next process.
func (m *mailoutKit) readBooks(t *testing.T) preparedBooks {
	t.Helper()
	dir := t.TempDir()
	for _, name := range []string{"ledger.db", "ledger.db-wal"} {
		b, err := os.ReadFile(filepath.Join(m.dir, name))
		if errors.Is(err, fs.ErrNotExist) && name != "ledger.db" {
			continue
		}
		must(t, err)
		must(t, os.WriteFile(filepath.Join(dir, name), b, 0o600))
	}
	db, err := sql.Open("sqlite", filepath.Join(dir, "ledger.db"))
	must(t, err)
	defer db.Close()
	books := preparedBooks{prepared: map[string]madeDocument{}, verdicts: map[string]string{}}
	query(t, db, `SELECT recipe, sha256, made_at FROM prepared`, func(recipe, sha, at string) {
		books.prepared[recipe] = madeDocument{sha, at}
	})
	query(t, db, `SELECT file, tool, checked_at FROM verdicts`, func(file, _, at string) {
		books.verdicts[file] = at
	})
	return books
}

func query(t *testing.T, db *sql.DB, text string, row func(a, b, c string)) {
	t.Helper()
	rows, err := db.Query(text)
	must(t, err)
	defer rows.Close()
	for rows.Next() {
		var a, b, c string
		must(t, rows.Scan(&a, &b, &c))
		row(a, b, c)
	}
	must(t, rows.Err())
}

// changed counts what is not as it was.
func changed[V comparable](before, after map[string]V) (n int) {
	for key, had := range before {
		if after[key] != had {
			n++
		}
	}
	return n
}

// preparedFiles are the files that the books name, by their digests: each is there, with
// these bytes.
func (m *mailoutKit) preparedFiles(t *testing.T, books preparedBooks) map[string]fs.FileInfo {
	t.Helper()
	all := map[string]fs.FileInfo{}
	for _, d := range books.prepared {
		path := filepath.Join(m.dir, "prepared", d.sha256+".pdf")
		b, err := os.ReadFile(path)
		must(t, err)
		if mailout.SumDigest(b).String() != d.sha256 {
			t.Errorf("%s has other bytes", path)
		}
		all[d.sha256], err = os.Stat(path)
		must(t, err)
	}
	return all
}

// allPlanned looks for all rows in the newest plan, and for a document of each.
func (m *mailoutKit) allPlanned(t *testing.T, books preparedBooks) {
	t.Helper()
	if n := len(m.rowsIn(t, mailout.Planned)); n != planRows {
		t.Errorf("%d rows are planned, want %d", n, planRows)
	}
	if n := len(books.prepared); n < planRows {
		t.Errorf("%d documents were made for %d rows", n, planRows)
	}
}

// workersOf opens /proc/PID/stat of each PDF worker of a process. Such a file speaks of its
// process only, whoever has the number later. Where there is no /proc, there are none.
func workersOf(t *testing.T, parent int) (all []*os.File) {
	t.Helper()
	paths, err := filepath.Glob("/proc/[0-9]*/stat")
	must(t, err)
	for _, path := range paths {
		argv, _ := os.ReadFile(filepath.Join(filepath.Dir(path), "cmdline"))
		if !bytes.HasSuffix(argv, []byte("\x00"+app.WorkerArg+"\x00")) {
			continue
		}
		f, err := os.Open(path)
		if err != nil {
			continue // it ended meanwhile
		}
		if _, of := stat(f); of != parent {
			f.Close()
			continue
		}
		t.Cleanup(func() { f.Close() })
		all = append(all, f)
	}
	if len(paths) > 0 && len(all) == 0 {
		t.Error("it has no workers")
	}
	return all
}

// lives reports whether a process has not ended. One that nobody has waited for has.
func lives(f *os.File) bool {
	state, _ := stat(f)
	return state != "" && state != "Z" && state != "X"
}

// stat reads a process's state and its parent from its open stat file; nothing where the
// process is gone.
func stat(f *os.File) (state string, parent int) {
	b := make([]byte, 4096)
	n, _ := f.ReadAt(b, 0)
	_, rest, _ := strings.Cut(string(b[:n]), ") ") // behind its name
	fmt.Sscan(rest, &state, &parent)
	return state, parent
}
