package strictxml

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// Sized is a text whose length in characters must lie between two bounds.
func (c *Checker) Sized(e *Element, least, most int) string {
	text := c.Text(e)
	c.length(e, "", text, least, most)
	return text
}

// OneOf is a text that must be one of a few.
func (c *Checker) OneOf(e *Element, allowed ...string) string {
	text := c.Text(e)
	if e != nil && !slices.Contains(allowed, text) {
		c.Breach("%s has a value that is not one of %s", e.local, strings.Join(allowed, ", "))
	}
	return text
}

// Empty is an element without content, not even blanks (XSD 1.0 part 1, section 3.4.4), and
// without attributes but those named.
func (c *Checker) Empty(e *Element, attrs ...string) {
	if e != nil && c.Text(e, attrs...) != "" {
		c.Breach("%s must be empty", e.local)
	}
}

// Pattern is a text that must match; its value stands in no message.
func (c *Checker) Pattern(e *Element, pattern *regexp.Regexp) string {
	text := c.Text(e)
	if e != nil && !pattern.MatchString(text) {
		c.Breach("%s does not have the form %s", e.local, pattern)
	}
	return text
}

// Required is an attribute that must be there, with its length in characters bounded.
func (c *Checker) Required(e *Element, name string, least, most int) string {
	value, present := e.Attribute(name)
	if e != nil && !present {
		c.Breach("%s lacks its attribute %s", e.local, name)
	}
	c.length(e, "/@"+name, value, least, most)
	return value
}

// length counts characters as XSD does, in code points.
func (c *Checker) length(e *Element, what, text string, least, most int) {
	if n := utf8.RuneCountInString(text); e != nil && (n < least || n > most) {
		c.Breach("%s%s has %d characters; %d to %d are allowed", e.local, what, n, least, most)
	}
}

// Integer is a whole number from 0 to most; XSD lets a sign, zeros in front and blanks
// around it stand.
func (c *Checker) Integer(e *Element, text string, most int64) int64 {
	n, err := strconv.ParseInt(collapse(text), 10, 64)
	if err != nil || n < 0 || n > most {
		c.Breach("%s: a whole number from 0 to %d is expected", e.local, most)
	}
	return n
}

// dateTimeForm is an xs:dateTime (XSD 1.0 part 2, section 3.2.7): date, time, fraction,
// offset.
var dateTimeForm = regexp.MustCompile(`^([0-9]{4}-[0-9]{2}-[0-9]{2})T([0-9]{2}:[0-9]{2}:[0-9]{2})(\.[0-9]+)?(Z|[+-][0-9]{2}:[0-9]{2})?$`)

// DateTime is an xs:dateTime of the years 1 to 9999; others, which XSD knows, fit no clock
// here. Without an offset it is local: then it is read as if it were UTC.
func (c *Checker) DateTime(e *Element) (at time.Time, local bool) {
	if e == nil {
		return at, false
	}
	parts := dateTimeForm.FindStringSubmatch(collapse(c.Text(e)))
	if parts == nil {
		c.Breach("%s is not a date and time", e.local)
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
		c.Breach("%s is not a date and time", e.local)
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
func collapse(text string) string { return strings.Trim(text, Blanks) }
