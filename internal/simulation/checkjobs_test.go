package simulation

import (
	"encoding/hex"
	"os"
	"path/filepath"
	"slices"

	"batch/internal/mailout"
	"batch/internal/sandbox"
)

// numberOfJobs: one at most, but for those that the portal made twice by itself, and those
// of a row that a person said to be absent.
func (c *checker) numberOfJobs(r mailout.Record) {
	allowed := 1
	for ref, calls := range c.calls {
		if parts, _ := ref.Parse(); parts.Line != r.Line {
			continue
		}
		if c.w.wasHasty(ref) {
			allowed++
		}
		for _, call := range calls {
			if call.Fault == "duplicate" && call.Outcome == "created" {
				allowed++
			}
		}
	}
	if n := len(c.jobs[r.Line]); n > allowed {
		c.errorf("line %d has %d jobs at the portal: %+v", r.Line, n, c.jobs[r.Line])
	}
}

// job: the row's job is its own, with its documents, and is as far as the row is.
func (c *checker) job(r mailout.Record) {
	jobs := c.jobs[r.Line]
	n := slices.IndexFunc(jobs, func(j sandbox.JobView) bool { return j.ID == int64(r.JobID) })
	if n < 0 {
		c.errorf("line %d is %s with job %d, which the portal does not have for it", r.Line, r.State, r.JobID)
		return
	}
	j := jobs[n]
	if mailout.Ref(j.Reference) != r.Ref || j.Sender != string(r.Job.Sender) {
		c.errorf("line %d: job %d has reference %s and sender %s, the row %s and %s", r.Line, j.ID, j.Reference, j.Sender, r.Ref, r.Job.Sender)
	}
	for i, d := range r.Documents {
		if i >= len(j.Documents) || j.Documents[i].SHA256 != hex.EncodeToString(d.SHA256[:]) {
			c.errorf("line %d: job %d has the documents %v", r.Line, j.ID, j.Documents)
		}
	}
	if single := len(j.Signers) == 1; single && !r.HeldUntil.IsZero() && !r.HeldUntil.Equal(j.Opens) {
		c.errorf("line %d is held until %v, and its job %d opens at %v", r.Line, r.HeldUntil, j.ID, j.Opens)
	}
	if want := endOf(j); r.State != mailout.Created && r.State != want {
		c.errorf("line %d is %s, and its job %d is %s at the portal", r.Line, r.State, j.ID, want)
	}
	if r.State == mailout.Signed {
		c.intact(r.Signed, r.Line)
		c.xades(r)
	}
}

func (c *checker) xades(r mailout.Record) {
	if !c.w.nature.XAdES {
		return
	}
	for _, s := range r.Settled {
		c.intact(s.XAdES, r.Line)
	}
}

// endOf is how a job is over; created where it is not.
func endOf(j sandbox.JobView) mailout.State {
	signer := func(status string) bool {
		return slices.ContainsFunc(j.Signers, func(s sandbox.SignerView) bool { return s.Status == status })
	}
	switch {
	case j.Status == "COMPLETED_SUCCESSFULLY":
		return mailout.Signed
	case j.Status != "FAILED":
		return mailout.Created
	case signer("CANCELLED"):
		return mailout.Cancelled
	case signer("REJECTED"):
		return mailout.Rejected
	case signer("EXPIRED"):
		return mailout.Expired
	}
	return mailout.Failed
}

// intact: a file of the books is there, and what it was.
func (c *checker) intact(f mailout.SignedFile, line int) {
	raw, err := os.ReadFile(filepath.Join(c.dir, filepath.FromSlash(f.Path)))
	if err != nil || mailout.SumDigest(raw) != f.SHA256 || int64(len(raw)) != f.Bytes {
		c.errorf("line %d: the file %q is not what the books say (%v)", line, f.Path, err)
	}
}
