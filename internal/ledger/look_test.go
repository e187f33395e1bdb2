package ledger_test

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"batch/internal/ledger"
	"batch/internal/mailout"
)

// look opens the books as an auditor does.
func (b *books) look() (*ledger.Ledger, error) {
	l, err := ledger.Look(context.Background(), ledger.Options{Path: filepath.Join(b.dir, "ledger.db"), SentLog: filepath.Join(b.dir, "sent.log"), Now: b.clock.now})
	if err == nil {
		b.t.Cleanup(func() { l.Close() })
	}
	return l, err
}

// Whoever looks makes nothing: no ledger, no sent.log, no newer schema, and no note that he was
// there.
func TestLookingChangesNothing(t *testing.T) {
	none := &books{t: t, dir: t.TempDir(), clock: &clock{at: noon}}
	if _, err := none.look(); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("looking at no ledger: %v", err)
	}
	if left, err := os.ReadDir(none.dir); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v %v", left, err)
	}

	b := newBooks(t)
	id := b.approved(row(2))
	b.created(id, 2, 7)
	must(t, b.Close())
	before, err := os.ReadFile(filepath.Join(b.dir, "ledger.db"))
	must(t, err)
	must(t, os.Remove(filepath.Join(b.dir, "sent.log")))
	l, err := b.look()
	must(t, err)
	if a, err := l.AuditLog(t.Context(), id); err != nil || !a.Gone {
		t.Errorf("sent.log is gone: %+v %v", a, err)
	}
	damage, err := l.Damage(t.Context())
	if err != nil || len(damage) > 0 {
		t.Errorf("damage %v %v", damage, err)
	}
	must(t, l.Close())
	after, err := os.ReadFile(filepath.Join(b.dir, "ledger.db"))
	must(t, err)
	if string(after) != string(before) {
		t.Error("the ledger is another")
	}
	if _, err := os.Stat(filepath.Join(b.dir, "sent.log")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("sent.log: %v", err)
	}

	must(t, b.raw(`PRAGMA user_version = 3`))
	var older *ledger.Error
	if _, err := b.look(); !errors.As(err, &older) || older.Code != "ledger-older-schema" {
		t.Errorf("looking at an older schema: %v", err)
	}
	must(t, b.raw(`PRAGMA user_version = 999`))
	if _, err := b.look(); !errors.As(err, &older) || older.Code != "ledger-newer" {
		t.Errorf("looking at a newer schema: %v", err)
	}
}

// sent.log is held against the attempts in both directions, of one batch and no other.
func TestTheLogIsComparedInBothDirections(t *testing.T) {
	b := newBooks(t)
	id := b.approved(row(2), row(3), row(4), row(5))
	first := b.created(id, 2, 7)
	second := b.created(id, 3, 8)
	b.settle(b.begin(id, 4), notSent)
	b.settle(b.begin(id, 4), lost) // the same Ref once more
	b.begin(id, 5)                 // under way
	b.created(b.approved(row(6)), 6, 9)
	log := b.sentLog()

	check := func(content string, want mailout.LogAudit) {
		t.Helper()
		must(t, os.WriteFile(filepath.Join(b.dir, "sent.log"), []byte(content), 0o600))
		l, err := b.look()
		must(t, err)
		got, err := l.AuditLog(t.Context(), id)
		must(t, err)
		if got.Cut != want.Cut || got.Lines != want.Lines || got.Unknowns != want.Unknowns || got.Unwrittens != want.Unwrittens || got.Stray != want.Stray {
			t.Errorf("%+v, want %+v", got, want)
		}
		if want.Unwrittens == 1 && got.Unwritten[0] != second {
			t.Errorf("unwritten %v, want %s", got.Unwritten, second)
		}
	}
	check(log, mailout.LogAudit{Lines: 5})
	line := log[strings.Index(log, string(second)):]
	line = line[:strings.Index(line, "\n")+1]
	check(strings.Replace(log, line, "", 1), mailout.LogAudit{Lines: 4, Unwrittens: 1, Cut: true})
	check(strings.Replace(log, line, string(second)+"\n", 1), mailout.LogAudit{Lines: 5, Cut: true}) // put together by hand
	later := strings.Replace(line, " 2026", " 2027", 1)
	check(log+later, mailout.LogAudit{Lines: 6, Unknowns: 1})
	lost := mailout.NewRef(mailout.RefParts{Workspace: b.Workspace(), Batch: id, Line: 7, Attempt: 1})
	check(log+string(lost)+" 2026-11-21T12:00:00.000000Z\nhello\n"+string(first[:10]), mailout.LogAudit{Lines: 6, Unknowns: 1, Stray: 1})
}
