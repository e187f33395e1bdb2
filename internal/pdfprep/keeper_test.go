package pdfprep

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"testing/synctest"

	"batch/internal/mailout"
)

// gate is books that wait for a word before each transaction.
type gate struct {
	*shelf
	open chan struct{}
}

func (g gate) Keep(ctx context.Context, verdicts []mailout.PDFVerdict, made []mailout.MadeBy) ([]mailout.Prepared, error) {
	<-g.open
	return g.shelf.Keep(ctx, verdicts, made)
}

// What comes while one transaction is written goes into the next, all of it.
func TestKeepingIsGrouped(t *testing.T) {
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		books := gate{newShelf(), make(chan struct{})}
		k := newKeeper(dir, books)
		var wg sync.WaitGroup
		const documents = 100
		for i := range documents {
			pdf := letter(fmt.Sprint("page ", i))
			d := mailout.SumDigest(pdf)
			wg.Go(func() {
				k.note(d, verdict{Pages: 1})
				kept, err := k.keep(t.Context(), pdf, mailout.MadeBy{Recipe: d, Stored: mailout.Stored{Prepared: mailout.Prepared{SHA256: d, Bytes: int64(len(pdf))}}})
				if err != nil || kept.SHA256 != d {
					t.Errorf("kept %v, %v", kept, err)
				}
			})
		}
		synctest.Wait() // all are there; the first transaction waits
		close(books.open)
		wg.Wait()
		if err := k.end(); err != nil {
			t.Error(err)
		}
		if len(books.made) != documents || len(books.verdicts) != documents {
			t.Errorf("%d documents and %d verdicts of %d are in the books", len(books.made), len(books.verdicts), documents)
		}
		for _, d := range books.made {
			if there, same, err := have(dir, d); !there || !same || err != nil {
				t.Errorf("%s is in the books and not as it was in the store", d.SHA256)
			}
		}
		if most := documents/maxGroup + 2; books.keeps > most {
			t.Errorf("%d documents took %d transactions, want at most %d", documents, books.keeps, most)
		}
	})
}

// Verdicts that no document brings along are in the books when the keeper ends.
func TestVerdictsAreKeptWithoutDocuments(t *testing.T) {
	books := newShelf()
	k := newKeeper(t.TempDir(), books)
	const files = maxVerdicts + 10
	for i := range files {
		k.note(mailout.SumDigest(fmt.Append(nil, i)), verdict{Findings: []finding{{Code: codeDamaged}}})
	}
	if len(books.verdicts) < maxVerdicts {
		t.Errorf("%d verdicts are waiting, at most %d may be lost", files-len(books.verdicts), maxVerdicts)
	}
	must(t, k.end())
	if len(books.verdicts) != files {
		t.Errorf("%d verdicts are in the books, want %d", len(books.verdicts), files)
	}
}

// Verdicts that could not be written wait for the next time; a document that cannot be
// stored takes none along.
func TestVerdictsOutliveAFailure(t *testing.T) {
	books, dir := newShelf(), t.TempDir()
	k := newKeeper(dir, books)
	k.note(mailout.SumDigest([]byte("a")), verdict{Pages: 1})
	books.broken = errors.New("the disk is on fire")
	pdf := letter("x")
	made := mailout.MadeBy{Stored: mailout.Stored{Prepared: mailout.Prepared{SHA256: mailout.SumDigest(pdf), Bytes: int64(len(pdf))}}}
	if _, err := k.keep(t.Context(), pdf, made); !errors.Is(err, books.broken) {
		t.Errorf("error %v, want %v", err, books.broken)
	}
	books.broken = nil
	k.note(mailout.SumDigest([]byte("b")), verdict{Pages: 1})
	must(t, os.RemoveAll(Stored(dir, made.SHA256)))
	must(t, os.MkdirAll(filepath.Join(Stored(dir, made.SHA256), "in the way"), 0o700)) // nothing can be renamed to this
	if _, err := k.keep(t.Context(), pdf, made); err == nil {
		t.Error("a document was stored where that cannot be")
	}
	if len(books.verdicts) != 2 || len(books.made) != 0 {
		t.Errorf("%d verdicts and %d documents are in the books", len(books.verdicts), len(books.made))
	}
	must(t, k.end())
}
