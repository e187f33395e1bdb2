package manifest

import (
	"archive/zip"
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
)

// settled reads a manifest twice. Whatever it holds, it is either read, and the second
// time in the same way, or refused with a code, a sentence and what to do.
func settled(t *testing.T, name string, content []byte, o Options) reading {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
	r := readFile(path, o)
	if r.err != nil {
		if e := (*Error)(nil); !errors.As(r.err, &e) || e.Code == "" || e.Message == "" || e.Remedy == "" {
			t.Fatalf("refused with %#v", r.err)
		}
		return r
	}
	again := readFile(path, o)
	if diff := cmp.Diff(r.entries, again.entries, plainText); diff != "" || r.findings() != again.findings() {
		t.Fatalf("read again, it is\n%s%s", again.findings(), diff)
	}
	return r
}

// seeds are the files that other programs wrote, by their ending.
func seeds(f *testing.F, endings ...string) map[string][]byte {
	all := map[string][]byte{}
	for _, pattern := range []string{"testdata/foreign/*", "../../samples/manifest.*"} {
		paths, _ := filepath.Glob(pattern)
		for _, path := range paths {
			if !slices.Contains(endings, filepath.Ext(path)) {
				continue
			}
			b, err := os.ReadFile(path)
			if err != nil {
				f.Fatal(err)
			}
			all[path] = b
		}
	}
	if len(all) < len(endings) {
		f.Fatalf("only %d seeds", len(all))
	}
	return all
}

// A text of arbitrary bytes, with whatever is said of it.
func FuzzText(f *testing.F) {
	for _, b := range seeds(f, ".csv", ".tsv", ".txt") {
		f.Add(b, "", "")
	}
	f.Add([]byte(good), "", "")
	f.Add([]byte("sep=,\n\"a\",b\r\r\n"), "", "")
	f.Add([]byte("\xff\xfea\x00;\x00"), "", "tab")
	f.Add([]byte("t\xe5;\"\n"), "windows-1252", ";")
	f.Add([]byte("\x1b$B%\xe3\n"), "iso-2022-jp", "")
	f.Add([]byte("title§fnr\rAvtale§1"), "utf-16be", "§")
	f.Fuzz(func(t *testing.T, b []byte, encoding, delimiter string) {
		o := public()
		o.Encoding, o.Delimiter = encoding, delimiter
		r := settled(t, "m.csv", b, o)
		ends := 1 + bytes.Count(b, []byte{'\n'}) + bytes.Count(b, []byte{'\r'})
		if encoding != "" || hasUTF16Mark(b) {
			ends = 1 + 3*len(b) // what is a line end there, the bytes do not tell
		}
		last := 0
		for _, e := range r.entries {
			if e.Line <= last || e.Line > ends {
				t.Fatalf("line %d behind line %d, of %d", e.Line, last, ends)
			}
			last = e.Line
		}
	})
}

// A header in whatever words: the columns that are found are there, each once, and the
// spelling makes no difference.
func FuzzHeader(f *testing.F) {
	f.Add("title\ndocument\nfnr")
	f.Add("Ansattnr\nTittel\nFødselsnummer\nE-post\nundertegner2_fødselsnr\n\nTittel")
	f.Add("DOKUMENT20.tittel\nsigner10 - order\nsigner11_order\nSIGNER_1_EMAIL")
	s := newSettings(public())
	f.Fuzz(func(t *testing.T, names string) {
		header, other := line{n: 1}, line{n: 1}
		for name := range strings.SplitSeq(names, "\n") {
			header.cells = append(header.cells, textCell(name))
			other.cells = append(other.cells, textCell(" "+strings.ReplaceAll(clean(name), "_", " .-")+"\t"))
		}
		l, m := s.layout(header), s.layout(other)
		if s.isHeader(headerNames(header)) != s.isHeader(headerNames(other)) {
			t.Error("whether it is a header depends on the spelling")
		}
		for i, c := range l.columns {
			if c.field != m.columns[i].field {
				t.Errorf("column %d is %s or %s", i, c.field, m.columns[i].field)
			}
			if c.field == (field{}) {
				continue
			}
			first, ok := l.column(c.field)
			if !ok || first > i || l.columns[first].field != c.field {
				t.Errorf("%s, column %d, is found as column %d", c.field, i, first)
			}
		}
	})
}

// A workbook of arbitrary bytes.
func FuzzWorkbook(f *testing.F) {
	for _, b := range seeds(f, ".xlsx", ".xlsm") {
		f.Add(b)
	}
	f.Add(packed(leastParts(sheetWith(goodRow))))
	f.Fuzz(func(t *testing.T, b []byte) { settled(t, "m.xlsx", b, public()) })
}

// A workbook one of whose parts is arbitrary: the XML is reached behind the packing.
func FuzzParts(f *testing.F) {
	parts := append(leastParts(sheetWith(goodRow)), [2]string{"xl/styles.xml", `<styleSheet><numFmts><numFmt numFmtId="164" formatCode="0000"/></numFmts><cellXfs><xf numFmtId="164"/><xf numFmtId="14"/></cellXfs></styleSheet>`})
	parts[2][1] = strings.Replace(parts[2][1], `</Relationships>`, `<Relationship Id="r3" Type="`+officeNS+`/styles" Target="styles.xml"/></Relationships>`, 1)
	for i, part := range parts {
		f.Add(uint8(i), []byte(part[1]))
	}
	for _, sheet := range []string{
		`<mergeCells><mergeCell ref="A1:B2"/></mergeCells>`, `<sheetFormatPr zeroHeight="1"/><row><c t="s"><v>9</v></c></row>`,
		`<row r="2"><c/><c t="b"><v>1</v></c><c t="d" s="1"><v>2026-12-01</v></c><c t="e"/><c t="str"><f>A1</f><v>_xD83D__xDE00_</v></c><c s="0"><v>42</v></c><c s="1"><v>46357.5</v></c></row>`,
	} {
		f.Add(uint8(4), []byte(sheetWith(sheet)))
	}
	for _, b := range seeds(f, ".xlsx") {
		for i, part := range parts {
			if content, ok := partOf(b, part[0]); ok {
				f.Add(uint8(i), content)
			}
		}
	}
	f.Fuzz(func(t *testing.T, which uint8, content []byte) {
		mutated := slices.Clone(parts)
		mutated[int(which)%len(parts)][1] = string(content)
		settled(t, "m.xlsx", packed(mutated), public())
	})
}

// packed is a workbook of parts that are not compressed.
func packed(parts [][2]string) []byte {
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for _, p := range parts {
		w, err := z.CreateHeader(&zip.FileHeader{Name: p[0], Method: zip.Store})
		if err == nil {
			_, err = io.WriteString(w, p[1])
		}
		if err != nil {
			panic(err) // into memory, nothing can go wrong
		}
	}
	if err := z.Close(); err != nil {
		panic(err)
	}
	return b.Bytes()
}

func partOf(book []byte, name string) ([]byte, bool) {
	p, err := openPack(bytes.NewReader(book), int64(len(book)))
	if err != nil || !p.has(name) {
		return nil, false
	}
	r, err := p.parts[partName(name)].Open()
	if err != nil {
		return nil, false
	}
	defer r.Close()
	content, err := io.ReadAll(r)
	return content, err == nil
}

// Whatever a format and a number are, the cell shows something that is a number, a time
// or a date, or says what is wrong.
func FuzzNumberFormats(f *testing.F) {
	for _, code := range []string{"General", `#,##0.00\ "kr"`, "dd.mm.yyyy", "[h]:mm", "000000\\ 00000", "0%", `"`, "[", `\`, "[$-414]d. mmmm yyyy;@", `"K-"0000`, "h:mm AM/PM", "yyyy\\-mm\\-dd;;;"} {
		for _, stored := range []string{"46357.5", "0", "60", "-1", "1e308", "2958465.99999999", " 7 ", "0x1p4", "NaN"} {
			f.Add(code, stored, len(code)%2 == 0)
		}
	}
	f.Fuzz(func(t *testing.T, code, stored string, from1904 bool) {
		format := parseFormat(code)
		c := numberCell(stored, format, from1904)
		switch {
		case c.kind == faulty:
			if c.flaw == nil {
				t.Error("a fault without a reason")
			}
		case strings.Trim(c.text, "-0123456789,.:% ") != "" || !strings.ContainsAny(c.text, "0123456789"):
			t.Errorf("%s under %q is shown as %q", stored, code, c.text)
		case c.kind == date && (c.wall().Year() < 1899 || c.wall().Year() > 9999):
			t.Errorf("%s under %q is in the year %d", stored, code, c.wall().Year())
		}
	})
}

// What is escaped comes back, and nothing else changes.
func FuzzUnescape(f *testing.F) {
	for _, s := range []string{"", "a\r\nb", "👍", "_x0041_", "_x005F_", "_x_x0041__", "_xD83D_", "Ærlig"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if !utf8.ValidString(s) {
			return
		}
		var all, least strings.Builder
		for _, unit := range utf16.Encode([]rune(s)) {
			fmt.Fprintf(&all, "_x%04X_", unit)
		}
		least.WriteString(strings.ReplaceAll(s, "_", "_x005F_"))
		if got := unescape(all.String()); got != s {
			t.Errorf("%q, all of it escaped, comes back as %q", s, got)
		}
		if got := unescape(least.String()); got != s {
			t.Errorf("%q comes back as %q", s, got)
		}
	})
}
