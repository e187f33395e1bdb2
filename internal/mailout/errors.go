package mailout

import "errors"

// What the ledger says to an intent that cannot be begun. Nothing was written.
var (
	// ErrNotPlanned: the row is no longer planned; a status change, or a person, moved it
	// meanwhile. It is left alone.
	ErrNotPlanned = errors.New("the row is not planned any more")

	// ErrNotApproved: the batch is not approved (any more).
	ErrNotApproved = errors.New("the batch is not approved")

	// ErrRepeat: the same letter is already on its way or signed.
	ErrRepeat = errors.New("the same signers already have the same documents under the same title")
)
