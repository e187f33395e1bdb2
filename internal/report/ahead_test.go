package report

import (
	"errors"
	"io"
	"testing"

	"batch/internal/mailout"
)

// Rows that are read ahead come in order, to the last one and to an error; who stops early
// stops the reading, too, before he goes on.
func TestRowsThatAreReadAhead(t *testing.T) {
	for _, n := range []int{0, 1, chunk - 1, chunk, 5*chunk + 3} {
		for _, broken := range []bool{false, true} {
			for _, wanted := range []int{1, chunk, n, n + 1} {
				if wanted == 0 {
					continue
				}
				reading := true
				rows := func(yield func(mailout.Record, error) bool) {
					defer func() { reading = false }()
					for i := range n {
						if !yield(mailout.Record{Row: mailout.Row{Line: i}}, nil) {
							return
						}
					}
					if broken {
						yield(mailout.Record{}, errBooks)
					}
				}
				got := 0
				for r, err := range ahead(rows) {
					if err != nil && (!broken || got != n) || err == nil && r.Line != got {
						t.Fatalf("%d rows: row %d is %d (%v)", n, got, r.Line, err)
					}
					if got++; got == wanted {
						break
					}
				}
				all := n
				if broken {
					all++
				}
				if got != min(wanted, all) || reading {
					t.Errorf("%d rows, %d wanted: %d came; still reading: %t", n, wanted, got, reading)
				}
			}
		}
	}
}

// renewed is what a report was written to, and how often it was begun anew.
type renewed struct {
	text  []byte
	times int
}

func (r *renewed) Write(p []byte) (int, error) { r.text = append(r.text, p...); return len(p), nil }
func (r *renewed) Renew() error                { r.text = nil; r.times++; return nil }

// A column that only a late row has is found where nothing can be taken back and where a file
// can be begun anew, and the reports are the same.
func TestAColumnThatOnlyALateRowHas(t *testing.T) {
	var all []mailout.Record
	for i := range firstRows + 10 {
		all = append(all, record(i+2, "a", mailout.Created, columns("Id", "a")))
	}
	_, err := Write(new(renewed), books(all), each(all), Options{Now: noon})
	if err != nil {
		t.Fatal(err)
	}
	all[firstRows+5].Columns = columns("Id", "a", "Merknad", "late")
	file := new(renewed)
	if _, err := Write(file, books(all), each(all), Options{Now: noon.Add(1), Location: oslo}); err != nil || file.times != 1 {
		t.Errorf("it was begun anew %d times (%v)", file.times, err)
	}
	if want := written(t, all, Options{}); string(file.text) != want {
		t.Error("the file is not what is written to a pipe")
	}
	header, rows := table(t, string(file.text))
	if header[1] != "Merknad" || rows[firstRows+5][1] != "late" || rows[0][1] != "" {
		t.Errorf("header %q", header)
	}
	sheet := shown(t, opened(t, all, Options{}), "Rows")
	if sheet[0][1] != "Merknad" || sheet[firstRows+6][1] != "late" {
		t.Errorf("header of the workbook %q", sheet[0])
	}
	if _, err := Write(noMore{}, books(all), each(all), Options{}); !errors.Is(err, errFull) {
		t.Errorf("a file that cannot be begun anew: %v", err)
	}
}

type noMore struct{ io.Writer }

func (noMore) Write(p []byte) (int, error) { return len(p), nil }
func (noMore) Renew() error                { return errFull }
