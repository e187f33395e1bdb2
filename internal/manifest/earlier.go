package manifest

import (
	"batch/internal/mailout"
	"batch/internal/table"
)

var notARow = bad("earlier", "this names no row of an earlier batch",
	"write the batch and the line, like 2026-11-21-a7 line:14, or leave the cell empty; a column of your own by this name is put aside under [columns] in batch.toml")

// parseEarlier reads which row a row is another attempt at.
func parseEarlier(c table.Cell) (mailout.RowID, error) {
	id, ok := mailout.ParseRowID(typed(c))
	if !ok {
		return id, notARow
	}
	return id, nil
}

// earlier reads which row of an earlier batch this is another attempt at, as `batch next`
// writes it. What became of that one, the plan asks.
func (w *row) earlier() {
	w.entry.Earlier, _ = value(w, w.job(field{name: fEarlier}), parseEarlier)
}

// isOdd reports whether a cell's text is less than the cell.
func isOdd(c table.Cell) bool { return c.Kind == table.Faulty || c.Words || c.Doubtful }
