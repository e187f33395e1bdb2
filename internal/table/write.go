package table

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/xuri/excelize/v2"
)

// Writer writes lines that Lines reads back cell by cell. Every cell is text, in a workbook
// too: nothing of it is calculated, rounded or run there. An error of the disk may show at the
// end only.
type Writer interface {
	Line(cells []string) error
	End() error // after the last line
	Close()     // releases what was taken, also after an error
}

// csvWriter writes a CSV as Excel saves "CSV UTF-8" with Norwegian settings.
type csvWriter struct{ w *bufio.Writer }

// NewCSV writes a CSV: UTF-8 with its mark, semicolons, CRLF between the lines.
func NewCSV(w io.Writer) Writer {
	c := csvWriter{bufio.NewWriter(w)}
	c.w.Write(utf8Mark)
	return c
}

// Line writes one line. A bufio.Writer keeps its first error for all that follows.
func (c csvWriter) Line(cells []string) error {
	for i, cell := range cells {
		if i > 0 {
			c.w.WriteByte(';')
		}
		c.w.WriteString(quoted(cell))
	}
	_, err := c.w.WriteString("\r\n")
	return err
}

func (c csvWriter) End() error { return c.w.Flush() }
func (c csvWriter) Close()     {}

// quoted puts a cell in quotes that any program would otherwise take apart or trim.
func quoted(cell string) string {
	if !strings.ContainsAny(cell, "\",;\t|\r\n") && strings.TrimSpace(cell) == cell {
		return cell
	}
	return `"` + strings.ReplaceAll(cell, `"`, `""`) + `"`
}

// ErrUnfit is of a text that no cell of a workbook can hold as it is: one of more than
// 32 767 characters, with a character that XML cannot carry, or that looks like the escape of
// one. A CSV can.
var ErrUnfit = errors.New("a workbook cannot hold this text")

// WrittenSheet is the name of the sheet that NewWorkbook writes.
const WrittenSheet = "Manifest"

// bookWriter writes a workbook with one sheet, its first line in sight.
type bookWriter struct {
	w      io.Writer
	file   *excelize.File
	stream *excelize.StreamWriter // nil before the first line
	lines  int
	header int // style
	text   int // … of what is typed there later too: a number keeps its zeros
}

// NewWorkbook writes a workbook (ECMA-376 part 1). Sheets over 16 MB are spooled in tempDir, in
// clear: a private folder. What is put there is gone when Close returns.
func NewWorkbook(w io.Writer, tempDir string) (Writer, error) {
	b := &bookWriter{w: w, file: excelize.NewFile(excelize.Options{TmpDir: tempDir})}
	err := b.file.SetSheetName(b.file.GetSheetName(0), WrittenSheet)
	if err == nil {
		b.text, err = b.file.NewStyle(&excelize.Style{NumFmt: 49}) // "@"
	}
	if err == nil {
		b.header, err = b.file.NewStyle(&excelize.Style{NumFmt: 49, Font: &excelize.Font{Bold: true}})
	}
	if err != nil {
		b.Close()
		return nil, fmt.Errorf("beginning the workbook: %w", err)
	}
	return b, nil
}

// begin lays the sheet out: the first line stays in sight, and the columns are text.
func (b *bookWriter) begin(headers []string) (err error) {
	if b.stream, err = b.file.NewStreamWriter(WrittenSheet); err != nil {
		return err
	}
	for i, name := range headers {
		width := float64(min(max(utf8.RuneCountInString(name), 10), 40) + 3)
		if err := errors.Join(b.stream.SetColWidth(i+1, i+1, width), b.stream.SetColStyle(i+1, i+1, b.text)); err != nil {
			return err
		}
	}
	return b.stream.SetPanes(&excelize.Panes{Freeze: true, YSplit: 1, TopLeftCell: "A2", ActivePane: "bottomLeft"})
}

func (b *bookWriter) Line(cells []string) error {
	style := b.text
	if b.stream == nil {
		style = b.header
		if err := b.begin(cells); err != nil {
			return err
		}
	}
	row := make([]any, len(cells))
	for i, cell := range cells {
		switch {
		case cell == "": // really empty, so that filters find it as such
		case !fits(cell):
			return fmt.Errorf("column %s: %w", Letters(i), ErrUnfit)
		default:
			row[i] = excelize.Cell{Value: cell, StyleID: style}
		}
	}
	b.lines++
	return b.stream.SetRow("A"+strconv.Itoa(b.lines), row)
}

// halves look like a half of a character beyond U+FFFF as workbooks write it; excelize does not
// escape it, so that it would be read as one.
var halves = regexp.MustCompile(`_x[dD][89a-fA-F][0-9a-fA-F]{2}_`)

var escape = regexp.MustCompile(`^_x[0-9a-fA-F]{4}_`)

// entwined reports whether two that look like escapes share their underscore: excelize escapes
// the first of them only, unless that is the escape of an underscore.
func entwined(s string) bool {
	const length = len("_x0041")
	for i := range len(s) {
		if escape.MatchString(s[i:]) && s[i+2:i+length] != "005F" && escape.MatchString(s[i+length:]) {
			return true
		}
	}
	return false
}

// fits reports whether a cell of a workbook shows the text as it is.
func fits(s string) bool {
	if len(s) > excelize.TotalCellChars && len(utf16.Encode([]rune(s))) > excelize.TotalCellChars {
		return false
	}
	if strings.Contains(s, "_x") && (halves.MatchString(s) || entwined(s)) {
		return false
	}
	for _, r := range s {
		ok := r == '\t' || r == '\n' || r >= ' ' && r != 0xFFFE && r != 0xFFFF && r != utf8.RuneError // XML 1.0, 2.2
		if !ok {
			return false
		}
	}
	return true
}

func (b *bookWriter) End() error {
	if err := b.stream.Flush(); err != nil {
		return err
	}
	return b.file.Write(b.w)
}

func (b *bookWriter) Close() { b.file.Close() }
