package sandbox

import (
	"crypto"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"strings"
	"time"
)

// signedDocument is the job's PAdES as it stands: made when it is first asked for, kept
// until somebody else has signed.
func (s *Sandbox) signedDocument(j *job) ([]byte, error) {
	s.room <- struct{}{}
	defer func() { <-s.room }()
	j.seal.Lock()
	defer j.seal.Unlock()
	view := s.look(j)
	file := s.file(j, fmt.Sprintf("-%d.pdf", len(view.signed)))
	if made, err := os.ReadFile(file); err == nil {
		return made, nil
	}
	document, err := s.makeSigned(j, view)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, refuseWith(http.StatusGone, codeGone, "the documents were deleted meanwhile")
	}
	if err != nil {
		return nil, fmt.Errorf("making the signed document: %w", err)
	}
	return document, s.keep(j, file, document)
}

// keep writes a signed document, unless the job's documents were deleted meanwhile.
func (s *Sandbox) keep(j *job, file string, document []byte) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if j.gone || j.documentsGone {
		return nil
	}
	if err := os.WriteFile(file, document, 0o600); err != nil {
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

func (s *Sandbox) makeSigned(j *job, view jobView) ([]byte, error) {
	bundle, err := os.ReadFile(s.file(j, ".asice"))
	if err != nil {
		return nil, fmt.Errorf("reading the bundle again: %w", err)
	}
	content, err := readBundle(bundle)
	if err != nil {
		return nil, fmt.Errorf("reading the bundle again: %w", err)
	}
	var documents [][]byte
	for _, d := range j.documents {
		documents = append(documents, content.documents[d.name])
	}
	var signatures []attachment
	for _, by := range view.signed {
		xml, err := s.makeXAdES(j, by)
		if err != nil {
			return nil, err
		}
		signatures = append(signatures, attachment{
			name:        fmt.Sprintf("signer-%d.xades.xml", by.n),
			description: fmt.Sprintf("XAdES of signer %d", by.n),
			content:     xml,
		})
	}
	footer := fmt.Sprintf("Signed through the signing portal sandbox · job %d · page %%p of %%P", j.id)
	pdf, err := assemble(textPDF(frontPage(j, view)), documents, footer, signatures, view.at)
	if err != nil {
		return nil, err
	}
	return seal(pdf, s.PKI.sealChain(), s.PKI.Server.PrivateKey.(crypto.Signer), view.at)
}

// frontPage says who signed what, when and how, and that all this is a rehearsal.
func frontPage(j *job, view jobView) []string {
	lines := []string{
		"# Signed document",
		"Title: " + j.manifest.title,
		fmt.Sprintf("Job %d, reference %s", j.id, j.reference),
		"",
		"Made by the signing portal sandbox: a rehearsal. Nobody has signed this.",
		"",
		"# Signatures",
	}
	for _, by := range view.signed {
		lines = append(lines, fmt.Sprintf("%d. %s", by.n, identification(by.spec, j.manifest.identifier)),
			fmt.Sprintf("    %s, %s", by.at.UTC().Format("2006-01-02 15:04:05 UTC"), howSigned(by.spec)))
	}
	if view.waiting > 0 {
		lines = append(lines, fmt.Sprintf("%d more have not signed yet", view.waiting))
	}
	lines = append(lines, "", "# Documents")
	for i, d := range j.documents {
		lines = append(lines, fmt.Sprintf("%d. %s", i+1, d.title), "    SHA-256 "+hex.EncodeToString(d.sha256))
	}
	return lines
}

func howSigned(s signerSpec) string {
	if s.signatureType == advanced {
		return "advanced electronic signature"
	}
	return "electronic signature"
}

// identification is what the sender asked to stand about a signer. The sandbox knows no
// names.
func identification(s signerSpec, identifier string) string {
	switch {
	case s.number == "":
		return strings.TrimSpace(s.email + " " + s.mobile)
	case identifier == nameOnly:
		return "Test Person"
	case identifier == birthAndName:
		return "Test Person, born " + birthDate(s.number)
	}
	return "Test Person, " + s.number
}

// birthDate is day, month and two digits of the year, without what D-numbers (day + 40)
// and synthetic numbers (month + 40, 65 or 80) add.
func birthDate(number string) string {
	day, month := int(number[0]-'0')*10+int(number[1]-'0'), int(number[2]-'0')*10+int(number[3]-'0')
	if day > 40 {
		day -= 40
	}
	for _, added := range []int{80, 65, 40} {
		if month > added {
			month -= added
		}
	}
	return fmt.Sprintf("%02d.%02d.%s", day, month, number[4:6])
}

// removeFiles deletes what is kept of a job.
func (s *Sandbox) removeFiles(j *job) {
	os.Remove(s.file(j, ".asice"))
	for n := range len(j.signers) {
		os.Remove(s.file(j, fmt.Sprintf("-%d.pdf", n+1)))
	}
}
