package app

import (
	"context"
	"maps"
	"os"
	"path/filepath"
	"testing"
	"time"

	"batch/internal/mailout"
)

// over wants every row to have ended as its signers acted.
func (s *simulation) over(books mailout.BatchInfo) {
	s.t.Helper()
	if books.State != mailout.Done || books.Totals[mailout.Signed] != simRows-1 || books.Totals[mailout.Rejected] != 1 || books.Unconfirmed != 0 {
		s.t.Errorf("the batch is %s with %v, %d unconfirmed", books.State, books.Totals, books.Unconfirmed)
	}
	for _, j := range s.portal.Jobs("") {
		if !j.Gone && !j.Foreign {
			s.t.Errorf("job %d is still at the portal", j.ID)
		}
	}
}

// allButConfirmed is over, but for confirmations whose answer died with a process: the
// portal has them, and an empty queue twelve minutes later tells the books so.
func (s *simulation) allButConfirmed(books mailout.BatchInfo) {
	s.t.Helper()
	if books.Unconfirmed > 0 {
		later := Options{Now: func() time.Time { return time.Now().Add(13 * time.Minute) }}
		s.run(crash{}, later, func(ctx context.Context, a *App) error {
			_, err := a.Follow(ctx, FollowOptions{Batch: s.batch, Soft: ctx})
			return err
		})
		books = s.truth()
	}
	s.over(books)
}

// Ledger and sent.log of an older day are put back together, which nothing on disk
// betrays. The first change of a job that they do not know does; from then on nothing is
// sent, by no command, until a person has looked.
func TestAnOlderLedgerPutBack(t *testing.T) {
	s := newTemplate(t).simulate(t)
	old := filepath.Join(t.TempDir(), "old")
	send := func(want mailout.Totals) {
		s.run(crash{}, Options{}, func(ctx context.Context, a *App) error {
			sent, err := a.Send(ctx, SendOptions{Batch: s.batch, ApprovedBy: "--yes", Seen: saidOf(t, a, s.batch), Soft: ctx, Canary: 1})
			if !maps.Equal(sent.Books.Totals, want) {
				t.Errorf("after sending the totals are %v, want %v", sent.Books.Totals, want)
			}
			return err
		})
	}
	send(mailout.Totals{mailout.Created: 1, mailout.Planned: simRows - 1})
	must(t, copyDisk(old, s.dir))
	send(mailout.Totals{mailout.Created: simRows})
	must(t, os.Rename(s.dir, old+".newer"))
	must(t, os.Rename(old, s.dir))
	s.run(crash{}, Options{}, func(ctx context.Context, a *App) error {
		sent, err := a.Follow(ctx, FollowOptions{Batch: s.batch, Soft: soon(ctx)})
		if sent.Ending != EndLook {
			t.Errorf("following ended with %q, %v", sent.Ending, err)
		}
		return err
	})
	s.run(crash{}, Options{}, func(ctx context.Context, a *App) error {
		sent, err := a.Send(ctx, SendOptions{Batch: s.batch, ApprovedBy: "--yes", Soft: ctx})
		if err == nil || Explain(err).Kind != KindLook {
			t.Errorf("sending ended with %v and %v", err, sent.Books.Totals)
		}
		return nil
	})
	for line, jobs := range s.jobs() {
		if len(jobs) != 1 {
			t.Errorf("line %d has %d jobs", line, len(jobs))
		}
	}
	s.nothingLost()
}

// Whoever stops before the first call has stopped, and nothing has failed.
func TestAStopBeforeTheFirstCall(t *testing.T) {
	s := newTemplate(t).simulate(t)
	s.run(crash{}, Options{}, func(ctx context.Context, a *App) error {
		soft, stop := context.WithCancel(ctx)
		stop()
		sent, err := a.Send(ctx, SendOptions{Batch: s.batch, ApprovedBy: "--yes", Soft: soft})
		if err != nil || sent.Ending != EndInterrupted || sent.Books.State != mailout.Ready {
			t.Errorf("sending ended with %q of a batch that is %s, %v", sent.Ending, sent.Books.State, err)
		}
		sent, err = a.Follow(ctx, FollowOptions{Batch: s.batch, Soft: soft})
		if err != nil || sent.Ending != EndInterrupted {
			t.Errorf("following ended with %q, %v", sent.Ending, err)
		}
		return nil
	})
	if calls := s.portal.Calls(); len(calls) > 0 {
		t.Errorf("%d calls were made", len(calls))
	}
}

// soon ends what would wait for ever.
func soon(ctx context.Context) context.Context {
	ctx, stop := context.WithTimeout(ctx, 20*time.Second)
	context.AfterFunc(ctx, stop)
	return ctx
}
