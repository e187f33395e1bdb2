package sandbox

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"time"
)

// signedDocument is the job's PAdES as it stands: made when it is first asked for, kept on
// disk until somebody else has signed.
func (s *Sandbox) signedDocument(j *job) ([]byte, error) {
	s.room <- struct{}{}
	defer func() { <-s.room }()
	j.seal.Lock()
	defer j.seal.Unlock()
	view := s.look(j)
	file := s.signedFile(j, len(view.signed), s.options.PAdESStyle)
	document, err := os.ReadFile(file)
	if err != nil {
		document, err = s.makeSigned(j, view)
		if errors.Is(err, fs.ErrNotExist) {
			return nil, refuseWith(http.StatusGone, codeGone, "the documents were deleted meanwhile")
		}
		if err == nil {
			err = s.keep(j, file, document)
		}
	}
	if err == nil && s.options.PAdESStyle == StyleVarying {
		document, err = s.sealInStyle(document, view, s.options.Now())
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
	if j.gone || j.documentsGone {
		return nil
	}
	if err := writeWhole(file, document, 0o600); err != nil {
		return fmt.Errorf("keeping the signed document: %w", err)
	}
	return nil
}

// jobView is what a signed document shows of a job, taken at one moment.
type jobView struct {
	signed  []signedBy
	waiting int
	at      time.Time // of the last signature
}

type signedBy struct {
	n    int // of the signer, from 1
	spec signerSpec
	at   time.Time
}

func (s *Sandbox) look(j *job) jobView {
	s.mu.Lock()
	defer s.mu.Unlock()
	var v jobView
	for i, person := range j.signers {
		switch person.status {
		case signerSigned:
			v.signed = append(v.signed, signedBy{i + 1, person.spec, person.since})
			v.at = later(v.at, person.since)
		case signerWaiting:
			v.waiting++
		}
	}
	return v
}

// makeSigned is the document that is kept: sealed, unless that is done anew for every
// download.
func (s *Sandbox) makeSigned(j *job, view jobView) ([]byte, error) {
	documents, err := readDocuments(s.file(j, ".asice"), j.documents)
	if err != nil {
		return nil, err
	}
	attached, err := s.signatures(j, view)
	if err != nil {
		return nil, err
	}
	pdf, err := s.assemble(j, view, documents, attached)
	if err != nil {
		return nil, err
	}
	if s.options.PAdESStyle == StyleVarying {
		return pdf, nil
	}
	return s.sealInStyle(pdf, view, view.at)
}

// signatures are the signers' XAdES as they are embedded.
func (s *Sandbox) signatures(j *job, view jobView) ([]attachment, error) {
	var all []attachment
	for _, by := range view.signed {
		xml, err := s.makeXAdES(j, by)
		if err != nil {
			return nil, err
		}
		all = append(all, attachment{
			name:        fmt.Sprintf("signer-%d.xades.xml", by.n),
			description: fmt.Sprintf("XAdES of signer %d", by.n),
			content:     xml,
		})
	}
	return all, nil
}

// assemble puts the unsealed document together. A document that the library cannot read was
// signed all the same: it is embedded as it came, and a page says so.
func (s *Sandbox) assemble(j *job, view jobView, documents [][]byte, attached []attachment) ([]byte, error) {
	footer := func(page, of int) string { return footerText(j, page, of) }
	for {
		pdf, err := assemble(frontPage(j, view), j.manifest.title, documents, footer, attached, view.at)
		var bad *badDocument
		if !errors.As(err, &bad) {
			return pdf, err
		}
		n := bad.index + 1
		a := attachment{fmt.Sprintf("document-%d.pdf", n), fmt.Sprintf("Document %d as it came", n), documents[bad.index]}
		attached = append(attached, a)
		documents[bad.index] = standIn(n, j.documents[bad.index].title, a.name)
	}
}

// removeFiles deletes what is kept of a job.
func (s *Sandbox) removeFiles(j *job) {
	os.Remove(s.file(j, ".asice"))
	for n := range len(j.signers) {
		for _, style := range padesStyles { // a sandbox taken up again may have another one
			os.Remove(s.signedFile(j, n+1, style))
		}
	}
}
