package rules

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"batch/internal/mailout"
)

var orgWeights = []int{3, 2, 7, 6, 5, 4, 3, 2, 1}

var (
	orgDigits = fault("org-number-digits", "this is not an organization number: nine digits are expected",
		"write all nine digits of the organization number")
	orgCheckDigit = fault("org-number-check-digit", "the check digit of the organization number does not fit: a digit is mistyped",
		"look the number up at brreg.no")
)

// OrgNumber checks nine digits and their check digit (modulus 11, Brønnøysund
// Register Centre, "Organisasjonsnummeret"). Errors are of type *Fault.
func OrgNumber(s string) error {
	var d [9]int
	if !digits(s, d[:]) {
		return orgDigits
	}
	if weigh(d[:], orgWeights)%11 != 0 {
		return orgCheckDigit
	}
	return nil
}

// Limits of what mail can carry, in bytes: an address (RFC 5321 § 4.5.3.1.3, less the
// angle brackets), its local part (§ 4.5.3.1.1) and a label of its domain (RFC 1035
// § 2.3.4). The portal sets none (portal.xsd, type email).
const (
	maxEmail = 254
	maxLocal = 64
	maxLabel = 63
)

var (
	emailNone    = fault("email", "this is not an e-mail address", "write a single address such as name@example.com")
	emailSeveral = fault("email-several", "there is more than one e-mail address in the cell",
		"write one address; another person is another signer, in columns of their own")
	emailBeside = fault("email-beside", "there is something beside the e-mail address: a name, a space, brackets, mailto: or a mark",
		"write the address alone, such as name@example.com")
	emailLetters = fault("email-letters", "there is a letter before the @ that e-mail addresses do not have, such as å, æ or ø",
		"compare the address with its source")
)

// Email checks that s is exactly one address, without a display name: a local part of
// RFC 5322 "atext" and dots, and a domain of at least two labels, which may be
// international. Errors are of type *Fault.
func Email(s string) error {
	local, domain, _ := strings.Cut(s, "@")
	if len(s) <= maxEmail && isLocal(local) && isDomain(domain) {
		return nil
	}
	asciiOnly := func(s string) bool { return !strings.ContainsFunc(s, func(r rune) bool { return r >= utf8.RuneSelf }) }
	switch at := strings.Count(s, "@"); {
	case at > 1:
		return emailSeveral
	case at == 1 && (strings.ContainsAny(s, "<>()[]\",;: \t\n\r") || strings.HasSuffix(s, ".")):
		return emailBeside
	case at == 1 && !asciiOnly(local):
		return emailLetters
	}
	return emailNone
}

func isLocal(s string) bool {
	for i := range len(s) {
		c := s[i]
		switch {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9':
		case c == '.' && i > 0 && i < len(s)-1 && s[i-1] != '.':
		case c != '.' && strings.IndexByte("!#$%&'*+/=?^_`{|}~-", c) >= 0:
		default:
			return false
		}
	}
	return s != "" && len(s) <= maxLocal
}

// isDomain wants a last label that is no number, or 192.0.2.1 would be a name.
func isDomain(s string) bool {
	rest, label, labels := s, "", 0
	for more := true; more; labels++ {
		if label, rest, more = strings.Cut(rest, "."); !isLabel(label) {
			return false
		}
	}
	return labels > 1 && len(label) > 1 && strings.ContainsFunc(label, unicode.IsLetter)
}

func isLabel(s string) bool {
	for _, r := range s {
		fullWidth := r >= 0xFF00 && r <= 0xFFEF
		if !(r >= '0' && r <= '9' || r == '-' || unicode.IsLetter(r) && !fullWidth) {
			return false
		}
	}
	return s != "" && len(s) <= maxLabel && s[0] != '-' && s[len(s)-1] != '-'
}

var (
	mobileNone = fault("mobile", "this is not one mobile number",
		"write eight Norwegian digits, or + and the country code before a foreign number, and nothing else")
	mobilePlus = fault("mobile-plus", "there are more than eight digits, and no + before the country code",
		"write the eight digits of a Norwegian number, or + before a foreign one; format the column as text, or a spreadsheet takes the + away")
	mobileTrunk = fault("mobile-trunk-zero", "the number has a (0), which is dialled only within its own country",
		"write the number as it is dialled from abroad, without (0)")
)

// Mobile checks one number and returns it in the form that is sent and compared: eight
// digits for a Norwegian number, however its country code was written, and "+" with
// country code for any other (ITU-T E.164: at most 15 digits). Spaces, hyphens and
// parentheses between digits are left out. The portal sets no form (portal.xsd, type
// sms). Errors are of type *Fault.
func Mobile(s string) (mailout.Mobile, error) {
	n, ok := dialled(s)
	if strings.HasPrefix(n, "00") && len(n) > 8 {
		n = "+" + n[2:]
	}
	home, ours := strings.CutPrefix(n, "+47")
	switch abroad := strings.TrimPrefix(n, "+"); {
	case !ok:
		return "", mobileNone
	case strings.Contains(s, "(0)"):
		return "", mobileTrunk
	case len(home) == 8 && home[0] >= '2': // Nkom, numbering plan: none begins with 0 or 1
		return mailout.Mobile(home), nil
	case !ours && len(abroad) < len(n) && len(abroad) >= 7 && len(abroad) <= 15 && abroad[0] != '0':
		return mailout.Mobile(n), nil
	case len(abroad) == len(n) && len(n) > 8:
		return "", mobilePlus
	}
	return "", mobileNone
}

// dialled returns the digits of s, with a plus that stands before them. ok is false
// where anything else than spaces, hyphens and parentheses stands between them, and
// where a hyphen stands outside: -99999999 is a sum.
func dialled(s string) (n string, ok bool) {
	var b [32]byte
	out := b[:0]
	last := rune(0)
	for _, r := range s {
		switch {
		case len(out) == len(b):
			return "", false
		case r >= '0' && r <= '9', r == '+' && len(out) == 0:
			out = append(out, byte(r))
		case r == '(', r == ')', r == '-' && len(out) > 0, isGap(r):
		default:
			return "", false
		}
		last = r
	}
	return string(out), last != '-'
}

// isGap reports whether r is a space within a line, of any width.
func isGap(r rune) bool { return r == ' ' || unicode.Is(unicode.Zs, r) }

// IsMobileRange reports whether a number that Mobile returned can receive SMS as far
// as its range tells: Norwegian mobile numbers begin with 4 or 9 (Nkom, numbering plan
// E.164). Foreign numbers are taken as they are.
func IsMobileRange(m mailout.Mobile) bool {
	n := m.Reveal()
	return strings.HasPrefix(n, "+") || strings.HasPrefix(n, "4") || strings.HasPrefix(n, "9")
}

var (
	textNotXML = fault("text-not-xml", "the text holds a control character that cannot be sent",
		"write the text anew; such characters come with pasting from other programs")
	textDirection = fault("text-direction", "the text holds an invisible character that turns the direction of reading: what is sent could read otherwise than what is shown here",
		"write the text anew, without pasting it")
)

// Text checks that s can be sent and reads as it stands: no control characters but tab
// and line ends (XML 1.0 takes none below U+0020; those of U+007F to U+009F it
// discourages, and terminals obey them), no broken UTF-8, and none of the characters
// that order what follows to be read the other way (Unicode Technical Report 36,
// § 2.10). Errors are of type *Fault.
func Text(s string) error {
	for i, r := range s {
		switch {
		case r >= 0x20 && r < 0x7F, r == '\t', r == '\n', r == '\r':
		case r < 0xA0, r == 0xFFFE, r == 0xFFFF:
			return textNotXML
		case r >= 0x202A && r <= 0x202E, r >= 0x2066 && r <= 0x2069:
			return textDirection
		case r == utf8.RuneError:
			if _, size := utf8.DecodeRuneInString(s[i:]); size == 1 {
				return textNotXML
			}
		}
	}
	return nil
}
