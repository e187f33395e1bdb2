package main

import (
	"fmt"
	"strings"
	"time"
	"unicode"
)

// clean makes foreign text safe for a terminal: no control characters, no characters that
// turn the reading direction. What is taken out is shown as "�".
func clean(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n':
			return r
		case unicode.IsControl(r), unicode.Is(unicode.Bidi_Control, r), r == 0x2028, r == 0x2029:
			return '�'
		}
		return r
	}, s)
}

// thousands writes 10485760 as "10 485 760".
func thousands(n int64) string {
	s := fmt.Sprint(n)
	for i := len(s) - 3; i > 0 && s[i-1] != '-'; i -= 3 {
		s = s[:i] + " " + s[i:]
	}
	return s
}

// count writes a number with its noun: "1 row", "12 rows".
func count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return thousands(int64(n)) + " " + noun + "s"
}

// about writes a duration roughly: "less than a minute", "8 min", "3 h 20 min".
func about(d time.Duration) string {
	switch m := int(d.Round(time.Minute) / time.Minute); {
	case m < 1:
		return "less than a minute"
	case m < 60:
		return fmt.Sprintf("%d min", m)
	case m%60 == 0:
		return fmt.Sprintf("%d h", m/60)
	default:
		return fmt.Sprintf("%d h %d min", m/60, m%60)
	}
}

// span writes how long somebody has: "14 days", "36 hours", "90 seconds".
func span(d time.Duration) string {
	for _, unit := range []struct {
		of   time.Duration
		noun string
	}{{24 * time.Hour, "day"}, {time.Hour, "hour"}, {time.Minute, "minute"}} {
		if d >= unit.of && d%unit.of == 0 {
			return count(int(d/unit.of), unit.noun)
		}
	}
	return count(int(d/time.Second), "second")
}
