package manifest

import (
	"bytes"
	"encoding/csv"
	"errors"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"batch/internal/rules"
	"batch/internal/table"
)

var manual = filepath.Join("..", "..", "docs", "manifest.md")

// Every name of a column stands in the manual beside the column that it means, and no
// other does; what the manual says may stand in a column's cells can stand there.
func TestManualNamesEveryColumn(t *testing.T) {
	told := map[string]bool{}
	for _, row := range tableOf(t, "column", "also", "what stands in it") {
		names := append(quotedIn(row[0]), quotedIn(row[1])...)
		f, ok := knownNames[fold(names[0])]
		if !ok || f.String() != names[0] {
			t.Fatalf("%q is no column", names[0])
		}
		for _, name := range names {
			told[unnumbered(fold(name))] = true
			if knownNames[fold(name)] != f {
				t.Errorf("the manual says that %q is %s; it is %q", name, f, knownNames[fold(name)])
			}
		}
		mayStand(t, f, quotedIn(row[2]))
	}
	for _, name := range slices.Sorted(maps.Keys(knownNames)) {
		if !told[unnumbered(name)] {
			t.Errorf("the manual does not say that %s is %s", name, knownNames[name])
		}
	}
}

// mayStand reports what the manual shows for the cells of a column and what cannot stand
// there. Names of columns are not meant for cells.
func mayStand(t *testing.T, f field, values []string) {
	judge, _ := newSettings(public()).reading(f.name)
	for _, v := range values {
		if _, isName := knownNames[fold(v)]; isName {
			continue
		}
		if err := judge(table.Cell{Text: v}); err != nil {
			t.Errorf("the manual says that %q may stand in %s: %v", v, f, err)
		}
	}
}

// What the manual says becomes of a cell does become of it: a code that it links to, or
// nothing worth a word.
func TestManualSaysWhatBecomesOfACell(t *testing.T) {
	rows := tableOf(t, "column", "in the cell", "what becomes of it")
	for _, row := range rows {
		column := quotedIn(row[0])[0]
		cells, told := quotedIn(row[1]), linkedCodes(row[2])
		for _, cell := range cells {
			found := codesOf(t, column, cell)
			if want := told[:min(1, len(told))]; !slices.Equal(found, want) {
				t.Errorf("%q in %s gives %q; the manual says %q", cell, column, found, want)
			}
		}
		if shown := quotedIn(row[2]); len(told) > 1 { // "and `…` too"
			if found := codesOf(t, column, shown[len(shown)-1]); !slices.Equal(found, told[1:]) {
				t.Errorf("%q in %s gives %q; the manual says %q", shown, column, found, told[1:])
			}
		}
	}
}

// codesOf are the codes of what is said about one row that has value in a column.
func codesOf(t *testing.T, column, value string) []string {
	row := map[string]string{"title": "Avtale", "document": "a.pdf", "national_id": kari, column: value}
	if column == "email" || column == "mobile" { // looked up, they would not be used
		delete(row, "national_id")
	}
	header := slices.Sorted(maps.Keys(row))
	var cells []string
	for _, name := range header {
		cells = append(cells, row[name])
	}
	var file bytes.Buffer
	w := csv.NewWriter(&file)
	w.Comma = ';'
	if err := w.WriteAll([][]string{header, cells}); err != nil {
		t.Fatal(err)
	}
	r := read(t, "m.csv", file.Bytes(), public())
	if r.err != nil {
		t.Fatal(r.err)
	}
	var codes []string
	for _, p := range r.problems {
		codes = append(codes, p.Code)
	}
	return codes
}

// The words that mean something here are told beside the columns that they stand in.
func TestManualTellsEveryWord(t *testing.T) {
	text := manualText(t)
	for f, words := range map[name][]string{
		fIdentifier:    {"national-id-and-name", "birth-date-and-name", "name"},
		fSignatureType: {"advanced", "authenticated"},
		fOnBehalfOf:    {"self", "other"},
		fNotify:        {"given", "lookup", "lookup+sms"},
	} {
		judge, _ := newSettings(public()).reading(f)
		remedy := (*rules.Fault)(nil)
		if !errors.As(judge(table.Cell{Text: "?"}), &remedy) {
			t.Fatalf("%s takes every word", f)
		}
		for _, word := range words {
			if !strings.Contains(remedy.Remedy, word) || !strings.Contains(text, "`"+word+"`") {
				t.Errorf("%s: %q must stand in the manual and in %q", f, word, remedy.Remedy)
			}
		}
	}
}

// Whatever the manual links to is there.
func TestManualLinks(t *testing.T) {
	text := manualText(t)
	problems, err := os.ReadFile(filepath.Join(filepath.Dir(manual), "problems.md"))
	if err != nil {
		t.Fatal(err)
	}
	own := regexp.MustCompile(`(?m)^#+ .*$`).FindAllString(strings.ToLower(text), -1)
	for _, m := range regexp.MustCompile(`\]\(([^)#]*)(#[^)]*)?\)`).FindAllStringSubmatch(text, -1) {
		file, anchor := m[1], strings.TrimPrefix(m[2], "#")
		if file != "" {
			if _, err := os.Stat(filepath.Join(filepath.Dir(manual), filepath.FromSlash(file))); err != nil {
				t.Errorf("%s: %v", m[0], err)
			}
		}
		isHeading := func(h string) bool { return strings.ReplaceAll(strings.TrimLeft(h, "# "), " ", "-") == anchor }
		switch {
		case anchor == "":
		case file == "" && !slices.ContainsFunc(own, isHeading):
			t.Errorf("%s leads to no heading of the manual", m[0])
		case file == "problems.md" && !bytes.Contains(problems, []byte("\n### `"+anchor+"`\n")):
			t.Errorf("%s leads to no problem", m[0])
		}
	}
}

func manualText(t *testing.T) string {
	t.Helper()
	b, err := os.ReadFile(manual)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// tableOf returns the rows of all tables of the manual that have these headings.
func tableOf(t *testing.T, headings ...string) [][]string {
	t.Helper()
	var rows [][]string
	inside := false
	for line := range strings.Lines(manualText(t)) {
		cells := strings.Split(strings.Trim(strings.TrimSpace(line), "|"), "|")
		for i := range cells {
			cells[i] = strings.TrimSpace(cells[i])
		}
		switch {
		case !strings.HasPrefix(line, "|"):
			inside = false
		case slices.Equal(cells, headings):
			inside = true
		case inside && !strings.HasPrefix(cells[0], "---"):
			rows = append(rows, cells)
		}
	}
	if len(rows) == 0 {
		t.Fatalf("the manual has no table %q", headings)
	}
	return rows
}

func quotedIn(s string) []string { return firstGroups("`([^`]+)`", s) }

func linkedCodes(s string) []string { return firstGroups(`\(problems\.md#([a-z0-9-]+)\)`, s) }

func firstGroups(pattern, s string) []string {
	all := []string{}
	for _, m := range regexp.MustCompile(pattern).FindAllStringSubmatch(s, -1) {
		all = append(all, m[1])
	}
	return all
}

var (
	signerPrefix = regexp.MustCompile(`^(signer|undertegner)[0-9]+`)
	someNumber   = regexp.MustCompile(`[0-9]+`)
)

// unnumbered is a folded name without the number of its signer or document.
func unnumbered(folded string) string {
	return someNumber.ReplaceAllString(signerPrefix.ReplaceAllString(folded, ""), "")
}
