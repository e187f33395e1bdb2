package mailout

import (
	"fmt"
	"slices"
	"time"
)

// JobStatus is a job's status in a change (portal.xsd, portal-signature-job-status).
type JobStatus string

const (
	InProgress JobStatus = "IN_PROGRESS"
	Completed  JobStatus = "COMPLETED_SUCCESSFULLY"
	JobFailed  JobStatus = "FAILED"
)

// Final reports whether the job is over. A status this program does not know is not.
func (s JobStatus) Final() bool { return s == Completed || s == JobFailed }

// Known reports whether this program knows what the status means.
func (s JobStatus) Known() bool { return s == InProgress || s.Final() }

// SignerStatus is a signer's status in a change. The set is open (portal.xsd says that
// new ones may come); unknown ones are kept as text.
type SignerStatus string

const (
	SignerWaiting   SignerStatus = "WAITING"
	SignerSigned    SignerStatus = "SIGNED"
	SignerRejected  SignerStatus = "REJECTED"
	SignerCancelled SignerStatus = "CANCELLED"
	SignerExpired   SignerStatus = "EXPIRED"
)

// OnPaper lists the statuses of people whom the portal cannot have sign (portal-api.md, signer
// statuses): they have opted out, cannot be named, or may not use it.
var OnPaper = []SignerStatus{"RESERVED", "SIGNERS_NAME_NOT_AVAILABLE", "BLOCKED"}

// SignerChange is one signer's part of a change.
type SignerChange struct {
	Status     SignerStatus
	Since      time.Time
	NationalID NationalID // or the contact information:
	Email      Email
	Mobile     Mobile
	XAdESURL   string
}

// Is reports whether the change speaks of signer s: by number where both have one, else
// by address.
func (c SignerChange) Is(s Signer) bool {
	if c.NationalID != "" || s.NationalID != "" {
		return c.NationalID == s.NationalID
	}
	return c.Email == s.Email && c.Mobile == s.Mobile
}

// NumberSigners says of each of a change's signers which of the row's it is, from 1. One
// that is none of them, and all where the row is not known, get numbers after the row's
// own: what the portal offers for them is kept too, and nobody's by a guess.
func NumberSigners(row []Signer, change []SignerChange) []int {
	taken := make([]bool, len(row))
	numbers, next := make([]int, len(change)), len(row)
	for i, c := range change {
		n := slices.IndexFunc(row, func(s Signer) bool { return c.Is(s) })
		if n < 0 || taken[n] {
			next++
			numbers[i] = next
			continue
		}
		taken[n], numbers[i] = true, n+1
	}
	return numbers
}

// Change is one status change as the portal's queue handed it out.
type Change struct {
	Ref             Ref // the portal's reference; may be anybody's, or empty
	JobID           JobID
	Status          JobStatus
	ConfirmationURL string
	CancellationURL string
	DeleteURL       string
	PAdESURL        string
	Signers         []SignerChange
	Sender          OrgNumber // whose queue it came from
	Queue           string
	TakenAt         time.Time // when the poll that brought it began
}

// Where names the queue that a change came from, for a person.
func (c Change) Where() string {
	if c.Queue == "" {
		return fmt.Sprintf("the default queue of %s", c.Sender)
	}
	return fmt.Sprintf("the queue %q of %s", c.Queue, c.Sender)
}

// Event says what a final change does to a created row. ok is false for a change that
// is not final. The cause of a failed job: any signer CANCELLED → cancelled; else
// REJECTED → rejected; else EXPIRED → expired; else failed.
func (c Change) Event() (e Event, ok bool) {
	switch c.Status {
	case Completed:
		return Complete, true
	case JobFailed:
		switch {
		case c.any(SignerCancelled):
			return Cancel, true
		case c.any(SignerRejected):
			return Reject, true
		case c.any(SignerExpired):
			return Expire, true
		}
		return Fail, true
	}
	return "", false
}

// Cause is the status of the signer that decided a failed job, for the books: the first
// that is neither signed, waiting nor NOT_APPLICABLE. Empty where nobody did.
func (c Change) Cause() string {
	for _, want := range []SignerStatus{SignerCancelled, SignerRejected, SignerExpired} {
		if c.any(want) {
			return string(want)
		}
	}
	for _, s := range c.Signers {
		if !slices.Contains([]SignerStatus{SignerSigned, SignerWaiting, "NOT_APPLICABLE"}, s.Status) {
			return string(s.Status)
		}
	}
	return ""
}

func (c Change) any(want SignerStatus) bool {
	return slices.ContainsFunc(c.Signers, func(s SignerChange) bool { return s.Status == want })
}

// OutcomeKind is what a create call is known to have done.
type OutcomeKind string

const (
	OutcomeAccepted OutcomeKind = "accepted" // the portal has the job; JobID is set
	OutcomeRefused  OutcomeKind = "refused"  // the portal's error document says no to this row
	OutcomeNotSent  OutcomeKind = "not-sent" // proved: the call had no effect
	OutcomeUnknown  OutcomeKind = "unknown"  // a job may exist
)

// Outcome is the end of one create call.
type Outcome struct {
	Kind            OutcomeKind
	JobID           JobID
	CancellationURL string

	// Fatal: the cause concerns the whole batch (authorization, broker rights, clock,
	// certificate, wrong server, our own disk); sending stops. Only with OutcomeNotSent, or
	// where the cause is ours.
	Fatal bool

	// Ours: the cause lies on this side: a document that cannot be read to its end, or is
	// another than was approved; a fault of the program. Only with Fatal.
	Ours bool

	Status   int       // HTTP status; 0: no answer
	Code     string    // the portal's error code, or a word of ours ("timeout", "reset")
	Message  string    // for a person: limited, safe for a terminal, no personal data
	LastByte time.Time // when the last byte of the request can have left; zero: none did

	Speed Speed // what the answer says about our pace
}

// Event is what the outcome does to a row that is sending.
func (o Outcome) Event() Event {
	switch o.Kind {
	case OutcomeAccepted:
		return Accept
	case OutcomeRefused:
		return Refuse
	case OutcomeNotSent:
		return NotSent
	}
	return Lose
}

// Speed is what the end of any call says about our pace.
type Speed struct {
	TimedOut bool // no answer of the portal's own came: it may get the call yet, and count it
	Blocked  bool // a 429 with the DoSFilter header: silence for 30 seconds
}
