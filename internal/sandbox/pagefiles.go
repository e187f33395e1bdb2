package sandbox

import (
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"strconv"
)

// controlDocument finds a PDF that the address of the control API names, and a name for it.
type controlDocument func(*http.Request) (pdf []byte, name string, err error)

// asPDF answers with a document to look at. It came from outside: it is shown as nothing
// but a PDF.
func asPDF(find controlDocument) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		pdf, name, err := find(r)
		if err != nil {
			writePageProblem(w, r, err)
			return
		}
		h := w.Header()
		h.Set("Content-Type", pdfType)
		h.Set("Content-Disposition", `inline; filename="`+name+`"`)
		h.Set("Content-Security-Policy", documentPolicy)
		h.Set("Content-Length", strconv.Itoa(len(pdf)))
		w.Write(pdf)
	}
}

var errNoDocument = &controlProblem{http.StatusNotFound, "the job has no such document, or no longer"}

// offered finds the job of the address where it still has something to show.
func (s *Sandbox) offered(r *http.Request, has func(*job) bool) (*job, error) {
	var found *job
	_, err := s.withJob(r, func(j *job) error {
		if !has(j) {
			return errNoDocument
		}
		found = j
		return nil
	})
	return found, err
}

// currentSigned is the signed document as it stands.
func (s *Sandbox) currentSigned(r *http.Request) ([]byte, string, error) {
	j, err := s.offered(r, (*job).offersPAdES)
	if err != nil {
		return nil, "", err
	}
	pdf, err := s.signedDocument(j)
	if err != nil {
		return nil, "", errNoDocument
	}
	return pdf, fmt.Sprintf("job-%d-signed.pdf", j.id), nil
}

// originalDocument is document n of a job, from 1, as it came in the bundle.
func (s *Sandbox) originalDocument(r *http.Request) ([]byte, string, error) {
	n, _ := strconv.Atoi(r.PathValue("n"))
	j, err := s.offered(r, func(j *job) bool { return n >= 1 && n <= len(j.documents) })
	if err != nil {
		return nil, "", err
	}
	s.room <- struct{}{}
	defer func() { <-s.room }()
	documents, err := s.readDocuments(j, j.documents[n-1:n])
	if errors.Is(err, fs.ErrNotExist) {
		return nil, "", errNoDocument
	}
	if err != nil {
		return nil, "", err
	}
	return documents[0], fmt.Sprintf("job-%d-document-%d.pdf", j.id, n), nil
}
