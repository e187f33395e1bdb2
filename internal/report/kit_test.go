package report

import (
	"errors"
	"iter"
	"os"
	"strings"
	"testing"
	"time"

	"batch/internal/mailout"
)

// Synthetic numbers: the month of birth + 80.
const (
	ingrid  = "01847830421"
	jonas   = "09866921137"
	manager = "08927240662"
)

var (
	oslo    = mustLoad("Europe/Oslo")
	noon    = time.Date(2026, 11, 21, 11, 0, 0, 0, time.UTC)
	someSum = mailout.SumDigest([]byte("a document"))
)

func mustLoad(name string) *time.Location {
	l, err := time.LoadLocation(name)
	if err != nil {
		panic(err)
	}
	return l
}

func columns(pairs ...string) (cs []mailout.Column) {
	for i := 0; i < len(pairs); i += 2 {
		cs = append(cs, mailout.Column{Name: pairs[i], Value: mailout.Text(pairs[i+1])})
	}
	return cs
}

func record(line int, key string, s mailout.State, cs []mailout.Column, who ...mailout.Signer) mailout.Record {
	r := mailout.Record{Batch: "2026-11-21-a7", State: s, Since: noon.Add(time.Hour), SentAt: noon}
	r.Line, r.Key, r.Columns = line, key, cs
	r.Job = mailout.Job{Sender: "988015814", Title: "Arbeidsavtale", NonsensitiveTitle: "Arbeidsavtale", Signers: who}
	r.Documents = []mailout.Document{{Title: "Arbeidsavtale", Name: "d1.pdf",
		Sources:  []mailout.Source{{Path: "avtaler/" + key + ".pdf", SHA256: someSum}, {Path: "vilkår.pdf", SHA256: someSum}},
		Prepared: mailout.Prepared{SHA256: someSum, Bytes: 48211, Pages: 2}}}
	r.Settled = make([]mailout.SignerBook, len(who))
	r.Ref = mailout.Ref("k3v9xq-2026-11-21-a7-" + key + "-1-8fj2m0qz-c4t")
	r.JobID = mailout.JobID(9_000_000_000_000_000_000 + int64(line))
	return r
}

func byNumber(id string, order int) mailout.Signer {
	return mailout.Signer{NationalID: mailout.NationalID(id), Order: order, Notify: mailout.NotifyLookup}
}

// sample is a batch with a row of most kinds: signed, rejected by the second of two
// signers, addressed by e-mail and mobile, unknown, refused, skipped and planned.
func sample() (mailout.BatchInfo, []mailout.Record) {
	signed := record(2, "1042", mailout.Signed, columns("Id", "1042", "Navn", "Ingrid Solbakken", "fødselsnummer", ingrid, "Merknad", "fnr. 018478-30421; ring først"), byNumber(ingrid, 0))
	signed.Settled[0] = mailout.SignerBook{Status: mailout.SignerSigned, Since: noon.Add(30 * time.Minute),
		XAdES: mailout.SignedFile{Path: "signed/2026-11-21-a7/1042-9000000000000000002-signer-1.xml", SHA256: someSum, Bytes: 5235}}
	signed.Signed = mailout.SignedFile{Path: "signed/2026-11-21-a7/1042-9000000000000000002.pdf", SHA256: someSum, Bytes: 61234}
	signed.Job.Available = 14 * 24 * time.Hour

	rejected := record(3, "1045", mailout.Rejected, columns("Id", "1045", "Navn", "Jonas Lillevik", "fødselsnummer", jonas, "Merknad", "=HYPERLINK(\"http://example.com\";\"klikk\")"), byNumber(jonas, 1), byNumber(manager, 2))
	rejected.Cause = "REJECTED"
	rejected.Settled = []mailout.SignerBook{{Status: mailout.SignerSigned, Since: noon}, {Status: mailout.SignerRejected, Since: noon.Add(time.Minute)}}

	contact := record(4, "1047", mailout.Created, columns("Id", "1047", "Navn", "Henrik Åsheim", "fødselsnummer", "", "Merknad", "-"),
		mailout.Signer{Email: "henrik@example.no", Mobile: "99999999", Notify: mailout.NotifyGiven})
	contact.Job.Activation = time.Date(2030, 1, 15, 7, 0, 0, 0, time.UTC)

	unknown := record(5, "1048", mailout.Unknown, columns("Id", "1048", "Navn", "Nora\nMyklebust", "fødselsnummer", "28816247030", "Merknad", ""), byNumber("28816247030", 0))
	unknown.JobID = 0

	refused := record(6, "1049", mailout.Refused, columns("Id", "1049", "Navn", "Emil Tangen", "fødselsnummer", "05839625598", "Merknad", "\"sitat\""), byNumber("05839625598", 0))
	refused.JobID, refused.Code, refused.Message = 0, "INVALID_SIGNER", "signer cannot be used"

	skipped := record(7, "1050", mailout.Skipped, columns("Id", "1050", "Navn", "Maja Fossum"))
	skipped.Ref, skipped.JobID, skipped.SentAt, skipped.Documents, skipped.Skipped = "", 0, time.Time{}, nil, true

	planned := record(8, "1051", mailout.Planned, columns("Id", "1051", "Navn", "Katarzyna Nowak", "fødselsnummer", "42908134618", "Merknad", ""), byNumber("42908134618", 0))
	planned.Ref, planned.JobID, planned.SentAt = "", 0, time.Time{}

	all := []mailout.Record{signed, rejected, contact, unknown, refused, skipped, planned}
	return books(all), all
}

func books(all []mailout.Record) mailout.BatchInfo {
	b := mailout.BatchInfo{ID: "2026-11-21-a7", State: mailout.Stopped, Digest: someSum, RowsDigest: someSum, ManifestPath: "/home/kari/manifest.xlsx",
		ManifestSHA256: someSum, Rows: len(all), CreatedAt: noon.Add(-time.Hour), ApprovedAt: noon.Add(-time.Minute), StopReason: "two unknown in a row", Totals: mailout.Totals{}}
	for _, r := range all {
		b.Totals[r.State]++
	}
	return b
}

func each(all []mailout.Record) iter.Seq2[mailout.Record, error] {
	return func(yield func(mailout.Record, error) bool) {
		for _, r := range all {
			if !yield(r, nil) {
				return
			}
		}
	}
}

var errBooks = errors.New("disk is gone")

// broken gives the first row, then an error.
func broken(all []mailout.Record) iter.Seq2[mailout.Record, error] {
	return func(yield func(mailout.Record, error) bool) {
		_ = yield(all[0], nil) && yield(mailout.Record{}, errBooks)
	}
}

// written is a report as it stands in the file.
func written(t *testing.T, all []mailout.Record, o Options) string {
	t.Helper()
	var out strings.Builder
	if o.Location == nil {
		o.Location = oslo
	}
	if o.Now.IsZero() {
		o.Now = noon.Add(time.Hour)
	}
	if _, err := Write(&out, books(all), each(all), o); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

// golden compares got with a file of testdata; UPDATE_GOLDEN=1 writes it.
func golden(t *testing.T, name, got string) {
	t.Helper()
	path := "testdata/" + name
	if os.Getenv("UPDATE_GOLDEN") != "" {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s differs; got:\n%s", path, got)
	}
}
