package mailout

// AnswerKind says how the portal answered a wish.
type AnswerKind string

const (
	// AnswerGranted: the job is cancelled, or the documents are deleted. What became of a
	// cancelled job is told by its status change all the same.
	AnswerGranted AnswerKind = "granted"

	// AnswerDeclined: 409. The job is over and cannot be cancelled, which a repeat also
	// hears of a wish that was granted before; or the documents cannot be deleted, yet or
	// any more.
	AnswerDeclined AnswerKind = "declined"

	// AnswerGone: 404 or 410. The portal does not have the job, or its documents, any more.
	AnswerGone AnswerKind = "gone"

	// AnswerRefused: the portal's own no, for another reason than time; or it gave an
	// address that is none of its own, which is never called. Asking again is no use until
	// a person has looked.
	AnswerRefused AnswerKind = "refused"
)

// Answer is what the portal said to a wish that may come too late: to cancel a job, or to
// delete its documents. It is zero, Speed aside, where the call ended in an error.
type Answer struct {
	Kind    AnswerKind
	Code    string // the portal's error code; empty where it said none
	Message string // its words, for a person: limited, safe for a terminal, no personal data
	Speed   Speed
}
