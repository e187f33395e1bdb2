package ledger_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"batch/internal/disk/disktest"
	"batch/internal/ledger"
	"batch/internal/mailout"
)

const oldBatch = "2026-11-20-aa"

// oldBooks are books of an earlier schema, not opened: a batch with a row in each of four
// states, as a program of that time wrote them.
func oldBooks(t *testing.T, schema int) *books {
	t.Helper()
	b := &books{t: t, dir: t.TempDir(), clock: &clock{at: noon}}
	db := b.rawDB()
	defer db.Close()
	do := func(query string, args ...any) {
		t.Helper()
		_, err := db.Exec(query, args...)
		must(t, err)
	}
	do(`PRAGMA synchronous = OFF`) // it is not their making that is tested
	scripts, err := filepath.Glob("sql/*.sql")
	must(t, err)
	for _, name := range scripts[:schema] {
		script, err := os.ReadFile(name)
		must(t, err)
		do(string(script))
	}
	const at = "2026-11-20T12:00:00.000000Z"
	sha := strings.Repeat("a", 64)
	do(`INSERT INTO meta (key, value) VALUES ('workspace', 'abc123')`)
	do(`INSERT INTO batches (id, state, digest, rows_digest, manifest_path, manifest_sha256, created_at) VALUES (?1, 'planned', ?2, ?2, 'm.csv', ?2, ?3)`, oldBatch, sha, at)
	do(`UPDATE batches SET state = 'approved', approved_at = ?`, at)
	for line, state := range map[int]mailout.State{2: mailout.Planned, 3: mailout.Created, 4: mailout.Unknown, 5: mailout.Signed} {
		do(`INSERT INTO rows (batch, line, key, state, since, sender, title, nonsensitive_title, description, authentication, identifier, available_seconds, columns, letter)
			VALUES (?, ?, ?, 'planned', ?, '988015814', 'Avtale', '', '', 4, '', 0, '[]', ?)`, oldBatch, line, fmt.Sprint("k", line), at, fmt.Sprintf("%064x", line))
		do(`INSERT INTO signers (batch, line, n, national_id, email, mobile, ord, signature_type, on_behalf_of, notify) VALUES (?, ?, 1, '01845912345', '', '', 0, '', '', 'lookup')`, oldBatch, line)
		do(`INSERT INTO documents (batch, line, n, title, name, sha256, crc32, bytes, pages, sources) VALUES (?, ?, 1, 'Avtale', 'document1.pdf', ?, 1, 4711, 3, '[]')`, oldBatch, line, sha)
		if state == mailout.Planned {
			continue
		}
		ref := string(oldRef(line))
		do(`INSERT INTO attempts (ref, batch, line, n, job_xml, documents, begun_at) VALUES (?1, ?2, ?3, 1, ?4, ?4, ?5)`, ref, oldBatch, line, sha, at)
		do(`UPDATE rows SET state = 'sending', ref = ? WHERE line = ?`, ref, line)
		do(`INSERT INTO events (at, batch, line, kind, from_state, to_state, ref, detail) VALUES (?, ?, ?, 'begin', 'planned', 'sending', ?, '')`, at, oldBatch, line, ref)
		if state == mailout.Unknown {
			do(`UPDATE attempts SET ended_at = ?, outcome = 'unknown' WHERE ref = ?`, at, ref)
			do(`UPDATE rows SET state = 'unknown' WHERE line = ?`, line)
			continue
		}
		do(`UPDATE attempts SET ended_at = ?, outcome = 'accepted', status = 200, job_id = ? WHERE ref = ?`, at, 1000+line, ref)
		do(`UPDATE rows SET state = 'created', job_id = ? WHERE line = ?`, 1000+line, line)
	}
	do(`INSERT INTO files (job_id, sha256, batch, line, bytes, temp, state, at) VALUES (1005, ?, ?, 5, 99, 'signed/x/.fetch-1.part', 'fetched', ?)`, sha, oldBatch, at)
	do(`UPDATE files SET state = 'kept', path = 'signed/x/k5-1005.pdf'`)
	do(`INSERT INTO changes (job_id, fingerprint, batch, line, sender, queue, status, final, first_at, last_at)
		VALUES (1005, 'f', ?1, 5, '988015814', 'queue', 'COMPLETED_SUCCESSFULLY', 1, ?2, ?2)`, oldBatch, at)
	do(`UPDATE changes SET tried_at = ?1, confirmed_at = ?1`, at)
	do(`UPDATE rows SET state = 'signed' WHERE line = 5`)
	do(fmt.Sprintf(`PRAGMA user_version = %d`, schema))
	return b
}

// oldRef is the Ref of a line of oldBooks.
func oldRef(line int) mailout.Ref {
	return mailout.NewRef(mailout.RefParts{Workspace: "abc123", Batch: oldBatch, Line: line, Attempt: 1})
}

// wantOld wants opened books to hold what oldBooks wrote.
func (b *books) wantOld() {
	b.t.Helper()
	for line, state := range map[int]mailout.State{2: mailout.Planned, 3: mailout.Created, 4: mailout.Unknown, 5: mailout.Signed} {
		b.wantState(oldBatch, line, state)
		if r := b.record(oldBatch, line); len(r.Job.Signers) != 1 || len(r.Documents) != 1 || (len(b.attempts(oldBatch, line)) == 1) == (state == mailout.Planned) {
			b.t.Errorf("line %d came over as %+v", line, r)
		}
	}
	if r := b.record(oldBatch, 5); r.Signed.Path != "signed/x/k5-1005.pdf" {
		b.t.Errorf("the signed document came over as %+v", r.Signed)
	}
}

const someSchema = 7

func TestBooksAreCopiedBeforeAMigration(t *testing.T) {
	old := oldBooks(t, someSchema)
	for n := range 3 { // left by earlier migrations
		must(t, os.WriteFile(filepath.Join(old.dir, fmt.Sprintf("ledger-schema-%04d.db", n+2)), nil, 0o600))
	}
	b := old.again()
	b.wantOld()
	if got, want := copies(t, b.dir), []string{"ledger-schema-0004.db", "ledger-schema-0007.db"}; !slices.Equal(got, want) {
		t.Errorf("the copies are %q, want %q", got, want)
	}
	path := filepath.Join(b.dir, "ledger-schema-0007.db")
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the copy: %v, %v", info, err)
	}
	if h, err := ledger.Examine(t.Context(), path); err != nil || h.Schema != someSchema || len(h.Damage) > 0 {
		t.Errorf("the copy is %+v, %v", h, err)
	}
	// Put back, it is the ledger again.
	back := t.TempDir()
	raw, err := os.ReadFile(path)
	must(t, err)
	must(t, os.WriteFile(filepath.Join(back, "ledger.db"), raw, 0o600))
	openBooks(t, back, b.clock).wantOld()
}

func copies(t *testing.T, dir string) (all []string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	must(t, err)
	for _, e := range entries {
		if strings.Contains(e.Name(), "schema") || strings.Contains(e.Name(), ".part") {
			all = append(all, e.Name())
		}
	}
	return all
}

func TestNothingIsCopiedWhereNothingIsMigrated(t *testing.T) {
	b := newBooks(t)
	b.approved(row(2))
	must(t, b.Close())
	b.again()
	if got := copies(t, b.dir); len(got) != 0 {
		t.Errorf("books that are up to date were copied: %q", got)
	}
	empty := &books{t: t, dir: t.TempDir(), clock: b.clock}
	script, err := os.ReadFile("sql/0001_books.sql")
	must(t, err)
	must(t, empty.raw(string(script)+`; PRAGMA user_version = 1`))
	empty.again()
	if got := copies(t, empty.dir); len(got) != 0 {
		t.Errorf("books without rows were copied: %q", got)
	}
}

// Whichever step of the copy or the migration fails, in either way, the books are there:
// of the old schema or of the new, and the next opening brings them up to date.
func TestAMigrationOnADiskThatFails(t *testing.T) {
	for _, errno := range []syscall.Errno{syscall.ENOSPC, syscall.EIO} {
		for n, after := range []bool{false, true} {
			k := 1 + 8*n
			for ; migrateFailing(t, k, errno, after); k += 17 {
			}
			if k < 40 {
				t.Errorf("a migration has only %d steps", k)
			}
		}
	}
}

func migrateFailing(t *testing.T, k int, errno syscall.Errno, after bool) (struck bool) {
	t.Helper()
	b := oldBooks(t, someSchema)
	d := disktest.New(t)
	var at disktest.Step
	d.OnStep = func(s disktest.Step) error {
		if s.N == k && s.After == after {
			at, struck = s, true
			return errno
		}
		return nil
	}
	l, err := ledger.Open(t.Context(), ledger.Options{Path: filepath.Join(b.dir, "ledger.db"), SentLog: filepath.Join(b.dir, "sent.log"), Now: b.clock.now, Disk: d, VFS: d.VFS()})
	if err == nil {
		must(t, l.Close())
	}
	left := &books{t: t, dir: filepath.Join(t.TempDir(), "left"), clock: b.clock}
	must(t, d.Leave(b.dir, left.dir, disktest.Nothing))
	for _, next := range []*books{b.again(), left.again()} {
		next.wantOld()
		for _, name := range copies(t, next.dir) {
			if name != "ledger-schema-0007.db" {
				t.Errorf("after step %d (%+v) there is %s", k, at, name)
			}
		}
	}
	var le *ledger.Error
	if struck && errno == syscall.ENOSPC && at.Op == disktest.Write && err != nil && (!errors.As(err, &le) || le.Code != "ledger-disk-full") {
		t.Errorf("a full disk at step %+v is told as %v", at, err)
	}
	return struck
}
