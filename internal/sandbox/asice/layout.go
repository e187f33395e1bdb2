package asice

import (
	"archive/zip"
	"bytes"
	"cmp"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"slices"
)

// What a ZIP is made of (APPNOTE.TXT 4.3 and 4.5.3).
const (
	localHeaderSize  = 30
	directoryEndSize = 22
	descriptorSize   = 24 // at most

	entryMark        = "PK\x03\x04"
	directoryMark    = "PK\x01\x02"
	directoryEndMark = "PK\x05\x06"
	descriptorMark   = "PK\x07\x08"

	flagEncrypted  = 1 << 0
	flagDescriptor = 1 << 3

	wideSizes = 1 // the extra field that holds sizes of 64 bits
)

// checkLayout walks the entries as java.util.zip.ZipInputStream does: from byte 0, one
// behind the other, and no stored entry with its sizes behind the data, which Java cannot
// read. Nothing stands before, between or behind the parts of the ZIP.
func checkLayout(source io.ReaderAt, size int64, archive *zip.Reader) error {
	files := slices.Clone(archive.File)
	offsets := map[*zip.File]int64{}
	for i, file := range files {
		at, err := file.DataOffset()
		if err != nil || file.CompressedSize64 > uint64(size) {
			return fmt.Errorf("entry %d: its header and the directory disagree", i+1)
		}
		offsets[file] = at
	}
	slices.SortFunc(files, func(a, b *zip.File) int { return cmp.Compare(offsets[a], offsets[b]) })
	at := int64(0)
	for i, file := range files {
		next, err := checkEntry(source, at, file, offsets[file])
		if err != nil {
			return fmt.Errorf("entry %d: %w", i+1, err)
		}
		at = next
	}
	if !marked(source, at, directoryMark) {
		return errors.New("there are bytes between the entries and the directory")
	}
	if !marked(source, size-directoryEndSize-int64(len(archive.Comment)), directoryEndMark) {
		return errors.New("there are bytes behind the end of the ZIP")
	}
	return nil
}

func marked(source io.ReaderAt, at int64, mark string) bool {
	var found [4]byte
	n, _ := source.ReadAt(found[:], at) // what cannot be read is not the mark
	return n == len(found) && string(found[:]) == mark
}

// checkEntry compares the header at this place with what the directory says of it, and
// returns where the next header has to begin.
func checkEntry(source io.ReaderAt, at int64, file *zip.File, data int64) (int64, error) {
	if data-at < localHeaderSize || data-at > localHeaderSize+2<<16 || !marked(source, at, entryMark) {
		return 0, errors.New("it does not begin where the one before it ends")
	}
	header := make([]byte, data-at)
	if _, err := source.ReadAt(header, at); err != nil {
		return 0, errors.New("it is cut off")
	}
	flags := binary.LittleEndian.Uint16(header[6:])
	method := binary.LittleEndian.Uint16(header[8:])
	name := int(binary.LittleEndian.Uint16(header[26:]))
	extra := int(binary.LittleEndian.Uint16(header[28:]))
	end := data + int64(file.CompressedSize64)
	switch {
	case localHeaderSize+name+extra != len(header) || string(header[localHeaderSize:][:name]) != file.Name:
		return 0, errors.New("its header and the directory disagree about its name")
	case (flags|file.Flags)&flagEncrypted != 0:
		return 0, errors.New("it is encrypted")
	case method != file.Method || method != zip.Store && method != zip.Deflate:
		return 0, errors.New("it is neither stored nor deflated")
	case flags&flagDescriptor != 0 && method == zip.Store:
		return 0, errors.New("it is stored with its sizes behind the data, which cannot be read as a stream")
	case flags&flagDescriptor != 0:
		return skipDescriptor(source, end, file)
	case !sameSums(header, name, file):
		return 0, errors.New("its header and the directory disagree about its size or checksum")
	}
	return end, nil
}

// sameSums compares checksum and sizes, which may stand in an extra field.
func sameSums(header []byte, name int, file *zip.File) bool {
	sum := binary.LittleEndian.Uint32(header[14:])
	packed, size := uint64(binary.LittleEndian.Uint32(header[18:])), uint64(binary.LittleEndian.Uint32(header[22:]))
	const elsewhere = 0xffffffff
	for extra := header[localHeaderSize+name:]; len(extra) >= 4 && packed == elsewhere && size == elsewhere; {
		field := extra[4:]
		length := int(binary.LittleEndian.Uint16(extra[2:]))
		if length > len(field) {
			break
		}
		if binary.LittleEndian.Uint16(extra) == wideSizes && length >= 16 {
			size, packed = binary.LittleEndian.Uint64(field), binary.LittleEndian.Uint64(field[8:])
		}
		extra = field[length:]
	}
	return sum == file.CRC32 && packed == file.CompressedSize64 && size == file.UncompressedSize64
}

// skipDescriptor reads what stands behind an entry's data: checksum and sizes, of 32 or 64
// bits, with a mark before them or without. Only what agrees with the directory and ends
// where something new begins is one.
func skipDescriptor(source io.ReaderAt, at int64, file *zip.File) (int64, error) {
	found := make([]byte, descriptorSize)
	n, _ := source.ReadAt(found, at) // the end of the file may be nearer
	for _, mark := range []string{descriptorMark, ""} {
		short := binary.LittleEndian.AppendUint32([]byte(mark), file.CRC32)
		wide := slices.Clone(short)
		short = binary.LittleEndian.AppendUint32(short, uint32(file.CompressedSize64))
		short = binary.LittleEndian.AppendUint32(short, uint32(file.UncompressedSize64))
		wide = binary.LittleEndian.AppendUint64(wide, file.CompressedSize64)
		wide = binary.LittleEndian.AppendUint64(wide, file.UncompressedSize64)
		for _, descriptor := range [][]byte{short, wide} {
			next := at + int64(len(descriptor))
			if bytes.HasPrefix(found[:n], descriptor) && (marked(source, next, entryMark) || marked(source, next, directoryMark)) {
				return next, nil
			}
		}
	}
	return 0, errors.New("what stands behind its data and the directory disagree about its size or checksum")
}
