package app

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"batch/internal/mailout"
)

// BenchmarkStart resumes a batch of a million rows, half of them sent, and measures the time
// from the start of the process to its first call, beside that of a process that opens the
// same database and asks it one question, in turns. The times are those of this machine; the
// ratio is what counts.
//
//	start-ms  from the start of a process that resumes to the first call's connection
//	open-ms   from the start of a process that opens the database, to the answer
//	work-ms   of start-ms, what the process itself did
//	ratio     start ÷ open; limit: at most 3
//	MiB       the most memory that a process takes to start; limit: below 100
func BenchmarkStart(b *testing.B) {
	const rows = 1_000_000
	dir, id := largeWorkspace(b, rows)
	startedProcess(b, "open", dir, id) // what lies in the write-ahead log is in the file now
	var start, open, work time.Duration
	memory := 0.0
	for b.Loop() {
		took, _ := startedProcess(b, "open", dir, id)
		open += took
		took, said := startedProcess(b, "start", dir, id)
		start += took
		var ms float64
		if _, err := fmt.Sscanf(said, "%f %f", &ms, &memory); err != nil {
			b.Fatalf("the process said %q: %v", said, err)
		}
		work += time.Duration(ms * float64(time.Millisecond))
	}
	ms := func(d time.Duration) float64 { return d.Seconds() * 1000 / float64(b.N) }
	b.ReportMetric(ms(start), "start-ms")
	b.ReportMetric(ms(open), "open-ms")
	b.ReportMetric(ms(work), "work-ms")
	b.ReportMetric(start.Seconds()/open.Seconds(), "ratio")
	b.ReportMetric(memory, "MiB")
	b.ReportMetric(0, "ns/op")
}

// startedProcess runs TestStartInAProcess in a process of its own, and measures until it is there.
func startedProcess(b *testing.B, what, dir string, id mailout.BatchID) (took time.Duration, said string) {
	b.Helper()
	c := exec.Command(os.Args[0], "-test.run", "^TestStartInAProcess$")
	c.Env = append(os.Environ(), startWhat+"="+what, startDir+"="+dir, startBatch+"="+string(id))
	out, err := c.StdoutPipe()
	if err != nil {
		b.Fatal(err)
	}
	began := time.Now()
	if err := c.Start(); err != nil {
		b.Fatal(err)
	}
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		if text, there := strings.CutPrefix(lines.Text(), thereWord); there {
			took, said = time.Since(began), text
		}
	}
	if err := c.Wait(); err != nil || took == 0 {
		b.Fatalf("the process that was to %s ended with %v after %q", what, err, said)
	}
	return took, said
}

const (
	startWhat  = "BATCH_BENCH_WHAT"
	startDir   = "BATCH_BENCH_DIR"
	startBatch = "BATCH_BENCH_BATCH"
	thereWord  = "there: "
)

// TestStartInAProcess is a process that BenchmarkStart measures.
func TestStartInAProcess(t *testing.T) {
	dir, id := os.Getenv(startDir), mailout.BatchID(os.Getenv(startBatch))
	switch os.Getenv(startWhat) {
	case "open":
		db := rawLedger(t, dir)
		defer db.Close()
		var state string
		if err := db.QueryRow(`SELECT state FROM batches WHERE id = ?`, string(id)).Scan(&state); err != nil {
			t.Fatal(err)
		}
		fmt.Println(thereWord + state)
	case "start":
		began := time.Now()
		startOf(t, dir, id, func() { fmt.Println(thereWord, time.Since(began).Seconds()*1000, mostMemory(t)) })
	default:
		t.Skip("only for make bench")
	}
}

// mostMemory is the most that this process has taken, in MiB; 0 where the system does not
// tell.
func mostMemory(t *testing.T) float64 {
	status, err := os.ReadFile("/proc/self/status")
	if errors.Is(err, fs.ErrNotExist) {
		return 0
	}
	if err != nil {
		t.Fatal(err)
	}
	var kib float64
	for line := range strings.Lines(string(status)) {
		if n, _ := fmt.Sscanf(line, "VmHWM: %f kB", &kib); n == 1 {
			return kib / 1024
		}
	}
	return 0
}

// errCalled ends a start: the first call has begun.
var errCalled = errors.New("the first call")

// startOf resumes the batch until the first call, which does not go out.
func startOf(t *testing.T, dir string, id mailout.BatchID, called func()) {
	t.Helper()
	calls := 0
	a, err := Open(t.Context(), Options{Dir: dir, Ask: func(string) bool { return true },
		Dial: func(context.Context, string, string) (net.Conn, error) {
			if calls++; calls == 1 {
				called()
			}
			return nil, errCalled
		}})
	if err != nil {
		t.Fatal(err)
	}
	defer a.Close()
	if _, err := a.Send(t.Context(), SendOptions{Batch: id, ApprovedBy: "benchmark", Soft: t.Context()}); err == nil || calls == 0 {
		t.Fatalf("no call was made: %v", err)
	}
}

func rawLedger(b testing.TB, dir string) *sql.DB {
	b.Helper()
	db, err := sql.Open("sqlite", "file:"+filepath.Join(dir, "ledger.db")+
		"?_txlock=immediate&_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)&_pragma=foreign_keys(1)&_pragma=busy_timeout(20000)&_pragma=secure_delete(1)")
	if err != nil {
		b.Fatal(err)
	}
	db.SetMaxOpenConns(1)
	return db
}

// largeWorkspace is a workspace with a batch of so many rows, half of them sent. One row is
// planned as any other; the rest are copies of it, made by the database itself.
func largeWorkspace(b *testing.B, rows int) (string, mailout.BatchID) {
	b.Helper()
	r, id := rehearsalOf(b, 1)
	if err := r.App.ledger.Approve(b.Context(), id, "benchmark", 0); err != nil {
		b.Fatal(err)
	}
	dir := r.Dir()
	r.Close()
	toml := filepath.Join(dir, "batch.toml")
	settings, err := os.ReadFile(toml)
	if err != nil {
		b.Fatal(err)
	}
	// A new process waits for permits that the last one may have taken: that is no work.
	if err := os.WriteFile(toml, bytes.ReplaceAll(settings, []byte("calls_per_second = 10"), []byte("calls_per_second = 0")), 0o600); err != nil {
		b.Fatal(err)
	}
	db := rawLedger(b, dir)
	defer db.Close()
	restore := dropTriggers(b, db)
	for _, query := range append(copies(rows), restore...) {
		if _, err := db.Exec(query); err != nil {
			b.Fatalf("%v: %s", err, query)
		}
	}
	writeSentLog(b, db, dir)
	return dir, id
}

// dropTriggers takes the rules of the schema away, but for the counting of rows: rows are
// made as they are after sending. It returns the statements that bring them back.
func dropTriggers(b *testing.B, db *sql.DB) (restore []string) {
	b.Helper()
	rows, err := db.Query(`SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND name NOT LIKE 'tally%'`)
	if err != nil {
		b.Fatal(err)
	}
	var drop []string
	for rows.Next() {
		var name, text string
		if err := rows.Scan(&name, &text); err != nil {
			b.Fatal(err)
		}
		drop, restore = append(drop, `DROP TRIGGER `+name), append(restore, text)
	}
	if err := errors.Join(rows.Err(), rows.Close()); err != nil {
		b.Fatal(err)
	}
	for _, query := range drop {
		if _, err := db.Exec(query); err != nil {
			b.Fatalf("%v: %s", err, query)
		}
	}
	return restore
}

// copies are the statements that make rows of the one in line 2, half of them sent.
func copies(rows int) []string {
	numbers := fmt.Sprintf(`WITH RECURSIVE n (i) AS (SELECT 3 UNION ALL SELECT i + 1 FROM n WHERE i <= %d)`, rows)
	sent := rows / 2
	return []string{
		`PRAGMA cache_size = -200000`,
		numbers + fmt.Sprintf(` INSERT INTO rows (batch, line, key, state, since, sender, title, nonsensitive_title, description, authentication, identifier,
			available_seconds, columns, letter, ref, job_id, queue)
			SELECT batch, i, 'k' || i, iif(i < %[1]d, 'created', 'planned'), since, sender, title, nonsensitive_title, description, authentication, identifier,
			available_seconds, columns, printf('%%064x', i), iif(i < %[1]d, 'ref-' || i, NULL), iif(i < %[1]d, i, NULL), iif(i < %[1]d, 'sandbox', '')
			FROM n, rows WHERE line = 2`, sent),
		numbers + ` INSERT INTO signers SELECT batch, i, s.n, national_id, email, mobile, ord, signature_type, on_behalf_of, notify, status, since FROM n, signers s WHERE line = 2`,
		numbers + ` INSERT INTO documents SELECT batch, i, d.n, title, name, sha256, crc32, bytes, pages, sources FROM n, documents d WHERE line = 2`,
		`INSERT INTO attempts (ref, batch, line, n, job_xml, documents, begun_at, ended_at, outcome, status, job_id, turn)
			SELECT ref, batch, line, 1, letter, letter, since, since, 'accepted', 200, job_id, line FROM rows WHERE state = 'created'`,
		`INSERT INTO events (at, batch, line, kind, from_state, to_state, ref, job_id, detail)
			SELECT since, batch, line, 'accept', 'sending', 'created', ref, job_id, 'HTTP 200' FROM rows WHERE state = 'created'`,
	}
}

// writeSentLog gives the ledger the log that its attempts would have written.
func writeSentLog(b *testing.B, db *sql.DB, dir string) {
	b.Helper()
	path := filepath.Join(dir, "sent.log")
	log, err := os.ReadFile(path)
	if err != nil {
		b.Fatal(err)
	}
	rows, err := db.Query(`SELECT ref, begun_at FROM attempts ORDER BY line`)
	if err != nil {
		b.Fatal(err)
	}
	defer rows.Close()
	var lines strings.Builder
	for rows.Next() {
		var ref, at string
		if err := rows.Scan(&ref, &at); err != nil {
			b.Fatal(err)
		}
		lines.WriteString(ref + " " + at + "\n")
	}
	if err := rows.Err(); err != nil {
		b.Fatal(err)
	}
	log = append(log, lines.String()...)
	if err := os.WriteFile(path, log, 0o600); err != nil {
		b.Fatal(err)
	}
	end := sha256.Sum256(log[max(0, len(log)-128):])
	if _, err := db.Exec(`UPDATE sent_log SET bytes = ?, digest = ?, turn = (SELECT max(turn) FROM attempts)`, len(log), hex.EncodeToString(end[:])); err != nil {
		b.Fatal(err)
	}
	if _, err := db.Exec(`PRAGMA wal_checkpoint(TRUNCATE)`); err != nil {
		b.Fatal(err)
	}
}
