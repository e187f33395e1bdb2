package report

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"batch/internal/mailout"
)

// mailing is a batch of n rows, five days after it was sent: most are signed, some by two
// signers one after the other, and every state occurs.
func mailing(n int) (mailout.BatchInfo, []mailout.Record) {
	random := rand.New(rand.NewPCG(1, 2))
	names, places := []string{"Ingrid", "Jonas", "Nora", "Emil", "Maja", "Henrik", "Åse", "Øystein"}, []string{"Helse og omsorg", "Oppvekst", "Plan og bygg", "Kultur"}
	var all []mailout.Record
	for i := range n {
		who := fmt.Sprintf("%s Testesen %d", names[random.IntN(len(names))], i)
		number := fmt.Sprintf("%011d", 1_800_000_000+i*7919)
		key := fmt.Sprint(1000 + i)
		cells := columns("Id", key, "Navn", who, "Avdeling", places[random.IntN(len(places))], "fødselsnummer", number, "Merknad", "")
		cells[0].Field, cells[3].Field = "row", "national_id"
		signers := []mailout.Signer{byNumber(number, 1)}
		if i%5 == 0 {
			signers = append(signers, byNumber(manager, 2))
		}
		r := record(2+i, key, mailout.Created, cells, signers...)
		r.SentAt = noon.Add(time.Duration(i) * 400 * time.Millisecond)
		r.Since = r.SentAt
		r.Job.Available = 14 * 24 * time.Hour
		fate(&r, random)
		all = append(all, r)
	}
	return books(all), all
}

// fate lets a row come into some state, at some time after it was sent.
func fate(r *mailout.Record, random *rand.Rand) {
	after := time.Duration(math.Pow(random.Float64(), 3) * 5 * 24 * float64(time.Hour))
	at := r.SentAt.Add(after)
	ended := func(s mailout.State, status mailout.SignerStatus) {
		r.State, r.Since = s, at.Add(3*time.Minute)
		for i := range r.Settled {
			r.Settled[i] = mailout.SignerBook{Status: "NOT_APPLICABLE", Since: at}
		}
		r.Settled[0].Status = status
		r.Cause = string(status)
	}
	unsent := func(s mailout.State) {
		r.State, r.Ref, r.JobID, r.SentAt = s, "", 0, time.Time{}
	}
	switch p := random.Float64(); {
	case p < 0.72:
		ended(mailout.Signed, mailout.SignerSigned)
		r.Cause = ""
		for i := range r.Settled {
			r.Settled[i] = mailout.SignerBook{Status: mailout.SignerSigned, Since: r.SentAt.Add(time.Duration(i+1) * after / time.Duration(len(r.Settled)))}
		}
		r.Signed = mailout.SignedFile{Path: fmt.Sprintf("signed/2026-11-21-a7/%s-%d.pdf", r.Key, r.JobID), SHA256: mailout.SumDigest([]byte(r.Key)), Bytes: 61234}
		r.Doubtful = random.IntN(300) == 0
	case p < 0.88:
		r.Job.Available = time.Duration(6+random.IntN(16)) * 24 * time.Hour
	case p < 0.91:
		ended(mailout.Rejected, mailout.SignerRejected)
	case p < 0.93:
		ended(mailout.Expired, mailout.SignerExpired)
	case p < 0.945:
		ended(mailout.Failed, []mailout.SignerStatus{"RESERVED", "CONTACT_INFORMATION_MISSING", "BLOCKED"}[random.IntN(3)])
	case p < 0.955:
		ended(mailout.Cancelled, mailout.SignerCancelled)
	case p < 0.965:
		r.State, r.JobID, r.Code, r.Message = mailout.Refused, 0, "INVALID_SIGNER", "signer cannot be used"
	case p < 0.97:
		r.State, r.JobID = mailout.Unknown, 0
	case p < 0.98:
		unsent(mailout.Skipped)
		r.Code, r.Message, r.Skipped = "national-id-check-digits", "the check digits do not hold", true
	case p < 0.985:
		r.State, r.JobID = mailout.Sending, 0
	default:
		unsent(mailout.Planned)
	}
}

// page is an html report, as it stands in the file.
func page(t *testing.T, b mailout.BatchInfo, all []mailout.Record, o Options) string {
	t.Helper()
	o.Format, o.Location = "html", oslo
	if o.Now.IsZero() {
		o.Now = noon.AddDate(0, 0, 5)
	}
	var out strings.Builder
	if _, err := Write(&out, b, each(all), o); err != nil {
		t.Fatal(err)
	}
	return out.String()
}
