package table

import (
	"fmt"
	"math"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/xuri/excelize/v2"
)

// look is how a number format shows a number, as far as it changes what the number
// means.
type look int

const (
	plain     look = iota // the number itself; grouping, decimals and currency do not matter
	asDate                // a serial date
	asClock               // a time of day or a duration
	asPercent             // hundredths
	asZeros               // padded with zeros to a pattern
	withWords             // the number among words, or in thousands
)

// format is one cell style's number format.
type format struct {
	look      look
	yearFirst bool   // of dates
	hours     bool   // of dates: a time of day is shown, midnight too
	elapsed   bool   // of clocks: more than a day of hours counts on
	pattern   string // of zeros: "0000", "000000 00000"
}

// builtin are the numbers of formats that workbooks do not spell out (ECMA-376 part 1,
// 18.8.30), those of East Asian and Thai locales included.
func builtin(id int) format {
	switch {
	case id == 22:
		return format{look: asDate, hours: true}
	case id >= 14 && id <= 17, id >= 27 && id <= 36, id >= 50 && id <= 58:
		return format{look: asDate}
	case id >= 18 && id <= 21, id >= 45 && id <= 47:
		return format{look: asClock, elapsed: id == 46}
	case id == 9 || id == 10:
		return format{look: asPercent}
	}
	return format{}
}

var (
	brackets = regexp.MustCompile(`\[[^\]]*\]`)
	elapsed  = regexp.MustCompile(`(?i)\[(h+|m+|s+)\]`)
	literals = regexp.MustCompile(`"[^"]*"|\\.|[_*].`)
	letter   = regexp.MustCompile(`[\p{L}\p{Nd}]`)
	zeros    = regexp.MustCompile(`^0[0 -]*0$`)
	scaled   = regexp.MustCompile(`[0#?],+([^0#?,]|$)`) // a comma behind the digits: thousands
	currency = regexp.MustCompile(`(?i)^(kr\.?|nok|,-|€|eur|\$|usd|£)?$`)
)

// parseFormat reads a format code (ECMA-376 part 1, 18.8.31). Only its first section,
// the one for positive numbers, is looked at.
func parseFormat(code string) format {
	var words bool
	literal := func(s string) string {
		inner := strings.Trim(strings.TrimPrefix(s, `\`), `"`)
		if s[0] == '_' || s[0] == '*' {
			return ""
		}
		words = words || letter.MatchString(inner) && !currency.MatchString(strings.TrimSpace(inner))
		if inner == " " || inner == "-" {
			return inner
		}
		return ""
	}
	section, _, _ := strings.Cut(literals.ReplaceAllStringFunc(code, literal), ";")
	if elapsed.MatchString(section) {
		return format{look: asClock, elapsed: true}
	}
	section = strings.ToLower(strings.TrimSpace(brackets.ReplaceAllString(section, "")))
	y, m, d := strings.IndexByte(section, 'y'), strings.IndexByte(section, 'm'), strings.IndexByte(section, 'd')
	switch {
	case section == "general" || section == "@" || section == "":
		return format{look: pick(words, withWords, plain)}
	case y >= 0 || d >= 0 || m >= 0 && !strings.ContainsAny(section, "hs"):
		return format{look: asDate, hours: strings.ContainsRune(section, 'h'), yearFirst: y >= 0 && (d < 0 || y < d) && (m < 0 || y < m)}
	case strings.ContainsAny(section, "hs"):
		return format{look: asClock}
	case words, scaled.MatchString(section):
		return format{look: withWords}
	case strings.Contains(section, "%"):
		return format{look: asPercent}
	case zeros.MatchString(section):
		return format{look: asZeros, pattern: section}
	}
	return format{}
}

func pick[T any](first bool, a, b T) T {
	if first {
		return a
	}
	return b
}

// numberCell makes a cell of a number as a workbook stores it.
func numberCell(stored string, f format, from1904 bool) Cell {
	v, err := strconv.ParseFloat(strings.TrimSpace(stored), 64)
	if err != nil || math.IsNaN(v) || math.IsInf(v*100, 0) { // a percentage is shown a hundredfold
		return Cell{Text: stored, Kind: Faulty, Flaw: unreadable}
	}
	if tooPrecise(stored) {
		return Cell{Text: stored, Kind: Number, Words: true}
	}
	switch f.look {
	case asDate:
		return dateCell(v, f, from1904)
	case asClock:
		return Cell{Text: clockText(v, f), Kind: Number}
	case asPercent:
		return Cell{Text: decimal(v*100) + "%", Kind: Number}
	case asZeros:
		return Cell{Text: pad(decimal(v), f.pattern), Kind: Number}
	}
	return Cell{Text: decimal(v), Kind: Number, Words: f.look == withWords}
}

var unreadable = &Flaw{"cell-unreadable", "the cell cannot be read: the workbook is damaged there", "write the cell anew and save the workbook"}

// tooPrecise tells whole numbers of more than the 15 digits that spreadsheets keep: what
// they show of one is another number.
func tooPrecise(stored string) bool {
	if len(stored) <= 15 {
		return false
	}
	digits := strings.TrimPrefix(strings.TrimSpace(stored), "-")
	whole := strings.IndexFunc(digits, func(r rune) bool { return r < '0' || r > '9' }) < 0
	return whole && len(strings.TrimRight(digits, "0")) > 15
}

// decimal writes the 15 digits that spreadsheets keep of a number.
func decimal(v float64) string {
	v, _ = strconv.ParseFloat(strconv.FormatFloat(v, 'g', 15, 64), 64)
	return strings.Replace(strconv.FormatFloat(v, 'f', -1, 64), ".", ",", 1)
}

// pad fills a pattern of zeros from its end. Numbers that do not fit stay as they are.
func pad(digits, pattern string) string {
	places := strings.Count(pattern, "0")
	if len(digits) > places || strings.Trim(digits, "0123456789") != "" {
		return digits
	}
	digits = strings.Repeat("0", places-len(digits)) + digits
	var b strings.Builder
	for _, p := range pattern {
		if p == '0' {
			b.WriteByte(digits[0])
			digits = digits[1:]
		} else {
			b.WriteRune(p)
		}
	}
	return b.String()
}

func dateCell(v float64, f format, from1904 bool) Cell {
	t, err := excelize.ExcelDateToTime(v, from1904)
	if err != nil || v >= 2958466 || t.Year() > 9999 { // 31 December 9999 is the last day that spreadsheets know
		return Cell{Text: decimal(v), Kind: Faulty, Flaw: &Flaw{"cell-date", "the cell is formatted as a date, but its value is none", "write the date again, or format the cell as a number"}}
	}
	t = t.Round(time.Second)
	shown := dateText(t, f)
	if day := int(v + 0.5/(24*60*60)); day <= lastFalseDay && !from1904 {
		shown = falseDay(day, f.yearFirst) + shown[len(time.DateOnly):]
	}
	return dayCell(t, shown, f)
}

// lastFalseDay is 29 February 1900, which there was not. Up to it, spreadsheets show other
// days than the calendar's (ECMA-376 part 1, 18.17.4.1); most of all "00.01.1900" for the 0
// of a formula that points at an empty cell.
const lastFalseDay = 60

func isMidnight(t time.Time) bool { return t.Equal(t.Truncate(24 * time.Hour)) }

func falseDay(day int, yearFirst bool) string {
	month := 1
	if day > 31 {
		day, month = day-31, 2
	}
	if yearFirst {
		return fmt.Sprintf("1900-%02d-%02d", month, day)
	}
	return fmt.Sprintf("%02d.%02d.1900", day, month)
}

func dateText(t time.Time, f format) string {
	layout := pick(f.yearFirst, time.DateOnly, "02.01.2006")
	if isMidnight(t) && !f.hours {
		return t.Format(layout)
	}
	return t.Format(layout + pick(t.Second() == 0, " 15:04", " 15:04:05"))
}

// clockText writes a part of a day as hours and minutes. Whole days beside it are hours
// under a format of elapsed time, and are not shown under any other.
func clockText(v float64, f format) string {
	seconds := int64(math.Round(v * 24 * 60 * 60))
	if seconds < 0 || v > 3e6 {
		return decimal(v)
	}
	if !f.elapsed {
		seconds %= 24 * 60 * 60
	}
	s := fmt.Sprintf("%02d:%02d", seconds/3600, seconds/60%60)
	if rest := seconds % 60; rest != 0 {
		s += fmt.Sprintf(":%02d", rest)
	}
	return s
}
