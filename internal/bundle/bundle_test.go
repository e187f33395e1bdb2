package bundle

import (
	"bytes"
	"crypto"
	"errors"
	"hash/crc32"
	"io"
	"runtime"
	"strings"
	"testing"
	"time"

	"batch/internal/mailout"
)

// A prepared file that is not what it was, seen before anything is signed.
func TestPrepareReadsTheDocuments(t *testing.T) {
	_, sealer := newSealer(t)
	docs, kept := documents(2, 5000)
	for name, content := range changes(kept[docs[1].SHA256]) {
		damaged := store{docs[0].SHA256: kept[docs[0].SHA256], docs[1].SHA256: content}
		_, err := sealAt(sealer, []byte("x"), docs, now, damaged.open)
		if !errors.Is(err, ErrChanged) || !strings.Contains(err.Error(), docs[1].Name) {
			t.Errorf("%s: got %v, want ErrChanged of %s", name, err, docs[1].Name)
		}
	}
	_, err := sealAt(sealer, []byte("x"), docs, now, store{}.open)
	if err == nil || errors.Is(err, ErrChanged) || !strings.Contains(err.Error(), "opening document "+docs[0].Name) {
		t.Errorf("missing: got %v", err)
	}
	wrong := docs[0]
	wrong.CRC32++
	if _, err := sealAt(sealer, []byte("x"), []mailout.Document{wrong}, now, kept.open); !errors.Is(err, ErrChanged) {
		t.Errorf("another CRC: got %v", err)
	}
}

// … and after: the ZIP then stays without its directory, and nobody can read it.
func TestWriteToReadsTheDocumentsAgain(t *testing.T) {
	_, sealer := newSealer(t)
	docs, kept := documents(1, 5000)
	good := kept[docs[0].SHA256]
	sealed, err := sealAt(sealer, []byte("x"), docs, now, kept.open)
	if err != nil {
		t.Fatal(err)
	}
	whole := written(t, sealed)
	if !bytes.Equal(whole, written(t, sealed)) {
		t.Error("written twice, it differs")
	}
	for name, content := range changes(good) {
		kept[docs[0].SHA256] = content
		var out bytes.Buffer
		n, err := sealed.WriteTo(&out)
		if !errors.Is(err, ErrChanged) || n != int64(out.Len()) {
			t.Errorf("%s: got %v after %d bytes of %d", name, err, n, out.Len())
		}
		if n >= sealed.Size() || bytes.Contains(out.Bytes(), []byte("PK\x01\x02")) {
			t.Errorf("%s: the ZIP has a directory", name)
		}
	}
	kept[docs[0].SHA256] = good
	if !bytes.Equal(whole, written(t, sealed)) {
		t.Error("after errors it differs")
	}
}

// A file that was made to have the CRC-32 that Prepare looks at is found by its SHA-256.
func TestAFileMadeToLookAlikeIsNotSent(t *testing.T) {
	_, sealer := newSealer(t)
	docs, kept := documents(1, 5000)
	other := bytes.Repeat([]byte{'!'}, int(docs[0].Bytes))
	docs[0].CRC32 = crc32.ChecksumIEEE(other)
	kept[docs[0].SHA256] = other
	sealed, err := sealAt(sealer, []byte("x"), docs, now, kept.open)
	if err != nil {
		t.Fatal(err)
	}
	if n, err := sealed.WriteTo(io.Discard); !errors.Is(err, ErrChanged) || n >= sealed.Size() {
		t.Errorf("got %v after %d bytes of %d", err, n, sealed.Size())
	}
}

// Documents are streamed: a hundred times the bytes take no more memory.
func TestNoDocumentIsHeldInMemory(t *testing.T) {
	_, sealer := newSealer(t)
	small, large := allocated(t, sealer, 1, 100_000), allocated(t, sealer, 1, 10_000_000)
	const several = 4 * 64 << 10 // the pool of buffers may be emptied at any time
	if large > small+several {
		t.Errorf("a bundle of 10 MB allocates %d bytes, one of 100 kB %d", large, small)
	}
	if many := allocated(t, sealer, 20, 500_000); many > small+20*several {
		t.Errorf("a bundle of 20 documents, 10 MB in all, allocates %d bytes", many)
	}
}

// allocated is how many bytes it takes, in the mean, to make a bundle from files.
func allocated(t *testing.T, sealer *Sealer, n, size int) uint64 {
	t.Helper()
	docs, kept := documents(n, size)
	open := onDisk(t, docs, kept)
	const bundles = 5
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	for range bundles {
		if err := wholeBundle(sealer, docs, open, io.Discard); err != nil {
			t.Fatal(err)
		}
	}
	runtime.ReadMemStats(&after)
	return (after.TotalAlloc - before.TotalAlloc) / bundles
}

func changes(content []byte) map[string][]byte {
	other := bytes.Clone(content)
	other[0] ^= 1
	return map[string][]byte{"shorter": content[1:], "longer": append(bytes.Clone(content), 0), "other bytes": other, "empty": {}}
}

var errLine = errors.New("the line went dead")

type deadAfter struct{ left int }

func (d *deadAfter) Write(p []byte) (int, error) {
	n := min(len(p), d.left)
	d.left -= n
	if n < len(p) {
		return n, errLine
	}
	return n, nil
}

func TestWriteToReportsTheWriter(t *testing.T) {
	_, sealer := newSealer(t)
	docs, kept := documents(1, 5000)
	sealed, err := sealAt(sealer, []byte("x"), docs, now, kept.open)
	if err != nil {
		t.Fatal(err)
	}
	for _, after := range []int{0, 1, 100, 5100, int(sealed.Size()) - 1} {
		n, err := sealed.WriteTo(&deadAfter{after})
		if !errors.Is(err, errLine) || n != int64(after) {
			t.Errorf("dead after %d bytes: wrote %d, %v", after, n, err)
		}
	}
}

type badReader struct{ io.Reader }

func (badReader) Close() error { return nil }

func TestReadErrorsAreKept(t *testing.T) {
	_, sealer := newSealer(t)
	docs, kept := documents(1, 5000)
	content := kept[docs[0].SHA256]
	for _, readable := range []int{0, 1000, len(content)} {
		_, err := sealAt(sealer, []byte("x"), docs, now, func(mailout.Document) (io.ReadCloser, error) {
			return badReader{io.MultiReader(bytes.NewReader(content[:readable]), &failing{})}, nil
		})
		if !errors.Is(err, errLine) || errors.Is(err, ErrChanged) {
			t.Errorf("after %d bytes: got %v", readable, err)
		}
	}
}

type failing struct{}

func (*failing) Read([]byte) (int, error) { return 0, errLine }

type lockedKey struct{ crypto.Signer }

func (lockedKey) Sign(io.Reader, []byte, crypto.SignerOpts) ([]byte, error) { return nil, errLine }

func TestSigningErrorsAreKept(t *testing.T) {
	kit, _ := newSealer(t)
	sealer, err := NewSealer(kit.Identity.Chain, lockedKey{kit.Identity.Key})
	if err != nil {
		t.Fatal(err)
	}
	docs, kept := documents(1, 10)
	if _, err := sealAt(sealer, []byte("x"), docs, now, kept.open); !errors.Is(err, errLine) {
		t.Errorf("got %v", err)
	}
}

// A bundle has its size before it is signed, and nothing of it leaves before: whatever the
// signing time will be, and in which zone.
func TestTheSizeIsKnownBeforeTheSignature(t *testing.T) {
	_, sealer := newSealer(t)
	docs, kept := documents(2, 1000)
	for _, at := range []time.Time{now, now.UTC(), now.In(time.FixedZone("", -9*3600)), now.Truncate(time.Second), now.AddDate(70, 0, 0)} {
		b, err := sealer.Prepare([]byte("<a></a>"), docs, kept.open)
		if err != nil {
			t.Fatal(err)
		}
		if n, err := b.WriteTo(io.Discard); err == nil || n != 0 {
			t.Errorf("%d bytes of a bundle left that nobody has signed: %v", n, err)
		}
		if err := b.Sign(at); err != nil {
			t.Fatal(err)
		}
		written(t, b) // compares
	}
}

func TestDOSTime(t *testing.T) {
	date, clock := dosTime(time.Date(2026, 11, 21, 23, 59, 59, 0, oslo))
	if date != 46<<9|11<<5|21 || clock != 23<<11|59<<5|29 {
		t.Errorf("got %#x %#x", date, clock)
	}
}
