package ledger_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"batch/internal/ledger"
	"batch/internal/mailout"
)

// spoil leaves a row out of an index, as a write that never reached the disk would: nothing
// that is read or written afterwards notices.
func (b *books) spoil() {
	b.t.Helper()
	reword := func(sql string) {
		b.t.Helper()
		must(b.t, b.raw(`PRAGMA writable_schema = 1; UPDATE sqlite_schema SET sql = ? WHERE name = 'verdicts_by_age'; PRAGMA writable_schema = 0`, sql))
	}
	const index = `CREATE INDEX verdicts_by_age ON verdicts (checked_at)`
	reword(index + ` WHERE tool = 'none'`)
	must(b.t, b.raw(`INSERT INTO verdicts (file, tool, verdict, checked_at) VALUES (?, 't', '1', '2026-11-21T12:00:00.000000Z')`, strings.Repeat("a", 64)))
	reword(index)
}

func TestTheFileIsLookedThroughAfterACrash(t *testing.T) {
	b := newBooks(t)
	id := b.approved(row(2), row(3))
	b.recover()
	b.begin(id, 2)
	crashed := b.crash()
	crashed.spoil()
	damaged := crashed.crash() // SQLite reads the schema again
	_, err := damaged.Recover(t.Context())
	var le *ledger.Error
	if !errors.As(err, &le) || le.Code != "ledger-corrupt" || !strings.Contains(errors.Unwrap(le).Error(), "verdicts_by_age") {
		t.Errorf("the error is %v, want a ledger-corrupt that names the index", err)
	}
	damaged.wantState(id, 2, mailout.Sending) // nothing is concluded
	if _, err := damaged.BeginAttempt(t.Context(), id, 3, "queue", jobXML); err == nil {
		t.Error("a row is sent from a damaged ledger")
	}
	must(t, damaged.Close())
	if _, err := damaged.again().Recover(t.Context()); !errors.As(err, &le) {
		t.Errorf("a second try says %v", err)
	}
}

// After a clean end nobody pays for the look: what is damaged is then not found by it.
func TestTheFileIsNotLookedThroughAfterACleanEnd(t *testing.T) {
	b := newBooks(t)
	b.created(b.approved(row(2), row(3)), 2, 7)
	b.recover()
	must(t, b.Close())
	b.spoil()
	next := b.again()
	next.recover()
	next.recover() // the same run asks again
	must(t, next.Close())
	b.again().recover()
}

// What is rebuilt from a damaged file is damaged; and from then on this is the speaker, also
// while a batch is missing, whose books come later.
func TestTheFileIsLookedThroughBeforeItIsRebuilt(t *testing.T) {
	b := sealed(t)
	id := b.approved(row(2), row(3))
	b.recover()
	older := b.crash()
	b.begin(id, 2)
	other := b.approved(row(20))
	b.begin(other, 20)
	older.older(b.sentLog())

	crashed := older.crash()
	crashed.spoil()
	crashed = crashed.crash() // SQLite reads the schema again
	_, err := crashed.Rebuild(t.Context(), "", "", "988015814", func(mailout.OrgNumber) string { return "queue" })
	var le *ledger.Error
	if !errors.As(err, &le) || le.Code != "ledger-corrupt" {
		t.Errorf("rebuilding a damaged ledger: %v", err)
	}
	crashed.wantState(id, 2, mailout.Planned)

	older.rebuild("", "") // but for the other batch
	rebuilt := older.crash()
	rebuilt.spoil()
	if _, err := rebuilt.crash().Recover(t.Context()); !errors.As(err, &le) || le.Code != "ledger-corrupt" {
		t.Errorf("after a crash of whoever rebuilds: %v", err)
	}
}

// Whoever gives up the lock and waits for somebody else's answers is no crash; nor does he
// keep quiet about his own once he speaks again.
func TestASpeakerThatFellSilentAndSpeaksAgain(t *testing.T) {
	b := newBooks(t)
	b.approved(row(2), row(3))
	b.recover()
	b.FallSilent()
	waiting := b.crash()
	waiting.spoil()
	waiting.crash().recover() // nobody looks through it
	b.recover()
	crashed := b.crash()
	crashed.spoil()
	if _, err := crashed.crash().Recover(t.Context()); err == nil {
		t.Error("the crash of a speaker that spoke again was taken for a clean end")
	}
}

// A speaker that is late to say its end does not take away the note of the next.
func TestTheNextSpeakersNoteStays(t *testing.T) {
	b := newBooks(t)
	b.approved(row(2), row(3))
	b.recover()
	next := b.again()
	next.recover()
	must(t, b.Close())
	next.spoil()
	if _, err := next.crash().Recover(t.Context()); err == nil {
		t.Error("the crash of the second speaker was taken for a clean end")
	}
}

// held has another program hold the ledger's write lock until the test ends or lets go.
func (b *books) held(begin string) (letGo func()) {
	b.t.Helper()
	db := b.rawDB()
	conn, err := db.Conn(b.t.Context())
	must(b.t, err)
	_, err = conn.ExecContext(b.t.Context(), begin)
	must(b.t, err)
	letGo = func() { conn.Close(); db.Close() }
	b.t.Cleanup(letGo)
	return letGo
}

// impatient opens the books as one who waits for nobody.
func (b *books) impatient() (*books, error) {
	l, err := ledger.Open(context.Background(), ledger.Options{Path: filepath.Join(b.dir, "ledger.db"), SentLog: filepath.Join(b.dir, "sent.log"),
		Now: b.clock.now, Patience: 50 * time.Millisecond})
	if err == nil {
		b.t.Cleanup(func() { l.Close() })
	}
	return &books{Ledger: l, t: b.t, dir: b.dir, clock: b.clock}, err
}

func (b *books) wantBusy(err error) {
	b.t.Helper()
	var le *ledger.Error
	if !errors.As(err, &le) || le.Code != "ledger-busy" || !strings.Contains(le.Message, "ledger.db") || le.Remedy == "" || strings.Contains(err.Error(), "locked") {
		b.t.Errorf("the error is %v, want in plain words that another program keeps the ledger busy", err)
	}
}

// Another program, a backup's or a person's, holds the ledger for longer than anybody
// waits. Whoever writes says so in words; whoever reads notices nothing.
func TestAnotherProgramKeepsTheLedgerBusy(t *testing.T) {
	b := newBooks(t)
	id := b.approved(row(2), row(3))
	b.recover()
	ref := b.begin(id, 2)
	speaker, err := b.impatient()
	must(t, err)
	letGo := b.held(`BEGIN IMMEDIATE`)
	_, err = speaker.BeginAttempt(t.Context(), id, 3, "queue", jobXML)
	b.wantBusy(err)
	_, err = speaker.Settle(t.Context(), ref, accepted(7))
	b.wantBusy(err)
	_, err = speaker.BeginDraft(t.Context(), "m.csv", nil, time.UTC)
	b.wantBusy(err)

	reader, err := b.impatient()
	must(t, err)
	reader.wantState(id, 2, mailout.Sending)
	reader.wantState(id, 3, mailout.Planned)
	letGo()
	next, err := b.impatient()
	must(t, err)
	if got := next.recover(); got.Unknown != 1 { // its answer could not be written
		t.Errorf("recovered %+v", got)
	}
	next.created(id, 3, 8)
}

func TestOpeningALedgerThatIsHeldWhole(t *testing.T) {
	b := newBooks(t)
	b.approved(row(2))
	must(t, b.Close())
	letGo := b.held(`PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE`)
	_, err := b.impatient()
	b.wantBusy(err)
	letGo()
	_, err = b.impatient()
	must(t, err)
}

// Rights that a copy brought along are taken away; the folder's are its owner's business.
func TestLooserRightsAreTakenAway(t *testing.T) {
	b := newBooks(t)
	b.approved(row(2))
	for _, name := range []string{"ledger.db", "ledger.db-wal", "ledger.db-shm", "sent.log"} {
		must(t, os.Chmod(filepath.Join(b.dir, name), 0o664))
	}
	must(t, os.Chmod(b.dir, 0o750))
	b.again()
	for name, want := range map[string]os.FileMode{"ledger.db": 0o600, "ledger.db-wal": 0o600, "ledger.db-shm": 0o600, "sent.log": 0o600, ".": 0o750} {
		info, err := os.Stat(filepath.Join(b.dir, name))
		must(t, err)
		if info.Mode().Perm() != want {
			t.Errorf("the mode of %s is %o, want %o", name, info.Mode().Perm(), want)
		}
	}
}
