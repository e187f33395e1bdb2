package pdfprep

import (
	"fmt"
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
	codeTooLarge       = "pdf-too-large"
	codeEncrypted      = "pdf-encrypted"
	codeSigned         = "pdf-signed"
	codeNoPages        = "pdf-no-pages"
	codeVersion        = "pdf-version"
	codeDamaged        = "pdf-damaged"
	codeObjects        = "pdf-object-numbers"
	codeLostText       = "pdf-font-missing"
	codeLostPage       = "pdf-page-damaged"
	codeCrash          = "pdf-crash"
	codeTimeout        = "pdf-timeout"
	codeMemory         = "pdf-memory"
	codeMerge          = "merge-failed"
	codeMergedTooLarge = "merge-too-large"
	codeManyParts      = "merge-too-many"

	codeNotA4      = "pdf-not-a4"
	codeScript     = "pdf-active-content"
	codeForm       = "pdf-form"
	codeAttachment = "pdf-attachment"
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
	codeTooLarge: {mailout.Stop, "the file has %d bytes; all documents of a job may have 10 485 760 together",
		"make it smaller: lower the resolution of its pictures or leave pages out"},
	codeEncrypted: {mailout.Stop, "the PDF is protected by a password or by restrictions; the portal takes neither",
		"remove the protection with the program it was made with, and save it"},
	codeSigned: {mailout.Stop, "the PDF holds a signature or a field for one; signing it again would break it",
		"use the unsigned original without a signature field"},
	codeNoPages: {mailout.Stop, "the PDF has no pages", "export it again"},
	codeVersion: {mailout.Stop, "the PDF's version is not one from 1.1 to 1.7, which the portal takes", "export it as PDF 1.7 or PDF/A-2"},
	codeDamaged: {mailout.Stop, "the PDF is damaged or incomplete", "fetch or export it again; if a viewer still opens it, " + saveAnew},
	codeObjects: {mailout.Stop, "the PDF is damaged: it claims more than a million parts", saveAnew},
	codeLostText: {mailout.Stop, "the PDF lacks a font that it uses: text would be missing from what is signed",
		"export it again with its fonts embedded"},
	codeLostPage: {mailout.Stop, "a page of the PDF is damaged and would come out blank", "export it again"},
	codeCrash:    {mailout.Stop, "the PDF made its check break off: it is damaged or made to do harm", saveAnew},
	codeTimeout:  {mailout.Stop, "the PDF could not be checked in the time set for it", "try again on an idle machine; if that does not help, " + saveAnew},
	codeMemory:   {mailout.Stop, "the PDF needs more memory to be checked than it is allowed", saveAnew},
	codeMerge:    {mailout.Stop, "these PDFs cannot be merged into one", `send them as separate documents (documents.as = "separate"), or merge them by hand`},
	codeMergedTooLarge: {mailout.Stop, "merged, these PDFs have more than the 10 485 760 bytes that a job may carry",
		"make them smaller: lower the resolution of their pictures or leave pages out"},
	codeManyParts: {mailout.Stop, "%d files are too many to merge into one", "merge at most 1000 files into a document"},

	codeNotA4:  {mailout.Warn, "pages that are not A4 upright: %d; the portal shows the signed document on A4 upright", "look at it before it is sent"},
	codeScript: {mailout.Warn, "the PDF holds scripts or actions that start programs or send data", "export it again without them, or " + saveAnew},
	codeForm: {mailout.Warn, "the PDF holds form fields: a signer may see something else than you do",
		"print it to a new PDF, so that the fields become fixed text"},
	codeAttachment: {mailout.Warn, "the PDF holds embedded files, which signers may not see", "remove them, or send them as documents of their own"},
}

// problem puts a finding into words about the file at path. A code that is not in the
// catalogue is one that no worker of ours sends.
func (f finding) problem(path string) mailout.Problem {
	e, ok := catalogue[f.Code]
	if !ok {
		f.Code, e = codeCrash, catalogue[codeCrash]
	}
	message := e.message
	if strings.Contains(message, "%d") {
		message = fmt.Sprintf(message, f.N)
	}
	return mailout.Problem{Severity: e.severity, Code: f.Code, Place: mailout.Place{File: path}, Message: message, Remedy: e.remedy}
}

func problems(path string, fs []finding) []mailout.Problem {
	var out []mailout.Problem
	for _, f := range fs {
		out = append(out, f.problem(path))
	}
	return out
}
