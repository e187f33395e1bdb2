package sandbox

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// sized is a text whose length in characters must lie between two bounds.
func (c *checker) sized(e *element, least, most int) string {
	text := c.text(e)
	c.length(e, "", text, least, most)
	return text
}

// oneOf is a text that must be one of a few.
func (c *checker) oneOf(e *element, allowed ...string) string {
	text := c.text(e)
	if e != nil && !slices.Contains(allowed, text) {
		c.breach("%s has a value that is not one of %s", e.local, strings.Join(allowed, ", "))
	}
	return text
}

// empty is an element without content, not even blanks (XSD 1.0 part 1, section 3.4.4), and
// without attributes but those named.
func (c *checker) empty(e *element, attrs ...string) {
	if e != nil && c.text(e, attrs...) != "" {
		c.breach("%s must be empty", e.local)
	}
}

// pattern is a text that must match; its value stands in no message.
func (c *checker) pattern(e *element, pattern *regexp.Regexp) string {
	text := c.text(e)
	if e != nil && !pattern.MatchString(text) {
		c.breach("%s does not have the form %s", e.local, pattern)
	}
	return text
}

// required is an attribute that must be there, with its length in characters bounded.
func (c *checker) required(e *element, name string, least, most int) string {
	value, present := e.attribute(name)
	if e != nil && !present {
		c.breach("%s lacks its attribute %s", e.local, name)
	}
	c.length(e, "/@"+name, value, least, most)
	return value
}

// length counts characters as XSD does, in code points.
func (c *checker) length(e *element, what, text string, least, most int) {
	if n := utf8.RuneCountInString(text); e != nil && (n < least || n > most) {
		c.breach("%s%s has %d characters; %d to %d are allowed", e.local, what, n, least, most)
	}
}

// integer is a whole number from 0 to most; XSD lets a sign, zeros in front and blanks
// around it stand.
func (c *checker) integer(e *element, text string, most int64) int64 {
	n, err := strconv.ParseInt(collapse(text), 10, 64)
	if err != nil || n < 0 || n > most {
		c.breach("%s: a whole number from 0 to %d is expected", e.local, most)
	}
	return n
}

// dateTimeForm is an xs:dateTime (XSD 1.0 part 2, section 3.2.7): date, time, fraction,
// offset.
var dateTimeForm = regexp.MustCompile(`^([0-9]{4}-[0-9]{2}-[0-9]{2})T([0-9]{2}:[0-9]{2}:[0-9]{2})(\.[0-9]+)?(Z|[+-][0-9]{2}:[0-9]{2})?$`)

// dateTime is an xs:dateTime of the years 1 to 9999; others, which XSD knows, fit no clock
// here. Without an offset it is local: then it is read as if it were UTC.
func (c *checker) dateTime(e *element) (at time.Time, local bool) {
	if e == nil {
		return at, false
	}
	parts := dateTimeForm.FindStringSubmatch(collapse(c.text(e)))
	if parts == nil {
		c.breach("%s is not a date and time", e.local)
		return at, false
	}
	date, clock, fraction, offset := parts[1], parts[2], strings.TrimRight(parts[3], ".0"), parts[4]
	endOfDay := clock == "24:00:00" && fraction == "" // the first moment of the next day
	if endOfDay {
		clock = "00:00:00"
	}
	zone, known := readOffset(offset)
	at, err := time.Parse("2006-01-02T15:04:05", date+"T"+clock+fraction)
	if err != nil || !known || at.Year() < 1 {
		c.breach("%s is not a date and time", e.local)
	}
	if endOfDay {
		at = at.AddDate(0, 0, 1)
	}
	return at.Add(-zone).In(time.FixedZone("", int(zone/time.Second))), offset == ""
}

// readOffset reads an offset from UTC of at most fourteen hours.
func readOffset(offset string) (time.Duration, bool) {
	if offset == "" || offset == "Z" {
		return 0, true
	}
	hours, _ := strconv.Atoi(offset[1:3])
	minutes, _ := strconv.Atoi(offset[4:6])
	d := time.Duration(hours)*time.Hour + time.Duration(minutes)*time.Minute
	if offset[0] == '-' {
		d = -d
	}
	return d, minutes < 60 && d.Abs() <= 14*time.Hour
}

// collapse drops the blanks around a value, as XSD does for all types but texts.
func collapse(text string) string { return strings.Trim(text, " \t\r\n") }
