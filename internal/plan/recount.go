package plan

import (
	"iter"

	"batch/internal/mailout"
)

// Digests makes the digests of a frozen plan anew, from its rows as the books have them: that of
// the rows, and that which is approved, over the digest of the rows as b has it. recipe names what
// a document is made of. planned counts the rows of the plan; those that the books were rebuilt
// with, of which nothing but a reference is known, are none of it.
func Digests(b mailout.BatchInfo, rows iter.Seq2[mailout.Record, error], recipe func(mailout.Document) (mailout.Digest, error)) (digest, rowsDigest mailout.Digest, planned int, err error) {
	s := newSums([]byte(b.Settings))
	for r, err := range rows {
		if err != nil {
			return digest, rowsDigest, planned, err
		}
		if !r.Skipped && len(r.Documents) == 0 {
			continue
		}
		planned++
		recipes := make([]mailout.Digest, len(r.Documents))
		for i, d := range r.Documents {
			if recipes[i], err = recipe(d); err != nil {
				return digest, rowsDigest, planned, err
			}
		}
		s.add(r.Row, recipes)
	}
	return approved(b.RowsDigest, b.ManifestSHA256, s.prepared), s.rowsDigest(), planned, nil
}
