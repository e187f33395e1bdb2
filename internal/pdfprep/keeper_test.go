package pdfprep

import (
	"context"
	"fmt"
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
			if there, same := have(dir, d); !there || !same {
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
