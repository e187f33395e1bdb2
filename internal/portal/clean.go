package portal

import (
	"regexp"
	"strings"
	"unicode"

	"batch/internal/rules"
)

// maxMessage is the length of a message in characters.
const maxMessage = 300

var (
	mailAddress = regexp.MustCompile(`[^\s"'<>()\[\],;:=]+@[^\s"'<>()\[\],;:=]+`)
	longNumber  = regexp.MustCompile(`\+?\d(?:[ \x{a0}.-]?\d){6,}`)
	quoted      = regexp.MustCompile(`'[^']*'|"[^"]*"|“[^”]*”|«[^»]*»|‘[^’]*’`)
	harmless    = regexp.MustCompile(`^.(\d{1,4}|[a-z]+(-[a-z]+)+|[A-Z]+(_[A-Z]+)+).$`)
)

// clean makes a text that a server wrote safe to show and to keep: safe, and without what
// may be personal. A server's sentence may quote what it was sent: numbers of seven digits
// and more, e-mail addresses and quoted values are replaced, except for organization
// numbers, without which nobody knows who may not send for whom, and for quoted short
// numbers and names of the XSD.
func clean(s string) string {
	s = oneLine(s)
	s = quoted.ReplaceAllStringFunc(s, func(q string) string {
		if harmless.MatchString(q) {
			return q
		}
		return "'…'"
	})
	s = mailAddress.ReplaceAllString(s, "…")
	return limited(longNumber.ReplaceAllStringFunc(s, func(number string) string {
		if rules.OrgNumber(number) == nil {
			return number
		}
		return "…"
	}))
}

// safe makes the text of an error safe for a terminal: one of ours, of a dial or of a
// certificate. What an answer can have had a hand in is cleaned instead, for net/http
// quotes what it cannot read.
func safe(err error) string { return limited(oneLine(err.Error())) }

// oneLine leaves neither control nor direction characters.
func oneLine(s string) string {
	return strings.Join(strings.Fields(strings.Map(visible, strings.ToValidUTF8(s, "�"))), " ")
}

func limited(s string) string {
	if r := []rune(s); len(r) > maxMessage {
		return string(r[:maxMessage-1]) + "…"
	}
	return s
}

// visible turns spaces of every kind into one, and drops what is not seen but acts.
func visible(r rune) rune {
	switch {
	case unicode.IsSpace(r):
		return ' '
	case unicode.IsControl(r), unicode.Is(unicode.Cf, r), unicode.Is(unicode.Co, r):
		return -1
	}
	return r
}
