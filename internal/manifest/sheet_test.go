package manifest

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
)

// own is the cell of the owner's column in row 2 of a workbook whose other cells are good.
func ownCell(t *testing.T, cell string, parts ...[2]string) reading {
	t.Helper()
	sheet := `<worksheet><sheetData>` + strings.Replace(headerRow, `</row>`, `<c r="D1" t="inlineStr"><is><t>Merknad</t></is></c></row>`, 1) +
		strings.Replace(goodRow, `</row>`, cell+`</row>`, 1) + `</sheetData></worksheet>`
	return read(t, "m.xlsx", bookOf(t, append(leastParts(sheet), parts...)...), public())
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
			if got := shownIn(r.entries[0], 3); got != c.shown {
				t.Errorf("shown %q, want %q", got, c.shown)
			}
		})
	}
}

// A cell without an address stands behind the one before it, whether that one holds
// something or not.
func TestCellsWithoutAddress(t *testing.T) {
	for _, c := range []struct{ what, row, want string }{
		{"an empty one between", `<c t="s"><v>3</v></c><c s="1"/><c><v>17912099997</v></c>`, "no-document@B2"},
		{"an empty one with an address before", `<c r="A2"/><c t="s"><v>4</v></c><c><v>17912099997</v></c>`, "title-missing@A2"},
		{"two empty ones", `<c/><c/><c><v>17912099997</v></c>`, "title-missing@A2 no-document@B2"},
		{"an empty one at the end", `<c t="s"><v>3</v></c><c t="s"><v>4</v></c><c><v>17912099997</v></c><c/><c/>`, ""},
		{"an empty one, and its value", `<c r="A2"/><c r="A2" t="s"><v>3</v></c><c t="s"><v>4</v></c><c><v>17912099997</v></c>`, ""},
	} {
		t.Run(c.what, func(t *testing.T) {
			r := read(t, "m.xlsx", bookOf(t, leastParts(sheetWith(`<row>`+c.row+`</row>`))...), public())
			if r.err != nil || r.findings() != c.want {
				t.Fatalf("%v; found %q, want %q", r.err, r.findings(), c.want)
			}
			if got := r.entries[0].Job.Signers[0].NationalID.Reveal(); got != kari {
				t.Errorf("the number is read as %q", got)
			}
		})
	}
}

// The place of a button is said with rows and columns too.
func TestButtonsAreNoRows(t *testing.T) {
	const buttons = `<controls><control shapeId="1"><controlPr><anchor><from><xdr:col>4</xdr:col><xdr:row>1</xdr:row></from><to><xdr:col>6</xdr:col><xdr:row>3</xdr:row></to></anchor></controlPr></control></controls>`
	rows := `<row r="3"><c r="A3" t="s"><v>3</v></c><c r="B3" t="s"><v>4</v></c><c r="C3"><v>29822099635</v></c></row>` + goodRow // so that 3 follows 2
	sheet := strings.Replace(sheetWith(rows), `</worksheet>`, buttons+`</worksheet>`, 1)
	if r := read(t, "m.xlsx", bookOf(t, leastParts(sheet)...), public()); r.err != nil || r.findings() != "" || len(r.entries) != 2 || r.result.Blank != 0 {
		t.Errorf("%v; %s; %d entries, %d blank", r.err, r.findings(), len(r.entries), r.result.Blank)
	}
}

// Blank rows are counted once, whatever order the rows stand in.
func TestBlankRowsOutOfOrder(t *testing.T) {
	at := func(n string) string {
		return strings.NewReplacer("2", n).Replace(`<row r="2"><c r="A2" t="s"><v>3</v></c></row>`)
	}
	header := func(rows string) string {
		return `<worksheet><sheetData>` + rows + `</sheetData></worksheet>`
	}
	for _, sheet := range []string{
		header(headerRow + at("2") + at("5") + at("9")),
		header(headerRow + at("9") + at("5") + at("2")),
		header(at("9") + at("5") + at("2") + headerRow),
		header(at("5") + headerRow + at("9") + `<row r="7"/>` + at("2")),
	} {
		if r := read(t, "m.xlsx", bookOf(t, leastParts(sheet)...), public()); r.err != nil || len(r.entries) != 3 || r.result.Blank != 5 {
			t.Errorf("%v; %d entries, %d blank rows, want 5: %s", r.err, len(r.entries), r.result.Blank, sheet)
		}
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
			if r := read(t, "m.xlsx", bookOf(t, c.parts...), public()); r.code() != c.code {
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

// Strict Open XML stores times of day as text.
func TestISOTimes(t *testing.T) {
	clock, year := parseFormat("hh:mm"), parseFormat("yyyy-mm-dd")
	for _, c := range []struct {
		stored, shown string
		f             format
	}{
		{"1899-12-30T08:30:00.000", "08:30", clock}, {"08:30:00", "08:30", clock}, {"08:30:15", "08:30:15", clock}, {"2026-12-01T23:59:59.9999", "00:00", clock},
		{"2026-12-01", "2026-12-01", year}, {"2026-12-01T08:30:00Z", "2026-12-01 08:30", year}, {"2026-12-01T08:30", "01.12.2026 08:30", format{}},
	} {
		if got := isoCell(c.stored, c.f); got.kind == faulty || got.text != c.shown {
			t.Errorf("%s is shown as %q, want %q", c.stored, got.text, c.shown)
		}
	}
	if got := isoCell("08:30:00", format{look: asDate}); got.kind != faulty {
		t.Errorf("a time under a format of dates is shown as %q", got.text)
	}
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
	if r := read(t, "m.xlsx", bookOf(t, append(parts, [2]string{"xl/styles.xml", styles.String()})...), public()); r.err != nil || r.findings() != "cell-date@C2" {
		t.Errorf("%v; %s", r.err, r.findings())
	}
}

// A sheet whose part is missing is not passed over for the next one, and a merged range
// that is none is not passed over either.
func TestNothingIsPassedOver(t *testing.T) {
	parts := leastParts(sheetWith(goodRow))
	parts[1][1] = strings.Replace(parts[1][1], `<sheets>`, `<sheets><sheet name="Liste" sheetId="2" r:id="r9"/>`, 1)
	if r := read(t, "m.xlsx", bookOf(t, parts...), public()); r.code() != "manifest-damaged" || !strings.Contains(r.err.Error(), `"Liste" is missing`) {
		t.Errorf("a sheet without a reference: %v", r.err)
	}
	parts[2][1] = strings.Replace(parts[2][1], `</Relationships>`, `<Relationship Id="r9" Type="`+officeNS+`/worksheet" Target="worksheets/sheet9.xml"/></Relationships>`, 1)
	if r := read(t, "m.xlsx", bookOf(t, parts...), public()); r.code() != "manifest-damaged" || !strings.Contains(r.err.Error(), `"Liste" is missing`) {
		t.Errorf("a sheet without a part: %v", r.err)
	}
	merged := strings.Replace(sheetWith(goodRow), `</worksheet>`, `<mergeCells><mergeCell ref="A1:ZZZZ2"/></mergeCells></worksheet>`, 1)
	if r := read(t, "m.xlsx", bookOf(t, leastParts(merged)...), public()); r.code() != "manifest-damaged" {
		t.Errorf("a merged range that is none: %v", r.err)
	}
}

// Sheets are named as Excel compares their names.
func TestSheetNamesWithoutCase(t *testing.T) {
	parts := leastParts(sheetWith(goodRow))
	parts[1][1] = strings.Replace(parts[1][1], `"Ark1"`, "\"A\u030arets Liste\"", 1)
	for name, code := range map[string]string{"\u00c5rets Liste": "", "\u00e5RETS liste": "", "\u00c5retsliste": "sheet-missing"} {
		o := public()
		o.Sheet = name
		if r := read(t, "m.xlsx", bookOf(t, parts...), o); r.code() != code || code == "" && r.err != nil {
			t.Errorf("%q: %v, want %q", name, r.err, code)
		}
	}
}

// Days and times as spreadsheets show them where they are not the calendar's.
func TestOddDaysAndTimes(t *testing.T) {
	for _, c := range []struct {
		code, stored string
		from1904     bool
		shown        string
	}{
		{"dd.mm.yyyy", "0", false, "00.01.1900"},
		{"dd.mm.yyyy", "1", false, "01.01.1900"},
		{"dd.mm.yyyy", "32", false, "01.02.1900"},
		{"dd.mm.yyyy", "59", false, "28.02.1900"},
		{"dd.mm.yyyy", "60", false, "29.02.1900"},
		{"yyyy-mm-dd", "60", false, "1900-02-29"},
		{"dd.mm.yyyy", "61", false, "01.03.1900"},
		{"dd.mm.yyyy hh:mm", "0.5", false, "00.01.1900 12:00"},
		{"dd.mm.yyyy hh:mm", "60.9999999", false, "01.03.1900 00:00"},
		{"dd.mm.yyyy", "0", true, "01.01.1904"},
		{"dd.mm.yyyy", "60", true, "01.03.1904"},
		{"dd.mm.yyyy", "2958465", false, "31.12.9999"},
		{"dd.mm.yyyy hh:mm", "46357.9999999", false, "02.12.2026 00:00"},
		{"hh:mm", "46357.5", false, "12:00"}, // the day is not shown
		{"[hh]:mm", "46357.5", false, "1112580:00"},
		{"hh:mm", "0.99999999", false, "00:00"},
	} {
		if got := numberCell(c.stored, parseFormat(c.code), c.from1904); got.kind == faulty || got.text != c.shown {
			t.Errorf("%s under %s: %q, want %q", c.stored, c.code, got.text, c.shown)
		}
	}
	if got := numberCell("1234567", parseFormat("#,##0,"), false); !got.words || got.text != "1234567" {
		t.Errorf("a number shown in thousands: %q", got.text)
	}
	for _, c := range []struct {
		code, stored string
		from1904     bool
	}{{"dd.mm.yyyy", "-1", false}, {"dd.mm.yyyy", "2958466", false}, {"dd.mm.yyyy", "2957004", true}} {
		if got := numberCell(c.stored, parseFormat(c.code), c.from1904); got.kind != faulty || got.flaw.code != "cell-date" {
			t.Errorf("%s under %s is shown as %q", c.stored, c.code, got.text)
		}
	}
}
