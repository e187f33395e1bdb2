package manifest

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/xuri/excelize/v2"

	"batch/internal/mailout"
	"batch/internal/rules"
)

// Synthetic persons of the Tax Administration's and NAV's test populations.
const (
	kari = "17912099997"
	ola  = "29822099635"
	liv  = "05840399895" // begins with a zero
	per  = "15507600333"
)

var oslo = func() *time.Location {
	loc, err := time.LoadLocation("Europe/Oslo")
	if err != nil {
		panic(err)
	}
	return loc
}()

// public are the options of a municipality that tests.
func public() Options {
	return Options{
		Location: oslo, Now: time.Date(2026, 11, 21, 12, 0, 0, 0, oslo),
		AllowSynthetic: true, SyntheticOnly: true,
		Sender: "988015814", Kind: mailout.Public,
		Documents: fstest.MapFS{"a.pdf": {}, "b.pdf": {}, "c.pdf": {}, "d.pdf": {}, "avtaler/1042.pdf": {}, "følgebrev.pdf": {}},
	}
}

// reading is what came of reading a manifest.
type reading struct {
	entries  []mailout.Entry
	problems []mailout.Problem // of rows and of the manifest
	result   Result
	err      error
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

func readFile(path string, o Options) reading {
	var r reading
	r.result, r.err = Read(context.Background(), path, o, func(e mailout.Entry, ps []mailout.Problem) error {
		r.entries = append(r.entries, e)
		r.problems = append(r.problems, ps...)
		return nil
	})
	r.problems = append(r.problems, r.result.Problems...)
	return r
}

// csvOf reads lines of a semicolon-separated CSV.
func csvOf(t *testing.T, o Options, lines ...string) reading {
	t.Helper()
	return read(t, "manifest.csv", []byte(strings.Join(lines, "\r\n")+"\r\n"), o)
}

// code is the code of the error, or "".
func (r reading) code() string {
	if e := (*Error)(nil); errors.As(r.err, &e) {
		return e.Code
	}
	return ""
}

// faultCode is the code of a value's fault, or "".
func faultCode(err error) string {
	if f := (*rules.Fault)(nil); errors.As(err, &f) {
		return f.Code
	}
	return ""
}

// remedyOf is the remedy of a value's fault, or "".
func remedyOf(err error) string {
	if f := (*rules.Fault)(nil); errors.As(err, &f) {
		return f.Remedy
	}
	return ""
}

// findings are the problems as "code@D2", warnings as "(code@D2)".
func (r reading) findings() string {
	var all []string
	for _, p := range r.problems {
		s := p.Code
		if p.Line > 0 {
			s += "@" + p.Column + strconv.Itoa(p.Line)
		}
		if p.Severity == mailout.Warn {
			s = "(" + s + ")"
		}
		all = append(all, s)
	}
	return strings.Join(all, " ")
}

// sheetOf makes a workbook with one sheet of the given rows.
func sheetOf(t *testing.T, rows ...[]any) *excelize.File {
	t.Helper()
	f := excelize.NewFile()
	fill(t, f, "Sheet1", rows...)
	return f
}

func fill(t *testing.T, f *excelize.File, sheet string, rows ...[]any) {
	t.Helper()
	for i, row := range rows {
		at, _ := excelize.CoordinatesToCellName(1, i+1)
		if err := f.SetSheetRow(sheet, at, &row); err != nil {
			t.Fatal(err)
		}
	}
}

// workbookOf reads the workbook.
func workbookOf(t *testing.T, f *excelize.File, o Options) reading {
	t.Helper()
	b, err := f.WriteToBuffer()
	if err != nil {
		t.Fatal(err)
	}
	return read(t, "manifest.xlsx", b.Bytes(), o)
}

// style makes a style of a number format.
func style(t *testing.T, f *excelize.File, code string) int {
	t.Helper()
	id, err := f.NewStyle(&excelize.Style{CustomNumFmt: &code})
	if err != nil {
		t.Fatal(err)
	}
	return id
}

// shownIn is what an entry keeps of the owner's column i.
func shownIn(e mailout.Entry, i int) string { return e.Columns[i].Value.Reveal() }
