package sandbox

import (
	"archive/zip"
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"regexp"
	"strings"
	"sync"
)

// Bounds of a bundle. All documents of a job together may have ten megabytes
// (portal-api.md); the rest is room for the ZIP and its XML.
const (
	maxDocumentBytes = 10_485_760
	maxBundleBytes   = maxDocumentBytes + 2<<20
	maxEntries       = maxDocuments + 3 // manifest, signatures and the folder of the latter

	manifestName   = "manifest.xml"
	metaFolder     = "META-INF/"
	signaturesName = metaFolder + "signatures.xml"
)

var bundleName = regexp.MustCompile(`^[a-z0-9._-]{1,100}$`)

// asice is what was learned of a bundle whose ZIP was found in order. Its documents stay
// where they are.
type asice struct {
	manifest, signatures []byte
	documents            map[string]bundled // by their names in the ZIP
}

// bundled is a document of a bundle.
type bundled struct {
	sha256 []byte
	fault  error // why the portal does not take it as a PDF; nil: it does
}

// signed is every file that has to be signed, all outside META-INF, with its digest.
func (a *asice) signed() map[string][]byte {
	files := map[string][]byte{manifestName: sum256(a.manifest)}
	for name, d := range a.documents {
		files[name] = d.sha256
	}
	return files
}

// readBundle reads an ASiC-E of so many bytes as the portal's Java reads it, front to back,
// and as its directory tells it, and wants both to say the same. One document at a time is
// in memory.
func readBundle(source io.ReaderAt, size int64) (*asice, error) {
	archive, err := zip.NewReader(source, size)
	if err != nil {
		return nil, refuse(codeInvalidBundle, "the bundle is not a ZIP file that can be read")
	}
	if n := len(archive.File); n > maxEntries {
		return nil, refuse(codeInvalidBundle, "the bundle has %d entries; at most %d make sense", n, maxEntries)
	}
	if err := checkLayout(source, size, archive); err != nil {
		return nil, refuse(codeInvalidBundle, "%v", err)
	}
	r := bundleReader{asice: asice{documents: map[string]bundled{}}, source: source, left: maxDocumentBytes}
	for i, file := range archive.File {
		if err := r.take(file, i+1); err != nil {
			return nil, err
		}
	}
	if r.manifest == nil || r.signatures == nil {
		return nil, refuse(codeInvalidBundle, "the bundle lacks %s or %s", manifestName, signaturesName)
	}
	return &r.asice, nil
}

// bundleReader takes the entries of a bundle one after the other.
type bundleReader struct {
	asice
	source io.ReaderAt
	folder bool  // META-INF/ itself was there
	left   int64 // bytes that the documents still may have
}

// take reads entry n, counted from 1.
func (r *bundleReader) take(file *zip.File, n int) (err error) {
	switch name := file.Name; {
	case name == metaFolder && !r.folder && file.UncompressedSize64 == 0:
		r.folder = true
		return nil
	case name == manifestName && r.manifest == nil:
		r.manifest, err = readXMLEntry(file, n)
		return err
	case name == signaturesName && r.signatures == nil:
		r.signatures, err = readXMLEntry(file, n)
		return err
	case strings.HasPrefix(name, metaFolder):
		return refuse(codeInvalidBundle, "entry %d: META-INF may hold nothing but one signatures.xml", n)
	case !bundleName.MatchString(name):
		return refuse(codeInvalidBundle, "entry %d has a name outside [a-z0-9._-]", n)
	case r.documents[name].sha256 != nil || name == manifestName:
		return refuse(codeInvalidBundle, "entry %d has the name of an earlier one", n)
	}
	return r.takeDocument(file, n)
}

// documentBuffers hold documents while they are read.
var documentBuffers = sync.Pool{New: func() any { return new([]byte) }}

func (r *bundleReader) takeDocument(file *zip.File, n int) error {
	if file.UncompressedSize64 > uint64(r.left) {
		return refuse(codeInvalidBundle, "entry %d is too large; all documents may have %d bytes together", n, maxDocumentBytes)
	}
	buffer := documentBuffers.Get().(*[]byte)
	defer documentBuffers.Put(buffer)
	content, err := r.inPlace(file)
	if content == nil && err == nil {
		content, err = readEntry(file, *buffer)
		*buffer = content
	}
	if err != nil {
		return refuse(codeInvalidBundle, "entry %d is damaged", n)
	}
	r.left -= int64(len(content))
	r.documents[file.Name] = bundled{sha256: sum256(content), fault: checkPDF(content)}
	return nil
}

// memory is a bundle that needs no reading.
type memory []byte

func (m memory) ReadAt(into []byte, at int64) (int, error) {
	return bytes.NewReader(m).ReadAt(into, at)
}

// inPlace is the content of an entry that is stored as it is, of a bundle in memory; else
// nil.
func (r *bundleReader) inPlace(file *zip.File) ([]byte, error) {
	m, is := r.source.(memory)
	if !is || file.Method != zip.Store {
		return nil, nil
	}
	at, err := file.DataOffset()
	if err != nil || file.CompressedSize64 != file.UncompressedSize64 {
		return nil, errDamaged
	}
	content := m[at:][:file.UncompressedSize64:file.UncompressedSize64] // checkLayout found it inside
	if crc32.ChecksumIEEE(content) != file.CRC32 {
		return nil, errDamaged
	}
	return content, nil
}

var errDamaged = errors.New("it has another size or checksum than announced")

func readXMLEntry(file *zip.File, n int) ([]byte, error) {
	if file.UncompressedSize64 > maxXMLBytes {
		return nil, refuse(codeInvalidBundle, "entry %d is too large; XML may have %d bytes", n, maxXMLBytes)
	}
	content, err := readEntry(file, nil)
	if err != nil {
		return nil, refuse(codeInvalidBundle, "entry %d is damaged", n)
	}
	return content, nil
}

// readEntry reads an entry of a bearable size whole, into the room of a buffer where there
// is enough.
func readEntry(file *zip.File, buffer []byte) ([]byte, error) {
	r, err := file.Open()
	if err != nil {
		return nil, err
	}
	defer r.Close()
	size := int(file.UncompressedSize64)
	if cap(buffer) < size || buffer == nil {
		buffer = make([]byte, size)
	}
	content := buffer[:size]
	if _, err := io.ReadFull(r, content); err != nil {
		return nil, err
	}
	if extra, err := r.Read(make([]byte, 1)); extra != 0 || err != io.EOF { // the checksum is compared here
		return nil, errDamaged
	}
	return content, nil
}

// readDocuments reads a job's documents again, out of its bundle, which was found in order
// when the job was created.
func readDocuments(path string, documents []storedDocument) ([][]byte, error) {
	archive, err := zip.OpenReader(path)
	if err != nil {
		return nil, fmt.Errorf("reading the bundle again: %w", err)
	}
	defer archive.Close()
	files := map[string]*zip.File{}
	for _, file := range archive.File {
		files[file.Name] = file
	}
	var contents [][]byte
	for i, d := range documents {
		file := files[d.name]
		if file == nil {
			return nil, fmt.Errorf("reading the bundle again: document %d is gone", i+1)
		}
		content, err := readEntry(file, nil)
		if err != nil {
			return nil, fmt.Errorf("reading the bundle again: document %d: %w", i+1, err)
		}
		contents = append(contents, content)
	}
	return contents, nil
}

func sum256(content []byte) []byte {
	sum := sha256.Sum256(content)
	return sum[:]
}
