package manifest

import (
	"regexp"
	"slices"
	"strings"
	"unicode"

	"batch/internal/mailout"
	"batch/internal/rules"
	"batch/internal/table"
)

// personID is a national number as it was read.
type personID struct {
	number mailout.NationalID
	kind   rules.IDKind
	tidied bool // spaces, hyphens or invisible characters were left out
	zero   bool // a lost leading zero was put back
}

// parseID reads a national number. Ten digits have lost their zero: they are read as
// eleven only where the check digits then hold.
func parseID(c table.Cell) (personID, error) {
	s := typed(c)
	if c.Kind == table.Date {
		return personID{}, idDate
	}
	digits, ok := joined(s)
	id := personID{tidied: digits != c.Text && digits != table.Clean(c.Text)}
	if !ok {
		return personID{}, notAnID(s)
	}
	if len(digits) == 10 {
		digits, id.zero = "0"+digits, true
	}
	kind, err := rules.NationalID(digits)
	switch {
	case err != nil && id.zero:
		return personID{}, idLostZero
	case err != nil && len(digits) != 11:
		return personID{}, notAnID(s)
	case err != nil:
		return personID{}, err
	}
	id.number, id.kind = mailout.NationalID(digits), kind
	return id, nil
}

var (
	idDate     = bad("national-id-date-cell", "the cell is a date, not a national identity number", "format the column as text and write the number again")
	idLostZero = bad("national-id-lost-zero", "there are ten digits only: a leading zero may be lost, but with it the number is not right either",
		"compare the number with its source, and format the column as text so that zeros stay")
	idExponent = bad("national-id-exponent", "the number was saved in short form, such as 3,11E+10: its digits are lost",
		"format the column as text or as a number without decimals, and save again from the source")
	idFraction = bad("national-id-fraction", "the number has decimals: a program took it for an amount, or the digits are not all there",
		"format the column as text, and write the eleven digits without decimals")
	idSeveral = bad("national-id-several", "there is more than one national identity number in the cell",
		"name one person in the cell; another is another signer, in columns of their own")
)

var (
	exponent = regexp.MustCompile(`^[0-9]+([.,][0-9]+)?[eE]\+?[0-9]+$`)
	fraction = regexp.MustCompile(`^[0-9]+[.,][0-9]+$`)
)

// notAnID says why a text is no national number, as far as its shape tells.
func notAnID(s string) error {
	digits := 0
	for _, r := range s {
		if r >= '0' && r <= '9' {
			digits++
		}
	}
	_, err := rules.NationalID("")
	switch {
	case otherDigits(s):
		return errOtherDigits
	case exponent.MatchString(s):
		return idExponent
	case fraction.MatchString(s):
		return idFraction
	case digits >= 22 && digits%11 == 0:
		return idSeveral
	}
	return err
}

// joined leaves out the spaces and hyphens that stand between digits. ok is false where
// there is anything else than digits, and where a hyphen stands before or behind them.
func joined(s string) (digits string, ok bool) {
	if isDigits(s) {
		return s, true
	}
	var b [32]byte
	out := b[:0]
	last := rune(0)
	for _, r := range s {
		last = r
		switch {
		case r >= '0' && r <= '9' && len(out) < len(b):
			out = append(out, byte(r))
		case len(out) > 0 && (unicode.Is(unicode.Zs, r) || isHyphen(r)):
		default:
			return "", false
		}
	}
	return string(out), last >= '0' && last <= '9'
}

// isHyphen knows what office programs make of a hyphen: U+2010 to U+2013 (hyphen, hard
// hyphen, figure dash, en dash) and the minus sign.
func isHyphen(r rune) bool { return r == '-' || r >= 0x2010 && r <= 0x2013 || r == 0x2212 }

func isDigits(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return s != ""
}

// isPersonal reports whether s is a national number as it stands. Ten digits are not
// taken for one that lost its zero: too many case numbers would be.
func isPersonal(s string) bool {
	if len(s) < 11 {
		return false
	}
	digits, ok := joined(table.Clean(s))
	if !ok || len(digits) != 11 {
		return false
	}
	_, err := rules.NationalID(digits)
	return err == nil
}

// holdsPersonal reports whether a text has a national number or an e-mail address in it.
func holdsPersonal(s string) bool {
	digits := 0
	for i := range len(s) {
		if s[i] >= '0' && s[i] <= '9' {
			digits++
		}
	}
	if digits >= 11 && slices.ContainsFunc(mailout.LikeNationalIDs(s), isPersonal) {
		return true
	}
	return strings.Contains(s, "@") && slices.ContainsFunc(strings.Fields(s), func(w string) bool {
		return rules.Email(strings.Trim(w, `<>()[],;:.!?"'`)) == nil
	})
}

// parseOrgNumber reads an organization number, which offices write in groups of three.
func parseOrgNumber(c table.Cell) (mailout.OrgNumber, error) {
	s := typed(c)
	if otherDigits(s) {
		return "", errOtherDigits
	}
	digits, ok := joined(s)
	if !ok {
		digits = s
	}
	return mailout.OrgNumber(digits), rules.OrgNumber(digits)
}
