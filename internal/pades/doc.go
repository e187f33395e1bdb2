// Package pades answers one question about a signed document: is this a whole, sealed
// PDF? It is asked after a download and before a confirmation, since a document that was
// confirmed cannot be fetched again.
//
//	report, err := pades.Check(file, size)
//	var doubt *pades.Doubt
//	switch {
//	case errors.As(err, &doubt): // keep it, report it, do not confirm
//	case err != nil:             // it could not be read: try again
//	default:                     // confirm; show report.Warnings
//	}
//
// A document passes when it runs from %PDF- to %%EOF and at least one signature holds over
// its byte range: the message digest in its CMS is that of the bytes, and its signed
// attributes are signed by the certificate that it carries (PAdES, ETSI EN 319 142-1,
// with CMS after RFC 5652). The range must leave out nothing but the signature's container and
// end where a PDF ends, in the document as it is or as it was before an update. That shows
// that the document is whole and as it was sealed. It does not show who sealed it: no chain is
// built and no revocation asked for. Whether the document has the right content and
// signers is for others to say.
//
// Containers are read leniently where that costs nothing: BER as well as DER, signers named by
// issuer or by key, lists and certificates of any kind beside the signer's own. Hashes
// are SHA-256, SHA-384 and SHA-512, keys RSA and ECDSA.
//
// Everything else odd is a warning, for a person to look at: a document that should not be
// confirmed stays at the portal for a limited time only.
//
// Documents are read in pieces and never held in memory; time grows with their size. Input
// may be hostile: sizes, nesting and the number of signatures are bounded.
package pades
