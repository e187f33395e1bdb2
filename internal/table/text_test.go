package table

import (
	"strings"
	"testing"

	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"
)

// Every way in which office programs save a text file is read alike.
func TestEncodingsAndDelimiters(t *testing.T) {
	const body = "tittel;dokument;fødselsnummer\nÅpen avtale – ny;følgebrev.pdf;17912099997\n"
	encoded := func(b []byte, err error) string {
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	}
	little := unicode.UTF16(unicode.LittleEndian, unicode.UseBOM).NewEncoder()
	big := unicode.UTF16(unicode.BigEndian, unicode.UseBOM).NewEncoder()
	bare := unicode.UTF16(unicode.LittleEndian, unicode.IgnoreBOM).NewEncoder()
	for _, c := range []struct {
		what, name, content string
		change              func(*Options)
		code                string
	}{
		{"UTF-8", "m.csv", body, nil, ""},
		{"UTF-8 with mark", "m.csv", "\uFEFF" + body, nil, ""},
		{"UTF-16, little end first", "m.txt", encoded(little.Bytes([]byte(body))), nil, ""},
		{"UTF-16, big end first", "m.txt", encoded(big.Bytes([]byte(body))), nil, ""},
		{"UTF-16, big end first, said so", "m.txt", encoded(big.Bytes([]byte(body))), func(o *Options) { o.Encoding = "UTF-16" }, ""},
		{"UTF-16 without mark, said so", "m.txt", encoded(bare.Bytes([]byte(body))), func(o *Options) { o.Encoding = "utf-16" }, ""},
		{"UTF-16 without mark", "m.txt", encoded(bare.Bytes([]byte(body))), nil, "manifest-binary"},
		{"Windows-1252", "m.csv", encoded(charmap.Windows1252.NewEncoder().Bytes([]byte(body))), nil, ""},
		{"Windows-1252, said so", "m.csv", encoded(charmap.Windows1252.NewEncoder().Bytes([]byte(body))), func(o *Options) { o.Encoding = "windows-1252" }, ""},
		{"Windows-1252, said to be UTF-8", "m.csv", encoded(charmap.Windows1252.NewEncoder().Bytes([]byte(body))), func(o *Options) { o.Encoding = "utf-8" }, "encoding-wrong"},
		{"an encoding that is none", "m.csv", body, func(o *Options) { o.Encoding = "norsk" }, "encoding-name"},
		{"CRLF", "m.csv", strings.ReplaceAll(body, "\n", "\r\n"), nil, ""},
		{"CR", "m.csv", strings.ReplaceAll(body, "\n", "\r"), nil, ""},
		{"no line end at the end", "m.csv", strings.TrimSuffix(body, "\n"), nil, ""},
		{"comma", "m.csv", strings.ReplaceAll(body, ";", ","), nil, ""},
		{"tab", "m.tsv", strings.ReplaceAll(body, ";", "\t"), nil, ""},
		{"sep=", "m.csv", "sep=|\r\n" + strings.ReplaceAll(body, ";", "|"), nil, ""},
		{"a delimiter that is said", "m.csv", strings.ReplaceAll(body, ";", "|"), func(o *Options) { o.Delimiter = "|" }, ""},
		{"tab, said by name", "m.csv", strings.ReplaceAll(body, ";", "\t"), func(o *Options) { o.Delimiter = "tab" }, ""},
		{"a delimiter of two characters", "m.csv", body, func(o *Options) { o.Delimiter = ";;" }, "delimiter-name"},
		{"a delimiter that is a quote", "m.csv", body, func(o *Options) { o.Delimiter = `"` }, "delimiter-name"},
		{"a header with two readings", "m.csv", "title;national_id;a,row,email\n", nil, "delimiter-ambiguous"},
		{"quoted cells", "m.csv", "\"tittel\";dokument;\"fødselsnummer\"\n\"Åpen avtale – ny\";\"følgebrev.pdf\";\"17912099997\"\n", nil, ""},
	} {
		t.Run(c.what, func(t *testing.T) {
			o := Options{}
			if c.change != nil {
				c.change(&o)
			}
			r := read(t, c.name, []byte(c.content), o)
			if r.code() != c.code {
				t.Fatalf("code %q (%v), want %q", r.code(), r.err, c.code)
			}
			if c.code != "" {
				return
			}
			if r.err != nil || len(r.rows) != 1 || r.rows[0].At(0).Text != "Åpen avtale – ny" {
				t.Errorf("%v, %d rows", r.err, len(r.rows))
			}
		})
	}
}

// Lines are counted alike when something is wrong in one of them, whatever ends them.
func TestLinesOfFaults(t *testing.T) {
	for _, end := range []string{"\n", "\r\n", "\r"} {
		top := strings.ReplaceAll(good+"\n", "\n", end)
		for what, c := range map[string]struct{ content, says string }{
			"a NUL":            {top + "Avtale\x00;a.pdf;" + end, "line 4 holds"},
			"no Windows-1252":  {top + "\x81\xE5" + end, "(line 4)"},
			"very many cells":  {top + strings.Repeat(";", 16_384) + end, "line 4 has more cells"},
			"a very long line": {top + strings.Repeat("a", 3<<20) + end, "line 4 is longer than 1 MB"},
			"very late bytes":  {top + strings.Repeat("x"+end, 70_000) + "\x81", "(line 70004)"},
			"a NUL behind end": {end + end + "\x00", "line 3 holds"},
		} {
			if r := read(t, "m.csv", []byte(c.content), Options{}); r.err == nil || !strings.Contains(r.err.Error(), c.says) {
				t.Errorf("%s, lines end in %q: %v, want %q", what, end, r.err, c.says)
			}
		}
	}
}

// An open quotation mark, near the top and far down: both lines are named.
func TestOpenQuotes(t *testing.T) {
	row := "Avtale;a.pdf;" + kari + "\n"
	for _, c := range []struct{ what, content, says string }{
		{"in a row", good + "\"Avtale;b.pdf;" + ola + "\n" + row + row, "begins in line 3 and is read on to line 5"},
		{"in a row of a long file", good + "\"Avtale;b.pdf;" + ola + "\n" + strings.Repeat(row, 80_000), "begins in line 3 and is read on to line"},
		{"above the header", "\"Utsending\n" + good + strings.Repeat(row, 10), "begins in line 1 and is read on to line 13"},
		{"closed by another", good + "\"Avtale;b.pdf;" + ola + "\n" + row + "12\" skjerm;a.pdf;" + ola + "\n", "begins in line 3 and is read on to line 5"},
	} {
		t.Run(c.what, func(t *testing.T) {
			r := read(t, "m.csv", []byte(c.content), Options{})
			if r.code() != "csv-quotes" || !strings.Contains(r.err.Error(), c.says) {
				t.Errorf("%v, want %q in it", r.err, c.says)
			}
		})
	}
}
