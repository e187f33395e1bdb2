// Package report tells what happened to every row of a batch, for people and for
// machines. [Write] makes a completion report as csv, xlsx, json or html; [RowJSON] and
// [TotalsJSON] are the objects of every command's --json.
//
//	totals, err := report.Write(file, books, ledger.Records(ctx, id), report.Options{Format: "xlsx", Location: oslo})
//
// In csv and xlsx the owner's columns come first, in the manifest's order and with the
// manifest's headers, so that the person who wrote the list finds it again; the report's
// own columns follow: state, code, whose turn it is, what to do, the job, times and files. A
// csv has a line for every row and, below it, one for every signer, told apart by the column
// "record". A workbook has them on two sheets, and the totals on a third.
//
// An html is a page to look at, print and show: how the batch stands, what needs a person, how
// answers came in, how long signers took, the deadlines ahead, and every row to search and sort
// (htmlview.go, htmlfigures.go, htmlcharts.go; what it looks like and does: the folder page). It is
// one file that no browser fetches anything for: its policy names its own style and script by
// their hashes, so that nothing which somebody wrote into a cell can run. Without its script the
// table is whole; with it, a row's key opens all that a csv says of the row. Characters that
// nobody would see, or that turn the reading direction, are shown as "�".
//
// # What it guarantees
//
// The books add up: the totals count every row of the batch, listed or not, and a batch
// of which rows are missing is an error instead of a shorter report.
//
// The owner's cells are unchanged, with two exceptions. The national numbers of the row's
// own signers are masked, wherever in a cell they stand and however they are spaced,
// unless Options.WithNationalIDs asks for them. And in a csv, a cell that a spreadsheet
// would run as a formula gets an apostrophe in front (OWASP, "CSV Injection"); in a
// workbook all text is in text cells, which are never run. A cell of a workbook holds
// 32 767 characters; longer ones are cut there.
//
// E-mail addresses and mobile numbers are masked in what the report itself says of a
// signer, and in the whole of a json report; the owner's columns of csv, xlsx and
// html are the owner's own list and keep them.
//
// Rows are streamed, and read while those before them are written: memory does not grow with
// the batch in csv and json. A large workbook is spooled through Options.TempDir. The rows of a
// page wait in memory, about two kilobytes each, for what is said of all stands above them; it
// lists at most 50 000.
package report
