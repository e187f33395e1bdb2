package table

import (
	"archive/zip"
	"bytes"
	"crypto/sha256"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// Synthetic persons of the Tax Administration's and NAV's test populations.
const (
	kari = "17912099997"
	ola  = "29822099635"
	liv  = "05840399895" // begins with a zero
)

const good = "title;document;national_id\nAvtale;a.pdf;" + kari + "\n"

// isHeader knows a line with two of these names.
func isHeader(l Line) bool {
	known := 0
	for _, c := range l.Cells {
		if slices.Contains([]string{"row", "title", "tittel", "document", "dokument", "national_id", "fødselsnummer", "fnr", "email"}, Clean(c.Text)) {
			known++
		}
	}
	return known >= 2
}

// reading is what came of reading a file.
type reading struct {
	file *File  // closed
	rows []Line // the first hundred below the header, without those that are blank
	sum  [sha256.Size]byte
	err  error
}

// read writes content to a file of that name and reads it.
func read(t *testing.T, name string, content []byte, o Options) reading {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
	return readFile(path, o)
}

func readFile(path string, o Options) (r reading) {
	if r.file, r.err = Open(path, o, isHeader); r.err != nil {
		return r
	}
	defer r.file.Close()
	for l, err := range r.file.Lines() {
		if err != nil {
			r.err = err
			return r
		}
		if l.Number > r.file.Header.Number && !l.Blank() && len(r.rows) < 100 {
			r.rows = append(r.rows, l)
		}
	}
	r.sum, r.err = r.file.Sum()
	if r.err == nil {
		r.err = r.file.Unchanged()
	}
	return r
}

// code is the code of the error, or "".
func (r reading) code() string {
	if e := (*Error)(nil); errors.As(r.err, &e) {
		return e.Code
	}
	return ""
}

// findings are the cells that cannot be read, as "code@D2".
func (r reading) findings() string {
	var all []string
	for _, l := range r.rows {
		for i, c := range l.Cells {
			if c.Kind == Faulty {
				all = append(all, c.Flaw.Code+"@"+Letters(i)+strconv.Itoa(l.Number))
			}
		}
	}
	return strings.Join(all, " ")
}

// bookOf is a workbook of the given parts, in order; parts named twice stand twice.
func bookOf(t *testing.T, parts ...[2]string) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for _, p := range parts {
		w, err := z.Create(p[0])
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write([]byte(p[1])); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

const (
	officeNS = `http://schemas.openxmlformats.org/officeDocument/2006/relationships`
	sheetNS  = `http://schemas.openxmlformats.org/spreadsheetml/2006/main`
)

// leastParts are the parts that every workbook has, with its sheet's XML.
func leastParts(sheet string) [][2]string {
	return [][2]string{
		{"_rels/.rels", `<Relationships><Relationship Id="r1" Type="` + officeNS + `/officeDocument" Target="xl/workbook.xml"/></Relationships>`},
		{"xl/workbook.xml", `<workbook xmlns:r="` + officeNS + `"><sheets><sheet name="Ark1" sheetId="1" r:id="r1"/></sheets></workbook>`},
		{"xl/_rels/workbook.xml.rels", `<Relationships><Relationship Id="r1" Type="` + officeNS + `/worksheet" Target="worksheets/sheet1.xml"/>` +
			`<Relationship Id="r2" Type="` + officeNS + `/sharedStrings" Target="sharedStrings.xml"/></Relationships>`},
		{"xl/sharedStrings.xml", `<sst><si><t>title</t></si><si><t>document</t></si><si><t>fnr</t></si><si><t>Avtale</t></si><si><t>a.pdf</t></si></sst>`},
		{"xl/worksheets/sheet1.xml", sheet},
	}
}

const headerRow = `<row r="1"><c r="A1" t="s"><v>0</v></c><c r="B1" t="s"><v>1</v></c><c r="C1" t="s"><v>2</v></c></row>`

// sheetWith is a sheet's XML: the header, and rows.
func sheetWith(rows string) string {
	return `<worksheet xmlns="` + sheetNS + `"><sheetData>` + headerRow + rows + `</sheetData></worksheet>`
}

// goodRow is what good has below its header.
const goodRow = `<row r="2"><c r="A2" t="s"><v>3</v></c><c r="B2" t="s"><v>4</v></c><c r="C2"><v>17912099997</v></c></row>`
