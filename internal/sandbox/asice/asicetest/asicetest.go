// Package asicetest packs bundles for tests, in the ways in which the portal's clients do.
//
//	content := asicetest.Pack(files, true)
package asicetest

import (
	"archive/zip"
	"bytes"
	"compress/flate"
	"hash/crc32"
	"strings"
)

// File is a file of a bundle.
type File struct {
	Name    string
	Content []byte
}

// Pack writes sizes and checksums into the local headers, as a streaming client must.
func Pack(files []File, deflate bool) []byte {
	var out bytes.Buffer
	w := zip.NewWriter(&out)
	for _, f := range files {
		content, method := f.Content, zip.Store
		if deflate && !strings.HasSuffix(f.Name, "/") {
			var packed bytes.Buffer
			z, err := flate.NewWriter(&packed, flate.DefaultCompression)
			must(err)
			_, err = z.Write(f.Content)
			must(err)
			must(z.Close())
			content, method = packed.Bytes(), zip.Deflate
		}
		p, err := w.CreateRaw(&zip.FileHeader{
			Name: f.Name, Method: method, CRC32: crc32.ChecksumIEEE(f.Content),
			CompressedSize64: uint64(len(content)), UncompressedSize64: uint64(len(f.Content)),
		})
		must(err)
		_, err = p.Write(content)
		must(err)
	}
	must(w.Close())
	return out.Bytes()
}

// Stream writes sizes behind the data, as the portal's Java client does, which deflates.
func Stream(files []File, method uint16) []byte {
	var out bytes.Buffer
	w := zip.NewWriter(&out)
	for _, f := range files {
		p, err := w.CreateHeader(&zip.FileHeader{Name: f.Name, Method: method})
		must(err)
		_, err = p.Write(f.Content)
		must(err)
	}
	must(w.Close())
	return out.Bytes()
}

// must ends a test that packs what cannot be packed.
func must(err error) {
	if err != nil {
		panic(err)
	}
}
