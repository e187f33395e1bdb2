package pades

import (
	"bytes"
	"errors"
	"fmt"
	"io"
)

// Report is what was found about a document that passed.
type Report struct {
	Signatures int      // that hold over their byte range
	Warnings   []string // sentences, safe to show, without personal data
}

// Doubt is what blocks a confirmation.
type Doubt struct {
	Code    string // stable: not-a-pdf, incomplete, no-signature, broken-signature
	Message string // a sentence, safe to show, without personal data
}

func (d *Doubt) Error() string { return d.Message }

const (
	header     = "%PDF-"
	footer     = "%%EOF"
	footerSpan = 1024 // where it must stand, from the end (ISO 32000-1, implementation note 18)
)

// Check reads a document of size bytes. The error is a *Doubt where something is wrong with the
// document, and that of r where it cannot be read.
func Check(r io.ReaderAt, size int64) (Report, error) {
	if err := checkEnds(r, size); err != nil {
		return Report{}, err
	}
	seals, err := findSeals(r, size)
	if err != nil {
		return Report{}, fmt.Errorf("looking for signatures: %w", err)
	}
	if len(seals) == 0 {
		return Report{}, &Doubt{"no-signature", "the document holds no signature: the portal may have handed out an unsealed one"}
	}
	return checkSeals(r, size, seals)
}

// checkEnds looks at the first and the last bytes. What follows the last %%EOF may be white
// space only: after a download that was cut short within an update, an older %%EOF
// stands somewhere before the end.
func checkEnds(r io.ReaderAt, size int64) error {
	first, err := readAt(r, 0, min(size, int64(len(header))))
	if err != nil {
		return fmt.Errorf("reading the document's beginning: %w", err)
	}
	if string(first) != header {
		return &Doubt{"not-a-pdf", "what was fetched does not begin like a PDF"}
	}
	whole, err := endsLikePDF(r, size, size)
	if err != nil {
		return fmt.Errorf("reading the document's end: %w", err)
	}
	if !whole {
		return &Doubt{"incomplete", "the document does not end like a PDF: its end is missing"}
	}
	return nil
}

// endsLikePDF looks at the last of length bytes before end: an %%EOF, and white space.
func endsLikePDF(r io.ReaderAt, end, length int64) (bool, error) {
	span := min(length, footerSpan)
	last, err := readAt(r, end-span, span)
	return bytes.HasSuffix(bytes.TrimRight(last, white), []byte(footer)), err
}

// checkSeals has each signature tried and weighs the results.
func checkSeals(r io.ReaderAt, size int64, seals []seal) (Report, error) {
	var report Report
	var flaws []string
	var covered int64
	for _, s := range seals {
		notes, err := s.verify(r, size)
		var f flaw
		switch {
		case errors.Is(err, errTimestamp):
		case errors.As(err, &f):
			flaws = append(flaws, string(f))
		case err != nil:
			return Report{}, fmt.Errorf("checking a signature: %w", err)
		default:
			report.Signatures++
			report.Warnings = append(report.Warnings, notes...)
			covered = max(covered, s.end())
		}
	}
	if report.Signatures == 0 {
		return Report{}, noneHolds(flaws)
	}
	for _, f := range flaws {
		report.Warnings = append(report.Warnings, "another signature in the document does not hold: "+f)
	}
	if covered < size {
		report.Warnings = append(report.Warnings,
			fmt.Sprintf("%d bytes were added after the seal and are not covered by it (data for long-term validation are added so)", size-covered))
	}
	return report, nil
}

func noneHolds(flaws []string) *Doubt {
	if len(flaws) == 0 {
		return &Doubt{"no-signature", "the document holds a time-stamp but no signature"}
	}
	return &Doubt{"broken-signature", "no signature in the document holds: " + flaws[0]}
}

// readAt reads exactly n bytes at off. The caller bounds n.
func readAt(r io.ReaderAt, off, n int64) ([]byte, error) {
	b := make([]byte, n)
	got, err := r.ReadAt(b, off)
	if int64(got) == n {
		return b, nil // at the very end ReadAt may say EOF beside all bytes
	}
	if errors.Is(err, io.EOF) {
		err = io.ErrUnexpectedEOF
	}
	return nil, err
}
