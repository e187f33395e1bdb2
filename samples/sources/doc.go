// Command sources makes what lies beside it in samples: manifest.xlsx and every PDF,
// from manifest.csv and the LibreOffice templates in this folder. It is run by hand,
// from the project's root, when a row or a text has changed:
//
//	go run ./samples/sources
//
// The CSV is the one source of the rows; the workbook has the very same ones, in the
// cells an office would use (numbers, dates, text). The templates are flat
// OpenDocument files that LibreOffice opens as they are; {{.Navn}} stands for the cell
// of that column. soffice must be on the PATH. The PDFs carry the time they were made,
// so a new run changes their bytes.
package main
