package ledger_test

import (
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"batch/internal/mailout"
)

func repeat(n int) func(*mailout.Row) { return func(r *mailout.Row) { r.Repeat = n } }

// Repeats that were allowed have numbers, and of each number one can be on its way.
func TestAllowedRepeatsAreOnTheirWayOnceEach(t *testing.T) {
	b := newBooks(t)
	first := b.approved(row(2))
	b.created(first, 2, 22)
	second := b.approved(row(2, repeat(1)), row(3, sameLetter, repeat(2)))
	beside := b.approved(row(2, repeat(1)))
	for _, letter := range []mailout.Row{row(2), row(2, repeat(1))} { // the number is not the letter's
		if e, found, err := b.Earlier(t.Context(), letter.LetterKey(), false); err != nil || !found || e.Repeat != 2 {
			t.Errorf("the last repeat is %+v, %v, %v", e, found, err)
		}
	}
	b.created(second, 2, 23)
	b.created(second, 3, 24)
	_, err := b.BeginAttempt(t.Context(), beside, 2, "queue", jobXML)
	wantErr(t, err, mailout.ErrRepeat)
	if got := b.record(second, 3); got.Repeat != 2 || got.State != mailout.Created {
		t.Errorf("the second repeat is %+v", got)
	}
}

// A letter is sent once whatever becomes of the plans it stands in: planned in batches that
// were superseded, stopped or cancelled, it is free; on its way or signed, it is not.
func TestALetterInManyPlans(t *testing.T) {
	for _, c := range []struct {
		name string
		end  func(b *books, id mailout.BatchID)
		free bool
	}{
		{"superseded", func(b *books, id mailout.BatchID) { b.planned(row(9)) }, true},
		{"approved, not sent", func(b *books, id mailout.BatchID) { must(b.t, b.Approve(b.t.Context(), id, "typed")) }, true},
		{"stopped before it", func(b *books, id mailout.BatchID) {
			must(b.t, b.Approve(b.t.Context(), id, "typed"))
			must(b.t, b.StopBatch(b.t.Context(), id, "canary"))
		}, true},
		{"withdrawn", func(b *books, id mailout.BatchID) {
			must(b.t, b.Approve(b.t.Context(), id, "typed"))
			must(b.t, b.WishCancelled(b.t.Context(), id, []int{2}, "kari"))
		}, true},
		{"stopped after it", func(b *books, id mailout.BatchID) {
			must(b.t, b.Approve(b.t.Context(), id, "typed"))
			b.created(id, 2, 22)
			must(b.t, b.StopBatch(b.t.Context(), id, "canary"))
		}, false},
		{"its process died", func(b *books, id mailout.BatchID) {
			must(b.t, b.Approve(b.t.Context(), id, "typed"))
			b.begin(id, 2)
			b.recover()
		}, false},
		{"rejected", func(b *books, id mailout.BatchID) {
			must(b.t, b.Approve(b.t.Context(), id, "typed"))
			b.finish(b.change(b.created(id, 2, 22), 22, mailout.JobFailed, mailout.SignerRejected))
		}, true},
		{"failed", func(b *books, id mailout.BatchID) {
			must(b.t, b.Approve(b.t.Context(), id, "typed"))
			b.finish(b.change(b.created(id, 2, 22), 22, mailout.JobFailed, "BLOCKED"))
		}, true},
		{"cancelled at the portal", func(b *books, id mailout.BatchID) {
			must(b.t, b.Approve(b.t.Context(), id, "typed"))
			b.finish(b.change(b.created(id, 2, 22), 22, mailout.JobFailed, mailout.SignerCancelled))
		}, true},
		{"signed", func(b *books, id mailout.BatchID) {
			must(b.t, b.Approve(b.t.Context(), id, "typed"))
			b.finish(b.change(b.created(id, 2, 22), 22, mailout.Completed, mailout.SignerSigned))
		}, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := newBooks(t)
			c.end(b, b.planned(row(2), row(3)))
			again := b.approved(row(2))
			if _, err := b.BeginAttempt(t.Context(), again, 2, "queue", jobXML); (err == nil) != c.free {
				t.Errorf("the same letter once more: %v", err)
			}
		})
	}
}

// Books of schema 7 knew letters of several documents by another key, one for each way of
// sending the same files. They are found again by the new one; where both ways were sent, the
// books open all the same.
func TestLettersOfBefore(t *testing.T) {
	dir, c := t.TempDir(), &clock{at: noon}
	db, err := sql.Open("sqlite", "file:"+filepath.ToSlash(filepath.Join(dir, "ledger.db")))
	must(t, err)
	defer db.Close()
	exec := func(query string, args ...any) {
		t.Helper()
		_, err := db.Exec(query, args...)
		must(t, err)
	}
	scripts, err := filepath.Glob("sql/000[1-7]_*.sql")
	must(t, err)
	if len(scripts) != 7 {
		t.Fatalf("the schema of before is %v", scripts)
	}
	for _, path := range scripts {
		script, err := os.ReadFile(path)
		must(t, err)
		exec(string(script))
	}
	exec(`PRAGMA user_version = 7`)
	const digest = "'0000000000000000000000000000000000000000000000000000000000000001'"
	exec(`INSERT INTO batches (id, state, digest, rows_digest, manifest_path, manifest_sha256, created_at, approved_at)
		VALUES ('2026-11-20-a7', 'approved', ` + digest + `, ` + digest + `, '/m.csv', ` + digest + `, '2026-11-20T12:00:00.000000Z', '2026-11-20T12:00:00.000000Z')`)
	a, z := mailout.SumDigest([]byte("a")), mailout.SumDigest([]byte("z"))
	source := func(d mailout.Digest) string { return fmt.Sprintf(`{"Path":"x.pdf","SHA256":"%s"}`, d) }
	add := func(line int, letter, person string, documents ...string) {
		exec(`INSERT INTO rows (batch, line, key, state, since, sender, title, nonsensitive_title, description, authentication, identifier, available_seconds, columns, letter, ref, job_id)
			VALUES ('2026-11-20-a7', ?1, ?1, 'created', '2026-11-20T12:00:00.000000Z', '988015814', 'Avtale', '', '', 0, '', 0, '[]', ?2, ?1, ?1)`, line, letter)
		exec(`INSERT INTO signers (batch, line, n, national_id, email, mobile, ord, signature_type, on_behalf_of, notify) VALUES ('2026-11-20-a7', ?, 1, ?, '', '', 0, '', '', 'lookup')`, line, person)
		for n, sources := range documents {
			exec(`INSERT INTO documents (batch, line, n, title, name, sha256, crc32, bytes, pages, sources) VALUES ('2026-11-20-a7', ?, ?, 'Avtale', ?, `+digest+`, 1, 1, 1, ?)`, line, n+1, fmt.Sprint(n), "["+sources+"]")
		}
	}
	const kari, ola = "01845912345", "02845912345"
	add(2, before(kari, []mailout.Digest{a}, []mailout.Digest{z}), kari, source(a), source(z))
	add(3, before(ola, []mailout.Digest{a, z}), ola, source(a)+","+source(z))
	add(4, before(ola, []mailout.Digest{a}, []mailout.Digest{z}), ola, source(a), source(z))
	must(t, db.Close())

	b := openBooks(t, dir, c)
	for line, person := range map[int]mailout.NationalID{2: kari, 3: ola} {
		letter := mailout.Row{Job: mailout.Job{Title: "Avtale", Signers: []mailout.Signer{{NationalID: person}}},
			Documents: []mailout.Document{{Sources: []mailout.Source{{SHA256: a}, {SHA256: z}}}}}
		if e, found, err := b.Earlier(t.Context(), letter.LetterKey(), false); err != nil || !found || e.Line != line {
			t.Errorf("the letter of line %d is found as %+v, %v, %v", line, e, found, err)
		}
	}
	b.wantState("2026-11-20-a7", 4, mailout.Created)
	if got := b.record("2026-11-20-a7", 2); got.Repeat != 0 || !got.HeldUntil.IsZero() || got.SentAt != (time.Time{}) {
		t.Errorf("a row of before is %+v", got)
	}
}

// before is the key that a letter had in schema 7.
func before(person string, documents ...[]mailout.Digest) string {
	text := "id:" + person + "\x00\x01Avtale\x01"
	for _, d := range documents {
		for _, source := range d {
			text += string(source[:])
		}
		text += "\x02"
	}
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}
