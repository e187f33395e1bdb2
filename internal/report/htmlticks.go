package report

import (
	"fmt"
	"math"
	"time"
)

// tick is a mark on an axis.
type tick struct {
	At     float64 // in the drawing's units
	Label  string
	Anchor string // where its label stands: "start", "middle" or "end" (SVG, text-anchor)
}

// across is a mark of a horizontal axis. Its label keeps within the drawing.
func across(at float64, label string) tick {
	half := 3.2 * float64(len(label)) // of a label's width
	switch {
	case at+half > chartWidth:
		return tick{at, label, "end"}
	case at-half < 0:
		return tick{at, label, "start"}
	}
	return tick{at, label, "middle"}
}

// step is a distance between marks of time that a person reads at a glance.
type step struct {
	days    int // or:
	seconds int
	layout  string // how its marks are written
}

var steps = []step{
	{seconds: 1, layout: "15:04:05"}, {seconds: 5, layout: "15:04:05"}, {seconds: 15, layout: "15:04:05"}, {seconds: 30, layout: "15:04:05"},
	{seconds: 60, layout: "15:04"}, {seconds: 300, layout: "15:04"}, {seconds: 900, layout: "15:04"}, {seconds: 1800, layout: "15:04"},
	{seconds: 3600, layout: "15:04"}, {seconds: 3 * 3600, layout: "15:04"}, {seconds: 6 * 3600, layout: "2 Jan 15:04"}, {seconds: 12 * 3600, layout: "2 Jan 15:04"},
	{days: 1, layout: "2 Jan"}, {days: 2, layout: "2 Jan"}, {days: 7, layout: "2 Jan"}, {days: 14, layout: "2 Jan"}, {days: 28, layout: "2 Jan"}, {days: 91, layout: "Jan 2006"}, {days: 366, layout: "Jan 2006"},
}

func (s step) length() time.Duration {
	return time.Duration(s.days)*24*time.Hour + time.Duration(s.seconds)*time.Second
}

// marks are moments between from and to, at most so many, at full hours, midnights and the
// like of the zone; and how to write them. There may be none.
func marks(from, to time.Time, most int, zone *time.Location) (at []time.Time, layout string) {
	s := steps[len(steps)-1]
	for _, s = range steps {
		if to.Sub(from) <= s.length()*time.Duration(most) {
			break
		}
	}
	y, m, d := from.In(zone).Date()
	for i := 0; len(at) < most; i++ {
		// Counted on the clock, so that marks stay at full hours when the clocks change.
		t := time.Date(y, m, d+i*s.days, 0, 0, i*s.seconds, 0, zone)
		if t.After(to) {
			break
		}
		if !t.Before(from) {
			at = append(at, t)
		}
	}
	return at, s.layout
}

// heights are the marks of an axis of counts from 0 to at least most: three or four round
// numbers.
func heights(most int) (at []int) {
	unit := 1
	for n, factors := 0, []int{2, 5, 10}; most > 3*unit; n++ {
		unit = factors[n%3] * int(math.Pow10(n/3))
	}
	for v := 0; v < most+unit; v += unit {
		at = append(at, v)
	}
	return at
}

// spans are lengths of time that a person reads at a glance, in seconds.
var spans = []int64{1, 5, 15, 30, 60, 300, 900, 1800, 3600, 3 * 3600, 6 * 3600, 12 * 3600, 86400, 2 * 86400, 5 * 86400, 10 * 86400, 20 * 86400, 50 * 86400, 100 * 86400}

// lengths are the marks of an axis of lengths of time from 0 to at least most seconds.
func lengths(most int64) (at []int64) {
	unit := spans[len(spans)-1]
	for _, s := range spans {
		if most <= 4*s {
			unit = s
			break
		}
	}
	for v := int64(0); v < max(1, most)+unit; v += unit {
		at = append(at, v)
	}
	return at
}

// took writes a length of time with its two largest units: "45 s", "12 min", "3 h 20 min",
// "2 days 4 h".
func took(seconds int64) string {
	switch s := seconds; {
	case s < 60:
		return fmt.Sprintf("%d s", s)
	case s < 3600:
		return fmt.Sprintf("%d min", s/60) + rest(s%60, 1, "s")
	case s < 86400:
		return fmt.Sprintf("%d h", s/3600) + rest(s%3600, 60, "min")
	case s < 2*86400:
		return "1 day" + rest(s%86400, 3600, "h")
	default:
		return fmt.Sprintf("%d days", s/86400) + rest(s%86400, 3600, "h")
	}
}

func rest(seconds, unit int64, name string) string {
	if seconds < unit {
		return ""
	}
	return fmt.Sprintf(" %d %s", seconds/unit, name)
}

// thousands writes 12000 as "12 000", in one piece.
func thousands(n int) string {
	if n < 1000 {
		return fmt.Sprint(n)
	}
	return fmt.Sprintf("%s\u00a0%03d", thousands(n/1000), n%1000)
}
