package manifest

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"iter"
	"path"
	"strings"

	"github.com/xuri/excelize/v2"

	"batch/internal/mailout"
)

// maxUnzipped bounds what a workbook may unpack to. All of it stays in memory, so that
// no sheet is ever written to a temporary folder in clear.
const maxUnzipped = 512 << 20

// workbook is an opened .xlsx. The library finds the parts and reads what cells say;
// sheetXML reads what it does not tell: what kind of value a cell holds, whether a
// formula has one, what is hidden and what is merged.
type workbook struct {
	file     *excelize.File
	sheets   []sheet
	formats  []format // by style
	from1904 bool
	strings  int // shared strings in the workbook
}

// sheet is one sheet of a workbook.
type sheet struct {
	name    string
	part    string // its name in the package
	visible bool
}

func openWorkbook(b []byte, o Options, macros bool, known func([]string) bool) (*source, error) {
	w, err := readWorkbook(b)
	if err != nil {
		return nil, err
	}
	chosen, err := w.choose(o, known)
	if err != nil {
		return nil, err
	}
	notes := w.rivals(o, chosen, known)
	if macros {
		notes = append(notes, mailout.Problem{Severity: mailout.Warn, Code: "macros-ignored", Place: mailout.Place{File: o.Name},
			Message: "the workbook has macros; they are not run", Remedy: "make sure that the values in the cells are the right ones as they stand"})
	}
	state := &merges{}
	return &source{
		sheet: chosen.name,
		lines: func() iter.Seq2[line, error] { return w.lines(chosen, state) },
		notes: notes,
		close: w.file.Close,
		late:  func(header int) []mailout.Problem { return state.problems(o.Name, chosen.name, header) },
	}, nil
}

var errDamaged = broken("manifest-damaged", "the workbook is damaged, or is no workbook", "open it in Excel, save it under a new name and use that file")

func readWorkbook(b []byte) (*workbook, error) {
	f, err := excelize.OpenReader(bytes.NewReader(b), excelize.Options{RawCellValue: true, UnzipSizeLimit: maxUnzipped, UnzipXMLSizeLimit: maxUnzipped})
	if err != nil && strings.Contains(err.Error(), "unzip size exceeds") {
		return nil, broken("manifest-too-large", "the workbook unpacks to more than 512 MB", "remove what is not part of the list: pictures, other sheets, formatted empty rows")
	} else if err != nil || f.WorkBook == nil {
		return nil, errDamaged
	}
	w := &workbook{file: f}
	if props, err := f.GetWorkbookProps(); err == nil && props.Date1904 != nil {
		w.from1904 = *props.Date1904
	}
	for _, step := range []func() error{w.readSheets, w.readFormats, w.countStrings} {
		if err := step(); err != nil {
			return nil, errDamaged
		}
	}
	return w, nil
}

// bytesOf returns a part of the package.
func (w *workbook) bytesOf(part string) ([]byte, bool) {
	v, ok := w.file.Pkg.Load(part)
	b, _ := v.([]byte)
	return b, ok
}

// readSheets lists the worksheets in the workbook's order with the parts they are in.
func (w *workbook) readSheets() error {
	b, _ := w.bytesOf("xl/_rels/workbook.xml.rels")
	var rels struct {
		List []struct {
			ID     string `xml:"Id,attr"`
			Target string `xml:"Target,attr"`
		} `xml:"Relationship"`
	}
	if err := xml.Unmarshal(b, &rels); err != nil {
		return fmt.Errorf("reading the workbook's relations: %w", err)
	}
	parts := map[string]string{}
	for _, r := range rels.List {
		if strings.HasPrefix(r.Target, "/") {
			parts[r.ID] = strings.TrimPrefix(r.Target, "/")
		} else {
			parts[r.ID] = path.Join("xl", r.Target)
		}
	}
	for _, s := range w.file.WorkBook.Sheets.Sheet {
		part := parts[s.ID]
		if _, ok := w.bytesOf(part); ok && strings.Contains(part, "worksheets/") {
			w.sheets = append(w.sheets, sheet{name: s.Name, part: part, visible: s.State == "" || s.State == "visible"})
		}
	}
	if len(w.sheets) == 0 {
		return errors.New("no worksheet")
	}
	return nil
}

func (w *workbook) readFormats() error {
	b, ok := w.bytesOf("xl/styles.xml")
	if !ok {
		return nil
	}
	var styles struct {
		Codes []struct {
			ID   int    `xml:"numFmtId,attr"`
			Code string `xml:"formatCode,attr"`
		} `xml:"numFmts>numFmt"`
		Cells []struct {
			Format int `xml:"numFmtId,attr"`
		} `xml:"cellXfs>xf"`
	}
	if err := xml.Unmarshal(b, &styles); err != nil {
		return fmt.Errorf("reading the styles: %w", err)
	}
	own := map[int]format{}
	for _, c := range styles.Codes {
		own[c.ID] = parseFormat(c.Code)
	}
	for _, c := range styles.Cells {
		f, ok := own[c.Format]
		if !ok {
			f = builtin(c.Format)
		}
		w.formats = append(w.formats, f)
	}
	return nil
}

// countStrings counts the shared strings, so that a cell that names one that is not
// there can be told from an empty one.
func (w *workbook) countStrings() error {
	b, _ := w.bytesOf("xl/sharedStrings.xml")
	d := xml.NewDecoder(bytes.NewReader(b))
	for {
		token, err := d.Token()
		if err == io.EOF {
			return nil
		} else if err != nil {
			return fmt.Errorf("reading the shared strings: %w", err)
		}
		if e, ok := token.(xml.StartElement); ok && e.Name.Local == "si" {
			w.strings++
		}
	}
}

// choose returns the sheet asked for, or the first visible one.
func (w *workbook) choose(o Options, known func([]string) bool) (sheet, error) {
	var names []string
	for _, s := range w.sheets {
		if o.Sheet == s.name || o.Sheet == "" && s.visible {
			return s, w.hasHeader(s, known)
		}
		names = append(names, fmt.Sprintf("%q", s.name))
	}
	if o.Sheet == "" {
		return sheet{}, broken("sheet-missing", "every sheet of the workbook is hidden", "show the one that holds the list, or name it with --sheet")
	}
	return sheet{}, broken("sheet-missing", "the workbook has no sheet of that name", "it has "+strings.Join(names, ", "))
}

// hasHeader makes sure that a header can be found, and says where one is otherwise.
func (w *workbook) hasHeader(s sheet, known func([]string) bool) error {
	if _, ok := findHeader(w.lines(s, &merges{}), known); ok {
		return nil
	}
	for _, other := range w.sheets {
		if _, ok := findHeader(w.lines(other, &merges{}), known); ok && other != s {
			return noHeader(fmt.Sprintf("the sheet %q has one: say --sheet %q", other.name, other.name))
		}
	}
	return noHeader("")
}

// rivals reports other visible sheets that could be meant as well.
func (w *workbook) rivals(o Options, chosen sheet, known func([]string) bool) []mailout.Problem {
	var ps []mailout.Problem
	for _, s := range w.sheets {
		if o.Sheet != "" || s == chosen || !s.visible {
			continue
		}
		if _, ok := findHeader(w.lines(s, &merges{}), known); ok {
			ps = append(ps, mailout.Problem{Severity: mailout.Stop, Code: "sheet-ambiguous", Place: mailout.Place{File: o.Name, Sheet: s.name},
				Message: "this sheet has a header too: which one is meant is not clear", Remedy: fmt.Sprintf("say --sheet %q or --sheet %q", chosen.name, s.name)})
		}
	}
	return ps
}
