package report

import (
	"bufio"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"batch/internal/mailout"
)

// timeInCSV is read as a date by spreadsheets of every language.
const timeInCSV = "2006-01-02 15:04:05"

// csvFile writes a csv as Excel does: a byte order mark, CRLF between lines, LF inside
// cells. encoding/csv would write CRLF inside cells too, and quotes only its own
// delimiter, though LibreOffice splits at all the common ones.
type csvFile struct {
	w     *bufio.Writer
	batch mailout.BatchInfo
	owner *owner
	o     Options
	line  []byte         // is made here, and written as a whole
	rec   mailout.Record // the row that is being written: one for all, so that none is allocated

	onRow, onSigner []func(line) any // what each column gives on a line; nil: nothing
}

func newCSV(w io.Writer, b mailout.BatchInfo, own *owner, o Options) (*csvFile, error) {
	kind := column{"record", 0, both, func(l line) any {
		if l.signer == aRow {
			return "row"
		}
		return "signer"
	}}
	headers := own.headers()
	columns := slices.Concat([]column{kind}, rowColumns, signerColumns)
	f := &csvFile{w: bufio.NewWriterSize(w, 1<<16), batch: b, owner: own, o: o}
	for _, h := range headers {
		f.add(h)
	}
	for _, c := range named(columns, headers) {
		f.add(c.name)
		f.onRow = append(f.onRow, c.valueOn(line{signer: aRow}))
		f.onSigner = append(f.onSigner, c.valueOn(line{signer: 0}))
	}
	f.w.WriteString("\ufeff")
	err := f.endLine()
	f.line = f.line[:0]
	return f, err
}

// row writes the lines of a row, which all begin with the owner's cells.
func (f *csvFile) row(r mailout.Record) error {
	f.rec = r
	l := lineOf(f.batch, &f.rec, f.o)
	cells, err := f.owner.cells(r.Columns, l.mask)
	if err != nil {
		return err
	}
	for _, c := range cells {
		f.add(c)
	}
	owners := len(f.line)
	for ; l.signer < len(r.Job.Signers); l.signer++ {
		f.line = f.line[:owners]
		f.own(l)
		if err := f.endLine(); err != nil {
			return err
		}
	}
	f.line = f.line[:0]
	return nil
}

// own adds the cells of the report's own columns on a line.
func (f *csvFile) own(l line) {
	values := f.onRow
	if l.signer != aRow {
		values = f.onSigner
	}
	for _, value := range values {
		if value != nil {
			f.value(value(l))
		}
		f.line = utf8.AppendRune(f.line, f.o.Delimiter)
	}
}

// value adds what a column gives. A zero number or time is nothing.
func (f *csvFile) value(value any) {
	switch v := value.(type) {
	case string:
		f.text(v)
	case mailout.State:
		f.text(string(v))
	case time.Time:
		if !v.IsZero() {
			f.line = appendTime(f.line, v.In(f.o.Location))
		}
	case int:
		if v != 0 {
			f.line = strconv.AppendInt(f.line, int64(v), 10)
		}
	case int64:
		if v != 0 {
			f.line = strconv.AppendInt(f.line, v, 10)
		}
	}
}

// appendTime appends a time as timeInCSV has it: AppendFormat looks at its layout each time.
func appendTime(b []byte, t time.Time) []byte {
	year, month, day := t.Date()
	if year < 1000 || year > 9999 {
		return t.AppendFormat(b, timeInCSV)
	}
	hour, minute, second := t.Clock()
	b = strconv.AppendInt(b, int64(year), 10)
	for _, part := range []struct {
		before byte
		n      int
	}{{'-', int(month)}, {'-', day}, {' ', hour}, {':', minute}, {':', second}} {
		b = append(b, part.before, byte('0'+part.n/10), byte('0'+part.n%10))
	}
	return b
}

// add adds a cell and a delimiter.
func (f *csvFile) add(cell string) {
	f.text(cell)
	f.line = utf8.AppendRune(f.line, f.o.Delimiter)
}

func (f *csvFile) text(cell string) {
	if !isPlain(cell, f.o.Delimiter) {
		cell = f.quoted(disarmed(cell))
	}
	f.line = append(f.line, cell...)
}

// endLine writes the line; behind its last cell is no delimiter. A bufio.Writer keeps its
// first error for Flush and for every later write.
func (f *csvFile) endLine() error {
	last := len(f.line) - utf8.RuneLen(f.o.Delimiter)
	_, err := f.w.Write(append(f.line[:last], "\r\n"...))
	return err
}

func (f *csvFile) end(mailout.Totals) error { return f.w.Flush() }
func (f *csvFile) close()                   {}

// isPlain reports whether a cell is one of the many that need neither quotes nor disarming:
// nothing but letters and digits, spaces between them, and marks that mean nothing to a
// spreadsheet. At its ends only ASCII is looked at: there are spaces in other alphabets, too.
func isPlain(cell string, delimiter rune) bool {
	for i := 0; i < len(cell); i++ {
		switch c := cell[i]; {
		case c == byte(delimiter):
			return false
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9':
		case i > 0 && (c == '-' || c == '.' || c == '_' || c == '/' || c == ':' || c == '*'):
		case (c == ' ' || c >= utf8.RuneSelf && delimiter < utf8.RuneSelf) && i > 0 && i < len(cell)-1:
		default:
			return false
		}
	}
	return true
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
