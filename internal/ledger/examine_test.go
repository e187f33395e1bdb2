package ledger_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"batch/internal/ledger"
	"batch/internal/mailout"
)

func (b *books) path() string { return filepath.Join(b.dir, "ledger.db") }

func TestExamineFindsAWholeLedger(t *testing.T) {
	b := newBooks(t)
	id := b.approved(row(2), row(3))
	b.created(id, 2, 77)
	h, err := ledger.Examine(t.Context(), b.path())
	if err != nil || len(h.Damage) != 0 || h.Schema == 0 || h.Schema != h.Known {
		t.Errorf("got %+v, %v", h, err)
	}
}

func TestExamineMakesNothing(t *testing.T) {
	dir := t.TempDir()
	if _, err := ledger.Examine(t.Context(), filepath.Join(dir, "ledger.db")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("got %v", err)
	}
	b := newBooks(t)
	must(t, b.Close())
	before := files(t, b.dir)
	if _, err := ledger.Examine(t.Context(), b.path()); err != nil {
		t.Fatal(err)
	}
	if after := files(t, b.dir); !slices.Equal(before, after) || len(files(t, dir)) != 0 {
		t.Errorf("there was %v, and now is %v", before, after)
	}
}

// files are names and contents.
func files(t *testing.T, dir string) (all []string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	must(t, err)
	for _, e := range entries {
		raw, err := os.ReadFile(filepath.Join(dir, e.Name()))
		must(t, err)
		all = append(all, e.Name()+" "+mailout.SumDigest(raw).String())
	}
	return all
}

func TestExamineLeavesAnOlderSchemaAlone(t *testing.T) {
	b := newBooks(t)
	must(t, b.raw(`PRAGMA user_version = 1`))
	for range 2 {
		if h, err := ledger.Examine(t.Context(), b.path()); err != nil || h.Schema != 1 || h.Known <= 1 {
			t.Errorf("got %+v, %v", h, err)
		}
	}
}

// The totals are counted by triggers, which another program can leave out.
func TestExamineFindsTotalsThatAreWrong(t *testing.T) {
	for name, harm := range map[string]string{
		"one more":                   `UPDATE tally SET n = n + 1 WHERE state = 'planned'`,
		"one less":                   `UPDATE tally SET n = n - 1 WHERE state = 'planned'`,
		"none":                       `DELETE FROM tally`,
		"of a state that no row has": `INSERT INTO tally SELECT batch, 'signed', sender, queue, 1 FROM tally LIMIT 1`,
	} {
		b := newBooks(t)
		id := b.approved(row(2), row(3))
		b.created(id, 2, 77)
		must(t, b.raw(harm))
		h, err := ledger.Examine(t.Context(), b.path())
		if want := "the totals of batch " + string(id) + " are not those of its rows"; err != nil || !slices.Equal(h.Damage, []string{want}) {
			t.Errorf("%s: %+v, %v", name, h, err)
		}
	}
}

func TestExamineFindsDamage(t *testing.T) {
	b := newBooks(t)
	id := b.approved(row(2))
	must(t, b.raw(`PRAGMA foreign_keys = 0; DELETE FROM batches WHERE id = ?`, string(id)))
	h, err := ledger.Examine(t.Context(), b.path())
	if err != nil || !slices.Contains(h.Damage, "a row of rows belongs to none of batches") {
		t.Errorf("rows without a batch: %+v, %v", h, err)
	}

	b = newBooks(t)
	b.approved(row(2))
	must(t, b.Close())
	raw, err := os.ReadFile(b.path())
	must(t, err)
	const page = 4096
	for i := page * 3; i < len(raw) && i < page*12; i += page { // leave the header and the first tables
		copy(raw[i:], strings.Repeat("\xff", 64))
	}
	must(t, os.WriteFile(b.path(), raw, 0o600))
	h, err = ledger.Examine(t.Context(), b.path())
	if e := new(ledger.Error); len(h.Damage) == 0 && (!errors.As(err, &e) || e.Code != "ledger-corrupt") {
		t.Errorf("pages of rubbish: %+v, %v", h, err)
	}

	must(t, os.WriteFile(b.path(), []byte("not a ledger, whatever its name says; "+strings.Repeat("x", page)), 0o600))
	_, err = ledger.Examine(t.Context(), b.path())
	if e := new(ledger.Error); !errors.As(err, &e) || e.Code != "ledger-corrupt" {
		t.Errorf("text: %v", err)
	}
}

func (b *books) compareLog() ledger.LogReport {
	b.t.Helper()
	r, err := b.CompareLog(b.t.Context())
	must(b.t, err)
	return r
}

func TestCompareLog(t *testing.T) {
	b := newBooks(t)
	id := b.approved(row(2), row(3))
	b.created(id, 2, 77)
	older := b.crash()
	b.created(id, 3, 78)
	if got := b.compareLog(); got != (ledger.LogReport{Fits: true}) {
		t.Errorf("its own log: %+v", got)
	}
	if got := b.crashWith("").compareLog(); got != (ledger.LogReport{}) {
		t.Errorf("a log that says nothing: %+v", got)
	}
	first, rest, _ := strings.Cut(b.sentLog(), "\n")
	if got := b.crashWith(first + "\n").compareLog(); got != (ledger.LogReport{}) {
		t.Errorf("a log without its attempts: %+v", got)
	}
	line, _, _ := strings.Cut(rest, "\n")
	blanked := strings.Replace(b.sentLog(), line, strings.Repeat("x", len(line)), 1)
	if got := b.crashWith(blanked).compareLog(); got != (ledger.LogReport{Stray: 1}) {
		t.Errorf("a log of the right length in which a line is missing: %+v", got)
	}
	older.putLog(b.sentLog())
	if got := older.compareLog(); got != (ledger.LogReport{Fits: true, Missing: 1}) {
		t.Errorf("an older ledger: %+v", got)
	}
}

func TestEverSent(t *testing.T) {
	b := newBooks(t)
	log := filepath.Join(b.dir, "sent.log")
	ever := func() bool {
		t.Helper()
		sent, err := ledger.EverSent(log)
		must(t, err)
		return sent
	}
	id := b.approved(row(2))
	if ever() {
		t.Error("a log that only names its workspace says that something was sent")
	}
	b.begin(id, 2)
	if !ever() {
		t.Error("what was begun is not seen")
	}
	must(t, os.Remove(log))
	if ever() {
		t.Error("a log that is gone says that something was sent")
	}
}

// What a crash tore is ours, and what is neither a Ref nor the beginning of one is not.
func TestStrayLines(t *testing.T) {
	b := newBooks(t)
	ref := b.created(b.approved(row(2)), 2, 77)
	for said, want := range map[string]int{
		"":                           0,
		string(ref[:4]) + "\n":       0,
		string(ref[:20]) + "\n":      0,
		string(ref) + "\n":           0,
		"sent.lo\n":                  0,
		"half a line without an end": 0,
		"extra-ref\n":                1,
		"\n":                         0,
		"zzzzzz" + string(ref[6:]) + "\nnote: \x1b[2J\n":                2,
		strings.ToUpper(string(ref)) + " x\n" + string(ref[:20]) + "\n": 1,
		string(ref[:len(ref)-1]) + strings.Repeat("0", 20) + "\n":       1,
	} {
		if got := b.crashWith(b.sentLog() + said).compareLog(); got != (ledger.LogReport{Fits: true, Stray: want}) {
			t.Errorf("%q: %+v, want %d stray lines", said, got, want)
		}
	}
}

func TestLastSent(t *testing.T) {
	b := newBooks(t)
	other := b.approved(row(9))
	id := b.approved(row(2), row(3), row(4))
	last := func() time.Time {
		t.Helper()
		at, err := b.LastSent(t.Context(), id)
		must(t, err)
		return at
	}
	if got := last(); !got.IsZero() {
		t.Errorf("nothing was sent, and it was at %v", got)
	}
	b.created(id, 3, 77)
	b.clock.pass(time.Hour)
	b.created(id, 2, 78)
	want := b.record(id, 2).SentAt
	b.clock.pass(time.Hour)
	b.created(other, 9, 79)
	if got := last(); !got.Equal(want) || want.IsZero() {
		t.Errorf("it was at %v, want %v", got, want)
	}
}

func TestSendersOfApprovedBatches(t *testing.T) {
	b := newBooks(t)
	of := func(sender mailout.OrgNumber) func(*mailout.Row) {
		return func(r *mailout.Row) { r.Job.Sender = sender }
	}
	b.planned(row(2, of("991825827")))
	b.approved(row(3), row(4, of("974720760")), row(5, of("910075918"), skipped))
	got, err := b.Senders(t.Context())
	if want := []mailout.OrgNumber{"974720760", "988015814"}; err != nil || !slices.Equal(got, want) {
		t.Errorf("got %v, %v, want %v", got, err, want)
	}
}
