// Package manifest reads what a sender wrote, a spreadsheet or a CSV with one row a
// signature job, into [mailout.Entry] values, or says what is wrong, with the cell and
// what to do. Its promise: whatever an office program saves is either read exactly as
// the person meant it, or reported. Nothing is guessed in silence.
//
//	result, err := manifest.Read(ctx, "manifest.xlsx", options, func(e mailout.Entry, ps []mailout.Problem) error {
//		… // rows come in the file's order; a row with problems comes too, as far as it could be read
//	})
//
// An error is for what makes the file as a whole unreadable ([*Error], with code and
// remedy), or is the caller's own. Everything else is a problem: of one row (handed
// over with the row) or of the manifest ([Result.Problems]). Result.SHA256 is of exactly the
// bytes that were parsed.
//
// How the file is read, and what can be wrong with it as a file, is told by package table.
//
// # Memory
//
// Rows are read side by side on all cores and handed over in order. Unless their lines are
// grouped they are never all held.
// A CSV of a million rows takes some 120 MB, most of it for what only all rows together
// tell, and a workbook of a hundred thousand some 80 MB.
//
// # The owner's columns
//
// Entry.Columns holds every cell of the row under the owner's own header, known columns
// too, as package table writes it. A number whose format adds words ("K-"0000) is kept as
// the number there, and is a problem where it would become part of a text, a key or a path.
//
// # Groups
//
// With Options.GroupBy the lines of one key are one job: the owner's column of that
// name, or ours, holds the keys.
//
//   - Keys are compared trimmed and NFC-normalized, otherwise exactly; where two differ
//     in capital letters and spaces only, a warning says so.
//   - The lines of a job need not be adjacent. Jobs come in the order of their first
//     lines; that line is the entry's. Its key is that of a column row, and otherwise
//     the line's number: what lines are grouped by may be somebody's number or name.
//   - Each line names its own signers, signer1 to signer10 of that line, who are
//     appended in line order and take what [defaults.signerN] has for them with the
//     line's own cells. [[signers]] come once, behind them. A line that names nobody is
//     a problem: somebody may have been forgotten there.
//   - Everything else belongs to the job. It may stand on any of its lines; two lines
//     that say different things are a problem of the later one. The owner's own columns
//     may differ, unless a default of the job takes them.
//   - A line without a key is a problem of the manifest as a whole, not of a row: left
//     out, the job it belongs to would go out without it.
//
// All lines are held until the file's end, so there may be 200 000 of them at most.
//
// # Another attempt
//
// [Again] writes rows of a batch as a manifest that is read as the same rows, whatever
// program wrote the first one: each cell is the text that it was read as. Its column earlier says
// which row of which batch each of them was; Entry.Earlier is that. A cell whose text is less than
// the cell ([mailout.Column.Odd]) cannot be written again, and its row is not to be.
package manifest
