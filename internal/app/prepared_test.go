package app

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"batch/internal/ledger"
	"batch/internal/mailout"
	"batch/internal/pdfprep"
)

// Sweeping takes what no batch needs: the files of a plan that was superseded, and one that
// no recipe names. It takes nothing while somebody else plans.
func TestPlanningSweepsWhatNoBatchNeeds(t *testing.T) {
	d := newDesk(t)
	done := d.plan(1)
	must(t, d.Assign(t.Context(), done.Batch))
	if sent, err := d.Send(t.Context(), SendOptions{Batch: done.Batch, ApprovedBy: "typed", Follow: true, Soft: t.Context()}); err != nil || sent.Books.State != mailout.Done {
		t.Fatalf("sending: %v, %s, %v", err, sent.Books.State, sent.Problems)
	}
	approved := d.plan(1)
	must(t, d.ledger.Approve(t.Context(), approved.Batch, "typed", 0))
	needed := slices.Concat(d.files(done), d.files(approved))
	superseded := d.files(d.plan(1))
	stray := []byte("left by a crash")
	strayName := filepath.Base(pdfprep.Stored("", mailout.SumDigest(stray)))
	must(t, os.WriteFile(filepath.Join(d.ws.Prepared(), strayName), stray, 0o600))

	other := d.other()
	planning, err := other.ws.Plan(func() error { return nil })
	must(t, err)
	draft, err := other.ledger.BeginDraft(t.Context(), d.manifest, []byte("{}"), time.UTC)
	must(t, err)
	planned := d.files(d.plan(1))
	d.holds("while another plans", needed, superseded, planned, []string{strayName})

	must(t, planning.End()) // as the system does for a process that was killed
	d.holds("at the end", needed, d.files(d.plan(1)))
	_, err = other.ledger.Batch(t.Context(), draft)
	if !errors.Is(err, ledger.ErrNoBatch) {
		t.Errorf("the draft that was left: %v", err)
	}
}

// A merge makes other bytes each time. Two who plan the same at the same moment have one
// batch all the same, and one file for each of its rows.
func TestTwoPlanTheSameAtOnce(t *testing.T) {
	const rows = 40
	d := newDesk(t)
	d.ws.Config.Documents.Before = []string{d.letter()}
	d.write(rows)
	var planned [2]Planned
	var both errgroup.Group
	for i, a := range []*App{d.App, d.other()} {
		both.Go(func() (err error) {
			planned[i], err = a.Plan(t.Context(), PlanOptions{Manifest: d.manifest})
			return err
		})
	}
	must(t, both.Wait())
	if a, b := planned[0], planned[1]; a.Batch == "" || a.Batch != b.Batch || a.Digest != b.Digest {
		t.Fatalf("they planned %q %s and %q %s: %v %v", a.Batch, a.Digest, b.Batch, b.Digest, a.Problems, b.Problems)
	}
	files := d.files(planned[0])
	if len(files) != rows {
		t.Errorf("%d rows have %d files", rows, len(files))
	}
	d.holds("after both", files)
}

// The bytes of a copy are known: it is made again, and the plan is the one it was. A merge
// makes others, and a plan of them is another one, to be approved anew.
func TestAPlanWhoseFileIsNotAsItWas(t *testing.T) {
	harm := map[string]func(path string) error{
		"gone":      os.Remove,
		"cut short": func(path string) error { return os.Truncate(path, 100) },
		"overwritten": func(path string) error {
			b, err := os.ReadFile(path)
			must(t, err)
			b[len(b)-1] ^= 1
			must(t, os.WriteFile(path, b, 0o600))
			return os.Chtimes(path, time.Time{}, time.Now().Add(time.Hour)) // however coarse the disk's clock is
		},
	}
	d := newDesk(t)
	for _, cover := range [][]string{nil, {d.letter()}} {
		d.ws.Config.Documents.Before = cover
		first := d.plan(2)
		for name, do := range harm {
			name = fmt.Sprintf("%s, %d in front", name, len(cover))
			must(t, do(filepath.Join(d.ws.Prepared(), d.files(first)[0])))
			again := d.planAgain()
			if same := len(cover) == 0; again.Known != same || (again.Batch == first.Batch) != same || (again.Digest == first.Digest) != same {
				t.Errorf("%s: planned %s (%s), then %s (%s), known: %t", name, first.Batch, first.Digest, again.Batch, again.Digest, again.Known)
			}
			d.holds(name, d.files(again))
			first = again
		}
	}
}

// desk is a workspace and a folder with a manifest and letters, none like another.
type desk struct {
	*Rehearsal
	t        *testing.T
	manifest string
	page     []byte
	letters  int
}

func newDesk(t *testing.T) *desk {
	t.Helper()
	dir := t.TempDir()
	d := &desk{t: t, manifest: filepath.Join(dir, "manifest.csv")}
	var err error
	d.page, err = os.ReadFile(filepath.Join("..", "..", "samples", "avtaler", "1042.pdf"))
	must(t, err)
	d.Rehearsal, err = Rehearse(t.Context(), RehearseOptions{Options: Options{Dir: dir}, Manifest: d.manifest, Keep: filepath.Join(t.TempDir(), "keep")})
	must(t, err)
	t.Cleanup(d.Close)
	return d
}

// other is another process's App on the same workspace.
func (d *desk) other() *App {
	d.t.Helper()
	a, err := open(d.t.Context(), d.ws, Options{})
	must(d.t, err)
	d.t.Cleanup(func() { a.Close() })
	return a
}

// letter writes a PDF that was not there before.
func (d *desk) letter() (name string) {
	d.letters++
	name = fmt.Sprintf("%d.pdf", d.letters)
	must(d.t, os.WriteFile(filepath.Join(filepath.Dir(d.manifest), name), fmt.Appendf(slices.Clone(d.page), "%% %d\n", d.letters), 0o600))
	return name
}

// write writes a manifest of so many rows, with new letters.
func (d *desk) write(rows int) {
	var csv strings.Builder
	csv.WriteString("title;email;document\r\n")
	for n := range rows {
		fmt.Fprintf(&csv, "Avtale %d;person%d@example.com;%s\r\n", n, n, d.letter())
	}
	must(d.t, os.WriteFile(d.manifest, []byte(csv.String()), 0o600))
}

func (d *desk) plan(rows int) Planned {
	d.t.Helper()
	d.write(rows)
	return d.planAgain()
}

func (d *desk) planAgain() Planned {
	d.t.Helper()
	planned, err := d.Plan(d.t.Context(), PlanOptions{Manifest: d.manifest})
	if err != nil || planned.Batch == "" {
		d.t.Fatalf("planning: %v %v", err, planned.Problems)
	}
	return planned
}

// files are the names of a plan's prepared files.
func (d *desk) files(p Planned) (names []string) {
	d.t.Helper()
	for rec, err := range d.Records(d.t.Context(), p.Batch) {
		must(d.t, err)
		for _, doc := range rec.Documents {
			names = append(names, filepath.Base(pdfprep.Stored("", doc.SHA256)))
		}
	}
	return names
}

// holds compares prepared/ with the files that it is to hold, and each of them with its
// name.
func (d *desk) holds(when string, want ...[]string) {
	d.t.Helper()
	entries, err := os.ReadDir(d.ws.Prepared())
	must(d.t, err)
	var got []string
	for _, e := range entries {
		got = append(got, e.Name())
		b, err := os.ReadFile(filepath.Join(d.ws.Prepared(), e.Name()))
		must(d.t, err)
		if mailout.SumDigest(b).String()+".pdf" != e.Name() {
			d.t.Errorf("%s: %s has other bytes", when, e.Name())
		}
	}
	if all := slices.Sorted(slices.Values(slices.Concat(want...))); !slices.Equal(got, all) {
		d.t.Errorf("%s: prepared/ holds\n%s\nwant\n%s", when, strings.Join(got, "\n"), strings.Join(all, "\n"))
	}
}
