package pdfprep

import (
	"bytes"
	"context"
	"fmt"

	"batch/internal/mailout"
)

// Inspect checks the file at path (slash-separated, below the documents' folder) and
// takes its digest. A file is read once per pool however often it is asked for, and whoever
// asks. What is wrong with it is in the findings; the digest is zero for a file that
// could not be read whole.
func (p *Pool) Inspect(ctx context.Context, path string) (mailout.Inspection, error) {
	found, err := p.inspections.get(ctx, path, func() (mailout.Inspection, error) { return p.look(ctx, path) })
	if err != nil {
		return found, fmt.Errorf("inspecting %s: %w", path, err)
	}
	found.Findings = append([]mailout.Problem(nil), found.Findings...) // the caller's own
	return found, nil
}

func (p *Pool) look(ctx context.Context, path string) (mailout.Inspection, error) {
	found := mailout.Inspection{Source: mailout.Source{Path: path}}
	pdf, wrong := p.read(path)
	found.Bytes = int64(len(pdf))
	if wrong != nil {
		found.Findings = []mailout.Problem{*wrong}
		return found, nil
	}
	found.Source.SHA256 = mailout.SumDigest(pdf)
	if wrong := notPDF(path, pdf); wrong != nil {
		found.Findings = []mailout.Problem{*wrong}
		return found, nil
	}
	rep, _, err := p.ask(ctx, pdf)
	if err != nil {
		return found, err
	}
	found.Pages = rep.Pages
	found.Findings = problems(path, rep.Findings)
	if found.OK() && found.Pages < 1 { // a worker that a file took over; never send on its word
		found.Findings = problems(path, []finding{{Code: codeCrash}})
	}
	return found, nil
}

// headerWindow is where the header of a PDF may stand (ISO 32000-1, implementation note
// 13).
const headerWindow = 1024

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
	if bytes.Contains(window, []byte("%PDF-")) {
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
			break
		}
	}
	return &problem
}
