package ledger

import (
	"encoding/json"
	"fmt"

	"batch/internal/mailout"
)

type bookedSigner struct {
	mailout.Signer
	mailout.SignerBook
}

func (*bookedSigner) query(which string) string {
	return `SELECT line, national_id, email, mobile, ord, signature_type, on_behalf_of, notify, status, since FROM signers WHERE ` + which + ` ORDER BY line, n`
}

func (s *bookedSigner) dest() []any {
	return []any{(*string)(&s.NationalID), (*string)(&s.Email), (*string)(&s.Mobile), number[int]{&s.Order}, (*string)(&s.SignatureType),
		(*string)(&s.OnBehalfOf), (*string)(&s.Notify), (*string)(&s.Status), moment{&s.Since}}
}

func (s *bookedSigner) add(r *mailout.Record) error {
	r.Job.Signers, r.Settled = append(r.Job.Signers, s.Signer), append(r.Settled, s.SignerBook)
	return nil
}

// signersOf reads the signers of one row.
func signersOf(q querier, batch mailout.BatchID, line int) ([]bookedSigner, error) {
	var r mailout.Record
	c, err := openCursors(q, []part[mailout.Record]{new(bookedSigner)}, `batch = ? AND line = ?`, []any{string(batch), line})
	defer c.close()
	if err != nil {
		return nil, err
	}
	if err := c.fill(line, &r); err != nil {
		return nil, err
	}
	all := make([]bookedSigner, len(r.Settled))
	for i := range all {
		all[i] = bookedSigner{r.Job.Signers[i], r.Settled[i]}
	}
	return all, nil
}

type bookedDocument struct {
	mailout.Document
	sources string
}

func (*bookedDocument) query(which string) string {
	return `SELECT line, title, name, sha256, crc32, bytes, pages, sources FROM documents WHERE ` + which + ` ORDER BY line, n`
}

func (d *bookedDocument) dest() []any {
	return []any{(*string)(&d.Title), &d.Name, hexDigest{&d.SHA256}, &d.CRC32, &d.Bytes, &d.Pages, &d.sources}
}

func (d *bookedDocument) add(r *mailout.Record) error {
	d.Sources = nil // the one before keeps its own
	if err := json.Unmarshal([]byte(d.sources), &d.Sources); err != nil {
		return fmt.Errorf("reading a document's sources: %w", err)
	}
	r.Documents = append(r.Documents, d.Document)
	return nil
}

// keptFile is what is kept of the row's job: the signed document or a signer's XAdES. Of each
// the one without doubt counts, and of several the newest.
type keptFile struct {
	mailout.SignedFile
	keeping
	signer int
	odd    string          // a JSON list
	row    int             // whose files those are
	best   map[int]keeping // by signer
}

// keeping is how a file is kept.
type keeping struct{ doubt, at string }

func (k keeping) before(o keeping) bool {
	return k.doubt != "" && o.doubt == "" || (k.doubt == "") == (o.doubt == "") && k.at <= o.at
}

func newKeptFile() *keptFile { return &keptFile{best: map[int]keeping{}} }

// The job is the row's own: a file may have been kept before it was known whose it is.
func (*keptFile) query(which string) string {
	return `SELECT r.line, f.signer, iif(f.gone_at = '', f.path, ''), f.sha256, f.bytes, f.doubt, f.warnings, f.at FROM (SELECT line, job_id FROM rows WHERE ` + which + ` AND job_id IS NOT NULL) r
		CROSS JOIN files f ON f.job_id = r.job_id WHERE f.state = 'kept' ORDER BY r.line`
}

func (f *keptFile) dest() []any {
	return []any{number[int]{&f.signer}, &f.Path, hexDigest{&f.SHA256}, number[int64]{&f.Bytes}, &f.doubt, &f.odd, &f.at}
}

func (f *keptFile) add(r *mailout.Record) error {
	if f.row != r.Line {
		f.row = r.Line
		clear(f.best)
	}
	if known, found := f.best[f.signer]; found && f.keeping.before(known) {
		return nil
	}
	f.best[f.signer] = f.keeping
	r.Doubtful = false
	for _, k := range f.best {
		r.Doubtful = r.Doubtful || k.doubt != ""
	}
	if f.signer == 0 {
		r.Signed = f.SignedFile
		return readOdd(f.odd, &r.Odd)
	}
	if f.signer <= len(r.Settled) {
		r.Settled[f.signer-1].XAdES = f.SignedFile
	}
	return nil
}

// readOdd reads what is odd about a file; nearly always nothing is.
func readOdd(list string, into *[]string) error {
	*into = nil
	if list == "[]" {
		return nil
	}
	if err := json.Unmarshal([]byte(list), into); err != nil {
		return fmt.Errorf("reading what is odd about a file: %w", err)
	}
	return nil
}

// otherJob is another job that the portal is proved to have for the row, as long as nobody has
// laid the alarm to rest.
type otherJob struct{ id int64 }

func (*otherJob) query(which string) string {
	return `SELECT line, job_id FROM alarms WHERE kind = '` + string(mailout.AlarmDuplicate) + `' AND laid_at IS NULL AND ` + which + ` ORDER BY line, id`
}

func (j *otherJob) dest() []any { return []any{&j.id} }

func (j *otherJob) add(r *mailout.Record) error {
	r.Duplicates = append(r.Duplicates, mailout.JobID(j.id))
	return nil
}
