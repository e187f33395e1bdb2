package mailout_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"batch/internal/mailout"
)

func TestPlaceReadsAsAPersonLooksForIt(t *testing.T) {
	for _, c := range []struct {
		place mailout.Place
		want  string
	}{
		{mailout.Place{File: "manifest.xlsx", Sheet: "Ark1", Line: 14, Column: "C", Field: "national_id"}, "manifest.xlsx, sheet Ark1, C14 (national_id)"},
		{mailout.Place{File: "manifest.csv", Line: 14}, "manifest.csv, line 14"},
		{mailout.Place{File: "manifest.csv", Column: "AB", Field: "title"}, "manifest.csv, column AB (title)"},
		{mailout.Place{File: "manifest.csv"}, "manifest.csv"},
		{mailout.Place{}, ""},
	} {
		if got := c.place.String(); got != c.want {
			t.Errorf("%+v prints as %q, want %q", c.place, got, c.want)
		}
	}
}

func TestProblemsAreSortedAsTheyStandInTheFile(t *testing.T) {
	at := func(line int, column, code string) mailout.Problem {
		return mailout.Problem{Code: code, Place: mailout.Place{Line: line, Column: column}}
	}
	want := []mailout.Problem{at(0, "", "file"), at(2, "B", "x"), at(2, "Z", "x"), at(2, "AA", "a"), at(2, "AA", "b"), at(10, "A", "x")}
	got := []mailout.Problem{want[5], want[3], want[1], want[4], want[0], want[2]}
	mailout.SortProblems(got)
	if !slices.Equal(got, want) {
		t.Errorf("sorted as %v", got)
	}
}

func TestStoppingLeavesTheListAlone(t *testing.T) {
	ps := []mailout.Problem{{Severity: mailout.Warn, Code: "a"}, {Severity: mailout.Stop, Code: "b"}, {Severity: mailout.Warn, Code: "c"}}
	before := slices.Clone(ps)
	if got := mailout.Stopping(ps); len(got) != 1 || got[0].Code != "b" {
		t.Errorf("stopping are %v", got)
	}
	if !slices.Equal(ps, before) {
		t.Errorf("the list was changed to %v", ps)
	}
	if (mailout.Inspection{Findings: ps}).OK() || !(mailout.Inspection{Findings: ps[:1]}).OK() {
		t.Error("a file with a problem may not be sent; one with a warning may")
	}
}

// commands.md, "JSON lines": the keys of a problem are flat and stable.
func TestProblemAsJSON(t *testing.T) {
	p := mailout.Problem{Severity: mailout.Stop, Code: "national-id-check-digits", Message: "m", Remedy: "r",
		Place: mailout.Place{File: "manifest.xlsx", Sheet: "Ark1", Line: 14, Column: "C", Field: "national_id", Row: "1042"}}
	got, err := json.Marshal(p)
	if err != nil {
		t.Fatal(err)
	}
	want := `{"severity":"problem","code":"national-id-check-digits","file":"manifest.xlsx","sheet":"Ark1","line":14,"column":"C","field":"national_id","row":"1042","message":"m","remedy":"r"}`
	if string(got) != want {
		t.Errorf("a problem is\n%s, want\n%s", got, want)
	}
	if s := p.String(); !strings.Contains(s, "C14") || !strings.Contains(s, "→ r") {
		t.Errorf("a problem prints as %q", s)
	}
}
