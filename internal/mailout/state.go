package mailout

import "fmt"

// State is where a row stands. The comments tell each state's life: what is true
// while a row is in it and what can end it.
type State string

const (
	// Skipped: problems were found and the row was left out on request
	// (--skip-bad-rows). Final.
	Skipped State = "skipped"

	// Planned: checked and frozen, nothing sent. Ends when the intent to send is
	// committed (Begin), when a person withdraws the row, or when sent.log, or a person who had
	// said absent, proves the books wrong (Restore).
	Planned State = "planned"

	// Sending: the intent is on disk and synced; bytes may be on their way. Ends with
	// the answer. A process that dies here leaves Sending behind; the next speaker
	// turns it into Unknown.
	Sending State = "sending"

	// Unknown: a job may or may not exist: the answer was lost, or the books were. Nothing
	// is ever sent from here. Ends when a status change brings the row's Ref (Adopt), or
	// when a person who searched the sender portal says absent.
	Unknown State = "unknown"

	// Created: the portal has a job for the row and its JobID is ours. Ends with the
	// job's final status change.
	Created State = "created"

	// Refused: the portal said no to this row with its error document. Final, unless a
	// change proves that a job exists after all.
	Refused State = "refused"

	Signed    State = "signed"    // all signers signed, the document is kept. Final.
	Rejected  State = "rejected"  // a signer said no. Final.
	Expired   State = "expired"   // nobody said no, but time ran out. Final.
	Failed    State = "failed"    // the job failed for another cause. Final.
	Cancelled State = "cancelled" // withdrawn before sending, or cancelled at the portal. Final.
)

// States lists every state in the order in which totals show them.
var States = []State{Planned, Sending, Created, Unknown, Signed, Rejected, Expired, Failed, Cancelled, Refused, Skipped}

// Final reports whether a row in s is over.
func (s State) Final() bool {
	switch s {
	case Skipped, Refused, Signed, Rejected, Expired, Failed, Cancelled:
		return true
	}
	return false
}

// Event is something that happens to a row.
type Event string

const (
	Begin    Event = "begin"    // the intent to send was committed
	Accept   Event = "accept"   // the portal answered with a job
	Refuse   Event = "refuse"   // the portal answered no, about this row
	NotSent  Event = "not-sent" // proved: the call had no effect
	Lose     Event = "lose"     // no certain answer, or the process died while sending
	Adopt    Event = "adopt"    // a status change brought a Ref of the row that has no job
	Absent   Event = "absent"   // a person searched and found no job
	Restore  Event = "restore"  // sent.log names an attempt that the books had lost, or absent was taken back
	Withdraw Event = "withdraw" // a person took the row back before it was sent

	Complete Event = "complete" // the job's final change: all signed
	Reject   Event = "reject"   // … a signer rejected
	Expire   Event = "expire"   // … a deadline passed
	Cancel   Event = "cancel"   // … the sender cancelled
	Fail     Event = "fail"     // … any other cause
)

// Next is the whole life of a row: the state that follows from event, or an error
// where the event cannot happen. It is pure; the ledger repeats it as CHECK
// constraints and triggers, and no other code compares states to decide one.
//
// Two rules are worth saying aloud. Nothing leaves Unknown towards Sending: a row
// with a lost answer goes through Absent, said by a person, or is adopted. And Adopt
// is possible from every state that has no job, Refused and a withdrawn Cancelled
// included: a status change is proof that the portal has a job, whatever we believed.
// (The caller adopts only rows without a JobID; a row with one has had its Accept or
// Adopt.)
func Next(s State, e Event) (State, error) {
	to, ok := transitions[e][s]
	if !ok {
		return s, fmt.Errorf("a row that is %s cannot have the event %s", s, e)
	}
	return to, nil
}

var transitions = map[Event]map[State]State{
	Begin:    {Planned: Sending},
	Accept:   {Sending: Created},
	Refuse:   {Sending: Refused},
	NotSent:  {Sending: Planned},
	Lose:     {Sending: Unknown},
	Adopt:    {Planned: Created, Sending: Created, Unknown: Created, Refused: Created, Cancelled: Created},
	Absent:   {Unknown: Planned},
	Restore:  {Planned: Unknown},
	Withdraw: {Planned: Cancelled},
	Complete: {Created: Signed},
	Reject:   {Created: Rejected},
	Expire:   {Created: Expired},
	Cancel:   {Created: Cancelled},
	Fail:     {Created: Failed},
}

// BatchState is where a batch stands.
type BatchState string

const (
	Draft      BatchState = "draft"      // rows are being planned; swept when a plan was given up
	Ready      BatchState = "planned"    // frozen and digested, waiting for approval
	Approved   BatchState = "approved"   // a person said "send exactly this"
	Stopped    BatchState = "stopped"    // a stop rule or canary ended sending; a person approves going on
	Done       BatchState = "done"       // every row is final
	Superseded BatchState = "superseded" // a newer plan took its place before approval
	Purged     BatchState = "purged"     // personal data deleted
)

// Totals counts rows per state. Every command that prints totals prints their sum,
// which always equals the rows of the manifest.
type Totals map[State]int

// Sum is the number of rows in all states.
func (t Totals) Sum() int {
	n := 0
	for _, k := range t {
		n += k
	}
	return n
}

// Add counts other's rows in.
func (t Totals) Add(other Totals) {
	for s, k := range other {
		t[s] += k
	}
}

// Final counts the rows that are over.
func (t Totals) Final() int {
	n := 0
	for s, k := range t {
		if s.Final() {
			n += k
		}
	}
	return n
}
