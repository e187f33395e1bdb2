// Package submit sends the planned rows of an approved batch, and knows of each one what
// became of it.
//
// For every row, in this order (design.md, "The life of a row"):
//
//  1. a permit: the portal takes ten calls a second;
//  2. the job XML is written, and the documents are read and held against their digests;
//  3. the intent: the Ref and the digests are committed and synced, in the ledger and in
//     sent.log, before the first byte;
//  4. the bundle is signed and sent, under a permit of this second: where the machine
//     slept or the disk was slow since the first step, another one is taken before;
//  5. the outcome is committed.
//
// A crash between any two leaves a row that the next speaker can tell from one that was
// never sent. Nothing here sends twice: a row is taken from "planned" only, and only a
// call that is proved to have had no effect puts it back there.
//
// Several workers send side by side; one row's failure never cancels another. Sending
// ends early
//
//   - for a stop rule or a canary: the batch is stopped, and a person approves going on.
//     What they count goes on over runs that needed no approval (Rules.Lost, Rules.Out);
//   - for a cause that concerns every row: certificate, authorization, wrong server
//     ([EndFatal]); a document that is not what was approved, the disk that it is on, a
//     fault of the program ([EndOurs]). The row is planned again where that is proved;
//   - when the portal stays away, or blocks every call, for ten minutes;
//   - when the caller says so;
//   - with an error, when the ledger fails. Then nobody begins another call. Answers to
//     calls under way are still settled, if the ledger takes them.
//
// Whatever ends it, calls under way are waited for, and there is one reason: the first.
//
// A row that a person plans again meanwhile, having found that it has no job, is sent in the
// next pass; where others follow beside, whenever that is.
//
// [Cancel] runs beside it, and beside following: what persons wish cancelled is read from
// the ledger, and the portal asked, until there is an answer in the books.
package submit
