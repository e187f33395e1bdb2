// Package table reads the lines of a spreadsheet or a CSV, whatever program wrote it: each
// cell with what it shows and what kind of thing it holds. Its promise: nothing is read in
// silence that was meant otherwise, or lost. A cell that cannot be read is [Faulty] and says
// why; a file that cannot is an [*Error]. What the cells mean is not known here, but for one
// thing: the caller tells a header from other lines, and that settles which sheet and which
// delimiter are meant. A [Writer] writes lines that are read again as they were.
//
//	f, err := table.Open("manifest.xlsx", table.Options{}, func(l table.Line) bool { … })
//	…
//	defer f.Close()
//	for line, err := range f.Lines() {
//		…
//	}
//	sum, err := f.Sum()
//	err = f.Unchanged()
//
// # Files
//
// .xlsx and .xlsm (ECMA-376, transitional and strict), and .csv, .tsv and .txt (RFC 4180 in
// any encoding, with any delimiter). The name's ending says what the person meant, the bytes
// what it is; both must agree.
//
// Files are read as streams: nothing is ever held in memory as a whole but the shared
// strings of a workbook, 64 MB at most, nor written to a disk. They are read several times
// over, always through the one descriptor. A file that is not the same from the first byte
// read to the last is an error, so Sum is of exactly the bytes that were parsed.
//
// Workbooks are read here and not by the library that writes ours. That one does not
// tell an empty cell from one that names a string that is not there, nor a formula
// without a value from one with; it is slower; and it unpacks large sheets into the
// temporary folder, in clear.
//
// Every size is bounded before it is relied on: files, the parts of a workbook, what they
// unpack to and how far beyond their packed size, shared strings, one row of a CSV, one
// piece of XML and its depth. The limits stand in source.go, csv.go, pack.go and strings.go.
//
// # Cells
//
// A CSV's cells are kept as they stand. A workbook's cells are written as an office
// program with Norwegian settings writes them to a CSV, so that both forms of one list
// show the same:
//
//   - a number: all its digits (15 at most, as spreadsheets keep), no exponent, no
//     grouping, decimal comma: 31129912345, 37,5
//   - a number under a format of zeros, as used for postal codes: padded, 0150
//   - a percentage: 80%
//   - a date: 21.11.2026, or 2026-11-21 where the cell's own format begins with the
//     year; a time of day follows where the format shows one, or it is not midnight:
//     21.11.2026 08:30
//   - a time alone: 08:30; under a format of elapsed time, hours count on: 37:30
//   - true and false: SANN, USANN
//
// A number whose format adds words ("K-"0000) shows something else than its value. It is
// kept as the number, and marked with Words. A formula's 0, which some programs also store
// for formulas that were never calculated, is marked as Doubtful; a formula without a value,
// and one that failed, is Faulty.
package table
