package mailout

import (
	"slices"
	"time"
)

// BatchInfo is what the books say of a batch as a whole.
type BatchInfo struct {
	ID             BatchID
	State          BatchState
	Digest         Digest // the digest that is approved
	RowsDigest     Digest // the same for CSV and XLSX of the same content
	ManifestPath   string // absolute
	ManifestSHA256 Digest
	Settings       string // a JSON object of those that change what is sent; empty where an older version planned
	Rows           int
	CreatedAt      time.Time
	ApprovedAt     time.Time // zero: not approved
	StopReason     string    // why it is stopped; empty otherwise
	LastSaid       int64     // Seq in its history of what was last said of sending it (approved, stopped, rebuilt); 0: nothing yet
	EndReason      string    // why sending last ended that left it approved; empty: it ended well, or never began
	EndedAt        time.Time // when
	Totals         Totals
	Ends           Ends      // of all rows that are not left out; zero where an older version planned
	LateAfter      time.Time // the first moment of any of their jobs (Job.LateAfter); zero where not known
	HeldUntil      time.Time // nobody is told before of rows sent from now on; zero: nothing is fixed (see Job.Held)
	Unconfirmed    int       // final changes not yet confirmed
	Alarms         int       // alarms not yet laid to rest, Overdue among them
	Overdue        bool      // there is one, without a number, about Deadlines
	Deadlines      Deadlines // what only the portal has, or may have
	Uncancelled    int       // jobs that a person wishes cancelled, and that the portal has not answered about
	Uncancellable  int       // … and that the portal refuses to cancel; they are still with their signers
}

// Record is a row as the books have it: what was planned and what became of it.
type Record struct {
	Row
	Batch     BatchID
	State     State
	Ref       Ref   // of the newest attempt; empty before the first
	JobID     JobID // zero: none known
	Cause     string
	Code      string // of a refused row the portal's error code, of a skipped one its problem's
	Message   string // … and the sentence, safe for a terminal
	Settled   []SignerBook
	Signed    SignedFile
	Odd       []string // what is odd about the signed document and blocks nothing: sentences, safe to show
	Queue     string
	SentAt    time.Time // when the newest attempt began
	HeldUntil time.Time // nobody is told before: of a planned row if it is sent now; zero: it is not held
	Doubtful  bool      // of the signed document, or of a signer's XAdES, only one is there that did not pass its check
	Since     time.Time // when the row came into its state

	Again RowID // the row of a later batch that was another attempt at this one; zero: none, or not asked for

	// Duplicates are other jobs that the portal is proved to have made for the row; each
	// raised an alarm.
	Duplicates []JobID
}

// Earlier is where an approved batch has a letter.
type Earlier struct {
	Batch  BatchID
	Line   int
	State  State
	Repeat int // the highest among the rows that count; another repeat takes the next
}

// SignerBook is what the books say of one signer, in the order of Job.Signers.
type SignerBook struct {
	Status SignerStatus // empty: nothing heard
	Since  time.Time
	XAdES  SignedFile
}

// SignedFile is a signed PDF, or one signer's XAdES, on disk. A zero value: none yet.
type SignedFile struct {
	Path   string // relative to the workspace, slash-separated
	SHA256 Digest
	Bytes  int64
}

// Happening is one line of a row's history.
type Happening struct {
	Seq    int64
	At     time.Time
	Line   int
	Kind   string // what happened: an Event, or a step such as "fetched"
	From   State
	To     State
	Detail string // safe to show: no personal data
}

// Alarm is something that a person must look at.
type Alarm struct {
	ID     int64 // 0: it ends by itself, and nobody lays it to rest
	At     time.Time
	Kind   AlarmKind
	Batch  BatchID
	Line   int
	JobID  JobID
	Detail string
}

// AlarmKind names an alarm.
type AlarmKind string

const (
	AlarmDuplicate AlarmKind = "duplicate"        // two jobs for one row
	AlarmRevived   AlarmKind = "revived"          // a change for a row that was over: refused, withdrawn, or ended otherwise
	AlarmStrange   AlarmKind = "foreign"          // a change that is not ours
	AlarmMissing   AlarmKind = "ledger-not-whole" // a Ref of ours that the ledger does not know
	AlarmDoubtful  AlarmKind = "doubtful"         // a signed document that did not pass its check or does not come, a job that is not understood
	AlarmSentLog   AlarmKind = "sent-log"         // sent.log was cut, or another one was put in its place
	AlarmDeadline  AlarmKind = "deadline"         // the portal is about to delete signed documents that nobody has fetched
)

// Poll is the answer of the portal's queue.
type Poll struct {
	Change   *Change       // nil: the queue was empty, or the poll came too early
	TooEarly bool          // 429 with a permitted poll time
	Next     time.Duration // until the next permitted poll, counted from this answer
	Speed    Speed
}

// CallError is a call to the portal, other than create, that did not succeed. Kind says
// what is known of it: refused by the portal's own error document, proved not sent, or
// unknown, where it may have had its effect.
type CallError struct {
	Call    string // "poll", "fetch", "confirm", …
	Kind    OutcomeKind
	Status  int    // HTTP status; 0: no answer
	Code    string // the portal's error code, or a word of ours
	Message string // limited, safe for a terminal, no personal data
	Fatal   bool   // concerns every call: authorization, certificate, wrong server
	Speed   Speed
	Err     error // the cause; may be nil
}

func (e *CallError) Error() string { return e.Call + ": " + e.Message }
func (e *CallError) Unwrap() error { return e.Err }

// Inspection is what checking one input PDF found. A Findings entry of severity Stop
// refuses the file; places hold the document, and page and object where they are known.
type Inspection struct {
	Source   Source
	Bytes    int64
	Pages    int
	Images   int64  // bytes of Bytes that are pictures, as they are stored in it
	PDFA     string // the part and level of PDF/A that it claims, such as "2b" or "4"; "": none
	Findings []Problem
}

// OK reports whether the file may be sent.
func (i Inspection) OK() bool { return len(Stopping(i.Findings)) == 0 }

// Made is what became of the files that one document is made of.
type Made struct {
	Parts    []Inspection // of each file, in order
	Recipe   Digest       // names what is made of exactly these parts; zero where nothing was made
	Prepared              // the document; zero where there is none
	Findings []Problem    // of the document as a whole
}

// Refused reports whether a finding says why there is no document.
func (m Made) Refused() bool {
	return len(Stopping(m.Findings)) > 0 || slices.ContainsFunc(m.Parts, func(i Inspection) bool { return !i.OK() })
}
