package manifest

import (
	"regexp"
	"strings"
	"time"
	"unicode"

	"batch/internal/table"
)

// Hours that a bare date stands for.
const (
	morning = 8 * time.Hour                 // activation: 08:00
	evening = 23*time.Hour + 59*time.Minute // deadline: 23:59
)

const howToWriteDates = "write it as 31.12.2026 or 2026-12-31, with a time of day after it if one is meant: 31.12.2026 14:00"

var (
	dateNumber     = bad("date-number", "the cell holds a number, not a date", "format the column as a date and write the date again")
	dateNone       = bad("date", "this is no date that can be read", howToWriteDates)
	dateAmbiguous  = bad("date-ambiguous", "the date could be read in more than one way", howToWriteDates)
	dateWords      = bad("date-words", "there is something beside the date: a word, or a time of day that is not written as 14:00", howToWriteDates)
	dateImpossible = bad("date-impossible", "there is no such day, or no such time of day", "compare the date with its source; hours go from 00 to 23")
	dateYear       = bad("date-year", "the year cannot be right", "compare the date with its source")

	timeSkipped = bad("time-skipped", "that time of day does not exist on that date: clocks are put forward", chooseAnother)
	timeTwice   = bad("time-twice", "that time of day comes twice on that date: clocks are put back", chooseAnother)
)

const chooseAnother = "choose another time, or write the offset after it: 2026-10-25T02:30+01:00"

// parseTime reads a point in time. bare is the hour that a date without a time of day
// stands for; loc is the zone of everything without an offset.
func parseTime(loc *time.Location, bare time.Duration) func(table.Cell) (time.Time, error) {
	return func(c table.Cell) (time.Time, error) {
		switch {
		case c.Kind == table.Date && c.Bare:
			return inZone(c.Wall().Add(bare), loc)
		case c.Kind == table.Date:
			return inZone(c.Wall(), loc)
		case c.Kind == table.Number:
			return time.Time{}, dateNumber
		}
		w, err := scanTime(typed(c))
		switch {
		case err != nil:
			return time.Time{}, err
		case w.zoned:
			return w.clock.In(loc), plausible(w.clock)
		case w.bare:
			return inZone(w.clock.Add(bare), loc)
		}
		return inZone(w.clock, loc)
	}
}

// written is a point in time as it was written.
type written struct {
	clock time.Time // in UTC; the instant itself where zoned
	bare  bool      // without a time of day
	zoned bool      // with an offset
}

// scanTime reads a date with or without time of day: in ISO 8601, or as dd.mm.yyyy.
// Nothing is tried that could be read in two ways: no two-digit years, no slashes.
func scanTime(s string) (written, error) {
	y, m, d, rest, iso, ok := scanDate(s)
	if !ok {
		return written{}, notADate(s)
	}
	w := written{bare: rest == ""}
	var hour, minute, second int
	if !w.bare {
		begins := strings.TrimLeftFunc(rest, unicode.IsSpace)
		if iso && rest[0] == 'T' {
			begins = rest[1:]
		}
		if hour, minute, second, rest, ok = scanClock(begins); !ok || begins == "" || len(begins) == len(rest) {
			return written{}, dateWords
		}
	}
	offset := 0
	if rest != "" {
		if offset, w.zoned = scanOffset(rest); !w.zoned || !iso {
			return written{}, dateWords
		}
	}
	w.clock = time.Date(y, time.Month(m), d, hour, minute, second, 0, time.UTC)
	if w.clock.Day() != d || int(w.clock.Month()) != m || hour > 23 || minute > 59 || second > 59 {
		return written{}, dateImpossible
	}
	w.clock = w.clock.Add(-time.Duration(offset) * time.Minute)
	return w, nil
}

// scanDate reads 2026-12-31 or 31.12.2026 from the beginning of s.
func scanDate(s string) (y, m, d int, rest string, iso, ok bool) {
	var ok1, ok2, ok3 bool
	if y, rest, iso = scanNumber(s, 4, 4, '-'); iso {
		m, rest, ok2 = scanNumber(rest, 2, 2, '-')
		d, rest, ok3 = scanNumber(rest, 2, 2, 0)
		return y, m, d, rest, true, ok2 && ok3
	}
	d, rest, ok1 = scanNumber(s, 1, 2, '.')
	m, rest, ok2 = scanNumber(rest, 1, 2, '.')
	y, rest, ok3 = scanNumber(rest, 4, 4, 0)
	return y, m, d, rest, false, ok1 && ok2 && ok3
}

// scanClock reads 14:00 or 14:00:30 from the beginning of s, and passes over fractions
// of a second.
func scanClock(s string) (hour, minute, second int, rest string, ok bool) {
	hour, rest, ok = scanNumber(s, 1, 2, ':')
	if !ok {
		return 0, 0, 0, s, false
	}
	if minute, rest, ok = scanNumber(rest, 2, 2, 0); !ok || !strings.HasPrefix(rest, ":") {
		return hour, minute, 0, rest, ok
	}
	if second, rest, ok = scanNumber(rest[1:], 2, 2, 0); !ok || !strings.HasPrefix(rest, ".") {
		return hour, minute, second, rest, ok
	}
	_, rest, ok = scanNumber(rest[1:], 1, 9, 0)
	return hour, minute, second, rest, ok
}

// scanOffset reads Z, +01:00, +0100 or +01, and nothing after it, in minutes.
func scanOffset(s string) (minutes int, ok bool) {
	if s == "Z" {
		return 0, true
	}
	sign := 1
	switch s[0] {
	case '-':
		sign = -1
	case '+':
	default:
		return 0, false
	}
	hours, rest, colon := scanNumber(s[1:], 2, 2, ':')
	switch {
	case colon:
		minutes, rest, ok = scanNumber(rest, 2, 2, 0)
	case len(s) == len("+0100"):
		hours, rest, ok = scanNumber(s[1:], 4, 4, 0)
		hours, minutes = hours/100, hours%100
	default:
		hours, rest, ok = scanNumber(s[1:], 2, 2, 0)
	}
	return sign * (hours*60 + minutes), ok && rest == "" && hours <= 14 && minutes < 60
}

// scanNumber reads a number of least to most digits and, unless it is 0, the byte that
// must follow.
func scanNumber(s string, least, most int, then byte) (n int, rest string, ok bool) {
	i := 0
	for i < len(s) && i <= most && s[i] >= '0' && s[i] <= '9' {
		n = n*10 + int(s[i]-'0')
		i++
	}
	if i < least || i > most {
		return 0, s, false
	}
	if then == 0 {
		return n, s[i:], true
	}
	if i == len(s) || s[i] != then {
		return 0, s, false
	}
	return n, s[i+1:], true
}

var (
	ambiguous = regexp.MustCompile(`^[0-9]{1,2}[./-][0-9]{1,2}[./-]([0-9]{2}|[0-9]{4})\b`)
	anyDate   = regexp.MustCompile(`\b([0-9]{1,2}\.[0-9]{1,2}\.[0-9]{4}|[0-9]{4}-[0-9]{2}-[0-9]{2})\b`)
)

// notADate says why a text does not begin with a date.
func notADate(s string) error {
	switch {
	case otherDigits(s):
		return errOtherDigits
	case isDigits(s):
		return dateNumber
	case anyDate.MatchString(s):
		return dateWords
	case ambiguous.MatchString(s):
		return dateAmbiguous
	}
	return dateNone
}

// inZone finds the one instant at which clocks in loc show what clock shows in UTC.
// In spring an hour of clock times does not exist; in autumn one exists twice.
func inZone(clock time.Time, loc *time.Location) (time.Time, error) {
	before, isBefore := underOffsetOf(clock.Add(-24*time.Hour), clock, loc)
	after, isAfter := underOffsetOf(clock.Add(24*time.Hour), clock, loc)
	switch {
	case isBefore && isAfter && !before.Equal(after):
		return time.Time{}, timeTwice
	case isBefore:
		return before, plausible(before)
	case isAfter:
		return after, plausible(after)
	}
	return time.Time{}, timeSkipped
}

// underOffsetOf is the instant that clocks show as clock under the offset that loc has at
// near. ok is false where loc has another offset then.
func underOffsetOf(near, clock time.Time, loc *time.Location) (t time.Time, ok bool) {
	_, offset := near.In(loc).Zone()
	t = clock.Add(-time.Duration(offset) * time.Second).In(loc)
	_, there := t.Zone()
	return t, there == offset
}

// plausible refuses dates that no mail-out can mean, such as 1900 or 20226.
func plausible(t time.Time) error {
	if t.Year() < 2020 || t.Year() > 2199 {
		return dateYear
	}
	return nil
}
