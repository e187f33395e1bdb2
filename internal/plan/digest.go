package plan

import (
	"crypto/sha256"
	"encoding/binary"
	"hash"
	"time"

	"batch/internal/mailout"
)

// sums are the two digests of a plan in the making. Every field goes in with its length
// before it, so that no two plans can write the same bytes.
type sums struct {
	rows     hash.Hash // rows, settings, inputs, recipes
	prepared hash.Hash // digests of the prepared documents
}

func newSums(settings []byte) *sums {
	s := &sums{rows: sha256.New(), prepared: sha256.New()}
	put(s.rows, "batch rows 1", string(settings))
	return s
}

func put(h hash.Hash, fields ...string) {
	var n [8]byte
	for _, f := range fields {
		binary.BigEndian.PutUint64(n[:], uint64(len(f)))
		h.Write(n[:])
		h.Write([]byte(f))
	}
}

func number(n int64) string { return string(binary.BigEndian.AppendUint64(nil, uint64(n))) }

func instant(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339)
}

// add takes one row in. Line numbers and the owner's other columns stay out: they are
// not sent, and the manifest's own digest covers them.
func (s *sums) add(r mailout.Row, recipes []mailout.Digest) {
	if r.Skipped {
		put(s.rows, "skipped", r.Key)
		return
	}
	j := r.Job
	put(s.rows, "row", r.Key, string(j.Sender), j.Title.Reveal(), j.NonsensitiveTitle.Reveal(), j.Description.Reveal(), number(int64(j.Authentication)),
		string(j.Identifier), instant(j.Activation), number(int64(j.Available)), instant(j.Deadline), number(int64(len(j.Signers))))
	for _, p := range j.Signers {
		put(s.rows, p.NationalID.Reveal(), p.Email.Reveal(), p.Mobile.Reveal(), number(int64(p.Order)), string(p.SignatureType), string(p.OnBehalfOf), string(p.Notify))
	}
	for i, d := range r.Documents {
		put(s.rows, "document", d.Title.Reveal(), d.Name, string(recipes[i][:]))
		for _, src := range d.Sources {
			put(s.rows, string(src.SHA256[:]))
		}
		put(s.prepared, string(d.SHA256[:]))
	}
}

func (s *sums) rowsDigest() mailout.Digest { return mailout.Digest(s.rows.Sum(nil)) }

func (s *sums) digest(manifest mailout.Digest) mailout.Digest {
	return approved(s.rowsDigest(), manifest, s.prepared)
}

// approved is the digest that is approved.
func approved(rows, manifest mailout.Digest, prepared hash.Hash) mailout.Digest {
	h := sha256.New()
	put(h, "batch 1", string(rows[:]), string(manifest[:]), string(prepared.Sum(nil)))
	return mailout.Digest(h.Sum(nil))
}
