package ledger_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"batch/internal/disk"
	"batch/internal/ledger"
	"batch/internal/mailout"
)

// books is a real ledger in a folder of its own, with what tests ask of it again and
// again. Its methods end the test where something goes wrong that the test is not about.
type books struct {
	*ledger.Ledger
	t     testing.TB
	dir   string
	clock *clock
	disk  *watchedDisk
	plans int
}

// clock is the books' time: it stands at noon, passes a millisecond each time it is
// looked at, and is moved on by the test.
type clock struct {
	mu sync.Mutex
	at time.Time
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(time.Millisecond)
	return c.at
}

func (c *clock) pass(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(d)
}

var noon = time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)

func newBooks(t testing.TB) *books { return openBooks(t, t.TempDir(), &clock{at: noon}) }

func openBooks(t testing.TB, dir string, c *clock) *books {
	t.Helper()
	d := &watchedDisk{disk.OS, func(bool) {}}
	l, err := openOn(d, dir, c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	return &books{Ledger: l, t: t, dir: dir, clock: c, disk: d}
}

func openAt(dir string, c *clock) (*ledger.Ledger, error) { return openOn(disk.OS, dir, c) }

func openOn(d disk.Disk, dir string, c *clock) (*ledger.Ledger, error) {
	return ledger.Open(context.Background(), ledger.Options{Path: filepath.Join(dir, "ledger.db"), SentLog: filepath.Join(dir, "sent.log"), Now: c.now, Disk: d})
}

// again opens the same ledger a second time, as another process would.
func (b *books) again() *books { return openBooks(b.t, b.dir, b.clock) }

func (b *books) sentLog() string {
	raw, err := os.ReadFile(filepath.Join(b.dir, "sent.log"))
	must(b.t, err)
	return string(raw)
}

// raw runs SQL past the package, as another program could.
func (b *books) raw(query string, args ...any) error {
	b.t.Helper()
	db := b.rawDB()
	defer db.Close()
	_, err := db.Exec(query, args...)
	return err
}

func (b *books) rawDB() *sql.DB {
	b.t.Helper()
	db, err := sql.Open("sqlite", "file:"+filepath.Join(b.dir, "ledger.db")+"?_pragma=busy_timeout(20000)&_pragma=foreign_keys(1)")
	must(b.t, err)
	db.SetMaxOpenConns(1)
	return db
}

// row is a planned row whose letter is its line's own.
func row(line int, edits ...func(*mailout.Row)) mailout.Row {
	source := mailout.Source{Path: fmt.Sprintf("avtaler/%d.pdf", line), SHA256: mailout.SumDigest(fmt.Append(nil, "source", line))}
	r := mailout.Row{Line: line, Key: fmt.Sprint("k", line),
		Job: mailout.Job{Sender: "988015814", Title: "Arbeidsavtale", Signers: []mailout.Signer{{NationalID: "01845912345", Notify: mailout.NotifyLookup}}},
		Documents: []mailout.Document{{Title: "Avtale", Name: "document1.pdf", Sources: []mailout.Source{source},
			Prepared: mailout.Prepared{SHA256: mailout.SumDigest(fmt.Append(nil, "prepared", line)), CRC32: 0xfedcba98, Bytes: 4711, Pages: 3}}}}
	for _, edit := range edits {
		edit(&r)
	}
	return r
}

func skipped(r *mailout.Row) { r.Skipped, r.Documents = true, nil }

// sameLetter gives a row the letter of line 2, whatever its own line.
func sameLetter(r *mailout.Row) { r.Documents = row(2).Documents }

func (b *books) draft(rows ...mailout.Row) mailout.BatchID {
	b.t.Helper()
	id, err := b.BeginDraft(b.t.Context(), "/home/kari/manifest.csv", []byte(`{"environment":"test"}`), time.UTC)
	must(b.t, err)
	must(b.t, b.AddRows(b.t.Context(), id, rows))
	return id
}

// planned freezes rows under digests that no other plan of these books has.
func (b *books) planned(rows ...mailout.Row) mailout.BatchID {
	b.t.Helper()
	b.plans++
	digest := mailout.SumDigest(fmt.Append(nil, b.dir, b.plans))
	id, err := b.Freeze(b.t.Context(), b.draft(rows...), mailout.SumDigest([]byte("manifest")), digest, mailout.SumDigest(digest[:]))
	must(b.t, err)
	return id
}

func (b *books) approved(rows ...mailout.Row) mailout.BatchID {
	b.t.Helper()
	id := b.planned(rows...)
	must(b.t, b.Approve(b.t.Context(), id, "--yes"))
	return id
}

var jobXML = mailout.SumDigest([]byte("<job/>"))

// Approve is the approval of a person who has just looked.
func (b *books) Approve(ctx context.Context, id mailout.BatchID, by string) error {
	info, err := b.Batch(ctx, id)
	if err != nil {
		return err
	}
	return b.Ledger.Approve(ctx, id, by, info.LastSaid)
}

func (b *books) begin(id mailout.BatchID, line int) mailout.Ref {
	b.t.Helper()
	ref, err := b.BeginAttempt(b.t.Context(), id, line, "queue", jobXML)
	must(b.t, err)
	return ref
}

func (b *books) settle(ref mailout.Ref, o mailout.Outcome) mailout.State {
	b.t.Helper()
	state, err := b.Settle(b.t.Context(), ref, o)
	must(b.t, err)
	return state
}

func accepted(job mailout.JobID) mailout.Outcome {
	return mailout.Outcome{Kind: mailout.OutcomeAccepted, JobID: job, Status: 200, LastByte: noon}
}

var (
	refused = mailout.Outcome{Kind: mailout.OutcomeRefused, Status: 400, Code: "VALIDATION", Message: "the title is too long", LastByte: noon}
	notSent = mailout.Outcome{Kind: mailout.OutcomeNotSent, Code: "dial", Message: "connection refused"}
	lost    = mailout.Outcome{Kind: mailout.OutcomeUnknown, Code: "timeout", Message: "no answer in 60 seconds"}
)

// created brings a row to created, with a job.
func (b *books) created(id mailout.BatchID, line int, job mailout.JobID) mailout.Ref {
	b.t.Helper()
	ref := b.begin(id, line)
	if s := b.settle(ref, accepted(job)); s != mailout.Created {
		b.t.Fatalf("line %d is %s after its answer", line, s)
	}
	return ref
}

// change is what the queue hands out about a job whose signers are those of row().
func (b *books) change(ref mailout.Ref, job mailout.JobID, status mailout.JobStatus, signer mailout.SignerStatus) mailout.Change {
	now := b.clock.now()
	return mailout.Change{Ref: ref, JobID: job, Status: status, Sender: "988015814", Queue: "queue", TakenAt: now,
		Signers: []mailout.SignerChange{{Status: signer, Since: now.Truncate(time.Second), NationalID: "01845912345"}}}
}

func (b *books) take(c mailout.Change) mailout.Taken {
	b.t.Helper()
	taken, err := b.TakeChange(b.t.Context(), c)
	must(b.t, err)
	return taken
}

func (b *books) conclude(taken mailout.Taken, c mailout.Change) mailout.State {
	b.t.Helper()
	state, err := b.Conclude(b.t.Context(), taken, c)
	must(b.t, err)
	return state
}

// finish takes and concludes a change.
func (b *books) finish(c mailout.Change) mailout.State {
	b.t.Helper()
	return b.conclude(b.take(c), c)
}

func (b *books) record(id mailout.BatchID, line int) mailout.Record {
	b.t.Helper()
	r, err := b.Record(b.t.Context(), id, line)
	must(b.t, err)
	return r
}

func (b *books) wantState(id mailout.BatchID, line int, want mailout.State) {
	b.t.Helper()
	if got := b.record(id, line).State; got != want {
		b.t.Errorf("line %d is %s, want %s", line, got, want)
	}
	b.wantSum(id)
}

// wantSum holds the totals against the rows, which never come and never go.
func (b *books) wantSum(id mailout.BatchID) {
	b.t.Helper()
	info, counted := b.info(id), mailout.Totals{}
	for r, err := range b.Records(b.t.Context(), id) {
		must(b.t, err)
		counted[r.State]++
	}
	if info.Totals.Sum() != info.Rows || counted.Sum() != info.Rows || fmt.Sprint(info.Totals) != fmt.Sprint(counted) {
		b.t.Errorf("the totals %v of %d rows are not what the rows say: %v", info.Totals, info.Rows, counted)
	}
}

func (b *books) info(id mailout.BatchID) mailout.BatchInfo {
	b.t.Helper()
	info, err := b.Batch(b.t.Context(), id)
	must(b.t, err)
	return info
}

func (b *books) wantBatch(id mailout.BatchID, want mailout.BatchState) {
	b.t.Helper()
	if got := b.info(id).State; got != want {
		b.t.Errorf("the batch is %s, want %s", got, want)
	}
}

// wantAlarms compares the open alarms, in order, as "kind line job".
func (b *books) wantAlarms(want ...string) {
	b.t.Helper()
	alarms, err := b.Alarms(b.t.Context())
	must(b.t, err)
	got := []string{}
	for _, a := range alarms {
		got = append(got, fmt.Sprint(a.Kind, " ", a.Line, " ", a.JobID))
	}
	if strings.Join(got, "; ") != strings.Join(want, "; ") {
		b.t.Errorf("alarms are %q, want %q", got, want)
	}
}

// history is the row's events as "kind from>to".
func (b *books) history(id mailout.BatchID, line int) []string {
	b.t.Helper()
	events, err := b.History(b.t.Context(), id, line)
	must(b.t, err)
	var all []string
	for _, e := range events {
		all = append(all, fmt.Sprintf("%s %s>%s", e.Kind, e.From, e.To))
	}
	return all
}

func (b *books) attempts(id mailout.BatchID, line int) []mailout.Attempt {
	b.t.Helper()
	all, err := b.Attempts(b.t.Context(), id, line)
	must(b.t, err)
	return all
}

func (b *books) recover() mailout.Recovered {
	b.t.Helper()
	found, err := b.Recover(b.t.Context())
	must(b.t, err)
	return found
}

const absentAfter = 30 * time.Minute

func (b *books) resolve(id mailout.BatchID, line int, v mailout.Verdict) {
	b.t.Helper()
	must(b.t, b.Resolve(b.t.Context(), id, line, about(b.record(id, line).Ref, found(v)), absentAfter))
}

// found is what a person says of a row.
func found(v mailout.Verdict) mailout.Finding { return mailout.Finding{Verdict: v, By: "by kari"} }

// about is what a person says of one attempt.
func about(ref mailout.Ref, f mailout.Finding) mailout.Finding {
	f.Ref = ref
	return f
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func wantErr(t testing.TB, err, want error) {
	t.Helper()
	if !errors.Is(err, want) {
		t.Errorf("the error is %v, want %v", err, want)
	}
}
