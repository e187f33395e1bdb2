package rules

import (
	"regexp"
	"strings"
	"unicode/utf8"

	"batch/internal/mailout"
)

var orgWeights = []int{3, 2, 7, 6, 5, 4, 3, 2, 1}

// OrgNumber checks nine digits and their check digit (modulus 11, Brønnøysund
// Register Centre, "Organisasjonsnummeret"). Errors are of type *Fault.
func OrgNumber(s string) error {
	d, ok := digits(s, 9)
	if !ok {
		return fault("org-number-digits", "this is not an organization number: nine digits are expected",
			"write all nine digits of the organization number")
	}
	if weigh(d, orgWeights)%11 != 0 {
		return fault("org-number-check-digit", "the check digit of the organization number does not fit: a digit is mistyped",
			"look the number up at brreg.no")
	}
	return nil
}

// emailShape is one plain address: a local part of RFC 5322 "atext" and dots, and a
// domain of at least two labels, which may be international.
var emailShape = regexp.MustCompile("^[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(\\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*" +
	`@[\p{L}\p{Nd}]([\p{L}\p{Nd}-]*[\p{L}\p{Nd}])?(\.[\p{L}\p{Nd}]([\p{L}\p{Nd}-]*[\p{L}\p{Nd}])?)+$`)

// maxEmail is the longest address that mail can carry (RFC 5321 § 4.5.3.1.3, less the
// angle brackets).
const maxEmail = 254

// Email checks that s is exactly one address, without a display name. Errors are of
// type *Fault.
func Email(s string) error {
	if len(s) > maxEmail || !emailShape.MatchString(s) {
		return fault("email", "this is not one e-mail address",
			"write a single address such as name@example.com; nothing before or after it, and no å, æ or ø before the @")
	}
	return nil
}

var (
	mobileFiller = strings.NewReplacer(" ", "", "\u00a0", "", "\u202f", "", "\u2009", "", "-", "", "(", "", ")", "")
	norwegian    = regexp.MustCompile(`^[0-9]{8}$`)
	foreign      = regexp.MustCompile(`^\+[1-9][0-9]{6,14}$`) // ITU-T E.164: at most 15 digits
)

// Mobile checks one number and returns it in the form that is sent and compared: eight
// digits for a Norwegian number, however its country code was written, and "+" with
// country code for any other. Spaces, hyphens and parentheses are left out. Errors are
// of type *Fault.
func Mobile(s string) (mailout.Mobile, error) {
	n := mobileFiller.Replace(s)
	if strings.HasPrefix(n, "00") && len(n) > 8 {
		n = "+" + n[2:]
	}
	home, ours := strings.CutPrefix(n, "+47")
	switch {
	case norwegian.MatchString(home):
		return mailout.Mobile(home), nil
	case !ours && foreign.MatchString(n):
		return mailout.Mobile(n), nil
	}
	return "", fault("mobile", "this is not one mobile number",
		"write eight Norwegian digits, or + and the country code before a foreign number")
}

// IsMobileRange reports whether a number that Mobile returned can receive SMS as far
// as its range tells: Norwegian mobile numbers begin with 4 or 9 (Nkom, numbering plan
// E.164). Foreign numbers are taken as they are.
func IsMobileRange(m mailout.Mobile) bool {
	n := m.Reveal()
	return strings.HasPrefix(n, "+") || strings.HasPrefix(n, "4") || strings.HasPrefix(n, "9")
}

// Text checks that XML 1.0 can carry s (its production "Char"): no control characters
// but tab and line ends, no lone surrogates, no broken UTF-8. Errors are of type *Fault.
func Text(s string) error {
	for i, r := range s {
		if r == utf8.RuneError {
			if _, size := utf8.DecodeRuneInString(s[i:]); size == 1 {
				return notXML
			}
		}
		if r < 0x20 && r != '\t' && r != '\n' && r != '\r' || r == 0xFFFE || r == 0xFFFF {
			return notXML
		}
	}
	return nil
}

var notXML = fault("text-not-xml", "the text holds a control character that cannot be sent",
	"write the text anew; such characters come with pasting from other programs")
