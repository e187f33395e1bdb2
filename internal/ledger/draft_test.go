package ledger_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"batch/internal/ledger"
	"batch/internal/mailout"
)

// full is a row in which every field says something.
func full() mailout.Row {
	source := func(s string) mailout.Source { return mailout.Source{Path: s, SHA256: mailout.SumDigest([]byte(s))} }
	document := func(n int, sources ...mailout.Source) mailout.Document {
		return mailout.Document{Title: mailout.Text(fmt.Sprint("Avtale ", n)), Name: fmt.Sprintf("document%d.pdf", n), Sources: sources,
			Prepared: mailout.Prepared{SHA256: mailout.SumDigest(fmt.Append(nil, n)), CRC32: 1<<32 - 1, Bytes: 10_485_760, Pages: n}}
	}
	return mailout.Row{Line: 14, Key: "ansatt 1042 'æøå' ☃",
		Job: mailout.Job{Sender: "988015814", Title: "Tittel \"; DROP TABLE rows --", NonsensitiveTitle: "Arbeidsavtale", Description: "Linje 1\nLinje 2\x00",
			Signers: []mailout.Signer{
				{NationalID: "01845912345", Order: 1, SignatureType: mailout.Advanced, OnBehalfOf: mailout.Self, Notify: mailout.NotifyLookupSMS},
				{Email: "leder@kommune.example", Mobile: "+4799887766", Order: 9, SignatureType: mailout.Authenticated, OnBehalfOf: mailout.Other, Notify: mailout.NotifyGiven},
			},
			Authentication: 4, Identifier: mailout.NameOnly, Activation: noon.Add(24 * time.Hour), Available: 14 * 24 * time.Hour, Deadline: noon.Add(72 * time.Hour)},
		Documents: []mailout.Document{document(1, source("a.pdf"), source("b/æ.pdf")), document(2, source("c.pdf"))},
		Columns:   []mailout.Column{{Name: "Avdeling", Value: "Skole"}, {Name: "Avdeling", Value: "<b>"}, {Name: "", Value: ""}, {Name: "Foresatt", Value: "Kari", More: []mailout.Text{"", "Ola"}}},
	}
}

func TestARowComesBackAsItWasPlanned(t *testing.T) {
	b := newBooks(t)
	id := b.planned(full(), row(15), row(16, skipped))
	for _, want := range []mailout.Row{full(), row(15), row(16, skipped)} {
		got := b.record(id, want.Line)
		if want.Columns == nil {
			want.Columns = []mailout.Column{}
		}
		if diff := cmp.Diff(want, got.Row); diff != "" { // it compares the values and prints their masks
			t.Errorf("line %d came back changed (-planned +read):\n%s", want.Line, diff)
		}
		if got.Batch != id || got.Ref != "" || got.JobID != 0 || !got.SentAt.IsZero() || got.Since.IsZero() {
			t.Errorf("line %d, never sent: %+v", want.Line, got)
		}
	}
	b.wantState(id, 14, mailout.Planned)
	b.wantState(id, 16, mailout.Skipped)
}

func TestBatchBooks(t *testing.T) {
	b := newBooks(t)
	manifest, digest, rows := mailout.SumDigest([]byte("m")), mailout.SumDigest([]byte("d")), mailout.SumDigest([]byte("r"))
	id, err := b.Freeze(t.Context(), b.draft(row(2), row(3), row(4, skipped)), manifest, digest, rows)
	must(t, err)
	info := b.info(id)
	if info.ID != id || info.State != mailout.Ready || info.Digest != digest || info.RowsDigest != rows || info.ManifestSHA256 != manifest ||
		info.ManifestPath != "/home/kari/manifest.csv" || info.Settings != `{"environment":"test"}` || info.Rows != 3 || info.CreatedAt.IsZero() || !info.ApprovedAt.IsZero() {
		t.Errorf("the books of the batch: %+v", info)
	}
	if want := (mailout.Totals{mailout.Planned: 2, mailout.Skipped: 1}); !cmp.Equal(info.Totals, want) {
		t.Errorf("totals %v, want %v", info.Totals, want)
	}
	if !strings.HasPrefix(string(id), "2026-11-21-") {
		t.Errorf("planned on 2026-11-21, the batch is %s", id)
	}
}

func TestABatchIDHasTheLocalDate(t *testing.T) {
	b := newBooks(t)
	b.clock.pass(11*time.Hour + 30*time.Minute)
	id, err := b.BeginDraft(t.Context(), "m.csv", nil, time.FixedZone("CET", 3600))
	must(t, err)
	if !strings.HasPrefix(string(id), "2026-11-22-") {
		t.Errorf("planned at 00:30 local time on the 22nd, the batch is %s", id)
	}
}

func TestTakenBatchIDsAreTriedAgain(t *testing.T) {
	b := newBooks(t)
	take := func(ids int) { // of the 1 296 of a day
		t.Helper()
		must(t, b.raw(`WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < ?)
			INSERT OR IGNORE INTO batches (id, state, manifest_path, manifest_sha256, created_at)
			SELECT '2026-11-21-' || substr('0123456789abcdefghijklmnopqrstuvwxyz', i / 36 + 1, 1) || substr('0123456789abcdefghijklmnopqrstuvwxyz', i % 36 + 1, 1),
				'draft', '', ?, '2026-11-21T12:00:00.000000Z' FROM n`, ids-1, strings.Repeat("0", 64)))
	}
	take(648)
	seen := map[mailout.BatchID]bool{}
	for range 20 { // every other try meets a taken one
		id := b.draft()
		if seen[id] || id[11] < 'i' {
			t.Fatalf("%s was given twice", id)
		}
		seen[id] = true
	}
	take(1296)
	if _, err := b.BeginDraft(t.Context(), "m.csv", nil, time.UTC); err == nil || !strings.Contains(err.Error(), "too many batches") {
		t.Errorf("with every id of the day taken: %v", err)
	}
}

func TestPlanningTheSameAgainGivesTheSameBatch(t *testing.T) {
	for name, arrive := range map[string]func(*books, mailout.BatchID){
		"planned":  func(*books, mailout.BatchID) {},
		"approved": func(b *books, id mailout.BatchID) { must(b.t, b.Approve(b.t.Context(), id, "typed")) },
		"stopped": func(b *books, id mailout.BatchID) {
			must(b.t, b.Approve(b.t.Context(), id, "typed"))
			must(b.t, b.StopBatch(b.t.Context(), id, "canary"))
		},
		"done": func(b *books, id mailout.BatchID) {
			must(b.t, b.Approve(b.t.Context(), id, "typed"))
			b.settle(b.begin(id, 2), refused)
		},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBooks(t)
			d := mailout.SumDigest([]byte("the same"))
			first, err := b.Freeze(t.Context(), b.draft(row(2)), d, d, d)
			must(t, err)
			arrive(b, first)
			draft := b.draft(row(2))
			again, err := b.Freeze(t.Context(), draft, d, d, d)
			must(t, err)
			if again != first {
				t.Errorf("the second plan is %s, want %s again", again, first)
			}
			b.wantBatch(first, mailout.BatchState(name))
			_, err = b.Batch(t.Context(), draft)
			wantErr(t, err, ledger.ErrNoBatch)
			if found, ok, err := b.ByDigest(t.Context(), d); !ok || err != nil || found != first {
				t.Errorf("by its digest: %s, %v, %v", found, ok, err)
			}
		})
	}
}

func TestANewPlanSupersedesOnlyWhatWasNeverApproved(t *testing.T) {
	b := newBooks(t)
	approved := b.approved(row(2))
	first := b.planned(row(3))
	second := b.planned(row(4))
	b.wantBatch(approved, mailout.Approved)
	b.wantBatch(first, mailout.Superseded)
	b.wantBatch(second, mailout.Ready)
	wantErr(t, b.Approve(t.Context(), first, "typed"), ledger.ErrSuperseded)
	// The first plan once more is a new batch: the old one is history.
	third, err := b.Freeze(t.Context(), b.draft(row(3)), b.info(first).ManifestSHA256, b.info(first).Digest, b.info(first).RowsDigest)
	must(t, err)
	if third == first {
		t.Error("a superseded batch came back")
	}
	b.wantBatch(second, mailout.Superseded)
	b.wantBatch(third, mailout.Ready)
}

func TestADraftThatIsGoneCannotBeFrozen(t *testing.T) {
	b := newBooks(t)
	d := mailout.SumDigest([]byte("d"))
	ready := b.planned(row(2))
	draft := b.draft(row(3))
	must(t, b.DropDraft(t.Context(), draft))
	if id, err := b.Freeze(t.Context(), draft, d, d, d); err == nil {
		t.Errorf("a draft that was dropped became the batch %s", id)
	}
	if id, err := b.Freeze(t.Context(), ready, d, d, d); err == nil {
		t.Errorf("the batch %s was frozen a second time", id)
	}
	b.wantBatch(ready, mailout.Ready) // not superseded by what never was
}

func TestDropDraftDropsNothingElse(t *testing.T) {
	b := newBooks(t)
	ready := b.planned(row(2))
	must(t, b.DropDraft(t.Context(), ready))
	b.wantState(ready, 2, mailout.Planned)
}

// Drafts of processes that died are forgotten when nobody plans; batches are not.
func TestDraftsThatWereLeft(t *testing.T) {
	b := newBooks(t)
	ready := b.planned(row(2))
	left := b.draft(row(3))
	if all, err := b.Batches(t.Context()); err != nil || len(all) != 1 {
		t.Errorf("drafts are listed as batches: %v, %v", all, err)
	}
	must(t, b.DropDrafts(t.Context()))
	_, err := b.Batch(t.Context(), left)
	wantErr(t, err, ledger.ErrNoBatch)
	b.wantState(ready, 2, mailout.Planned)
	must(t, b.DropDrafts(t.Context()))
}

// With --skip-bad-rows what is wrong with a row must not keep it out of the books: its
// key may be another's, and it may name more people than a job can have.
func TestSkippedRowsNeedNotBeSendable(t *testing.T) {
	b := newBooks(t)
	crowd := func(r *mailout.Row) {
		for len(r.Job.Signers) < 12 {
			r.Job.Signers = append(r.Job.Signers, mailout.Signer{Email: "a@b.example"})
		}
	}
	sameKey := func(r *mailout.Row) { r.Key = "k2" }
	id := b.planned(row(2), row(3, skipped, sameKey), row(4, skipped, sameKey, crowd), row(5, skipped, func(r *mailout.Row) { r.Job = mailout.Job{} }))
	if got := b.info(id).Totals[mailout.Skipped]; got != 3 {
		t.Errorf("%d rows are skipped, want 3", got)
	}
	b.wantSum(id)
	if line, err := b.Line(t.Context(), id, "k2"); err != nil || line != 2 {
		t.Errorf("the key k2 is line %d, %v; want the row that is sent", line, err)
	}
}

func TestTwoRowsToSendNeverShareAKey(t *testing.T) {
	b := newBooks(t)
	id := b.draft(row(2))
	if err := b.AddRows(t.Context(), id, []mailout.Row{row(3, func(r *mailout.Row) { r.Key = "k2" })}); err == nil {
		t.Error("two rows to send have one key")
	}
}

func TestLine(t *testing.T) {
	b := newBooks(t)
	id := b.planned(row(14, func(r *mailout.Row) { r.Key = "3" }), row(3, func(r *mailout.Row) { r.Key = "14" }))
	for word, want := range map[string]int{"3": 14, "14": 3, "line:3": 3, "line:14": 14} {
		if got, err := b.Line(t.Context(), id, word); err != nil || got != want {
			t.Errorf("%q is line %d, %v; want %d", word, got, err, want)
		}
	}
	for _, word := range []string{"", "4", "line:4", "K3"} {
		_, err := b.Line(t.Context(), id, word)
		wantErr(t, err, ledger.ErrNoRow)
	}
	if _, err := b.Line(t.Context(), id, "line:x"); err == nil || !strings.Contains(err.Error(), "line:14") {
		t.Errorf("line:x is %v", err)
	}
	_, err := b.Record(t.Context(), id, 99)
	wantErr(t, err, ledger.ErrNoRow)
	_, err = b.Batch(t.Context(), "2026-01-01-zz")
	wantErr(t, err, ledger.ErrNoBatch)
}

func TestEarlierFindsLettersThatAreOutOrWillBe(t *testing.T) {
	final := func(status mailout.JobStatus, signer mailout.SignerStatus) func(*books, mailout.BatchID) {
		return func(b *books, id mailout.BatchID) {
			b.finish(b.change(b.created(id, 2, 7), 7, status, signer))
		}
	}
	for _, c := range []struct {
		name   string
		arrive func(*books, mailout.BatchID)
		want   bool
	}{
		{"approved, not sent", func(*books, mailout.BatchID) {}, true},
		{"stopped", func(b *books, id mailout.BatchID) { must(b.t, b.StopBatch(b.t.Context(), id, "canary")) }, true},
		{"sending", func(b *books, id mailout.BatchID) { b.begin(id, 2) }, true},
		{"unknown", func(b *books, id mailout.BatchID) { b.settle(b.begin(id, 2), lost) }, true},
		{"created", func(b *books, id mailout.BatchID) { b.created(id, 2, 7) }, true},
		{"signed", final(mailout.Completed, mailout.SignerSigned), true},
		{"refused", func(b *books, id mailout.BatchID) { b.settle(b.begin(id, 2), refused) }, false},
		{"rejected", final(mailout.JobFailed, mailout.SignerRejected), false},
		{"expired", final(mailout.JobFailed, mailout.SignerExpired), false},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := newBooks(t)
			id := b.approved(row(2), row(3))
			c.arrive(b, id)
			e, found, err := b.Earlier(t.Context(), row(9, sameLetter).LetterKey(), false)
			if err != nil || found != c.want || (found && (e.Batch != id || e.Line != 2)) {
				t.Errorf("found %v, %+v, %v; want %v", found, e, err, c.want)
			}
			e, found, err = b.Earlier(t.Context(), row(9, sameLetter).LetterKey(), true)
			if err != nil || !found || e.Batch != id || e.Line != 2 || e.State != b.record(id, 2).State {
				t.Errorf("asked for all that an approved batch has: %v, %+v, %v", found, e, err)
			}
		})
	}
	b := newBooks(t)
	b.planned(row(2))
	for _, ever := range []bool{false, true} {
		if _, found, err := b.Earlier(t.Context(), row(2).LetterKey(), ever); found || err != nil {
			t.Errorf("a plan that nobody approved counts as a letter: %v, %v", found, err)
		}
	}
}

func TestBatchesAreListedOldestFirst(t *testing.T) {
	b := newBooks(t)
	first, second := b.approved(row(2)), b.planned(row(3))
	all, err := b.Batches(t.Context())
	must(t, err)
	if len(all) != 2 || all[0].ID != first || all[1].ID != second || all[1].Rows != 1 {
		t.Errorf("batches: %+v", all)
	}
}

// A plan of the same manifest under the same settings, as long as it counts.
func TestPlannedBefore(t *testing.T) {
	b := newBooks(t)
	settings, manifest := []byte(`{"environment":"test"}`), mailout.SumDigest([]byte("manifest"))
	want := func(manifest mailout.Digest, settings []byte, want mailout.BatchID) {
		t.Helper()
		if got, found, err := b.PlannedBefore(t.Context(), manifest, settings); err != nil || got != want || found != (want != "") {
			t.Errorf("planned before: %q, %v, %v, want %q", got, found, err, want)
		}
	}
	want(manifest, settings, "")
	b.draft(row(2))
	want(manifest, settings, "")
	id := b.approved(row(3))
	want(manifest, settings, id)
	want(mailout.SumDigest([]byte("another")), settings, "")
	want(manifest, []byte("{}"), "")
	b.clock.pass(time.Hour)
	want(manifest, settings, b.approved(row(4)))
	other := newBooks(t)
	other.planned(row(2))
	_, err := other.Freeze(t.Context(), other.draft(row(3)), mailout.SumDigest([]byte("newer")), mailout.SumDigest([]byte("d")), mailout.SumDigest([]byte("r")))
	must(t, err)
	if got, found, err := other.PlannedBefore(t.Context(), manifest, settings); err != nil || found {
		t.Errorf("a superseded plan still counts: %v, %v", got, err)
	}
}
