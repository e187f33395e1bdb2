package signedpdf

import (
	"bytes"
	"crypto"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"fmt"
	"math/big"
	"slices"
)

var (
	oidData                 = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 7, 1}
	oidSignedData           = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 7, 2}
	oidContentType          = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 3}
	oidMessageDigest        = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 4}
	oidSigningCertificateV2 = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 16, 2, 47}
	oidSHA256               = asn1.ObjectIdentifier{2, 16, 840, 1, 101, 3, 4, 2, 1}
	oidSHA256WithRSA        = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 1, 11}
)

// The parts of a CMS signature (RFC 5652, 3 and 5).
type (
	contentInfo struct {
		Type    asn1.ObjectIdentifier
		Content signedData `asn1:"explicit,tag:0"`
	}
	signedData struct {
		Version      int
		Digests      []pkix.AlgorithmIdentifier `asn1:"set"`
		Content      struct{ Type asn1.ObjectIdentifier }
		Certificates asn1.RawValue
		Signers      []signerInfo `asn1:"set"`
	}
	signerInfo struct {
		Version   int
		Signer    issuerAndSerial
		Digest    pkix.AlgorithmIdentifier
		Signed    asn1.RawValue
		Algorithm pkix.AlgorithmIdentifier
		Signature []byte
	}
	issuerAndSerial struct {
		Issuer asn1.RawValue
		Serial *big.Int
	}
	cmsAttribute struct {
		Type   asn1.ObjectIdentifier
		Values []any `asn1:"set"`
	}
	// signingCertificateV2 ties the signature to one certificate (RFC 5035; CAdES wants it).
	// Its hash algorithm is the default, SHA-256, and left out.
	signingCertificateV2 struct {
		Certs []struct{ Hash []byte }
	}
)

// detachedCMS signs a SHA-256 digest as PAdES baseline B wants it (ETSI EN 319 142-1, 6.3): the digest
// and the certificate are signed, and the time stands in the PDF and not here.
func detachedCMS(digest []byte, by Sealer) ([]byte, error) {
	own := by.Chain[0]
	attributes, err := signedAttributes(digest, own)
	if err != nil {
		return nil, fmt.Errorf("writing what the seal signs: %w", err)
	}
	hash := sha256.Sum256(attributes)
	signature, err := by.Key.Sign(rand.Reader, hash[:], crypto.SHA256)
	if err != nil {
		return nil, fmt.Errorf("sealing: %w", err)
	}
	sha := pkix.AlgorithmIdentifier{Algorithm: oidSHA256}
	data := signedData{Version: 1, Digests: []pkix.AlgorithmIdentifier{sha}}
	data.Content.Type = oidData
	data.Certificates = asn1.RawValue{Class: asn1.ClassContextSpecific, Tag: 0, IsCompound: true}
	for _, c := range by.Chain {
		data.Certificates.Bytes = append(data.Certificates.Bytes, c.Raw...)
	}
	signed := bytes.Clone(attributes)
	signed[0] = 0xa0 // what is signed is a SET, what is stored has a tag of its own (RFC 5652, 5.4)
	data.Signers = []signerInfo{{
		Version:   1,
		Signer:    issuerAndSerial{asn1.RawValue{FullBytes: own.RawIssuer}, own.SerialNumber},
		Digest:    sha,
		Signed:    asn1.RawValue{FullBytes: signed},
		Algorithm: pkix.AlgorithmIdentifier{Algorithm: oidSHA256WithRSA, Parameters: asn1.NullRawValue},
		Signature: signature,
	}}
	cms, err := asn1.Marshal(contentInfo{oidSignedData, data})
	if err != nil {
		return nil, fmt.Errorf("writing the seal: %w", err)
	}
	return cms, nil
}

// signedAttributes is a SET OF in DER, which sorts its members.
func signedAttributes(digest []byte, certificate *x509.Certificate) ([]byte, error) {
	hash := sha256.Sum256(certificate.Raw)
	reference := signingCertificateV2{Certs: []struct{ Hash []byte }{{hash[:]}}}
	var members [][]byte
	for _, a := range []cmsAttribute{
		{oidContentType, []any{oidData}},
		{oidMessageDigest, []any{digest}},
		{oidSigningCertificateV2, []any{reference}},
	} {
		member, err := asn1.Marshal(a)
		if err != nil {
			return nil, err
		}
		members = append(members, member)
	}
	slices.SortFunc(members, bytes.Compare)
	return asn1.Marshal(asn1.RawValue{Tag: asn1.TagSet, IsCompound: true, Bytes: bytes.Join(members, nil)})
}
