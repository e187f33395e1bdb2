package ledger_test

import (
	"fmt"
	"testing"

	"batch/internal/mailout"
)

// BenchmarkLookup asks books of a hundred thousand files what planning a file once more
// asks. A plan of ten thousand asks each that many times, and is to spend well under 0.2 s
// on it: 20 µs are the limit, measured in one goroutine.
func BenchmarkLookup(b *testing.B) {
	const known = 100_000
	books, next := newBooks(b), 0
	file := func() mailout.Digest {
		next = (next + 7919) % known // not in the order of writing
		return digest(fmt.Sprint(next))
	}
	for n := 0; n < known; {
		var verdicts []mailout.PDFVerdict
		var made []mailout.MadeBy
		for range 1000 {
			name := fmt.Sprint(n)
			verdicts = append(verdicts, verdict(name, tool, `{"pages":3,"images":123456,"findings":[{"code":"pdf-not-a4","n":3,"page":1}]}`))
			made = append(made, madeBy(name, "", name))
			n++
		}
		books.keep(verdicts, made...)
	}
	b.Run("Verdict", func(b *testing.B) {
		for b.Loop() {
			if _, found, err := books.Verdict(b.Context(), tool, file()); !found || err != nil {
				b.Fatalf("found %v, %v", found, err)
			}
		}
	})
	b.Run("PreparedBy", func(b *testing.B) {
		for b.Loop() {
			if _, found, err := books.PreparedBy(b.Context(), file()); !found || err != nil {
				b.Fatalf("found %v, %v", found, err)
			}
		}
	})
}
