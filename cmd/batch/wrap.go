package main

import (
	"regexp"
	"strings"
	"unicode/utf8"
)

// glue stands for a space at which a line is not broken.
const glue = "\u00a0"

func glued(s string) string { return strings.ReplaceAll(s, " ", glue) }

var (
	colours = regexp.MustCompile("\x1b\\[[0-9]*m")
	figures = regexp.MustCompile(`\d{1,3}( \d{3})+`)
	atEnds  = regexp.MustCompile(" +\n")
	quoted  = regexp.MustCompile("\"[^\"]*\"|`[^`]*`")
)

// columns is how wide a text is in a terminal; colours have no width.
func columns(s string) int { return utf8.RuneCountInString(colours.ReplaceAllString(s, "")) }

// wrap breaks a text at spaces into lines of at most width columns; the lines after the
// first begin with indent. What stands in quotation marks is to be typed or looked for,
// and stays in one piece where it can. With width 0, for what is no terminal, the text
// stays one line: programs rely on it.
func wrap(text string, width int, indent string) string {
	if width == 0 {
		return strings.ReplaceAll(text, glue, " ")
	}
	lines := strings.Split(text, "\n")
	for i, line := range lines {
		own := line[:len(line)-len(strings.TrimLeft(line, " "))]
		if i == 0 {
			own = ""
		}
		lines[i] = wrapLine(line, width, own+indent)
	}
	return strings.Join(lines, "\n")
}

func wrapLine(text string, width int, indent string) string {
	text = quoted.ReplaceAllStringFunc(text, func(s string) string {
		if columns(s) > width/2 {
			return s
		}
		return glued(s)
	})
	text = figures.ReplaceAllStringFunc(text, glued)
	var b strings.Builder
	at := 0 // columns that stand in the line
	for i, word := range strings.Split(text, " ") {
		switch {
		case i == 0:
		case at+1+columns(word) > width:
			b.WriteString("\n" + indent)
			at = columns(indent)
		default:
			b.WriteByte(' ')
			at++
		}
		b.WriteString(word)
		at += columns(word)
	}
	return atEnds.ReplaceAllString(strings.ReplaceAll(b.String(), glue, " "), "\n")
}
