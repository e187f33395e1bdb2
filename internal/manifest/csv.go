package manifest

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"iter"
	"regexp"
	"strings"
	"unicode/utf8"

	"batch/internal/mailout"
)

// delimiters that are tried, each with its name for messages.
var delimiters = []struct {
	char rune
	name string
}{{';', "semicolon"}, {',', "comma"}, {'\t', "tab"}}

// openText decodes a text file and settles its delimiter: the one asked for, the one
// of a "sep=" line, or the only one that makes a header with known names.
func openText(b []byte, o Options, known func([]string) bool) (*source, error) {
	body, err := decode(b, o.Encoding)
	if err != nil {
		return nil, err
	}
	body, said := separatorLine(body)
	delimiter, err := delimiterOf(body, said, o.Delimiter, known)
	if err != nil {
		return nil, err
	}
	return &source{
		lines: func() iter.Seq2[line, error] { return textLines(body, delimiter) },
		late:  func(int) []mailout.Problem { return nil },
		close: func() error { return nil },
	}, nil
}

var separator = regexp.MustCompile(`(?i)^"?sep=(.)"?[;,\t ]*\n`)

// separatorLine takes the content of Excel's "sep=;" out of the first line, and leaves
// the line itself, so that line numbers stay.
func separatorLine(body string) (rest string, said rune) {
	m := separator.FindStringSubmatchIndex(body)
	if m == nil {
		return body, 0
	}
	said, _ = utf8.DecodeRuneInString(body[m[2]:m[3]])
	return body[m[1]-1:], said
}

func delimiterOf(body string, said rune, wish string, known func([]string) bool) (rune, error) {
	if wish != "" {
		return delimiterNamed(wish)
	}
	if said != 0 {
		return said, checkDelimiter(said)
	}
	var fits []rune
	for _, d := range delimiters {
		if _, ok := findHeader(textLines(body, d.char), known); ok {
			fits = append(fits, d.char)
		}
	}
	switch len(fits) {
	case 1:
		return fits[0], nil
	case 0:
		return 0, noHeader("")
	}
	return 0, broken("delimiter-ambiguous", "the header can be read with more than one delimiter", `say which, for example --delimiter ";"`)
}

func delimiterNamed(wish string) (rune, error) {
	for _, d := range delimiters {
		if strings.EqualFold(wish, d.name) {
			return d.char, nil
		}
	}
	r, size := utf8.DecodeRuneInString(wish)
	if size != len(wish) {
		return 0, broken("delimiter-name", "the delimiter must be one character", `say, for example, --delimiter ";" or --delimiter tab`)
	}
	return r, checkDelimiter(r)
}

func checkDelimiter(r rune) error {
	if r == '"' || r == '\n' || r == '\r' || r == utf8.RuneError || r == 0 {
		return broken("delimiter-name", "that character cannot be a delimiter", `say, for example, --delimiter ";" or --delimiter tab`)
	}
	return nil
}

// textLines reads records of RFC 4180 with "\n" line ends. Line numbers are a text
// editor's. Empty lines come as lines without cells.
func textLines(body string, delimiter rune) iter.Seq2[line, error] {
	return func(yield func(line, error) bool) {
		r := csv.NewReader(strings.NewReader(body))
		r.Comma, r.FieldsPerRecord, r.ReuseRecord = delimiter, -1, true
		passed, offset := 0, 0 // lines and bytes of the records so far
		for {
			record, err := r.Read()
			if err == io.EOF {
				return
			} else if err != nil {
				yield(line{}, quoteError(err))
				return
			}
			n, _ := r.FieldPos(0)
			for passed++; passed < n; passed++ {
				if !yield(line{n: passed}, nil) {
					return
				}
			}
			if !yield(recordLine(n, record), nil) {
				return
			}
			end := int(r.InputOffset())
			passed = n - 1 + strings.Count(strings.TrimLeft(body[offset:end], "\n"), "\n")
			offset = end
		}
	}
}

func recordLine(n int, record []string) line {
	l := line{n: n, cells: make([]cell, len(record))}
	for i, s := range record {
		l.cells[i] = textCell(s)
	}
	return l
}

// quoteError says where quotes went wrong. A quote that is never closed swallows the
// rest of the file, so the line that opened it is what a person needs.
func quoteError(err error) error {
	at := (*csv.ParseError)(nil)
	if !errors.As(err, &at) {
		return fmt.Errorf("reading the text: %w", err)
	}
	where := fmt.Sprintf("line %d", at.StartLine)
	if at.Line != at.StartLine {
		where = fmt.Sprintf("the row that begins in line %d and is read on to line %d", at.StartLine, at.Line)
	}
	return broken("csv-quotes", "the quotation marks do not fit together in "+where,
		`look for a lone " there; inside a quoted cell it is written twice, and cells that hold one are quoted`)
}
