package ledger

import (
	"errors"
	"fmt"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// Error is an error of the ledger file itself: a sentence and what to do. After one
// nothing is concluded and nothing more is said to the portal.
type Error struct {
	Code    string // "ledger-corrupt", "ledger-disk-full", "ledger-newer", …
	Message string
	Remedy  string
	Err     error
}

func (e *Error) Error() string { return e.Message }
func (e *Error) Unwrap() error { return e.Err }

var (
	// ErrNoBatch and ErrNoRow: nothing by that name in the ledger.
	ErrNoBatch = errors.New("no such batch in this ledger")
	ErrNoRow   = errors.New("no such row in this batch")

	// ErrNoJob: no job of ours by that id in the ledger.
	ErrNoJob = errors.New("no such job in this ledger")

	// ErrSuperseded: a newer plan took the place of the batch before it was approved.
	ErrSuperseded = errors.New("a newer plan took its place")

	// ErrOlderLedger: sent.log names attempts that the ledger does not know.
	ErrOlderLedger = errors.New("the ledger is older than sent.log")

	// ErrSentLog: sent.log is not the one that the ledger wrote, or was cut.
	ErrSentLog = errors.New("sent.log was cut short, or is not the one that belongs to this ledger")
)

// wrap gives an error of the database its sentence.
func (l *Ledger) wrap(doing string, err error) error {
	if err == nil {
		return nil
	}
	var se *sqlite.Error
	if !errors.As(err, &se) {
		return fmt.Errorf("%s: %w", doing, err)
	}
	e := &Error{Code: "ledger-error", Err: err,
		Message: fmt.Sprintf("%s in the ledger %s went wrong (%v)", doing, l.path, err),
		Remedy:  "nothing was concluded; run the same command again, and see to the disk if it repeats"}
	switch se.Code() & 0xff {
	case sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB:
		e = l.damaged(err)
	case sqlite3.SQLITE_FULL:
		e.Code = "ledger-disk-full"
		e.Message = fmt.Sprintf("the disk that holds the ledger %s is full", l.path)
		e.Remedy = "free some space and run `batch resume`"
		l.fail(e)
	case sqlite3.SQLITE_IOERR, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN:
		e.Code = "ledger-disk"
		e.Message = fmt.Sprintf("the ledger %s cannot be read or written (%v)", l.path, se)
		e.Remedy = "see that the disk is there, healthy and writable for you, then run `batch resume`"
		l.fail(e)
	case sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED:
		e.Code = "ledger-busy"
		e.Message = fmt.Sprintf("another program keeps the ledger %s busy", l.path)
		e.Remedy = "close backup or database programs that have the file open, then try again"
	}
	return e
}

// damaged is the error of a ledger that cannot be relied on. What is wrong with it stands in
// its cause alone: nobody who reads it could mend it.
func (l *Ledger) damaged(why error) *Error {
	e := &Error{Code: "ledger-corrupt", Err: why,
		Message: fmt.Sprintf("the ledger %s is damaged or not a ledger", l.path),
		Remedy:  "nothing was sent; put the newest good copy of ledger.db back, keep sent.log as it is, and do not delete either"}
	l.fail(e)
	return e
}

// isUnique reports whether err is a breach of a unique index.
func isUnique(err error) bool {
	var se *sqlite.Error
	return errors.As(err, &se) && se.Code() == sqlite3.SQLITE_CONSTRAINT_UNIQUE
}

// isTaken reports whether err is a breach of a primary key.
func isTaken(err error) bool {
	var se *sqlite.Error
	return errors.As(err, &se) && se.Code() == sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY
}
