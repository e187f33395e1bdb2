package asice

import (
	"archive/zip"
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"batch/internal/sandbox/asice/asicetest"
)

// plainFiles are those of a bundle with two documents.
func plainFiles() []asicetest.File {
	return []asicetest.File{
		{Name: "contract.pdf", Content: []byte(strings.Repeat("contract ", 100))},
		{Name: "annex.pdf", Content: []byte("annex")},
		{Name: ManifestName, Content: []byte("<manifest/>")},
		{Name: signaturesName, Content: []byte("<signatures/>")},
	}
}

var errTooShort = errors.New("it is too short")

// wantLong is how the tests judge documents.
func wantLong(content []byte) error {
	if len(content) < 10 {
		return errTooShort
	}
	return nil
}

func TestReadTakes(t *testing.T) {
	files := plainFiles()
	unmarked := asicetest.Stream(files, zip.Deflate)
	for at := bytes.Index(unmarked, []byte(descriptorMark)); at >= 0; at = bytes.Index(unmarked, []byte(descriptorMark)) {
		unmarked = slices.Delete(unmarked, at, at+4)
		shiftOffsets(unmarked, at, -4)
	}
	commented := append(asicetest.Pack(files, false), "abc"...)
	commented[len(commented)-5] = 3 // the length of what follows
	for name, content := range map[string][]byte{
		"stored":                             asicetest.Pack(files, false),
		"deflated":                           asicetest.Pack(files, true),
		"deflated, sizes behind the data":    asicetest.Stream(files, zip.Deflate),
		"the same without a mark before":     unmarked,
		"signatures first":                   asicetest.Pack([]asicetest.File{files[3], files[2], files[1], files[0]}, true),
		"a folder entry":                     asicetest.Pack(slices.Insert(slices.Clone(files), 3, asicetest.File{Name: metaFolder}), true),
		"its directory in another order":     turnedDirectory(asicetest.Pack(files, true)),
		"a comment":                          commented,
		"sizes of 64 bits":                   wideZIP(files),
		"documents of exactly ten megabytes": asicetest.Pack(append(slices.Clone(files), filling(files, 0)), false),
	} {
		for kind, read := range map[string]func() (*Bundle, error){
			"in memory": func() (*Bundle, error) { return Read(Memory(content), int64(len(content)), wantLong) },
			"elsewhere": func() (*Bundle, error) { return Read(bytes.NewReader(content), int64(len(content)), wantLong) },
		} {
			b, err := read()
			if err != nil {
				t.Errorf("%s, %s: %v", name, kind, err)
				continue
			}
			contract, annex := b.Documents["contract.pdf"], b.Documents["annex.pdf"]
			if string(b.Manifest) != "<manifest/>" || string(b.Signatures) != "<signatures/>" ||
				contract != (Document{sha256.Sum256(files[0].Content), nil}) || annex != (Document{sha256.Sum256(files[1].Content), errTooShort}) {
				t.Errorf("%s, %s: read as %+v", name, kind, b)
			}
		}
	}
}

// filling is a document with which all have so many bytes more than they may.
func filling(files []asicetest.File, more int) asicetest.File {
	size := MaxDocumentBytes + more
	for _, f := range files[:2] {
		size -= len(f.Content)
	}
	return asicetest.File{Name: "filling.pdf", Content: make([]byte, size)}
}

// fault is one that is planted in the files of a bundle, or in its bytes.
type fault struct {
	name, word string // of the error
	files      func([]asicetest.File) []asicetest.File
	bytes      func([]byte) []byte // of the stored bundle
}

func TestReadRefuses(t *testing.T) {
	for _, f := range slices.Concat(faultsOfFiles, faultsOfBytes) {
		files := plainFiles()
		if f.files != nil {
			files = f.files(files)
		}
		content := asicetest.Pack(files, false)
		if f.bytes != nil {
			content = f.bytes(content)
		}
		if _, err := Read(Memory(content), int64(len(content)), wantLong); err == nil || !strings.Contains(err.Error(), f.word) {
			t.Errorf("%s: %v, want %q", f.name, err, f.word)
		}
	}
}

func adding(names ...string) func([]asicetest.File) []asicetest.File {
	return func(files []asicetest.File) []asicetest.File {
		for _, name := range names {
			files = append(files, asicetest.File{Name: name})
		}
		return files
	}
}

var faultsOfFiles = []fault{
	{name: "no signature", word: "lacks", files: func(f []asicetest.File) []asicetest.File { return f[:3] }},
	{name: "no manifest", word: "lacks", files: func(f []asicetest.File) []asicetest.File { return slices.Delete(f, 2, 3) }},
	{name: "META-INF/manifest.xml", word: "entry 5: META-INF", files: adding("META-INF/manifest.xml")},
	{name: "two signatures", word: "entry 5: META-INF", files: adding(signaturesName)},
	{name: "two folder entries", word: "entry 6: META-INF", files: adding(metaFolder, metaFolder)},
	{name: "two manifests", word: "earlier", files: adding(ManifestName)},
	{name: "the same document twice", word: "earlier", files: adding("annex.pdf")},
	{name: "name with a folder", word: "name is outside", files: adding("a/b.pdf")},
	{name: "name out of the folder", word: "name is outside", files: adding("../b.pdf")},
	{name: "name with capitals", word: "name is outside", files: adding("Contract.pdf")},
	{name: "name of 101", word: "name is outside", files: adding(strings.Repeat("a", 101))},
	{name: "no name", word: "name is outside", files: adding("")},
	{name: "more entries than make sense", word: "24 entries", files: adding(slices.Repeat([]string{"a"}, maxEntries-3)...)},
	{name: "one byte too many", word: "10485760", files: func(f []asicetest.File) []asicetest.File { return append(f, filling(f, 1)) }},
	{name: "a manifest too large", word: "too large", files: func(f []asicetest.File) []asicetest.File {
		f[2].Content = make([]byte, maxXMLBytes+1)
		return f
	}},
}

var faultsOfBytes = []fault{
	{name: "not a ZIP", word: "not a ZIP", bytes: func([]byte) []byte { return []byte("PK or not") }},
	{name: "nothing", word: "not a ZIP", bytes: func([]byte) []byte { return nil }},
	{name: "cut off", word: "not a ZIP", bytes: func(z []byte) []byte { return z[:len(z)-30] }},
	{name: "bytes before the first entry", word: "entry 1", bytes: func(z []byte) []byte { return append([]byte("#!"), z...) }},
	{name: "bytes between the entries", word: "entry 4: it does not begin", bytes: func(z []byte) []byte { return inserted(z, bytes.LastIndex(z, []byte(entryMark)), "gap") }},
	{name: "bytes before the directory", word: "directory", bytes: func(z []byte) []byte { return inserted(z, bytes.Index(z, []byte(directoryMark)), "gap") }},
	{name: "bytes behind the end", word: "behind the end", bytes: func(z []byte) []byte { return append(z, "more"...) }},
	{name: "stored with sizes behind the data", word: "stream", bytes: func([]byte) []byte { return asicetest.Stream(plainFiles(), zip.Store) }},
	{name: "another checksum behind the data", word: "behind its data", bytes: func([]byte) []byte {
		z := asicetest.Stream(plainFiles(), zip.Deflate)
		z[bytes.Index(z, []byte(descriptorMark))+4]++
		return z
	}},
	{name: "another size in the header", word: "size or checksum", bytes: func(z []byte) []byte { z[22]++; return z }},
	{name: "another name in the header", word: "name", bytes: func(z []byte) []byte { z[30]++; return z }},
	{name: "encrypted", word: "encrypted", bytes: func(z []byte) []byte { z[6]++; return z }},
	{name: "packed in another way", word: "neither stored nor deflated", bytes: func(z []byte) []byte {
		z[8], z[bytes.Index(z, []byte(directoryMark))+10] = 12, 12
		return z
	}},
	{name: "a document damaged", word: "entry 1: it is damaged", bytes: func(z []byte) []byte { z[bytes.Index(z, []byte("contract "))]++; return z }},
	{name: "the manifest damaged", word: "entry 3: it is damaged", bytes: func(z []byte) []byte { z[bytes.Index(z, []byte("<manifest"))]++; return z }},
}

func TestReadDocuments(t *testing.T) {
	files := plainFiles()
	bundle := asicetest.Pack(files, true)
	read := func(names ...string) ([][]byte, error) {
		return ReadDocuments(Memory(bundle), int64(len(bundle)), names)
	}
	documents, err := read("annex.pdf", "contract.pdf")
	if err != nil || len(documents) != 2 || !bytes.Equal(documents[0], files[1].Content) || !bytes.Equal(documents[1], files[0].Content) {
		t.Errorf("read %q, %v", documents, err)
	}
	if _, err := read("annex.pdf", "other.pdf"); err == nil || !strings.Contains(err.Error(), "document 2 is gone") {
		t.Errorf("a document that is not there: %v", err)
	}
	bundle = bundle[:len(bundle)/2]
	if _, err := read("annex.pdf"); err == nil {
		t.Error("half a bundle was read")
	}
}

func FuzzRead(f *testing.F) {
	files := plainFiles()
	for _, seed := range [][]byte{
		asicetest.Pack(files, true), asicetest.Pack(files, false), wideZIP(files),
		asicetest.Stream(files, zip.Store), asicetest.Stream(files, zip.Deflate),
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		onDisk, diskErr := Read(bytes.NewReader(data), int64(len(data)), wantLong)
		inMemory, err := Read(Memory(data), int64(len(data)), wantLong)
		if fmt.Sprint(err) != fmt.Sprint(diskErr) {
			t.Fatalf("in memory: %v; on disk: %v", err, diskErr)
		}
		if err != nil {
			return
		}
		if inMemory.Manifest == nil || inMemory.Signatures == nil {
			t.Error("a bundle without manifest or signatures is taken")
		}
		for name, d := range inMemory.Documents {
			if d != onDisk.Documents[name] {
				t.Errorf("%s is another one in memory than on disk", name)
			}
		}
	})
}
