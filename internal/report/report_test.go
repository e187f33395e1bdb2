package report

import (
	"errors"
	"io"
	"maps"
	"slices"
	"strings"
	"testing"

	"batch/internal/mailout"
)

var formats = []string{"csv", "xlsx", "json", "html"}

func TestReportsAsTheyAreWritten(t *testing.T) {
	_, all := sample()
	golden(t, "report.csv", written(t, all, Options{}))
	golden(t, "report.jsonl", written(t, all, Options{Format: "json"}))
}

// A row of each state, and of each standing that has words of its own: as csv, as json, and the
// sheets of the workbook as a person sees them.
func TestReportsOfEveryState(t *testing.T) {
	all := standings()
	for _, s := range mailout.States {
		if !slices.ContainsFunc(all, func(r mailout.Record) bool { return r.State == s }) {
			t.Errorf("no row is %s", s)
		}
	}
	golden(t, "states.csv", written(t, all, Options{}))
	golden(t, "states.jsonl", written(t, all, Options{Format: "json"}))
	f := opened(t, all, Options{})
	var text strings.Builder
	for _, sheet := range f.GetSheetList() {
		text.WriteString("## " + sheet + "\n")
		for _, line := range shown(t, f, sheet) {
			text.WriteString(strings.TrimRight(strings.Join(line, " | "), " |") + "\n")
		}
	}
	golden(t, "states.xlsx.txt", text.String())
}

func TestTotalsAreOfAllRowsWhateverIsListed(t *testing.T) {
	b, all := sample()
	for _, format := range formats {
		for _, only := range [][]mailout.State{nil, {mailout.Signed}, {mailout.Expired}} {
			totals, err := Write(io.Discard, b, each(all), Options{Format: format, Only: only})
			if err != nil || !maps.Equal(totals, b.Totals) || totals.Sum() != b.Rows {
				t.Errorf("%s, only %v: totals %v (%v), want %v", format, only, totals, err, b.Totals)
			}
		}
	}
}

func TestOnlyListsTheStatesAskedFor(t *testing.T) {
	_, all := sample()
	out := written(t, all, Options{Only: []mailout.State{mailout.Signed, mailout.Skipped}})
	lines := strings.Split(strings.TrimSuffix(out, "\r\n"), "\r\n")
	if len(lines) != 1+3 { // header, a row with its signer, a row without
		t.Fatalf("%d lines:\n%s", len(lines), out)
	}
	for _, line := range lines[1:] {
		if !strings.HasPrefix(line, "1042;") && !strings.HasPrefix(line, "1050;") {
			t.Errorf("not asked for: %s", line)
		}
	}
}

func TestBooksThatDoNotAddUpAreAnError(t *testing.T) {
	b, all := sample()
	for _, format := range formats {
		_, err := Write(io.Discard, b, each(all[1:]), Options{Format: format})
		if err == nil || !strings.Contains(err.Error(), "the manifest has 7 rows, the ledger gave 6") {
			t.Errorf("%s: %v", format, err)
		}
	}
}

func TestErrorsOfTheBooksAndOfTheFileAreReturned(t *testing.T) {
	b, all := sample()
	for _, format := range formats {
		if _, err := Write(io.Discard, b, broken(all), Options{Format: format}); !errors.Is(err, errBooks) {
			t.Errorf("%s, broken books: %v", format, err)
		}
		if _, err := Write(fullDisk{}, b, each(all), Options{Format: format}); !errors.Is(err, errFull) {
			t.Errorf("%s, full disk: %v", format, err)
		}
	}
}

var errFull = errors.New("no space left")

type fullDisk struct{}

func (fullDisk) Write([]byte) (int, error) { return 0, errFull }

func TestWhatCannotBeWrittenIsRefused(t *testing.T) {
	b, all := sample()
	for _, o := range []Options{{Format: "pdf"}, {Delimiter: '"'}, {Delimiter: '\n'}} {
		if _, err := Write(io.Discard, b, each(all), o); err == nil {
			t.Errorf("%+v was taken", o)
		}
	}
}

func TestAnEmptyBatchIsAHeaderAndTotals(t *testing.T) {
	for _, format := range formats {
		if totals, err := Write(io.Discard, books(nil), each(nil), Options{Format: format}); err != nil || totals.Sum() != 0 {
			t.Errorf("%s: %v, %v", format, totals, err)
		}
	}
}

func TestRaggedAndDoubledHeadersKeepTheirCells(t *testing.T) {
	all := []mailout.Record{
		record(2, "a", mailout.Created, columns("Id", "a", "Merknad", "first", "Merknad", "second")),
		record(3, "b", mailout.Created, columns("Id", "b", "State", "Oslo", "", "no header")),
	}
	header, rows := table(t, written(t, all, Options{}))
	if got := strings.Join(header[:6], "|"); got != "Id|Merknad|Merknad|State||record" {
		t.Errorf("header %s", got)
	}
	if got := strings.Join(rows[0][:6], "|"); got != "a|first|second|||row" {
		t.Errorf("line 2: %s", got)
	}
	if got := strings.Join(rows[1][:6], "|"); got != "b|||Oslo|no header|row" {
		t.Errorf("line 3: %s", got)
	}
	if got := header[6]; got != "batch_state" {
		t.Errorf("the report's own state stands under %q, beside the owner's", got)
	}
}
