package report

import (
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"batch/internal/mailout"
)

// totals writes the sheet of totals: what the batch is, and its rows per state with
// their sum beside the manifest's.
func (f *workbook) totals(all mailout.Totals) error {
	if err := printable(f.file, sheetTotals, true); err != nil {
		return err
	}
	lines := append(f.facts(), nil)
	table := len(lines) // the line above the table
	lines = append(lines, []any{"State", "Rows", "What it means"})
	for _, s := range mailout.States {
		lines = append(lines, []any{string(s), all[s], meanings[s]})
	}
	lines = append(lines, []any{"sum", all.Sum(), "of the states"}, []any{"manifest", f.batch.Rows, "rows that were planned"})
	for i, cells := range lines {
		if err := f.file.SetSheetRow(sheetTotals, "A"+strconv.Itoa(i+1), &cells); err != nil {
			return err
		}
	}
	return f.dress(table, len(lines))
}

// facts are lines that say what the batch is.
func (f *workbook) facts() [][]any {
	b := f.batch
	facts := [][]any{
		{"Batch", string(b.ID)},
		{"State of the batch", string(b.State)},
		{"Manifest", filepath.Base(b.ManifestPath)},
		{"Manifest, SHA-256", digest(b.ManifestSHA256)},
		{"Digest of the plan", digest(b.Digest)},
		{"Planned", f.clock(b.CreatedAt)},
		{"Approved", f.clock(b.ApprovedAt)},
		{"Time zone", f.o.Location.String()},
		{"Rows listed", f.listed()},
		{"Changes not confirmed", b.Unconfirmed},
		{"Open alarms", b.Alarms},
	}
	facts = append(facts, f.deadlines()...)
	if b.StopReason != "" {
		facts = append(facts, []any{"Stopped", b.StopReason})
	}
	return facts
}

// clock is text: a few lone times, read rather than sorted.
func (f *workbook) clock(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.In(f.o.Location).Format(timeInCSV)
}

func (f *workbook) listed() string {
	if len(f.o.Only) == 0 {
		return "all"
	}
	states := make([]string, len(f.o.Only))
	for i, s := range f.o.Only {
		states[i] = string(s)
	}
	return "only " + strings.Join(states, ", ")
}

// dress sets the widths, and makes the table's header and sums stand out. header is the
// index of its line, from 0; lines is how many the sheet has.
func (f *workbook) dress(header, lines int) error {
	for column, width := range map[string]float64{"A": 24, "B": 24, "C": 70} {
		if err := f.file.SetColWidth(sheetTotals, column, column, width); err != nil {
			return err
		}
	}
	for _, part := range []struct{ from, to, style int }{
		{1, lines, f.style.number},
		{header + 1, header + 1, f.style.header},
		{lines - 1, lines, f.style.bold},
	} {
		from, to := "A"+strconv.Itoa(part.from), "C"+strconv.Itoa(part.to)
		if err := f.file.SetCellStyle(sheetTotals, from, to, part.style); err != nil {
			return err
		}
	}
	return nil
}
