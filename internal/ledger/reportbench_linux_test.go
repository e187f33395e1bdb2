package ledger_test

import (
	"bufio"
	"encoding/csv"
	"errors"
	"flag"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/xuri/excelize/v2"

	"batch/internal/mailout"
	"batch/internal/report"
)

var (
	reportRows = flag.Int("report.rows", 1_000_000, "rows of the batch whose report is measured")
	reportOf   = flag.String("report.of", "", "folder of the books; of the process that is measured")
	reportAs   = flag.String("report.as", "", "format; of the process that is measured")
)

// BenchmarkReport writes the report of a batch of a million rows, of which a tenth has two
// signers, from the books to a file, in a process of its own; and measures beside it, in the same
// run, what cannot be saved: bare encoding/csv, and bare excelize, that write the same cells to a
// file. The ratios are of the time that passes.
//
//	csv-ratio   csv report ÷ encoding/csv; limit: at most 3
//	xlsx-ratio  workbook ÷ excelize's StreamWriter; limit: at most 1.25
//	csv-MiB     the most memory that the process took; limit: at most 250
//	xlsx-MiB    the same; limit: at most 250
func BenchmarkReport(b *testing.B) {
	books, id := lived(b, *reportRows)
	must(b, os.WriteFile(filepath.Join(books.dir, "batch"), []byte(id), 0o600))
	must(b, books.Close())
	for b.Loop() {
		for _, format := range []string{"csv", "xlsx"} {
			took, mib := reportProcess(b, books.dir, format)
			bare := map[string]func(*testing.B, string) time.Duration{"csv": bareCSV, "xlsx": bareWorkbook}[format](b, filepath.Join(books.dir, "report.csv"))
			b.Logf("%s: %v, bare %v, %.0f MiB", format, took, bare, mib)
			b.ReportMetric(took.Seconds()/bare.Seconds(), format+"-ratio")
			b.ReportMetric(mib, format+"-MiB")
		}
	}
	b.ReportMetric(0, "ns/op")
}

// reportProcess has a process write a report, and says how long it took and how much memory.
func reportProcess(b *testing.B, dir, format string) (took time.Duration, mib float64) {
	b.Helper()
	cmd := exec.CommandContext(b.Context(), os.Args[0], "-test.run=^TestReportOfBooks$", "-report.of="+dir, "-report.as="+format)
	began := time.Now()
	if out, err := cmd.CombinedOutput(); err != nil {
		b.Fatalf("%v: %s", err, out)
	}
	took = time.Since(began)
	if u, ok := cmd.ProcessState.SysUsage().(*syscall.Rusage); ok {
		mib = float64(u.Maxrss) / 1024
	}
	return took, mib
}

// TestReportOfBooks is the process that BenchmarkReport measures.
func TestReportOfBooks(t *testing.T) {
	if *reportOf == "" {
		t.Skip("for BenchmarkReport")
	}
	b := openBooks(t, *reportOf, &clock{at: noon})
	id, err := os.ReadFile(filepath.Join(*reportOf, "batch"))
	must(t, err)
	out, err := os.Create(filepath.Join(*reportOf, "report."+*reportAs))
	must(t, err)
	info := b.info(mailout.BatchID(id))
	_, err = report.Write(rewritten{out}, info, b.Standings(t.Context(), info.ID), report.Options{Format: *reportAs, Now: noon, TempDir: t.TempDir()})
	must(t, errors.Join(err, out.Close()))
}

// rewritten is a file that can be begun anew.
type rewritten struct{ *os.File }

func (f rewritten) Renew() error {
	_, err := f.Seek(0, io.SeekStart)
	return errors.Join(err, f.Truncate(0))
}

// inParts calls f with the lines of a report, some thousands at a time; to read them is not what
// is measured.
func inParts(b *testing.B, path string, f func(lines [][]string)) {
	b.Helper()
	file, err := os.Open(path)
	must(b, err)
	defer file.Close()
	in := bufio.NewReaderSize(file, 1<<20)
	_, err = in.Discard(len("\ufeff"))
	must(b, err)
	r := csv.NewReader(in)
	r.Comma = ';'
	for part := [][]string{}; ; part = part[:0] {
		for len(part) < 10_000 && err == nil {
			var line []string
			if line, err = r.Read(); err == nil {
				part = append(part, line)
			}
		}
		f(part)
		if err == io.EOF {
			return
		}
		must(b, err)
	}
}

// bareCSV has encoding/csv write the cells of a report.
func bareCSV(b *testing.B, path string) (took time.Duration) {
	out, err := os.Create(filepath.Join(b.TempDir(), "bare.csv"))
	must(b, err)
	defer out.Close()
	w := csv.NewWriter(out)
	w.Comma, w.UseCRLF = ';', true
	inParts(b, path, func(lines [][]string) {
		began := time.Now()
		for _, line := range lines {
			w.Write(line)
		}
		w.Flush()
		took += time.Since(began)
	})
	must(b, w.Error())
	return took
}

// bareWorkbook has excelize write the cells of a report: on two sheets, moments as dates.
func bareWorkbook(b *testing.B, path string) (took time.Duration) {
	file := excelize.NewFile(excelize.Options{TmpDir: b.TempDir()})
	defer file.Close()
	style, err := file.NewStyle(&excelize.Style{NumFmt: 22})
	must(b, err)
	sheets, at := map[string]*excelize.StreamWriter{}, map[string]int{}
	for kind, name := range map[string]string{"row": "Sheet1", "signer": "Sheet2"} {
		_, err := file.NewSheet(name)
		must(b, err)
		sheets[kind], err = file.NewStreamWriter(name)
		must(b, err)
	}
	var header []string
	inParts(b, path, func(lines [][]string) {
		if header == nil {
			header, lines = lines[0], lines[1:]
		}
		rows, kinds := bareCells(header, lines, style)
		began := time.Now()
		for i, cells := range rows {
			at[kinds[i]]++
			if err := sheets[kinds[i]].SetRow("A"+strconv.Itoa(at[kinds[i]]), cells); err != nil {
				b.Fatal(err)
			}
		}
		took += time.Since(began)
	})
	out, err := os.Create(filepath.Join(b.TempDir(), "bare.xlsx"))
	must(b, err)
	defer out.Close()
	began := time.Now()
	for _, s := range sheets {
		must(b, s.Flush())
	}
	must(b, file.Write(out))
	return took + time.Since(began)
}

// bareCells are the cells that the workbook has of the csv's lines: of a row all columns up to
// those of signers, of a signer his own, and which row he belongs to.
func bareCells(header []string, lines [][]string, style int) (rows [][]any, kinds []string) {
	at := map[string]int{}
	for i, name := range header {
		at[name] = i
	}
	for _, line := range lines {
		var cells []any
		from, to := 0, at["signer"]
		if line[at["record"]] == "signer" {
			cells = append(cells, line[at["line"]], line[at["row_key"]], "Arbeidsavtale for "+line[at["line"]], excelize.Cell{StyleID: style, Value: line[at["state"]]})
			from, to = to, len(line)
		}
		for i, text := range line[from:to] {
			moment, err := time.Parse(time.DateTime, text)
			switch {
			case from+i == at["record"]:
			case text == "":
				cells = append(cells, nil)
			case err == nil:
				cells = append(cells, excelize.Cell{StyleID: style, Value: moment})
			default:
				cells = append(cells, text)
			}
		}
		rows, kinds = append(rows, cells), append(kinds, line[at["record"]])
	}
	return rows, kinds
}

// million are the steps by which so many rows live as a real mail-out does: of each hundred, 85
// are signed by two people each, or by one, four are rejected, four expired, one failed, one
// refused, three created still, and two are skipped. Every rule of the schema watches.
var million = []string{
	`CREATE TEMP TABLE n (n INTEGER PRIMARY KEY)`,
	`WITH RECURSIVE c(n) AS (SELECT 3 UNION ALL SELECT n + 1 FROM c WHERE n <= ROWS) INSERT INTO n SELECT n FROM c`,
	`INSERT INTO rows (batch, line, key, state, since, sender, title, nonsensitive_title, description, authentication, identifier, available_seconds, columns, letter, code, message)
		SELECT 'BATCH', n, 'A-' || n, iif(n % 100 < 2, 'skipped', 'planned'), '2026-11-20T12:00:00.000000Z', '988015814', 'Arbeidsavtale for ' || n, 'Arbeidsavtale', '', 4, '', 1209600,
			json_array(json_array('Id', 'A-' || n), json_array('Navn', 'Ingrid Solbakken ' || n), json_array('fødselsnummer', format('%011d', 1840000000 + n), json('["national_id"]')),
				json_array('Avdeling', 'Helse og omsorg'), json_array('Dokument', 'avtaler/' || n || '.pdf', json('["document"]')), json_array('Merknad', iif(n % 7, '', 'ring først; ' || n))),
			iif(n % 100 < 2, NULL, format('%064x', n)), iif(n % 100 < 2, 'document-missing', ''), iif(n % 100 < 2, 'the file is not there', '') FROM n`,
	`INSERT INTO signers (batch, line, n, national_id, email, mobile, ord, signature_type, on_behalf_of, notify)
		SELECT 'BATCH', n.n, s.value, format('%011d', 1840000000 + n.n * s.value), '', '', s.value, '', '', 'lookup' FROM n, json_each('[1,2]') s WHERE s.value <= 1 + (n.n % 10 = 0)`,
	`INSERT INTO documents (batch, line, n, title, name, sha256, crc32, bytes, pages, sources)
		SELECT 'BATCH', n, 1, 'Arbeidsavtale', 'document1.pdf', format('%064x', n), 1, 48211, 3, json_array(json_object('Path', 'avtaler/' || n || '.pdf', 'SHA256', format('%064x', n))) FROM n WHERE n % 100 > 1`,
	`INSERT INTO attempts (ref, batch, line, n, job_xml, documents, begun_at)
		SELECT format('k3v9xq-%s-%d-1-8fj2m0qz-c4t', 'BATCH', n), 'BATCH', n, 1, format('%064x', n), format('%064x', n), '2026-11-21T12:00:00.000000Z' FROM n WHERE n % 100 > 1`,
	`UPDATE rows SET state = 'sending', ref = format('k3v9xq-%s-%d-1-8fj2m0qz-c4t', 'BATCH', line) WHERE batch = 'BATCH' AND line > 2 AND state = 'planned'`,
	`UPDATE rows SET state = 'refused', code = 'INVALID_SIGNER', message = 'the signer cannot be used' WHERE batch = 'BATCH' AND line % 100 = 2 AND state = 'sending'`,
	`UPDATE attempts SET outcome = 'accepted', status = 200, ended_at = '2026-11-21T12:00:01.000000Z', job_id = 9000000000 + line WHERE batch = 'BATCH' AND line % 100 > 2`,
	`UPDATE rows SET state = 'created', job_id = 9000000000 + line WHERE batch = 'BATCH' AND state = 'sending'`,
	`UPDATE signers SET status = 'SIGNED', since = '2026-11-22T09:00:00.000000Z' WHERE batch = 'BATCH' AND line % 100 > 14`,
	`UPDATE signers SET status = 'REJECTED', since = '2026-11-22T09:00:00.000000Z' WHERE batch = 'BATCH' AND line % 100 BETWEEN 6 AND 14`,
	`INSERT INTO files (job_id, signer, sha256, batch, line, bytes, temp, state, at)
		SELECT 9000000000 + n, 0, format('%064x', n), 'BATCH', n, 61234, 'temp' || n, 'fetched', '2026-11-22T10:00:00.000000Z' FROM n WHERE n % 100 > 14`,
	`UPDATE files SET state = 'kept', path = format('signed/%s/A-%d-%d.pdf', 'BATCH', line, job_id)`,
	`UPDATE rows SET state = 'signed', since = '2026-11-22T10:00:00.000000Z' WHERE batch = 'BATCH' AND line % 100 > 14 AND state = 'created'`,
	`UPDATE rows SET state = CASE WHEN line % 100 < 10 THEN 'rejected' WHEN line % 100 < 14 THEN 'expired' ELSE 'failed' END, cause = CASE WHEN line % 100 < 10 THEN 'REJECTED' WHEN line % 100 < 14 THEN 'EXPIRED' ELSE 'RESERVED' END,
		since = '2026-11-22T10:00:00.000000Z' WHERE batch = 'BATCH' AND line % 100 BETWEEN 6 AND 14 AND state = 'created'`,
}

// lived are books of a batch of so many rows that has lived.
func lived(b testing.TB, rows int) (*books, mailout.BatchID) {
	b.Helper()
	books := newBooks(b)
	id := books.approved(row(2))
	db := books.rawDB()
	defer db.Close()
	of := strings.NewReplacer("BATCH", string(id), "ROWS", strconv.Itoa(rows))
	run := func(query string) {
		if _, err := db.Exec(of.Replace(query)); err != nil {
			b.Fatalf("%s: %v", query, err)
		}
	}
	run(`PRAGMA synchronous = OFF`)
	run(`PRAGMA wal_autocheckpoint = 100000`)
	run(`BEGIN`)
	for _, step := range million {
		run(step)
	}
	run(`COMMIT`)
	run(`PRAGMA wal_checkpoint(TRUNCATE)`)
	return books, id
}
