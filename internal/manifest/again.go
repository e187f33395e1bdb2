package manifest

import (
	"errors"
	"io"

	"batch/internal/mailout"
	"batch/internal/table"
)

// Again writes rows of a batch as a manifest for another attempt at them: the owner's columns
// as they were read, unchanged and in order, with all lines of a row; and in the column
// earlier, which row of which batch each of them was. Titles that stood above the header are
// not there.
type Again struct {
	to      table.Writer
	header  []string
	earlier int // its column
}

// Forms that a manifest for another attempt can have.
const (
	CSV      = "csv"
	Workbook = "xlsx"
)

// ErrUnfit is of a cell that a workbook cannot hold; a CSV can.
var ErrUnfit = table.ErrUnfit

// NewAgain writes to w in one of the forms. A large workbook is spooled in tempDir, in clear: a
// private folder. Whoever made an Again closes it.
func NewAgain(w io.Writer, form, tempDir string) (*Again, error) {
	if form == CSV {
		return &Again{to: table.NewCSV(w)}, nil
	}
	to, err := table.NewWorkbook(w, tempDir)
	return &Again{to: to}, err
}

// Close releases what was taken.
func (a *Again) Close() {
	if a.to != nil {
		a.to.Close()
	}
}

// End comes after the last row.
func (a *Again) End() error { return a.to.End() }

var errOtherColumns = errors.New("the books do not have the same columns for all rows of the batch")

// Row writes the lines of a row, which was named by id. All rows have the columns of the first.
func (a *Again) Row(id mailout.RowID, columns []mailout.Column) error {
	if a.header == nil {
		if err := a.begin(columns); err != nil {
			return err
		}
	}
	for _, cells := range Lines(columns) {
		if len(cells) != len(columns) || len(columns) > len(a.header) {
			return errOtherColumns
		}
		cells = append(cells, make([]string, len(a.header)-len(columns))...)
		cells[a.earlier] = id.String()
		if err := a.to.Line(cells); err != nil {
			return err
		}
	}
	return nil
}

// Lines are the cells of a row's columns, line by line as they stood in its manifest.
func Lines(columns []mailout.Column) [][]string {
	if len(columns) == 0 {
		return nil
	}
	lines := make([][]string, 1+len(columns[0].More))
	for _, c := range columns {
		lines[0] = append(lines[0], c.Value.Reveal())
		for k, more := range c.More {
			if k+1 < len(lines) {
				lines[k+1] = append(lines[k+1], more.Reveal())
			}
		}
	}
	return lines
}

// begin writes the header: the owner's own, and behind it the column earlier, unless that is
// one of them.
func (a *Again) begin(columns []mailout.Column) error {
	taken := map[string]bool{}
	a.earlier = -1
	for i, c := range columns {
		a.header = append(a.header, c.Name)
		taken[fold(c.Name)] = true
		if c.Field == fEarlier.String() && a.earlier < 0 {
			a.earlier = i
		}
	}
	if a.earlier < 0 {
		a.earlier, a.header = len(columns), append(a.header, earlierName(taken))
	}
	return a.to.Line(a.header)
}

// earlierName is a name of the column that none of the owner's has.
func earlierName(taken map[string]bool) string {
	for _, name := range append([]string{fEarlier.String()}, jobNames[fEarlier]...) {
		if !taken[fold(name)] {
			return name
		}
	}
	return fEarlier.String() // read again, it stands twice, which is a problem
}
