// Package xades knows the two XAdES signatures of a job: it judges the one that a bundle comes
// with, META-INF/signatures.xml (TS 103 171 as portal-api.md, "The bundle", narrows it), and
// makes those of the people who have signed.
//
// # A bundle's signature
//
// It is judged in steps, because the portal tells by different error codes what was wrong:
//
//	signature, err := xades.Read(document)             // its structure
//	err = signature.Covers(files)                      // one reference and format a file, digests
//	leaf, err := trust.Leaf(signature.Chain, now)      // the certificates
//	err = signature.MadeBy(leaf)                       // hashes, value, what it says of its signer
//	off := signature.SigningTime.Sub(now)              // how much is allowed, the caller knows
//
// Nothing holds until every step was taken. Whose certificate may sign what is for the caller
// to say, too.
//
// What the standards leave free is free: prefixes, layout, ids, the order of references, the
// way in which URIs are encoded, and the forms of RFC 2253 in which the issuer's name may be
// written. Everything else is as portal-api.md has it: RSA with SHA-256 over inclusive
// canonical XML, no transforms, the SHA-1 of the signing certificate, and the whole chain in
// order up to the root that a [Trust] was made for. The signature's certificate has an RSA
// key for digital signatures, and none of the chain is expired or taken back.
//
// Errors say which reference, element or certificate is wrong and repeat nothing of the
// document.
//
// # A signer's signature
//
// [Sign] makes it over the documents of a job; a claimed role says for whom.
package xades
