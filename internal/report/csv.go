package report

import (
	"bufio"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"batch/internal/mailout"
)

// timeInCSV is read as a date by spreadsheets of every language.
const timeInCSV = "2006-01-02 15:04:05"

// csvFile writes a csv as Excel does: a byte order mark, CRLF between lines, LF inside
// cells. encoding/csv would write CRLF inside cells too, and quotes only its own
// delimiter, though LibreOffice splits at all the common ones.
type csvFile struct {
	w       *bufio.Writer
	batch   mailout.BatchInfo
	owner   *owner
	columns []column
	o       Options
}

func newCSV(w io.Writer, b mailout.BatchInfo, own *owner, o Options) (*csvFile, error) {
	if o.Delimiter == 0 {
		o.Delimiter = ';'
	}
	kind := column{"record", 0, both, func(l line) any {
		if l.signer == aRow {
			return "row"
		}
		return "signer"
	}}
	headers := own.headers()
	columns := slices.Concat([]column{kind}, rowColumns, signerColumns)
	f := &csvFile{bufio.NewWriter(w), b, own, named(columns, headers), o}
	for _, c := range f.columns {
		headers = append(headers, c.name)
	}
	f.w.WriteString("\ufeff")
	return f, f.write(headers)
}

func (f *csvFile) row(r mailout.Record) error {
	l := lineOf(f.batch, r, f.o)
	cells := f.owner.cells(r.Columns, l.mask)
	for ; l.signer < len(r.Job.Signers); l.signer++ {
		if err := f.write(append(cells[:len(cells):len(cells)], f.own(l)...)); err != nil {
			return err
		}
	}
	return nil
}

// own are the cells of the report's own columns on a line.
func (f *csvFile) own(l line) []string {
	cells := make([]string, len(f.columns))
	for i, c := range f.columns {
		if !c.on(l) {
			continue
		}
		switch v := present(c.value(l), f.o.Location).(type) {
		case time.Time:
			cells[i] = v.Format(timeInCSV)
		default:
			cells[i] = fmt.Sprint(v)
		}
	}
	return cells
}

func (f *csvFile) end(mailout.Totals) error { return f.w.Flush() }
func (f *csvFile) close()                   {}

// write writes one line. A bufio.Writer keeps its first error for Flush and for every
// later write, so the last one tells.
func (f *csvFile) write(cells []string) error {
	for i, c := range cells {
		if i > 0 {
			f.w.WriteRune(f.o.Delimiter)
		}
		f.w.WriteString(f.quoted(disarmed(c)))
	}
	_, err := f.w.WriteString("\r\n")
	return err
}

// quoted puts a cell in quotes where any spreadsheet would otherwise take it apart or
// trim it.
func (f *csvFile) quoted(cell string) string {
	if !strings.ContainsAny(cell, "\",;\t|\r\n") && !strings.ContainsRune(cell, f.o.Delimiter) && strings.TrimSpace(cell) == cell {
		return cell
	}
	return `"` + strings.ReplaceAll(cell, `"`, `""`) + `"`
}

// disarmed puts an apostrophe in front of a cell that a spreadsheet would run.
func disarmed(cell string) string {
	if RunsInCSV(cell) {
		return "'" + cell
	}
	return cell
}

// RunsInCSV reports whether a spreadsheet would run a cell of a csv as a formula (OWASP,
// "CSV Injection"), full-width forms included. A plain number with a sign, such as a foreign
// mobile number, runs nothing.
func RunsInCSV(cell string) bool {
	begin := strings.TrimLeft(cell, " \u00a0")
	if begin == "" || strings.Trim(begin, "+-0123456789., \u00a0") == "" && !strings.ContainsAny(begin[1:], "+-") {
		return false
	}
	return strings.ContainsAny(string([]rune(begin)[:1]), "=+-@\t\r\n＝＋－＠")
}
