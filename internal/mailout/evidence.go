package mailout

import "time"

// Evidence is all that the books say of one line of a batch, for whoever audits them, but for who
// signs what. Line 0 has what happened to the batch as a whole.
type Evidence struct {
	Line      int
	Row       bool // there is such a row; false: only that other things name it
	Bare      bool // nothing is known of it but that sent.log names it
	State     State
	Since     time.Time
	Ref       Ref
	JobID     JobID
	Cause     string
	Signers   []SignerStatus // in the row's order
	Documents Digest         // SHA-256 over the digests of what was prepared for it; zero: nothing
	Attempts  []AttemptBook
	Events    []EventBook
	Changes   []ChangeBook
	Files     []FileBook
	Raised    []Alarm // all that were ever raised about it, those too that were laid to rest
}

// AttemptBook is what the books say of one try at sending a row.
type AttemptBook struct {
	Attempt
	Begun     time.Time
	Documents Digest // SHA-256 over the digests of what was sent; zero where books were rebuilt
}

// Rebuilt reports whether the attempt is known from sent.log, or from its status change, alone.
func (a AttemptBook) Rebuilt() bool { return a.Code == "rebuilt" }

// EventBook is one event of a row's history.
type EventBook struct {
	Seq      int64
	At       time.Time
	Kind     string
	From, To State
	JobID    JobID
	Kept     Digest // of the file that it says was kept; zero: it is about none
}

// ChangeBook is a status change that was recorded.
type ChangeBook struct {
	JobID     JobID
	Status    JobStatus
	Tried     bool // its confirmation was begun
	Confirmed bool
	Late      bool // it came when its batch was purged: nothing was kept of it
}

// FileBook is a file that the portal offered for a job.
type FileBook struct {
	JobID JobID
	KeptFile
	Gone bool // it was deleted on request; Path is none of a file then
}

// LogAudit is what sent.log comes to beside the attempts of one batch. Refs are the first few.
type LogAudit struct {
	Gone       bool  // there is no sent.log
	Cut        bool  // it is not the one that the ledger wrote, or not all of it
	Lines      int   // that name an attempt of the batch
	Unknown    []Ref // it names them, and the ledger does not know them
	Unknowns   int
	Unwritten  []Ref // the ledger has them as sent, and it does not name them
	Unwrittens int
	Stray      int // lines that batch did not write
}
