package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"batch/internal/mailout"
)

// mailing is a rehearsed batch in whose list, documents and files values are planted. The list
// and the input files lie outside the workspace: they are the owner's.
type mailing struct {
	*Rehearsal
	t        *testing.T
	manifest string
	rows     int
	batch    mailout.BatchID
	values   planted
	keys     planted // the owner's keys, which signed files are named by
}

func newMailing(t *testing.T, rows int) *mailing {
	t.Helper()
	m := &mailing{t: t, rows: rows, manifest: filepath.Join(t.TempDir(), "liste.csv")}
	var err error
	m.Rehearsal, err = Rehearse(t.Context(), RehearseOptions{Options: Options{Dir: filepath.Dir(m.manifest)}, Manifest: m.manifest, Keep: filepath.Join(t.TempDir(), "keep")})
	must(t, err)
	t.Cleanup(m.Close)
	cover := filepath.Join(filepath.Dir(m.manifest), "forside.pdf")
	must(t, os.WriteFile(cover, letterPDF("Forside"), 0o600))
	m.ws.Config.Documents.Before = []string{"forside.pdf"}
	m.plan("Gammel tittel") // a plan that is corrected before it is approved
	m.batch = m.plan("Tittel")
	return m
}

// plan writes the list, each row with values of its own, and plans it.
func (m *mailing) plan(title string) mailout.BatchID {
	m.t.Helper()
	var csv strings.Builder
	csv.WriteString("row;title;description;national_id;email;mobile;Avdeling;document\r\n")
	plant := func(format string, args ...any) string {
		v := fmt.Sprintf(format, args...)
		m.values = append(m.values, v)
		return v
	}
	for n := range m.rows {
		id, email, mobile := plant("%s", synthetic(m.t, n)), "", ""
		if n%2 == 1 {
			m.values = m.values[:len(m.values)-1]
			id, email, mobile = "", plant("kari%d@planted.example", n), plant("+4799%06d", 112233+n)
		}
		file := plant("Avtale-for-Planted-%d.pdf", n)
		must(m.t, os.WriteFile(filepath.Join(filepath.Dir(m.manifest), file), letterPDF(plant("Planted text %d of a letter", n)), 0o600))
		key := fmt.Sprintf("Plantednavn-%d", n)
		m.keys = append(m.keys, key)
		fmt.Fprintf(&csv, "%s;%s;%s;%s;%s;%s;%s;%s\r\n", key, plant("%s planted %d", title, n), plant("Beskrivelse planted %d", n), id, email, mobile, plant("Avdeling planted %d", n), file)
	}
	must(m.t, os.WriteFile(m.manifest, []byte(csv.String()), 0o600))
	planned, err := m.Plan(m.t.Context(), PlanOptions{Manifest: m.manifest})
	if err != nil || planned.Batch == "" {
		m.t.Fatalf("planning: %v, %v", err, planned.Problems)
	}
	return planned.Batch
}

// send sends and follows to the end.
func (m *mailing) send() {
	m.t.Helper()
	must(m.t, m.Assign(m.t.Context(), m.batch))
	sent, err := m.Send(m.t.Context(), SendOptions{Batch: m.batch, ApprovedBy: "typed", Follow: true, Soft: m.t.Context()})
	if err != nil || sent.Books.State != mailout.Done {
		m.t.Fatalf("sending: %v, %s, %v", err, sent.Books.State, sent.Problems)
	}
}

// clutter leaves reports of each kind, and what killed commands and older versions leave.
func (m *mailing) clutter() {
	m.t.Helper()
	for _, o := range []ReportOptions{{Format: "csv"}, {Format: "xlsx"}, {Format: "json"}, {Format: "html"}, {Format: "csv", Out: filepath.Join(m.dir, "min rapport.csv")}} {
		o.WithNationalIDs = true
		_, err := m.Report(m.t.Context(), m.batch, o)
		must(m.t, err)
	}
	books, err := os.ReadFile(m.ws.Ledger())
	must(m.t, err)
	letter := letterPDF(m.values[len(m.values)-1])
	signed := m.ws.Signed(m.batch)
	must(m.t, os.MkdirAll(filepath.Join(signed, "doubtful"), 0o700))
	for path, content := range map[string][]byte{
		filepath.Join(m.dir, "ledger-schema-0013.db"): books, filepath.Join(m.dir, ".ledger-1.part"): books, filepath.Join(m.dir, ".ledger-1.part-journal"): books,
		filepath.Join(m.ws.Reports(), unfinishedReport+"1"): []byte(strings.Join(m.values, ";")), filepath.Join(m.ws.Prepared(), ".unfinished-1"): letter,
		filepath.Join(signed, ".fetch-1.part"): letter, filepath.Join(filepath.Dir(m.manifest), nextTemp+"1"): letter, filepath.Join(signed, "doubtful", "half.pdf"): letter,
	} {
		must(m.t, os.WriteFile(path, content, 0o600))
	}
	must(m.t, os.MkdirAll(filepath.Join(m.ws.Reports(), unfinishedReport+"spool"), 0o700))
	must(m.t, os.WriteFile(filepath.Join(m.ws.Reports(), unfinishedReport+"spool", "excelize-1"), []byte(m.values[0]), 0o600))
}

func (m *mailing) purge(o PurgeOptions) Wiped {
	m.t.Helper()
	o.Batch, o.By, o.Soft = m.batch, "by a test", m.t.Context()
	w, err := m.Purge(m.t.Context(), o)
	if err != nil || w.Ending != EndDone {
		m.t.Fatalf("purging: %+v, %v", w, err)
	}
	return w
}

// Purged, no file of the workspace holds any of the values, nor does a name, a packed stream or
// a part of a workbook; neither while the ledger is open nor when it is closed. Before, every
// one of them is found.
func TestPurgedNothingPersonalIsLeft(t *testing.T) {
	m := newMailing(t, 40)
	m.send()
	m.clutter()
	before := m.record(2)
	all := append(m.values, m.keys...)
	if len(m.values) < 200 {
		t.Fatalf("only %d values are planted", len(m.values))
	}
	if found := all.found(t, m.dir); len(found) != len(unique(all)) {
		t.Fatalf("before, %d of %d values are found: the search does not see them", len(found), len(unique(all)))
	}
	w := m.purge(PurgeOptions{Signed: true})
	all.gone(t, "while the ledger is open", m.dir)
	if w.Signed != m.rows+1 || w.Prepared < m.rows || w.Reports != 5 || w.Copies != 3 || w.Left != 5 {
		t.Errorf("it says %+v", w)
	}
	m.stays(before)
	must(t, m.App.Close())
	all.gone(t, "when the ledger is closed", m.dir)
	var err error
	m.App, err = open(t.Context(), m.ws, Options{})
	must(t, err)
	all.gone(t, "opened again", m.dir)
}

func unique(all planted) map[string]bool {
	set := map[string]bool{}
	for _, v := range all {
		set[v] = true
	}
	return set
}

func (m *mailing) record(line int) mailout.Record {
	m.t.Helper()
	r, err := m.ledger.Record(m.t.Context(), m.batch, line)
	must(m.t, err)
	return r
}

// stays wants what is nobody's to be as it was: counts, states, times, digests, jobs, events.
func (m *mailing) stays(before mailout.Record) {
	m.t.Helper()
	books, err := m.Books(m.t.Context(), m.batch)
	must(m.t, err)
	if books.State != mailout.Purged || books.Totals[mailout.Signed] != m.rows || books.Totals.Sum() != books.Rows || books.Digest.IsZero() {
		m.t.Errorf("the books are %+v", books)
	}
	r := m.record(before.Line)
	if r.Key != "line:2" || r.State != before.State || r.JobID != before.JobID || r.Ref != before.Ref || !r.Since.Equal(before.Since) ||
		r.Signed.SHA256 != before.Signed.SHA256 || r.Signed.Path != "" || r.Documents[0].SHA256 != before.Documents[0].SHA256 || r.Settled[0].Status != before.Settled[0].Status {
		m.t.Errorf("line 2 was\n%+v and is\n%+v", before, r)
	}
	story, err := m.Why(m.t.Context(), m.batch, "line:2")
	must(m.t, err)
	if len(story.History) < 5 || len(story.Attempts) != 1 {
		m.t.Errorf("its history is %+v", story.History)
	}
	for _, format := range []string{"csv", "xlsx", "json", "html"} {
		must(m.t, m.ReportTo(m.t.Context(), io.Discard, m.batch, ReportOptions{Format: format, WithNationalIDs: true}))
	}
	if health, err := m.ledger.Purged(m.t.Context(), m.batch); err != nil || health.Ended.IsZero() {
		m.t.Errorf("its purging has not ended: %+v, %v", health, err)
	}
}

// Purged or not, nobody gets the same letter a second time.
func TestALetterOfAPurgedBatchIsNotSentAgain(t *testing.T) {
	m := newMailing(t, 4)
	m.send()
	m.purge(PurgeOptions{})
	planned, err := m.Plan(t.Context(), PlanOptions{Manifest: m.manifest})
	must(t, err)
	repeats := 0
	for _, p := range mailout.Stopping(planned.Problems) {
		if strings.Contains(p.Code, "repeat") {
			repeats++
		}
	}
	if repeats != m.rows {
		t.Errorf("%d of %d rows are told to have been sent before: %v", repeats, m.rows, planned.Problems)
	}
}

// Signed documents stay unless their deletion is asked for, with their names; all else goes. The
// second time they go too.
func TestSignedDocumentsGoOnRequestOnly(t *testing.T) {
	m := newMailing(t, 4)
	m.send()
	next := strings.TrimSuffix(m.manifest, ".csv") + "-next.csv"
	must(t, os.WriteFile(next, []byte("for another attempt"), 0o600))
	w := m.purge(PurgeOptions{})
	if w.Signed != 0 {
		t.Errorf("it says %+v", w)
	}
	left, err := os.ReadDir(m.ws.Signed(m.batch))
	if err != nil || len(left) != m.rows {
		t.Errorf("%d signed documents are left: %v", len(left), err)
	}
	must(t, os.Rename(m.ws.Signed(m.batch), m.dir+".archive"))
	m.values.gone(t, "but for the signed documents", m.dir)
	must(t, os.Rename(m.dir+".archive", m.ws.Signed(m.batch)))
	if r := m.record(2); r.Signed.Path == "" {
		t.Error("the books have forgotten where the signed document is")
	}
	if !slices.ContainsFunc(w.Remains, func(r Remains) bool { return r.Path == next }) || !remain(w, "signed") || !remain(w, "manifest") || !remain(w, "documents") {
		t.Errorf("what is left is told as %+v", w.Remains)
	}
	if w := m.purge(PurgeOptions{Signed: true}); w.Signed != m.rows || remain(w, "signed") {
		t.Errorf("the second time it says %+v", w)
	}
	append(m.values, m.keys...).gone(t, "the second time", m.dir)
}

func remain(w Wiped, what string) bool {
	for _, r := range w.Remains {
		if r.What == what {
			return true
		}
	}
	return false
}

// While somebody plans, nothing is purged: that plan may count on a prepared file.
func TestNothingIsPurgedWhileSomebodyPlans(t *testing.T) {
	m := newMailing(t, 1)
	m.send()
	other, err := open(t.Context(), m.ws, Options{})
	must(t, err)
	defer other.Close()
	planning, err := other.ws.Plan(func() error { return nil })
	must(t, err)
	_, err = m.Purge(t.Context(), PurgeOptions{Batch: m.batch, By: "by a test", Soft: t.Context()})
	if err == nil || Explain(err).Kind != KindHeld {
		t.Errorf("the error is %v", err)
	}
	if books, err := m.Books(t.Context(), m.batch); err != nil || books.State != mailout.Done {
		t.Errorf("it is %s, %v", books.State, err)
	}
	must(t, planning.End())
	m.purge(PurgeOptions{})
}

// A person who asks to stop is heard between two steps; the same command does the rest.
func TestPurgingIsStoppedAndGoneOnWith(t *testing.T) {
	m := newMailing(t, 1)
	m.send()
	soft, stop := context.WithCancel(t.Context())
	stop()
	_, err := m.Purge(t.Context(), PurgeOptions{Batch: m.batch, By: "by a test", Soft: soft})
	if !errors.Is(err, context.Canceled) || !strings.Contains(Explain(err).Remedy, "same command again") {
		t.Errorf("the error is %v", err)
	}
	if p, err := m.Purging(t.Context(), m.batch); err != nil || !p.Begun || !p.Ended.IsZero() {
		t.Errorf("it is %+v, %v", p, err)
	}
	m.purge(PurgeOptions{Signed: true})
	append(m.values, m.keys...).gone(t, "in the end", m.dir)
}
