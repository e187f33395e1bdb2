package table

import (
	"archive/zip"
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"unicode/utf16"
	"unicode/utf8"
)

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
	books, err := filepath.Glob("../manifest/testdata/foreign/*.xlsx") // as other programs write them
	if err != nil || len(books) == 0 {
		f.Fatalf("no seeds: %v", err)
	}
	for _, book := range books {
		b, err := os.ReadFile(book)
		if err != nil {
			f.Fatal(err)
		}
		for i, part := range parts {
			if content, ok := partOf(b, part[0]); ok {
				f.Add(uint8(i), content)
			}
		}
	}
	f.Fuzz(func(t *testing.T, which uint8, content []byte) {
		mutated := slices.Clone(parts)
		mutated[int(which)%len(parts)][1] = string(content)
		settled(t, "m.xlsx", packed(mutated))
	})
}

// settled reads a file twice. Whatever it holds, it is either read, and the second time in
// the same way, or refused with a code, a sentence and what to do.
func settled(t *testing.T, name string, content []byte) {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
	r := readFile(path, Options{})
	if missing := (*NoHeader)(nil); errors.As(r.err, &missing) {
		return
	}
	if r.err != nil {
		if e := (*Error)(nil); !errors.As(r.err, &e) || e.Code == "" || e.Message == "" || e.Remedy == "" {
			t.Fatalf("refused with %#v", r.err)
		}
		return
	}
	if again := readFile(path, Options{}); !reflect.DeepEqual(r.rows, again.rows) || !reflect.DeepEqual(r.file.Merges(), again.file.Merges()) {
		t.Fatalf("read as %v, and again as %v", r.rows, again.rows)
	}
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
	z, err := zip.NewReader(bytes.NewReader(book), int64(len(book)))
	if err != nil {
		return nil, false
	}
	r, err := z.Open(name)
	if err != nil {
		return nil, false
	}
	defer r.Close()
	content, err := io.ReadAll(r)
	return content, err == nil
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
