package ledger

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// keptBackups is how many copies of the books before a migration are kept: the last one,
// and the one before it, in case it is the migration that did harm.
const keptBackups = 2

// backup copies the books as they are to a file beside them, ledger-schema-0007.db, before
// a migration changes them. It is called with the write lock in hand (tx), so that what is
// copied, by a connection of its own, is what is migrated. The file is whole and synced, or
// not there.
//
// It holds all that the books hold, personal data too: whoever purges removes the files
// that backups lists as well.
func (l *Ledger) backup(ctx context.Context, tx *sql.Tx, schema int) error {
	var worth bool
	if schema == 0 {
		return nil
	}
	if err := tx.QueryRow(`SELECT EXISTS (SELECT 1 FROM rows)`).Scan(&worth); err != nil || !worth {
		return err
	}
	if err := l.sweepCopies(); err != nil {
		return err
	}
	temp, err := l.o.Disk.CreateTemp(filepath.Dir(l.path), halfCopy)
	if err != nil {
		return fmt.Errorf("keeping a copy: %w", err)
	}
	err = l.copyTo(ctx, temp.Name())
	if err = errors.Join(err, temp.Sync(), temp.Close()); err == nil {
		err = l.o.Disk.Rename(temp.Name(), l.backupName(fmt.Sprintf("%04d", schema)))
	}
	if err != nil {
		return errors.Join(fmt.Errorf("keeping a copy: %w", err), l.o.Disk.Remove(temp.Name()))
	}
	if err := l.o.Disk.SyncFolder(filepath.Dir(l.path)); err != nil {
		return fmt.Errorf("keeping a copy: %w", err)
	}
	return l.dropBackups()
}

// halfCopy is the name of a copy that is not whole, and halfCopies that of all that SQLite
// lays beside it.
const (
	halfCopy   = ".ledger-*.part"
	halfCopies = halfCopy + "*"
)

// sweepCopies removes what a crash left of a copy.
func (l *Ledger) sweepCopies() error {
	left, err := l.beside(halfCopies)
	return errors.Join(err, l.remove(left))
}

// copyTo copies the books into an empty file.
func (l *Ledger) copyTo(ctx context.Context, path string) error {
	db, err := sql.Open("sqlite", l.o.dsn("mode=rw"))
	if err != nil {
		return err
	}
	_, err = db.ExecContext(ctx, `VACUUM INTO ?`, path)
	return errors.Join(err, db.Close())
}

func (l *Ledger) backupName(schema string) string {
	return strings.TrimSuffix(l.path, filepath.Ext(l.path)) + "-schema-" + schema + ".db"
}

// backups lists the copies, oldest first.
func (l *Ledger) backups() ([]string, error) {
	return l.beside(filepath.Base(l.backupName("[0-9][0-9][0-9][0-9]")))
}

// beside lists the files in the ledger's folder whose names are of a pattern, in order. The
// folder's own name is no pattern.
func (l *Ledger) beside(pattern string) (all []string, err error) {
	names, err := fs.Glob(os.DirFS(filepath.Dir(l.path)), pattern)
	for _, name := range names {
		all = append(all, filepath.Join(filepath.Dir(l.path), name))
	}
	slices.Sort(all)
	return all, err
}

func (l *Ledger) dropBackups() error {
	all, err := l.backups()
	return errors.Join(err, l.remove(all[:max(0, len(all)-keptBackups)]))
}

func (l *Ledger) remove(copies []string) error {
	for _, path := range copies {
		if err := l.o.Disk.Remove(path); err != nil {
			return fmt.Errorf("removing an old copy: %w", err)
		}
	}
	return nil
}
