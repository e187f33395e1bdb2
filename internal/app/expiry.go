package app

import (
	"context"
	"iter"
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
	own, err := identity.Load(certificate, password, trust, a.now())
	if err != nil {
		return nil
	}
	last, err := a.lastEnd(ctx, id)
	if err != nil || !last.After(own.Expires()) {
		return nil // an error of the ledger's is met again by whoever sends
	}
	return []mailout.Problem{plan.CertificateEndsFirst(filepath.Base(certificate), own.Expires(), last, a.Zone())}
}

// askExpiry asks before rows are sent that may outlive our certificate.
func (a *App) askExpiry(ctx context.Context, id mailout.BatchID, expires time.Time) error {
	last, err := a.lastEnd(ctx, id)
	if err != nil || !last.After(expires) {
		return err
	}
	what := plan.EndsFirst(expires, last, a.Zone())
	if a.ask("Note that " + what + ". Without a new one in its place by then, signed documents cannot be fetched. Send all the same?") {
		return nil
	}
	return usage("order a new certificate, or set an earlier deadline and plan again; or, when the new one will be there in time, answer yes (--yes where there is no terminal)",
		"%s; nothing was sent", what)
}

// lastEnd is when the last of the rows that are left to send is over, if they are sent
// now; zero where none is left.
func (a *App) lastEnd(ctx context.Context, id mailout.BatchID) (time.Time, error) {
	sum, err := plan.Summarize(unsent(a.ledger.Records(ctx, id)), a.now())
	return sum.LastEnd, err
}

// unsent are the rows that are still to be sent.
func unsent(all iter.Seq2[mailout.Record, error]) iter.Seq2[mailout.Record, error] {
	return func(yield func(mailout.Record, error) bool) {
		for r, err := range all {
			if (err != nil || r.State == mailout.Planned) && !yield(r, err) {
				return
			}
		}
	}
}
