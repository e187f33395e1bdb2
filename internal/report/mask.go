package report

import (
	"regexp"
	"strings"
	"unicode"

	"batch/internal/mailout"
	"batch/internal/rules"
)

// secret is a number to hide, and what to show in its place.
type secret struct{ digits, shown string }

// mask hides what tells the signers of one row, in any text of that row. Its zero value
// hides nothing.
type mask struct {
	all      bool // national numbers of people who do not sign too
	contacts bool // e-mail addresses and mobile numbers too
	unread   bool // a row that was left out: a mistyped national number may stand anywhere
	numbers  []secret
	least    int // a text with fewer digits has nothing to hide; 0: the mask hides nothing
}

// maskNumbers hides the national numbers of the row's signers.
func maskNumbers(r mailout.Record) (m mask) {
	m.all, m.unread, m.least = true, r.Skipped, 10 // a national number without its zero
	for _, s := range r.Job.Signers {
		id := s.NationalID.Reveal()
		if id == "" {
			continue
		}
		m.numbers = append(m.numbers, secret{id, s.NationalID.String()})
	}
	return m
}

// maskAll hides e-mail addresses and mobile numbers too.
func maskAll(r mailout.Record) mask {
	m := maskNumbers(r)
	m.contacts = true
	for _, s := range r.Job.Signers {
		if s.Mobile != "" {
			number := strings.TrimPrefix(s.Mobile.Reveal(), "+")
			m.numbers, m.least = append(m.numbers, secret{number, s.Mobile.String()}), max(1, min(m.least, len(number)))
		}
	}
	return m
}

// hide returns text with every secret replaced, however its digits are spaced. A cell
// that lost the leading zero of a national number is hidden too.
func (m mask) hide(text string) string {
	numbers := m.least > 0 && hasDigits(text, m.least)
	for _, n := range m.numbers {
		if numbers {
			text = n.hide(text)
		}
	}
	if m.contacts && strings.Contains(text, "@") {
		text = anyEmail.ReplaceAllStringFunc(text, func(s string) string { return mailout.Email(s).String() })
	}
	if numbers {
		text = m.hideLikeNumbers(text)
	}
	return text
}

// hasDigits reports whether a text has at least so many digits: most have not, and need no
// closer look.
func hasDigits(text string, least int) bool {
	if len(text) < least {
		return false
	}
	for i := 0; i < len(text) && least > 0; i++ {
		if c := text[i]; c >= '0' && c <= '9' {
			least--
		}
	}
	return least <= 0
}

var anyEmail = regexp.MustCompile(`[^\s@<>()\[\]",;:]+@[^\s@<>()\[\]",;:]+`)

// cell hides what stands in a cell that was read as one of our columns. What was found to
// be no number or address there is one all the same, mistyped or in other characters.
func (m mask) cell(field, text string) string {
	switch hidden := m.hide(text); {
	case m.all && strings.HasSuffix(field, "national_id"):
		return hideNumberCell(text, hidden)
	case m.contacts && hidden == text && (strings.HasSuffix(field, "email") || strings.HasSuffix(field, "mobile")):
		return mailout.Text(text).String()
	default:
		return hidden
	}
}

// hideNumberCell hides all that may be digits of a national number.
func hideNumberCell(text, hidden string) string {
	digits := strings.Map(func(r rune) rune {
		if r < '0' || r > '9' {
			return -1
		}
		return r
	}, text)
	switch {
	case !strings.ContainsFunc(text, unicode.IsDigit):
		return hidden
	case len(digits) == 10: // without its zero
		return mailout.NationalID("0" + digits).String()
	case len(digits) == 11:
		return mailout.NationalID(digits).String()
	}
	return mailout.Text(text).String()
}

// hideLikeNumbers hides what is somebody's national number, a pupil's or a spouse's,
// though no signer's: eleven digits between separators, with both check digits. In a row
// whose numbers could not be read every stretch of ten digits or more may be one. The
// first five digits stay.
func (m mask) hideLikeNumbers(text string) string {
	var out strings.Builder
	done := 0
	star := func(r run, from, to int) {
		out.WriteString(text[done : r.at[from+4]+1])
		out.WriteString(strings.Repeat("*", to-from-5))
		done = r.at[to-1] + 1
	}
	for _, r := range digitRuns(text) {
		if m.unread && len(r.digits) >= 10 {
			star(r, 0, len(r.digits))
			continue
		}
		for from := 0; m.all && from+11 <= len(r.digits); from++ {
			if r.edge(from) && r.edge(from+11) && isNationalID(r.digits[from:from+11]) {
				star(r, from, from+11)
				from += 10
			}
		}
	}
	return out.String() + text[done:]
}

func isNationalID(digits string) bool {
	_, err := rules.NationalID(digits)
	return err == nil
}

func (s secret) hide(text string) string {
	var out strings.Builder
	done := 0
	for _, run := range digitRuns(text) {
		for _, found := range s.in(run.digits) {
			out.WriteString(text[done:run.at[found[0]]])
			out.WriteString(s.shown)
			done = run.at[found[1]-1] + 1
		}
	}
	return out.String() + text[done:]
}

// in finds the secret in digits: where each one begins and ends.
func (s secret) in(digits string) (found [][2]int) {
	if s.lostZero(digits) {
		return [][2]int{{0, len(digits)}}
	}
	for end := 0; ; {
		i := strings.Index(digits[end:], s.digits)
		if i < 0 {
			return found
		}
		found = append(found, [2]int{end + i, end + i + len(s.digits)})
		end += i + len(s.digits)
	}
}

// lostZero reports whether digits are the secret as a spreadsheet keeps it in a cell for
// numbers.
func (s secret) lostZero(digits string) bool {
	return len(s.digits) == 11 && s.digits[0] == '0' && digits == s.digits[1:]
}

// run is a stretch of digits in a text, with at most one separator between two of them.
type run struct {
	digits string
	at     []int // the offset of each digit in the text
}

// edge reports whether digit i is the first or stands behind a separator; that of the end
// is one too.
func (r run) edge(i int) bool { return i == 0 || i == len(r.at) || r.at[i]-r.at[i-1] > 1 }

const separators = " -.\u00a0\u2009\u202f\u2010\u2011\u2012\u2013\u2212\u00ad\u200b\u2060\ufeff"

func digitRuns(text string) (runs []run) {
	digits, at := make([]byte, 0, len(text)), make([]int, 0, len(text))
	begun, gap := 0, 0 // where in digits the run began, and the separators since its last digit
	end := func() {
		if len(at) > begun {
			runs = append(runs, run{string(digits[begun:]), at[begun:len(at):len(at)]})
		}
		begun = len(at)
	}
	for i, c := range text {
		switch {
		case c >= '0' && c <= '9':
			digits, at, gap = append(digits, byte(c)), append(at, i), 0
		case gap == 0 && strings.ContainsRune(separators, c):
			gap++
		default:
			end()
		}
	}
	end()
	return runs
}
