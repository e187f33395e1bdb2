// Package asice reads document bundles: ASiC-E containers (TS 102 918) as the portal takes them,
// which are ZIP files of documents, manifest.xml and META-INF/signatures.xml and nothing else
// (portal-api.md, "The bundle").
//
//	bundle, err := asice.Read(source, size, pdfcheck.Check)
//
// [Read] wants the ZIP to say the same to whoever reads it from front to back, as the portal's
// Java does, and to whoever begins with its directory: entries one behind the other from byte
// 0, stored or deflated, with the names, sizes and checksums that the directory has, nothing
// before, between or behind them, and no stored entry whose sizes stand behind its data. All
// names are of [a-z0-9._-]; all documents together have at most [MaxDocumentBytes].
//
// What the bundle's XML says and whether its signature holds is not asked here; documents are
// judged by the function that is handed in. An error means that the bundle is no such ZIP. It
// numbers entries and repeats nothing of them, neither content nor names.
//
// One document at a time is in memory, and none of a bundle that is in memory already
// ([Memory]) and holds it as it is. [ReadDocuments] fetches documents again, later on.
package asice
