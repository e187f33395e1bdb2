package sandbox

import (
	"errors"
	"fmt"
	"log/slog"
	"time"
)

// Options say how the portal behaves. The zero value is a strict portal that keeps its
// work in a temporary folder and whose signers sign at once.
type Options struct {
	// Dir is a folder; documents are kept below it in a folder of the sandbox's own,
	// until Close or, with StateFile, for the next sandbox that is started there. Only one
	// at a time. Empty: a temporary one, and bundles are in memory as long as they are few.
	Dir string

	// SignAfter is how long a signer takes from the moment a job is open to it. Negative:
	// nobody signs unless the control API says so.
	SignAfter time.Duration

	// PollInterval is how long an empty queue may not be polled. 0: five seconds.
	PollInterval time.Duration

	// NoLimits switches the ten calls a second off.
	NoLimits bool

	// Brokers are the organizations for which the client's certificate may send besides
	// its own.
	Brokers []string

	// LongTermStorage keeps jobs and documents after the last confirmation.
	LongTermStorage bool

	// PAdESStyle is which variant of a signed document is made. Empty: StyleSeal.
	PAdESStyle PAdESStyle

	// State says whether jobs, queues and clock outlive the process. Empty: StateMemory.
	State State

	// ConfirmsJob makes a confirmation count for the job's newest status, seen or not;
	// otherwise it counts for the status that was handed out last. The portal's
	// documentation leaves it open.
	ConfirmsJob bool

	// Faults are what goes wrong from the start; SetFaults replaces them.
	Faults []Fault

	// Strike decides what goes wrong with a call that none of Faults strikes: its kind, and
	// the reference of the job it is about, as a When has them. What it returns is a
	// Fault's Do, empty for nothing; one that cannot be read is a panic. It is called
	// without locks, once a call. Nil: nothing.
	Strike func(call, reference string) (do string)

	// Outcome decides how a job ends: n counts created jobs from 1. Nil: all are signed.
	// It is called without locks, once a job.
	Outcome func(n int, reference string) Outcome

	// Act decides what a signer of a job does by itself: its reference, and the signer counted
	// from 1. It says the same whenever it is asked, and is called with locks held. Nil: what
	// Outcome and SignAfter say.
	Act func(reference string, signer int) Act

	// PKI is the kept one or made anew where it is nil.
	PKI *PKI

	// Now is the real time: dates of answers, poll times, the speed limit, the ±5 s of a
	// signing time. The movable clock of the jobs starts from it. Nil: time.Now.
	Now func() time.Time

	// Log gets a line for every refused call, without personal data. Nil: none.
	Log *slog.Logger
}

// State is where a sandbox keeps what it knows.
type State string

const (
	StateMemory State = "memory" // gone with the process
	StateFile   State = "file"   // below Options.Dir: a sandbox started there again goes on
)

// Outcome is how the people of a job behave.
type Outcome string

const (
	Signed   Outcome = "signed"   // everybody signs, SignAfter after it is open to them
	Rejected Outcome = "rejected" // all groups but the last sign; there the first signer refuses
	Expired  Outcome = "expired"  // nobody does anything, until the time is over
)

// Act is what a signer does by itself when its turn has come.
type Act struct {
	After  time.Duration // since its turn came
	Status string        // afterwards: SIGNED, REJECTED, BLOCKED …; empty: it does nothing, until the time is over
}

const defaultPollInterval = 5 * time.Second

func (o Options) withDefaults() (Options, error) {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.PollInterval == 0 {
		o.PollInterval = defaultPollInterval
	}
	if o.Outcome == nil {
		o.Outcome = func(int, string) Outcome { return Signed }
	}
	if o.State == "" {
		o.State = StateMemory
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	for _, organization := range o.Brokers {
		if !organizationNumber.MatchString(organization) {
			return o, fmt.Errorf("reading the brokers: %q is not an organization number of nine digits", organization)
		}
	}
	if o.State == StateFile && o.Dir == "" {
		return o, errors.New("keeping the state: it needs a folder")
	}
	return o, nil
}
