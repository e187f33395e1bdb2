package manifest

import (
	"bytes"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/xuri/excelize/v2"
	"pgregory.net/rapid"
)

// bookStyle is how a program writes a workbook.
type bookStyle struct {
	inline   bool // text in the sheet, and not in the shared strings
	from1904 bool
	notes    int // 0: no second sheet; 1: behind the list; 2: before it
	hide     bool
	formats  map[string]int // the style of each number format
}

const listSheet = "Årets liste"

// bookWriter writes cells, and remembers what they show and which of them are text.
type bookWriter struct {
	bookStyle
	file   *excelize.File
	grid   [][]any
	shown  [][]string
	isText map[[2]int]string // by row and column, from 0
}

// write writes the list, and returns where its rows stand.
func (s bookStyle) write(t *rapid.T, l list) (w *bookWriter, lines []int) {
	w = &bookWriter{bookStyle: s, file: excelize.NewFile(), isText: map[[2]int]string{}}
	w.formats = map[string]int{}
	must(t, w.file.SetSheetName("Sheet1", listSheet))
	must(t, w.file.SetWorkbookProps(&excelize.WorkbookPropsOptions{Date1904: &s.from1904}))
	for _, note := range l.above {
		w.row(t, []string{note}, nil)
	}
	w.row(t, l.headers, nil)
	w.shown = nil
	for _, row := range l.rows {
		for range row.blanks {
			w.blank(t, len(l.fields))
		}
		w.row(t, row.cells, &columnsOf{l.fields, row.meant.Job.Activation})
		lines = append(lines, len(w.grid))
	}
	w.fill(t)
	if len(l.above) > 0 && l.above[0] != "" && rapid.Bool().Draw(t, "merged title") {
		must(t, w.file.MergeCell(listSheet, "A1", "C1"))
	}
	if s.hide && !s.inline {
		must(t, w.file.SetColVisible(listSheet, "B:C", false))
	}
	w.addNotes(t)
	return w, lines
}

func must(t *rapid.T, err error) {
	if err != nil {
		t.Fatal(err)
	}
}

func (w *bookWriter) addNotes(t *rapid.T) {
	if w.notes == 0 {
		return
	}
	_, err := w.file.NewSheet("Notater")
	must(t, err)
	must(t, w.file.SetCellStr("Notater", "B2", "title"))
	if w.notes == 2 {
		must(t, w.file.MoveSheet("Notater", listSheet))
	}
}

// columnsOf says what stands in a row's columns. Nil: it is all text.
type columnsOf struct {
	fields []string
	at     time.Time
}

func (w *bookWriter) row(t *rapid.T, cells []string, columns *columnsOf) {
	n := len(w.grid)
	var values []any
	var shown []string
	for c, s := range cells {
		v, show, isText := w.text(t, s)
		if columns != nil {
			if typed, as, ok := w.typed(t, columns.fields[c], s, columns.at); ok {
				v, show, isText = typed, as, false
			}
		}
		if isText {
			w.isText[[2]int{n, c}] = show
		}
		values, shown = append(values, v), append(shown, show)
	}
	w.grid, w.shown = append(w.grid, values), append(w.shown, shown)
}

// blank adds a row in which there is nothing to see.
func (w *bookWriter) blank(t *rapid.T, columns int) {
	var values []any
	switch rapid.IntRange(0, 2).Draw(t, "blank") {
	case 1:
		values = make([]any, columns)
		values[columns-1] = excelize.Cell{StyleID: w.format(t, "0")}
	case 2:
		values = []any{nil, excelize.Cell{Value: " \u00a0"}}
	}
	w.grid = append(w.grid, values)
}

// text draws one of the ways to store a text.
func (w *bookWriter) text(t *rapid.T, s string) (v any, shown string, isText bool) {
	if s == "" {
		if rapid.Bool().Draw(t, "formatted") {
			return excelize.Cell{StyleID: w.format(t, "@")}, "", false
		}
		return nil, "", false
	}
	shown = lineBreaks.Replace(s)
	switch rapid.IntRange(0, 3).Draw(t, "text") {
	case 1:
		runes := []rune(s)
		cut := rapid.IntRange(0, len(runes)-1).Draw(t, "cut")
		return excelize.Cell{Value: []excelize.RichTextRun{{Text: string(runes[:cut])}, {Text: string(runes[cut:]), Font: &excelize.Font{Bold: true}}}}, shown, true
	case 2:
		if w.inline { // only so does the library keep a formula's value
			return excelize.Cell{Formula: `"a"&"b"`, Value: s}, shown, true
		}
	}
	return excelize.Cell{Value: s, StyleID: w.format(t, "@")}, shown, true
}

// typed draws a cell that is no text, for a value that need not be one.
func (w *bookWriter) typed(t *rapid.T, field, s string, at time.Time) (v any, shown string, ok bool) {
	if !rapid.Bool().Draw(t, "typed") {
		return nil, "", false
	}
	if name, _, _ := strings.Cut(field, "/"); name == "activation" && s != "" && (at.Hour() != 0 || at.Minute() != 0) {
		return w.date(t, at)
	}
	number, err := strconv.ParseInt(s, 10, 64)
	if field == "" || err != nil || s[0] == '+' || s[0] == '0' && !strings.HasPrefix(field, "national_id") {
		return nil, "", false
	}
	padded := strings.Repeat("0", len(s))
	code := rapid.SampledFrom([]string{"General", padded, "0", "#,##0", "0.00E+00", `0\ "kr"`}).Draw(t, "format")
	if s[0] == '0' && rapid.Bool().Draw(t, "padded") {
		code = padded
	}
	shown = strconv.FormatInt(number, 10)
	if len(s) > 1 && code == padded {
		shown = s
	}
	return excelize.Cell{Value: float64(number), StyleID: w.format(t, code)}, shown, true
}

func (w *bookWriter) date(t *rapid.T, at time.Time) (v any, shown string, ok bool) {
	code := rapid.SampledFrom([]string{"dd.mm.yyyy hh:mm", "yyyy-mm-dd hh:mm", `[$-414]d. mmmm yyyy "kl." hh:mm`, "dd.mm.yyyy"}).Draw(t, "format")
	epoch := time.Date(1899, 12, 30, 0, 0, 0, 0, time.UTC) // serial 0 of dates from March 1900 on
	if w.from1904 {
		epoch = time.Date(1904, 1, 1, 0, 0, 0, 0, time.UTC)
	}
	clock := time.Date(at.Year(), at.Month(), at.Day(), at.Hour(), at.Minute(), 0, 0, time.UTC)
	layout := "02.01.2006 15:04"
	if strings.HasPrefix(code, "yyyy") {
		layout = "2006-01-02 15:04"
	}
	return excelize.Cell{Value: clock.Sub(epoch).Hours() / 24, StyleID: w.format(t, code)}, at.Format(layout), true
}

func (w *bookWriter) format(t *rapid.T, code string) int {
	if _, ok := w.formats[code]; !ok {
		id, err := w.file.NewStyle(&excelize.Style{CustomNumFmt: &code})
		must(t, err)
		w.formats[code] = id
	}
	return w.formats[code]
}

// fill puts the grid into the sheet.
func (w *bookWriter) fill(t *rapid.T) {
	if !w.inline {
		for r, row := range w.grid {
			for c, v := range row {
				at, _ := excelize.CoordinatesToCellName(c+1, r+1)
				w.set(t, at, v)
			}
		}
		return
	}
	s, err := w.file.NewStreamWriter(listSheet)
	must(t, err)
	for r, row := range w.grid {
		at, _ := excelize.CoordinatesToCellName(1, r+1)
		must(t, s.SetRow(at, row))
	}
	must(t, s.Flush())
}

func (w *bookWriter) set(t *rapid.T, at string, v any) {
	c, ok := v.(excelize.Cell)
	if !ok {
		return
	}
	switch value := c.Value.(type) {
	case []excelize.RichTextRun:
		must(t, w.file.SetCellRichText(listSheet, at, value))
	case float64:
		must(t, w.file.SetCellDefault(listSheet, at, strconv.FormatFloat(value, 'g', 17, 64)))
	case string:
		escaped := strings.ReplaceAll(value, "_x0", "_x005F_x0") // as the library does everywhere else
		must(t, w.file.SetCellStr(listSheet, at, escaped))
	}
	if c.StyleID > 0 {
		must(t, w.file.SetCellStyle(listSheet, at, at, c.StyleID))
	}
}

// Whatever the style in which a list is saved as a workbook, the same rows come back;
// and of every cell that is text, what the library reads that wrote it.
func TestWorkbooksComeBack(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		style := bookStyle{inline: rapid.Bool().Draw(rt, "inline"), from1904: rapid.Bool().Draw(rt, "1904"), notes: rapid.IntRange(0, 2).Draw(rt, "notes"), hide: rapid.Bool().Draw(rt, "hide")}
		l := drawList(rt, beyond)
		w, lines := style.write(rt, l)
		b, err := w.file.WriteToBuffer()
		must(rt, err)
		o := anywhere()
		if style.notes == 2 {
			o.Sheet = rapid.SampledFrom([]string{listSheet, "ÅRETS LISTE"}).Draw(rt, "sheet")
		}
		r := read(t, "m.xlsx", b.Bytes(), o)
		l.judge(rt, r, lines, w.shown)
		w.asTheLibraryReads(rt, l, r, lines, b.Bytes())
	})
}

func (w *bookWriter) asTheLibraryReads(t *rapid.T, l list, r reading, lines []int, book []byte) {
	f, err := excelize.OpenReader(bytes.NewReader(book))
	must(t, err)
	rows, err := f.GetRows(listSheet)
	must(t, err)
	for i, e := range r.entries {
		column := 0
		for c, header := range l.headers {
			if header == "" {
				continue
			}
			// Of inline text and formulas, the library does not read escapes.
			if s, ok := w.isText[[2]int{lines[i] - 1, c}]; ok && !strings.Contains(s, "_x") {
				if theirs := lineBreaks.Replace(slices.Concat(rows[lines[i]-1], make([]string, len(l.headers)))[c]); theirs != shownIn(e, column) {
					t.Fatalf("line %d, column %d: %q, and the library reads %q", e.Line, c+1, shownIn(e, column), theirs)
				}
			}
			column++
		}
	}
}
