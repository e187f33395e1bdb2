package ledger

import (
	"encoding/json"
	"reflect"
	"testing"
	"time"

	"pgregory.net/rapid"

	"batch/internal/mailout"
)

// Whatever stands in the owner's cells, and however often they are headed the same.
func TestColumnsComeBackAsTheyWere(t *testing.T) {
	text := rapid.StringOf(rapid.OneOf(rapid.RuneFrom([]rune("\"\\[],<>&\u2028\n\x00\x7fæ ")), rapid.Rune()))
	column := rapid.Custom(func(r *rapid.T) mailout.Column {
		c := mailout.Column{Name: text.Draw(r, "name"), Value: mailout.Text(text.Draw(r, "value")), Field: rapid.SampledFrom([]string{"", "title", "signer2_email"}).Draw(r, "field"), Odd: rapid.Bool().Draw(r, "odd")}
		for range rapid.IntRange(0, 2).Draw(r, "lines") {
			c.More = append(c.More, mailout.Text(text.Draw(r, "more")))
		}
		return c
	})
	rapid.Check(t, func(r *rapid.T) {
		want := rapid.SliceOfN(column, 0, 4).Draw(r, "columns")
		stored, err := encodeColumns(want)
		if err != nil {
			r.Fatal(err)
		}
		got, err := decodeColumns(stored)
		if err != nil || len(got) != len(want) || (len(want) > 0 && !reflect.DeepEqual(got, want)) {
			r.Fatalf("%s came back as %#v (%v)", stored, got, err)
		}
	})
}

// A moment is read as package time reads it, or left to it.
func TestMomentsAreReadAsTheyAreWritten(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		s := rapid.OneOf(rapid.StringMatching(`[0-9]{4}-[01][0-9]-[0-3][0-9]T[0-2][0-9]:[0-6][0-9]:[0-6][0-9]\.[0-9]{6}Z`), rapid.StringMatching(`[0-9T:.Z-]{27}`)).Draw(r, "moment")
		want, err := time.Parse(timeLayout, s)
		if got, ok := stamped(s); ok != (err == nil) || ok && !got.Equal(want) {
			r.Fatalf("%s is read as %v (%t), by package time as %v (%v)", s, got, ok, want, err)
		}
	})
}

func TestColumnsThatAreNotAsTheyWereWritten(t *testing.T) {
	for _, s := range []string{"", "[", "{}", `[["a"]]`, `[["a","b"]`, `[["a","b"]]]`, `[["a",1]]`, `[["a","b",["c","d","e"]]]`, `[["a","b"]["c","d"]]`, `[["a","b\"]]`, `[["a","\x"]]`, `[["a","b`, `[,]`} {
		if cs, err := decodeColumns(s); err == nil {
			t.Errorf("%s is read as %v", s, cs)
		}
	}
}

// It must not read more, or otherwise, than package json would.
func FuzzDecodeColumns(f *testing.F) {
	for _, s := range []string{`[]`, `[["a","b"]]`, `[["a","b","c",["title"]],["a","\u003c\\"]]`} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		cs, err := decodeColumns(s)
		if err == nil && !json.Valid([]byte(s)) && !hasControl(s) {
			t.Errorf("%q is read as %v", s, cs)
		}
	})
}

// hasControl reports whether a character stands bare that JSON wants escaped: it is taken as
// it is.
func hasControl(s string) bool {
	for i := range len(s) {
		if s[i] < ' ' {
			return true
		}
	}
	return false
}
