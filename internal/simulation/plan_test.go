package simulation

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"batch/internal/app"
	"batch/internal/mailout"
	"batch/internal/sandbox"
)

// plan is a workspace with a planned batch, made once: planning is not what is simulated.
type plan struct {
	dir    string
	batch  mailout.BatchID
	pki    *sandbox.PKI
	rows   int
	people people

	once    [2]sync.Once // with XAdES, and without
	account [2]account   // how the rows end where nothing goes wrong
}

// with is the plan with other people.
func (p *plan) with(others people) *plan {
	return &plan{dir: p.dir, batch: p.batch, pki: p.pki, rows: p.rows, people: others}
}

// otherSender is an organization for which the sandbox's customer sends as a broker.
const otherSender = "983163327"

// firstLine is the line of the first row: the header is line 1.
const firstLine = 2

// epoch is when bubbles begin.
var epoch = time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)

var authority = sync.OnceValues(func() (*sandbox.PKI, error) { return sandbox.NewPKI(epoch) })

// newPlan plans a batch of so many rows, at the moment at which bubbles begin. With a broker
// every fourth is another sender's.
func newPlan(t *testing.T, rows int, broker bool, who people) *plan {
	t.Helper()
	return newHeldPlan(t, rows, broker, 0, who)
}

// newHeldPlan is newPlan with a hold.
func newHeldPlan(t *testing.T, rows int, broker bool, hold time.Duration, who people) *plan {
	t.Helper()
	pki, err := authority()
	must(t, err)
	p := &plan{dir: t.TempDir(), pki: pki, rows: rows, people: who}
	var csv strings.Builder
	csv.WriteString("row;Avdeling;title;email;order;signer2_email;signer2_order;signer3_email;signer3_order;document;sender\r\n")
	for line := firstLine; line < firstLine+rows; line++ {
		sender := sandbox.Organization
		if broker && line%4 == 1 {
			sender = otherSender
		}
		fmt.Fprintf(&csv, "%d;Drift %d;Avtale %d;person%d@example.com;1;%s;%d.pdf;%s\r\n", 1000+line, line%2, line, line, besides(line), line, sender)
		must(t, os.WriteFile(filepath.Join(p.dir, fmt.Sprintf("%d.pdf", line)), onePage(fmt.Sprintf("Avtale %d", line)), 0o600))
	}
	must(t, os.WriteFile(filepath.Join(p.dir, "manifest.csv"), []byte(csv.String()), 0o600))
	p.batch = p.make(t, hold)
	return p
}

// besides are a row's signers behind the first: nobody, one beside it, one after it, or one
// beside it and one after both.
func besides(line int) string {
	return map[int]string{
		0: ";;;",
		1: fmt.Sprintf("kollega%d@example.com;1;leder%d@example.com;2", line, line),
		2: fmt.Sprintf("kollega%d@example.com;1;;", line),
		3: fmt.Sprintf("leder%d@example.com;2;;", line),
	}[line%4]
}

func (p *plan) make(t *testing.T, hold time.Duration) mailout.BatchID {
	t.Helper()
	portal, err := sandbox.New(sandbox.Options{PKI: p.pki})
	must(t, err)
	defer portal.Close()
	must(t, (&sandbox.Running{Sandbox: portal, URL: "https://127.0.0.1:443/api"}).WriteFiles(p.dir))
	settings, err := os.OpenFile(filepath.Join(p.dir, "batch.toml"), os.O_APPEND|os.O_WRONLY, 0)
	must(t, err)
	_, err = fmt.Fprintf(settings, "\n[[senders]]\norganization = %q\nkind = \"public\"\npolling_queue = \"other\"\n", otherSender)
	must(t, err)
	if hold > 0 {
		_, err = fmt.Fprintf(settings, "\n[send]\nhold = %q\n", hold)
		must(t, err)
	}
	must(t, settings.Close())
	a, err := app.Open(context.Background(), app.Options{Dir: p.dir, Now: func() time.Time { return epoch }})
	must(t, err)
	defer a.Close()
	planned, err := a.Plan(context.Background(), app.PlanOptions{Manifest: filepath.Join(p.dir, "manifest.csv")})
	if err != nil || planned.Batch == "" {
		t.Fatalf("planning: %v %v", err, planned.Problems)
	}
	return planned.Batch
}

// settings writes a world's own into its workspace.
func (w *world) settings() error {
	path := filepath.Join(w.dir, "batch.toml")
	raw, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	raw = bytes.Replace(raw, []byte("calls_per_second = 10"), fmt.Appendf(nil, "calls_per_second = %d", w.nature.PerSecond), 1)
	raw = fmt.Appendf(raw, "\n[documents]\nxades = %v\n", w.nature.XAdES)
	return os.WriteFile(path, raw, 0o600)
}

// onePage is a PDF of one page with a line of text.
func onePage(text string) []byte {
	var b bytes.Buffer
	var offsets []int
	b.WriteString("%PDF-1.7\n%\xe2\xe3\xcf\xd3\n")
	content := "BT /F1 12 Tf 72 720 Td (" + text + ") Tj ET"
	for i, object := range []string{
		"<</Type/Catalog/Pages 2 0 R>>",
		"<</Type/Pages/Kids[3 0 R]/Count 1>>",
		"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595.304 841.89]/Contents 4 0 R/Resources<</Font<</F1<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>>>>>>>",
		fmt.Sprintf("<</Length %d>>\nstream\n%s\nendstream", len(content), content),
	} {
		offsets = append(offsets, b.Len())
		fmt.Fprintf(&b, "%d 0 obj\n%s\nendobj\n", i+1, object)
	}
	xref := b.Len()
	fmt.Fprintf(&b, "xref\n0 %d\n0000000000 65535 f \n", len(offsets)+1)
	for _, o := range offsets {
		fmt.Fprintf(&b, "%010d 00000 n \n", o)
	}
	fmt.Fprintf(&b, "trailer\n<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n", len(offsets)+1, xref)
	return b.Bytes()
}
