// Package signedpdf makes the document that the signing portal gives out when people have
// signed: one PDF of everything, sealed by the portal.
//
//	pdf, err := signedpdf.Make(job, signedpdf.Sealer{Chain: chain, Key: key}, signedpdf.SealAlone)
//
// # What is in it
//
// First a front page, or several, that says who signed what, when and how; then the pages of
// the documents, as they are; at the foot of every page a line with the job and the page's
// number. The XAdES of each signer is embedded as signer-N.xades.xml. One certification
// signature of the portal's own, PAdES baseline B, covers all this. A [Style] says what
// follows it.
//
// The front page and every footer say that the portal's sandbox has made it. It is no PDF/A
// and claims to be none. Two documents that are made of one job are never the same bytes.
//
// # Documents
//
// Of a document its pages are shown. Its forms, attachments, scripts, metadata and signatures
// would be claims of the signed PDF, and stay behind; fields of signatures stay as
// pictures. A document that the PDF library cannot read was signed all the same: it is embedded
// as document-N.pdf, as it came, and a page stands for its own.
//
// # How it is made
//
// In two steps. The front page is laid out in outlines of the fonts that are embedded in the
// program, and pdfcpu merges, numbers and embeds. Everything from the seal on is appended by
// hand, as incremental updates: not a byte of what a signature covers changes any more. Both
// take memory by the size of the documents.
package signedpdf

import (
	"crypto"
	"crypto/x509"
	"time"
)

// Job is what a signed document tells.
type Job struct {
	ID         int64
	Title      string
	Reference  string // empty: not shown
	Sender     string // an organization number of nine digits
	Documents  []Document
	Signers    int         // how many were asked to sign
	Signatures []Signature // of those who have, in the order of their numbers
	SealedAt   time.Time
}

// Document is one PDF that was signed.
type Document struct {
	Title   string
	Content []byte // it is not changed
}

// Signature is what one signer did.
type Signature struct {
	N          int    // the signer's number, from 1
	Name       string // with what else is shown of the signer
	At         time.Time
	Advanced   bool   // an advanced signature; otherwise an authenticated one
	Level      string // the security level of the identification; empty: not shown
	ForAnother bool   // the signer acted on behalf of somebody else
	XAdES      []byte
}

// Sealer is whose seal a document gets.
type Sealer struct {
	Chain []*x509.Certificate // the key's own, and all above it; RSA
	Key   crypto.Signer
}

// Style is what follows the seal. The portal's documentation leaves it open, so a client must
// live with each.
type Style int

const (
	SealAlone         Style = iota // nothing
	ValidationData                 // data for long-term validation
	SeveralSignatures              // one more signature of the portal's for everybody who has signed
)

// Make makes the signed document of a job.
func Make(job Job, by Sealer, style Style) ([]byte, error) {
	pdf, err := assemble(job)
	if err != nil {
		return nil, err
	}
	s, err := openToSeal(pdf, by, job.SealedAt)
	if err != nil {
		return nil, err
	}
	if err := s.sealInStyle(style, job.Signatures); err != nil {
		return nil, err
	}
	return s.pdf.Bytes(), nil
}
