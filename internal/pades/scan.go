package pades

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// Bounds on what a document may make us do.
const (
	maxSeals   = 64      // signatures tried; of more, the last ones
	maxCMS     = 4 << 20 // bytes of one signature container
	chunk      = 64 << 10
	rangeSpan  = 256 // bytes that a /ByteRange entry may take
	maxDigits  = "15"
	white      = "\x00\t\n\f\r " // ISO 32000-1, table 1
	whiteClass = `[\x00\t\n\f\r ]`
)

// flaw is why a signature does not hold: a clause for a message.
type flaw string

func (f flaw) Error() string { return string(f) }

// seal is a signature as its /ByteRange announces it: it covers the bytes [0, gap) and
// [resume, resume+rest) of the document; its container stands between them.
type seal struct {
	at                int64 // offset of the /ByteRange entry
	gap, resume, rest int64
}

// end is the offset behind the last byte that the seal covers.
func (s seal) end() int64 { return s.resume + s.rest }

const rangeKey = "/ByteRange"

var byteRange = regexp.MustCompile(`^` + rangeKey + whiteClass + `*\[` + whiteClass + `*0+` +
	number + number + number + whiteClass + `*\]`)

const number = whiteClass + `+(\d{1,` + maxDigits + `})`

// findSeals lists the byte ranges in the document's bytes. A signature must announce its range
// in the open, in an object of its own (ISO 32000-1, 12.8.1): no parser is needed, and a
// text on a page that looks like one fails later. Ranges that do not begin at the
// document's beginning are none of a seal's.
func findSeals(r io.ReaderAt, size int64) ([]seal, error) {
	var found []seal
	buf := make([]byte, chunk)
	for off := int64(0); off < size; off += chunk - int64(len(rangeKey)) + 1 {
		n, err := r.ReadAt(buf[:min(chunk, size-off)], off)
		if err != nil && (err != io.EOF || int64(n) < min(chunk, size-off)) {
			return nil, err
		}
		for i := 0; ; i++ {
			next := bytes.Index(buf[i:n], []byte(rangeKey))
			if next < 0 {
				break
			}
			i += next
			s, ok, err := parseRange(r, size, off+int64(i))
			if err != nil {
				return nil, err
			}
			if ok {
				found = addSeal(found, s)
			}
		}
	}
	return found, nil
}

// addSeal adds a range that was not met before, and forgets the first of too many.
func addSeal(found []seal, s seal) []seal {
	same := func(o seal) bool { return o.gap == s.gap && o.resume == s.resume && o.rest == s.rest }
	if slices.ContainsFunc(found, same) {
		return found
	}
	if len(found) == maxSeals {
		found = found[1:]
	}
	return append(found, s)
}

func parseRange(r io.ReaderAt, size, at int64) (s seal, ok bool, err error) {
	b, err := readAt(r, at, min(rangeSpan, size-at))
	if err != nil {
		return s, false, err
	}
	m := byteRange.FindSubmatch(b)
	if m == nil {
		return s, false, nil
	}
	s.at = at
	for i, field := range []*int64{&s.gap, &s.resume, &s.rest} {
		*field, _ = strconv.ParseInt(string(m[i+1]), 10, 64) // at most 15 digits
	}
	return s, true, nil
}

// container reads the signature's container from between the two ranges. That nothing else
// stands there, and that the entry lies within what it covers, keeps a seal from
// leaving out more of the document than itself.
func (s seal) container(r io.ReaderAt, size int64) ([]byte, error) {
	switch {
	case s.gap < 1 || s.resume <= s.gap:
		return nil, flaw("its byte range makes no sense")
	case s.end() > size:
		return nil, flaw(fmt.Sprintf("it covers %d bytes, but the document has %d: something is missing", s.end(), size))
	case s.at >= s.gap && s.at < s.resume || s.at >= s.end():
		return nil, flaw("its byte range leaves itself out")
	case s.resume-s.gap > 2*maxCMS:
		return nil, flaw("its container is too large")
	}
	b, err := readAt(r, s.gap, s.resume-s.gap)
	if err != nil {
		return nil, err
	}
	return unhex(b)
}

// endsWell: what a seal covers ends where a PDF ends (ETSI EN 319 142-1, 5.1: the whole file,
// as it was then). Less would leave the end of the document to anybody.
func (s seal) endsWell(r io.ReaderAt) error {
	whole, err := endsLikePDF(r, s.end(), s.rest)
	if err != nil {
		return err
	}
	if !whole {
		return flaw("it covers a part of the document that ends before any end of a PDF")
	}
	return nil
}

// unhex decodes a PDF hexadecimal string (ISO 32000-1, 7.3.4.3).
func unhex(b []byte) ([]byte, error) {
	notHex := flaw("what its byte range leaves out is not a signature container")
	if len(b) < 2 || b[0] != '<' || b[len(b)-1] != '>' {
		return nil, notHex
	}
	digits := make([]byte, 0, len(b))
	for _, c := range b[1 : len(b)-1] {
		if strings.IndexByte(white, c) < 0 {
			digits = append(digits, c)
		}
	}
	if len(digits)%2 == 1 {
		digits = append(digits, '0')
	}
	n, err := hex.Decode(digits, digits)
	if err != nil {
		return nil, notHex
	}
	return digits[:n], nil
}
