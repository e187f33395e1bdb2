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
// over with the row) or of the manifest ([Result.Problems]). The file is read once, so
// that Result.SHA256 is of exactly the bytes that were parsed.
//
// # The owner's columns
//
// Entry.Columns holds every cell of the row under the owner's own header, known columns
// too. A CSV's cells are kept as they stand. A workbook's cells are written as an office
// program with Norwegian settings writes them to a CSV, so that both forms of one
// manifest give the same entries:
//
//   - a number: all its digits (15 at most, as spreadsheets keep), no exponent, no
//     grouping, decimal comma: 31129912345, 37,5
//   - a number under a format of zeros, as used for postal codes: padded, 0150
//   - a percentage: 80%
//   - a date: 21.11.2026, or 2026-11-21 where the cell's own format begins with the
//     year; a time of day follows where it is not midnight: 21.11.2026 08:30
//   - a time alone: 08:30; more than a day of hours counts on: 37:30
//   - true and false: SANN, USANN
//
// A number whose format adds words ("K-"0000) shows something else than its value. It
// is kept as the number in the owner's columns, and is a problem where it would become
// part of a text, a key or a path.
package manifest
