package plan

import (
	"context"
	"encoding/binary"
	"fmt"
	"slices"

	"batch/internal/mailout"
)

// codeEarlier is the code of rows whose letter an earlier batch has.
const codeEarlier = "repeat-of-earlier"

// lettered is a letter that was met in this manifest.
type lettered struct {
	line   int // of the first row
	repeat int // the number of the last one
}

// checkRepeat finds the same letter twice: in this manifest, or in an earlier batch. That is
// a problem of the row. Where repeats are allowed it gets the next number instead; where only
// what is new is sent, and an earlier batch has it, old says so.
func (m *maker) checkRepeat(ctx context.Context, w *work) (old mailout.Problem, err error) {
	if len(w.entry.Inputs) == 0 {
		return old, nil // no letter at all; the manifest has no column for documents
	}
	letter, named := w.entry.LetterKey(), w.entry.Inputs[0].Place
	place := mailout.Place{File: named.File, Sheet: named.Sheet, Line: w.entry.Line, Row: w.entry.Key}
	first, twice := m.letters[letter]
	var earlier mailout.Problem
	if !twice {
		first = lettered{line: w.entry.Line}
		if earlier, first.repeat, err = m.earlier(ctx, letter, w.entry.Earlier, place); err != nil {
			return old, err
		}
		if m.o.OnlyNew && earlier.Code != "" {
			return earlier, nil
		}
	}
	switch {
	case twice:
		first.repeat++
		m.repeated(w, first.repeat, mailout.Problem{Severity: mailout.Stop, Code: "repeat", Place: place,
			Message: fmt.Sprintf("the same signers get the same documents under the same title as in line %d", first.line),
			Remedy:  "delete one of the two lines, or give them different titles or documents"})
	case earlier.Code != "":
		m.repeated(w, first.repeat, earlier)
	}
	m.letters[letter] = first
	return old, nil
}

// repeated notes that a row is a repeat: allowed, perhaps, or a problem.
func (m *maker) repeated(w *work, n int, p mailout.Problem) {
	if m.o.AllowRepeats == 0 {
		w.problems = append(w.problems, p)
		return
	}
	w.entry.Repeat = n
	m.repeats = append(m.repeats, p)
}

// earlier finds a letter in an earlier batch, and the number that the next repeat of it has.
// A row that says which one it tries again is new, where only what is new is sent, unless its
// letter counts. With a plan to compare with it is that plan's word that counts.
func (m *maker) earlier(ctx context.Context, letter mailout.Digest, again mailout.RowID, place mailout.Place) (p mailout.Problem, next int, err error) {
	p = mailout.Problem{Severity: mailout.Stop, Code: codeEarlier, Place: place, Remedy: "delete the line; or give --only-new, which leaves out all that was sent before"}
	if m.dry {
		p.Message, p.Code = m.leftOut.why(place.Line, codeEarlier)
		return p, 0, nil
	}
	e, found, err := m.store.Earlier(ctx, letter, m.o.OnlyNew && again.IsZero())
	if err != nil || !found {
		return mailout.Problem{}, 0, err
	}
	m.met = true
	p.Message = fmt.Sprintf("the same signers have the same documents under the same title already, in line %d of batch %s", e.Line, e.Batch)
	p.Remedy += fmt.Sprintf("; `batch why %s line:%d` shows what became of it", e.Batch, e.Line)
	return p, e.Repeat + 1, nil
}

// unwanted are the problems of repeats that were allowed in another number than there are.
func (m *maker) unwanted(file string) []mailout.Problem {
	if m.o.AllowRepeats == 0 || len(m.repeats) == m.o.AllowRepeats {
		return nil
	}
	count := mailout.Problem{Severity: mailout.Stop, Code: "repeats-miscounted", Place: mailout.Place{File: file},
		Message: fmt.Sprintf("--allow-repeats says %d, and the repeats are %d", m.o.AllowRepeats, len(m.repeats)),
		Remedy:  fmt.Sprintf("look at every one of them; if all are to be sent again, give --allow-repeats %d", len(m.repeats))}
	if len(m.repeats) == 0 {
		count.Remedy = "leave --allow-repeats out: no letter is sent again"
	}
	all := append(m.repeats, count)
	m.res.Problems = append(m.res.Problems, all...)
	return all
}

// sighting is where a file was named first.
type sighting struct {
	path uint64 // of the digest of its path
	line int
}

// checkTwins warns of a file that is, byte for byte, another one that another row names: a
// letter that was saved under two names is one that reaches the wrong person. Each file is
// told once. Contents are told apart by 64 bits of their digest, which is enough for a warning.
func (m *maker) checkTwins(w *work) {
	for _, d := range w.docs {
		for _, part := range d.Parts {
			if part.Source.SHA256.IsZero() {
				continue
			}
			contents, path := short(part.Source.SHA256), short(mailout.SumDigest([]byte(part.Source.Path)))
			first, seen := m.files[contents]
			if !seen {
				m.files[contents] = sighting{path, w.entry.Line}
				continue
			}
			if first.path == path || first.line == w.entry.Line || m.warned[path] || m.forAll(part.Source.Path) {
				continue
			}
			m.warned[path] = true
			w.problems = append(w.problems, mailout.Problem{Severity: mailout.Warn, Code: "document-twin", Place: d.at(part),
				Message: fmt.Sprintf("%s is, byte for byte, the same as another file, which line %d names", mailout.BarePath(part.Source.Path), first.line),
				Remedy:  "look whether one of the two was saved under the wrong name; if both people are to get the same, all is well"})
		}
	}
}

func short(d mailout.Digest) uint64 { return binary.BigEndian.Uint64(d[:8]) }

// forAll reports whether a file goes to every row: that is no letter of anybody's own.
func (m *maker) forAll(path string) bool {
	return slices.Contains(m.o.Before, path) || slices.Contains(m.o.After, path)
}
