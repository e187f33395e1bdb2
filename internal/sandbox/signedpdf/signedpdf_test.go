package signedpdf

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func TestMadeDocumentByJudges(t *testing.T) {
	job := sampleJob(3, samplePage("Arbeidsavtale"), samplePage("Appendix"))
	job.Signers = 4
	pdf := made(t, job, SealAlone)
	dir := folderOf(t, pdf)
	report := judge(t, dir, "pdfsig", "-nocert", "a.pdf")
	for _, want := range []string{"Signature is Valid", "Total document signed", "ETSI.CAdES.detached", "SEAL"} {
		if !strings.Contains(report, want) {
			t.Errorf("pdfsig does not say %q:\n%s", want, report)
		}
	}
	if n := strings.Count(report, "Signature #"); n != 1 {
		t.Errorf("there are %d signatures, want one seal", n)
	}
	if check := judge(t, dir, "qpdf", "--check", "a.pdf"); !strings.Contains(check, "No syntax or stream encoding errors") {
		t.Errorf("qpdf says %s", check)
	}
	if at := job.SealedAt.UTC().Format("/M(D:20060102150405Z)"); !bytes.Contains(pdf, []byte(at)) {
		t.Errorf("the seal does not say %s", at)
	}
	if json := judge(t, dir, "qpdf", "--json", "a.pdf"); !strings.Contains(json, `"/DocMDP"`) {
		t.Error("the seal is no certification signature")
	}
	text := judge(t, dir, "pdftotext", "-layout", "a.pdf", "-")
	for _, want := range []string{
		"Arbeidsavtale for Åse", "3 of 4", "Åse Prøve, 01817299990", "Zoë Eksempel, 01817299992", "Not signed yet: 1 more", "ref-1", "988 015 814", "Arbeidsavtale\n", "Appendix\n",
		fmt.Sprintf("job %d · page 1 of 3", job.ID), fmt.Sprintf("job %d · page 3 of 3", job.ID),
	} {
		if !strings.Contains(text, want) {
			t.Errorf("the pages do not say %q:\n%s", want, text)
		}
	}
}

func TestXAdESAreEmbedded(t *testing.T) {
	job := sampleJob(3, samplePage("x"))
	job.Signatures = slices.Delete(job.Signatures, 1, 2) // the second has not signed yet
	dir := folderOf(t, made(t, job, SealAlone))
	judge(t, dir, "pdfdetach", "-saveall", "a.pdf")
	for _, by := range job.Signatures {
		embedded, err := os.ReadFile(filepath.Join(dir, fmt.Sprintf("signer-%d.xades.xml", by.N)))
		if err != nil || !bytes.Equal(embedded, by.XAdES) {
			t.Errorf("the XAdES of signer %d is not embedded: %v", by.N, err)
		}
	}
}

// What is made again is another file; the job stays as it was, even where a page must stand in
// for a document.
func TestMakeLeavesTheJobAlone(t *testing.T) {
	good, broken := samplePage("x"), []byte("%PDF-1.4 %%EOF")
	job := sampleJob(1, bytes.Clone(good), bytes.Clone(broken))
	if bytes.Equal(made(t, job, SealAlone), made(t, job, SealAlone)) {
		t.Error("two documents are the same bytes")
	}
	if !bytes.Equal(job.Documents[0].Content, good) || !bytes.Equal(job.Documents[1].Content, broken) {
		t.Error("a document of the job was changed")
	}
}
