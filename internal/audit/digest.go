package audit

import (
	"context"

	"batch/internal/mailout"
)

// Recount is what the digests of a plan come to if they are made anew of the books.
type Recount struct {
	Digest mailout.Digest // of the manifest, of the rows as the books have digested them, and of the prepared documents; zero: no row of the plan is left
	Rows   mailout.Digest // of the rows; zero: what they were made of is not known any more
}

// plan holds the plan, made anew of what the books have, against what was approved.
func (a *auditor) plan(ctx context.Context) error {
	r, err := a.o.Recount(ctx)
	if err != nil {
		return err
	}
	b := a.o.Batch
	if !r.Digest.IsZero() && r.Digest != b.Digest {
		a.found(Finding{Code: "approval-digest", Message: "manifest and documents in the books do not make the digest that was approved", Remedy: restore})
	}
	switch {
	case r.Rows.IsZero():
		a.found(Finding{Severity: Note, Code: "rows-digest-unknown", Message: "that the rows are those that were approved is not shown: their data are purged, or their documents were merged by another version of batch", Remedy: "nothing; the version that planned the batch shows it before it is purged"})
	case r.Rows != b.RowsDigest:
		a.found(Finding{Code: "rows-digest", Message: "the rows in the books, with their signers and documents, do not make the digest that was approved", Remedy: restore})
	}
	return nil
}
