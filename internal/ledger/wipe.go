package ledger

import (
	"context"
	"database/sql"
	"errors"
	"path/filepath"
	"strings"
)

// Wipe takes what was deleted out of the bytes: it removes the copies that migrations have
// kept (of the whole books, as they were before), writes the ledger anew without what earlier
// statements left in its pages, and empties the write-ahead log. removed is how many copies
// went. What a crash leaves is a ledger that is whole, and perhaps not wiped: it is done again.
//
// A command that reads the ledger at that moment keeps the old pages in the log: that is an
// *Error, ledger-read.
func (l *Ledger) Wipe(ctx context.Context) (removed int, err error) {
	copies, err := l.backups()
	if err != nil {
		return 0, err
	}
	halves, err := l.beside(halfCopies)
	if err != nil {
		return 0, err
	}
	if err := l.remove(append(copies, halves...)); err != nil {
		return 0, err
	}
	if len(copies)+len(halves) > 0 {
		if err := l.o.Disk.SyncFolder(filepath.Dir(l.path)); err != nil {
			return 0, err
		}
	}
	return len(copies) + len(halves), l.rewrite(ctx)
}

// rewrite is done by a connection of its own: the writing one keeps in memory what it may have
// to take back, which here would be the whole ledger. What does not fit into memory lies in
// the ledger's own folder meanwhile, in a file without a name.
func (l *Ledger) rewrite(ctx context.Context) (err error) {
	db, err := sql.Open("sqlite", l.o.dsn("mode=rw"))
	if err != nil {
		return l.wrap("wiping", err)
	}
	defer func() { err = errors.Join(err, l.wrap("wiping", db.Close())) }()
	db.SetMaxOpenConns(1)
	folder := strings.ReplaceAll(filepath.Dir(l.path), "'", "''")
	for _, step := range []string{`PRAGMA temp_store_directory = '` + folder + `'`, `VACUUM`, `PRAGMA temp_store_directory = ''`} {
		if _, err := db.ExecContext(ctx, step); err != nil {
			return l.wrap("wiping", err)
		}
	}
	var busy, pages, moved int
	if err := db.QueryRowContext(ctx, `PRAGMA wal_checkpoint(TRUNCATE)`).Scan(&busy, &pages, &moved); err != nil {
		return l.wrap("wiping", err)
	}
	if busy != 0 {
		return &Error{Code: "ledger-read", Message: "another command reads the ledger " + l.path + ": what was deleted is still in its write-ahead log",
			Remedy: "wait until it has ended"}
	}
	return nil
}
