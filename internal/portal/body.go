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

// content is the body of a request that is written while it goes out.
type content struct {
	kind   string // Content-Type
	length int64  // exactly what write writes, in bytes
	write  func(io.Writer) error
}

// createBody frames a bundle as the second part of a create. The frame is known beforehand,
// and with it the length; the bundle is not held in memory.
//
// The boundary that closes the body goes out behind a bundle that was written without error
// and in its whole size. So a server that was given a bundle which is not right has not been
// given a request.
func createBody(j Job) (content, error) {
	xmlPart, err := requestXML(j.Ref, j.Queue)
	if err != nil {
		return content{}, err
	}
	size := j.Bundle.Size()
	if size <= 0 || size > maxBundle {
		return content{}, fmt.Errorf("a bundle of %d bytes is not possible: 1 to %d", size, maxBundle)
	}
	kind, before, after, err := frame(xmlPart)
	if err != nil {
		return content{}, err
	}
	return content{kind: kind, length: int64(len(before)) + size + int64(len(after)), write: func(w io.Writer) error {
		if _, err := w.Write(before); err != nil {
			return err
		}
		if err := copyBundle(w, j.Bundle, size); err != nil {
			return err
		}
		_, err := w.Write(after)
		return err
	}}, nil
}

// frame is what stands before the bundle in the body of a create and after it
// (portal-api.md, "Create a job").
func frame(xmlPart []byte) (kind string, before, after []byte, err error) {
	var out bytes.Buffer
	parts := multipart.NewWriter(&out)
	w, err := parts.CreatePart(textproto.MIMEHeader{"Content-Type": {"application/xml"}})
	if err == nil {
		_, err = w.Write(xmlPart)
	}
	if err == nil {
		_, err = parts.CreatePart(textproto.MIMEHeader{"Content-Type": {"application/octet-stream"}})
	}
	here := out.Len()
	if err == nil {
		err = parts.Close()
	}
	kind = mime.FormatMediaType("multipart/mixed", map[string]string{"boundary": parts.Boundary()})
	return kind, out.Bytes()[:here], out.Bytes()[here:], err
}

func copyBundle(w io.Writer, b Bundle, size int64) error {
	n, err := b.WriteTo(&capped{w: w, left: size})
	switch {
	case err != nil:
		return err
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
	var w bytes.Buffer
	element := func(name, text string) {
		w.WriteString("<" + name + ">")
		xml.EscapeText(&w, []byte(text)) // a buffer takes everything
		w.WriteString("</" + name + ">")
	}
	w.WriteString(xml.Header + `<portal-signature-job-request xmlns="http://signering.posten.no/schema/v1">`)
	element("reference", string(ref))
	if queue != "" {
		element("polling-queue", queue)
	}
	w.WriteString("</portal-signature-job-request>")
	return w.Bytes(), nil
}
