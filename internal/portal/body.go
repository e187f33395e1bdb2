package portal

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net/textproto"
	"unicode/utf8"

	"batch/internal/mailout"
)

// maxBundle bounds a bundle: the documents of a job, and room for the job XML, signatures
// with a certificate chain and the ZIP's own entries.
const maxBundle = mailout.MaxDocumentBytes + 2<<20

// createBody is the whole body of a create in memory, at most about 12 MB. It is made
// before anybody is called: whatever is wrong with the bundle shows while nothing has
// been sent, the length is known, and no reading of files holds up a request half-way.
func createBody(j Job) (kind string, body []byte, err error) {
	xmlPart, err := requestXML(j.Ref, j.Queue)
	if err != nil {
		return "", nil, err
	}
	size := j.Bundle.Size()
	if size <= 0 || size > maxBundle {
		return "", nil, fmt.Errorf("a bundle of %d bytes is not possible: 1 to %d", size, maxBundle)
	}
	var out bytes.Buffer
	out.Grow(int(size) + len(xmlPart) + 1024)
	parts := multipart.NewWriter(&out)
	if err := writePart(parts, "application/xml", func(w io.Writer) error { _, err := w.Write(xmlPart); return err }); err != nil {
		return "", nil, err
	}
	if err := writePart(parts, "application/octet-stream", func(w io.Writer) error { return copyBundle(w, j.Bundle, size) }); err != nil {
		return "", nil, err
	}
	if err := parts.Close(); err != nil {
		return "", nil, err
	}
	return mime.FormatMediaType("multipart/mixed", map[string]string{"boundary": parts.Boundary()}), out.Bytes(), nil
}

func writePart(parts *multipart.Writer, kind string, write func(io.Writer) error) error {
	w, err := parts.CreatePart(textproto.MIMEHeader{"Content-Type": {kind}})
	if err != nil {
		return err
	}
	return write(w)
}

func copyBundle(w io.Writer, b Bundle, size int64) error {
	n, err := b.WriteTo(&capped{w: w, left: size})
	switch {
	case err != nil:
		return fmt.Errorf("reading the bundle: %w", err)
	case n != size:
		return fmt.Errorf("the bundle has %d bytes and not the %d it announced", n, size)
	}
	return nil
}

// capped fails on the first byte too many.
type capped struct {
	w    io.Writer
	left int64
}

func (c *capped) Write(p []byte) (int, error) {
	if int64(len(p)) > c.left {
		return 0, errors.New("the bundle is longer than it announced")
	}
	c.left -= int64(len(p))
	return c.w.Write(p)
}

// requestXML is the first part of a create (portal.xsd, portal-signature-job-request). A
// create without a reference is never made: if its answer were lost, nothing could ever
// tell whose the job is.
func requestXML(ref mailout.Ref, queue string) ([]byte, error) {
	if n := utf8.RuneCountInString(string(ref)); n < 1 || n > mailout.MaxRef {
		return nil, errors.New("the reference is empty or too long")
	}
	message := struct {
		XMLName   xml.Name `xml:"http://signering.posten.no/schema/v1 portal-signature-job-request"`
		Reference string   `xml:"reference"`
		Queue     string   `xml:"polling-queue,omitempty"`
	}{Reference: string(ref), Queue: queue}
	b, err := xml.Marshal(message)
	if err != nil {
		return nil, fmt.Errorf("writing the job request: %w", err)
	}
	return append([]byte(xml.Header), b...), nil
}
