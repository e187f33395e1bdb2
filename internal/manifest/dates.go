package manifest

import (
	"regexp"
	"time"
)

// Hours that a bare date stands for.
const (
	morning = 8 * time.Hour                 // activation: 08:00
	evening = 23*time.Hour + 59*time.Minute // deadline: 23:59
)

// Layouts of a date with or without time of day. Nothing is tried that could be read
// in two ways: no two-digit years, no slashes.
var (
	withOffset = []string{"2006-01-02T15:04:05Z07:00", "2006-01-02T15:04Z07:00", "2006-01-02 15:04:05Z07:00", "2006-01-02 15:04Z07:00"}
	withClock  = []string{"2006-01-02T15:04:05", "2006-01-02T15:04", "2006-01-02 15:04:05", "2006-01-02 15:04", "2.1.2006 15:04:05", "2.1.2006 15:04"}
	bareDates  = []string{time.DateOnly, "2.1.2006"}
)

var ambiguous = regexp.MustCompile(`^[0-9]{1,2}([./-])[0-9]{1,2}([./-])([0-9]{2}|[0-9]{4})\b`)

// parseTime reads a point in time. bare is the hour that a date without a time of day
// stands for; loc is the zone of everything without an offset.
func parseTime(loc *time.Location, bare time.Duration) func(cell) (time.Time, error) {
	return func(c cell) (time.Time, error) {
		s := clean(c.text)
		switch {
		case c.kind == date:
			return inZone(withHour(c.clock, bare), loc)
		case c.kind == number:
			return time.Time{}, bad("date-number", "the cell holds a number, not a date", "format the column as a date and write the date again")
		}
		for _, layout := range withOffset {
			if t, err := time.Parse(layout, s); err == nil {
				return t, plausible(t)
			}
		}
		for _, layout := range withClock {
			if t, err := time.Parse(layout, s); err == nil {
				return inZone(t, loc)
			}
		}
		for _, layout := range bareDates {
			if t, err := time.Parse(layout, s); err == nil {
				return inZone(t.Add(bare), loc)
			}
		}
		return time.Time{}, notADate(s)
	}
}

func notADate(s string) error {
	const remedy = "write it as 31.12.2026 or 2026-12-31, with a time of day after it if one is meant: 31.12.2026 14:00"
	if ambiguous.MatchString(s) {
		return bad("date-ambiguous", "the date could be read in more than one way, or does not exist", remedy)
	}
	return bad("date", "this is not a date", remedy)
}

// withHour gives a date cell without time of day the hour that a bare date has.
func withHour(clock time.Time, bare time.Duration) time.Time {
	if clock.Equal(clock.Truncate(24 * time.Hour)) {
		return clock.Add(bare)
	}
	return clock
}

// inZone finds the one instant at which clocks in loc show what clock shows in UTC.
// In spring an hour of clock times does not exist; in autumn one exists twice.
func inZone(clock time.Time, loc *time.Location) (time.Time, error) {
	var found []time.Time
	for _, near := range []time.Duration{-24 * time.Hour, 24 * time.Hour} {
		_, offset := clock.Add(near).In(loc).Zone()
		t := clock.Add(-time.Duration(offset) * time.Second).In(loc)
		if _, there := t.Zone(); there == offset && (len(found) == 0 || !found[0].Equal(t)) {
			found = append(found, t)
		}
	}
	const remedy = "choose another time, or write the offset after it: 2026-10-25T02:30+01:00"
	switch len(found) {
	case 0:
		return time.Time{}, bad("time-skipped", "that time of day does not exist on that date: clocks are put forward", remedy)
	case 1:
		return found[0], plausible(found[0])
	}
	return time.Time{}, bad("time-twice", "that time of day comes twice on that date: clocks are put back", remedy)
}

// plausible refuses dates that no mail-out can mean, such as 1900 or 20226.
func plausible(t time.Time) error {
	if t.Year() < 2020 || t.Year() > 2199 {
		return bad("date-year", "the year cannot be right", "compare the date with its source")
	}
	return nil
}
