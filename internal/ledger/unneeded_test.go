package ledger_test

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"batch/internal/ledger"
	"batch/internal/mailout"
)

// Whatever a batch may still send needs its files, and nothing else does.
func TestFilesAreRemovedWhenNoBatchNeedsThem(t *testing.T) {
	approve := func(b *books, id mailout.BatchID) { must(b.t, b.Approve(b.t.Context(), id, "typed")) }
	send := func(answers ...mailout.Outcome) func(*books, mailout.BatchID) {
		return func(b *books, id mailout.BatchID) {
			approve(b, id)
			for n, o := range answers {
				b.settle(b.begin(id, 2+n), o)
			}
		}
	}
	for _, c := range []struct {
		name   string
		arrive func(*books, mailout.BatchID)
		needed bool
	}{
		{"planned", func(*books, mailout.BatchID) {}, true},
		{"approved", approve, true},
		{"stopped", func(b *books, id mailout.BatchID) {
			approve(b, id)
			must(b.t, b.StopBatch(b.t.Context(), id, "canary"))
		}, true},
		{"sending", func(b *books, id mailout.BatchID) { send()(b, id); b.begin(id, 2) }, true},
		{"unknown, the others over", send(lost, refused), true},
		{"proved not sent", send(notSent, refused), true},
		{"said to be absent", func(b *books, id mailout.BatchID) {
			send(lost, refused)(b, id)
			b.clock.pass(absentAfter)
			b.resolve(id, 2, mailout.VerdictAbsent)
		}, true},
		{"created", send(accepted(7), refused), true},
		{"done", send(refused, refused), true},
		{"done, then revived by a change", func(b *books, id mailout.BatchID) {
			send(refused, refused)(b, id)
			b.take(b.change(b.record(id, 2).Ref, 7, mailout.InProgress, mailout.SignerWaiting))
			b.wantBatch(id, mailout.Approved)
		}, true},
		{"superseded", func(b *books, id mailout.BatchID) {
			b.planned(row(9, of("another")))
			b.wantBatch(id, mailout.Superseded)
		}, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			b, f := newBooks(t), newFolder(t)
			f.make(b, "own", "shared", "nobody's")
			must(t, f.put(digest("of no recipe")))
			id := b.planned(row(2, of("own", "shared")), row(3, of("shared")))
			c.arrive(b, id)
			files, err := f.list()
			must(t, err)
			want := 4
			if c.needed {
				want = 2
			}
			if removed := b.sweep(f, files); removed != want {
				t.Errorf("%d files were removed, want %d", removed, want)
			}
			for _, name := range []string{"own", "shared"} {
				made := ""
				if c.needed {
					made = name
				}
				b.wantMade(name, made)
				if f.has(digest(name)) != c.needed {
					t.Errorf("the file %q is there: %v", name, !c.needed)
				}
			}
			b.wantMade("nobody's", "")
			if left, err := f.list(); err != nil || b.sweep(f, left) != 0 {
				t.Errorf("a second sweep removed more, %v", err)
			}
		})
	}
}

// Two plans share documents, and a document may be made by two recipes.
func TestAFileIsNeededAsLongAsOneBatchNeedsIt(t *testing.T) {
	b, f := newBooks(t), newFolder(t)
	files := f.make(b, "shared", "first", "second")
	b.keep(nil, madeBy("another recipe", "", "shared"))
	b.planned(row(2, of("shared", "first")))
	b.planned(row(3, of("shared", "second"))) // supersedes the one before
	if n := b.sweep(f, files); n != 1 || f.has(digest("first")) {
		t.Errorf("%d files were removed, want the first batch's own", n)
	}
	b.planned(row(4, of("another")))
	if n := b.sweep(f, files); n != 2 { // one of the three is gone already
		t.Errorf("%d files were removed, want the other two", n)
	}
	b.wantMade("shared", "")
	b.wantMade("another recipe", "")
}

// A plan in the making may have found a file that no row names yet.
func TestNothingIsRemovedWhileThereIsADraft(t *testing.T) {
	b, f := newBooks(t), newFolder(t)
	files := f.make(b, "found")
	planner := b.again()
	draft := planner.draft()
	if n := b.sweep(f, files); n != 0 {
		t.Fatalf("%d files were removed beside a plan in the making", n)
	}
	must(t, planner.AddRows(t.Context(), draft, []mailout.Row{row(2, of("found"))}))
	if n := b.sweep(f, files); n != 0 {
		t.Fatalf("%d files were removed beside a plan in the making", n)
	}
	planner.wantMade("found", "found")
	_, err := planner.Freeze(t.Context(), draft, digest("m"), digest("d"), digest("r"))
	must(t, err)
	if n := b.sweep(f, files); n != 0 {
		t.Errorf("%d files of a planned batch were removed", n)
	}
	// The next draft is left by a crash. It keeps everything back until nobody plans.
	b.draft()
	must(t, f.put(digest("left")))
	next := b.crash()
	if n := next.sweep(f, []mailout.Digest{digest("left")}); n != 0 {
		t.Errorf("%d files were removed: a sweep forgets no draft by itself", n)
	}
	must(t, next.DropDrafts(t.Context()))
	if n := next.sweep(f, []mailout.Digest{digest("left")}); n != 1 {
		t.Errorf("%d files were removed after the draft was swept", n)
	}
}

// A plan that begins while files are being removed waits for the commit. Once it has
// begun nothing is removed any more, and what the books name is there.
func TestAPlanThatBeginsDuringASweep(t *testing.T) {
	b, f := newBooks(t), newFolder(t)
	var names []string
	for n := range 500 {
		names = append(names, fmt.Sprint("file ", n))
	}
	files := f.make(b, names...)
	planner := b.again()
	var plan sync.WaitGroup
	var calls, whenBegun atomic.Int32
	removed, err := b.Unneeded(t.Context(), files, func(d mailout.Digest) error {
		if calls.Add(1) == 1 {
			plan.Go(func() {
				_, err := planner.BeginDraft(t.Context(), "m.csv", nil, time.UTC)
				whenBegun.Store(calls.Load())
				if err != nil {
					t.Error(err)
				}
			})
		}
		return f.remove(d)
	})
	plan.Wait()
	must(t, err)
	if removed == 0 || removed != int(whenBegun.Load()) {
		t.Errorf("%d files were removed, %d of them when the plan had begun", removed, whenBegun.Load())
	}
	planner.wantLeft(f, names)
}

// A plan that begins after the look without the lock, and before the lock is had.
func TestAPlanThatBeginsBetweenTheLooks(t *testing.T) {
	b, f := newBooks(t), newFolder(t)
	files := f.make(b, "a")
	other := b.rawDB()
	defer other.Close()
	run := func(query string) {
		_, err := other.Exec(query)
		must(t, err)
	}
	run(`BEGIN IMMEDIATE`)
	var sweep sync.WaitGroup
	sweep.Go(func() {
		if n, err := b.Unneeded(t.Context(), files, f.remove); n != 0 || err != nil {
			t.Errorf("%d files were removed beside a plan in the making, %v", n, err)
		}
	})
	for !ledger.Writing(b.Ledger) { // it has looked, and waits for the lock
		runtime.Gosched()
	}
	run(`INSERT INTO batches (id, state, manifest_path, manifest_sha256, created_at)
		VALUES ('2026-11-21-zz', 'draft', '', '` + digest("m").String() + `', '2026-11-21T12:00:00.000000Z')`)
	run(`COMMIT`)
	sweep.Wait()
	b.wantMade("a", "a")
}

func TestASweepEndsWhenThePersonGivesUp(t *testing.T) {
	b, f := newBooks(t), newFolder(t)
	files := f.make(b, "a")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if n, err := b.Unneeded(ctx, files, f.remove); n != 0 || !f.has(digest("a")) || !errors.Is(err, context.Canceled) {
		t.Errorf("%d files were removed, %v", n, err)
	}
}

// One look into the books answers for two hundred files, by indexes, however many batches
// and documents there are.
func TestFilesAreLookedUpByAnIndex(t *testing.T) {
	b := newBooks(t)
	for query, want := range map[string][]string{
		ledger.UnneededQuery:                      {"documents_by_file (sha256=? AND batch=?)"},
		`DELETE FROM prepared WHERE sha256 = 'x'`: {"prepared_by_file (sha256=?)"},
		`DELETE FROM verdicts WHERE file IN (SELECT file FROM verdicts WHERE checked_at < '2026-01-01' LIMIT 20000)`: {"verdicts_by_age (checked_at<?)"},
	} {
		plan := b.queryPlan(query)
		for _, w := range want {
			if !strings.Contains(plan, w) {
				t.Errorf("%s\nis answered by\n%s\nwant %s", query, plan, w)
			}
		}
		if strings.Contains(plan, "SCAN d") || strings.Contains(plan, "SCAN prepared") || strings.Contains(plan, "SCAN verdicts") {
			t.Errorf("%s\nreads a whole table:\n%s", query, plan)
		}
	}
}

func (b *books) queryPlan(query string) string {
	b.t.Helper()
	db := b.rawDB()
	defer db.Close()
	rows, err := db.Query(`EXPLAIN QUERY PLAN `+query, slices.Repeat([]any{"[]"}, strings.Count(query, "?"))...)
	must(b.t, err)
	defer rows.Close()
	var plan strings.Builder
	for rows.Next() {
		var id, parent, unused int
		var detail string
		must(b.t, rows.Scan(&id, &parent, &unused, &detail))
		fmt.Fprintln(&plan, detail)
	}
	must(b.t, rows.Err())
	return plan.String()
}
