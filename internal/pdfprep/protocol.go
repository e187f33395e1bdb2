package pdfprep

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"batch/internal/mailout"
)

// WorkerArg is the one argument that makes the program a worker.
const WorkerArg = "__pdf-worker"

// A conversation is frames: four bytes of length (big-endian), so much JSON, then as
// many raw bytes as the JSON announces. The worker speaks first, with a reply that names
// its protocol. Then it answers each request with one reply for each file as soon as it is
// judged, and where all were to be merged and none is refused, with one more that brings
// the merged PDF.
const (
	protocol      = "batch-pdf-worker/3"
	maxHeader     = 1 << 20
	maxParts      = 1000                         // files in one merge
	maxMergeBytes = 4 * mailout.MaxDocumentBytes // bytes of all files of one merge: shared fonts shrink
)

// request hands files over to be judged and, on request, merged in their order.
type request struct {
	ID    int    `json:"id"` // counts a worker's requests from 1
	Files []part `json:"files"`
	Merge bool   `json:"merge,omitempty"`
}

// part is one file of a request.
type part struct {
	Bytes int64 `json:"bytes"`
	Known bool  `json:"known,omitempty"` // judged before and found sendable: it is only merged
}

// reply is one answer of a worker. It holds codes and numbers only, so that no text of a
// hostile file can reach a person's terminal.
type reply struct {
	Protocol string  `json:"protocol,omitempty"` // in the first reply
	ID       int     `json:"id"`                 // of the request
	Part     int     `json:"part"`               // which of its files, from 0; one behind the last: the merged PDF
	Verdict  verdict `json:"verdict"`            // of a file, or of the merged PDF; of a known file empty
	Bytes    int64   `json:"bytes,omitempty"`    // of the merged PDF that follows
}

// verdict is what checking one PDF found. The ledger keeps it in this form.
type verdict struct {
	Pages    int       `json:"pages"`            // 0: refused
	PDFA     string    `json:"pdfa,omitempty"`   // the part and level of PDF/A that it claims: "1b", "2u", "4"
	Images   int64     `json:"images,omitempty"` // bytes of its pictures, as they are stored
	Findings []finding `json:"findings,omitempty"`
}

// finding is a code of the catalogue, the number that its sentence wants, and where in
// the PDF it is, as far as that is known.
type finding struct {
	Code   string `json:"code"`
	N      int    `json:"n,omitempty"`
	Page   int    `json:"page,omitempty"`   // from 1
	Object int    `json:"object,omitempty"` // object number
}

func writeFrame(w io.Writer, header any, bodies ...[]byte) error {
	b, err := json.Marshal(header)
	if err != nil {
		return err
	}
	if len(b) > maxHeader {
		return fmt.Errorf("the header has %d bytes, at most %d are possible", len(b), maxHeader)
	}
	frame := binary.BigEndian.AppendUint32(nil, uint32(len(b)))
	for _, part := range append([][]byte{append(frame, b...)}, bodies...) {
		if _, err := w.Write(part); err != nil {
			return err
		}
	}
	return nil
}

// readHeader fills header from the next frame. io.EOF alone means that the other side
// ended between two frames.
func readHeader(r io.Reader, header any) error {
	var size [4]byte
	if _, err := io.ReadFull(r, size[:]); err != nil {
		return err
	}
	n := binary.BigEndian.Uint32(size[:])
	if n > maxHeader {
		return fmt.Errorf("a header of %d bytes was announced, at most %d are possible", n, maxHeader)
	}
	b := make([]byte, n)
	if _, err := io.ReadFull(r, b); err != nil {
		return noEOF(err)
	}
	dec := json.NewDecoder(bytes.NewReader(b))
	dec.DisallowUnknownFields()
	return dec.Decode(header)
}

// readBody reads exactly n bytes, at most limit.
func readBody(r io.Reader, n, limit int64) ([]byte, error) {
	if n < 0 || n > limit {
		return nil, fmt.Errorf("%d bytes were announced, at most %d are possible", n, limit)
	}
	b := make([]byte, n)
	_, err := io.ReadFull(r, b)
	return b, noEOF(err)
}

// noEOF keeps an end in the middle of a frame apart from the end of the conversation.
func noEOF(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}

// readRequest reads a request with its files.
func readRequest(r io.Reader) (request, [][]byte, error) {
	var req request
	if err := readHeader(r, &req); err != nil {
		return req, nil, err
	}
	if len(req.Files) == 0 || len(req.Files) > maxParts {
		return req, nil, fmt.Errorf("a request of %d files, 1 to %d are possible", len(req.Files), maxParts)
	}
	left := int64(maxMergeBytes)
	files := make([][]byte, len(req.Files))
	for i, f := range req.Files {
		b, err := readBody(r, f.Bytes, left)
		if err != nil {
			return req, nil, fmt.Errorf("reading file %d of a request: %w", i+1, err)
		}
		files[i], left = b, left-f.Bytes
	}
	return req, files, nil
}

// readReply reads a reply with the PDF that it brings, of at most so many bytes.
func readReply(r io.Reader, most int64) (reply, []byte, error) {
	var rep reply
	if err := readHeader(r, &rep); err != nil {
		return rep, nil, err
	}
	pdf, err := readBody(r, rep.Bytes, most)
	return rep, pdf, err
}
