package ledger_test

import (
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"batch/internal/ledger"
	"batch/internal/mailout"
)

// BenchmarkTransitions begins rows and settles them, as so many workers do at once, and
// measures beside it, in turns, the same SQL with the same syncs on a bare connection that
// has nothing else to do: prepared statements, the same pragmas, in all as many commits as the
// ledger made, and as many appends to a log.
//
//	transitions/s  intents and outcomes that are on disk
//	bare/s         the same on the bare connection
//	rows/commit    intents that shared a commit, on average
//	ratio          transitions/s ÷ bare/s; limit: at least 0.85
func BenchmarkTransitions(b *testing.B) {
	const rows, workers = 2000, 16
	var ours, bare time.Duration
	var turns float64
	for b.Loop() {
		books, id := manyRows(b, rows)
		commits := 0
		must(b, ledger.CountCommits(books.Ledger, func() { commits++ }))
		ours += books.sendAll(id, rows, workers)
		appends := books.turns()
		turns += float64(appends)
		beside, id := manyRows(b, rows)
		bare += beside.sendBare(books.Ledger, id, rows, commits, appends)
		must(b, books.Close())
	}
	n := float64(2 * rows * b.N)
	b.ReportMetric(n/ours.Seconds(), "transitions/s")
	b.ReportMetric(n/bare.Seconds(), "bare/s")
	b.ReportMetric(float64(rows*b.N)/turns, "rows/commit")
	b.ReportMetric(bare.Seconds()/ours.Seconds(), "ratio")
	b.ReportMetric(0, "ns/op")
}

// manyRows are books with an approved batch of so many rows, in lines from 2 on.
func manyRows(b *testing.B, rows int) (*books, mailout.BatchID) {
	books := newBooks(b)
	var all []mailout.Row
	for line := 2; line < 2+rows; line++ {
		all = append(all, row(line))
	}
	return books, books.approved(all...)
}

// sendAll begins and settles every row, by so many workers.
func (b *books) sendAll(id mailout.BatchID, rows, workers int) time.Duration {
	began := time.Now()
	var group sync.WaitGroup
	for w := range workers {
		group.Go(func() {
			for line := 2 + w; line < 2+rows; line += workers {
				ref, err := b.BeginAttempt(b.t.Context(), id, line, "queue", jobXML)
				if err == nil {
					_, err = b.Settle(b.t.Context(), ref, accepted(mailout.JobID(line)))
				}
				if err != nil {
					b.t.Error(err)
					return
				}
			}
		})
	}
	group.Wait()
	return time.Since(began)
}

// turns counts the commits that held intents: an append to sent.log followed each of them.
func (b *books) turns() (n int) {
	db := b.rawDB()
	defer db.Close()
	must(b.t, db.QueryRow(`SELECT count(DISTINCT turn) FROM attempts`).Scan(&n))
	return n
}

// bareConn is a connection with the statements of sending, prepared.
type bareConn struct {
	t                        testing.TB
	savepoint, release, note *sql.Stmt
	sendable, attempt        *sql.Stmt // of an intent
	answered, outcome        *sql.Stmt
	row, event               *sql.Stmt // of both
}

// sendBare writes what sendAll writes, with the statements that l has, in so many commits,
// and after so many of them appends to a log.
func (b *books) sendBare(l *ledger.Ledger, id mailout.BatchID, rows, commits, appends int) time.Duration {
	must(b.t, b.Close())
	db, err := sql.Open("sqlite", "file:"+filepath.Join(b.dir, "ledger.db")+
		"?_pragma=journal_mode(WAL)&_pragma=temp_store(MEMORY)&_pragma=synchronous(FULL)&_pragma=foreign_keys(1)&_pragma=busy_timeout(20000)&_pragma=secure_delete(1)")
	must(b.t, err)
	defer db.Close()
	db.SetMaxOpenConns(1)
	c := bareConn{t: b.t}
	for words, into := range map[string]**sql.Stmt{
		"INSERT INTO sent_log": &c.note, "SAVEPOINT": &c.savepoint, "RELEASE": &c.release, "SELECT b.state": &c.sendable, "INSERT INTO attempts": &c.attempt,
		"UPDATE rows": &c.row, "INSERT INTO events": &c.event, "SELECT r.batch": &c.answered, "UPDATE attempts": &c.outcome,
	} {
		*into, err = db.Prepare(ledger.Kept(l, words))
		must(b.t, err)
	}
	log, err := os.OpenFile(filepath.Join(b.dir, "sent.log"), os.O_WRONLY|os.O_APPEND, 0)
	must(b.t, err)
	defer log.Close()

	began := time.Now()
	lines := ""
	for line, n := 2, 1; n <= commits; n++ {
		_, err := db.Exec(`BEGIN IMMEDIATE`)
		must(b.t, err)
		c.do(c.note, line, mailout.Digest{}.String(), n)
		for ; line < 2+rows*n/commits; line++ {
			lines += c.send(id, line, n) + "\n"
		}
		_, err = db.Exec(`COMMIT`)
		must(b.t, err)
		if n*appends/commits > (n-1)*appends/commits {
			_, err = log.WriteString(lines)
			must(b.t, errors.Join(err, log.Sync()))
			lines = ""
		}
	}
	return time.Since(began)
}

func (c bareConn) do(s *sql.Stmt, args ...any) {
	if _, err := s.Exec(args...); err != nil {
		c.t.Fatal(err)
	}
}

// send writes the intent and the outcome of a row, and returns the intent's line.
func (c bareConn) send(id mailout.BatchID, line, turn int) string {
	const at = "2026-11-21T12:00:00.000000Z"
	batch, ref := string(id), string(mailout.NewRef(mailout.RefParts{Workspace: "abc123", Batch: id, Line: line, Attempt: 1}))
	var s [6]string
	var n, job int
	var rebuilt, other bool
	c.do(c.savepoint)
	if err := c.sendable.QueryRow(batch, line).Scan(&s[0], &s[1], &s[2], &s[3], &job, &s[4], &s[5], &n, &rebuilt); err != nil {
		c.t.Fatal(err)
	}
	c.do(c.attempt, ref, batch, line, n, jobXML.String(), jobXML.String(), at, turn)
	c.do(c.row, "sending", at, ref, 0, "queue", batch, line)
	c.do(c.event, at, batch, line, "begin", "planned", "sending", ref, 0, "")
	c.do(c.release)
	c.do(c.savepoint)
	if err := c.answered.QueryRow(ref, line).Scan(&s[0], &n, &s[1], &s[2], &s[3], &job, &other); err != nil {
		c.t.Fatal(err)
	}
	c.do(c.outcome, at, "accepted", 200, "", at, line, "", ref)
	c.do(c.row, "created", at, ref, line, "", batch, line)
	c.do(c.event, at, batch, line, "accept", "sending", "created", ref, line, "HTTP 200")
	c.do(c.release)
	return fmt.Sprint(ref, " ", at)
}
