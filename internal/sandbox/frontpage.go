package sandbox

import (
	"encoding/hex"
	"fmt"
	"strings"
	"time"
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
func frontPage(j *job, view jobView) *sheet {
	face := newTypeface()
	face.width(regular, 1, footerText(j, 0, 0)+"0123456789")
	s := newSheet(face, fmt.Sprintf("Signed document, job %d, continued", j.id))
	s.lines(marginSide, textWidth, smallStyle, "Signing portal sandbox")
	s.rule()
	s.skip(10)
	s.lines(marginSide, textWidth, headStyle, j.manifest.title)
	s.skip(10)
	for _, row := range aboutJob(j, view) {
		s.row(row[0], row[1])
	}
	s.skip(8)
	s.notice("A rehearsal: this document was made by the signing portal sandbox. Nobody has signed it.")
	s.section("Signatures")
	for _, by := range view.signed {
		s.entry(by.n, identification(by.n, by.spec, j.manifest.identifier),
			"Signed "+by.at.UTC().Format("2006-01-02 15:04:05 UTC"), howSigned(by.spec, j.manifest.authentication))
	}
	if view.waiting > 0 {
		s.lines(marginSide, textWidth, plainStyle, fmt.Sprintf("Not signed yet: %d more. This document is not finished.", view.waiting))
	}
	s.section("Documents")
	for i, d := range j.documents {
		s.entry(i+1, d.title, "SHA-256 "+hex.EncodeToString(d.sha256))
	}
	return s
}

func aboutJob(j *job, view jobView) [][2]string {
	rows := [][2]string{
		{"Signed by", fmt.Sprintf("%d of %d", len(view.signed), len(j.signers))},
		{"Sent by", "organization " + spaced(j.sender)},
		{"Job", fmt.Sprint(j.id)},
	}
	if j.reference != "" {
		rows = append(rows, [2]string{"Reference", j.reference})
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
func howSigned(s signerSpec, authentication string) string {
	parts := []string{"Authenticated electronic signature"}
	if s.signatureType == advanced {
		parts[0] = "Advanced electronic signature"
	}
	if authentication != "" {
		parts = append(parts, "identified at security level "+authentication)
	}
	if s.onBehalfOf == onBehalfOfOther {
		return strings.Join(append(parts, "on behalf of somebody else"), " · ")
	}
	return strings.Join(append(parts, "on their own behalf"), " · ")
}

// signerNames are the signers': the manifest has none, and names have letters outside ASCII.
var signerNames = [maxSigners]string{"Åse Prøve", "Øyvind Test", "Zoë Eksempel", "Kåre Utprøving", "Áilu Geahččaleapmi",
	"Łucja Próba", "José Ensayo", "Đặng Thử", "Jürgen Muster", "Ærlinde Forsøk"}

// identification is what the sender asked to stand about signer n
// (identifier-in-signed-documents). Who was addressed by contact information is known by that alone.
func identification(n int, s signerSpec, identifier string) string {
	name := signerNames[(n-1)%len(signerNames)]
	switch {
	case s.number == "" && identifier != nameOnly:
		return name + ", " + strings.TrimSpace(s.email+" "+s.mobile)
	case identifier == nameOnly:
		return name
	case identifier == birthAndName:
		return name + ", born " + birthDate(s.number)
	}
	return name + ", " + s.number
}

// birthDate is the date in a national number.
func birthDate(number string) string {
	day, month := dayAndMonth(number)
	return time.Date(birthYear(number), time.Month(month), day, 0, 0, 0, 0, time.UTC).Format("02.01.2006")
}

// birthYear is the year of two digits, whose century the three digits after it tell: below
// 500 the last one; from 500 on this one up to 39, before 1900 from 54 up to 749, and the last one
// above.
func birthYear(number string) int {
	year, serial := int(number[4]-'0')*10+int(number[5]-'0'), number[6:9]
	switch {
	case serial < "500":
		return 1900 + year
	case year < 40:
		return 2000 + year
	case year >= 54 && serial < "750":
		return 1800 + year
	}
	return 1900 + year
}
