package ledger

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	_ "modernc.org/sqlite" // the driver; imported nowhere else

	"batch/internal/disk"
)

// readers is how many connections read at the same time.
const readers = 4

// Options say where a ledger is.
type Options struct {
	Path     string           // ledger.db; created 0600 where absent, its folder 0700
	SentLog  string           // sent.log; on the same disk
	Now      func() time.Time // the clock of the books; nil: time.Now
	Patience time.Duration    // how long it is waited for another program that has the ledger in use; 0: 20 s
	Disk     disk.Disk        // what sent.log is written through; nil: the system's
	VFS      string           // what SQLite calls the disk below the ledger; empty: its own name for the system's
	Checking func()           // told before the file is looked through, which a crash makes necessary; nil: nobody
}

// Ledger is an open ledger, safe for concurrent use.
type Ledger struct {
	o         Options
	path      string
	file      bookFile
	write     *sql.DB // one connection
	read      *sql.DB
	verdict   *sql.Stmt // of read, as the next five: see keepLookups
	earlier   *sql.Stmt
	recipe    *sql.Stmt
	due       *sql.Stmt
	open      *sql.Stmt
	rebuilt   *sql.Stmt
	sent      *sentLog
	now       func() time.Time
	workspace string // the six characters in our Refs
	secret    []byte // see Seal
	speaking  string // see afterCrash; empty: this is no speaker
	steps     steps
	failed    atomic.Pointer[error] // see fail
}

// Open opens the ledger, makes it where there is none, and brings an older schema up to
// date. A damaged file, or one of a newer program, is an *Error.
func Open(ctx context.Context, o Options) (*Ledger, error) {
	o = o.filled()
	if err := makeFile(o); err != nil {
		return nil, err
	}
	l := &Ledger{o: o, path: o.Path, now: o.Now, steps: newSteps()}
	var err error
	if l.file, err = noteFile(o.Path); err != nil { // before SQLite opens it
		return nil, err
	}
	if l.write, err = sql.Open("sqlite", o.dsn("_txlock=immediate&_pragma=journal_mode(WAL)&_pragma=temp_store(MEMORY)")); err != nil {
		return nil, l.wrap("opening", err)
	}
	l.write.SetMaxOpenConns(1)
	if l.read, err = sql.Open("sqlite", o.dsn("_pragma=query_only(1)")); err != nil {
		return nil, l.wrap("opening", err)
	}
	l.read.SetMaxOpenConns(readers)
	l.read.SetMaxIdleConns(readers) // one that were closed would take its pragmas and statements with it
	if l.sent, err = openSentLog(o.Disk, o.SentLog); err != nil {
		l.Close()
		return nil, err
	}
	if err := l.patiently(ctx, l.prepare); err != nil {
		l.Close()
		return nil, err
	}
	return l, nil
}

// patiently tries again for a while where another process makes the same ledger at this
// moment: turning on the WAL wants an exclusive lock, for which SQLite does not wait as
// it does for every other.
func (l *Ledger) patiently(ctx context.Context, f func(context.Context) error) error {
	until := time.Now().Add(l.o.Patience)
	for {
		err := f(ctx)
		var le *Error
		if !errors.As(err, &le) || le.Code != "ledger-busy" || time.Now().After(until) {
			return err
		}
		select {
		case <-time.After(20 * time.Millisecond):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// prepare migrates the schema, keeps the lookups, and reads, or makes, the workspace's id.
func (l *Ledger) prepare(ctx context.Context) error {
	if err := l.migrate(ctx); err != nil {
		return err
	}
	if err := l.keepLookups(ctx); err != nil {
		return err
	}
	var noted bool
	err := l.read.QueryRowContext(ctx, `SELECT value, EXISTS (SELECT 1 FROM sent_log) FROM meta WHERE key = 'workspace'`).Scan(&l.workspace, &noted)
	if err == nil && noted {
		return nil
	}
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return l.wrap("reading the workspace's name", err)
	}
	return l.tx(ctx, "naming the workspace", l.found)
}

// found names the workspace of a new ledger and begins its sent.log. A new ledger beside a
// sent.log takes the id from there: its jobs are still ours. A log begins with its ledger:
// one that is missing later stays without its first line, for it is not the log of the
// attempts made before.
func (l *Ledger) found(tx *sql.Tx) error {
	said, err := l.sent.Read()
	if err != nil {
		return err
	}
	err = tx.QueryRow(`SELECT value FROM meta WHERE key = 'workspace'`).Scan(&l.workspace)
	if errors.Is(err, sql.ErrNoRows) {
		l.workspace = said.workspace()
		_, err = tx.Exec(`INSERT INTO meta (key, value) VALUES ('workspace', ?)`, l.workspace)
	}
	if err != nil {
		return err
	}
	var known bool // it has a history, or another process was faster
	if err := tx.QueryRow(`SELECT EXISTS (SELECT 1 FROM attempts) OR EXISTS (SELECT 1 FROM sent_log)`).Scan(&known); err != nil || known || len(said.at) > 0 {
		return err
	}
	if !said.began[l.workspace] {
		if err := l.sent.Begin(l.workspace); err != nil {
			return err
		}
	}
	end, err := l.sent.End()
	if err != nil {
		return err
	}
	return noteLog(tx, end)
}

// Home is the machine and folder that the ledger belongs to; empty in a new one. A copy
// elsewhere finds another home than its own.
func (l *Ledger) Home(ctx context.Context) (home string, err error) {
	err = l.read.QueryRowContext(ctx, `SELECT value FROM meta WHERE key = 'home'`).Scan(&home)
	if errors.Is(err, sql.ErrNoRows) {
		return "", nil
	}
	return home, l.wrap("reading the ledger's home", err)
}

// SetHome says where the ledger belongs from now on.
func (l *Ledger) SetHome(ctx context.Context, home string) error {
	return l.tx(ctx, "noting the ledger's home", func(tx *sql.Tx) error {
		_, err := tx.Exec(`INSERT INTO meta (key, value) VALUES ('home', ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value`, home)
		return err
	})
}

// Close closes the files. What was committed stays committed.
func (l *Ledger) Close() error {
	l.FallSilent()
	var errs []error
	if l.read != nil {
		errs = append(errs, l.read.Close())
	}
	if l.write != nil {
		errs = append(errs, l.write.Close())
	}
	if l.sent != nil {
		errs = append(errs, l.sent.Close())
	}
	return errors.Join(errs...)
}

// tx runs f in one transaction on the writing connection. A context that ends does not
// cut a commit short: what was begun is finished, so that "interrupted" never means "who
// knows".
func (l *Ledger) tx(ctx context.Context, doing string, f func(*sql.Tx) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	tx, err := l.write.BeginTx(context.WithoutCancel(ctx), nil)
	if err != nil {
		return l.wrap(doing, err)
	}
	if err := f(tx); err != nil {
		return errors.Join(l.wrap(doing, err), rollback(tx))
	}
	if err := l.wrap(doing, tx.Commit()); err != nil {
		l.fail(err)
		return err
	}
	return nil
}

// fail notes that a commit, sent.log or the disk failed, whoever's step it was. What was
// written may be there after a crash all the same: until another process has looked, nothing
// that leads to a call is begun.
// Answers to calls that are under way are still written: they only make the books truer.
func (l *Ledger) fail(err error) { l.failed.CompareAndSwap(nil, &err) }

// failure is why no intent is written any more; nil: nothing has failed.
func (l *Ledger) failure() error {
	if err := l.failed.Load(); err != nil {
		return *err
	}
	return nil
}

func rollback(tx *sql.Tx) error {
	if err := tx.Rollback(); err != nil && !errors.Is(err, sql.ErrTxDone) {
		return fmt.Errorf("rolling back: %w", err)
	}
	return nil
}
