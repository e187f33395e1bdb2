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
	Turn      int        // of the last call among all: who waits longest is asked first; 0: never asked
	Perhaps   bool       // a call may have cancelled the job: it was granted, or has no answer
	Answer    AnswerKind // empty: none yet
	Code      string     // of a refusal
}

// Echo reports whether "too late" may be what a call hears that comes after one of our own.
func (w Wish) Echo() bool {
	return w.Perhaps && (w.Answer == AnswerDeclined || w.Answer == AnswerGone)
}
