package plan

import (
	"context"
	"encoding/binary"
	"fmt"
	"slices"

	"batch/internal/mailout"
)

// checkRepeat finds the same letter twice: in this manifest, or in an earlier batch.
func (m *maker) checkRepeat(ctx context.Context, w *work) error {
	if len(w.entry.Inputs) == 0 {
		return nil // no letter at all; the manifest has no column for documents
	}
	letter, named := w.entry.LetterKey(), w.entry.Inputs[0].Place
	place := mailout.Place{File: named.File, Sheet: named.Sheet, Line: w.entry.Line, Row: w.entry.Key}
	if line, twice := m.letters[letter]; twice {
		w.problems = append(w.problems, mailout.Problem{Severity: mailout.Stop, Code: "repeat", Place: place,
			Message: fmt.Sprintf("the same signers get the same documents under the same title as in line %d", line),
			Remedy:  "delete one of the two lines, or give them different titles or documents"})
		return nil
	}
	m.letters[letter] = w.entry.Line
	if m.dry { // a plan that is known is no repeat of itself; if it is not, all is asked again
		return nil
	}
	batch, line, found, err := m.store.Earlier(ctx, letter)
	if err != nil || !found {
		return err
	}
	m.repeats = append(m.repeats, mailout.Problem{Severity: mailout.Stop, Code: "repeat-of-earlier", Place: place,
		Message: fmt.Sprintf("the same signers have the same documents under the same title already, in line %d of batch %s", line, batch),
		Remedy:  fmt.Sprintf("delete the line; `batch why %s line:%d` shows what became of it", batch, line)})
	return nil
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
