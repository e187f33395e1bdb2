package plan

import (
	"encoding/binary"
	"hash/maphash"
	"iter"
	"strconv"

	"batch/internal/mailout"
)

// Part is something of a row that a sender looks at as one thing. Its text is a stable
// word.
type Part uint8

// The parts of a row, in the order in which they are told.
const (
	PartLeftOut   Part = iota // left out now for its problems, and not before
	PartTakenIn               // the other way round
	PartKey                   // the owner's key
	PartSender                // the organization it is sent for
	PartSigners               // who signs, in which order and manner, and how they are told
	PartDocuments             // the contents of the input files, and which of them make one document
	PartTexts                 // titles and description
	PartTimes                 // activation, availability, deadline
	PartOptions               // authentication, identifier in the signed document
	PartPrepared              // merged PDFs that were made anew, of the same files
	PartColumns               // nothing of all that: only cells that are not sent
	partCount
)

var partWords = [partCount]string{"left_out", "taken_in", "key", "sender", "signers", "documents", "texts", "times", "options", "prepared", "columns"}

func (p Part) String() string { return partWords[p] }

// MarshalText writes the word.
func (p Part) MarshalText() ([]byte, error) { return []byte(p.String()), nil }

// fingerprint is what is kept of a row to compare it with another: its place, and a
// number for each part. Equal parts have equal numbers.
type fingerprint struct {
	line  int
	key   string
	parts [partCount]uint64
}

// contents is what the sender said is to be sent.
func (p fingerprint) contents() [partCount]uint64 {
	p.parts[PartKey], p.parts[PartPrepared], p.parts[PartColumns] = 0, 0, 0
	return p.parts
}

// resembles reports whether two rows may be the same letter: the same people sign, or the
// same documents are signed.
func (p fingerprint) resembles(q fingerprint) bool {
	return p.parts[PartSigners] == q.parts[PartSigners] || p.parts[PartDocuments] == q.parts[PartDocuments]
}

// differs lists the parts in which two rows differ, as far as they say something: of a row
// that is left out in one plan only that; a line number that stands for a key is none;
// other documents are prepared anew as a matter of course; and of the owner's columns, which
// hold every cell, only what shows in nothing else.
func (p fingerprint) differs(q fingerprint, keyed bool) (all []Part) {
	switch was, is := q.parts[PartLeftOut], p.parts[PartLeftOut]; {
	case is > was:
		return []Part{PartLeftOut}
	case is < was:
		return []Part{PartTakenIn}
	}
	for part := range partCount {
		switch {
		case p.parts[part] == q.parts[part]:
		case part == PartKey && !keyed:
		case part == PartColumns && len(all) > 0:
		case part == PartPrepared && p.parts[PartDocuments] != q.parts[PartDocuments]:
		default:
			all = append(all, part)
		}
	}
	return all
}

// prints are the fingerprints of a plan. It is keyed where the manifest has keys: where
// it has none, line numbers stand for them.
type prints struct {
	rows  []fingerprint
	keyed bool
}

func (h hasher) read(rows iter.Seq2[mailout.Record, error]) (all prints, err error) {
	for r, err := range rows {
		if err != nil {
			return all, err
		}
		all.rows = append(all.rows, h.print(r))
		all.keyed = all.keyed || r.Key != strconv.Itoa(r.Line)
	}
	return all, nil
}

// hasher makes fingerprints. Its seed is new each time, so that nobody can make a change
// that it does not see.
type hasher struct{ seed maphash.Seed }

func newHasher() hasher { return hasher{maphash.MakeSeed()} }

// sum hashes fields, each with its length before it.
func (h hasher) sum(fields ...string) uint64 {
	var m maphash.Hash
	m.SetSeed(h.seed)
	for _, f := range fields {
		var n [8]byte
		binary.BigEndian.PutUint64(n[:], uint64(len(f)))
		m.Write(n[:])
		m.WriteString(f)
	}
	return m.Sum64()
}

func (h hasher) print(r mailout.Record) fingerprint {
	p, j := fingerprint{line: r.Line, key: r.Key}, r.Job
	if r.Skipped {
		p.parts[PartLeftOut] = 1
	}
	texts := []string{j.Title.Reveal(), j.NonsensitiveTitle.Reveal(), j.Description.Reveal()}
	var documents, prepared, signers, columns []string
	for _, d := range r.Documents {
		texts = append(texts, d.Title.Reveal())
		documents = append(documents, number(int64(len(d.Sources))))
		for _, s := range d.Sources {
			documents = append(documents, string(s.SHA256[:]))
		}
		prepared = append(prepared, string(d.SHA256[:]))
	}
	for _, s := range j.Signers {
		signers = append(signers, s.NationalID.Reveal(), s.Email.Reveal(), s.Mobile.Reveal(), number(int64(s.Order)), string(s.SignatureType), string(s.OnBehalfOf), string(s.Notify))
	}
	for _, c := range r.Columns {
		columns = append(columns, c.Name, c.Value.Reveal(), number(int64(len(c.More))))
		for _, more := range c.More {
			columns = append(columns, more.Reveal())
		}
	}
	p.parts[PartKey] = h.sum(r.Key)
	p.parts[PartSender] = h.sum(string(j.Sender))
	p.parts[PartSigners] = h.sum(signers...)
	p.parts[PartDocuments] = h.sum(documents...)
	p.parts[PartTexts] = h.sum(texts...)
	p.parts[PartTimes] = h.sum(instant(j.Activation), number(int64(j.Available)), instant(j.Deadline))
	p.parts[PartOptions] = h.sum(number(int64(j.Authentication)), string(j.Identifier))
	p.parts[PartPrepared] = h.sum(prepared...)
	p.parts[PartColumns] = h.sum(columns...)
	return p
}
