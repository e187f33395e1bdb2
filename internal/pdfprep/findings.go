package pdfprep

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"batch/internal/mailout"
)

// The codes of findings. They are stable.
const (
	codeMissing        = "document-missing"
	codeOutside        = "document-outside"
	codeNotAFile       = "document-not-a-file"
	codeUnreadable     = "document-unreadable"
	codeChanged        = "document-changed"
	codeNotPDF         = "not-a-pdf"
	codeHeader         = "pdf-header"
	codeCutOff         = "pdf-cut-off"
	codeTooLarge       = "pdf-too-large"
	codeEncrypted      = "pdf-encrypted"
	codeSigned         = "pdf-signed"
	codeUsageRights    = "pdf-usage-rights"
	codeNoPages        = "pdf-no-pages"
	codeVersion        = "pdf-version"
	codeDamaged        = "pdf-damaged"
	codeObjects        = "pdf-object-numbers"
	codeNesting        = "pdf-nesting"
	codeExpansion      = "pdf-expansion"
	codeLostText       = "pdf-font-missing"
	codeLostPage       = "pdf-page-damaged"
	codeCrash          = "pdf-crash"
	codeTimeout        = "pdf-timeout"
	codeMemory         = "pdf-memory"
	codeMerge          = "merge-failed"
	codeMergedTooLarge = "merge-too-large"
	codeMergeLayers    = "merge-layers"
	codeMergeVersion   = "merge-version"
	codeManyParts      = "merge-too-many"

	codeNotA4          = "pdf-not-a4"
	codePageSize       = "pdf-page-size"
	codeScript         = "pdf-javascript"
	codeLaunch         = "pdf-launch"
	codeSubmit         = "pdf-submit"
	codeForm           = "pdf-form"
	codeSignatureField = "pdf-signature-field"
	codeAttachment     = "pdf-attachment"
	codeVersion2       = "pdf-version-2"
)

const saveAnew = "open it, print it to a new PDF, look through the new file, and use that one"

type entry struct {
	severity        mailout.Severity
	message, remedy string // message may hold one %d, for the finding's number
}

var catalogue = map[string]entry{
	codeMissing:    {mailout.Stop, "there is no such file", "check the name and the folder; the path counts from the documents' folder"},
	codeOutside:    {mailout.Stop, "the path leads out of the documents' folder", "put the file itself, not a link to it, into the documents' folder"},
	codeNotAFile:   {mailout.Stop, "this is not an ordinary file", "name a PDF file, not a folder or a device"},
	codeUnreadable: {mailout.Stop, "the file is there but cannot be read", "check who may read it and whether its disk or network share is there"},
	codeChanged:    {mailout.Stop, "the file is not the one that was checked: it was changed since", "plan again, so that what is sent is what was checked"},
	codeNotPDF:     {mailout.Stop, "this is not a PDF", "save or export it as PDF from the program it was made with; a new name is not enough"},
	codeHeader: {mailout.Stop, "before the PDF begins, there are %d bytes that do not belong to it; the portal takes no such file",
		"fetch it again; if it stays so, " + saveAnew},
	codeCutOff: {mailout.Stop, "the end of the PDF is missing: the file was cut off, or something else was put behind it",
		"fetch or copy it again, and wait until all of it has arrived"},
	codeTooLarge: {mailout.Stop, "the file is larger than the 10 MB that all documents of a job may have together",
		"make it smaller: lower the resolution of its pictures or leave pages out"},
	codeEncrypted: {mailout.Stop, "the PDF is protected by a password or by restrictions; the portal takes neither",
		"remove the protection with the program it was made with, and save it"},
	codeSigned: {mailout.Stop, "the PDF is signed already; the portal writes on every page, which breaks any earlier signature",
		"use the original that is not signed yet; everyone who must sign can be a signer of the job"},
	codeUsageRights: {mailout.Stop, "the PDF is a form with extended rights for Adobe Reader, which end when the portal writes on it",
		"print it to a new PDF, and use that one"},
	codeNoPages: {mailout.Stop, "the PDF has no pages", "export it again"},
	codeVersion: {mailout.Stop, "the PDF's version is not one from 1.1 to 1.7, which the portal takes", "export it as PDF 1.7 or PDF/A-2"},
	codeDamaged: {mailout.Stop, "the PDF is damaged or incomplete", "fetch or export it again; if a viewer still opens it, " + saveAnew},
	codeObjects: {mailout.Stop, "the PDF is damaged: it claims more than a million parts", saveAnew},
	codeNesting: {mailout.Stop, "the PDF is damaged or made to do harm: its parts lie in each other without end", saveAnew},
	codeExpansion: {mailout.Stop, "the PDF is damaged or made to do harm: it unpacks to more than any document needs",
		saveAnew},
	codeLostText: {mailout.Stop, "the PDF lacks a font that it uses: text would be missing from what is signed",
		"export it again with its fonts embedded"},
	codeLostPage: {mailout.Stop, "a part of the page's content is damaged and would be missing from what is signed",
		"fetch or export it again, and look at this page in the new file"},
	codeCrash:   {mailout.Stop, "the PDF made its check break off: it is damaged or made to do harm", saveAnew},
	codeTimeout: {mailout.Stop, "the PDF could not be checked in the time set for it", "try again on an idle machine; if that does not help, " + saveAnew},
	codeMemory:  {mailout.Stop, "the PDF needs more memory to be checked than it is allowed", saveAnew},
	codeMerge:   {mailout.Stop, "this PDF and the others of the row cannot be merged into one", `send them as separate documents (documents.as = "separate"), or merge them by hand`},
	codeMergedTooLarge: {mailout.Stop, "merged, these PDFs have more than the 10 MB that a job may carry",
		"make them smaller: lower the resolution of their pictures or leave pages out"},
	codeMergeLayers: {mailout.Stop, "this PDF hides layers in a way that would be lost when it is merged",
		"print that one to a new PDF, or send them as separate documents (documents.as = \"separate\")"},
	codeMergeVersion: {mailout.Stop, "this is PDF 2.0 (PDF/A-4), which cannot be merged",
		`send them as separate documents (documents.as = "separate"), or export it as PDF/A-2 or PDF 1.7`},
	codeManyParts: {mailout.Stop, "%d files are too many to merge into one", "merge at most 1000 files into a document"},

	codeNotA4: {mailout.Warn, "not A4 upright (pages of that kind: %d); the portal shows the signed document on A4 upright",
		"look how they come out before it is sent"},
	codePageSize: {mailout.Warn, "far smaller or larger than paper (pages of that kind: %d); on A4 upright perhaps nothing can be read",
		"look how they come out before it is sent, or print the document to A4"},
	codeScript: {mailout.Warn, "the PDF holds JavaScript, which can change what is seen and does not run at the portal",
		"export it without scripts, or " + saveAnew},
	codeLaunch: {mailout.Warn, "the PDF holds an action that starts a program or opens a file on the reader's computer",
		"export it without such actions, or " + saveAnew},
	codeSubmit: {mailout.Warn, "the PDF holds an action that sends or fetches the data of a form",
		"export it without such actions, or " + saveAnew},
	codeForm: {mailout.Warn, "the PDF holds form fields that can still be filled in: a signer may see something else than you do",
		"print it to a new PDF, so that the fields become fixed text"},
	codeSignatureField: {mailout.Warn, "the PDF holds an empty field for a signature, which the portal does not fill in",
		"if signers could mistake it for the place to sign, export it without the field, or print it to a new PDF"},
	codeAttachment: {mailout.Warn, "the PDF holds embedded files, which signers may not see", "remove them, or send them as documents of their own"},
	codeVersion2: {mailout.Warn, "this is PDF 2.0 (PDF/A-4); the portal takes PDF/A, but its documentation names versions up to 1.7 only",
		"send one job with it first, or export it as PDF/A-2"},
}

// Numbers that a worker sends are believed up to these: a file may have taken it over.
const (
	maxPage  = 1_000_000
	maxCount = 1_000_000_000
)

// problem puts a finding into words about the file at path. A code that is not in the
// catalogue is one that no worker of ours sends.
func (f finding) problem(path string) mailout.Problem {
	e, ok := catalogue[f.Code]
	if !ok {
		f.Code, e = codeCrash, catalogue[codeCrash]
	}
	place := mailout.Place{File: path, Document: path, Page: within(f.Page, maxPage), Object: within(f.Object, maxObjects)}
	message := e.message
	if strings.Contains(message, "%d") {
		message = fmt.Sprintf(message, within(f.N, maxCount))
	}
	if place.Page > 0 {
		message = fmt.Sprintf("page %d: %s", place.Page, message)
	}
	return mailout.Problem{Severity: e.severity, Code: f.Code, Place: place, Message: message, Remedy: e.remedy}
}

// within is n, or 0 where it is none of 1 to most.
func within(n, most int) int {
	if n < 1 || n > most {
		return 0
	}
	return n
}

func problems(path string, fs []finding) []mailout.Problem {
	var out []mailout.Problem
	for _, f := range fs {
		out = append(out, f.problem(path))
	}
	return out
}

// tooLarge says by how much a file of so many bytes is larger than a whole job may be, and how
// much its pictures, of which images bytes are (0: unknown), would have to shrink.
func tooLarge(bytes, images int64) (message, remedy string) {
	message = fmt.Sprintf("the file has %s, %s more than the 10 MB that all documents of a job may have together",
		mailout.Megabytes(bytes), mailout.OverLimit(bytes))
	images = min(images, bytes)
	if images > 0 {
		message += fmt.Sprintf("; its pictures are %s of it", mailout.Megabytes(images))
	}
	switch percent := mailout.ShrinkTo(bytes, images); {
	case percent >= leastShrunk:
		remedy = fmt.Sprintf("make its pictures smaller, to %d %% of their bytes or less: lower their resolution, or scan again with less", percent)
	case images > 0:
		remedy = "smaller pictures alone are not enough: leave pages out, or split it and send the parts in jobs of their own"
	default: // it has none, or is too large to be looked into
		remedy = "if it is scanned, scan again with a lower resolution; else leave pages out, or split it and send the parts in jobs of their own"
	}
	return message, remedy
}

// mergedTooLarge says of files that are too large together which of them is the fat one, and how
// much their pictures would have to shrink. A merge that breaks off has no size of its own;
// that of its parts is near it.
func mergedTooLarge(parts []mailout.Inspection) (problem mailout.Problem) {
	fat := slices.MaxFunc(parts, func(a, b mailout.Inspection) int { return cmp.Compare(a.Bytes, b.Bytes) })
	problem = finding{Code: codeMergedTooLarge}.problem(fat.Source.Path)
	var bytes, images int64
	for _, p := range parts {
		bytes, images = bytes+p.Bytes, images+p.Images
	}
	if over := bytes - mailout.MaxDocumentBytes; over > 0 {
		problem.Message = fmt.Sprintf("the %d PDFs that are to be merged have %s together, %s more than a job may carry; this is the largest, with %s",
			len(parts), mailout.Megabytes(bytes), mailout.OverLimit(bytes), mailout.Megabytes(fat.Bytes))
	}
	if percent := mailout.ShrinkTo(bytes, images); percent >= leastShrunk && percent < 100 {
		problem.Remedy = fmt.Sprintf("make their pictures smaller, to %d %% of their bytes or less, or leave pages out", percent)
	}
	return problem
}

// leastShrunk is how small pictures can be made without losing what is on them, in percent.
const leastShrunk = 10
