package manifest

import (
	"fmt"

	"batch/internal/mailout"
	"batch/internal/table"
)

// sheetProblems reports what makes it doubtful that the sheet is the one that is meant,
// and shows what is.
func (r *reader) sheetProblems(f *table.File) []mailout.Problem {
	var ps []mailout.Problem
	for _, name := range f.Rivals {
		ps = append(ps, mailout.Problem{Severity: mailout.Stop, Code: "sheet-ambiguous", Place: mailout.Place{File: r.Name, Sheet: name},
			Message: "this sheet has a header too: which one is meant is not clear", Remedy: fmt.Sprintf("say --sheet %q or --sheet %q", f.Sheet, name)})
	}
	if f.Macros {
		ps = append(ps, mailout.Problem{Severity: mailout.Warn, Code: "macros-ignored", Place: mailout.Place{File: r.Name},
			Message: "the workbook has macros; they are not run", Remedy: "make sure that the values in the cells are the right ones as they stand"})
	}
	return ps
}

// merged reports the merged ranges that touch the header or the rows below it. Only the
// first cell of one has a value; what the others are meant to have, the file does not say.
func (r *reader) merged(f *table.File) []mailout.Problem {
	var ps []mailout.Problem
	for _, m := range f.Merges() {
		if m.Bottom < f.Header.Number {
			continue
		}
		ps = append(ps, mailout.Problem{Severity: mailout.Stop, Code: "merged-cells",
			Place:   mailout.Place{File: r.Name, Sheet: f.Sheet, Line: m.Top, Column: table.Letters(m.Column)},
			Message: "the cells " + m.Ref + " are merged: which row or column the value belongs to is not clear",
			Remedy:  "split the cells (Merge & Center, Unmerge) and fill in each of them"})
	}
	return ps
}
