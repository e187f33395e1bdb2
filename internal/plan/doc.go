// Package plan turns a manifest and its documents into a frozen, digested batch.
//
// [Make] reads rows from a manifest as they come, has every PDF they name inspected and
// prepared, and streams the rows into a store. A problem never ends it: all problems of
// all rows and documents are found in one go. Where there are none (or the bad rows are
// to be skipped), the batch is frozen under two digests:
//
//   - the rows digest covers the rows, the settings, the digests of the input documents
//     and the recipes of the merged ones; a CSV and an XLSX of the same content have the
//     same one;
//   - the digest, the one a person approves, adds the SHA-256 of the manifest itself and
//     of every prepared document.
//
// Neither holds a time, a batch id or a Ref, so planning the same again gives the same
// digest, and the store then gives back the batch it has. Where the store knows a plan of
// the same manifest, nothing is written before it is sure that this one is another. What that
// plan left out as a repeat is left out again, so that a plan whose letters have begun to go
// out is still found to be itself.
//
// A letter is the same signers with the same documents under the same title. One that an
// approved batch has is a problem of its row; [Options] may have it left out (OnlyNew), or
// sent again where the number of repeats is given exactly (AllowRepeats).
//
// [Unchanged] checks, before the first row of an approved batch is sent, that manifest
// and documents are still what was approved. [Summarize] says what a batch would do, and
// [Compare] what is different from an earlier one.
//
// A row may say which one of an earlier batch it is another attempt at. That is a problem where
// the earlier one's job is not certainly over, or was tried again already; the digests do not
// hold it, for it is not sent.
//
// The package opens no file but for hashing in Unchanged, and knows neither spreadsheets
// nor PDFs nor SQL: those are behind [Manifest], [Documents] and [Store].
package plan
