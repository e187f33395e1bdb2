package app

import (
	"context"
	"iter"

	"batch/internal/mailout"
)

// Batches are the books of every batch, oldest first.
func (a *App) Batches(ctx context.Context) ([]mailout.BatchInfo, error) {
	all, err := a.ledger.Batches(ctx)
	spoken := a.ws.Spoken()
	for i := range all {
		all[i] = seen(all[i], spoken)
	}
	return all, err
}

// Books are those of one batch.
func (a *App) Books(ctx context.Context, id mailout.BatchID) (mailout.BatchInfo, error) {
	b, err := a.ledger.Batch(ctx, id)
	return seen(b, a.ws.Spoken()), err
}

// seen is how readers see the books: rows that are being sent while nobody speaks were
// left by a process that was killed. The next speaker makes them unknown.
func seen(b mailout.BatchInfo, spoken bool) mailout.BatchInfo {
	if n := b.Totals[mailout.Sending]; n > 0 && !spoken {
		b.Totals[mailout.Unknown] += n
		delete(b.Totals, mailout.Sending)
	}
	return b
}

// seenRow is the same for one row.
func seenRow(r mailout.Record, spoken bool) mailout.Record {
	if r.State == mailout.Sending && !spoken {
		r.State = mailout.Unknown
	}
	return r
}

// Records are the rows of a batch in the manifest's order, as readers see them, each with the
// attempt that was made at it again.
func (a *App) Records(ctx context.Context, id mailout.BatchID) iter.Seq2[mailout.Record, error] {
	return a.seenRows(ctx, id, a.ledger.Records(ctx, id))
}

// seenRows are rows of a batch as readers see them.
func (a *App) seenRows(ctx context.Context, id mailout.BatchID, rows iter.Seq2[mailout.Record, error]) iter.Seq2[mailout.Record, error] {
	spoken := a.ws.Spoken()
	return func(yield func(mailout.Record, error) bool) {
		again, err := a.ledger.TriedAgain(ctx, id)
		if err != nil {
			yield(mailout.Record{}, err)
			return
		}
		for r, err := range rows {
			r.Again = again[r.Line]
			if !yield(seenRow(r, spoken), err) {
				return
			}
		}
	}
}

// Whole says whether the ledger is the whole truth: an error where sent.log knows more.
func (a *App) Whole(ctx context.Context) error { return a.ledger.Whole(ctx) }

// Alarms are what nobody has laid to rest yet.
func (a *App) Alarms(ctx context.Context) ([]mailout.Alarm, error) { return a.ledger.Alarms(ctx) }

// Story is everything the ledger knows of a row.
type Story struct {
	Record   mailout.Record
	Attempts []mailout.Attempt
	History  []mailout.Happening
	Files    []mailout.KeptFile // all that came of its jobs
	Alarms   []mailout.Alarm

	Earlier *mailout.Tried  // the row that it is another attempt at; nil: none
	Later   []mailout.Tried // those that are other attempts at it
}

// Why tells a row's story. row is the owner's key or "line:14".
func (a *App) Why(ctx context.Context, id mailout.BatchID, row string) (s Story, err error) {
	line, err := a.ledger.Line(ctx, id, row)
	if err != nil {
		return s, err
	}
	if s.Record, err = a.ledger.Record(ctx, id, line); err != nil {
		return s, err
	}
	if s.Attempts, err = a.ledger.Attempts(ctx, id, line); err != nil {
		return s, err
	}
	s.Record = seenRow(s.Record, a.ws.Spoken())
	if s.History, err = a.ledger.History(ctx, id, line); err != nil {
		return s, err
	}
	if s.Files, err = a.ledger.Files(ctx, id, line); err != nil {
		return s, err
	}
	if s.Earlier, s.Later, err = a.ledger.Linked(ctx, mailout.RowID{Batch: id, Line: line}); err != nil {
		return s, err
	}
	alarms, err := a.ledger.Alarms(ctx)
	for _, al := range alarms {
		if al.Batch == id && al.Line == line {
			s.Alarms = append(s.Alarms, al)
		}
	}
	return s, err
}
