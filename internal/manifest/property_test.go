package manifest

import (
	"bytes"
	"encoding/csv"
	"slices"
	"strings"
	"testing"

	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"
	"pgregory.net/rapid"
)

// textStyle is how a program writes a text file.
type textStyle struct {
	letters   []rune
	encode    func(string) ([]byte, error)
	encoding  string // to be said; empty: it is found
	delimiter rune
	sep       bool // a "sep=" line says the delimiter
	lineEnd   string
	quoteAll  bool
	ending    string
}

var textEncodings = map[string]textStyle{
	"UTF-8":             {letters: beyond, encode: plainBytes},
	"UTF-8 with mark":   {letters: beyond, encode: func(s string) ([]byte, error) { return []byte("\uFEFF" + s), nil }},
	"UTF-16LE":          {letters: beyond, encode: inUTF16(unicode.LittleEndian, unicode.UseBOM)},
	"UTF-16BE":          {letters: beyond, encode: inUTF16(unicode.BigEndian, unicode.UseBOM)},
	"UTF-16LE, said so": {letters: beyond, encode: inUTF16(unicode.LittleEndian, unicode.IgnoreBOM), encoding: "utf-16le"},
	"Windows-1252":      {letters: latin, encode: func(s string) ([]byte, error) { return charmap.Windows1252.NewEncoder().Bytes([]byte(s)) }},
}

func plainBytes(s string) ([]byte, error) { return []byte(s), nil }

func inUTF16(order unicode.Endianness, mark unicode.BOMPolicy) func(string) ([]byte, error) {
	return func(s string) ([]byte, error) { return unicode.UTF16(order, mark).NewEncoder().Bytes([]byte(s)) }
}

func drawTextStyle(t *rapid.T) textStyle {
	names := []string{"UTF-8", "UTF-8 with mark", "UTF-16LE", "UTF-16BE", "UTF-16LE, said so", "Windows-1252"}
	s := textEncodings[rapid.SampledFrom(names).Draw(t, "encoding")]
	s.delimiter = rapid.SampledFrom([]rune{';', ',', '\t', '|', 'x', '§'}).Draw(t, "delimiter")
	s.sep = rapid.Bool().Draw(t, "sep")
	s.lineEnd = rapid.SampledFrom([]string{"\n", "\r\n", "\r"}).Draw(t, "line end")
	s.quoteAll = rapid.Bool().Draw(t, "quote all")
	s.ending = rapid.SampledFrom([]string{".csv", ".tsv", ".txt", ".CSV"}).Draw(t, "ending")
	return s
}

// options are what has to be said for such a file to be read.
func (s textStyle) options() Options {
	o := anywhere()
	o.Encoding = s.encoding
	if !s.sep && !strings.ContainsRune(";,\t", s.delimiter) {
		o.Delimiter = string(s.delimiter)
	}
	return o
}

// textWriter writes records and knows in which line the next one begins.
type textWriter struct {
	textStyle
	strings.Builder
	line int
}

func (w *textWriter) record(t *rapid.T, cells []string) (line int) {
	var b strings.Builder
	if w.quoteAll {
		for i, c := range cells {
			if i > 0 {
				b.WriteRune(w.delimiter)
			}
			b.WriteString(`"` + strings.ReplaceAll(c, `"`, `""`) + `"`)
		}
		b.WriteByte('\n')
	} else {
		c := csv.NewWriter(&b)
		c.Comma = w.delimiter
		if err := c.Write(cells); err != nil {
			t.Fatal(err)
		}
		c.Flush()
	}
	return w.raw(lineBreaks.Replace(b.String()))
}

// raw writes lines that end in "\n" as the style has it.
func (w *textWriter) raw(lines string) (line int) {
	line, w.line = w.line, w.line+strings.Count(lines, "\n")
	w.WriteString(strings.ReplaceAll(lines, "\n", w.lineEnd))
	return line
}

func (w *textWriter) blank(t *rapid.T, columns int) {
	if rapid.Bool().Draw(t, "quite blank") {
		w.raw("\n")
	} else {
		w.raw(strings.Repeat(string(w.delimiter), columns-1) + "\n")
	}
}

// write writes the list, and returns where its rows stand.
func (s textStyle) write(t *rapid.T, l list) (content []byte, lines []int) {
	w := &textWriter{textStyle: s, line: 1}
	if s.sep {
		w.raw(rapid.SampledFrom([]string{"sep=", "SEP="}).Draw(t, "sep=") + string(s.delimiter) + "\n")
	}
	for _, note := range l.above {
		w.record(t, []string{note, ""})
	}
	w.record(t, l.headers)
	for _, row := range l.rows {
		for range row.blanks {
			w.blank(t, len(l.headers))
		}
		cells := row.cells
		for len(cells) > 1 && cells[len(cells)-1] == "" && rapid.Bool().Draw(t, "short") { // as Excel leaves them out far down
			cells = cells[:len(cells)-1]
		}
		lines = append(lines, w.record(t, cells))
	}
	text := w.String()
	if rapid.Bool().Draw(t, "no line end at the end") {
		text = strings.TrimSuffix(text, s.lineEnd)
	}
	content, err := s.encode(text)
	if err != nil {
		t.Fatal(err)
	}
	return content, lines
}

// Whatever the style in which a list is saved as text, the same rows come back.
func TestTextComesBack(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		style := drawTextStyle(rt)
		l := drawList(rt, style.letters)
		content, lines := style.write(rt, l)
		var shown [][]string
		for _, row := range l.rows {
			cells := slices.Clone(row.cells)
			for i := range cells {
				cells[i] = lineBreaks.Replace(cells[i])
			}
			shown = append(shown, cells)
		}
		l.judge(rt, read(t, "m"+style.ending, bytes.Clone(content), style.options()), lines, shown)
	})
}
