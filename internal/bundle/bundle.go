package bundle

import (
	"archive/zip"
	"bufio"
	"crypto/sha256"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"sync"
	"time"

	"batch/internal/mailout"
)

// ErrChanged says that a document's bytes are not those of its digest: the prepared
// file was damaged or exchanged since it was checked. Planning again prepares it anew.
var ErrChanged = errors.New("the prepared file is not the one that was approved")

// Bundle is an ASiC-E, not yet put together. It is signed last, when it is about to leave;
// its size does not wait for that.
type Bundle struct {
	sealer   *Sealer
	files    []file // without the signature
	size     int64  // bytes of the whole, with the signature
	seal     []byte // the signature's XML; nil: not signed yet
	signedAt time.Time
}

// file is one entry of the ZIP, with all that must be known before its bytes.
type file struct {
	name    string
	mime    string                        // of what is signed
	sha256  mailout.Digest                // likewise
	crc32   uint32                        // IEEE
	size    int64                         // bytes
	content []byte                        // of XML, which is ours
	open    func() (io.ReadCloser, error) // of a document, which is on disk
}

func inMemory(name string, content []byte) file {
	return file{name: name, crc32: crc32.ChecksumIEEE(content), size: int64(len(content)), content: content}
}

// The fixed parts of a ZIP, in bytes (APPNOTE.TXT §4.3.7, §4.3.12, §4.3.16).
const (
	localHeader     = 30
	directoryHeader = 46
	directoryEnd    = 22
)

// Size is the exact number of bytes that WriteTo writes.
func (b *Bundle) Size() int64 { return b.size }

// zipped is the size of a ZIP of files, in bytes.
func zipped(files []file) int64 {
	size := int64(directoryEnd)
	for _, f := range files {
		size += localHeader + directoryHeader + 2*int64(len(f.name)) + f.size
	}
	return size
}

// WriteTo streams the bundle, which has been signed. It may be called again. After an
// error what was written is no bundle: the ZIP's directory, which comes last, is missing.
func (b *Bundle) WriteTo(w io.Writer) (int64, error) {
	if b.seal == nil {
		return 0, errors.New("writing a bundle: it is not signed")
	}
	counted := &countingWriter{w: w}
	pieces := gatherers.Get().(*bufio.Writer)
	defer gatherers.Put(pieces)
	pieces.Reset(counted)
	z := zip.NewWriter(pieces)
	for _, f := range append(b.files[:len(b.files):len(b.files)], inMemory(signaturesName, b.seal)) {
		if err := b.write(z, f); err != nil {
			return counted.n, fmt.Errorf("writing a bundle: %w", err)
		}
	}
	if err := z.Close(); err != nil {
		return counted.n, fmt.Errorf("writing a bundle: %w", err)
	}
	return counted.n, nil
}

// write stores a file without compression (PDFs hardly shrink) and without a data
// descriptor, which Java's ZipInputStream cannot read behind a stored entry: so CRC and
// sizes go into the header, before the bytes.
func (b *Bundle) write(z *zip.Writer, f file) error {
	const version20 = 20
	header := &zip.FileHeader{
		Name: f.name, Method: zip.Store, CRC32: f.crc32,
		CompressedSize64: uint64(f.size), UncompressedSize64: uint64(f.size),
		CreatorVersion: version20, ReaderVersion: version20, // CreateRaw fills in none of these
	}
	//lint:ignore SA1019 CreateRaw writes these two as they stand and never looks at Modified
	header.ModifiedDate, header.ModifiedTime = dosTime(b.signedAt)
	entry, err := z.CreateRaw(header)
	if err != nil {
		return err
	}
	if f.content != nil {
		_, err := entry.Write(f.content)
		return err
	}
	return f.copyTo(entry)
}

// check reads a document once before anything is signed. CRC-32 finds all damage and any
// other file, and costs a twentieth of SHA-256; a file that was made to have this very CRC
// is found by copyTo.
func (f file) check() error {
	crc := crc32.NewIEEE()
	if err := f.read(crc); err != nil {
		return err
	}
	if crc.Sum32() != f.crc32 {
		return fmt.Errorf("document %s: %w", f.name, ErrChanged)
	}
	return nil
}

// copyTo writes a document and checks that its bytes are the ones that are signed.
func (f file) copyTo(w io.Writer) error {
	sum := sha256.New()
	if err := f.read(io.MultiWriter(w, sum)); err != nil {
		return err
	}
	if mailout.Digest(sum.Sum(nil)) != f.sha256 {
		return fmt.Errorf("document %s: %w", f.name, ErrChanged)
	}
	return nil
}

// gatherers gather the parts of a bundle, most of them small, into pieces that are worth a
// record of TLS and a system call each.
var gatherers = sync.Pool{New: func() any { return bufio.NewWriterSize(nil, 64<<10) }}

// buffers are what of a document is in memory at once.
var buffers = sync.Pool{New: func() any { return new([64 << 10]byte) }}

// read writes a document's bytes to w, never more than its size. A document that has
// another size is changed.
func (f file) read(w io.Writer) error {
	source, err := f.open()
	if err != nil {
		return fmt.Errorf("opening document %s: %w", f.name, err)
	}
	defer source.Close()
	buffer := buffers.Get().(*[64 << 10]byte)
	defer buffers.Put(buffer)
	n, err := io.CopyBuffer(w, io.LimitReader(source, f.size), buffer[:])
	if err != nil {
		return fmt.Errorf("copying document %s: %w", f.name, err)
	}
	more, err := io.ReadFull(source, buffer[:1])
	if err != nil && err != io.EOF {
		return fmt.Errorf("copying document %s: %w", f.name, err)
	}
	if n != f.size || more > 0 {
		return fmt.Errorf("document %s: %w", f.name, ErrChanged)
	}
	return nil
}

// dosTime is the clock of t's own zone in the two words of a ZIP header (APPNOTE.TXT
// §4.4.6), which begin in 1980 and count every other second.
func dosTime(t time.Time) (date, clock uint16) {
	return uint16((t.Year()-1980)<<9 | int(t.Month())<<5 | t.Day()), uint16(t.Hour()<<11 | t.Minute()<<5 | t.Second()/2)
}

type countingWriter struct {
	w io.Writer
	n int64
}

func (c *countingWriter) Write(p []byte) (int, error) {
	n, err := c.w.Write(p)
	c.n += int64(n)
	return n, err
}
