package table

import (
	"archive/zip"
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"
)

// What cannot be read at all, each with its own code.
func TestRefusedFiles(t *testing.T) {
	book := bookOf(t, leastParts(sheetWith(goodRow))...)
	var locked bytes.Buffer
	if err := excelize.NewFile().Write(&locked, excelize.Options{Password: "hemmelig"}); err != nil {
		t.Fatal(err)
	}
	compound := "\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1" + strings.Repeat("\x00", 600)

	for _, c := range []struct {
		what, name, content, code string
	}{
		{"empty", "m.csv", "", "manifest-empty"},
		{"only white space", "m.csv", "\r\n \r\n", "manifest-empty"},
		{"empty workbook", "m.xlsx", "", "manifest-empty"},
		{"binary as CSV", "m.csv", "\x7fELF\x02\x01\x01\x00\x00", "manifest-binary"},
		{"PDF as CSV", "m.csv", "%PDF-1.7\n%âãÏÓ", "manifest-not-a-spreadsheet"},
		{"workbook as CSV", "m.csv", string(book), "manifest-wrong-ending"},
		{"text as workbook", "m.xlsx", good, "manifest-not-a-spreadsheet"},
		{"binary as workbook", "m.xlsx", "\x7fELF\xff\xfe", "manifest-not-a-spreadsheet"},
		{"another ZIP as workbook", "m.xlsx", zipOf(t, "readme.txt", "hei"), "manifest-damaged"},
		{"half a workbook", "m.xlsx", string(book[:len(book)/2]), "manifest-damaged"},
		{"OpenDocument as workbook", "m.xlsx", zipOf(t, "mimetype", "application/vnd.oasis.opendocument.spreadsheet"), "manifest-ods"},
		{"OpenDocument", "m.ods", "PK\x03\x04", "manifest-ods"},
		{"Excel 97", "m.xls", compound, "manifest-xls"},
		{"Excel 97 as workbook", "m.xlsx", compound, "manifest-xls"},
		{"workbook under password", "m.xlsx", locked.String(), "manifest-password"},
		{"Excel's lock file", "~$m.xlsx", "Kari Nordmann", "manifest-lock-file"},
		{"a PDF", "m.pdf", "%PDF-1.7", "manifest-not-a-spreadsheet"},
		{"bytes of no encoding", "m.csv", "title;document;national_id\nAvtale \x81\xE5;a.pdf;" + kari + "\n", "encoding-unknown"},
		{"a quote that is not closed", "m.csv", good + "\"Avtale;b.pdf;" + ola + "\nAvtale;c.pdf;" + liv + "\n", "csv-quotes"},
		{"a lone quote in a cell", "m.csv", good + "Av\"tale;b.pdf;" + ola + "\n", "csv-quotes"},
	} {
		t.Run(c.what, func(t *testing.T) {
			r := read(t, c.name, []byte(c.content), Options{})
			if r.code() != c.code {
				t.Fatalf("code %q (%v), want %q", r.code(), r.err, c.code)
			}
			e := (*Error)(nil)
			if errors.As(r.err, &e); e.Message == "" || e.Remedy == "" {
				t.Error("message or remedy is missing")
			}
		})
	}
}

// Where no line is a header, another sheet that has one is named.
func TestNoHeader(t *testing.T) {
	parts := leastParts(`<worksheet><sheetData/></worksheet>`)
	parts[1][1] = strings.Replace(parts[1][1], `</sheets>`, `<sheet name="Liste" sheetId="2" r:id="r9"/></sheets>`, 1)
	parts[2][1] = strings.Replace(parts[2][1], `</Relationships>`, `<Relationship Id="r9" Type="`+officeNS+`/worksheet" Target="worksheets/sheet9.xml"/></Relationships>`, 1)
	for _, c := range []struct{ what, name, content, elsewhere string }{
		{"none", "m.csv", "Kari;a.pdf;" + kari + "\n", ""},
		{"one too far down", "m.csv", strings.Repeat("Notat\n", 20) + good, ""},
		{"an empty sheet", "m.xlsx", string(bookOf(t, leastParts(`<worksheet/>`)...)), ""},
		{"an empty sheet, and another", "m.xlsx", string(bookOf(t, append(parts, [2]string{"xl/worksheets/sheet9.xml", sheetWith(goodRow)})...)), "Liste"},
	} {
		t.Run(c.what, func(t *testing.T) {
			r := read(t, c.name, []byte(c.content), Options{})
			if missing := (*NoHeader)(nil); !errors.As(r.err, &missing) || missing.Elsewhere != c.elsewhere {
				t.Errorf("%v, want that %q has one", r.err, c.elsewhere)
			}
		})
	}
}

func zipOf(t *testing.T, name, content string) string {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	w, err := z.CreateHeader(&zip.FileHeader{Name: name, Method: zip.Store})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write([]byte(content)); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// What is asked of the other kind of file is not passed over.
func TestOptionsOfTheOtherKind(t *testing.T) {
	for code, o := range map[string]Options{"option-of-workbooks": {Sheet: "Ark1"}, "option-of-text": {Delimiter: ";"}} {
		name := pick(code == "option-of-text", "m.xlsx", "m.csv")
		if r := read(t, name, []byte(pick(code == "option-of-text", "PK\x03\x04", good)), o); r.code() != code {
			t.Errorf("%s: %v", code, r.err)
		}
	}
}

func TestMissingFileAndFolder(t *testing.T) {
	dir := t.TempDir()
	if r := readFile(filepath.Join(dir, "nei.csv"), Options{}); r.code() != "manifest-missing" {
		t.Errorf("missing: %v", r.err)
	}
	if err := os.Mkdir(filepath.Join(dir, "mappe.csv"), 0o700); err != nil {
		t.Fatal(err)
	}
	if r := readFile(filepath.Join(dir, "mappe.csv"), Options{}); r.code() != "manifest-not-a-file" {
		t.Errorf("folder: %v", r.err)
	}
}
