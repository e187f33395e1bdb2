package manifest

import (
	"strings"

	"github.com/xuri/excelize/v2"

	"batch/internal/mailout"
)

// merges are the merged ranges of a sheet.
type merges struct{ ranges []merge }

// merge is one range, such as B2:C4, from its first cell on.
type merge struct {
	ref                 string
	column, top, bottom int // from 1
}

// maxMerges bounds how many ranges are kept to be reported.
const maxMerges = 1000

func (m *merges) add(ref string) error {
	first, last, ok := strings.Cut(ref, ":")
	if !ok || len(m.ranges) == maxMerges {
		return nil
	}
	column, top, err := excelize.CellNameToCoordinates(first)
	_, bottom, err2 := excelize.CellNameToCoordinates(last)
	if err != nil || err2 != nil {
		return damaged("the workbook is damaged: it merges cells that no sheet has")
	}
	m.ranges = append(m.ranges, merge{ref, column, top, max(top, bottom)})
	return nil
}

// problems reports the ranges that touch the header or the rows below it. Only the
// first cell of a merged range has a value; what the others are meant to have, the file
// does not say.
func (m *merges) problems(file, sheet string, header int) []mailout.Problem {
	var ps []mailout.Problem
	for _, r := range m.ranges {
		if r.bottom < header {
			continue
		}
		ps = append(ps, mailout.Problem{Severity: mailout.Stop, Code: "merged-cells",
			Place:   mailout.Place{File: file, Sheet: sheet, Line: r.top, Column: letters(r.column - 1)},
			Message: "the cells " + r.ref + " are merged: which row or column the value belongs to is not clear",
			Remedy:  "split the cells (Merge & Center, Unmerge) and fill in each of them"})
	}
	return ps
}
