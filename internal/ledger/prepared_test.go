package ledger_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"batch/internal/ledger"
	"batch/internal/mailout"
)

const tool = "pdfprep/2 pdfcpu v0.15.0"

func digest(name string) mailout.Digest { return mailout.SumDigest([]byte(name)) }

func verdict(file, tool, json string) mailout.PDFVerdict {
	return mailout.PDFVerdict{File: digest(file), Tool: tool, JSON: []byte(json)}
}

// document is a stored document whose figures are its own.
func document(name string) mailout.Stored {
	n := len(name)
	return mailout.Stored{Prepared: mailout.Prepared{SHA256: digest(name), CRC32: (1<<32 - 1) - uint32(n), Bytes: int64(4711 + n), Pages: n}, Modified: noon.UnixNano() + int64(n)}
}

func madeBy(recipe, gone, name string) mailout.MadeBy {
	m := mailout.MadeBy{Recipe: digest(recipe), Stored: document(name)}
	if gone != "" {
		m.Gone = digest(gone)
	}
	return m
}

func (b *books) keep(verdicts []mailout.PDFVerdict, made ...mailout.MadeBy) []mailout.Prepared {
	b.t.Helper()
	kept, err := b.Keep(b.t.Context(), verdicts, made)
	must(b.t, err)
	return kept
}

// wantVerdict is "" where the books are to have none.
func (b *books) wantVerdict(file, tool, want string) {
	b.t.Helper()
	got, found, err := b.Verdict(b.t.Context(), tool, digest(file))
	must(b.t, err)
	if string(got) != want || found != (want != "") {
		b.t.Errorf("of %s the books say %q, %v to %s; want %q", file, got, found, tool, want)
	}
}

// wantMade is "" where the books are to have none.
func (b *books) wantMade(recipe, want string) {
	b.t.Helper()
	got, found, err := b.PreparedBy(b.t.Context(), digest(recipe))
	must(b.t, err)
	if found != (want != "") || (found && got != document(want)) {
		b.t.Errorf("the recipe %s made %+v, %v; want the document %q", recipe, got, found, want)
	}
}

func TestAVerdictIsOfAFileAndATool(t *testing.T) {
	b := newBooks(t)
	b.wantVerdict("a", tool, "")
	b.keep([]mailout.PDFVerdict{verdict("a", tool, `{"pages":3}`), verdict("b", tool, `{"pages":0}`)})
	again := b.again()
	again.wantVerdict("a", tool, `{"pages":3}`)
	again.wantVerdict("b", tool, `{"pages":0}`)
	again.wantVerdict("a", "pdfprep/3 pdfcpu v0.15.0", "")
	again.wantVerdict("c", tool, "")

	b.keep([]mailout.PDFVerdict{verdict("a", "pdfprep/3 pdfcpu v0.15.0", `{"pages":4}`)})
	again.wantVerdict("a", "pdfprep/3 pdfcpu v0.15.0", `{"pages":4}`)
	again.wantVerdict("a", tool, "") // replaced
	again.wantVerdict("b", tool, `{"pages":0}`)
}

func TestVerdictsAreForgottenThirtyDaysLater(t *testing.T) {
	const day = 24 * time.Hour
	b := newBooks(t)
	b.keep([]mailout.PDFVerdict{verdict("old", tool, "1"), verdict("checked anew", "pdfprep/1", "2")})
	b.clock.pass(29 * day)
	b.keep([]mailout.PDFVerdict{verdict("young", tool, "3"), verdict("checked anew", tool, "4")}, madeBy("r", "", "d"))
	b.draft()
	b.wantVerdict("old", tool, "1")
	b.clock.pass(2 * day)
	b.wantVerdict("old", tool, "1") // a lookup forgets nothing
	b.draft()
	b.wantVerdict("old", tool, "")
	b.wantVerdict("young", tool, "3")
	b.wantVerdict("checked anew", tool, "4")
	b.clock.pass(400 * day)
	b.draft()
	b.wantVerdict("young", tool, "")
	b.wantMade("r", "d") // documents do not grow old
}

func TestPreparedDocumentsAreFoundByRecipe(t *testing.T) {
	b := newBooks(t)
	b.wantMade("a + b", "")
	touched := madeBy("a + b", "", "22")
	touched.Modified++
	for _, c := range []struct {
		name string
		made mailout.MadeBy
		want string
	}{
		{"the first to make it keeps it", madeBy("a + b", "", "1"), "1"},
		{"who made it meanwhile takes the first one's", madeBy("a + b", "", "22"), "1"},
		{"made again after its file was deleted", madeBy("a + b", "1", "22"), "22"},
		{"made again by another plan meanwhile", madeBy("a + b", "1", "333"), "22"},
		{"noted again: the caller never heard that it was", madeBy("a + b", "1", "22"), "22"},
		{"another recipe is not concerned", madeBy("b + a", "22", "4444"), "4444"},
	} {
		kept := b.keep(nil, c.made)
		if len(kept) != 1 || kept[0] != document(c.want).Prepared {
			t.Errorf("%s: kept %+v", c.name, kept)
		}
		for _, other := range []*books{b, b.again()} {
			got, found, err := other.PreparedBy(t.Context(), c.made.Recipe)
			if !found || err != nil || got != document(c.want) {
				t.Errorf("%s: found %+v, %v, %v; want %+v", c.name, got, found, err, document(c.want))
			}
		}
	}
	// The same document with another time: its file was written again, or copied back.
	b.keep(nil, touched)
	if got, _, err := b.PreparedBy(t.Context(), touched.Recipe); err != nil || got != touched.Stored {
		t.Errorf("noted with another time: %+v, %v; want %+v", got, err, touched.Stored)
	}
}

func TestManyAreKeptInOneTransactionAndAnsweredInOrder(t *testing.T) {
	b := newBooks(t)
	b.keep(nil, madeBy("r2", "", "before"))
	kept := b.keep([]mailout.PDFVerdict{verdict("f", tool, "1"), verdict("f", tool, "2")},
		madeBy("r3", "", "c"), madeBy("r1", "", "a"), madeBy("r2", "", "b"), madeBy("r1", "", "late"), madeBy("r2", "before", "after"))
	var got []string
	for _, k := range kept {
		for _, name := range []string{"a", "b", "c", "late", "before", "after"} {
			if k == document(name).Prepared {
				got = append(got, name)
			}
		}
	}
	if want := "c a before a after"; strings.Join(got, " ") != want {
		t.Errorf("kept %q, want %q", got, want)
	}
	b.wantVerdict("f", tool, "2")
	if kept := b.keep(nil); len(kept) != 0 {
		t.Errorf("of nothing %v was kept", kept)
	}
}

// What was found out stays found out when the person gives up; what is asked then is not
// answered.
func TestKeepingOutlivesAnInterruption(t *testing.T) {
	b := newBooks(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := b.Keep(ctx, []mailout.PDFVerdict{verdict("f", tool, "1")}, []mailout.MadeBy{madeBy("r", "", "d")})
	must(t, err)
	b.wantVerdict("f", tool, "1")
	b.wantMade("r", "d")
	if _, _, err := b.Verdict(ctx, tool, digest("f")); !errors.Is(err, context.Canceled) {
		t.Errorf("asked by one who gave up: %v", err)
	}
	if _, _, err := b.PreparedBy(ctx, digest("r")); !errors.Is(err, context.Canceled) {
		t.Errorf("asked by one who gave up: %v", err)
	}
}

// One statement that fails takes all of them back, verdicts and documents.
func TestKeepingThatFailsIsNotThere(t *testing.T) {
	for _, c := range []struct{ name, trigger string }{
		{"a verdict", `BEFORE INSERT ON verdicts WHEN NEW.verdict = '2'`},
		{"the first document", `BEFORE INSERT ON prepared WHEN NEW.pages = 5`},
		{"the last document", `BEFORE INSERT ON prepared WHEN NEW.pages = 6`},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := newBooks(t)
			b.keep([]mailout.PDFVerdict{verdict("f1", "pdfprep/1", "0")})
			must(t, b.raw(`CREATE TRIGGER full `+c.trigger+` BEGIN SELECT raise(ABORT, 'no space'); END`))
			keep := func() ([]mailout.Prepared, error) {
				return b.Keep(t.Context(), []mailout.PDFVerdict{verdict("f1", tool, "1"), verdict("f2", tool, "2")},
					[]mailout.MadeBy{madeBy("r1", "", "first"), madeBy("r2", "", "second")})
			}
			kept, err := keep()
			var le *ledger.Error
			if !errors.As(err, &le) || kept != nil {
				t.Errorf("kept %v, %v; want a *ledger.Error and nothing", kept, err)
			}
			b.wantVerdict("f1", "pdfprep/1", "0")
			b.wantVerdict("f2", tool, "")
			b.wantMade("r1", "")
			b.wantMade("r2", "")
			must(t, b.raw(`DROP TRIGGER full`))
			if kept, err := keep(); err != nil || len(kept) != 2 {
				t.Errorf("tried again: kept %v, %v", kept, err)
			}
			next := b.crash()
			next.wantVerdict("f1", tool, "1")
			next.wantMade("r2", "second")
		})
	}
}
