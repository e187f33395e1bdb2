package pdfprep

import (
	"bytes"

	"batch/internal/mailout"
)

const (
	// headerWindow is where viewers look for the header of a PDF (ISO 32000-1, annex H, note
	// 13).
	headerWindow = 1024
	// junkWindow is where it is looked for to tell a PDF with junk before it from something
	// else, in bytes.
	junkWindow = 64 << 10
)

// lookalikes are what people name .pdf by mistake, by their first bytes.
var lookalikes = []struct{ magic, what string }{
	{"PK\x03\x04", "a Word, Excel or ZIP file"},
	{"\xd0\xcf\x11\xe0", "an old Word or Excel file"},
	{"{\\rtf", "an RTF text"},
	{"\xff\xd8\xff", "a JPEG picture"},
	{"\x89PNG", "a PNG picture"},
	{"II*\x00", "a TIFF picture"},
	{"MM\x00*", "a TIFF picture"},
	{"<", "a web page or XML file"},
}

// notPDF spares the workers what cannot be a PDF, and says what it is instead.
func notPDF(path string, b []byte) *mailout.Problem {
	window := b[:min(len(b), headerWindow)]
	if bytes.Contains(window, []byte(header)) {
		return nil
	}
	problem := finding{Code: codeNotPDF}.problem(path)
	if len(b) == 0 {
		problem.Message, problem.Remedy = "the file is empty", "fetch it or export it again"
	}
	text := bytes.TrimLeft(window, "\xef\xbb\xbf \t\r\n")
	for _, l := range lookalikes {
		if bytes.HasPrefix(text, []byte(l.magic)) {
			problem.Message = "this is not a PDF but " + l.what
			return &problem
		}
	}
	if bytes.Contains(b[:min(len(b), junkWindow)], []byte(header)) { // the worker says what is before it
		return nil
	}
	return &problem
}
