package manifest

import (
	"io/fs"
	"testing"
	"unicode/utf8"

	"batch/internal/mailout"
)

// Whatever a cell holds, a parser either gives a value that it would read again, or a
// fault; never a panic.
func FuzzValues(f *testing.F) {
	for _, s := range []string{kari, "5840399895", "179120 99997", "1,79E+10", "01.12.2026 08:00", "2026-12-01T08:00+01:00", "lookup+sms",
		"kari@example.com", "+47 999 99 999", "+47+47 999 999", "14", `avtaler\1042.pdf`, "a\xff\x00"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		c := textCell(s)
		if id, err := parseID(c); err == nil {
			if again, err := parseID(cell{text: id.number.Reveal()}); err != nil || again.number != id.number {
				t.Error("a number that was read is not read again")
			}
		}
		if m, err := parseMobile(c); err == nil {
			if again, err := parseMobile(cell{text: m.Reveal()}); err != nil || again != m {
				t.Error("a mobile number that was read is not read again")
			}
		}
		if at, err := parseTime(oslo, morning)(c); err == nil && (at.Year() < 2019 || at.Year() > 2200) {
			t.Errorf("an implausible year %d", at.Year())
		}
		if n, err := parseOrder(c); err == nil && (n < 0 || n > 9) {
			t.Errorf("order %d", n)
		}
		if p, err := documentPath(clean(s)); err == nil && !fs.ValidPath(p) {
			t.Error("a path that leads elsewhere")
		}
		if v, err := parseLine(c); err == nil && (!utf8.ValidString(v) || v != clean(v)) {
			t.Error("text that is not clean")
		}
		if e, err := parseEmail(c); err == nil && e == mailout.Email("") {
			t.Error("an empty address")
		}
	})
}

// Whatever a format and a number are, the cell shows something and says what it is.
func FuzzNumberFormats(f *testing.F) {
	for _, code := range []string{"General", `#,##0.00\ "kr"`, "dd.mm.yyyy", "[h]:mm", "000000\\ 00000", "0%", `"`, "[", `\`} {
		f.Add(code, "46357.5")
	}
	f.Fuzz(func(t *testing.T, code, stored string) {
		if c := numberCell(stored, parseFormat(code), false); c.kind != faulty && c.text == "" {
			t.Errorf("nothing is shown of a number under %q", code)
		}
	})
}

// A workbook of arbitrary bytes is read or refused, and never brings the reader down.
func FuzzSheet(f *testing.F) {
	f.Add([]byte(`<worksheet><sheetData><row r="1"><c r="A1"><v>1</v></c></row></sheetData><mergeCells><mergeCell ref="A1:B2"/></mergeCells></worksheet>`))
	f.Add([]byte(`<worksheet><sheetFormatPr zeroHeight="1"/><sheetData><row><c t="s"><v>9</v></c></row></sheetData></worksheet>`))
	f.Fuzz(func(t *testing.T, part []byte) {
		r := read(t, "m.xlsx", rawBook(t, string(part)), public())
		if r.err != nil && r.code() == "" {
			t.Errorf("an error without a code: %v", r.err)
		}
	})
}
