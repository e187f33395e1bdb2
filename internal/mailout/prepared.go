package mailout

// Stored is a prepared document as the books remember it.
type Stored struct {
	Prepared
	Modified int64 // modification time of its file, Unix nanoseconds; an unchanged one need not be read again
}

// MadeBy says which document a recipe made.
type MadeBy struct {
	Recipe Digest
	Gone   Digest // the document it replaces in the books, because its file is gone; zero: there was none
	Stored
}

// PDFVerdict is what a version of the PDF checks said of a file.
type PDFVerdict struct {
	File Digest
	Tool string // the version
	JSON []byte // as package pdfprep writes and reads it
}
