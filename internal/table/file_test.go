package table

import (
	"crypto/sha256"
	"slices"
	"strings"
	"testing"
)

// What an opened file says of itself beside its lines.
func TestFile(t *testing.T) {
	parts := leastParts(strings.Replace(sheetWith(goodRow), `</worksheet>`, `<mergeCells><mergeCell ref="B2:C4"/><mergeCell ref="D1"/></mergeCells></worksheet>`, 1))
	parts[1][1] = strings.Replace(parts[1][1], `</sheets>`, `<sheet name="Gammel" sheetId="2" r:id="r9"/><sheet name="Skjult" sheetId="3" state="hidden" r:id="r9"/></sheets>`, 1)
	parts[2][1] = strings.Replace(parts[2][1], `</Relationships>`, `<Relationship Id="r9" Type="`+officeNS+`/worksheet" Target="worksheets/sheet9.xml"/></Relationships>`, 1)
	book := bookOf(t, append(parts, [2]string{"xl/worksheets/sheet9.xml", sheetWith("")})...)
	merges := []Merge{{Ref: "B2:C4", Column: 1, Top: 2, Bottom: 4}}
	for _, c := range []struct {
		name    string
		content []byte
		options Options
		sheet   string
		rivals  []string
		macros  bool
		header  int
		merges  []Merge
	}{
		{"m.xlsx", book, Options{}, "Ark1", []string{"Gammel"}, false, 1, merges},
		{"m.xlsm", book, Options{Sheet: "ark1"}, "Ark1", nil, true, 1, merges},
		{"m.xlsx", book, Options{Sheet: "Skjult"}, "Skjult", nil, false, 1, nil},
		{"m.csv", []byte("sep=;\nUtsending\n" + good), Options{}, "", nil, false, 3, nil},
	} {
		t.Run(c.name+" "+c.options.Sheet, func(t *testing.T) {
			r := read(t, c.name, c.content, c.options)
			if r.err != nil {
				t.Fatal(r.err)
			}
			f := r.file
			if f.Sheet != c.sheet || !slices.Equal(f.Rivals, c.rivals) || f.Macros != c.macros || f.Header.Number != c.header {
				t.Errorf("sheet %q, rivals %q, macros %t, header in line %d", f.Sheet, f.Rivals, f.Macros, f.Header.Number)
			}
			if !slices.Equal(f.Merges(), c.merges) {
				t.Errorf("merged are %v, want %v", f.Merges(), c.merges)
			}
			if f.Size != int64(len(c.content)) || r.sum != sha256.Sum256(c.content) {
				t.Errorf("%d bytes, want %d, or another sum", f.Size, len(c.content))
			}
		})
	}
}
