package table

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"iter"
	"regexp"
	"strings"
	"unicode/utf8"

	"github.com/xuri/excelize/v2"
)

// delimiters that are tried, each with its name for messages.
var delimiters = []struct {
	char rune
	name string
}{{';', "semicolon"}, {',', "comma"}, {'\t', "tab"}}

// openText settles a text file's encoding and its delimiter: the one asked for, the one
// of a "sep=" line, or the only one that makes a header.
func openText(f io.ReaderAt, size int64, seen *textSurvey, o Options, isHeader func(Line) bool) (*File, error) {
	raw := &rawText{f: f, size: size}
	open, err := decoded(raw, seen, o.Encoding)
	if err != nil {
		return nil, err
	}
	said := separatorLine(open())
	body := func() io.Reader {
		r := open()
		separatorLine(r)
		return r
	}
	delimiter, err := delimiterOf(body, said, o.Delimiter, isHeader)
	if err != nil {
		return nil, err
	}
	return &File{
		AtMost: seen.lines.ends,
		lines:  func() iter.Seq2[Line, error] { return textLines(body(), delimiter) },
		sum:    raw.sum,
	}, nil
}

var separator = regexp.MustCompile(`(?i)^"?sep=(.)"?[;,\t ]*\r?\n`)

// separatorLine takes the content of Excel's "sep=;" out of the first line, and leaves
// its line end, so that line numbers stay.
func separatorLine(r *bufio.Reader) (said rune) {
	head, _ := r.Peek(80)
	m := separator.FindSubmatch(head)
	if m == nil {
		return 0
	}
	_, _ = r.Discard(len(m[0]) - 1) // cannot fail: it was peeked at
	said, _ = utf8.DecodeRune(m[1])
	return said
}

func delimiterOf(body func() io.Reader, said rune, wish string, isHeader func(Line) bool) (rune, error) {
	if wish != "" {
		return delimiterNamed(wish)
	}
	if said != 0 {
		return said, checkDelimiter(said)
	}
	var fits []rune
	var failed []error
	for _, d := range delimiters {
		_, ok, err := findHeader(textLines(body(), d.char), isHeader)
		if ok {
			fits = append(fits, d.char)
		} else if err != nil {
			failed = append(failed, err)
		}
	}
	switch {
	case len(fits) == 1:
		return fits[0], nil
	case len(failed) == len(delimiters): // whichever is meant, its quotation marks are wrong
		return 0, failed[0]
	case len(fits) == 0:
		return 0, &NoHeader{}
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

// maxRecord bounds one row of a text file, in bytes. An open quotation mark makes the
// rest of the file one row.
const maxRecord = 1 << 20

// roomLines is for how many lines room is made at a time.
const roomLines = 256

// textLines reads records of RFC 4180. Line numbers are a text editor's. Empty lines
// are counted on the line behind them.
func textLines(body io.Reader, delimiter rune) iter.Seq2[Line, error] {
	return func(yield func(Line, error) bool) {
		g := &gauge{r: body, most: maxRecord}
		r := csv.NewReader(g)
		r.Comma, r.FieldsPerRecord, r.ReuseRecord = delimiter, -1, true
		cells := 0        // read so far
		var room []Cell   // for the cells of lines to come
		for end := 0; ; { // the line in which the record before ended
			g.since = 0
			record, err := r.Read()
			if err == io.EOF {
				return
			} else if err != nil {
				yield(Line{}, quoteError(err, end+1, g.lines))
				return
			}
			n, _ := r.FieldPos(0)
			cells += len(record)
			if err := tooWide(n, len(record), cells); err != nil {
				yield(Line{}, err)
				return
			}
			if len(room) < len(record) {
				room = make([]Cell, roomLines*len(record))
			}
			l := Line{Number: n, Blanks: n - end - 1, Cells: room[:len(record):len(record)]}
			room = room[len(record):]
			for i, s := range record {
				l.Cells[i] = textCell(s)
			}
			if !yield(l, nil) {
				return
			}
			last := len(record) - 1
			end, _ = r.FieldPos(last)
			end += strings.Count(record[last], "\n")
		}
	}
}

// tooWide refuses a line of very many cells, and the line that makes them too many in all.
func tooWide(n, here, all int) error {
	switch {
	case here > excelize.MaxColumns:
		return broken("manifest-too-large", fmt.Sprintf("line %d has more cells than any spreadsheet has columns", n), "take out what is not part of the list, or save it anew")
	case all > maxCells:
		return errManyCells
	}
	return nil
}

// gauge bounds how much is read for one piece of the input. Whoever reads the pieces
// sets since to zero before each.
type gauge struct {
	r     io.Reader
	most  int
	since int
	lines int // line ends read in all
}

var errTooLong = errors.New("one piece of the input is too long")

func (g *gauge) Read(p []byte) (int, error) {
	if g.since > g.most {
		return 0, errTooLong
	}
	n, err := g.r.Read(p)
	g.since += n
	g.lines += bytes.Count(p[:n], []byte{'\n'})
	return n, err
}

// quoteError says where quotes went wrong. A quote that is never closed swallows the
// rest of the file, so the line that opened it is what a person needs. start and end are
// those of a row that grew too long: the first line it can have begun in, and how many line
// ends were read.
func quoteError(err error, start, end int) error {
	if at := (*csv.ParseError)(nil); errors.As(err, &at) {
		start, end = at.StartLine, at.Line
	} else if !errors.Is(err, errTooLong) {
		return broken("manifest-unreadable", "the file cannot be read: "+reason(err), "check the disk or the network drive and try again")
	}
	if errors.Is(err, errTooLong) && end <= start {
		return broken("manifest-too-large", fmt.Sprintf("line %d is longer than 1 MB, which no row of a list is", end+1), "look what stands in that line, and take out what is not part of the list")
	}
	where := fmt.Sprintf("line %d", start)
	if end > start {
		where = fmt.Sprintf("the row that begins in line %d and is read on to line %d", start, end)
	}
	return broken("csv-quotes", "the quotation marks do not fit together in "+where,
		`look for a lone " there; inside a quoted cell it is written twice, and cells that hold one are quoted`)
}
