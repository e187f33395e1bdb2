package sandbox

import (
	"archive/zip"
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"
)

// Bounds of a bundle. All documents of a job together may have ten megabytes
// (portal-api.md); the rest is room for the ZIP and its XML.
const (
	maxDocumentBytes = 10_485_760
	maxBundleBytes   = maxDocumentBytes + 2<<20
	manifestName     = "manifest.xml"
	signaturesName   = "META-INF/signatures.xml"
)

var bundleName = regexp.MustCompile(`^[a-z0-9._-]{1,100}$`)

// asice is the content of a bundle whose ZIP was found in order.
type asice struct {
	manifest   []byte
	signatures []byte
	documents  map[string][]byte
}

// signed is every file that has to be signed: all outside META-INF.
func (a *asice) signed() map[string][]byte {
	files := map[string][]byte{manifestName: a.manifest}
	for name, content := range a.documents {
		files[name] = content
	}
	return files
}

// readBundle reads an ASiC-E as the portal's Java reads it, front to back, and as its
// directory tells it, and wants both to say the same.
func readBundle(data []byte) (*asice, error) {
	archive, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		return nil, refuse(codeInvalidBundle, "the bundle is not a ZIP file that can be read")
	}
	if len(archive.File) > maxDocuments+2 {
		return nil, refuse(codeInvalidBundle, "the bundle has %d entries; at most %d make sense", len(archive.File), maxDocuments+2)
	}
	if err := checkLocalHeaders(data, archive.File); err != nil {
		return nil, refuse(codeInvalidBundle, "%v", err)
	}
	a := &asice{documents: map[string][]byte{}}
	left := int64(maxDocumentBytes)
	for i, file := range archive.File {
		if err := a.take(file, i+1, &left); err != nil {
			return nil, err
		}
	}
	if a.manifest == nil || a.signatures == nil {
		return nil, refuse(codeInvalidBundle, "the bundle lacks %s or %s", manifestName, signaturesName)
	}
	return a, nil
}

// take reads one entry. left is what the documents still may have.
func (a *asice) take(file *zip.File, n int, left *int64) error {
	switch {
	case file.Name == manifestName && a.manifest == nil:
		return readEntry(file, n, maxXMLBytes, &a.manifest)
	case file.Name == signaturesName && a.signatures == nil:
		return readEntry(file, n, maxXMLBytes, &a.signatures)
	case strings.HasPrefix(file.Name, "META-INF/"):
		return refuse(codeInvalidBundle, "entry %d: META-INF may hold nothing but one signatures.xml", n)
	case !bundleName.MatchString(file.Name):
		return refuse(codeInvalidBundle, "entry %d has a name outside [a-z0-9._-]", n)
	case a.documents[file.Name] != nil || file.Name == manifestName:
		return refuse(codeInvalidBundle, "entry %d has the name of an earlier one", n)
	}
	var content []byte
	if err := readEntry(file, n, *left, &content); err != nil {
		return err
	}
	*left -= int64(len(content))
	a.documents[file.Name] = content
	return nil
}

func readEntry(file *zip.File, n int, most int64, into *[]byte) error {
	if file.UncompressedSize64 > uint64(most) {
		return refuse(codeInvalidBundle, "entry %d is too large; all documents may have %d bytes together", n, maxDocumentBytes)
	}
	r, err := file.Open()
	if err != nil {
		return refuse(codeInvalidBundle, "entry %d cannot be opened", n)
	}
	defer r.Close()
	content := make([]byte, file.UncompressedSize64)
	if _, err := io.ReadFull(r, content); err != nil {
		return refuse(codeInvalidBundle, "entry %d is damaged", n)
	}
	if extra, err := r.Read(make([]byte, 1)); extra != 0 || err != io.EOF { // the checksum is compared here
		return refuse(codeInvalidBundle, "entry %d is damaged", n)
	}
	*into = content
	return nil
}

// checkLocalHeaders walks the entries as java.util.zip.ZipInputStream does: from byte 0,
// one behind the other, and no stored entry with its sizes behind the data, which Java
// cannot read.
func checkLocalHeaders(data []byte, files []*zip.File) error {
	files = slices.Clone(files)
	slices.SortFunc(files, func(a, b *zip.File) int { return int(dataOffset(a) - dataOffset(b)) })
	at := int64(0)
	for i, file := range files {
		next, err := checkLocalHeader(data, at, file)
		if err != nil {
			return fmt.Errorf("entry %d: %w", i+1, err)
		}
		at = next
	}
	if !bytes.HasPrefix(data[min(at, int64(len(data))):], []byte("PK\x01\x02")) {
		return fmt.Errorf("there are bytes between the entries and the directory")
	}
	return nil
}

func dataOffset(file *zip.File) int64 {
	at, err := file.DataOffset()
	if err != nil {
		return -1
	}
	return at
}

const (
	localHeaderSize = 30
	flagEncrypted   = 1 << 0
	flagDescriptor  = 1 << 3
)

// checkLocalHeader returns where the next local header has to begin (APPNOTE.TXT 4.3.7).
func checkLocalHeader(data []byte, at int64, file *zip.File) (int64, error) {
	if at+localHeaderSize > int64(len(data)) || string(data[at:at+4]) != "PK\x03\x04" {
		return 0, fmt.Errorf("it does not begin where the one before it ends")
	}
	header := data[at : at+localHeaderSize]
	flags := binary.LittleEndian.Uint16(header[6:])
	method := binary.LittleEndian.Uint16(header[8:])
	name := int64(binary.LittleEndian.Uint16(header[26:]))
	start := at + localHeaderSize + name + int64(binary.LittleEndian.Uint16(header[28:]))
	end := start + int64(file.CompressedSize64)
	switch {
	case file.CompressedSize64 > uint64(len(data)) || start != dataOffset(file) || end > int64(len(data)) || string(data[at+localHeaderSize:][:name]) != file.Name:
		return 0, fmt.Errorf("its header and the directory disagree")
	case flags&flagEncrypted != 0:
		return 0, fmt.Errorf("it is encrypted")
	case method != file.Method || method != zip.Store && method != zip.Deflate:
		return 0, fmt.Errorf("it is neither stored nor deflated")
	case flags&flagDescriptor != 0 && method == zip.Store:
		return 0, fmt.Errorf("it is stored with its sizes behind the data, which cannot be read as a stream")
	case flags&flagDescriptor != 0:
		return end + descriptorSize(data[end:]), nil
	}
	sameSums := binary.LittleEndian.Uint32(header[14:]) == file.CRC32 &&
		uint64(binary.LittleEndian.Uint32(header[18:])) == file.CompressedSize64 &&
		uint64(binary.LittleEndian.Uint32(header[22:])) == file.UncompressedSize64
	if !sameSums {
		return 0, fmt.Errorf("its header and the directory disagree about its size or checksum")
	}
	return end, nil
}

// descriptorSize is the length of a data descriptor, with or without its signature.
func descriptorSize(data []byte) int64 {
	if bytes.HasPrefix(data, []byte("PK\x07\x08")) {
		return 16
	}
	return 12
}

func sum256(content []byte) []byte {
	sum := sha256.Sum256(content)
	return sum[:]
}
