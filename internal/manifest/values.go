package manifest

import (
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"batch/internal/mailout"
	"batch/internal/rules"
	"batch/internal/table"
)

// bad makes a fault of a value. It never holds the value.
func bad(code, message, remedy string) error {
	return &rules.Fault{Code: code, Message: message, Remedy: remedy}
}

var (
	errOtherDigits = bad("digits-other-script", "the digits look like 0 to 9 but are others: of full width, or of another script",
		"write the number again with the digits of the keyboard")
	errNumberFormat = bad("number-format", "the cell shows more than its value, which is a number",
		"format the column as text and write in full what is meant")
)

// typed is the text of a cell that holds something else than prose: a number, an
// address, a date, a word of a list. What nobody sees means nothing there; it comes with
// pasting from mail, chat and contact lists, and is left out.
func typed(c table.Cell) string {
	return table.Clean(without(c.Text, func(r rune) bool { return unicode.Is(unicode.Cf, r) }))
}

// prose is the text of a cell for people to read. Only what neither shows nor shapes
// anything is left out: spaces without width, byte order marks, soft hyphens.
func prose(c table.Cell) string {
	return table.Clean(without(c.Text, func(r rune) bool { return r == 0x00AD || r == 0x200B || r == 0x2060 || r == 0xFEFF }))
}

func without(s string, drop func(rune) bool) string {
	if isPlain(s) {
		return s
	}
	return strings.Map(func(r rune) rune {
		if drop(r) {
			return -1
		}
		return r
	}, s)
}

// isPlain reports whether s has nothing but ASCII and the letters of Western Europe
// (U+00C0 to U+00FF) without Ã and â: nothing that is invisible, and no trace of a wrong
// encoding. Nearly all text is plain, and needs no second look.
func isPlain(s string) bool {
	for i := 0; i < len(s); i++ {
		if s[i] < utf8.RuneSelf {
			continue
		}
		if s[i] != 0xC3 || i+1 == len(s) || s[i+1]&0xC0 != 0x80 || s[i+1] == 0x83 || s[i+1] == 0xA2 {
			return false
		}
		i++
	}
	return true
}

// otherDigits reports whether s has digits that are not those of ASCII.
func otherDigits(s string) bool {
	return strings.ContainsFunc(s, func(r rune) bool { return r >= utf8.RuneSelf && unicode.IsDigit(r) })
}

// choice is one word of a closed list. Words are compared folded.
func choice[T any](code string, words map[string]T, list string) func(table.Cell) (T, error) {
	none := bad(code, "this is none of the words that can stand here", "write "+list+", or leave the cell empty")
	return func(c table.Cell) (T, error) {
		if v, ok := words[c.Text]; ok {
			return v, nil
		}
		if v, ok := words[fold(typed(c))]; ok {
			return v, nil
		}
		var zero T
		return zero, none
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

// whole reads a whole number between low and high, written in digits alone.
func whole(code string, low, high int, remedy string) func(table.Cell) (int, error) {
	expected := "a whole number from " + strconv.Itoa(low) + " to " + strconv.Itoa(high)
	if high == low+1 {
		expected = strconv.Itoa(low) + " or " + strconv.Itoa(high)
	}
	none := bad(code, expected+" is expected", remedy)
	return func(c table.Cell) (int, error) {
		s := typed(c)
		n, err := strconv.Atoi(s)
		switch {
		case c.Words: // 2 under the format 0" weeks"
			return 0, errNumberFormat
		case otherDigits(s):
			return 0, errOtherDigits
		case err != nil || !isDigits(s) || n < low || n > high || c.Kind == table.Date:
			return 0, none
		}
		return n, nil
	}
}

var (
	parseOrder          = whole("signer-order", 0, 9, "write 0 to 9: lower signs first, equal numbers sign at the same time")
	parseAuthentication = whole("authentication", 3, 4, "write 3 or 4, or leave the cell empty")
	wholeDays           = whole("available-days", 1, 90, "write the days that each signer has, as a number alone")
	wholeSeconds        = whole("available-seconds", 1, mailout.MaxAvailableSeconds, "write the seconds that each signer has, as a number alone, or use available_days")
)

func parseDays(c table.Cell) (time.Duration, error) {
	n, err := wholeDays(c)
	return time.Duration(n) * 24 * time.Hour, err
}

func parseSeconds(c table.Cell) (time.Duration, error) {
	n, err := wholeSeconds(c)
	return time.Duration(n) * time.Second, err
}

func parseEmail(c table.Cell) (mailout.Email, error) {
	s := typed(c)
	return mailout.Email(s), rules.Email(s)
}

var mobileDate = bad("mobile", "the cell is a date, not a mobile number", "format the column as text and write the number again")

func parseMobile(c table.Cell) (mailout.Mobile, error) {
	s := typed(c)
	switch {
	case c.Kind == table.Date:
		return "", mobileDate
	case c.Words: // 701234567 under the format "+46 "0
		return "", errNumberFormat
	case otherDigits(s):
		return "", errOtherDigits
	}
	return rules.Mobile(s)
}

var (
	errLineBreak      = bad("line-break", "the text has a line break or a tab in it", "write it in one line; in a CSV, look for a lone quotation mark above")
	textNotCalculated = bad("formula-zero", "the cell holds a formula whose value is 0, which some programs also store for formulas that were never calculated",
		"open the workbook in Excel, let it calculate, and save; or write the value itself")
	textDamaged = bad("text-damaged", "letters of the text were damaged when it was saved: å stands as Ã¥, or a mark as \uFFFD in its place",
		`save the list anew from its source, as an Excel workbook or as "CSV UTF-8"`)
)

// parseText reads free text of one line or, where lines is set, of several.
func parseText(lines bool) func(table.Cell) (string, error) {
	return func(c table.Cell) (string, error) {
		if c.Kind == table.Text && isSimple(c.Text) {
			return c.Text, nil
		}
		s := prose(c)
		switch {
		case c.Doubtful:
			return "", textNotCalculated
		case c.Words:
			return "", errNumberFormat
		case !lines && (strings.ContainsAny(s, "\n\r\t") || !isPlain(s) && strings.ContainsAny(s, "\u2028\u2029")):
			return "", errLineBreak
		}
		if err := rules.Text(s); err != nil {
			return "", err
		}
		if garbled(s) {
			return "", textDamaged
		}
		return s, nil
	}
}

// isSimple tells text that needs no second look, for speed: letters, digits and signs of
// ASCII, without blanks at its ends.
func isSimple(s string) bool {
	for i := range len(s) {
		if s[i] < ' ' || s[i] > '~' {
			return false
		}
	}
	return s == "" || s[0] != ' ' && s[len(s)-1] != ' '
}

var (
	parseLine  = parseText(false)
	parseLines = parseText(true)
)

// garbled reports whether letters were lost on the way: replaced by U+FFFD, or UTF-8
// that was read as Windows-1252 and saved so. Then æ, ø, å, é, ö and ä begin with Ã,
// dashes and quotation marks with â€, and no language writes either.
func garbled(s string) bool {
	if isPlain(s) {
		return false
	}
	if strings.ContainsRune(s, utf8.RuneError) || strings.Contains(s, "â€") {
		return true
	}
	if misread(s) {
		return true
	}
	_, after, found := strings.Cut(s, "Ã")
	for found {
		if r, _ := utf8.DecodeRuneInString(after); r != 0 && strings.ContainsRune("¥¸¦…˜†©¤¶¼¨§±„œ", r) {
			return true
		}
		_, after, found = strings.Cut(after, "Ã")
	}
	return false
}

// misread finds the letters æ, ø and å of MS-DOS (code page 850) and of old Macs, taken
// for Windows-1252: then signs stand within words that never do, or at their ends. Letters
// that Windows-1252 has no sign for are noticed when the file is opened.
func misread(s string) bool {
	before, letter := rune(0), func(r rune) bool { return r >= 'a' && r <= 'z' }
	for i, r := range s {
		if letter(before) && strings.ContainsRune("\u2018\u203a\u2020\u00be\u00bf\u0152", r) {
			after, _ := utf8.DecodeRuneInString(s[i+utf8.RuneLen(r):])
			if letter(after) || !unicode.IsLetter(after) && strings.ContainsRune("\u2020\u00be\u00bf\u0152", r) {
				return true
			}
		}
		before = r
	}
	return false
}
