package manifest

import (
	"regexp"
	"strconv"
	"strings"
	"time"

	"batch/internal/mailout"
	"batch/internal/rules"
)

// bad makes a fault of a value. It never holds the value.
func bad(code, message, remedy string) error {
	return &rules.Fault{Code: code, Message: message, Remedy: remedy}
}

// personID is a national number as it was read.
type personID struct {
	number mailout.NationalID
	kind   rules.IDKind
	tidied bool // spaces or hyphens were left out
	zero   bool // a lost leading zero was put back
}

var (
	idFiller = strings.NewReplacer(" ", "", "\u00a0", "", "\u202f", "", "\u2009", "", "-", "", "\u2011", "", "\u2013", "")
	exponent = regexp.MustCompile(`^[0-9]+([.,][0-9]+)?[eE]\+?[0-9]+$`)
	allDigit = regexp.MustCompile(`^[0-9]+$`)
)

// parseID reads a national number. Ten digits have lost their zero: they are read as
// eleven only where the check digits then hold.
func parseID(c cell) (personID, error) {
	s := clean(c.text)
	switch {
	case c.kind == date:
		return personID{}, bad("national-id-date-cell", "the cell is a date, not a national identity number", "format the column as text and write the number again")
	case exponent.MatchString(s):
		return personID{}, bad("national-id-exponent", "the number was saved in short form, such as 3,11E+10: its digits are lost", "format the column as text or as a number without decimals, and save again from the source")
	}
	id := personID{}
	digits := idFiller.Replace(s)
	id.tidied = digits != s
	if len(digits) == 10 && allDigit.MatchString(digits) {
		digits, id.zero = "0"+digits, true
	}
	kind, err := rules.NationalID(digits)
	if err != nil && id.zero {
		return personID{}, bad("national-id-lost-zero", "there are ten digits only: a leading zero may be lost, but with it the number is not right either", "compare the number with its source, and format the column as text so that zeros stay")
	}
	id.number, id.kind = mailout.NationalID(digits), kind
	return id, err
}

// choice is one word of a closed list. Words are compared folded.
func choice[T any](code string, words map[string]T, list string) func(cell) (T, error) {
	return func(c cell) (T, error) {
		if v, ok := words[fold(c.text)]; ok {
			return v, nil
		}
		var none T
		return none, bad(code, "this is none of the words that can stand here", "write "+list+", or leave the cell empty")
	}
}

var (
	parseSignatureType = choice("signature-type", map[string]mailout.SignatureType{
		"advanced": mailout.Advanced, "authenticated": mailout.Authenticated}, "advanced or authenticated")
	parseOnBehalfOf = choice("on-behalf-of", map[string]mailout.OnBehalfOf{
		"self": mailout.Self, "other": mailout.Other}, "self or other")
	parseNotify = choice("notify", map[string]mailout.Notify{
		"given": mailout.NotifyGiven, "lookup": mailout.NotifyLookup, "lookup+sms": mailout.NotifyLookupSMS}, "given, lookup or lookup+sms")
	parseIdentifier = choice("identifier", map[string]mailout.Identifier{
		"nationalidandname": mailout.NationalIDAndName, "birthdateandname": mailout.BirthDateAndName, "name": mailout.NameOnly},
		"national-id-and-name, birth-date-and-name or name")
)

// whole reads a whole number between low and high.
func whole(code string, low, high int, remedy string) func(cell) (int, error) {
	return func(c cell) (int, error) {
		n, err := strconv.Atoi(clean(c.text))
		if err != nil || n < low || n > high || c.kind == date {
			return 0, bad(code, "a whole number from "+strconv.Itoa(low)+" to "+strconv.Itoa(high)+" is expected", remedy)
		}
		return n, nil
	}
}

var (
	parseOrder          = whole("signer-order", 0, 9, "write 0 to 9: lower signs first, equal numbers sign at the same time")
	parseAuthentication = whole("authentication", 3, 4, "write 3 or 4, or leave the cell empty")
	wholeDays           = whole("available-days", 1, 90, "write the days that each signer has")
	wholeSeconds        = whole("available-seconds", 1, mailout.MaxAvailableSeconds, "write the seconds that each signer has, or use available_days")
)

func parseDays(c cell) (time.Duration, error) {
	n, err := wholeDays(c)
	return time.Duration(n) * 24 * time.Hour, err
}

func parseSeconds(c cell) (time.Duration, error) {
	n, err := wholeSeconds(c)
	return time.Duration(n) * time.Second, err
}

func parseEmail(c cell) (mailout.Email, error) {
	s := clean(c.text)
	return mailout.Email(s), rules.Email(s)
}

func parseMobile(c cell) (mailout.Mobile, error) {
	if c.kind == date {
		return "", bad("mobile", "the cell is a date, not a mobile number", "format the column as text and write the number again")
	}
	return rules.Mobile(clean(c.text))
}

// parseText reads free text of one line or, where lines is set, of several.
func parseText(lines bool) func(cell) (string, error) {
	return func(c cell) (string, error) {
		s := clean(c.text)
		if c.words {
			return "", bad("number-format", "the cell shows more than its value, which is a number", "format the column as text and write in full what is meant")
		}
		if !lines && strings.ContainsAny(s, "\n\r\t") {
			return "", bad("line-break", "the text has a line break or a tab in it", "write it in one line; in a CSV, look for a lone quotation mark above")
		}
		return s, rules.Text(s)
	}
}

var (
	parseLine  = parseText(false)
	parseLines = parseText(true)
)
