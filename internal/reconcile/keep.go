package reconcile

import (
	"context"
	"fmt"
	"io"

	"batch/internal/mailout"
	"batch/internal/pades"
)

// What a fetched file may have, in bytes.
const (
	maxPAdES = 64 << 20 // it comes of at most 10 MiB of input
	maxXAdES = 4 << 20  // a signature, a chain of certificates, perhaps what they are validated with
)

const tempPattern = ".fetch-*.part"

// offer is a file that the portal offers with a final change.
type offer struct {
	signer int // whose XAdES it is; 0: the signed PDF
	url    string
	limit  int64
	check  func(r io.ReaderAt, size int64) (warnings []string, err error)
}

func (o offer) what() string { return mailout.KeptFile{Signer: o.signer}.What() }

// offers lists what is to be kept of a final change: all that the portal offers, also of a
// job that failed, whose first signers have signed all the same. Confirmed, it is gone from
// the portal (portal-api.md, "Status changes"). missing says what ought to be offered and is
// not; nothing is documented to be offered of a failed job.
func (f *follower) offers(t mailout.Taken, c mailout.Change) (all []offer, missing string) {
	if c.PAdESURL != "" {
		all = append(all, offer{0, c.PAdESURL, maxPAdES, checkPAdES})
	} else if c.Status == mailout.Completed {
		missing = "the job is signed by all, but the portal offers no signed document; the change is left unconfirmed"
	}
	if !f.o.XAdES {
		return all, missing
	}
	for i, s := range c.Signers {
		switch o := (offer{t.Signers[i], s.XAdESURL, maxXAdES, xadesOrDoubt}); {
		case s.XAdESURL != "":
			all = append(all, o)
		case c.Status == mailout.Completed && s.Status == mailout.SignerSigned && missing == "":
			missing = "the job is signed by all, but the portal does not offer " + o.what() +
				"; the change is left unconfirmed (without xades in batch.toml it would be confirmed)"
		}
	}
	return all, missing
}

// judge checks a file, which anybody may have made. One at which the program itself fails is
// doubtful: it must not take everybody's calls along, again and again.
func (o offer) judge(r io.ReaderAt, size int64) (warnings []string, err error) {
	defer func() {
		if fault := recover(); fault != nil {
			err = fmt.Errorf("the program failed while it looked at the file (%T)", fault)
		}
	}()
	return o.check(r, size)
}

func checkPAdES(r io.ReaderAt, size int64) (warnings []string, err error) {
	found, err := pades.Check(r, size)
	return found.Warnings, err
}

func xadesOrDoubt(r io.ReaderAt, size int64) (warnings []string, err error) {
	return nil, CheckXAdES(r, size)
}

// keep brings what a final change offers to its place. safe is true when all of it is
// kept, so that the change may be confirmed. One file that fails does not keep the others
// from being fetched. Of a batch that is purged nothing is kept: its personal data is gone for
// good, and the change would come again for ever.
func (f *follower) keep(ctx context.Context, t mailout.Taken, c mailout.Change) (safe bool, err error) {
	if t.Purged {
		return true, nil
	}
	offers, missing := f.offers(t, c)
	if safe = missing == ""; !safe {
		if err := f.ledger.Doubt(ctx, t, c.JobID, missing); err != nil {
			return false, err
		}
	}
	for _, o := range offers {
		kept, err := f.keepOne(ctx, t, c, o)
		if err != nil {
			return false, err
		}
		if safe = safe && kept; !kept && f.givesUp() {
			return false, nil
		}
	}
	return safe, nil
}

// keepOne keeps one file that is offered, and does not fetch again what was fetched when the
// change came before. What the books name is looked at first: a ledger may have been moved
// without its documents, and what is confirmed is gone from the portal.
func (f *follower) keepOne(ctx context.Context, t mailout.Taken, c mailout.Change, o offer) (safe bool, err error) {
	for _, known := range t.Files {
		if known.Signer != o.signer || !known.Serves(c.Status) || known.Doubt != "" && known.Path != "" {
			continue
		}
		there, err := f.holds(known)
		if err == nil && !there {
			there, err = f.finish(ctx, t, c, known)
		}
		if err != nil {
			return false, err
		}
		if there && known.Doubt == "" {
			return true, nil
		}
	}
	return f.fetch(ctx, t, c, o)
}
