package asice

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
	MaxDocuments     = 20 // portal.xsd
	MaxDocumentBytes = 10_485_760
	MaxBytes         = MaxDocumentBytes + 2<<20

	maxEntries  = MaxDocuments + 3 // manifest, signatures and the folder of the latter
	maxXMLBytes = 1 << 20          // of manifest and signatures each
)

// ManifestName is the name of the manifest in the ZIP.
const ManifestName = "manifest.xml"

const (
	metaFolder     = "META-INF/"
	signaturesName = metaFolder + "signatures.xml"
)

var documentName = regexp.MustCompile(`^[a-z0-9._-]{1,100}$`)

// Bundle is what was learned of a bundle whose ZIP was found in order. Its documents stay
// where they are.
type Bundle struct {
	Manifest, Signatures []byte
	Documents            map[string]Document // by their names in the ZIP
}

// Document is a document of a bundle.
type Document struct {
	SHA256 [sha256.Size]byte
	Fault  error // why it is not taken; nil: it is
}

// Read reads a bundle of so many bytes. check judges the content of each document, which it
// must not keep.
func Read(source io.ReaderAt, size int64, check func(content []byte) error) (*Bundle, error) {
	archive, err := zip.NewReader(source, size)
	if err != nil {
		return nil, errors.New("the bundle is not a ZIP file that can be read")
	}
	if n := len(archive.File); n > maxEntries {
		return nil, fmt.Errorf("the bundle has %d entries; at most %d make sense", n, maxEntries)
	}
	if err := checkLayout(source, size, archive); err != nil {
		return nil, err
	}
	r := reader{bundle: Bundle{Documents: map[string]Document{}}, source: source, check: check, left: MaxDocumentBytes}
	for i, file := range archive.File {
		if err := r.take(file); err != nil {
			return nil, fmt.Errorf("entry %d: %w", i+1, err)
		}
	}
	if r.bundle.Manifest == nil || r.bundle.Signatures == nil {
		return nil, fmt.Errorf("the bundle lacks %s or %s", ManifestName, signaturesName)
	}
	return &r.bundle, nil
}

// reader takes the entries of a bundle one after the other.
type reader struct {
	bundle Bundle
	source io.ReaderAt
	check  func([]byte) error
	folder bool  // META-INF/ itself was there
	left   int64 // bytes that the documents still may have
}

func (r *reader) take(file *zip.File) (err error) {
	switch name := file.Name; {
	case name == metaFolder && !r.folder && file.UncompressedSize64 == 0:
		r.folder = true
		return nil
	case name == ManifestName && r.bundle.Manifest == nil:
		r.bundle.Manifest, err = readXML(file)
		return err
	case name == signaturesName && r.bundle.Signatures == nil:
		r.bundle.Signatures, err = readXML(file)
		return err
	case strings.HasPrefix(name, metaFolder):
		return errors.New("META-INF may hold nothing but one signatures.xml")
	case !documentName.MatchString(name):
		return errors.New("its name is outside [a-z0-9._-]")
	case name == ManifestName || r.has(name):
		return errors.New("it has the name of an earlier one")
	}
	return r.takeDocument(file)
}

func (r *reader) has(name string) bool {
	_, has := r.bundle.Documents[name]
	return has
}

// documentBuffers hold documents while they are read.
var documentBuffers = sync.Pool{New: func() any { return new([]byte) }}

func (r *reader) takeDocument(file *zip.File) error {
	if file.UncompressedSize64 > uint64(r.left) {
		return fmt.Errorf("it is too large; all documents may have %d bytes together", MaxDocumentBytes)
	}
	buffer := documentBuffers.Get().(*[]byte)
	defer documentBuffers.Put(buffer)
	content, err := r.inPlace(file)
	if content == nil && err == nil {
		content, err = readEntry(file, *buffer)
		*buffer = content
	}
	if err != nil {
		return errDamaged
	}
	r.left -= int64(len(content))
	r.bundle.Documents[file.Name] = Document{SHA256: sha256.Sum256(content), Fault: r.check(content)}
	return nil
}

// Memory is a bundle that needs no reading.
type Memory []byte

// ReadAt is that of [io.ReaderAt].
func (m Memory) ReadAt(into []byte, at int64) (int, error) {
	return bytes.NewReader(m).ReadAt(into, at)
}

// inPlace is the content of an entry that is stored as it is, of a bundle in memory; else
// nil.
func (r *reader) inPlace(file *zip.File) ([]byte, error) {
	m, is := r.source.(Memory)
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

var errDamaged = errors.New("it is damaged")

func readXML(file *zip.File) ([]byte, error) {
	if file.UncompressedSize64 > maxXMLBytes {
		return nil, fmt.Errorf("it is too large; XML may have %d bytes", maxXMLBytes)
	}
	content, err := readEntry(file, nil)
	if err != nil {
		return nil, errDamaged
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

// ReadDocuments reads documents of a bundle again, which was found in order when it came, by
// their names.
func ReadDocuments(content io.ReaderAt, size int64, names []string) ([][]byte, error) {
	archive, err := zip.NewReader(content, size)
	if err != nil {
		return nil, fmt.Errorf("reading the bundle again: %w", err)
	}
	files := map[string]*zip.File{}
	for _, file := range archive.File {
		files[file.Name] = file
	}
	var contents [][]byte
	for i, name := range names {
		file := files[name]
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
