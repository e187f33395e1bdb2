package ledger_test

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"batch/internal/mailout"
)

// What was written over stays noted: a crash may have left it in its place.
func TestReportsAreRemembered(t *testing.T) {
	b := newBooks(t)
	id, other := b.approved(row(2)), b.approved(row(3))
	report := func(batch mailout.BatchID, content string, after time.Duration) mailout.ReportFile {
		return mailout.ReportFile{Batch: batch, Path: "/home/kari/report.csv", SHA256: mailout.SumDigest([]byte(content)), Bytes: 7, Format: "csv", At: noon.Add(after)}
	}
	first, second := report(id, "first", time.Minute), report(id, "second", 2*time.Minute)
	for _, r := range []mailout.ReportFile{first, second, report(other, "other's", time.Minute)} {
		must(t, b.NoteReport(t.Context(), r))
	}
	want := func(want ...mailout.ReportFile) {
		t.Helper()
		got, err := b.Reports(t.Context(), id)
		must(t, err)
		if d := cmp.Diff(want, got); d != "" {
			t.Error(d)
		}
	}
	want(second, first)
	first.At = noon.Add(time.Hour) // the same again
	must(t, b.NoteReport(t.Context(), first))
	want(first, second)
}

// Books of before reports were noted are brought forward with what stands in them.
func TestBooksOfBeforeReportsWereNoted(t *testing.T) {
	dir := t.TempDir()
	scripts, err := filepath.Glob("sql/00*.sql")
	must(t, err)
	old := &books{t: t, dir: dir}
	for _, path := range scripts[:13] {
		script, err := os.ReadFile(path)
		must(t, err)
		must(t, old.raw(string(script)))
	}
	const digest = "'0000000000000000000000000000000000000000000000000000000000000001'"
	must(t, old.raw(`PRAGMA user_version = 13; INSERT INTO batches (id, state, digest, rows_digest, manifest_path, manifest_sha256, created_at)
		VALUES ('2026-11-20-a7', 'planned', `+digest+`, `+digest+`, '/m.csv', `+digest+`, '2026-11-20T12:00:00.000000Z')`))
	b := openBooks(t, dir, &clock{at: noon})
	must(t, b.NoteReport(t.Context(), mailout.ReportFile{Batch: "2026-11-20-a7", Path: "/r.csv", Format: "csv", At: noon}))
	if got, err := b.Reports(t.Context(), "2026-11-20-a7"); err != nil || len(got) != 1 {
		t.Errorf("%v, %v", got, err)
	}
}
