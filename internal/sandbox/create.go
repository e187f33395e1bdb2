package sandbox

import (
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"net/textproto"
	"strings"
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
	document, err := io.ReadAll(io.LimitReader(part, maxXMLBytes+1))
	if err != nil {
		return readingBroke(err)
	}
	if len(document) > maxXMLBytes {
		return tooLarge(xmlType, maxXMLBytes)
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

// inspect judges the bundle: its ZIP, signature, manifest and documents.
func (s *Sandbox) inspect(c *call) (*jobManifest, []storedDocument, error) {
	bundle, err := readBundle(c.create.bundle.content(), c.create.bundle.size)
	if err != nil {
		return nil, nil, err
	}
	v := verifier{pki: s.PKI, chains: &s.chains, organizations: []string{c.caller, c.sender}, now: s.now()}
	if err := v.verify(bundle); err != nil {
		return nil, nil, err
	}
	m, err := parseManifest(bundle.manifest)
	if err != nil {
		return nil, nil, err
	}
	if err := checkRules(m, c.sender); err != nil {
		return nil, nil, err
	}
	if err := checkPersonalData(c.create.request, m); err != nil {
		return nil, nil, err
	}
	documents, err := checkDocuments(m, bundle.documents)
	return m, documents, err
}

// checkDocuments wants every file of the bundle to be a document of the manifest, and a
// PDF as the portal takes them.
func checkDocuments(m *jobManifest, files map[string]bundled) ([]storedDocument, error) {
	var documents []storedDocument
	for i, d := range m.documents {
		file, present := files[d.href]
		if !present {
			return nil, refuse(codeInvalidBundle, "document %d of manifest.xml is not in the bundle", i+1)
		}
		if file.fault != nil {
			return nil, refuse(codeInvalidDocument, "document %d: %v", i+1, file.fault)
		}
		documents = append(documents, storedDocument{name: d.href, title: d.title, sha256: file.sha256})
	}
	if len(files) != len(documents) {
		return nil, refuse(codeInvalidBundle, "the bundle has files that manifest.xml does not name")
	}
	return documents, nil
}

// addJob is where a job is born: keep puts the bundle as it came beside those of the other
// jobs, and the job's life begins. A kill in between leaves a bundle without a job.
func (s *Sandbox) addJob(c *call, m *jobManifest, documents []storedDocument, keep func(path string) error) (*job, error) {
	s.mu.Lock()
	s.lastID++
	s.created++
	id, n := s.lastID, s.created
	s.mu.Unlock()

	j := newJob(m, s.Clock())
	j.id, j.reference, j.sender, j.queue = id, c.reference, c.sender, c.create.request.queue
	j.documents = documents
	j.behaviour = s.options.Outcome(n, c.reference)
	if err := keep(s.file(j, ".asice")); err != nil {
		return nil, fmt.Errorf("keeping the bundle: %w", err)
	}

	s.mu.Lock()
	defer s.unlock()
	s.jobs[id] = j
	s.touch(j)
	s.schedule(j)
	return j, nil
}
