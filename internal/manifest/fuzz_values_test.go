package manifest

import (
	"errors"
	"io/fs"
	"net/mail"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"
	"unicode/utf8"

	"batch/internal/rules"
	"batch/internal/table"
)

// seed gives a fuzz target every cell of the specification's columns.
func seed(f *testing.F, columns ...string) {
	f.Helper()
	for _, table := range slices.Concat(jobCells, timeCells, signerCells, documentCells) {
		if slices.Contains(columns, table.column) {
			for _, c := range table.cases {
				f.Add(c.cell)
			}
		}
	}
}

// wholeFault holds every refusal to its form.
func wholeFault(t *testing.T, err error) {
	t.Helper()
	if v := (*rules.Fault)(nil); err != nil && (!errors.As(err, &v) || v.Code == "" || v.Message == "" || v.Remedy == "") {
		t.Errorf("a refusal without code, message or remedy: %v", err)
	}
}

// A number that is read has the cell's own digits, with at most one zero before them, and
// is read again.
func FuzzNationalIDs(f *testing.F) {
	seed(f, "national_id")
	f.Fuzz(func(t *testing.T, s string) {
		id, err := parseID(table.Cell{Text: s})
		wholeFault(t, err)
		if err != nil {
			return
		}
		number := id.number.Reveal()
		given := strings.Map(func(r rune) rune {
			if r < '0' || r > '9' {
				return -1
			}
			return r
		}, s)
		if given != number && "0"+given != number || (given != number) != id.zero {
			t.Error("another number than the one written")
		}
		if again, err := parseID(table.Cell{Text: number}); err != nil || again.number != id.number || again.tidied || again.zero {
			t.Error("a number that was read is not read again")
		}
		if !id.zero && !isPersonal(number) {
			t.Error("a number that was read is not known for one")
		}
	})
}

// A mobile number that is read has the cell's own digits and is read again.
func FuzzMobiles(f *testing.F) {
	seed(f, "mobile")
	f.Fuzz(func(t *testing.T, s string) {
		m, err := parseMobile(table.Cell{Text: s})
		wholeFault(t, err)
		if err != nil {
			return
		}
		given := regexp.MustCompile(`[^0-9]`).ReplaceAllString(s, "")
		if !strings.HasSuffix(given, strings.TrimPrefix(m.Reveal(), "+")) {
			t.Error("another number than the one written")
		}
		if again, err := parseMobile(table.Cell{Text: m.Reveal()}); err != nil || again != m {
			t.Error("a number that was read is not read again")
		}
	})
}

// An address that is read is one that net/mail reads as the same, alone.
func FuzzEmails(f *testing.F) {
	seed(f, "email")
	f.Fuzz(func(t *testing.T, s string) {
		e, err := parseEmail(table.Cell{Text: s})
		wholeFault(t, err)
		if err != nil {
			return
		}
		if a, err := mail.ParseAddress(e.Reveal()); err != nil || a.Address != e.Reveal() || a.Name != "" {
			t.Errorf("net/mail reads it otherwise: %v", err)
		}
	})
}

// A time that is read is what the standard library reads under one of the forms that the
// specification names, and no other.
func FuzzTimes(f *testing.F) {
	seed(f, "activation_time", "deadline")
	withOffset := []string{"2006-01-02T15:04:05Z07:00", "2006-01-02T15:04Z07:00", "2006-01-02 15:04:05Z07:00", "2006-01-02 15:04Z07:00",
		"2006-01-02T15:04:05Z0700", "2006-01-02T15:04Z0700", "2006-01-02 15:04:05Z0700", "2006-01-02 15:04Z0700",
		"2006-01-02T15:04:05Z07", "2006-01-02T15:04Z07", "2006-01-02 15:04:05Z07", "2006-01-02 15:04Z07"}
	inZone := []string{"2006-01-02T15:04:05", "2006-01-02T15:04", "2006-01-02 15:04:05", "2006-01-02 15:04", "2.1.2006 15:04:05", "2.1.2006 15:04", time.DateOnly, "2.1.2006"}
	spaces := regexp.MustCompile(`[\s\v\p{Zs}\x{0085}\x{2028}\x{2029}]+`)
	f.Fuzz(func(t *testing.T, s string) {
		at, err := parseTime(oslo, 0)(table.Cell{Text: s})
		wholeFault(t, err)
		if err != nil {
			return
		}
		same := func(layout string) bool {
			parsed, err := time.ParseInLocation(layout, spaces.ReplaceAllString(typed(table.Cell{Text: s}), " "), oslo)
			return err == nil && parsed.Truncate(time.Second).Equal(at)
		}
		if !slices.ContainsFunc(withOffset, same) && !slices.ContainsFunc(inZone, same) {
			t.Errorf("read as %s, which is no form of that time", at)
		}
	})
}

// A whole number is one of digits alone, within its bounds.
func FuzzWholeNumbers(f *testing.F) {
	seed(f, "order", "authentication", "available_days", "available_seconds")
	f.Fuzz(func(t *testing.T, s string) {
		for _, c := range []struct {
			parse     func(table.Cell) (int, error)
			low, high int
		}{{parseOrder, 0, 9}, {parseAuthentication, 3, 4}, {wholeDays, 1, 90}, {wholeSeconds, 1, 7_776_000}} {
			n, err := c.parse(table.Cell{Text: s})
			wholeFault(t, err)
			if err == nil && (n < c.low || n > c.high || strings.ContainsAny(s, "+-.,eE")) {
				t.Errorf("read as %d", n)
			}
		}
	})
}

// A word that is read is one of the list.
func FuzzWords(f *testing.F) {
	seed(f, "identifier", "signature_type", "on_behalf_of", "notify")
	f.Fuzz(func(t *testing.T, s string) {
		if v, err := parseNotify(table.Cell{Text: s}); err == nil && !slices.Contains([]string{"given", "lookup", "lookup+sms"}, string(v)) {
			t.Errorf("read as %q", v)
		}
		_, err := parseIdentifier(table.Cell{Text: s})
		wholeFault(t, err)
		_, err = parseSignatureType(table.Cell{Text: s})
		wholeFault(t, err)
		_, err = parseOnBehalfOf(table.Cell{Text: s})
		wholeFault(t, err)
	})
}

// Text that is read is clean, whole, and holds nothing but what it shows.
func FuzzTexts(f *testing.F) {
	seed(f, "row", "title", "nonsensitive_title", "description", "document1_title")
	f.Fuzz(func(t *testing.T, s string) {
		line, err := parseLine(table.Cell{Text: s})
		wholeFault(t, err)
		if err != nil {
			return
		}
		if !utf8.ValidString(line) || line != table.Clean(line) || strings.ContainsAny(line, "\n\r\u2028\u202e\u2066\x1b\u009b\uFFFD") {
			t.Error("text that is not clean")
		}
		if lines, err := parseLines(table.Cell{Text: s}); err != nil || lines != line {
			t.Error("a line is read otherwise where several may be")
		}
		if again, err := parseLine(table.Cell{Text: line}); err != nil || again != line {
			t.Error("a text that was read is not read again")
		}
	})
}

// A path that is taken leads nowhere but below the folder, on every system; it is found
// where it is, and nearly right where it is not.
func FuzzDocumentPaths(f *testing.F) {
	seed(f, "document")
	f.Fuzz(func(t *testing.T, s string) {
		p, err := documentPath(table.Clean(s))
		wholeFault(t, err)
		if err != nil {
			return
		}
		if !fs.ValidPath(p) || p == "." || strings.ContainsAny(p, "\\\x00") || len(p) > maxPath || onDrive(p) {
			t.Error("a path that leads elsewhere")
		}
		if again, err := documentPath(p); err != nil || again != p {
			t.Error("a path that was taken is not taken again")
		}
		if got, err := newFolder(fstest.MapFS{p: {}}).find(p); utf8.ValidString(s) && (err != nil || got != p) {
			t.Errorf("the file is there, and not found: %v", err)
		}
		_, err = newFolder(fstest.MapFS{"a.pdf": {}, "avtaler/b.pdf": {}}).find(p)
		wholeFault(t, err)
	})
}
