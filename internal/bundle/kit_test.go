package bundle

import (
	"bytes"
	"fmt"
	"hash/crc32"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"batch/internal/identity/identitytest"
	"batch/internal/judgetest"
	"batch/internal/mailout"
)

var oslo = time.FixedZone("", 3600)

var now = time.Date(2026, 11, 21, 10, 30, 42, 115e6, oslo)

const person, another = "01845012345", "02845054321"

// shapes are jobs of every kind that JobXML has a form for, with their number of documents.
var shapes = map[string]struct {
	job  mailout.Job
	docs int
}{
	"by number, given addresses": {docs: 1, job: job(mailout.Signer{NationalID: person, Email: "kari@example.com", Mobile: "+4799999999", Notify: mailout.NotifyGiven})},
	"by number, mobile only":     {docs: 1, job: job(mailout.Signer{NationalID: person, Mobile: "99999999", Notify: mailout.NotifyGiven})},
	"contact: e-mail":            {docs: 1, job: job(mailout.Signer{Email: "kari@example.com", Notify: mailout.NotifyGiven})},
	"contact: mobile":            {docs: 1, job: job(mailout.Signer{Mobile: "99999999", Notify: mailout.NotifyGiven})},
	"contact: both":              {docs: 1, job: job(mailout.Signer{Email: `"a&b"<c>@example.com`, Mobile: "+4799999999", Notify: mailout.NotifyGiven})},
	"lookup":                     {docs: 1, job: job(lookup(person))},
	"lookup and SMS":             {docs: 1, job: job(mailout.Signer{NationalID: person, Notify: mailout.NotifyLookupSMS, OnBehalfOf: mailout.Self})},
	"on behalf of another":       {docs: 1, job: job(mailout.Signer{NationalID: person, Email: "kari@example.com", Notify: mailout.NotifyGiven, OnBehalfOf: mailout.Other, SignatureType: mailout.Advanced})},
	"in order":                   {docs: 2, job: job(inOrder(lookup(person), 0), inOrder(lookup(another), 9))},
	"in parallel":                {docs: 1, job: job(inOrder(lookup(person), 3), inOrder(lookup(another), 3))},
	"mixed orders": {docs: 1, job: job(inOrder(lookup(person), 1), inOrder(lookup(another), 2),
		inOrder(mailout.Signer{Email: "ola@example.com", Notify: mailout.NotifyGiven}, 2))},
	"twenty documents": {docs: 20, job: job(lookup(person))},
	"special characters": {docs: 3, job: with(job(lookup(person)), func(j *mailout.Job) {
		j.Title, j.NonsensitiveTitle = `Æ <ø> & "å" 'ß' ]]> 🔑`, " a  b "
		j.Description = "first\r\nsecond\n\tthird\rfourth"
	})},
	"everything": {docs: 2, job: with(job(lookup(person)), func(j *mailout.Job) {
		j.NonsensitiveTitle, j.Description = "Arbeidsavtale", "Les og signer."
		j.Authentication, j.Identifier = 4, mailout.BirthDateAndName
		j.Signers[0].SignatureType = mailout.Authenticated
		j.Activation = time.Date(2026, 12, 1, 8, 0, 0, 0, oslo)
		j.Available = 14 * 24 * time.Hour
	})},
	"activation in UTC": {docs: 1, job: with(job(lookup(person)), func(j *mailout.Job) { j.Activation = time.Date(2027, 7, 1, 6, 0, 0, 0, time.UTC) })},
	"activation passed": {docs: 1, job: with(job(lookup(person)), func(j *mailout.Job) { j.Activation = now; j.Available = time.Hour })},
	"deadline":          {docs: 1, job: with(job(lookup(person)), func(j *mailout.Job) { j.Deadline = now.Add(36 * time.Hour) })},
	"deadline after activation": {docs: 1, job: with(job(lookup(person)), func(j *mailout.Job) {
		j.Activation, j.Deadline = now.Add(24*time.Hour), now.Add(36*time.Hour)
	})},
}

func job(signers ...mailout.Signer) mailout.Job {
	return mailout.Job{Sender: "988015814", Title: "Arbeidsavtale", Signers: signers}
}

func with(j mailout.Job, change func(*mailout.Job)) mailout.Job { change(&j); return j }

func lookup(id mailout.NationalID) mailout.Signer {
	return mailout.Signer{NationalID: id, Notify: mailout.NotifyLookup}
}

func inOrder(s mailout.Signer, order int) mailout.Signer { s.Order = order; return s }

// store holds the bytes of prepared documents by digest.
type store map[mailout.Digest][]byte

func (s store) open(d mailout.Document) (io.ReadCloser, error) {
	content, ok := s[d.SHA256]
	if !ok {
		return nil, os.ErrNotExist
	}
	return io.NopCloser(bytes.NewReader(content)), nil
}

// documents makes n different ones of about size bytes each. What they hold is no
// matter to a bundle.
func documents(n, size int) ([]mailout.Document, store) {
	var docs []mailout.Document
	kept := store{}
	for i := range n {
		content := fmt.Appendf(bytes.Repeat([]byte{'%'}, size), "%d", i)
		d := mailout.Document{Title: mailout.Text(fmt.Sprintf("Bilag %d & æøå <1>", i)), Name: fmt.Sprintf("%02d_a-b.pdf", i)}
		d.Prepared = mailout.Prepared{SHA256: mailout.SumDigest(content), CRC32: crc32.ChecksumIEEE(content), Bytes: int64(len(content)), Pages: 1}
		docs, kept[d.SHA256] = append(docs, d), content
	}
	return docs, kept
}

func newSealer(t testing.TB) (*identitytest.Kit, *Sealer) {
	t.Helper()
	kit := identitytest.New(t, "988015814", now)
	sealer, err := NewSealer(kit.Identity.Chain, kit.Identity.Key)
	if err != nil {
		t.Fatal(err)
	}
	return kit, sealer
}

// seal makes the bundle of a shape and returns its bytes.
func seal(t *testing.T, sealer *Sealer, j mailout.Job, n int) []byte {
	t.Helper()
	docs, kept := documents(n, 1000)
	jobXML, err := JobXML(j, docs, now)
	if err != nil {
		t.Fatal(err)
	}
	sealed, err := sealAt(sealer, jobXML, docs, now, kept.open)
	if err != nil {
		t.Fatal(err)
	}
	return written(t, sealed)
}

// sealAt makes a bundle and signs it.
func sealAt(s *Sealer, jobXML []byte, docs []mailout.Document, at time.Time, open opener) (*Bundle, error) {
	b, err := s.Prepare(jobXML, docs, open)
	if err != nil {
		return nil, err
	}
	return b, b.Sign(at)
}

func written(t *testing.T, b *Bundle) []byte {
	t.Helper()
	var out bytes.Buffer
	n, err := b.WriteTo(&out)
	if err != nil {
		t.Fatal(err)
	}
	if n != b.Size() || n != int64(out.Len()) {
		t.Errorf("WriteTo says %d bytes, Size %d; %d were written", n, b.Size(), out.Len())
	}
	return out.Bytes()
}

// judge runs a program that is not ours and fails with what it says. The project's CI
// must have it.
func judge(t *testing.T, folder, name string, arguments ...string) {
	t.Helper()
	if out, err := judged(t, folder, name, arguments...); err != nil {
		t.Errorf("%s: %v\n%s", name, err, out)
	}
}

func judged(t *testing.T, folder, name string, arguments ...string) ([]byte, error) {
	t.Helper()
	command := exec.Command(judgetest.Find(t, name), arguments...)
	command.Dir = folder
	return command.CombinedOutput()
}

// schema returns the path of one of the portal's XSDs.
func schema(t *testing.T, name string) string {
	t.Helper()
	path, err := filepath.Abs("../../../shared/spec/xsd/" + name)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(path); err != nil {
		t.Skipf("the portal's schemas are not beside the project: %v", err)
	}
	return path
}

func writeFile(t *testing.T, path string, content []byte) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
}
