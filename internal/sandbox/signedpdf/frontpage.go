package signedpdf

import (
	"crypto/sha256"
	"fmt"
	"strings"
)

// How the front page looks.
var (
	headStyle    = style{bold, 20, 0.1}
	sectionStyle = style{bold, 12.5, 0.1}
	strongStyle  = style{bold, 10, 0}
	plainStyle   = style{regular, 10, 0}
	quietStyle   = style{regular, 9, 0.32}
	smallStyle   = style{regular, 7.5, 0.4}
)

const (
	labelWidth  = 92 // of the column with what a value is
	numberWidth = 22 // of the column with numbers of signers and documents
)

// frontPage says who signed what, when and how, and that all this is a rehearsal. Its
// typeface has the glyphs that the footer needs.
func frontPage(job Job) *sheet {
	face := newTypeface()
	face.width(regular, 1, footerText(job.ID, 0, 0)+"0123456789")
	s := newSheet(face, fmt.Sprintf("Signed document, job %d, continued", job.ID))
	s.lines(marginSide, textWidth, smallStyle, "Signing portal sandbox")
	s.rule()
	s.skip(10)
	s.lines(marginSide, textWidth, headStyle, job.Title)
	s.skip(10)
	for _, row := range aboutJob(job) {
		s.row(row[0], row[1])
	}
	s.skip(8)
	s.notice("A rehearsal: this document was made by the signing portal sandbox. Nobody has signed it.")
	s.section("Signatures")
	for _, by := range job.Signatures {
		s.entry(by.N, by.Name, "Signed "+by.At.UTC().Format("2006-01-02 15:04:05 UTC"), howSigned(by))
	}
	if waiting := job.Signers - len(job.Signatures); waiting > 0 {
		s.lines(marginSide, textWidth, plainStyle, fmt.Sprintf("Not signed yet: %d more. This document is not finished.", waiting))
	}
	s.section("Documents")
	for i, d := range job.Documents {
		s.entry(i+1, d.Title, fmt.Sprintf("SHA-256 %x", sha256.Sum256(d.Content)))
	}
	return s
}

func aboutJob(job Job) [][2]string {
	rows := [][2]string{
		{"Signed by", fmt.Sprintf("%d of %d", len(job.Signatures), job.Signers)},
		{"Sent by", "organization " + spaced(job.Sender)},
		{"Job", fmt.Sprint(job.ID)},
	}
	if job.Reference != "" {
		rows = append(rows, [2]string{"Reference", job.Reference})
	}
	return rows
}

// spaced writes an organization number as people do.
func spaced(organization string) string {
	return organization[:3] + " " + organization[3:6] + " " + organization[6:]
}

// row is what a value is, and the value.
func (s *sheet) row(label, value string) {
	s.keep(s.height(textWidth-labelWidth, plainStyle, value))
	y, page := s.y, len(s.pages)
	s.lines(marginSide+labelWidth, textWidth-labelWidth, plainStyle, value)
	if page == len(s.pages) {
		s.at(marginSide, y-plainStyle.leading()+0.4*plainStyle.size, style{regular, plainStyle.size, quietStyle.gray}, label)
	}
}

// notice is a text on a gray ground.
func (s *sheet) notice(text string) {
	const inside = 9
	height := s.height(textWidth-2*inside, strongStyle, text) + 2*inside
	s.keep(height)
	fmt.Fprintf(s.page(), "q 0.92 g %d %g %d %g re f Q\n", marginSide, s.y-height, textWidth, height)
	s.skip(inside)
	s.lines(marginSide+inside, textWidth-2*inside, strongStyle, text)
	s.skip(inside)
}

// section begins a part of the page; a heading never stands alone at a page's end.
func (s *sheet) section(text string) {
	s.keep(90)
	s.skip(16)
	s.lines(marginSide, textWidth, sectionStyle, text)
	s.rule()
}

// entry is one numbered thing with notes below it, on one page.
func (s *sheet) entry(n int, text string, notes ...string) {
	const width = textWidth - numberWidth
	height := s.height(width, strongStyle, text)
	for _, note := range notes {
		height += s.height(width, quietStyle, note)
	}
	s.keep(height)
	s.at(marginSide, s.y-strongStyle.leading()+0.4*strongStyle.size, strongStyle, fmt.Sprintf("%d.", n))
	s.lines(marginSide+numberWidth, width, strongStyle, text)
	for _, note := range notes {
		s.lines(marginSide+numberWidth, width, quietStyle, note)
	}
	s.skip(6)
}

// howSigned is the kind of signature, how the signer was identified, and for whom the
// signer has acted.
func howSigned(by Signature) string {
	parts := []string{"Authenticated electronic signature"}
	if by.Advanced {
		parts[0] = "Advanced electronic signature"
	}
	if by.Level != "" {
		parts = append(parts, "identified at security level "+by.Level)
	}
	if by.ForAnother {
		return strings.Join(append(parts, "on behalf of somebody else"), " · ")
	}
	return strings.Join(append(parts, "on their own behalf"), " · ")
}
