package manifest

import (
	"archive/zip"
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"

	"batch/internal/mailout"
)

const good = "title;document;national_id\nAvtale;a.pdf;" + kari + "\n"

// What cannot be read at all, each with its own code.
func TestRefusedFiles(t *testing.T) {
	bytesOf := func(f *excelize.File) []byte {
		b, err := f.WriteToBuffer()
		if err != nil {
			t.Fatal(err)
		}
		return b.Bytes()
	}
	book := bytesOf(sheetOf(t, []any{"title", "document", "fnr"}, []any{"Avtale", "a.pdf", kari}))
	protected := sheetOf(t, []any{"title"})
	var locked bytes.Buffer
	if err := protected.Write(&locked, excelize.Options{Password: "hemmelig"}); err != nil {
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
		{"no header", "m.csv", "Kari;a.pdf;" + kari + "\n", "header-missing"},
		{"a header without a signer", "m.csv", "title;document\nAvtale;a.pdf\n", "header-missing"},
		{"a header too far down", "m.csv", strings.Repeat("Notat\n", 20) + good, "header-missing"},
		{"workbook without header", "m.xlsx", string(bytesOf(sheetOf(t, []any{"Navn", "Avdeling"}))), "header-missing"},
		{"bytes of no encoding", "m.csv", "title;document;national_id\nAvtale \x81\xE5;a.pdf;" + kari + "\n", "encoding-unknown"},
		{"a quote that is not closed", "m.csv", good + "\"Avtale;b.pdf;" + ola + "\nAvtale;c.pdf;" + liv + "\n", "csv-quotes"},
		{"a lone quote in a cell", "m.csv", good + "Av\"tale;b.pdf;" + ola + "\n", "csv-quotes"},
	} {
		t.Run(c.what, func(t *testing.T) {
			r := read(t, c.name, []byte(c.content), public())
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
	if r := readFile(filepath.Join(dir, "nei.csv"), public()); r.code() != "manifest-missing" {
		t.Errorf("missing: %v", r.err)
	}
	if err := os.Mkdir(filepath.Join(dir, "mappe.csv"), 0o700); err != nil {
		t.Fatal(err)
	}
	if r := readFile(filepath.Join(dir, "mappe.csv"), public()); r.code() != "manifest-not-a-file" {
		t.Errorf("folder: %v", r.err)
	}
}

// The message about an open quote names the line where it opens, not where the file
// ends.
func TestOpenQuoteIsFound(t *testing.T) {
	r := read(t, "m.csv", []byte(good+"\"Avtale;b.pdf;"+ola+"\nAvtale;c.pdf;"+liv+"\n"), public())
	if r.err == nil || !strings.Contains(r.err.Error(), "begins in line 3") {
		t.Errorf("error %v", r.err)
	}
}

func TestResultIsOfTheBytesRead(t *testing.T) {
	r := read(t, "m.csv", []byte(good), public())
	if r.err != nil || r.result.SHA256 != mailout.SumDigest([]byte(good)) || r.result.Bytes != int64(len(good)) || r.result.Rows != 1 {
		t.Errorf("%v, %+v", r.err, r.result)
	}
}

func TestCallerStopsReading(t *testing.T) {
	path := filepath.Join(t.TempDir(), "m.csv")
	if err := os.WriteFile(path, []byte(good+"Avtale;b.pdf;"+ola+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	enough := errors.New("enough")
	rows := 0
	stop := func(mailout.Entry, []mailout.Problem) error { rows++; return enough }
	if _, err := Read(context.Background(), path, public(), stop); !errors.Is(err, enough) || rows != 1 {
		t.Errorf("%v after %d rows", err, rows)
	}
	gone, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := Read(gone, path, public(), stop); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
}
