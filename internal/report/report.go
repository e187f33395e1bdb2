package report

import (
	"errors"
	"fmt"
	"io"
	"iter"
	"slices"
	"strings"
	"time"

	"batch/internal/mailout"
)

// Options say how a report is written. The zero value is a csv with semicolons, every
// row, in UTC, with national numbers masked.
type Options struct {
	Format    string         // "csv" (also ""), "xlsx", "json" or "html"
	Delimiter rune           // of csv; 0: semicolon
	Location  *time.Location // of the times in csv, xlsx and html; nil: UTC. json is always in UTC

	Now time.Time // whose turn it is, is said of this moment; zero: the present

	// WithNationalIDs shows national numbers, and in json e-mail addresses and mobile
	// numbers too.
	WithNationalIDs bool

	// Only lists rows in these states; empty: all. The totals are always of all rows.
	Only []mailout.State

	// TempDir is where a workbook over 16 MB is spooled, in clear: a private folder.
	// Empty: the system's. What is put there is gone when Write returns.
	TempDir string
}

// format writes the rows of one report in one format.
type format interface {
	row(r mailout.Record) error
	end(all mailout.Totals) error // after the last row
	close()                       // releases what was taken, also after an error
}

// Renewable is what a report can be written to from its beginning once more: what was written
// before is forgotten.
type Renewable interface {
	io.Writer
	Renew() error
}

// ofAll is a format that says something of all rows, listed or not.
type ofAll interface{ count(r mailout.Record) }

// Write writes the completion report of batch b to w and returns the totals of all its
// rows. rows must give every row of the batch in the manifest's order, and begin anew
// each time it is ranged over: csv and xlsx look first for the owner's headers.
//
// All rows of a manifest have the same columns, mostly. Where w is Renewable, a csv takes the
// headers from the first rows, and is begun anew when a later row has another; elsewhere all
// rows are read for them before the first line is written.
//
// An error leaves w with a part of a report. Errors hold no personal data.
func Write(w io.Writer, b mailout.BatchInfo, rows iter.Seq2[mailout.Record, error], o Options) (mailout.Totals, error) {
	o, err := o.filled()
	if err != nil {
		return nil, err
	}
	switch o.Format {
	case "json":
		return write(newJSON(w, b, o), b, rows, o)
	case "html":
		f, err := newHTML(w, b, o)
		if err != nil {
			return nil, err
		}
		return write(f, b, rows, o)
	}
	again, renewable := w.(Renewable)
	for look := firstRows; ; look = allRows {
		if o.Format == "csv" && !renewable {
			look = allRows
		}
		totals, err := writeTable(w, b, rows, look, o)
		if !errors.Is(err, errMoreColumns) {
			return totals, err
		}
		if renewable {
			if err := again.Renew(); err != nil {
				return nil, fmt.Errorf("beginning the report anew: %w", err)
			}
		}
	}
}

// MayDelimit reports whether a csv is read again as it was written with this character between
// its cells.
func MayDelimit(r rune) bool { return !strings.ContainsRune("\"\r\n\ufeff\ufffd", r) }

// filled are the options with what stands for their zero values.
func (o Options) filled() (Options, error) {
	switch o.Format {
	case "":
		o.Format = "csv"
	case "csv", "xlsx", "json", "html":
	default:
		return o, fmt.Errorf("there is no report format %q: choose csv, xlsx, json or html", o.Format)
	}
	if !MayDelimit(o.Delimiter) {
		return o, errors.New("this character cannot be the delimiter of a csv: choose a semicolon, a comma or a tab")
	}
	if o.Delimiter == 0 {
		o.Delimiter = ';'
	}
	if o.Location == nil {
		o.Location = time.UTC
	}
	if o.Now.IsZero() {
		o.Now = time.Now()
	}
	return o, nil
}

// writeTable writes a csv or a workbook, whose owner's columns stand in the first rows;
// errMoreColumns where they do not, before anything is written of a workbook.
func writeTable(w io.Writer, b mailout.BatchInfo, rows iter.Seq2[mailout.Record, error], first int, o Options) (mailout.Totals, error) {
	own, err := ownersColumns(rows, first)
	if err != nil {
		return nil, err
	}
	if o.Format == "csv" {
		f, err := newCSV(w, b, own, o)
		if err != nil {
			return nil, fmt.Errorf("beginning the report: %w", err)
		}
		return write(f, b, rows, o)
	}
	f, err := newWorkbook(w, b, own, o)
	if err != nil {
		return nil, err
	}
	return write(f, b, rows, o)
}

func write(f format, b mailout.BatchInfo, rows iter.Seq2[mailout.Record, error], o Options) (mailout.Totals, error) {
	defer f.close()
	totals := mailout.Totals{}
	for r, err := range ahead(rows) {
		if err != nil {
			return nil, fmt.Errorf("reading the books for the report: %w", err)
		}
		totals[r.State]++
		if f, of := f.(ofAll); of {
			f.count(r)
		}
		if !o.lists(r.State) {
			continue
		}
		if err := f.row(r); err != nil {
			return nil, fmt.Errorf("writing line %d of the manifest to the report: %w", r.Line, err)
		}
	}
	if totals.Sum() != b.Rows {
		return nil, fmt.Errorf("the books do not add up: the manifest has %d rows, the ledger gave %d; "+
			"do not trust this report, keep a copy of the ledger, and run batch status", b.Rows, totals.Sum())
	}
	if err := f.end(totals); err != nil {
		return nil, fmt.Errorf("finishing the report: %w", err)
	}
	return totals, nil
}

func (o Options) lists(s mailout.State) bool { return len(o.Only) == 0 || slices.Contains(o.Only, s) }
