package sandbox

import (
	"crypto/sha256"
	"slices"
	"time"

	"batch/internal/sandbox/asice"
	"batch/internal/sandbox/pdfcheck"
	"batch/internal/sandbox/xades"
)

// clockTolerance is how far a bundle's signing time may be off (portal-api.md).
const clockTolerance = 5 * time.Second

// inspect judges the bundle: its ZIP, signature, manifest and documents.
func (s *Sandbox) inspect(c *call) (*jobManifest, []storedDocument, error) {
	bundle, err := asice.Read(c.create.bundle.content(), c.create.bundle.size, pdfcheck.Check)
	if err != nil {
		return nil, nil, refuse(codeInvalidBundle, "%v", err)
	}
	if err := s.checkSignature(bundle, c.caller, c.sender); err != nil {
		return nil, nil, err
	}
	m, err := parseManifest(bundle.Manifest)
	if err != nil {
		return nil, nil, err
	}
	if err := checkRules(m, c.sender); err != nil {
		return nil, nil, err
	}
	if err := checkPersonalData(c.create.request, m); err != nil {
		return nil, nil, err
	}
	documents, err := checkDocuments(m, bundle.Documents)
	return m, documents, err
}

// checkSignature judges everything that a bundle's signature claims: that it covers every
// file, holds, was made just now, and by a certificate of one of the organizations.
func (s *Sandbox) checkSignature(bundle *asice.Bundle, organizations ...string) error {
	signature, err := xades.Read(bundle.Signatures)
	if err == nil {
		err = signature.Covers(signedFiles(bundle))
	}
	if err != nil {
		return refuse(codeInvalidSignature, "%v", err)
	}
	now := s.now()
	leaf, err := s.signers.Leaf(signature.Chain, now)
	if err != nil {
		return refuse(codeInvalidCertificate, "%v", err)
	}
	if !slices.Contains(organizations, organizationOf(leaf)) {
		return refuse(codeInvalidCertificate, "the bundle is signed by another organization than the one that sends it")
	}
	if err := signature.MadeBy(leaf); err != nil {
		return refuse(codeInvalidSignature, "%v", err)
	}
	if off := signature.SigningTime.Sub(now).Abs(); off > clockTolerance {
		return refuse(codeInvalidSigningTime, "the signing time is %s off; five seconds are allowed", off.Round(time.Second))
	}
	return nil
}

// signedFiles are all that has to be signed: what stands outside META-INF.
func signedFiles(bundle *asice.Bundle) map[string]xades.File {
	files := map[string]xades.File{asice.ManifestName: {SHA256: sha256.Sum256(bundle.Manifest), Type: xmlType}}
	for name, d := range bundle.Documents {
		files[name] = xades.File{SHA256: d.SHA256, Type: pdfType}
	}
	return files
}

// checkDocuments wants every file of the bundle to be a document of the manifest, and a
// PDF as the portal takes them.
func checkDocuments(m *jobManifest, files map[string]asice.Document) ([]storedDocument, error) {
	var documents []storedDocument
	for i, d := range m.documents {
		file, present := files[d.href]
		if !present {
			return nil, refuse(codeInvalidBundle, "document %d of manifest.xml is not in the bundle", i+1)
		}
		if file.Fault != nil {
			return nil, refuse(codeInvalidDocument, "document %d: %v", i+1, file.Fault)
		}
		documents = append(documents, storedDocument{name: d.href, title: d.title, sha256: file.SHA256[:]})
	}
	if len(files) != len(documents) {
		return nil, refuse(codeInvalidBundle, "the bundle has files that manifest.xml does not name")
	}
	return documents, nil
}

// readDocuments reads some of a job's documents again, out of its bundle.
func (s *Sandbox) readDocuments(j *job, documents []storedDocument) ([][]byte, error) {
	var names []string
	for _, d := range documents {
		names = append(names, d.name)
	}
	bundle, err := s.openBundle(j)
	if err != nil {
		return nil, err
	}
	defer bundle.Close()
	return asice.ReadDocuments(bundle, bundle.size, names)
}
