package sandbox

import (
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"net/textproto"
	"strings"

	"batch/internal/sandbox/strictxml"
)

// creation is what a create has read so far.
type creation struct {
	parts   *multipart.Reader
	request *jobRequest
	bundle  *incoming // until the call is over
}

// maxBoundary is the longest boundary there may be (RFC 2046, section 5.1.1).
const maxBoundary = 70

// findReference reads the first part of a create, up to the bundle.
func findReference(c *call) error {
	r := c.request
	kind, params, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	boundary := params["boundary"]
	if err != nil || kind != "multipart/mixed" || boundary == "" || len(boundary) > maxBoundary {
		return refuseWith(http.StatusUnsupportedMediaType, codeInvalidRequest,
			"Content-Type must be multipart/mixed with a boundary of at most %d characters", maxBoundary)
	}
	c.create.parts = multipart.NewReader(r.Body, boundary)
	part, err := c.nextPart(xmlType)
	if err != nil {
		return err
	}
	document, err := io.ReadAll(io.LimitReader(part, strictxml.MaxBytes+1))
	if err != nil {
		return readingBroke(err)
	}
	if len(document) > strictxml.MaxBytes {
		return tooLarge(xmlType, strictxml.MaxBytes)
	}
	if c.create.request, err = parseRequest(document); err != nil {
		return err
	}
	c.reference = c.create.request.reference
	return nil
}

// readBundlePart takes the second part, and wants nothing to follow.
func (s *Sandbox) readBundlePart(c *call) error {
	part, err := c.nextPart(documentType)
	if err != nil {
		return err
	}
	if c.create.bundle, err = receive(s.folder.path, part); err != nil {
		return err
	}
	if _, err := c.create.parts.NextRawPart(); !errors.Is(err, io.EOF) {
		return refuse(codeInvalidRequest, "there are more than two parts, or the last boundary is missing")
	}
	return nil
}

func (c *call) nextPart(contentType string) (*multipart.Part, error) {
	part, err := c.create.parts.NextRawPart()
	if errors.Is(err, io.EOF) {
		return nil, refuse(codeInvalidRequest, "a part of type %s is missing", contentType)
	}
	if err != nil {
		return nil, readingBroke(err)
	}
	return part, checkPartHeader(part.Header, contentType)
}

func tooLarge(contentType string, most int64) error {
	return refuseWith(http.StatusRequestEntityTooLarge, codeInvalidRequest, "the part of type %s has more than %d bytes", contentType, most)
}

func checkPartHeader(header textproto.MIMEHeader, want string) error {
	kind, _, err := mime.ParseMediaType(header.Get("Content-Type"))
	if err != nil || kind != want {
		return refuse(codeInvalidRequest, "a part of type %s is expected in this place", want)
	}
	switch strings.ToLower(header.Get("Content-Transfer-Encoding")) {
	case "", "binary", "8bit", "7bit":
		return nil
	}
	return refuse(codeInvalidRequest, "a part of type %s has a transfer encoding", want)
}

// create makes a job of a bundle that is right in every respect.
func (s *Sandbox) create(c *call) (answer, error) {
	s.room <- struct{}{}
	defer func() { <-s.room }()
	m, documents, err := s.inspect(c)
	if err != nil {
		return answer{}, err
	}
	if c.fault.name == duplicate {
		if _, err := s.addJob(c, m, documents, c.create.bundle.copyTo); err != nil {
			return answer{}, err
		}
	}
	j, err := s.addJob(c, m, documents, c.create.bundle.moveTo)
	if err != nil {
		return answer{}, err
	}
	c.job = j
	return xmlAnswer(http.StatusOK, createdMessage{
		Reference: j.reference,
		ID:        j.id,
		Cancel:    jobURL(service(c.request), j, "cancel"),
	}, "created"), nil
}

// addJob is where a job is born: the bundle is kept as it came, in a file that keep makes where it
// needs one, and the job's life begins. A kill in between leaves a bundle without a job.
func (s *Sandbox) addJob(c *call, m *jobManifest, documents []storedDocument, keep func(path string) error) (*job, error) {
	s.mu.Lock()
	s.lastID++
	s.created++
	id, n, now := s.lastID, s.created, s.clock()
	s.mu.Unlock()

	j := newJob(m, now)
	j.id, j.reference, j.sender, j.queue = id, c.reference, c.sender, c.create.request.queue
	j.documents = documents
	j.behaviour = s.options.Outcome(n, c.reference)
	if err := s.keepBundle(j, c.create.bundle, keep); err != nil {
		return nil, err
	}

	s.mu.Lock()
	defer s.unlock()
	s.jobs[id] = j
	s.touch(j)
	s.schedule(j)
	return j, nil
}
