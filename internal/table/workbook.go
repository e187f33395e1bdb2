package table

import (
	"fmt"
	"io"
	"iter"
	"strings"

	"golang.org/x/text/unicode/norm"
)

// workbook is an opened .xlsx (ECMA-376 part 1). Its parts are read here, and not by the
// library that writes our workbooks, because that one does not tell an empty cell from a
// damaged one, nor a formula without a value from one with; and it unpacks large sheets
// into the temporary folder, in clear.
type workbook struct {
	pack     *pack
	sheets   []sheet
	formats  []format // by style
	from1904 bool
	stale    bool     // whoever wrote it asks for all formulas to be calculated anew
	strings  []string // the shared ones
}

// sheet is one sheet of a workbook.
type sheet struct {
	name    string
	part    string // its name in the package
	visible bool
}

func openWorkbook(f io.ReaderAt, size int64, o Options, macros bool, isHeader func(Line) bool) (*File, error) {
	w, err := readWorkbook(f, size)
	if err != nil {
		return nil, err
	}
	chosen, err := w.choose(o, isHeader)
	if err != nil {
		return nil, err
	}
	rivals, err := w.rivals(o, chosen, isHeader)
	if err != nil {
		return nil, err
	}
	opened := &File{Sheet: chosen.name, Macros: macros, Rivals: rivals}
	opened.lines = func() iter.Seq2[Line, error] { return w.lines(chosen, &opened.merges) }
	return opened, nil
}

func readWorkbook(f io.ReaderAt, size int64) (*workbook, error) {
	p, err := openPack(f, size)
	if err != nil {
		return nil, err
	}
	top, err := p.relationsOf("")
	if err != nil {
		return nil, fault(err)
	}
	main := top.byKind["officeDocument"]
	if main == "" || !p.has(main) {
		return nil, errDamaged
	}
	if strings.HasSuffix(main, ".bin") {
		return nil, broken("manifest-xlsb", "that is a binary workbook (.xlsb) under the name of another kind", wanted)
	}
	w := &workbook{pack: p}
	rels, err := p.relationsOf(main)
	if err != nil {
		return nil, fault(err)
	}
	if err := w.readSheets(main, rels); err != nil {
		return nil, err
	}
	if part := rels.byKind["styles"]; part != "" {
		if err := w.readFormats(part); err != nil {
			return nil, err
		}
	}
	if part := rels.byKind["sharedStrings"]; part != "" {
		w.strings, err = readStrings(p, part)
	}
	return w, err
}

// readSheets lists the worksheets in the workbook's order with the parts they are in.
func (w *workbook) readSheets(main string, rels relations) error {
	var book struct {
		Properties struct {
			From1904 bool `xml:"date1904,attr"`
		} `xml:"workbookPr"`
		Calculation struct {
			OnLoad bool `xml:"fullCalcOnLoad,attr"`
		} `xml:"calcPr"`
		Sheets []struct {
			Name  string `xml:"name,attr"`
			State string `xml:"state,attr"`
			ID    string `xml:"id,attr"`
		} `xml:"sheets>sheet"`
	}
	if err := w.pack.unmarshal(main, &book); err != nil {
		return err
	}
	w.from1904, w.stale = book.Properties.From1904, book.Calculation.OnLoad
	for _, s := range book.Sheets {
		switch r, ok := rels.byID[s.ID]; {
		case !ok, r.kind == "worksheet" && !w.pack.has(r.part): // the next one is not the first for it
			return damaged(fmt.Sprintf("the workbook is damaged: its sheet %q is missing", s.Name))
		case r.kind == "worksheet":
			w.sheets = append(w.sheets, sheet{name: s.Name, part: r.part, visible: s.State == "" || s.State == "visible"})
		}
	}
	if len(w.sheets) == 0 {
		return errDamaged
	}
	return nil
}

func (w *workbook) readFormats(part string) error {
	var styles struct {
		Codes []struct {
			ID   int    `xml:"numFmtId,attr"`
			Code string `xml:"formatCode,attr"`
		} `xml:"numFmts>numFmt"`
		Cells []struct {
			Format int `xml:"numFmtId,attr"`
		} `xml:"cellXfs>xf"`
	}
	if err := w.pack.unmarshal(part, &styles); err != nil {
		return err
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

// choose returns the sheet asked for, or the first visible one, and makes sure that a
// header can be found in it.
func (w *workbook) choose(o Options, isHeader func(Line) bool) (sheet, error) {
	var names []string
	for _, s := range w.sheets {
		if sameSheet(o.Sheet, s.name) || o.Sheet == "" && s.visible {
			return s, w.hasHeader(s, isHeader)
		}
		names = append(names, fmt.Sprintf("%q", s.name))
	}
	if o.Sheet == "" {
		return sheet{}, broken("sheet-missing", "every sheet of the workbook is hidden", "show the one that holds the list, or name it with --sheet")
	}
	return sheet{}, broken("sheet-missing", "the workbook has no sheet of that name", "name one of its sheets with --sheet: "+strings.Join(names, ", "))
}

// sameSheet compares names as Excel does, in which no two sheets differ in case alone.
func sameSheet(a, b string) bool {
	return strings.EqualFold(norm.NFC.String(a), norm.NFC.String(b))
}

// hasHeader says where a header is if this sheet has none.
func (w *workbook) hasHeader(s sheet, isHeader func(Line) bool) error {
	if _, ok, err := w.header(s, isHeader); ok || err != nil {
		return err
	}
	for _, other := range w.sheets {
		// What is wrong with a sheet that nobody chose does not matter here.
		if _, ok, _ := w.header(other, isHeader); ok {
			return &NoHeader{Elsewhere: other.name}
		}
	}
	return &NoHeader{}
}

func (w *workbook) header(s sheet, isHeader func(Line) bool) (Line, bool, error) {
	return findHeader(w.lines(s, &merges{}), isHeader)
}

// rivals are the other visible sheets that could be meant as well.
func (w *workbook) rivals(o Options, chosen sheet, isHeader func(Line) bool) ([]string, error) {
	var names []string
	for _, s := range w.sheets {
		if o.Sheet != "" || s == chosen || !s.visible {
			continue
		}
		_, ok, err := w.header(s, isHeader)
		if err != nil {
			return nil, err
		}
		if ok {
			names = append(names, s.name)
		}
	}
	return names, nil
}
