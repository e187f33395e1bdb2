package signedpdf

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"fmt"
	"math/big"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"batch/internal/judgetest"
)

// testSealer has a chain of three, as the portal's: keys are slow to make.
var testSealer = sync.OnceValue(func() Sealer {
	root, rootKey := certified("ROOT", nil, nil)
	issuing, issuingKey := certified("ISSUING", root, rootKey)
	own, key := certified("SEAL", issuing, issuingKey)
	return Sealer{Chain: []*x509.Certificate{own, issuing, root}, Key: key}
})

// certified is a certificate with the key usages of the portal's; without an issuer it signs
// itself.
func certified(name string, issuer *x509.Certificate, issuerKey *rsa.PrivateKey) (*x509.Certificate, *rsa.PrivateKey) {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	must(err)
	t := &x509.Certificate{
		SerialNumber: big.NewInt(time.Now().UnixNano()), Subject: pkix.Name{CommonName: name, Organization: []string{"TEST"}},
		NotBefore: time.Now().AddDate(0, 0, -1), NotAfter: time.Now().AddDate(1, 0, 0), BasicConstraintsValid: true,
	}
	if name == "SEAL" {
		t.KeyUsage = x509.KeyUsageDigitalSignature | x509.KeyUsageKeyEncipherment
		t.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth, x509.ExtKeyUsageServerAuth}
	} else {
		t.IsCA, t.KeyUsage = true, x509.KeyUsageCertSign|x509.KeyUsageCRLSign
	}
	if issuer == nil {
		issuer, issuerKey = t, key
	}
	der, err := x509.CreateCertificate(rand.Reader, t, issuer, key.Public(), issuerKey)
	must(err)
	c, err := x509.ParseCertificate(der)
	must(err)
	return c, key
}

func must(err error) {
	if err != nil {
		panic(err)
	}
}

// names are those of ten signers, with letters outside ASCII.
var names = []string{"Åse Prøve", "Øyvind Test", "Zoë Eksempel", "Kåre Utprøving", "Áilu Geahččaleapmi",
	"Łucja Próba", "José Ensayo", "Đặng Thử", "Jürgen Muster", "Ærlinde Forsøk"}

// sampleJob has been signed by so many, and has documents with the longest titles, of eighty
// characters.
func sampleJob(signers int, documents ...[]byte) Job {
	at := time.Now().Truncate(time.Second)
	job := Job{ID: 1763728512001, Title: "Arbeidsavtale for Åse – «prøve» 🎉 og vedlegg, med en tittel på åtti tegn i alt 👍",
		Reference: "ref-1", Sender: "988015814", Signers: signers, SealedAt: at}
	for n := range signers {
		job.Signatures = append(job.Signatures, Signature{N: n + 1, Name: names[n] + fmt.Sprintf(", 0181729999%d", n),
			At: at, Level: "4", XAdES: fmt.Appendf(nil, "<signature-%d/>", n+1)})
	}
	for n, content := range documents {
		title := fmt.Sprintf("%d: %s", n+1, strings.Repeat("Åsgårdsstrands vilkår ", 4))
		job.Documents = append(job.Documents, Document{string([]rune(title)[:80]), content})
	}
	return job
}

func made(t *testing.T, job Job, style Style) []byte {
	t.Helper()
	pdf, err := Make(job, testSealer(), style)
	if err != nil {
		t.Fatal(err)
	}
	return pdf
}

// samplePage is a PDF of one A4 page with a word on it.
func samplePage(word string) []byte {
	return samplePDF("/MediaBox[0 0 595 842]", "BT /F1 10 Tf 60 782 Td ("+word+") Tj ET")
}

// samplePDF is a PDF of one page with these entries and this content, and Helvetica as F1.
func samplePDF(entries, content string) []byte {
	return rawPDF("<</Type/Catalog/Pages 2 0 R>>", "<</Type/Pages/Count 1/Kids[3 0 R]>>",
		"<</Type/Page/Parent 2 0 R"+entries+"/Resources<</Font<</F1<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>>>>>/Contents 4 0 R>>",
		streamOf("", content))
}

// streamOf is a stream with these entries.
func streamOf(entries, content string) string {
	return fmt.Sprintf("<<%s/Length %d>>\nstream\n%s\nendstream", entries, len(content), content)
}

// rawPDF is a PDF of these objects, of which the first is the catalog.
func rawPDF(objects ...string) []byte {
	w := newPDFWriter()
	for _, o := range objects {
		w.object(o)
	}
	return w.finish("")
}

// judge lets a program speak, in a folder with a.pdf.
func judge(t *testing.T, dir, program string, args ...string) string {
	t.Helper()
	cmd := exec.Command(judgetest.Find(t, program), args...)
	cmd.Dir = dir
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Errorf("%s: %v\n%s", program, err, out)
	}
	return string(out)
}

// folderOf is a folder with a PDF as a.pdf.
func folderOf(t *testing.T, pdf []byte) string {
	t.Helper()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "a.pdf"), pdf, 0o600); err != nil {
		t.Fatal(err)
	}
	return dir
}

// textOf is what a reader finds on pages.
func textOf(t *testing.T, pdf []byte) string {
	t.Helper()
	return judge(t, folderOf(t, pdf), "pdftotext", "-layout", "a.pdf", "-")
}
