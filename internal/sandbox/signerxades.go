package sandbox

import (
	"crypto"
	"fmt"
	"net/http"

	"batch/internal/sandbox/xades"
)

// signerXAdES is the XAdES of signer n, who has signed.
func (s *Sandbox) signerXAdES(j *job, n int) ([]byte, error) {
	for _, by := range s.whoSigned(j) {
		if by.n == n {
			return s.makeXAdES(j, by)
		}
	}
	return nil, refuseWith(http.StatusNotFound, codeNotFound, "there is no signature of this signer to fetch")
}

// makeXAdES is one signer's signature over the job's documents.
func (s *Sandbox) makeXAdES(j *job, by signedBy) ([]byte, error) {
	statement := xades.Statement{At: by.at, Role: "Signer: " + by.name}
	for _, d := range j.documents {
		statement.Documents = append(statement.Documents, xades.Document{Name: d.name, SHA256: d.sha256})
	}
	document, err := xades.Sign(statement, s.PKI.sealChain(), s.PKI.Server.PrivateKey.(crypto.Signer))
	if err != nil {
		return nil, fmt.Errorf("making the XAdES of signer %d: %w", by.n, err)
	}
	return document, nil
}
