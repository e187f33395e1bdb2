package report

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"batch/internal/mailout"
)

// meanings say of each state what is true of a row in it.
var meanings = map[mailout.State]string{
	mailout.Planned:   "checked and frozen, not sent",
	mailout.Sending:   "being sent",
	mailout.Created:   "at the portal, waiting for signatures",
	mailout.Unknown:   "sent without a certain answer: the portal may have the job or not",
	mailout.Signed:    "signed by all; the document is kept",
	mailout.Rejected:  "a signer said no",
	mailout.Expired:   "time ran out before all had signed",
	mailout.Failed:    "ended without all signatures, for another cause",
	mailout.Cancelled: "withdrawn before sending, or cancelled at the portal",
	mailout.Refused:   "the portal did not take the job",
	mailout.Skipped:   "left out on request, for its problems",
}

// Whose turn it is.
const (
	theSender = "sender" // whoever runs batch
	theSigner = "signer"
	thePortal = "portal"
	nobody    = "nobody"
)

// turn says whose turn it is, by the next action: nobody's exactly where there is nothing to do,
// and the sender's wherever nobody else is certain to go on.
func turn(action string) string {
	switch {
	case strings.HasPrefix(action, nothing):
		return nobody
	case strings.HasPrefix(action, waitForPortal):
		return thePortal
	case strings.HasPrefix(action, waitForSigners):
		return theSigner
	}
	return theSender
}

// How a next action begins that is not the sender's.
const (
	nothing        = "nothing to do"
	waitForPortal  = "wait: "
	waitForSigners = "wait for the signers"
)

// nextAction says what a person does next about a row at a moment, in words.
func nextAction(b mailout.BatchInfo, r mailout.Record, now time.Time) string {
	switch {
	case b.State == mailout.Purged:
		return nothing
	case len(r.Duplicates) > 0:
		return fmt.Sprintf("the portal has more than one job for this row: batch cancel --job %d cancels it; tell the signers", r.Duplicates[0])
	case r.Doubtful:
		return "look at the signed document, or the signer's XAdES, in doubtful: it did not pass its check; it is kept, and not confirmed to the portal"
	}
	if r.State.Final() && !r.Again.IsZero() {
		return fmt.Sprintf("%s here: it was tried again, as line %d of batch %s", nothing, r.Again.Line, r.Again.Batch)
	}
	switch r.State {
	case mailout.Planned:
		return whilePlanned(b)
	case mailout.Sending:
		return waitForPortal + "it is being sent"
	case mailout.Created:
		return whileCreated(r, now)
	case mailout.Unknown:
		return fmt.Sprintf("do not send it again: search the sender portal for the reference, then batch resolve %s %s --present or --absent", b.ID, rowArgument(r))
	case mailout.Signed:
		if r.Signed.Path == "" {
			return "the signed document is not kept yet: batch follow fetches it"
		}
	case mailout.Rejected:
		return "ask the signer why" + tryAgain(r)
	case mailout.Expired:
		return "remind the signer" + tryAgain(r)
	case mailout.Failed:
		return whenFailed(r)
	case mailout.Refused:
		return "correct what the portal named" + tryAgain(r)
	case mailout.Skipped:
		if r.Code == "repeat-of-earlier" {
			return nothing + ", where that is what was meant: " + r.Message
		}
		if r.Message != "" {
			return "correct it: " + r.Message + tryAgain(r)
		}
		return "correct its problems" + tryAgain(r)
	}
	return nothing
}

// tryAgain says how a row that is over gets into another manifest.
func tryAgain(r mailout.Record) string {
	return fmt.Sprintf("; to try again: batch next %s --from %s", r.Batch, r.State)
}

func whilePlanned(b mailout.BatchInfo) string {
	switch b.State {
	case mailout.Ready:
		return "nothing was sent: batch run --approve " + b.Digest.String()[:12] + " sends the plan"
	case mailout.Superseded:
		return nothing + ": a newer plan took the place of this one, of which nothing was sent"
	}
	return fmt.Sprintf("not sent yet: batch resume %s goes on", b.ID)
}

func whileCreated(r mailout.Record, now time.Time) string {
	switch {
	case r.AllSigned():
		return waitForPortal + "all have signed; batch follow takes in its last word, and the signed document"
	case now.Before(r.Starts()):
		return waitForPortal + "the signers are told when the job starts"
	}
	return waitForSigners + "; batch follow takes in what they do"
}

func whenFailed(r mailout.Record) string {
	switch {
	case slices.Contains(mailout.OnPaper, mailout.SignerStatus(r.Cause)):
		return "send it on paper: this person cannot sign through the portal"
	case r.Cause == "CONTACT_INFORMATION_MISSING":
		return "find an e-mail address or mobile number, and write given as its notify" + tryAgain(r)
	}
	return "see the cause" + tryAgain(r)
}

var shellWord = regexp.MustCompile(`^[A-Za-z0-9._]([A-Za-z0-9._-]*)$`)

// rowArgument is the row as a command takes it: its key, or its line where the key would
// have to be quoted, or is a national number.
func rowArgument(r mailout.Record) string {
	if shellWord.MatchString(r.Key) && maskNumbers(r).hide(r.Key) == r.Key {
		return r.Key
	}
	return fmt.Sprintf("line:%d", r.Line)
}
