package bundle

import (
	"crypto/x509"
	"encoding/base64"
	"strconv"
	"time"

	"batch/internal/mailout"
)

// Namespaces and algorithms (portal-api.md, "META-INF/signatures.xml").
const (
	asicNamespace  = "http://uri.etsi.org/2918/v1.2.1#"
	dsigNamespace  = "http://www.w3.org/2000/09/xmldsig#"
	xadesNamespace = "http://uri.etsi.org/01903/v1.3.2#"

	canonicalXML         = "http://www.w3.org/TR/2001/REC-xml-c14n-20010315"
	rsaSHA256            = "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256"
	digestSHA256         = "http://www.w3.org/2001/04/xmlenc#sha256"
	digestSHA1           = "http://www.w3.org/2000/09/xmldsig#sha1"
	signedPropertiesType = "http://uri.etsi.org/01903#SignedProperties"

	signatureID        = "Signature"
	signedPropertiesID = "SignedProperties"
)

const signaturesDeclaration = `<?xml version="1.0" encoding="UTF-8" standalone="no"?>` + "\n"

// signingTimeForm has one width in every zone, so that the size of a bundle is known before
// its signing time.
const signingTimeForm = "2006-01-02T15:04:05.000-07:00"

// signatures writes META-INF/signatures.xml. SignedProperties and SignedInfo repeat the
// namespaces that are in force around them: so each is, where it stands, already the
// canonical form that is hashed, and nothing has to be canonicalized.
func (s *Sealer) signatures(files []file, at time.Time, sign func(signedInfo []byte) ([]byte, error)) ([]byte, error) {
	properties := s.signedProperties(files, at)
	info := signedInfo(files, mailout.SumDigest(properties))
	signature, err := sign(info)
	if err != nil {
		return nil, err
	}
	w := &xmlWriter{}
	w.Grow(len(info) + len(s.keyInfo) + len(properties) + 1024) // 344 characters of signature, and tags
	w.WriteString(signaturesDeclaration)
	w.open("XAdESSignatures", "xmlns", asicNamespace)
	w.open("Signature", "xmlns", dsigNamespace, "Id", signatureID)
	w.Write(info)
	w.element("SignatureValue", base64.StdEncoding.EncodeToString(signature))
	w.Write(s.keyInfo)
	w.open("Object")
	w.open("QualifyingProperties", "xmlns", xadesNamespace, "Target", "#"+signatureID)
	w.Write(properties)
	for _, name := range []string{"QualifyingProperties", "Object", "Signature", "XAdESSignatures"} {
		w.close(name)
	}
	return w.Bytes(), w.err
}

// signedProperties is what the signature says of itself (TS 103 171 §6).
func (s *Sealer) signedProperties(files []file, at time.Time) []byte {
	w := &xmlWriter{}
	w.open("SignedProperties", "xmlns", xadesNamespace, "xmlns:ds", dsigNamespace, "Id", signedPropertiesID)
	w.open("SignedSignatureProperties")
	w.element("SigningTime", at.Format(signingTimeForm))
	w.open("SigningCertificate")
	w.open("Cert")
	w.open("CertDigest")
	w.element("ds:DigestMethod", "", "Algorithm", digestSHA1)
	w.element("ds:DigestValue", s.certDigest)
	w.close("CertDigest")
	w.open("IssuerSerial")
	w.element("ds:X509IssuerName", s.issuer)
	w.element("ds:X509SerialNumber", s.serial)
	w.close("IssuerSerial")
	w.close("Cert")
	w.close("SigningCertificate")
	w.close("SignedSignatureProperties")
	w.open("SignedDataObjectProperties")
	for i, f := range files {
		w.open("DataObjectFormat", "ObjectReference", "#"+referenceID(i))
		w.element("MimeType", f.mime)
		w.close("DataObjectFormat")
	}
	w.close("SignedDataObjectProperties")
	w.close("SignedProperties")
	return w.Bytes()
}

// signedInfo is what the key signs: a reference to every file and to the properties.
func signedInfo(files []file, properties mailout.Digest) []byte {
	w := &xmlWriter{}
	w.open("SignedInfo", "xmlns", dsigNamespace)
	w.element("CanonicalizationMethod", "", "Algorithm", canonicalXML)
	w.element("SignatureMethod", "", "Algorithm", rsaSHA256)
	for i, f := range files {
		w.open("Reference", "Id", referenceID(i), "URI", f.name)
		w.digest(f.sha256)
		w.close("Reference")
	}
	w.open("Reference", "Type", signedPropertiesType, "URI", "#"+signedPropertiesID)
	w.open("Transforms")
	w.element("Transform", "", "Algorithm", canonicalXML)
	w.close("Transforms")
	w.digest(properties)
	w.close("Reference")
	w.close("SignedInfo")
	return w.Bytes()
}

func (w *xmlWriter) digest(d mailout.Digest) {
	w.element("DigestMethod", "", "Algorithm", digestSHA256)
	w.element("DigestValue", base64.StdEncoding.EncodeToString(d[:]))
}

func referenceID(i int) string { return "ID_" + strconv.Itoa(i) }

func keyInfo(chain []*x509.Certificate) []byte {
	w := &xmlWriter{}
	w.open("KeyInfo")
	w.open("X509Data")
	for _, cert := range chain {
		w.element("X509Certificate", base64.StdEncoding.EncodeToString(cert.Raw))
	}
	w.close("X509Data")
	w.close("KeyInfo")
	return w.Bytes()
}
