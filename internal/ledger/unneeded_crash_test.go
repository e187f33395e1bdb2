package ledger_test

import (
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"batch/internal/ledger"
	"batch/internal/mailout"
)

// Each removal fails in both ways, not done and done but reported failed; the process dies
// at each; and the books fail. What is there afterwards is never a row of a file that is gone.
func TestASweepThatFails(t *testing.T) {
	names := []string{"a", "b", "c"}
	failed := errors.New("the disk says no")
	for n := range names {
		t.Run(fmt.Sprint("not removed ", n), func(t *testing.T) {
			b, f := newBooks(t), newFolder(t)
			files, calls := f.make(b, names...), 0
			removed, err := b.Unneeded(t.Context(), files, func(d mailout.Digest) error {
				if calls++; calls > n {
					return failed
				}
				return f.remove(d)
			})
			wantErr(t, err, failed)
			if removed != n {
				t.Errorf("%d files were removed, want %d", removed, n)
			}
			b.wantLeft(f, names)
		})
		t.Run(fmt.Sprint("removed but reported failed ", n), func(t *testing.T) {
			b, f := newBooks(t), newFolder(t)
			files, calls := f.make(b, names...), 0
			_, err := b.Unneeded(t.Context(), files, func(d mailout.Digest) error {
				if calls++; calls == n+1 {
					return errors.Join(f.remove(d), failed)
				}
				return f.remove(d)
			})
			wantErr(t, err, failed)
			b.wantMade(names[n], names[n]) // the books name a file that is gone
			b.wantMadeAgain(f, names[n])
		})
		t.Run(fmt.Sprint("killed after removal ", n), func(t *testing.T) {
			b, f := newBooks(t), newFolder(t)
			files, calls := f.make(b, names...), 0
			var next *books
			_, err := b.Unneeded(t.Context(), files, func(d mailout.Digest) error {
				err := f.remove(d)
				if calls++; calls == n+1 {
					next = b.crash()
					err = failed
				}
				return err
			})
			wantErr(t, err, failed)
			for _, name := range names[:n+1] {
				next.wantMade(name, name)
			}
			next.wantMadeAgain(f, names[n])
			if got := next.sweep(f, files); got != 3-n-1 {
				t.Errorf("the next process removed %d files", got)
			}
		})
		t.Run(fmt.Sprint("the books fail after removal ", n), func(t *testing.T) {
			b, f := newBooks(t), newFolder(t)
			files := f.make(b, names...)
			must(t, b.raw(fmt.Sprintf(`CREATE TRIGGER full BEFORE DELETE ON prepared WHEN OLD.sha256 = '%s' BEGIN SELECT raise(ABORT, 'no space'); END`, digest(names[n]))))
			_, err := b.Unneeded(t.Context(), files, f.remove)
			var le *ledger.Error
			if !errors.As(err, &le) {
				t.Fatalf("the error is %v, want a *ledger.Error", err)
			}
			must(t, b.raw(`DROP TRIGGER full`))
			b.wantMade(names[n], names[n])
			b.wantMadeAgain(f, names[n])
		})
	}
}

// wantLeft holds the recipes against the files.
func (b *books) wantLeft(f folder, names []string) {
	b.t.Helper()
	for _, name := range names {
		made := ""
		if f.has(digest(name)) {
			made = name
		}
		b.wantMade(name, made)
	}
}

// wantMadeAgain does what a plan does with a document whose file is gone, and sees that
// no sweep takes the new one.
func (b *books) wantMadeAgain(f folder, name string) {
	b.t.Helper()
	if f.has(digest(name)) {
		b.t.Fatalf("the file %q is there", name)
	}
	draft := b.draft()
	must(b.t, f.put(digest(name+" again")))
	if kept := b.keep(nil, madeBy(name, name, name+" again")); kept[0] != document(name+" again").Prepared {
		b.t.Errorf("made again, the document is %+v", kept[0])
	}
	must(b.t, b.AddRows(b.t.Context(), draft, []mailout.Row{row(2, of(name+" again"))}))
	_, err := b.Freeze(b.t.Context(), draft, digest("m"), digest("frozen"), digest("r"))
	must(b.t, err)
	if n := b.sweep(f, []mailout.Digest{digest(name + " again")}); n != 0 {
		b.t.Error("the document made again was removed")
	}
}

// Planners find, make, freeze and drop while sweepers sweep: no batch that may be sent is
// ever without its files.
func TestPlansAndSweepsAtTheSameTime(t *testing.T) {
	b, f := newBooks(t), newFolder(t)
	var planning, sweeping sync.WaitGroup
	done := make(chan struct{})
	for p := range 2 {
		l := b.again()
		planning.Go(func() {
			for n := range 12 {
				if err := planOne(l, f, fmt.Sprint("plan ", p, " ", n), n%3 == 0); err != nil {
					t.Error(err)
				}
			}
		})
	}
	for range 2 {
		l := b.again()
		sweeping.Go(func() {
			for {
				files, err := f.list()
				if err == nil {
					_, err = l.Unneeded(t.Context(), files, f.remove)
				}
				if err != nil {
					t.Error(err)
				}
				select {
				case <-done:
					return
				default:
				}
			}
		})
	}
	planning.Wait()
	close(done)
	sweeping.Wait()
	files, err := f.list()
	must(t, err)
	b.sweep(f, files)
	if left, err := f.list(); err != nil || len(left) > 3 { // of the newest plan
		t.Errorf("%d files are left, %v", len(left), err)
	}
}

// planOne plans three rows whose documents other plans make too.
func planOne(b *books, f folder, name string, drop bool) error {
	ctx := b.t.Context()
	draft, err := b.BeginDraft(ctx, "m.csv", nil, time.UTC)
	if err != nil {
		return err
	}
	var docs []mailout.Digest
	var rows []mailout.Row
	for line := 2; line < 5; line++ {
		d, err := findOrMake(b, f, fmt.Sprint("recipe ", line), name)
		if err != nil {
			return err
		}
		rows = append(rows, row(line, func(r *mailout.Row) { r.Documents[0].Prepared = d }))
		docs = append(docs, d.SHA256)
	}
	if err := b.AddRows(ctx, draft, rows); err != nil {
		return err
	}
	if missing := f.missing(docs); missing > 0 {
		return fmt.Errorf("%s: %d files of a draft are gone", name, missing)
	}
	if drop {
		return b.DropDraft(ctx, draft)
	}
	id, err := b.Freeze(ctx, draft, digest("m"), digest(name), digest("r"))
	if err != nil {
		return err
	}
	missing := f.missing(docs)
	if info, err := b.Batch(ctx, id); err != nil || (missing > 0 && info.State == mailout.Ready) {
		return fmt.Errorf("%s: %d files of a planned batch are gone, %v", name, missing, err)
	}
	return nil
}
