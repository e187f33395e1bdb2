package manifest

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"batch/internal/table"
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
		if encoding != "" || bytes.HasPrefix(b, []byte("\xff\xfe")) || bytes.HasPrefix(b, []byte("\xfe\xff")) {
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
		header, other := table.Line{Number: 1}, table.Line{Number: 1}
		for name := range strings.SplitSeq(names, "\n") {
			header.Cells = append(header.Cells, table.Cell{Text: name})
			other.Cells = append(other.Cells, table.Cell{Text: " " + strings.ReplaceAll(table.Clean(name), "_", " .-") + "\t"})
		}
		l, m := s.layout(header), s.layout(other)
		if s.isHeader(header) != s.isHeader(other) {
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
	f.Fuzz(func(t *testing.T, b []byte) { settled(t, "m.xlsx", b, public()) })
}
