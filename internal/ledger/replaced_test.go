package ledger_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"batch/internal/ledger"
	"batch/internal/mailout"
)

// A person puts copies of the books in the place of those that a process has open: what it
// wrote then would be in files without a name. It notices before each thing that it would say.
func TestBooksThatAreReplacedUnderAProcess(t *testing.T) {
	for name, replace := range map[string]func(path string) error{
		"both":      func(path string) error { return replaced(path) },
		"ledger.db": func(path string) error { return only("ledger.db", path, replaced) },
		"sent.log":  func(path string) error { return only("sent.log", path, replaced) },
		"gone":      func(path string) error { return only("sent.log", path, os.Remove) },
	} {
		t.Run(name, func(t *testing.T) {
			b := newBooks(t)
			id := b.approved(row(2), row(3), row(4))
			b.recover()
			change := b.change(b.created(id, 2, 7), 7, mailout.JobFailed, mailout.SignerRejected)
			taken := b.take(change)
			b.conclude(taken, change)
			for what, do := range map[string]func(*books) error{
				"the start of a speaker": func(b *books) error { _, err := b.Recover(t.Context()); return err },
				"a rebuild":              func(b *books) error { _, err := b.Rebuild(t.Context(), "", "", "988015814", queueOf); return err },
				"an intent":              func(b *books) error { _, err := b.BeginAttempt(t.Context(), id, 3, "queue", jobXML); return err },
				"a confirmation":         func(b *books) error { _, err := b.TryConfirm(t.Context(), taken, 7); return err },
			} {
				b := b.again()
				must(t, replace(filepath.Join(b.dir, "ledger.db")))
				must(t, replace(filepath.Join(b.dir, "sent.log")))
				wantReplaced(t, what, do(b))
				_, err := b.BeginAttempt(t.Context(), id, 4, "queue", jobXML)
				wantReplaced(t, what+", and then an intent", err)
			}
		})
	}
}

func queueOf(mailout.OrgNumber) string { return "queue" }

// replaced puts a copy of a file in its place.
func replaced(path string) error {
	raw, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	if err := os.WriteFile(path+".copy", raw, 0o600); err != nil {
		return err
	}
	return os.Rename(path+".copy", path)
}

func only(name, path string, f func(string) error) error {
	if filepath.Base(path) != name {
		return nil
	}
	return f(path)
}

func wantReplaced(t *testing.T, what string, err error) {
	t.Helper()
	if le := new(ledger.Error); !errors.As(err, &le) || le.Code != "ledger-replaced" || !strings.Contains(le.Message, "the books were replaced while this command ran") || le.Remedy == "" {
		t.Errorf("%s: %v", what, err)
	}
}
