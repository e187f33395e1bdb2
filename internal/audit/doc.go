// Package audit looks a batch through, offline and perhaps months later: whether the files are
// there and are what the books say, and whether the books agree with themselves and with
// sent.log. It reads and changes nothing.
//
//	result, err := audit.Run(ctx, ledger, audit.Options{Dir: workspace, Batch: info, XAdES: check}, func(f audit.Finding) { … })
//
// Findings come as they are found, and one does not hide another. A [Problem] is something that
// cannot be in whole books; a [Note] is what an auditor is to know, and may be as it should. Each
// has a stable code, and names lines, jobs and files, and nobody.
//
// # What is looked at
//
//   - Rows: their sum is the one that the books have counted; a batch that is done has none that
//     is not over; no line has a history of a row and no row.
//   - Histories: each row's events, played through [mailout.Next] from the beginning, end in the
//     state that the row has. Nothing was sent before it was approved.
//   - Attempts: each row's reference and job come from one; what was sent is what was planned; a
//     job that is not its row's has raised an alarm. Each attempt that may have reached the portal
//     stands in sent.log, and every line there is an attempt.
//   - Ends: a status change tells each; nothing was confirmed without its document; each signer of
//     a signed row has signed, and one of a rejected row has rejected.
//   - Files: every document that was kept is where the books say, of that size and digest, a whole
//     and sealed PDF (package pades), and so is every signer's XAdES; the history says of each that
//     it was kept, for that job; nothing else lies beside them.
//   - Reports: those that the books or report.json name are unchanged, and of this very batch.
//
// [Limits] says what none of this can show.
//
// Memory does not grow with the number of rows or files.
package audit
