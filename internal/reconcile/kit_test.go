package reconcile_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"batch/internal/ledger"
	"batch/internal/mailout"
	"batch/internal/pace"
	"batch/internal/reconcile"
)

// world is a workspace whose rows are all created, with the real ledger and the real
// pace, in front of a desk. It lives in a synctest bubble: its ten minutes take no time.
type world struct {
	*ledger.Ledger
	t     *testing.T
	dir   string
	desk  *desk
	books *watched
	id    mailout.BatchID
	refs  map[int]mailout.Ref
	soft  context.Context
	opts  reconcile.Options // Queues, Folder, Soft, Now and Open are filled in
}

// patience ends a following that has lost what it waits for.
const patience = 4 * time.Hour

// first is the line of the first row; the job of a line is a thousand more.
const first = 2

func jobAt(line int) mailout.JobID { return mailout.JobID(1000 + line) }

func newWorld(t *testing.T, rows int) *world {
	t.Helper()
	w := openWorld(t, t.TempDir(), newDesk())
	var planned []mailout.Row
	for line := first; line < first+rows; line++ {
		planned = append(planned, row(line))
	}
	w.another(planned...)
	for line := first; line < first+rows; line++ {
		w.refs[line] = w.begin(line)
		_, err := w.Settle(t.Context(), w.refs[line], mailout.Outcome{Kind: mailout.OutcomeAccepted, JobID: jobAt(line), Status: 200})
		must(t, err)
	}
	return w
}

func openWorld(t *testing.T, dir string, d *desk) *world {
	t.Helper()
	soft, stop := context.WithTimeout(t.Context(), patience)
	t.Cleanup(stop)
	w := &world{t: t, dir: dir, desk: d, refs: map[int]mailout.Ref{}, soft: soft}
	w.open()
	t.Cleanup(func() { w.Close() })
	return w
}

func (w *world) open() {
	w.t.Helper()
	var err error
	w.Ledger, err = ledger.Open(w.t.Context(), ledger.Options{Path: filepath.Join(w.dir, "ledger.db"), SentLog: filepath.Join(w.dir, "sent.log")})
	must(w.t, err)
	w.books = &watched{Ledger: w.Ledger}
}

// reopen is what the next process does after a crash.
func (w *world) reopen() {
	w.t.Helper()
	must(w.t, w.Close())
	w.open()
	w.desk.hook, w.desk.call = nil, nil
}

func (w *world) begin(line int) mailout.Ref {
	w.t.Helper()
	ref, err := w.BeginAttempt(w.t.Context(), w.id, line, queueName, mailout.SumDigest([]byte("<job/>")))
	must(w.t, err)
	return ref
}

func row(line int) mailout.Row {
	source := mailout.Source{Path: fmt.Sprintf("avtaler/%d.pdf", line), SHA256: mailout.SumDigest(fmt.Append(nil, "source", line))}
	return mailout.Row{Line: line, Key: fmt.Sprint("k", line),
		Job: mailout.Job{Sender: org, Title: "Arbeidsavtale", Signers: []mailout.Signer{{NationalID: "01845912345", Notify: mailout.NotifyLookup}}},
		Documents: []mailout.Document{{Title: "Avtale", Name: "document1.pdf", Sources: []mailout.Source{source},
			Prepared: mailout.Prepared{SHA256: mailout.SumDigest(fmt.Append(nil, "prepared", line)), CRC32: 1, Bytes: 4711, Pages: 3}}}}
}

// another plans and approves another batch and makes it the world's.
func (w *world) another(rows ...mailout.Row) {
	w.t.Helper()
	id, err := w.BeginDraft(w.t.Context(), "/home/kari/more.csv", nil, time.UTC)
	must(w.t, err)
	must(w.t, w.AddRows(w.t.Context(), id, rows))
	digest := mailout.SumDigest([]byte(id))
	w.id, err = w.Freeze(w.t.Context(), id, digest, digest, digest)
	must(w.t, err)
	must(w.t, w.Approve(w.t.Context(), w.id, "--yes", 0))
}

// change is what the queue hands out about a line's job.
func (w *world) change(line int, status mailout.JobStatus, signer mailout.SignerStatus) mailout.Change {
	return mailout.Change{Ref: w.refs[line], JobID: jobAt(line), Status: status,
		Signers: []mailout.SignerChange{{Status: signer, Since: time.Now().Truncate(time.Second), NationalID: "01845912345"}}}
}

func (w *world) signed(line int) mailout.Change {
	return w.change(line, mailout.Completed, mailout.SignerSigned)
}

func (w *world) waiting(line int) mailout.Change {
	return w.change(line, mailout.InProgress, mailout.SignerWaiting)
}

// follow runs until its end.
func (w *world) follow() (reconcile.Result, error) {
	w.t.Helper()
	pacer, err := pace.New(w.t.Context(), pace.Options{PerSecond: 10, Store: w.Ledger})
	must(w.t, err)
	return w.followWith(pacer)
}

func (w *world) followWith(p reconcile.Pace) (reconcile.Result, error) {
	o := w.opts
	o.Queues, o.Folder, o.Soft, o.Now = []reconcile.Queue{{Sender: org, Name: queueName}}, w.dir, w.soft, time.Now
	o.Open = func(ctx context.Context) (int, int, error) { return w.Open(ctx, w.id) }
	return reconcile.Run(w.t.Context(), w.books, w.desk, p, o)
}

// done follows and wants everything to be over.
func (w *world) done() {
	w.t.Helper()
	w.ends(reconcile.EndDone)
}

func (w *world) ends(want reconcile.Ending) reconcile.Result {
	w.t.Helper()
	res, err := w.follow()
	if err != nil || res.Ending != want {
		w.t.Fatalf("following ended with %+v, %v; want %s", res, err, want)
	}
	return res
}

func (w *world) at(line int) mailout.Record {
	w.t.Helper()
	r, err := w.Record(w.t.Context(), w.id, line)
	must(w.t, err)
	return r
}

// kept wants a row to be signed, with exactly this document under this name, in the
// books and on disk, and nothing else of the job's anywhere.
func (w *world) kept(line int, name string, document []byte) {
	w.t.Helper()
	r := w.at(line)
	want := mailout.SignedFile{Path: "signed/" + string(w.id) + "/" + name, SHA256: mailout.SumDigest(document), Bytes: int64(len(document))}
	if r.State != mailout.Signed || r.Signed != want || r.Doubtful {
		w.t.Errorf("line %d is %s with %+v, want it signed with %+v", line, r.State, r.Signed, want)
	}
	raw, err := os.ReadFile(filepath.Join(w.dir, want.Path))
	if err != nil || mailout.SumDigest(raw) != want.SHA256 {
		w.t.Errorf("line %d: the file is not what the books say (%v)", line, err)
	}
}

// files lists what lies below signed/, without the batch's name.
func (w *world) files(want ...string) {
	w.t.Helper()
	got := []string{}
	root := filepath.Join(w.dir, "signed", string(w.id))
	must(w.t, filepath.WalkDir(root, func(path string, d os.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			rel, _ := filepath.Rel(root, path)
			got = append(got, filepath.ToSlash(rel))
		}
		return err
	}))
	if !slices.Equal(got, want) {
		w.t.Errorf("the files are %q, want %q", got, want)
	}
}

// alarms compares the open alarms, in order, as "kind line job".
func (w *world) alarms(want ...string) {
	w.t.Helper()
	alarms, err := w.Alarms(w.t.Context())
	must(w.t, err)
	got := []string{}
	for _, a := range alarms {
		got = append(got, fmt.Sprint(a.Kind, " ", a.Line, " ", a.JobID))
	}
	if !slices.Equal(got, want) {
		w.t.Errorf("the alarms are %q, want %q", got, want)
	}
}

func (w *world) unconfirmed(want int) {
	w.t.Helper()
	b, err := w.Batch(w.t.Context(), w.id)
	must(w.t, err)
	if b.Unconfirmed != want || b.Totals.Sum() != b.Rows {
		w.t.Errorf("%d changes are unconfirmed, want %d; the totals are %v", b.Unconfirmed, want, b.Totals)
	}
}

// once is true the first time, from whichever goroutine.
func once() func() bool {
	var o sync.Once
	return func() (is bool) { o.Do(func() { is = true }); return is }
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func has(s, part string) bool { return strings.Contains(s, part) }
