// Package submit sends the planned rows of an approved batch, and knows of each one what
// became of it.
//
// For every row, in this order (design.md, "The life of a row"):
//
//  1. a permit: the portal takes ten calls a second, and a bundle is signed only after
//     its permit;
//  2. the intent: the Ref and the digests are committed and synced, in the ledger and in
//     sent.log, before the first byte;
//  3. the bundle is signed and sent;
//  4. the outcome is committed.
//
// A crash between any two leaves a row that the next speaker can tell from one that was
// never sent. Nothing here sends twice: a row is taken from "planned" only, and only a
// call that is proved to have had no effect puts it back there.
//
// Several workers send side by side; one row's failure never cancels another. Sending
// ends early for a stop rule or a canary (the batch is stopped: a person approves going
// on), for a cause that concerns every row (certificate, authorization, the ledger's own
// disk), when the portal stays away, or when the caller says so.
//
// [Cancel] runs beside it, and beside following: what persons wish cancelled is read from
// the ledger, and the portal asked, until there is an answer in the books.
package submit
