package table

import (
	"strings"

	"github.com/xuri/excelize/v2"
)

// merges are the merged ranges of a sheet.
type merges struct{ ranges []Merge }

// Merge is a merged range.
type Merge struct {
	Ref         string // such as B2:C4
	Column      int    // of its first cell, from 0
	Top, Bottom int    // lines, from 1
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
	m.ranges = append(m.ranges, Merge{Ref: ref, Column: column - 1, Top: top, Bottom: max(top, bottom)})
	return nil
}
