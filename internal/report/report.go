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

// ofAll is a format that says something of all rows, listed or not.
type ofAll interface{ count(r mailout.Record) }

// Write writes the completion report of batch b to w and returns the totals of all its
// rows. rows must give every row of the batch in the manifest's order, and begin anew
// each time it is ranged over: csv and xlsx read it twice, first for the owner's headers.
//
// An error leaves w with a part of a report. Errors hold no personal data.
func Write(w io.Writer, b mailout.BatchInfo, rows iter.Seq2[mailout.Record, error], o Options) (mailout.Totals, error) {
	if o.Location == nil {
		o.Location = time.UTC
	}
	if o.Now.IsZero() {
		o.Now = time.Now()
	}
	f, err := begin(w, b, rows, o)
	if err != nil {
		return nil, err
	}
	defer f.close()
	totals := mailout.Totals{}
	for r, err := range rows {
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

func begin(w io.Writer, b mailout.BatchInfo, rows iter.Seq2[mailout.Record, error], o Options) (format, error) {
	switch o.Format {
	case "json":
		return newJSON(w, b, o), nil
	case "html":
		return newHTML(w, b, o)
	case "", "csv", "xlsx":
	default:
		return nil, fmt.Errorf("there is no report format %q: choose csv, xlsx, json or html", o.Format)
	}
	if strings.ContainsRune("\"\r\n\ufeff\ufffd", o.Delimiter) {
		return nil, errors.New("this character cannot be the delimiter of a csv: choose a semicolon, a comma or a tab")
	}
	owner, err := ownersColumns(rows)
	if err != nil {
		return nil, err
	}
	if o.Format == "xlsx" {
		return newWorkbook(w, b, owner, o)
	}
	return newCSV(w, b, owner, o)
}

func (o Options) lists(s mailout.State) bool { return len(o.Only) == 0 || slices.Contains(o.Only, s) }
