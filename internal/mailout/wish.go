package mailout

// Wish is a person's wish that a job be cancelled. It is kept until the portal has
// answered it: with a row whose job is not known yet, over a call whose answer was lost,
// and over a crash.
type Wish struct {
	Batch     BatchID
	Line      int
	Key       string
	State     State // of the row; empty where the ledger does not know it
	Job       JobID // to be cancelled; zero: the row has none yet
	Duplicate bool  // the job is not the row's own
	Sender    OrgNumber
	URL       string     // the portal's address for it; empty: it gave none
	Said      string     // who wished it, and why
	Asked     bool       // the portal was called at least once
	Answer    AnswerKind // empty: none yet
}
