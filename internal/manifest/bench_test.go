package manifest

import (
	"archive/zip"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"
)

// A CSV of a million rows and twelve columns: at most 6 times what encoding/csv takes
// for nothing but reading it, and at most 300 MiB.
func BenchmarkCSV(b *testing.B) {
	path := filepath.Join(b.TempDir(), "m.csv")
	writeCSV(b, path, 1_000_000)
	compare(b, path, "csv-floor", 6, 300)
}

// A workbook of a hundred thousand rows and twelve columns: at most 1.2 times what
// excelize takes for nothing but reading it, and at most 150 MiB.
func BenchmarkWorkbook(b *testing.B) {
	for _, inline := range []bool{true, false} {
		name := "shared"
		if inline {
			name = "inline"
		}
		b.Run(name, func(b *testing.B) {
			path := filepath.Join(b.TempDir(), "m.xlsx")
			writeWorkbook(b, path, 100_000, inline)
			for _, floor := range []string{"rows-floor", "rows-floor-disk"} {
				b.Run(floor, func(b *testing.B) { compare(b, path, floor, 1.2, 150) })
			}
		})
	}
}

// compare reads a file in turn barely and as a manifest.
func compare(b *testing.B, path, floor string, most, mostMiB float64) {
	var bare, whole, peak float64
	for b.Loop() {
		bare += child(b, floor, path, 100_000).Seconds
		t := child(b, "read", path, 100_000)
		whole += t.Seconds
		peak = max(peak, t.PeakMiB)
	}
	b.ReportMetric(whole/bare, fmt.Sprintf("×floor(limit-%g)", most))
	b.ReportMetric(peak, fmt.Sprintf("MiB-peak(limit-%g)", mostMiB))
	b.ReportMetric(bare/float64(b.N), "s-floor")
}

// child runs a task in a process of its own; least is how many rows it must have read.
func child(b *testing.B, name, path string, least int) taken {
	self, err := os.Executable()
	if err != nil {
		b.Fatal(err)
	}
	c := exec.Command(self)
	c.Env = append(os.Environ(), childTask+"="+name+" "+path)
	c.Stderr = os.Stderr
	out, err := c.Output()
	var t taken
	if err == nil {
		err = json.Unmarshal(bytes.TrimSpace(out), &t)
	}
	if err != nil || t.Rows < least {
		b.Fatalf("%s: %v, %d rows", name, err, t.Rows)
	}
	return t
}

// What is made to harm costs little before it is refused: about 2 seconds and 128 MiB at
// the most.
func BenchmarkHostile(b *testing.B) {
	for _, c := range []struct {
		what, name string
		write      func(w io.Writer) error
	}{
		{"511 KB that unpack to 512 MB", "m.xlsx", func(w io.Writer) error { return bomb(w, "xl/worksheets/sheet1.xml") }},
		{"the same in the shared strings", "m.xlsx", func(w io.Writer) error { return bomb(w, "xl/sharedStrings.xml") }},
		{"100 000 parts", "m.xlsx", manyParts},
		{"an open quotation mark before 400 MB", "m.csv", func(w io.Writer) error {
			return repeated(w, good+"\"", "Avtale;a.pdf;"+kari+"\n", 400<<20)
		}},
		{"a million rows with a NUL in the last", "m.csv", func(w io.Writer) error {
			if err := repeated(w, good, "Avtale;a.pdf;"+kari+"\n", 200<<20); err != nil {
				return err
			}
			_, err := w.Write([]byte{0})
			return err
		}},
		{"one cell of 400 MB", "m.csv", func(w io.Writer) error { return repeated(w, good, "aaaaaaaaaaaaaaaa", 400<<20) }},
	} {
		b.Run(c.what, func(b *testing.B) {
			path := filepath.Join(b.TempDir(), c.name)
			f, err := os.Create(path)
			if err != nil {
				b.Fatal(err)
			}
			if err := c.write(f); err != nil {
				b.Fatal(err)
			}
			if err := f.Close(); err != nil {
				b.Fatal(err)
			}
			var seconds, peak float64
			for b.Loop() {
				t := child(b, "refuse", path, 0)
				seconds += t.Seconds
				peak = max(peak, t.PeakMiB)
			}
			b.ReportMetric(seconds/float64(b.N), "s(limit-2)")
			b.ReportMetric(peak, "MiB-peak(limit-128)")
		})
	}
}

func repeated(w io.Writer, head, unit string, size int) error {
	if _, err := io.WriteString(w, head); err != nil {
		return err
	}
	block := strings.Repeat(unit, 1<<20/len(unit))
	for written := 0; written < size; written += len(block) {
		if _, err := io.WriteString(w, block); err != nil {
			return err
		}
	}
	return nil
}

// bomb writes a workbook of which one part is 512 MB of blanks.
func bomb(w io.Writer, at string) error {
	f := excelize.NewFile()
	for i, row := range []string{"title document fnr", "Avtale a.pdf " + kari} {
		cells := strings.Fields(row)
		if err := f.SetSheetRow("Sheet1", fmt.Sprintf("A%d", i+1), &cells); err != nil {
			return err
		}
	}
	book, err := f.WriteToBuffer()
	if err != nil {
		return err
	}
	from, err := zip.NewReader(bytes.NewReader(book.Bytes()), int64(book.Len()))
	if err != nil {
		return err
	}
	to := zip.NewWriter(w)
	for _, part := range from.File {
		if part.Name != at {
			err = to.Copy(part)
		} else {
			err = padded(to, part)
		}
		if err != nil {
			return err
		}
	}
	return to.Close()
}

func padded(to *zip.Writer, part *zip.File) error {
	r, err := part.Open()
	if err != nil {
		return err
	}
	defer r.Close()
	w, err := to.Create(part.Name)
	if err != nil {
		return err
	}
	if _, err := io.Copy(w, r); err != nil {
		return err
	}
	return repeated(w, "", " ", 512<<20)
}

func manyParts(w io.Writer) error {
	z := zip.NewWriter(w)
	for i := range 100_000 {
		if _, err := z.Create(fmt.Sprintf("xl/worksheets/sheet%d.xml", i)); err != nil {
			return err
		}
	}
	return z.Close()
}
