package ledger_test

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"

	"batch/internal/mailout"
)

// Two handles stand for two processes: SQLite's locks do not know the difference between
// two connections of one process and of two.
func TestTwoProcessesWriteSideBySide(t *testing.T) {
	b := newBooks(t)
	const rows = 24
	var all []mailout.Row
	for line := 2; line < 2+rows; line++ {
		all = append(all, row(line))
	}
	id := b.approved(all...)
	speaker, planner := b.again(), b.again()
	var group sync.WaitGroup
	for worker := range 4 { // the speaker sends …
		group.Go(func() {
			for line := 2 + worker; line < 2+rows; line += 4 {
				sendOne(t, speaker, id, line)
			}
		})
	}
	group.Go(func() { // … while another process plans …
		for n := range 6 {
			draft, err := planner.BeginDraft(t.Context(), "m.csv", nil, noon.Location())
			if err == nil {
				err = planner.AddRows(t.Context(), draft, []mailout.Row{row(100 + n), row(200 + n)})
			}
			if err == nil {
				err = planner.DropDraft(t.Context(), draft)
			}
			if err != nil {
				t.Errorf("planning beside the speaker: %v", err)
			}
		}
	})
	group.Go(func() { // … and a third looks at the books.
		for range 20 {
			info, err := b.Batch(t.Context(), id)
			if err != nil || info.Totals.Sum() != rows || info.Rows != rows {
				t.Errorf("reading beside the speaker: %v of %d rows, %v", info.Totals, info.Rows, err)
			}
		}
	})
	group.Wait()
	b.wantSum(id)
	if got := b.info(id).Totals; got[mailout.Created] != rows {
		t.Errorf("%v, want all %d created", got, rows)
	}
	refs := map[mailout.Ref]bool{}
	for r, err := range b.Records(t.Context(), id) {
		must(t, err)
		refs[r.Ref] = true
		if !strings.Contains(b.sentLog(), "\n"+string(r.Ref)+" ") {
			t.Errorf("sent.log has no line of %s", r.Ref)
		}
	}
	if len(refs) != rows {
		t.Errorf("%d Refs for %d rows", len(refs), rows)
	}
}

func sendOne(t *testing.T, b *books, id mailout.BatchID, line int) {
	ref, err := b.BeginAttempt(t.Context(), id, line, "queue", jobXML)
	if err != nil {
		t.Errorf("beginning line %d: %v", line, err)
		return
	}
	if _, err := b.Settle(t.Context(), ref, accepted(mailout.JobID(1000+line))); err != nil {
		t.Errorf("settling line %d: %v", line, err)
	}
}

func TestOnlyOneOfManyBeginsARow(t *testing.T) {
	b := newBooks(t)
	id := b.approved(row(2), row(3, sameLetter))
	handles := []*books{b, b.again(), b.again()}
	var group sync.WaitGroup
	var mu sync.Mutex
	var begun []mailout.Ref
	for n := range 12 {
		group.Go(func() {
			ref, err := handles[n%3].BeginAttempt(t.Context(), id, 2+n%2, "queue", jobXML)
			mu.Lock()
			defer mu.Unlock()
			if err == nil {
				begun = append(begun, ref)
			} else if !errors.Is(err, mailout.ErrNotPlanned) && !errors.Is(err, mailout.ErrRepeat) {
				t.Errorf("the error is %v", err)
			}
		})
	}
	group.Wait()
	if len(begun) != 1 {
		t.Errorf("the letter was begun as %v, want once", begun)
	}
}

// The answer and the status change of one job come at the same time, in either order.
func TestAnswerAndChangeAtTheSameTime(t *testing.T) {
	b := newBooks(t)
	var rows []mailout.Row
	for line := 2; line < 14; line++ {
		rows = append(rows, row(line))
	}
	id := b.approved(append(rows, row(99))...)
	var group sync.WaitGroup
	for _, r := range rows {
		ref, job := b.begin(id, r.Line), mailout.JobID(r.Line)
		change := b.change(ref, job, mailout.Completed, mailout.SignerSigned)
		group.Go(func() {
			if _, err := b.Settle(t.Context(), ref, accepted(job)); err != nil {
				t.Error(err)
			}
		})
		group.Go(func() {
			taken, err := b.TakeChange(t.Context(), change)
			if err == nil {
				_, err = b.Conclude(t.Context(), taken, change)
			}
			if err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	b.wantAlarms()
	if got, want := fmt.Sprint(b.info(id).Totals), fmt.Sprint(mailout.Totals{mailout.Signed: 12, mailout.Planned: 1}); got != want {
		t.Errorf("totals %s, want %s", got, want)
	}
	b.wantSum(id)
}
