package app

import (
	"errors"
	"fmt"
	"io/fs"
	"syscall"

	"batch/internal/identity"
	"batch/internal/ledger"
	"batch/internal/mailout"
	"batch/internal/report"
	"batch/internal/workspace"
)

// Kind says what an error means for whoever started the program.
type Kind string

const (
	KindInternal Kind = "internal" // the program's own failure
	KindUsage    Kind = "usage"    // command line or configuration
	KindProblems Kind = "problems" // manifest or documents; nothing was sent
	KindLook     Kind = "look"     // a person must look
	KindHeld     Kind = "held"     // another process holds the ledger
	KindIdentity Kind = "identity" // certificate, authorization or the wrong server
	KindAway     Kind = "away"     // the portal cannot be reached
)

// Error is an error with a remedy.
type Error struct {
	Kind    Kind
	Message string
	Remedy  string
	Err     error
}

func (e *Error) Error() string { return e.Message }
func (e *Error) Unwrap() error { return e.Err }

func usage(remedy, format string, args ...any) *Error {
	return &Error{Kind: KindUsage, Message: fmt.Sprintf(format, args...), Remedy: remedy}
}

// Explain makes an *Error of any error: those of the stages have their own words, and
// what nobody foresaw is the program's failure.
func Explain(err error) *Error {
	var (
		own  *Error
		id   *identity.Error
		le   *ledger.Error
		held *workspace.Held
		ce   *mailout.CallError
		ws   *workspace.Error
		re   *ledger.ResolveError
		many *report.TooManyRows
	)
	switch {
	case errors.As(err, &own):
		return own
	case errors.As(err, &id):
		return &Error{Kind: KindIdentity, Message: id.Message, Remedy: id.Remedy, Err: err}
	case errors.As(err, &held):
		return &Error{Kind: KindHeld, Message: held.Error(), Remedy: "wait until it has ended, or stop it with Ctrl-C there", Err: err}
	case errors.As(err, &ws):
		return &Error{Kind: KindUsage, Message: ws.Message, Remedy: ws.Remedy, Err: err}
	case errors.As(err, &ce):
		return explainCall(ce)
	case errors.Is(err, mailout.ErrNotApproved):
		return &Error{Kind: KindUsage, Message: "the batch is not approved", Remedy: "`batch status` says what to do", Err: err}
	case errors.As(err, &re):
		return &Error{Kind: KindUsage, Message: re.Message, Err: err}
	case errors.As(err, &many):
		return &Error{Kind: KindUsage, Message: many.Error(), Remedy: "list fewer with --only STATE,…, or write the report as csv", Err: err}
	case errors.Is(err, ledger.ErrNoBatch):
		return &Error{Kind: KindUsage, Message: "there is no such batch in this workspace", Remedy: "`batch status` lists the batches", Err: err}
	case errors.Is(err, ledger.ErrNoRow):
		return &Error{Kind: KindUsage, Message: "there is no such row in the batch", Remedy: "give the owner's key of the row, line:14 for its line in the manifest, of several lines that are one job the first, or a reference that it was sent under", Err: err}
	case errors.Is(err, ledger.ErrSuperseded):
		return &Error{Kind: KindProblems, Message: "while this plan waited for approval, a newer one took its place; nothing was sent",
			Remedy: "`batch status` shows the newer one; look at it and approve it, or plan again", Err: err}
	case errors.Is(err, mailout.ErrStands):
		return &Error{Kind: KindProblems, Message: err.Error() + "; nothing was sent", Remedy: "plan the list again: it then says of each such row what became of the earlier one", Err: err}
	case errors.Is(err, mailout.ErrRepeat):
		return &Error{Kind: KindProblems, Message: err.Error(), Remedy: "nothing was sent for this row; `batch status` shows the batches, plan again without it", Err: err}
	case errors.Is(err, ledger.ErrOlderLedger):
		return &Error{Kind: KindLook, Message: err.Error() + ": an older copy was put back, and sending from it could send letters twice",
			Remedy: "put the newest ledger.db back; or, where it is lost, `batch resume --rebuild MANIFEST`; nothing is sent until then", Err: err}
	case errors.Is(err, ledger.ErrSentLog):
		return &Error{Kind: KindLook, Message: err.Error() + ": nothing more was sent",
			Remedy: "put the newest ledger.db and sent.log back, then run `batch resume`: it says what it finds", Err: err}
	case errors.As(err, &le):
		return &Error{Kind: kindOfLedger(le.Code), Message: le.Message, Remedy: le.Remedy, Err: err}
	}
	return explainDisk(err)
}

// kindOfLedger is what an error of the ledger's file means. A damaged ledger, or another one
// in its place, is not the whole truth, and only a person can put the whole one back; that
// the disk is full or broken is nobody's doing but the machine's.
func kindOfLedger(code string) Kind {
	switch code {
	case "ledger-corrupt", "ledger-replaced":
		return KindLook
	case "ledger-newer":
		return KindUsage
	case "ledger-busy", "ledger-read":
		return KindHeld
	}
	return KindInternal
}

// explainDisk is the explanation of what no stage has words for: what the disk says, or the
// program's failure.
func explainDisk(err error) *Error {
	e := &Error{Kind: KindInternal, Message: err.Error(), Err: err}
	switch {
	case errors.Is(err, syscall.ENOSPC):
		e.Message, e.Remedy = "the disk is full: "+e.Message, "make room, and give the same command again; what was done is kept"
	case errors.Is(err, syscall.EIO), errors.Is(err, syscall.EROFS):
		e.Message, e.Remedy = "the disk cannot be read or written: "+e.Message, "see that the disk is there and healthy, and give the same command again; what was done is kept"
	case errors.Is(err, fs.ErrPermission):
		e.Remedy = "see to it that whoever runs batch may write there, and give the same command again"
	}
	return e
}

func explainCall(ce *mailout.CallError) *Error {
	if id := identity.Explain(ce); id != nil {
		return &Error{Kind: KindIdentity, Message: id.Message, Remedy: id.Remedy, Err: ce}
	}
	if ce.Fatal {
		return &Error{Kind: KindIdentity, Message: ce.Message, Remedy: "see to the certificate and the organization's rights at the portal, then run `batch resume`", Err: ce}
	}
	return &Error{Kind: KindAway, Message: ce.Message,
		Remedy: "check network, proxy and firewall, and [portal] in batch.toml, then try again; nothing was lost", Err: ce}
}
