package sandbox

import (
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"net/textproto"
	"os"
	"strings"
)

// creation is what a create has read so far.
type creation struct {
	parts   *multipart.Reader
	request *jobRequest
	bundle  []byte
}

// findReference reads the first part of a create, up to the bundle.
func findReference(c *call) error {
	r := c.request
	if r.ContentLength < 0 {
		return refuseWith(http.StatusLengthRequired, codeInvalidRequest, "a Content-Length is needed; bodies in chunks are not taken")
	}
	if !strings.Contains(r.Header.Get("Accept"), "application/xml") {
		return refuseWith(http.StatusNotAcceptable, codeInvalidRequest, "Accept must name application/xml")
	}
	kind, params, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || kind != "multipart/mixed" || params["boundary"] == "" {
		return refuseWith(http.StatusUnsupportedMediaType, codeInvalidRequest, "Content-Type must be multipart/mixed with a boundary")
	}
	c.create.parts = multipart.NewReader(r.Body, params["boundary"])
	document, err := c.nextPart("application/xml", maxXMLBytes)
	if err != nil {
		return err
	}
	if c.create.request, err = parseRequest(document); err != nil {
		return err
	}
	c.reference = c.create.request.reference
	return nil
}

// readBundlePart reads the second part, and that nothing follows.
func readBundlePart(c *call) error {
	bundle, err := c.nextPart("application/octet-stream", maxBundleBytes)
	if err != nil {
		return err
	}
	if _, err := c.create.parts.NextRawPart(); !errors.Is(err, io.EOF) {
		return refuse(codeInvalidRequest, "there is more than two parts, or the last boundary is missing")
	}
	c.create.bundle = bundle
	return nil
}

func (c *call) nextPart(contentType string, most int64) ([]byte, error) {
	part, err := c.create.parts.NextRawPart()
	if errors.Is(err, io.EOF) {
		return nil, refuse(codeInvalidRequest, "a part of type %s is missing", contentType)
	}
	if err != nil {
		return nil, readingBroke(err)
	}
	if err := checkPartHeader(part.Header, contentType); err != nil {
		return nil, err
	}
	content, err := io.ReadAll(io.LimitReader(part, most+1))
	if err != nil {
		return nil, readingBroke(err)
	}
	if int64(len(content)) > most {
		return nil, refuseWith(http.StatusRequestEntityTooLarge, codeInvalidRequest, "the part of type %s has more than %d bytes", contentType, most)
	}
	return content, nil
}

func checkPartHeader(header textproto.MIMEHeader, want string) error {
	kind, _, err := mime.ParseMediaType(header.Get("Content-Type"))
	if err != nil || kind != want {
		return refuse(codeInvalidRequest, "a part of type %s is expected in this place", want)
	}
	switch strings.ToLower(header.Get("Content-Transfer-Encoding")) {
	case "", "binary", "8bit":
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
		if _, err := s.addJob(c, m, documents); err != nil {
			return answer{}, err
		}
	}
	j, err := s.addJob(c, m, documents)
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
	bundle, err := readBundle(c.create.bundle)
	if err != nil {
		return nil, nil, err
	}
	v := verifier{roots: s.PKI.roots(), organizations: []string{c.caller, c.sender}, now: s.now()}
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
	documents, err := checkDocuments(m, bundle.documents)
	return m, documents, err
}

// checkDocuments wants every file of the bundle to be a document of the manifest, and a
// PDF as the portal takes them.
func checkDocuments(m *jobManifest, files map[string][]byte) ([]storedDocument, error) {
	var documents []storedDocument
	for i, d := range m.documents {
		content, present := files[d.href]
		if !present {
			return nil, refuse(codeInvalidBundle, "document %d of manifest.xml is not in the bundle", i+1)
		}
		if err := checkPDF(content); err != nil {
			return nil, refuse(codeInvalidDocument, "document %d: %v", i+1, err)
		}
		documents = append(documents, storedDocument{name: d.href, title: d.title, sha256: sum256(content)})
	}
	if len(files) != len(documents) {
		return nil, refuse(codeInvalidBundle, "the bundle has files that manifest.xml does not name")
	}
	return documents, nil
}

// addJob keeps the bundle as it came, one file a job, and begins the job's life.
func (s *Sandbox) addJob(c *call, m *jobManifest, documents []storedDocument) (*job, error) {
	s.mu.Lock()
	s.lastID++
	s.created++
	id, n := s.lastID, s.created
	s.mu.Unlock()

	j := newJob(m, s.Clock())
	j.id, j.reference, j.sender, j.queue = id, c.reference, c.sender, c.create.request.queue
	j.documents = documents
	j.behaviour = s.options.Outcome(n, c.reference)
	if err := os.WriteFile(s.file(j, ".asice"), c.create.bundle, 0o600); err != nil {
		return nil, fmt.Errorf("keeping the bundle: %w", err)
	}

	s.mu.Lock()
	defer s.mu.Unlock()
	s.jobs[id] = j
	s.schedule(j)
	return j, nil
}
