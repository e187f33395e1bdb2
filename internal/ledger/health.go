package ledger

import (
	"context"
	"crypto/rand"
	"database/sql"
	"errors"
	"fmt"
	"strings"
)

// afterCrash looks whether the last speaker came to its end. A speaker notes that it speaks,
// until FallSilent takes the note away: whoever finds another's note knows that the program
// was killed, or the machine lost its power. Only then the file is looked through, before
// anything is concluded from it or sent: of a million rows that takes a minute or two. The
// check is the thorough one, which looks into the indexes too: it is an index that keeps the
// same letter from going out twice. killed says that the last one did not.
func (l *Ledger) afterCrash(ctx context.Context) (killed bool, err error) {
	var last string
	err = l.read.QueryRowContext(ctx, `SELECT value FROM meta WHERE key = 'speaking'`).Scan(&last)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return false, l.wrap("looking for the end of the last run", err)
	}
	if last == "" || last == l.speaking {
		return false, nil
	}
	if l.o.Checking != nil {
		l.o.Checking()
	}
	return true, l.whole(ctx)
}

// speak notes that this is the speaker, and that the last one's poll is lost if that was killed.
func (l *Ledger) speak(tx *sql.Tx, killed bool) error {
	if l.speaking == "" {
		l.speaking = rand.Text()
	}
	if killed {
		if err := l.pollsKilled(tx); err != nil {
			return err
		}
	}
	_, err := tx.Exec(`INSERT INTO meta (key, value) VALUES ('speaking', ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value`, l.speaking)
	return err
}

// FallSilent takes the speaker's note away: at the end, or where the lock is given up before.
// Where something failed, or it cannot, the note stays, and the next speaker looks the file
// through. A newer speaker's note is not ours.
func (l *Ledger) FallSilent() {
	if l.speaking == "" || l.failure() != nil {
		return
	}
	l.tx(context.Background(), "noting the end of this run", func(tx *sql.Tx) error {
		_, err := tx.Exec(`DELETE FROM meta WHERE key = 'speaking' AND value = ?`, l.speaking)
		return err
	})
}

// whole looks the open ledger's file through; damage is an *Error.
func (l *Ledger) whole(ctx context.Context) error {
	var h Health
	if err := h.look(ctx, l.read); err != nil {
		return l.wrap("looking for damage", err)
	}
	if len(h.Damage) > 0 {
		return l.damaged(fmt.Errorf("%s", strings.Join(h.Damage, "; ")))
	}
	return nil
}
