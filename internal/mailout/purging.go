package mailout

import "time"

// Purging is how far a batch is rid of its personal data.
type Purging struct {
	Begun bool      // from then on nobody reads it
	Ended time.Time // when the last was gone; zero: something is left, and to purge again takes it
}

// Deletion is the wish that the portal delete the documents of one job (long-term storage).
type Deletion struct {
	Batch     BatchID
	Line      int
	Job       JobID
	Sender    OrgNumber
	URL       string    // the portal's address for it; empty: it gave none
	Completed time.Time // when the last of its signers signed, as far as is known
	Asked     int       // calls so far
	Answer    AnswerKind
}

// OldFile is a kept file that is to be deleted.
type OldFile struct {
	Job    JobID
	Signer int // whose XAdES it is, from 1; 0: the signed PDF
	SHA256 Digest
	Path   string // relative to the workspace
}
