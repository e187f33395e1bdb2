package asice

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"slices"

	"batch/internal/sandbox/asice/asicetest"
)

// inserted puts bytes into a ZIP whose offsets are mended.
func inserted(z []byte, at int, what string) []byte {
	z = slices.Insert(slices.Clone(z), at, []byte(what)...)
	shiftOffsets(z, at, len(what))
	return z
}

// shiftOffsets mends what a ZIP says of the places of everything behind a change.
func shiftOffsets(z []byte, behind, by int) {
	shift := func(field []byte) {
		if offset := int(binary.LittleEndian.Uint32(field)); offset >= behind {
			binary.LittleEndian.PutUint32(field, uint32(offset+by))
		}
	}
	shift(z[bytes.LastIndex(z, []byte(directoryEndMark))+16:])
	for at := bytes.Index(z, []byte(directoryMark)); bytes.HasPrefix(z[at:], []byte(directoryMark)); {
		header := z[at:]
		shift(header[42:])
		at += 46 + int(binary.LittleEndian.Uint16(header[28:])) + int(binary.LittleEndian.Uint16(header[30:])) + int(binary.LittleEndian.Uint16(header[32:]))
	}
}

// turnedDirectory moves the directory's first entry to its end.
func turnedDirectory(z []byte) []byte {
	first := bytes.Index(z, []byte(directoryMark))
	second := first + 4 + bytes.Index(z[first+4:], []byte(directoryMark))
	end := bytes.LastIndex(z, []byte(directoryEndMark))
	return slices.Concat(z[:first], z[second:end], z[first:second], z[end:])
}

// wideZIP writes sizes into extra fields, as packers do that do not know them before.
func wideZIP(files []asicetest.File) []byte {
	var out bytes.Buffer
	w := zip.NewWriter(&out)
	for _, f := range files {
		extra := binary.LittleEndian.AppendUint16(nil, 1)
		extra = binary.LittleEndian.AppendUint16(extra, 16)
		extra = binary.LittleEndian.AppendUint64(extra, uint64(len(f.Content)))
		extra = binary.LittleEndian.AppendUint64(extra, uint64(len(f.Content)))
		p, err := w.CreateRaw(&zip.FileHeader{Name: f.Name, Method: zip.Store, CRC32: crc32.ChecksumIEEE(f.Content), Extra: extra,
			CompressedSize64: uint64(len(f.Content)), UncompressedSize64: uint64(len(f.Content))})
		if err != nil {
			panic(err)
		}
		if _, err := p.Write(f.Content); err != nil {
			panic(err)
		}
	}
	if err := w.Close(); err != nil {
		panic(err)
	}
	z := out.Bytes()
	for at := 0; bytes.HasPrefix(z[at:], []byte(entryMark)); {
		size := int(binary.LittleEndian.Uint32(z[at+18:]))
		copy(z[at+18:], "\xff\xff\xff\xff\xff\xff\xff\xff")
		at += 30 + int(binary.LittleEndian.Uint16(z[at+26:])) + int(binary.LittleEndian.Uint16(z[at+28:])) + size
	}
	return z
}
