package ledger

import (
	"context"
	"errors"
	"os"
	"strings"

	"modernc.org/sqlite"

	"batch/internal/disk"
	"batch/internal/mailout"
)

// BreakSentLog makes every later append to sent.log fail, as a full disk would.
func BreakSentLog(l *Ledger) error {
	whole := l.sent.f
	f, err := disk.OS.OpenFile(whole.Name(), os.O_RDONLY, 0)
	l.sent.f = f
	return errors.Join(err, whole.Close())
}

// Workspace is the id that a ledger's Refs begin with.
func (l *Ledger) Workspace() string { return l.workspace }

// PurgeChunk is how many rows are purged in one transaction.
const PurgeChunk = purgeChunk

// UnneededQuery is shown so that a test can ask how it is answered.
const UnneededQuery = unneededQuery

// Writing reports whether a transaction is begun, or waits for another process's.
func Writing(l *Ledger) bool { return l.write.Stats().InUse > 0 }

// Kept is the query among those that intents and outcomes are written with that begins with
// these words.
func Kept(l *Ledger, words string) string {
	for query := range l.steps.kept {
		if strings.HasPrefix(query, words) {
			return query
		}
	}
	return "no query begins with " + words
}

// Mark is what sent.log would say of a letter.
func Mark(l *Ledger, batch mailout.BatchID, letter mailout.Digest) string {
	return l.mark(batch, letter)
}

// CountCommits has count called at each commit from now on.
func CountCommits(l *Ledger, count func()) error {
	conn, err := l.write.Conn(context.Background())
	if err != nil {
		return err
	}
	return errors.Join(conn.Raw(func(c any) error {
		c.(sqlite.HookRegisterer).RegisterCommitHook(func() int32 {
			count()
			return 0
		})
		return nil
	}), conn.Close())
}
