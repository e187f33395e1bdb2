package app

import (
	"context"
	"path/filepath"
	"time"

	"batch/internal/identity"
	"batch/internal/mailout"
	"batch/internal/plan"
	"batch/internal/workspace"
)

// A certificate that expires while jobs are with their signers does not spoil the jobs.
// But from then on their answers cannot be taken and signed documents not fetched, until
// a new one is in its place, and the portal keeps what nobody fetched for 40 days only
// (portal-api.md, "The rest"). So planning warns of it and sending asks.

// warnExpiry is the warning that goes with a plan. It looks at the certificate where that
// takes neither a question nor a program that may ask one: planning must work without. A
// certificate that cannot be used at all is for sending, and `batch doctor`, to tell.
func (a *App) warnExpiry(ctx context.Context, id mailout.BatchID) []mailout.Problem {
	if from := a.ws.PasswordSource(); from != workspace.FromFile && from != workspace.FromVariable {
		return nil
	}
	trust, err1 := a.trust()
	password, err2 := a.ws.Password(ctx, nil)
	if err1 != nil || err2 != nil {
		return nil
	}
	certificate := a.ws.Config.Identity.Certificate
	own, err := identity.Load(certificate, password, trust, a.local())
	if err != nil {
		return nil
	}
	books, err := a.ledger.Batch(ctx, id)
	if err != nil {
		return nil // it is met again by whoever sends
	}
	last, err := a.lastEnd(books)
	if err != nil || !last.After(own.Expires()) {
		return nil
	}
	return []mailout.Problem{plan.CertificateEndsFirst(filepath.Base(certificate), own.Expires(), last, a.Zone())}
}

// outlives says that a batch may outlive our certificate, if what is left of it starts at
// start at the earliest.
func (a *App) outlives(books mailout.BatchInfo, start, expires time.Time) (c caution) {
	last := lastEnd(books, start)
	if !last.After(expires) {
		return c
	}
	return caution{what: plan.EndsFirst(expires, last, a.Zone()),
		question: "Without a new one in its place by then, signed documents cannot be fetched. Send all the same?",
		remedy:   "order a new certificate, or set an earlier deadline and plan again", unless: "when the new one will be there in time"}
}

// lastEnd is lastEnd for a batch that is sent now.
func (a *App) lastEnd(books mailout.BatchInfo) (time.Time, error) {
	held, err := a.heldUntil(books)
	return lastEnd(books, later(a.now(), held)), err
}

// lastEnd is when the last job of a batch is over, if what is left of it is sent at start, or
// held until then; zero where nothing is left to send, and where an older version planned it.
// The whole batch counts: what was sent of it before is to be fetched, too.
func lastEnd(books mailout.BatchInfo, start time.Time) time.Time {
	if books.Totals[mailout.Planned] == 0 {
		return time.Time{}
	}
	return books.Ends.Last(start)
}

// outlived warns of batches that are not over before our certificate is.
func (d *doctor) outlived(ctx context.Context, all []mailout.BatchInfo) {
	if d.id == nil {
		return // what is wrong with it was told
	}
	expires := d.id.Expires()
	late, err := d.outliving(ctx, all, expires)
	if err != nil {
		d.failed(CheckLedger, err)
	}
	for _, b := range late {
		d.warn(CheckCertificate, "certificate-ends-first", "order a new one now, and put it in the place of the old one before that day: with it, the signed documents of then can be fetched",
			"of batch %s: %s", b.batch, plan.EndsFirst(expires, b.last, d.Zone()))
	}
}

// outliving is a batch that may not be over before our certificate is.
type outliving struct {
	batch mailout.BatchID
	last  time.Time // when the last of its jobs is over
}

func (a *App) outliving(ctx context.Context, all []mailout.BatchInfo, expires time.Time) (late []outliving, err error) {
	for _, b := range all {
		if b.State != mailout.Ready && b.State != mailout.Approved && b.State != mailout.Stopped {
			continue
		}
		last, err := a.lastEndOf(ctx, b)
		if err != nil {
			return late, err
		}
		if last.After(expires) {
			late = append(late, outliving{b.ID, last})
		}
	}
	return late, nil
}

// warnOutliving tells whoever follows of batches that may not be over before the certificate
// is, with which this process goes on to its end. No id: of all.
func (a *App) warnOutliving(ctx context.Context, id mailout.BatchID, expires time.Time) error {
	all, err := a.ledger.Batches(ctx)
	if err != nil || a.o.Warn == nil {
		return err
	}
	late, err := a.outliving(ctx, all, expires)
	for _, b := range late {
		if id == "" || b.batch == id {
			a.o.Warn(plan.FollowingEndsFirst(filepath.Base(a.ws.Config.Identity.Certificate), b.batch, expires, b.last, a.Zone()))
		}
	}
	return err
}

// lastEndOf is lastEnd also where all is sent, of which unknown rows may yet be again.
func (a *App) lastEndOf(ctx context.Context, b mailout.BatchInfo) (time.Time, error) {
	if b.Totals[mailout.Planned]+b.Totals[mailout.Sending]+b.Totals[mailout.Unknown] > 0 {
		held, err := a.heldUntil(b)
		return b.Ends.Last(later(later(a.now(), held), b.HeldUntil)), err
	}
	sent, err := a.ledger.LastSent(ctx, b.ID)
	return b.Ends.Last(later(sent, b.HeldUntil)), err
}
