package pades

import (
	"bytes"
	"crypto"
	"encoding/asn1"
	"errors"
	"fmt"
	"strings"
	"testing"
)

// Deep nesting costs the parser behind one copy of everything for each level.
func TestHostileContainersAreRefusedEarly(t *testing.T) {
	deep := bytes.Repeat([]byte{0x30, 0x80}, 100_000)
	for name, b := range map[string][]byte{
		"deep":              deep,
		"too large":         make([]byte, maxCMS+1),
		"length too long":   {0x30, 0x84, 0x7f, 0xff, 0xff, 0xff, 0},
		"length of nothing": {0x30, 0x85, 1, 1, 1, 1, 1},
		"no end":            {0x30, 0x80, 2, 1, 1},
		"primitive, open":   {0x04, 0x80, 0, 0},
		"high tag":          {0x3f, 0x81, 0, 0},
		"short":             {0x30},
	} {
		if _, err := element(b); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
	type pair struct{ A, B []byte }
	der, err := asn1.Marshal(pair{[]byte("a"), make([]byte, 300)})
	if err != nil {
		t.Fatal(err)
	}
	if got, err := element(append(bytes.Clone(der), make([]byte, 50)...)); err != nil || !bytes.Equal(got.raw, der) {
		t.Errorf("an element with padding: %d of %d bytes, %v", len(got.raw), len(der), err)
	}
	open := []byte{0x30, 0x80, 0x24, 0x80, 0x04, 1, 'x', 0, 0, 0, 0}
	if got, err := element(append(bytes.Clone(open), 0, 0)); err != nil || !bytes.Equal(got.raw, open) {
		t.Errorf("indefinite lengths: %x, %v", got.raw, err)
	}
}

// Many ranges are bounded, and the seal, which comes last, is still found.
func TestAFloodOfRanges(t *testing.T) {
	var flood strings.Builder
	for i := range 20 * maxSeals {
		fmt.Fprintf(&flood, "/ByteRange[0 1 2 %d]", i)
	}
	sealed := ordinary(t).sealed(t, document(flood.String()))
	report, err := check(sealed)
	if err != nil || report.Signatures != 1 || len(report.Warnings) > maxSeals {
		t.Errorf("%d signatures, %d warnings, %v", report.Signatures, len(report.Warnings), err)
	}
}

// spy is a reader that notes the largest piece asked for, and fails from a place on.
type spy struct {
	*bytes.Reader
	largest int
	failAt  int64
}

var errDisk = errors.New("disk on fire")

func (s *spy) ReadAt(p []byte, off int64) (int, error) {
	s.largest = max(s.largest, len(p))
	if s.failAt > 0 && off+int64(len(p)) > s.failAt {
		return 0, errDisk
	}
	return s.Reader.ReadAt(p, off)
}

func TestCheckReadsInPieces(t *testing.T) {
	sealed := ordinary(t).sealed(t, document(strings.Repeat("a long text ", 1<<18)))
	r := &spy{Reader: bytes.NewReader(sealed)}
	if report, err := Check(r, int64(len(sealed))); err != nil || report.Signatures != 1 {
		t.Fatalf("%+v, %v", report, err)
	}
	if r.largest > chunk {
		t.Errorf("%d bytes were read at once", r.largest)
	}
}

// A range that lies across two pieces is found wherever the border falls.
func TestRangesAcrossPieces(t *testing.T) {
	s := ordinary(t)
	short := len(document(""))
	for shift := range 40 {
		text := strings.Repeat("x", chunk-short-120+shift)
		if report, err := check(s.sealed(t, document(text))); err != nil || report.Signatures != 1 {
			t.Errorf("shift %d: %+v, %v", shift, report, err)
		}
	}
}

func TestReadErrorsAreNotDoubts(t *testing.T) {
	sealed := ordinary(t).sealed(t, document("x"))
	for failAt := int64(1); failAt < int64(len(sealed)); failAt += 500 {
		_, err := Check(&spy{Reader: bytes.NewReader(sealed), failAt: failAt}, int64(len(sealed)))
		if d := (*Doubt)(nil); !errors.Is(err, errDisk) || errors.As(err, &d) {
			t.Errorf("failing at %d: %v", failAt, err)
		}
	}
	if _, err := Check(bytes.NewReader(sealed), int64(len(sealed))+1); err == nil {
		t.Error("a file shorter than announced was accepted")
	}
}

func FuzzCheck(f *testing.F) {
	s := ordinary(f)
	sealed := s.sealed(f, document("x"))
	f.Add(sealed)
	f.Add(update(sealed))
	f.Add(s.sealed(f, sealed))
	f.Add(s.sealedAs(f, variant{ber: true}))
	f.Add(s.sealedAs(f, variant{byKey: true}))
	f.Add(document("/ByteRange[0 10 20 30]"))
	f.Fuzz(func(t *testing.T, b []byte) {
		report, err := check(b)
		if (err == nil) != (report.Signatures > 0) || report.Signatures > maxSeals {
			t.Errorf("%+v, %v", report, err)
		}
		if code := doubt(t, err); err == nil && code != "" {
			t.Error(code)
		}
	})
}

func FuzzCMS(f *testing.F) {
	s := ordinary(f)
	f.Add(s.cms(f, []byte("x")))
	for _, v := range []variant{{byKey: true}, {bare: true}, {ber: true}, {lists: tlv(tagContext1, version1)}, {twice: true}} {
		f.Add(s.handmade(f, []byte("x"), v))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		container, err := element(b)
		if err != nil {
			return
		}
		_, err = verifyCMS(container, func(h crypto.Hash) ([]byte, error) { return make([]byte, h.Size()), nil })
		if fl := flaw(""); err != nil && !errors.As(err, &fl) && !errors.Is(err, errTimestamp) {
			t.Error(err)
		}
	})
}
