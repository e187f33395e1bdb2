package sandbox

import (
	"cmp"
	"crypto"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"time"

	"batch/internal/sandbox/signedpdf"
)

// signedDocument is the job's PAdES as it stands: made when it is first asked for, kept on
// disk until somebody else has signed. A varying one is never kept.
func (s *Sandbox) signedDocument(j *job) ([]byte, error) {
	s.room <- struct{}{}
	defer func() { <-s.room }()
	j.seal.Lock()
	defer j.seal.Unlock()
	signed, style := s.whoSigned(j), s.options.PAdESStyle
	file := s.signedFile(j, len(signed), style)
	if document, err := os.ReadFile(file); err == nil {
		return document, nil
	}
	document, err := s.makeSigned(j, signed)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, refuseWith(http.StatusGone, codeGone, "the documents were deleted meanwhile")
	}
	if err == nil && style != StyleVarying {
		err = s.keep(j, file, document)
	}
	if err != nil {
		return nil, fmt.Errorf("making the signed document: %w", err)
	}
	return document, nil
}

// signedFile is where a document that so many have signed is kept.
func (s *Sandbox) signedFile(j *job, signed int, style PAdESStyle) string {
	return s.file(j, fmt.Sprintf("-%d.%s.pdf", signed, cmp.Or(style, StyleSeal)))
}

// keep writes a signed document, unless the job's documents were deleted meanwhile.
func (s *Sandbox) keep(j *job, file string, document []byte) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if j.emptied() {
		return nil
	}
	if err := writeWhole(file, document, 0o600); err != nil {
		return fmt.Errorf("keeping the signed document: %w", err)
	}
	return nil
}

// signedBy is one signer who has signed.
type signedBy struct {
	n    int // of the signer, from 1
	name string
	spec signerSpec
	at   time.Time
}

// whoSigned are those who have signed at this moment.
func (s *Sandbox) whoSigned(j *job) []signedBy {
	s.mu.Lock()
	defer s.mu.Unlock()
	var all []signedBy
	for i, person := range j.signers {
		if person.status == signerSigned {
			name := identification(i+1, person.spec, j.manifest.identifier)
			all = append(all, signedBy{i + 1, name, person.spec, person.since})
		}
	}
	return all
}

func (s *Sandbox) makeSigned(j *job, signed []signedBy) ([]byte, error) {
	described, err := s.describe(j, signed)
	if err != nil {
		return nil, err
	}
	by := signedpdf.Sealer{Chain: s.PKI.sealChain(), Key: s.PKI.Server.PrivateKey.(crypto.Signer)}
	return signedpdf.Make(described, by, padesStyles[s.options.PAdESStyle])
}

// describe is what the signed document tells of a job. It is sealed when the last one has
// signed; a varying one, now.
func (s *Sandbox) describe(j *job, signed []signedBy) (signedpdf.Job, error) {
	d := signedpdf.Job{ID: j.id, Title: j.manifest.title, Reference: j.reference, Sender: j.sender, Signers: len(j.signers)}
	contents, err := s.readDocuments(j, j.documents)
	if err != nil {
		return d, err
	}
	for i, content := range contents {
		d.Documents = append(d.Documents, signedpdf.Document{Title: j.documents[i].title, Content: content})
	}
	for _, by := range signed {
		xades, err := s.makeXAdES(j, by)
		if err != nil {
			return d, err
		}
		d.Signatures = append(d.Signatures, signedpdf.Signature{N: by.n, Name: by.name, At: by.at, Advanced: by.spec.signatureType == advanced,
			Level: j.manifest.authentication, ForAnother: by.spec.onBehalfOf == onBehalfOfOther, XAdES: xades})
		d.SealedAt = later(d.SealedAt, by.at)
	}
	if s.options.PAdESStyle == StyleVarying {
		d.SealedAt = s.options.Now()
	}
	return d, nil
}

// removeFiles deletes what is kept of a job. The caller holds mu.
func (s *Sandbox) removeFiles(j *job) {
	s.dropBundle(j)
	for n := range len(j.signers) {
		for style := range padesStyles { // a sandbox taken up again may have another one
			os.Remove(s.signedFile(j, n+1, style))
		}
	}
}
