package ledger

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"os"

	"batch/internal/mailout"
)

// Look opens a ledger for whoever only reads, such as an auditor. Unlike [Open] it makes,
// updates, names and closes to others nothing; a ledger of an older version is an *Error, and
// one that is not there an [fs.ErrNotExist]. Of its methods only those that read may be called.
// Without a sent.log those about it find none.
func Look(ctx context.Context, o Options) (*Ledger, error) {
	o = o.filled()
	if _, err := os.Stat(o.Path); err != nil {
		return nil, fmt.Errorf("looking for the ledger: %w", err)
	}
	l := &Ledger{o: o, path: o.Path, now: o.Now, steps: newSteps()}
	var err error
	if l.read, err = sql.Open("sqlite", o.dsn("mode=rw&_pragma=query_only(1)")); err != nil { // not read-only: see Examine
		return nil, l.wrap("opening", err)
	}
	l.read.SetMaxOpenConns(readers)
	if err := l.look(ctx); err != nil {
		l.Close()
		return nil, err
	}
	return l, nil
}

func (l *Ledger) look(ctx context.Context) error {
	files, err := schemas()
	if err != nil {
		return err
	}
	var have int
	if err := l.read.QueryRowContext(ctx, `PRAGMA user_version`).Scan(&have); err != nil {
		return l.wrap("reading the schema's version", err)
	}
	if have > len(files) {
		return l.tooNew(have, len(files))
	}
	if have < len(files) {
		return &Error{Code: "ledger-older-schema", Message: fmt.Sprintf("the ledger %s was written by an older version of batch (schema %d of %d), and to look at it changes nothing", l.path, have, len(files)),
			Remedy: "run `batch status`, which brings it up to date and keeps a copy; then look again"}
	}
	if err := l.keepLookups(ctx); err != nil {
		return err
	}
	if err := l.read.QueryRowContext(ctx, `SELECT value FROM meta WHERE key = 'workspace'`).Scan(&l.workspace); err != nil {
		return l.wrap("reading the workspace's name", err)
	}
	f, err := l.o.Disk.OpenFile(l.o.SentLog, os.O_RDONLY, 0)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("opening sent.log: %w", err)
	}
	l.sent = &sentLog{f: f, disk: l.o.Disk}
	return nil
}

// Keeps reports whether the books have a file of a job under a name, which is relative to the
// workspace: in its place, or under its temporary name.
func (l *Ledger) Keeps(ctx context.Context, name string) (is bool, err error) {
	err = l.read.QueryRowContext(ctx, `SELECT EXISTS (SELECT 1 FROM files WHERE path = ?1 AND state = 'kept')
		OR EXISTS (SELECT 1 FROM files INDEXED BY files_fetched WHERE temp = ?1 AND state = 'fetched')`, name).Scan(&is)
	return is, l.wrap("looking for a kept file", err)
}

// Damage is what is broken in the file itself; see [Health].
func (l *Ledger) Damage(ctx context.Context) ([]string, error) {
	var h Health
	err := h.look(ctx, l.read)
	return h.Damage, l.wrap("looking for damage", err)
}

// AuditLog compares every line of sent.log about a batch with every attempt of it.
func (l *Ledger) AuditLog(ctx context.Context, batch mailout.BatchID) (a mailout.LogAudit, err error) {
	if l.sent == nil {
		return mailout.LogAudit{Gone: true}, nil
	}
	tx, err := l.read.BeginTx(ctx, &sql.TxOptions{ReadOnly: true})
	if err != nil {
		return a, l.wrap("comparing with sent.log", err)
	}
	defer tx.Rollback()
	c := logAuditor{l: l, batch: batch, LogAudit: &a}
	return a, l.wrap("comparing with sent.log", c.compare(tx))
}
