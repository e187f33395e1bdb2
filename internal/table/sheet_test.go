package table

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
)

// ownCell reads a workbook with one more cell in row 2, D2, whose other cells are good.
func ownCell(t *testing.T, cell string, parts ...[2]string) reading {
	t.Helper()
	sheet := `<worksheet><sheetData>` + strings.Replace(headerRow, `</row>`, `<c r="D1" t="inlineStr"><is><t>Merknad</t></is></c></row>`, 1) +
		strings.Replace(goodRow, `</row>`, cell+`</row>`, 1) + `</sheetData></worksheet>`
	return read(t, "m.xlsx", bookOf(t, append(leastParts(sheet), parts...)...), Options{})
}

// What a cell of each type holds, and nothing more: what is stored wrongly is named.
func TestStoredCells(t *testing.T) {
	for _, c := range []struct{ what, cell, shown, want string }{
		{"true", `<c r="D2" t="b"><v>1</v></c>`, "SANN", ""},
		{"true, among blanks", `<c r="D2" t="b"><v> true </v></c>`, "SANN", ""},
		{"false", `<c r="D2" t="b"><v>0</v></c>`, "USANN", ""},
		{"neither true nor false", `<c r="D2" t="b"><v>2</v></c>`, "2", "cell-unreadable@D2"},
		{"empty, formatted as a truth value", `<c r="D2" t="b"/>`, "", ""},
		{"empty, formatted as a date", `<c r="D2" t="d"/>`, "", ""},
		{"an error without a name", `<c r="D2" t="e"/>`, "", "cell-error@D2"},
		{"an ISO date with a fraction", `<c r="D2" t="d"><v>2026-12-01T08:30:00.000</v></c>`, "01.12.2026 08:30", ""},
		{"an ISO time a hair before the full minute", `<c r="D2" t="d"><v>2026-12-01T08:29:59.9997</v></c>`, "01.12.2026 08:30", ""},
		{"no ISO date", `<c r="D2" t="d"><v>1.12.2026</v></c>`, "1.12.2026", "cell-unreadable@D2"},
		{"a character outside the first plane, escaped", `<c r="D2" t="inlineStr"><is><t>Hei _xD83D__xDE00_</t></is></c>`, "Hei 😀", ""},
		{"half of one", `<c r="D2" t="inlineStr"><is><t>Hei _xD83D_</t></is></c>`, "Hei \uFFFD", ""},
		{"an escaped escape", `<c r="D2" t="inlineStr"><is><t>_x005F_x0041__x0041_</t></is></c>`, "_x0041_A", ""},
		{"no escape: it goes over a run's end", `<c r="D2" t="inlineStr"><is><r><t>_</t></r><r><t>x0041_</t></r></is></c>`, "_x0041_", ""},
		{"a formula's text, escaped", `<c r="D2" t="str"><f>A1</f><v>a_x000A_b</v></c>`, "a\nb", ""},
		{"no escape", `<c r="D2" t="inlineStr"><is><t>_X0041_ _x041_</t></is></c>`, "_X0041_ _x041_", ""},
		{"CDATA and a comment", `<c r="D2" t="inlineStr"><is><t><![CDATA[<a>]]><!-- b --> c</t></is></c>`, "<a> c", ""},
		{"white space kept", `<c r="D2" t="inlineStr"><is><t xml:space="preserve">  a&#13;&#10;b </t></is></c>`, "  a\nb ", ""},
		{"text typed as a number", `<c r="D2" t="inlineStr"><v>0150</v></c>`, "0150", ""},
	} {
		t.Run(c.what, func(t *testing.T) {
			r := ownCell(t, c.cell)
			if r.err != nil || r.findings() != c.want {
				t.Fatalf("%v; found %q, want %q", r.err, r.findings(), c.want)
			}
			if got := r.rows[0].At(3).Text; got != c.shown {
				t.Errorf("shown %q, want %q", got, c.shown)
			}
		})
	}
}

// A cell without an address stands behind the one before it, whether that one holds
// something or not.
func TestCellsWithoutAddress(t *testing.T) {
	for _, c := range []struct{ what, row, want string }{
		{"an empty one between", `<c t="s"><v>3</v></c><c s="1"/><c><v>17912099997</v></c>`, "Avtale||17912099997"},
		{"an empty one with an address before", `<c r="A2"/><c t="s"><v>4</v></c><c><v>17912099997</v></c>`, "|a.pdf|17912099997"},
		{"two empty ones", `<c/><c/><c><v>17912099997</v></c>`, "||17912099997"},
		{"an empty one at the end", `<c t="s"><v>3</v></c><c t="s"><v>4</v></c><c><v>17912099997</v></c><c/><c/>`, "Avtale|a.pdf|17912099997"},
		{"an empty one, and its value", `<c r="A2"/><c r="A2" t="s"><v>3</v></c><c t="s"><v>4</v></c><c><v>17912099997</v></c>`, "Avtale|a.pdf|17912099997"},
	} {
		t.Run(c.what, func(t *testing.T) {
			r := read(t, "m.xlsx", bookOf(t, leastParts(sheetWith(`<row>`+c.row+`</row>`))...), Options{})
			if r.err != nil || len(r.rows) != 1 {
				t.Fatalf("%v; %d rows", r.err, len(r.rows))
			}
			var texts []string
			for _, cell := range r.rows[0].Cells {
				texts = append(texts, cell.Text)
			}
			if got := strings.Join(texts, "|"); got != c.want {
				t.Errorf("read as %q, want %q", got, c.want)
			}
		})
	}
}

// The place of a button is said with rows and columns too.
func TestButtonsAreNoRows(t *testing.T) {
	const buttons = `<controls><control shapeId="1"><controlPr><anchor><from><xdr:col>4</xdr:col><xdr:row>1</xdr:row></from><to><xdr:col>6</xdr:col><xdr:row>3</xdr:row></to></anchor></controlPr></control></controls>`
	rows := `<row r="3"><c r="A3" t="s"><v>3</v></c><c r="B3" t="s"><v>4</v></c><c r="C3"><v>29822099635</v></c></row>` + goodRow // so that 3 follows 2
	sheet := strings.Replace(sheetWith(rows), `</worksheet>`, buttons+`</worksheet>`, 1)
	if r := read(t, "m.xlsx", bookOf(t, leastParts(sheet)...), Options{}); r.err != nil || len(r.rows) != 2 || r.rows[0].Number != 3 || r.rows[1].Number != 2 {
		t.Errorf("%v; %v", r.err, r.rows)
	}
}

// What makes little into much.
func TestSheetsThatGrow(t *testing.T) {
	pieces := strings.Repeat(strings.Repeat("a", 1000)+"<!-- -->", 1100)
	runs := strings.Repeat(`<r><t>`+strings.Repeat("a", 1000)+`</t></r>`, 1100)
	parts := leastParts("")
	named := [2]string{parts[3][0], strings.Replace(parts[3][1], `</sst>`, `<si><t>`+strings.Repeat("a", 1_000_000)+`</t></si></sst>`, 1)}
	shared := [2]string{"xl/sharedStrings.xml", `<sst><si>` + runs + `</si></sst>`}
	for _, c := range []struct {
		what  string
		parts [][2]string
		code  string
	}{
		{"a value in many pieces", leastParts(sheetWith(strings.Replace(goodRow, "17912099997", pieces, 1))), "manifest-too-large"},
		{"an inline text of many runs", leastParts(sheetWith(`<row r="2"><c r="A2" t="inlineStr"><is>` + runs + `</is></c></row>`)), "manifest-too-large"},
		{"a shared text of many runs", append(leastParts("")[:3:3], shared, leastParts(sheetWith(goodRow))[4]), "manifest-too-large"},
		{"a row of very many cells", leastParts(sheetWith(`<row r="2">` + strings.Repeat(`<c><v>1</v></c>`, 16385) + `</row>`)), "manifest-damaged"},
		{"a text in very many cells", append(append(parts[:3:3], named), [2]string{parts[4][0], sheetWith(manyRows(600, "D", ` t="s"><v>5</v>`))}), "manifest-too-large"},
		{"cells far to the right", leastParts(sheetWith(manyRows(5000, "XFD", `><v>1</v>`))), "manifest-too-large"},
		{"a row of very many empty cells", leastParts(sheetWith(`<row r="2">` + strings.Repeat(`<c/>`, 16385) + `</row>`)), "manifest-damaged"},
	} {
		t.Run(c.what, func(t *testing.T) {
			if r := read(t, "m.xlsx", bookOf(t, c.parts...), Options{}); r.code() != c.code {
				t.Errorf("%v, want %q", r.err, c.code)
			}
		})
	}
}

// manyRows are rows of one cell each.
func manyRows(rows int, column, cell string) string {
	var b strings.Builder
	for n := range rows {
		fmt.Fprintf(&b, `<row r="%[1]d"><c r="%[2]s%[1]d"%[3]s</c></row>`, n+2, column, cell)
	}
	return b.String()
}

// Parts may lie over one another in the file: all that is read of a workbook is bounded,
// not only each part.
func TestAllPartsTogetherAreBounded(t *testing.T) {
	b := bookOf(t, leastParts(sheetWith(goodRow))...)
	p, err := openPack(bytes.NewReader(b), int64(len(b)))
	if err != nil {
		t.Fatal(err)
	}
	p.left = int64(2 * len(sheetWith(goodRow)))
	for n := range 3 {
		s, err := p.open("xl/worksheets/sheet1.xml", maxPart)
		for err == nil {
			_, err = s.next()
		}
		if want := []error{io.EOF, io.EOF, errHuge}[n]; !errors.Is(err, want) {
			t.Errorf("reading %d: %v, want %v", n+1, err, want)
		}
	}
}

// A list of styles may be longer than any cell.
func TestLongStyles(t *testing.T) {
	var styles strings.Builder
	styles.WriteString(`<styleSheet><cellXfs>`)
	for i := range 64_000 {
		fmt.Fprintf(&styles, `<xf numFmtId="0" fontId="%d" fillId="%d" borderId="0" xfId="0"/>`, i*7919%1000, i*104729%997)
	}
	styles.WriteString(`<xf numFmtId="14"/></cellXfs></styleSheet>`)
	parts := leastParts(strings.Replace(sheetWith(goodRow), `<c r="C2">`, `<c r="C2" s="64000">`, 1))
	parts[2][1] = strings.Replace(parts[2][1], `</Relationships>`, `<Relationship Id="r3" Type="`+officeNS+`/styles" Target="styles.xml"/></Relationships>`, 1)
	if r := read(t, "m.xlsx", bookOf(t, append(parts, [2]string{"xl/styles.xml", styles.String()})...), Options{}); r.err != nil || r.findings() != "cell-date@C2" {
		t.Errorf("%v; %s", r.err, r.findings())
	}
}

// A sheet whose part is missing is not passed over for the next one, and a merged range
// that is none is not passed over either.
func TestNothingIsPassedOver(t *testing.T) {
	parts := leastParts(sheetWith(goodRow))
	parts[1][1] = strings.Replace(parts[1][1], `<sheets>`, `<sheets><sheet name="Liste" sheetId="2" r:id="r9"/>`, 1)
	if r := read(t, "m.xlsx", bookOf(t, parts...), Options{}); r.code() != "manifest-damaged" || !strings.Contains(r.err.Error(), `"Liste" is missing`) {
		t.Errorf("a sheet without a reference: %v", r.err)
	}
	parts[2][1] = strings.Replace(parts[2][1], `</Relationships>`, `<Relationship Id="r9" Type="`+officeNS+`/worksheet" Target="worksheets/sheet9.xml"/></Relationships>`, 1)
	if r := read(t, "m.xlsx", bookOf(t, parts...), Options{}); r.code() != "manifest-damaged" || !strings.Contains(r.err.Error(), `"Liste" is missing`) {
		t.Errorf("a sheet without a part: %v", r.err)
	}
	merged := strings.Replace(sheetWith(goodRow), `</worksheet>`, `<mergeCells><mergeCell ref="A1:ZZZZ2"/></mergeCells></worksheet>`, 1)
	if r := read(t, "m.xlsx", bookOf(t, leastParts(merged)...), Options{}); r.code() != "manifest-damaged" {
		t.Errorf("a merged range that is none: %v", r.err)
	}
}

// Sheets are named as Excel compares their names.
func TestSheetNamesWithoutCase(t *testing.T) {
	parts := leastParts(sheetWith(goodRow))
	parts[1][1] = strings.Replace(parts[1][1], `"Ark1"`, "\"A\u030arets Liste\"", 1)
	for name, code := range map[string]string{"\u00c5rets Liste": "", "\u00e5RETS liste": "", "\u00c5retsliste": "sheet-missing"} {
		o := Options{}
		o.Sheet = name
		if r := read(t, "m.xlsx", bookOf(t, parts...), o); r.code() != code || code == "" && r.err != nil {
			t.Errorf("%q: %v, want %q", name, r.err, code)
		}
	}
}

// Cells as other programs write them, whole and broken. The header and the strings
// "Avtale" (3) and "a.pdf" (4) are shared strings.
func TestRawCells(t *testing.T) {
	const (
		before = `<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>` +
			`<row r="1"><c r="A1" t="s"><v>0</v></c><c r="B1" t="s"><v>1</v></c><c r="C1" t="s"><v>2</v></c><c r="D1" t="inlineStr"><is><t>Avdeling</t></is></c></row>`
		after  = `</sheetData></worksheet>`
		title  = `<c r="A2" t="s"><v>3</v></c>`
		file   = `<c r="B2" t="s"><v>4</v></c>`
		person = `<c r="C2"><v>17912099997</v></c>`
	)
	for _, c := range []struct{ what, rows, code, want, shown string }{
		{"plain", `<row r="2">` + title + file + person + `<c r="D2" t="inlineStr"><is><t>Helse</t></is></c></row>`, "", "", "Helse"},
		{"inline rich text", `<row r="2">` + title + file + person + `<c r="D2" t="inlineStr"><is><r><t>Hel</t></r><r><t>se</t></r></is></c></row>`, "", "", "Helse"},
		{"a formula with a text", `<row r="2">` + title + file + person + `<c r="D2" t="str"><f>"Hel"&amp;"se"</f><v>Helse</v></c></row>`, "", "", "Helse"},
		{"a formula with an empty text", `<row r="2">` + title + file + person + `<c r="D2" t="str"><f>""</f><v></v></c></row>`, "", "", ""},
		{"a formula with a number", `<row r="2">` + title + file + `<c r="C2"><f>1+1</f><v>1.7912099997E10</v></c></row>`, "", "", ""},
		{"a formula without value", `<row r="2">` + title + file + `<c r="C2"><f>X1</f></c></row>`, "", "formula-no-value@C2", ""},
		{"a formula with an empty value", `<row r="2">` + title + file + person + `<c r="D2"><f>X1</f><v/></c></row>`, "", "formula-no-value@D2", ""},
		{"an error", `<row r="2">` + title + file + person + `<c r="D2" t="e"><f>X1</f><v>#REF!</v></c></row>`, "", "cell-error@D2", "#REF!"},
		{"an ISO date", `<row r="2">` + title + file + person + `<c r="D2" t="d"><v>2026-12-01T00:00:00</v></c></row>`, "", "", "01.12.2026"},
		{"a number that is none", `<row r="2">` + title + file + person + `<c r="D2"><v>1e999</v></c></row>`, "", "cell-unreadable@D2", "1e999"},
		{"a string that is not there", `<row r="2">` + title + file + person + `<c r="D2" t="s"><v>99</v></c></row>`, "", "cell-unreadable@D2", ""},
		{"cells and rows without address", `<row><c t="s"><v>3</v></c><c t="s"><v>4</v></c><c><v>17912099997</v></c></row>`, "", "", ""},
		{"cells out of order", `<row r="2">` + file + title + person + `</row>`, "", "", ""},
		{"a cell twice", `<row r="2">` + title + title + file + person + `</row>`, "manifest-damaged", "", ""},
		{"a row twice", `<row r="2">` + title + file + person + `</row><row r="2"></row>`, "manifest-damaged", "", ""},
		{"a cell of another row", `<row r="2">` + title + file + `<c r="C3"><v>17912099997</v></c></row>`, "manifest-damaged", "", ""},
		{"cut off", `<row r="2">` + title + file, "manifest-damaged", "", ""},
	} {
		t.Run(c.what, func(t *testing.T) {
			r := read(t, "m.xlsx", bookOf(t, leastParts(before+c.rows+after)...), Options{})
			if r.code() != c.code || r.code() == "" && r.err != nil {
				t.Fatalf("code %q (%v), want %q", r.code(), r.err, c.code)
			}
			if got := r.findings(); got != c.want {
				t.Errorf("found %q, want %q", got, c.want)
			}
			if c.code == "" && (len(r.rows) != 1 || r.rows[0].At(3).Text != c.shown) {
				t.Errorf("%d rows: %v, want %q", len(r.rows), r.rows, c.shown)
			}
		})
	}
}
