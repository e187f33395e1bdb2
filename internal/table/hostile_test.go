package table

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
)

// Workbooks that were made to harm, or damaged so that something would be lost in
// silence: each is refused with a sentence of its own, or the cell is named.
func TestHostileWorkbooks(t *testing.T) {
	zeros := strings.Repeat("0", 2<<20)
	for _, c := range []struct {
		what  string
		parts [][2]string
		code  string // of the error
		says  string // words of its message
		want  string // problems
	}{
		{"the least workbook", leastParts(sheetWith(goodRow)), "", "", ""},
		{"row number 2147483647", leastParts(sheetWith(`<row r="2147483647"/>`)), "manifest-damaged", "a row numbered 2147483647", ""},
		{"row number -1", leastParts(sheetWith(`<row r="-1"/>`)), "manifest-damaged", "a row numbered -1", ""},
		{"row number x", leastParts(sheetWith(`<row r="x"/>`)), "manifest-damaged", "a row numbered 0", ""},
		{"a row beyond the last", leastParts(sheetWith(`<row r="1048577"/>`)), "manifest-damaged", "a row numbered 1048577", ""},
		{"rows out of order", leastParts(sheetWith(`<row r="9"><c r="A9" t="s"><v>3</v></c><c r="B9" t="s"><v>4</v></c><c r="C9"><v>29822099635</v></c></row>` + goodRow)), "", "", ""},
		{"a row twice", leastParts(sheetWith(goodRow + goodRow)), "manifest-damaged", "row 2 twice", ""},
		{"a cell twice", leastParts(sheetWith(`<row r="2"><c r="A2" t="s"><v>3</v></c><c r="A2" t="s"><v>4</v></c></row>`)), "manifest-damaged", "the cell A2 twice", ""},
		{"a cell of no column", leastParts(sheetWith(`<row r="2"><c r="XFE2"><v>1</v></c></row>`)), "manifest-damaged", "a cell that does not belong there", ""},
		{"shared string -1", leastParts(sheetWith(strings.Replace(goodRow, `<v>3</v>`, `<v>-1</v>`, 1))), "", "", "cell-unreadable@A2"},
		{"shared string 5", leastParts(sheetWith(strings.Replace(goodRow, `<v>3</v>`, `<v>5</v>`, 1))), "", "", "cell-unreadable@A2"},
		{"shared string 99999999999999999999", leastParts(sheetWith(strings.Replace(goodRow, `<v>3</v>`, `<v>99999999999999999999</v>`, 1))), "", "", "cell-unreadable@A2"},
		{"no shared strings", append(leastParts("")[:3:3], leastParts(sheetWith(goodRow))[4]), "manifest-damaged", "damaged", ""},
		{"a part twice", append(leastParts(sheetWith(goodRow)), leastParts(sheetWith(""))[4]), "manifest-damaged", "two parts of the same name", ""},
		{"a part twice, in other letters", append(leastParts(sheetWith(goodRow)), [2]string{"XL\\Worksheets\\Sheet1.xml", ""}), "manifest-damaged", "two parts of the same name", ""},
		{"a DOCTYPE in the sheet", leastParts(`<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaa">]>` + sheetWith(goodRow)), "manifest-damaged", "DOCTYPE", ""},
		{"an entity", leastParts(sheetWith(strings.Replace(goodRow, "17912099997", "&a;", 1))), "manifest-damaged", "no XML", ""},
		{"a NUL", leastParts(sheetWith(strings.Replace(goodRow, "17912099997", "\x00", 1))), "manifest-damaged", "no XML", ""},
		{"UTF-16", leastParts("\xff\xfe<\x00w\x00"), "manifest-damaged", "no XML", ""},
		{"a sheet cut off", leastParts(strings.TrimSuffix(sheetWith(goodRow), `</sheetData></worksheet>`)), "manifest-damaged", "ends too early", ""},
		{"deep elements", leastParts(sheetWith(strings.Repeat("<x>", 100_000))), "manifest-damaged", "", ""},
		{"a cell of two million characters", leastParts(sheetWith(strings.Replace(goodRow, "17912099997", zeros, 1))), "manifest-", "", ""},
		{"a binary workbook", append(leastParts("")[1:4:4], [2]string{"_rels/.rels", `<Relationships><Relationship Id="r1" Type="` + officeNS + `/officeDocument" Target="xl/workbook.bin"/></Relationships>`}, [2]string{"xl/workbook.bin", ""}), "manifest-xlsb", "", ""},
	} {
		t.Run(c.what, func(t *testing.T) {
			r := read(t, "m.xlsx", bookOf(t, c.parts...), Options{})
			if !strings.HasPrefix(r.code(), c.code) || c.code == "" && r.err != nil {
				t.Fatalf("code %q (%v), want %q", r.code(), r.err, c.code)
			}
			if r.err != nil && !strings.Contains(r.err.Error(), c.says) {
				t.Errorf("says %q, want %q in it", r.err, c.says)
			}
			if got := r.findings(); got != c.want {
				t.Errorf("found %q, want %q", got, c.want)
			}
		})
	}
}

// What unpacks to far more than it is, or has far too many parts, is refused for what it
// says of itself or as soon as it is more, and never held in memory.
func TestBombs(t *testing.T) {
	var rows strings.Builder
	for n := 2; n < 400_000; n++ {
		fmt.Fprintf(&rows, `<row r="%d"/>`, n)
	}
	blanks := strings.Repeat(" ", 64<<20)
	var many [][2]string
	for i := range 100_000 {
		many = append(many, [2]string{fmt.Sprintf("xl/media/%d.png", i), ""})
	}
	for _, c := range []struct {
		what  string
		parts [][2]string
		code  string
	}{
		{"rows without cells", leastParts(sheetWith(goodRow + strings.Replace(rows.String(), `<row r="2"/>`, "", 1))), ""},
		{"a sheet of blanks", leastParts(sheetWith(goodRow) + blanks), "manifest-too-large"},
		{"shared strings of blanks", append(leastParts(sheetWith(goodRow)), [2]string{"xl/sharedstrings2.xml", blanks}), ""},
		{"100 000 parts", append(leastParts(sheetWith(goodRow)), many...), "manifest-too-large"},
	} {
		t.Run(c.what, func(t *testing.T) {
			if r := read(t, "m.xlsx", bookOf(t, c.parts...), Options{}); r.code() != c.code || c.code == "" && r.err != nil {
				t.Errorf("%v, want %q", r.err, c.code)
			}
		})
	}
}

// A directory that lies about what a part unpacks to gains nothing.
func TestSizesAreNotReliedOn(t *testing.T) {
	b := bookOf(t, leastParts(sheetWith(goodRow)+strings.Repeat(" ", 64<<20))...)
	at := bytes.LastIndex(b, []byte("xl/worksheets/sheet1.xml"))
	copy(b[at-46+24:], []byte{0, 1, 0, 0}) // uncompressed size, APPNOTE 4.3.12
	if r := read(t, "m.xlsx", b, Options{}); !strings.HasPrefix(r.code(), "manifest-") {
		t.Errorf("%v", r.err)
	}
}
