package mailout

import (
	"fmt"
	"time"
)

// TakenKind says whose a status change is.
type TakenKind string

const (
	// TakenOurs: a job of a row in this ledger. It is followed to its end.
	TakenOurs TakenKind = "ours"

	// TakenDuplicate: a second job for a row that has one, or for a Ref that was
	// dropped. An alarm is raised; its document is kept and confirmed.
	TakenDuplicate TakenKind = "duplicate"

	// TakenMissing: a Ref of this workspace that the ledger does not know: the ledger is
	// not the whole truth. Its document is kept, nothing is confirmed, sending stops.
	TakenMissing TakenKind = "missing"

	// TakenForeign: somebody else's. Counted, never confirmed, nothing else kept.
	TakenForeign TakenKind = "foreign"
)

// Taken is what the ledger says of a change it has just recorded.
type Taken struct {
	Kind        TakenKind
	Batch       BatchID
	Line        int
	Key         string
	State       State  // of the row, after adopting; empty for other than ours
	Fingerprint string // tells this change of the job from another
	Confirmed   bool   // this very change was confirmed before
	Pending     bool   // a change of the job that is an end, or may be one, was recorded and is not confirmed yet
	Purged      bool   // the batch is purged: what the change offers is not kept
	Strangers   int    // different foreign jobs met on this queue so far, but for those that a person knows of
	Laid        bool   // of a missing one: a person has laid its alarm to rest
	Signers     []int  // the number in the row, from 1, of each of the change's signers; see NumberSigners
	Files       []KeptFile
}

// KeptFile is a document of a job that the ledger knows: the signed PDF, or the XAdES of
// one signer.
type KeptFile struct {
	Signer int // whose XAdES it is, from 1 in the row's order; 0: the signed PDF
	SHA256 Digest
	Bytes  int64
	Temp   string // relative to the workspace; the bytes there are synced
	Path   string // relative to the workspace; empty until the file is in its place
	Doubt  string // why the document is doubtful; empty: it passed its check

	Warnings []string  // what is odd about it and blocks nothing: sentences, safe to show
	Partial  bool      // its download broke off: it is the first Bytes of a document; with Doubt
	Of       JobStatus // what the portal said of the job when it offered the file; empty where an older version kept it
	Early    bool      // of a doubtful one: it is not the last word, so it raises no alarm; not in the books
	Gone     bool      // it was deleted with its batch's personal data; Path is where it never lies
	Job      JobID     // whose it is, as the books tell it
	At       time.Time // when it was fetched, as the books tell it
}

// Serves reports whether the file, once it is kept, is what a change of this status offers.
func (f KeptFile) Serves(s JobStatus) bool { return f.Of != JobFailed || s == JobFailed }

// What names the file for a person.
func (f KeptFile) What() string {
	if f.Signer == 0 {
		return "the signed document"
	}
	return fmt.Sprintf("the XAdES of signer %d", f.Signer)
}

// Attempt is one try at sending a row, for its history.
type Attempt struct {
	Ref     Ref
	N       int
	Outcome OutcomeKind // empty: still going on, or the process died
	Status  int
	Code    string
	JobID   JobID
	Dropped bool  // a person said that it made no job
	Seen    JobID // the job that a person read in the sender portal; zero: none
}

// Recovered is what a speaker found of an earlier one that did not end by itself.
type Recovered struct {
	Unknown int // rows whose Ref was in sent.log: a job may exist
	NotSent int // rows whose Ref was not: proved not sent, planned again
}

// Claim says of a batch that sent.log names how it fits a manifest that was planned anew.
type Claim struct {
	Batch     BatchID
	Here      bool // the ledger has the batch
	Attempts  int  // attempts of it that the ledger does not know
	Checkable int  // of them those that tell their letter, under the certificate of today
	Proved    int  // of them those whose letter the manifest has
}

// Restored is what the books of a batch got back from sent.log.
type Restored struct {
	Batch  BatchID
	Proved int // rows whose line in sent.log proves that they are the letter that went out
	ByLine int // rows that were found by their line number alone
	Bare   int // attempts that no row fits; each is a row of its own now
}

// Named is how many rows sent.log names.
func (r Restored) Named() int { return r.Proved + r.ByLine + r.Bare }

// Finding is what a person found in the sender portal about an unknown row.
type Finding struct {
	Verdict Verdict
	Ref     Ref    // the reference that was searched for; empty: that of the row's only attempt
	Job     JobID  // of a job that is present, where it was read; else zero
	By      string // who found it, and what they say of it
}

// Verdict is what a person found in the sender portal about an unknown row.
type Verdict string

const (
	VerdictPresent Verdict = "present" // the job is there; its change will bring its id
	VerdictAbsent  Verdict = "absent"  // it is not; the row may be sent again with a new Ref
)
