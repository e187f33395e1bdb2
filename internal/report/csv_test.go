package report

import (
	"encoding/csv"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"batch/internal/mailout"
)

// table reads a csv by another hand.
func table(t *testing.T, report string) (header []string, rows [][]string) {
	t.Helper()
	text, marked := strings.CutPrefix(report, "\ufeff")
	if !marked {
		t.Error("no byte order mark: Excel takes the file for Windows-1252")
	}
	r := csv.NewReader(strings.NewReader(text))
	r.Comma = ';'
	all, err := r.ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	return all[0], all[1:]
}

func TestEveryCellComesBackFromTheCSV(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		cell := rapid.StringOf(rapid.OneOf(rapid.RuneFrom([]rune("\";,\t|\n =+-@'æ")), rapid.Rune()))
		// encoding/csv reads CRLF in a cell as LF, so a CR is not for this judge.
		text := strings.ReplaceAll(cell.Draw(r, "cell"), "\r", "")
		_, rows := table(t, written(t, []mailout.Record{record(2, "a", mailout.Created, columns("Id", "a", "Merknad", text))}, Options{}))
		if got := rows[0][1]; got != text && got != "'"+text {
			r.Fatalf("%q came back as %q", text, got)
		}
	})
}

// What is written as it stands is what a closer look would have left as it is.
func TestPlainCellsAreThoseThatNeedNothing(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		cell := rapid.StringOf(rapid.OneOf(rapid.RuneFrom([]rune("\";,\t|\n =+-@'æ§\u00a0\u2003aZ09._/:*")), rapid.Rune())).Draw(r, "cell")
		f := &csvFile{o: Options{Delimiter: rapid.SampledFrom([]rune(";,\t|aš§ ")).Draw(r, "delimiter")}}
		if want := f.quoted(disarmed(cell)); isPlain(cell, f.o.Delimiter) && cell != want {
			r.Fatalf("%q is taken as it is, and not as %q", cell, want)
		}
	})
	for _, cell := range []string{"", "1042", "Ingrid Solbakken", "2026-11-21 12:00:00", "avtaler/1042.pdf", "Åse", "Bjørn Ås", "a", "01847******"} {
		if got := isPlain(cell, ';'); got != (cell != "Åse") {
			t.Errorf("%q is plain: %t", cell, got)
		}
	}
}

func TestFormulasAreDisarmed(t *testing.T) {
	for _, cell := range []string{"=1+1", "@SUM(A1)", "+cmd|' /C calc'!A0", "-1+1", "--1", "\t=1", "\r=1", " =1", "\u00a0=1", "＝1+1", "-A1", "+47 (0) 1"} {
		if got := disarmed(cell); got != "'"+cell {
			t.Errorf("%q is written as %q", cell, got)
		}
	}
	for _, cell := range []string{"", "-", "-5", "-12,50", "+4799999999", "+47 999 99 999", "12-13", "a=b", "Å", "1=1", " x", "'=1"} {
		if got := disarmed(cell); got != cell {
			t.Errorf("%q, which runs nothing, is changed to %q", cell, got)
		}
	}
}

func TestHeadersAreDisarmedToo(t *testing.T) {
	header, _ := table(t, written(t, []mailout.Record{record(2, "a", mailout.Created, columns("=1+1", "x"))}, Options{}))
	if header[0] != "'=1+1" {
		t.Errorf("header %q", header[0])
	}
}

func TestAnotherDelimiter(t *testing.T) {
	_, all := sample()
	out := written(t, all, Options{Delimiter: '\t'})
	if first, _, _ := strings.Cut(out, "\r\n"); !strings.HasPrefix(first, "\ufeffId\tNavn\tfødselsnummer\tMerknad\trecord\t") {
		t.Errorf("header %q", first)
	}
}

// A person who filters on record gets as many rows as the manifest has, and every
// signer below the row it belongs to.
func TestEveryRowAndEverySignerHasALine(t *testing.T) {
	_, all := sample()
	header, rows := table(t, written(t, all, Options{}))
	record, line, signer := slices.Index(header, "record"), slices.Index(header, "line"), slices.Index(header, "signer")
	var got, want []string
	for _, r := range rows {
		got = append(got, r[record]+r[line]+"/"+r[signer])
	}
	for _, r := range all {
		n := string(rune('0' + r.Line))
		want = append(want, "row"+n+"/")
		for i := range r.Job.Signers {
			want = append(want, "signer"+n+"/"+string(rune('1'+i)))
		}
	}
	if !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

// The owner finds the manifest again in the report, from its first column on.
func TestTheOwnersColumnsStandFirst(t *testing.T) {
	_, all := sample()
	header, rows := table(t, written(t, all[:1], Options{WithNationalIDs: true}))
	var names, cells []string
	for _, c := range all[0].Columns {
		names, cells = append(names, c.Name), append(cells, c.Value.Reveal())
	}
	if !slices.Equal(header[:len(names)], names) || !slices.Equal(rows[0][:len(names)], cells) || header[len(names)] != "record" {
		t.Errorf("header %q, first row %q", header, rows[0])
	}
	if rows[0][slices.Index(header, "state")] != string(mailout.Signed) {
		t.Errorf("row %q", rows[0])
	}
}
