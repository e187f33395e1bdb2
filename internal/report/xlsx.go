package report

import (
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/xuri/excelize/v2"

	"batch/internal/mailout"
)

// Sheets of the workbook, in order.
const (
	sheetRows    = "Rows"
	sheetSigners = "Signers"
	sheetTotals  = "Totals"
)

// workbook writes an xlsx with a line a row, a line a signer, and the totals. All text
// is in text cells, so nothing of it is ever run; times are dates that a spreadsheet can
// sort and count with.
type workbook struct {
	w     io.Writer
	file  *excelize.File
	batch mailout.BatchInfo
	owner *owner
	o     Options
	style styles

	rows, signers *sheet
}

// styles are the numbers of the workbook's cell styles.
type styles struct{ header, date, number, lines, good, bad, bold int }

func newWorkbook(w io.Writer, b mailout.BatchInfo, own *owner, o Options) (*workbook, error) {
	f := &workbook{w: w, batch: b, owner: own, o: o, file: excelize.NewFile(excelize.Options{TmpDir: o.TempDir})}
	if err := f.begin(); err != nil {
		f.close()
		return nil, fmt.Errorf("beginning the workbook: %w", err)
	}
	return f, nil
}

func (f *workbook) begin() (err error) {
	if err := f.file.SetSheetName(f.file.GetSheetName(0), sheetRows); err != nil {
		return err
	}
	for _, name := range []string{sheetSigners, sheetTotals} {
		if _, err := f.file.NewSheet(name); err != nil {
			return err
		}
	}
	if f.style, err = newStyles(f.file); err != nil {
		return err
	}
	headers, widths := f.owner.headers(), make([]float64, len(f.owner.longest))
	for i, longest := range f.owner.longest {
		widths[i] = float64(min(max(longest, 4), 40) + 3)
	}
	own := named(rowColumns, headers)
	if f.rows, err = newSheet(f, sheetRows, headers, widths, own); err != nil {
		return err
	}
	f.signers, err = newSheet(f, sheetSigners, nil, nil, signersSheet)
	return err
}

// signersSheet are the columns of the sheet of signers.
var signersSheet = append([]column{colLine, colKey, colTitle, colState}, signerColumns...)

func newStyles(f *excelize.File) (s styles, err error) {
	font := func(bold bool) *excelize.Font { return &excelize.Font{Family: "Calibri", Size: 11, Bold: bold} }
	fill := func(colour string) excelize.Fill {
		return excelize.Fill{Type: "pattern", Pattern: 1, Color: []string{colour}}
	}
	left := &excelize.Alignment{Horizontal: "left"} // numbers and dates in line with their header
	format := "yyyy-mm-dd hh:mm:ss"
	for _, want := range []struct {
		id    *int
		style excelize.Style
	}{
		{&s.header, excelize.Style{Font: font(true), Fill: fill("DDE7F0")}},
		{&s.date, excelize.Style{Font: font(false), CustomNumFmt: &format, Alignment: left}},
		{&s.number, excelize.Style{Font: font(false), Alignment: left}},
		{&s.lines, excelize.Style{Font: font(false), Alignment: &excelize.Alignment{WrapText: true, Vertical: "top"}}},
		{&s.good, excelize.Style{Font: font(false), Fill: fill("DFF0D8")}},
		{&s.bad, excelize.Style{Font: font(false), Fill: fill("F8D7DA")}},
		{&s.bold, excelize.Style{Font: font(true), Alignment: left}},
	} {
		if *want.id, err = f.NewStyle(&want.style); err != nil {
			return s, err
		}
	}
	return s, nil
}

func (f *workbook) row(r mailout.Record) error {
	l := lineOf(f.batch, &r, f.o)
	cells, err := f.owner.cells(r.Columns, l.mask)
	if err != nil {
		return err
	}
	if err := f.rows.line(cells, l); err != nil {
		return err
	}
	for l.signer = range r.Job.Signers {
		if err := f.signers.line(nil, l); err != nil {
			return err
		}
	}
	return nil
}

func (f *workbook) end(all mailout.Totals) error {
	for _, s := range []*sheet{f.rows, f.signers} {
		if err := s.end(); err != nil {
			return err
		}
	}
	if err := f.totals(all); err != nil {
		return err
	}
	return f.file.Write(f.w)
}

// close removes what was spooled.
func (f *workbook) close() { f.file.Close() }

// sheet is one list: a header that stays in sight and filters, and lines below it.
type sheet struct {
	book    *workbook
	name    string
	stream  *excelize.StreamWriter
	columns []column // after the owner's
	width   int      // columns in all
	lines   int      // written, the header included
}

func newSheet(f *workbook, name string, owners []string, widths []float64, columns []column) (*sheet, error) {
	if err := printable(f.file, name, len(owners) == 0); err != nil {
		return nil, err
	}
	stream, err := f.file.NewStreamWriter(name)
	if err != nil {
		return nil, err
	}
	s := &sheet{f, name, stream, columns, len(owners) + len(columns), 0}
	var header []any
	for _, h := range owners {
		header = append(header, excelize.Cell{StyleID: f.style.header, Value: h})
	}
	for _, c := range columns {
		header = append(header, excelize.Cell{StyleID: f.style.header, Value: c.name})
		widths = append(widths, c.width)
	}
	for i, w := range widths {
		if err := stream.SetColWidth(i+1, i+1, w); err != nil {
			return nil, err
		}
	}
	if err := stream.SetPanes(&excelize.Panes{Freeze: true, YSplit: 1, TopLeftCell: "A2", ActivePane: "bottomLeft"}); err != nil {
		return nil, err
	}
	return s, s.write(header)
}

// printable lays a sheet out for A4 paper, across; with fit, all its columns are made to
// fit the width of a page.
func printable(f *excelize.File, name string, fit bool) error {
	a4, across, wide, high := 9, "landscape", 1, 0 // paper sizes: ECMA-376 part 1, 18.3.1.63
	if err := f.SetSheetProps(name, &excelize.SheetPropsOptions{FitToPage: &fit}); err != nil {
		return err
	}
	return f.SetPageLayout(name, &excelize.PageLayoutOptions{Size: &a4, Orientation: &across, FitToWidth: &wide, FitToHeight: &high})
}

func (s *sheet) line(owners []string, l line) error {
	cells := make([]any, 0, s.width)
	for _, text := range owners {
		cells = append(cells, s.text(text))
	}
	for _, c := range s.columns {
		if c.on(l) {
			cells = append(cells, s.cell(c, l))
		} else {
			cells = append(cells, nil)
		}
	}
	return s.write(cells)
}

func (s *sheet) cell(c column, l line) any {
	switch v := present(c.value(l), s.book.o.Location).(type) {
	case time.Time:
		return excelize.Cell{StyleID: s.book.style.date, Value: v.Truncate(time.Second)}
	case mailout.State:
		return excelize.Cell{StyleID: s.book.style.of(l.rec), Value: string(v)}
	case string:
		return s.text(v)
	default:
		return excelize.Cell{StyleID: s.book.style.number, Value: v}
	}
}

// of colours a state: green where all is well, red where a person should look.
func (s styles) of(r *mailout.Record) int {
	switch {
	case r.Doubtful || len(r.Duplicates) > 0 || r.State == mailout.Unknown:
		return s.bad
	case r.State == mailout.Signed:
		return s.good
	case r.State.Final():
		return s.bad
	}
	return 0
}

// text is a text cell. One without text is really empty, so that filters find it as such.
func (s *sheet) text(v string) any {
	switch {
	case v == "":
		return nil
	case strings.Contains(v, "\n"):
		return excelize.Cell{StyleID: s.book.style.lines, Value: v}
	}
	return v
}

func (s *sheet) write(cells []any) error {
	s.lines++
	err := s.stream.SetRow("A"+strconv.Itoa(s.lines), cells, excelize.RowOpts{Height: height(cells)})
	if errors.Is(err, excelize.ErrMaxRows) {
		return fmt.Errorf("a sheet holds %d lines: write the report as csv", excelize.TotalRows)
	}
	return err
}

// height is a row's height in points, for no spreadsheet fits it to several lines of text
// by itself; 0 leaves the default.
func height(cells []any) float64 {
	breaks := 0
	for _, c := range cells {
		if c, ok := c.(excelize.Cell); ok {
			text, _ := c.Value.(string)
			breaks = max(breaks, strings.Count(text, "\n"))
		}
	}
	if breaks == 0 {
		return 0
	}
	return min(15*float64(1+breaks), excelize.MaxRowHeight)
}

// end puts the filter over the list and closes it.
func (s *sheet) end() error {
	last, err := excelize.CoordinatesToCellName(s.width, s.lines)
	if err != nil {
		return err
	}
	if err := s.book.file.AutoFilter(s.name, "A1:"+last, nil); err != nil {
		return err
	}
	return s.stream.Flush()
}
