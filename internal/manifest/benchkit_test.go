package manifest

import (
	"bufio"
	"context"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/xuri/excelize/v2"

	"batch/internal/mailout"
)

// childTask is the variable that makes this test binary read one file, in a process of
// its own whose memory can be measured, and say what that took.
const childTask = "MANIFEST_BENCH_TASK"

func TestMain(m *testing.M) {
	if task := os.Getenv(childTask); task != "" {
		os.Exit(benchChild(task))
	}
	os.Exit(m.Run())
}

// taken is what one reading took.
type taken struct {
	Seconds float64
	Rows    int
	PeakMiB float64 // 0 where the system does not tell
}

var floors = map[string]func(path string) (rows int, err error){
	"read":       readAll,
	"refuse":     refuse,
	"csv-floor":  bareCSV,
	"rows-floor": func(path string) (int, error) { return bareRows(path, excelize.Options{RawCellValue: true}) },
	"rows-floor-disk": func(path string) (int, error) {
		return bareRows(path, excelize.Options{RawCellValue: true, UnzipXMLSizeLimit: 1 << 20})
	},
}

func benchChild(task string) int {
	name, path, _ := strings.Cut(task, " ")
	begun := time.Now()
	rows, err := floors[name](path)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	t := taken{Seconds: time.Since(begun).Seconds(), Rows: rows, PeakMiB: peakMiB()}
	_ = json.NewEncoder(os.Stdout).Encode(t)
	return 0
}

// peakMiB is the most memory that this process has had in use.
func peakMiB() float64 {
	b, _ := os.ReadFile("/proc/self/status")
	for line := range strings.Lines(string(b)) {
		if f := strings.Fields(line); len(f) == 3 && f[0] == "VmHWM:" {
			kib, _ := strconv.ParseFloat(f[1], 64)
			return kib / 1024
		}
	}
	return 0
}

func readAll(path string) (int, error) {
	o := public()
	o.Documents, o.Now = nil, time.Time{}
	problems := 0
	r, err := Read(context.Background(), path, o, func(_ mailout.Entry, ps []mailout.Problem) error {
		problems += len(ps)
		return nil
	})
	if err == nil && problems+len(mailout.Stopping(r.Problems)) > 0 {
		return 0, fmt.Errorf("%d problems, %v", problems, r.Problems)
	}
	return r.Rows, err
}

// refuse reads what must be refused.
func refuse(path string) (int, error) {
	r := readFile(path, public())
	if r.code() == "" {
		return 0, fmt.Errorf("not refused: %w", r.err)
	}
	return len(r.entries), nil
}

func bareCSV(path string) (int, error) {
	f, err := os.Open(path)
	if err != nil {
		return 0, err
	}
	defer f.Close()
	r := csv.NewReader(f)
	r.Comma, r.ReuseRecord = ';', true
	for n := -1; ; n++ {
		if _, err := r.Read(); err == io.EOF {
			return n, nil
		} else if err != nil {
			return 0, err
		}
	}
}

func bareRows(path string, o excelize.Options) (int, error) {
	f, err := excelize.OpenFile(path, o)
	if err != nil {
		return 0, err
	}
	defer f.Close()
	rows, err := f.Rows("Sheet1")
	if err != nil {
		return 0, err
	}
	n := -1
	for rows.Next() {
		if _, err := rows.Columns(o); err != nil {
			return 0, err
		}
		n++
	}
	return n, rows.Error()
}

var benchHeader = []string{"Ansattnr", "Tittel", "Dokument", "Fødselsnummer", "E-post", "Mobil", "Rekkefølge", "Varsling", "Varslingstittel", "Frist dager", "Avdeling", "Stilling"}

func benchRow(i int) []string {
	return []string{strconv.Itoa(i + 1), "Arbeidsavtale for sykepleier " + strconv.Itoa(i), "avtaler/" + strconv.Itoa(i+1) + ".pdf", somebody(i),
		"ansatt" + strconv.Itoa(i) + "@kommune.example", "9" + fmt.Sprintf("%07d", i), "1", "given", "Arbeidsavtale", "14", "Helse og omsorg, avdeling " + strconv.Itoa(i%40), "Sykepleier"}
}

func writeCSV(tb testing.TB, path string, rows int) {
	f, err := os.Create(path)
	if err != nil {
		tb.Fatal(err)
	}
	defer f.Close()
	w := bufio.NewWriterSize(f, 1<<20)
	defer w.Flush()
	fmt.Fprintln(w, strings.Join(benchHeader, ";"))
	for i := range rows {
		fmt.Fprintln(w, strings.Join(benchRow(i), ";"))
	}
}

// writeWorkbook writes text as most programs do, or in line as some do.
func writeWorkbook(tb testing.TB, path string, rows int, inline bool) {
	f := excelize.NewFile()
	defer f.Close()
	set := func(n int, cells []string) {
		at, _ := excelize.CoordinatesToCellName(1, n)
		if err := f.SetSheetRow("Sheet1", at, &cells); err != nil {
			tb.Fatal(err)
		}
	}
	if inline {
		s, err := f.NewStreamWriter("Sheet1")
		if err != nil {
			tb.Fatal(err)
		}
		set = func(n int, cells []string) {
			at, _ := excelize.CoordinatesToCellName(1, n)
			values := make([]any, len(cells))
			for i, c := range cells {
				values[i] = c
			}
			if err := s.SetRow(at, values); err != nil {
				tb.Fatal(err)
			}
		}
		defer func() {
			if err := s.Flush(); err != nil {
				tb.Fatal(err)
			}
			save(tb, f, path)
		}()
	} else {
		defer save(tb, f, path)
	}
	set(1, benchHeader)
	for i := range rows {
		set(i+2, benchRow(i))
	}
}

func save(tb testing.TB, f *excelize.File, path string) {
	if err := f.SaveAs(path); err != nil {
		tb.Fatal(err)
	}
}

// somebody is the national number of the i-th of two million synthetic persons: month
// + 80, both check digits (Tax Administration, "Fødselsnummer").
func somebody(i int) string {
	day, month, year, serial := i%28+1, i/28%12+81, i/336%60+40, i/20160*10
	for ; ; serial++ {
		if id := fmt.Sprintf("%02d%02d%02d%03d", day, month, year, serial%500); withCheckDigits(&id) {
			return id
		}
	}
}

func withCheckDigits(id *string) bool {
	for _, weights := range [][]int{{3, 7, 6, 1, 8, 9, 4, 5, 2}, {5, 4, 3, 2, 7, 6, 5, 4, 3, 2}} {
		sum := 0
		for i, w := range weights {
			sum += w * int((*id)[i]-'0')
		}
		digit := (11 - sum%11) % 11
		if digit == 10 {
			return false
		}
		*id += strconv.Itoa(digit)
	}
	return true
}
