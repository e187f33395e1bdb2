// Package bundle makes what the portal takes: one job and its documents as a signed
// ASiC-E (ETSI TS 103 174), ready to be streamed.
//
//	sealer, err := bundle.NewSealer(id.Chain, id.Key)     // once
//	jobXML, err := bundle.JobXML(row.Job, row.Documents, now)
//	b, err := sealer.Prepare(jobXML, row.Documents, open) // b.Size() bytes
//	err = b.Sign(now)                                     // when the first byte is about to leave
//	n, err := b.WriteTo(w)
//
// A bundle is a ZIP with the documents, manifest.xml (the job XML of portal.xsd) and
// META-INF/signatures.xml, in that order: one XAdES baseline signature (TS 103 171)
// over every other file. The signing time must be right within five seconds
// (portal-api.md), so a bundle is signed when it is sent; what takes time, digests and
// CRCs of the documents, is known before, and reading the documents and finding a
// connection come before, too.
//
// # Guarantees
//
//   - The XML is written in canonical form (Canonical XML 1.0) from the start, so that
//     what was hashed is what stands in the file, byte for byte.
//   - No document is sent that is not the one of its digest. Prepare reads each once, before
//     anything is signed, and holds it against its CRC-32: damage and mistaken files are found while
//     nothing has been said to anybody. WriteTo holds the bytes that it copies against the
//     SHA-256 that was signed; a file that differs is an error before the ZIP is complete.
//   - Documents are copied through one buffer of 64 KiB, whatever their size.
//   - Sealing costs what the key costs: beside an RSA-2048 signature, and the documents
//     hashed and copied once, less than a tenth of that signature for a job of 300 kB
//     (BenchmarkSeal).
//   - The size is exact and known before the first byte.
//   - Errors name documents by their name in the bundle and never hold a title, an
//     address or an identity number.
package bundle
