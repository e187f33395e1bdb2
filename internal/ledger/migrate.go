package ledger

import (
	"context"
	"database/sql"
	"embed"
	"fmt"
	"io/fs"
)

//go:embed sql/*.sql
var migrations embed.FS

// schemas lists the numbered files, in their order.
func schemas() ([]string, error) { return fs.Glob(migrations, "sql/*.sql") } // sorted by name

// migrate runs the numbered files that the ledger has not had yet; PRAGMA user_version
// counts them. All of them run in one transaction: a crash leaves the schema as it was. A
// copy of books with rows in them is kept.
func (l *Ledger) migrate(ctx context.Context) error {
	files, err := schemas()
	if err != nil {
		return err
	}
	var have int
	if err := l.read.QueryRowContext(ctx, `PRAGMA user_version`).Scan(&have); err != nil {
		return l.wrap("reading the schema's version", err)
	}
	switch {
	case have > len(files):
		return l.tooNew(have, len(files))
	case have == len(files):
		return nil
	}
	return l.tx(ctx, "updating the schema", func(tx *sql.Tx) error {
		// Another process may have been first; the transaction is immediate, so this look is final.
		if err := tx.QueryRow(`PRAGMA user_version`).Scan(&have); err != nil {
			return err
		}
		if have >= len(files) {
			return nil
		}
		if err := l.backup(ctx, tx, have); err != nil {
			return err
		}
		for n, name := range files {
			if n < have {
				continue
			}
			script, err := migrations.ReadFile(name)
			if err != nil {
				return err
			}
			if _, err := tx.Exec(string(script)); err != nil {
				return fmt.Errorf("running %s: %w", name, err)
			}
		}
		_, err := tx.Exec(fmt.Sprintf(`PRAGMA user_version = %d`, len(files)))
		return err
	})
}

// tooNew is the error of a ledger whose schema this program does not know.
func (l *Ledger) tooNew(have, known int) error {
	return &Error{Code: "ledger-newer",
		Message: fmt.Sprintf("the ledger %s was written by a newer version of batch (schema %d, this program knows %d)", l.path, have, known),
		Remedy:  "use the newer version; nothing was changed"}
}
