package findings_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"batch/internal/findings"
	"batch/internal/table"
)

func read(t *testing.T, text string) (findings.List, error) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "found.csv")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return findings.Read(t.Context(), path)
}

func TestAListIsRead(t *testing.T) {
	list, err := read(t, "Record;Row_Key;Line;Reference;Job ID;FOUND;note\n"+
		"row;k2;2;r2;;absent;searched at ten\nsigner;k2;2;r2;;;\nrow;k3;3;r3;1795268974002;Present;\nrow;k4;4;;;absent;\nrow;;5;;;present;\nrow;k6;6;r6;;;\n\n")
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, f := range list.Findings {
		got = append(got, fmt.Sprintf("%d %s %s %s %d %s%d %q", f.Place.Line, f.Ref, f.Row, f.Verdict, f.Job, f.At("row").Column, f.At("row").Line, f.Note))
	}
	want := []string{`2 r2 k2 absent 0 D2 "searched at ten"`, `4 r3 k3 present 1795268974002 D4 ""`, `5  k4 absent 0 B5 ""`, `6  line:5 present 0 C6 ""`}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("read\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	if list.Silent != 1 || len(list.Problems) != 0 {
		t.Errorf("%d lines say nothing, problems: %v", list.Silent, list.Problems)
	}
}

func TestAllThatIsWrongIsTold(t *testing.T) {
	list, err := read(t, "ref;found;job;found\nr2;maybe;;\n;absent;;\nr4;absent;7;\nr5;present;12 a;\nr6;present;-1;\nr7;present;9223372036854775808;\n")
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, p := range list.Problems {
		got = append(got, p.Column+fmt.Sprint(p.Line)+" "+p.Code)
	}
	want := "D1 column-twice, B2 finding-word, B3 finding-row, C4 finding-job, C5 finding-job, C6 finding-job, C7 finding-job"
	if strings.Join(got, ", ") != want || len(list.Findings) != 0 {
		t.Errorf("problems are %q, want %q; %d findings", strings.Join(got, ", "), want, len(list.Findings))
	}
}

func TestAListWithoutAHeader(t *testing.T) {
	for _, text := range []string{"r2;absent\n", "found;note\nabsent;x\n", "row;title\n2;x\n"} {
		_, err := read(t, text)
		if te := new(table.Error); !errors.As(err, &te) || te.Code != "findings-header" {
			t.Errorf("%q: %v", text, err)
		}
	}
}
