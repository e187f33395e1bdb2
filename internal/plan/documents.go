package plan

import (
	"cmp"
	"fmt"
	"slices"

	"batch/internal/mailout"
)

// checkSize holds the job's documents against the portal's limit for all of them together
// and names the fattest file, at the cell that asked for it.
func (w *work) checkSize() {
	var sum, images int64
	for _, d := range w.docs {
		sum += d.Bytes
		for _, part := range d.Parts {
			images += part.Images
		}
	}
	if sum <= mailout.MaxDocumentBytes {
		return
	}
	fat := slices.MaxFunc(w.docs, func(a, b document) int { return cmp.Compare(a.fattest().Bytes, b.fattest().Bytes) })
	part := fat.fattest()
	message := fmt.Sprintf("the row's documents are %s together, %s more than the portal takes; the largest file is %s with %s",
		mailout.Megabytes(sum), mailout.OverLimit(sum), mailout.BarePath(part.Source.Path), mailout.Megabytes(part.Bytes))
	remedy := "leave pages out, or split the row"
	if percent := mailout.ShrinkTo(sum, images); percent > 0 {
		message += fmt.Sprintf("; pictures are %s of it all", mailout.Megabytes(images))
		remedy = fmt.Sprintf("make the pictures smaller, to %d %% of their bytes or less (\"reduce file size\"), or split the row", percent)
	}
	w.problems = append(w.problems, mailout.Problem{Severity: mailout.Stop, Code: "documents-too-large", Place: fat.at(part), Message: message, Remedy: remedy})
}

// fattest is the largest file of a document.
func (d document) fattest() mailout.Inspection {
	return slices.MaxFunc(d.Parts, func(a, b mailout.Inspection) int { return cmp.Compare(a.Bytes, b.Bytes) })
}

// at is the cell that asked for the document, and one of its files.
func (d document) at(part mailout.Inspection) mailout.Place {
	place := d.place
	place.Document = part.Source.Path
	return place
}

// checkPDFA warns where a job that could give a signed PDF/A does not: the portal makes one
// only if every document is PDF/A (portal-api.md, Documents), and merging makes a PDF of
// another kind. A row none of whose files claims to be PDF/A wants none.
func (w *work) checkPDFA() {
	claims, merged := 0, false
	var other *document
	var part mailout.Inspection
	for _, d := range w.docs {
		merged = merged || len(d.Parts) > 1
		for _, p := range d.Parts {
			switch {
			case p.PDFA != "":
				claims++
			case other == nil && p.OK():
				other, part = &d, p
			}
		}
	}
	switch {
	case claims == 0:
	case other != nil:
		remedy := "export this one as PDF/A too, if the archive wants PDF/A"
		if merged {
			remedy = `if the archive wants PDF/A, export this one as PDF/A too, and set as = "separate" under [documents] in batch.toml`
		}
		w.problems = append(w.problems, mailout.Problem{Severity: mailout.Warn, Code: "pdfa-mixed", Place: other.at(part),
			Message: mailout.BarePath(part.Source.Path) + " is not PDF/A, other files of the row are: the signed document will not be PDF/A",
			Remedy:  remedy})
	case merged:
		w.problems = append(w.problems, mailout.Problem{Severity: mailout.Warn, Code: "pdfa-lost", Place: w.docs[0].at(w.docs[0].Parts[0]),
			Message: "the files are PDF/A, merged they are not: the signed document will not be PDF/A",
			Remedy:  `set as = "separate" under [documents] in batch.toml, if the archive wants PDF/A`})
	}
}
