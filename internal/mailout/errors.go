package mailout

import "errors"

// What the ledger says to an intent, or an approval, that cannot be. Nothing was written.
var (
	// ErrNotPlanned: the row is no longer planned; a status change, or a person, moved it
	// meanwhile. It is left alone.
	ErrNotPlanned = errors.New("the row is not planned any more")

	// ErrNotApproved: the batch is not approved (any more).
	ErrNotApproved = errors.New("the batch is not approved")

	// ErrSaidSince: the batch was stopped, or rebuilt, after what its approval had seen.
	ErrSaidSince = errors.New("the batch was stopped after it was looked at")

	// ErrRepeat: the same letter is already on its way or signed.
	ErrRepeat = errors.New("the same signers already have the same documents under the same title")

	// ErrStands: the row is another attempt at one that is not free for it any more.
	ErrStands = errors.New("the earlier row that it tries again has come to life, was signed, has an alarm, or was tried again elsewhere")
)
