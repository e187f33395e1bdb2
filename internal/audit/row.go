package audit

import (
	"fmt"
	"slices"

	"batch/internal/mailout"
)

// row is all that the books say of one line.
type row struct {
	*auditor
	mailout.Evidence
}

// gone looks whether a line that has no row had one: only a row moves. (What comes with a Ref that
// the books do not know moves nothing.)
func (r row) gone() {
	moved := slices.ContainsFunc(r.Events, func(h mailout.EventBook) bool { return h.From != h.To })
	if moved || len(r.Attempts)+len(r.Signers) > 0 {
		r.wrong("row-missing", "the books tell what happened to this row, and have no row")
	}
}

func (r row) wrong(code, format string, args ...any) {
	r.found(Finding{Code: code, Line: r.Line, Job: r.JobID, Message: fmt.Sprintf(format, args...), Remedy: restore})
}

// chain plays the row's history: every move must be one of mailout.Next, begin where the one
// before it ended, and the last end where the row is. A row that the books were rebuilt with has
// no beginning but that.
func (r row) chain() {
	state, since := mailout.Planned, r.Since
	switch {
	case r.Bare:
		state = ""
	case r.State == mailout.Skipped:
		state = mailout.Skipped
	}
	for i, h := range r.Events {
		if i > 0 && h.Seq <= r.Events[i-1].Seq {
			r.wrong("history-order", "its history is out of order at event %d", h.Seq)
		}
		if h.From == h.To {
			continue // something that moved nothing
		}
		if h.From != state {
			r.wrong("history-broken", "event %d (%s) takes the row from %s, where it was not: it was %s", h.Seq, h.Kind, named(h.From), named(state))
		}
		to, err := mailout.Next(h.From, mailout.Event(h.Kind))
		if rebuilt := r.Bare && h.From == "" && h.Kind == string(mailout.Restore) && h.To == mailout.Unknown; !rebuilt && (err != nil || to != h.To) {
			r.wrong("history-impossible", "event %d (%s) takes the row from %s to %s, which cannot be", h.Seq, h.Kind, named(h.From), named(h.To))
		}
		if h.Kind == string(mailout.Begin) && (r.approved == 0 || h.Seq < r.approved) && !r.rebuilt {
			r.wrong("sent-unapproved", "the row was sent (event %d) before anybody had approved the batch", h.Seq)
		}
		state, since = h.To, h.At
	}
	if state != r.State {
		r.wrong("history-state", "its history ends with %s, and the row is %s", named(state), r.State)
	} else if !since.Equal(r.Since) {
		r.wrong("history-since", "its history ends on %s, and the row is %s since %s", since.UTC().Format("2006-01-02 15:04:05"), r.State, r.Since.UTC().Format("2006-01-02 15:04:05"))
	}
}

func named(s mailout.State) string {
	if s == "" {
		return "nothing"
	}
	return string(s)
}

// attempts holds the row against its tries at being sent.
func (r row) attempts() {
	newest := slices.IndexFunc(r.Attempts, func(a mailout.AttemptBook) bool { return a.Ref == r.Ref })
	if r.Ref != "" && newest < 0 {
		r.wrong("attempt-missing", "the books have no attempt of its reference %s", r.Ref)
	}
	if r.Ref == "" && r.JobID != 0 {
		r.wrong("attempt-missing", "the row has job %d and was never sent", r.JobID)
	}
	if newest >= 0 && r.State == mailout.Refused && r.Attempts[newest].Outcome != mailout.OutcomeRefused {
		r.wrong("attempt-outcome", "the row is refused, and the outcome of its attempt is %q", r.Attempts[newest].Outcome)
	}
	for _, a := range r.Attempts {
		r.attempt(a)
	}
	if r.JobID != 0 && !slices.ContainsFunc(r.Attempts, func(a mailout.AttemptBook) bool { return a.JobID == r.JobID }) {
		r.wrong("job-without-attempt", "none of its attempts made its job %d", r.JobID)
	}
}

// attempt looks whether one was of this row, and sent what was planned for it.
func (r row) attempt(a mailout.AttemptBook) {
	p, ok := a.Ref.Parse()
	if !ok || p.Batch != r.o.Batch.ID || p.Attempt != a.N || p.Line != r.Line && !a.Rebuilt() {
		r.wrong("attempt-reference", "the reference %s of attempt %d is not one of this row", a.Ref, a.N)
	}
	if !a.Documents.IsZero() && a.Documents != r.Documents {
		r.wrong("attempt-documents", "attempt %d sent other documents than those that the row has", a.N)
	}
}

// ends are the events by which a job's final change ends a row, with the cause that the books then
// have; the cause of a failed one is any other.
var ends = map[mailout.State]struct {
	status mailout.JobStatus
	cause  mailout.SignerStatus
}{
	mailout.Signed:    {mailout.Completed, ""},
	mailout.Rejected:  {mailout.JobFailed, mailout.SignerRejected},
	mailout.Expired:   {mailout.JobFailed, mailout.SignerExpired},
	mailout.Cancelled: {mailout.JobFailed, mailout.SignerCancelled},
	mailout.Failed:    {mailout.JobFailed, ""},
}

// end looks whether a status change tells the row's end, and the end that the row has.
func (r row) end() {
	want, over := ends[r.State]
	if !over || r.JobID == 0 {
		return
	}
	told := slices.ContainsFunc(r.Changes, func(c mailout.ChangeBook) bool { return c.JobID == r.JobID && c.Status == want.status })
	if !told {
		r.wrong("end-untold", "the row is %s, and no status change of job %d says %s", r.State, r.JobID, want.status)
	}
	decided := slices.Contains([]mailout.SignerStatus{mailout.SignerRejected, mailout.SignerExpired, mailout.SignerCancelled}, mailout.SignerStatus(r.Cause))
	if r.State == mailout.Failed && decided || r.State != mailout.Failed && r.Cause != string(want.cause) {
		r.wrong("end-cause", "the row is %s, and the cause in the books is %q", r.State, r.Cause)
	}
	for _, c := range r.Changes {
		if c.JobID == r.JobID && c.Status == want.status && !c.Confirmed {
			r.found(Finding{Severity: Note, Code: "unconfirmed", Line: r.Line, Job: r.JobID, Message: "the row is over, and its final status change is not confirmed to the portal yet", Remedy: "batch follow " + string(r.o.Batch.ID)})
		}
	}
}

// signers looks whether the people of the row did what its end says: all have signed, or one did
// what is the cause.
func (r row) signers() {
	end, over := ends[r.State]
	if !over || r.JobID == 0 || r.Bare || r.State == mailout.Failed {
		return
	}
	if cause := end.cause; cause != "" {
		if !slices.Contains(r.Signers, cause) {
			r.wrong("signers", "the row is %s, and the books have none of its %d signers as %s", r.State, len(r.Signers), cause)
		}
		return
	}
	signed := 0
	for _, s := range r.Signers {
		if s == mailout.SignerSigned {
			signed++
		}
	}
	if signed != len(r.Signers) || signed == 0 {
		r.wrong("signers", "the row is signed, and of its %d signers the books have %d as having signed", len(r.Signers), signed)
	}
}

// jobs looks whether each job that anything names is the row's, or has raised an alarm, and that
// none was given up to the portal before its document was kept. (What comes when a batch is purged
// is confirmed and not kept.)
func (r row) jobs() {
	var seen []mailout.JobID
	met := func(job mailout.JobID) {
		if job == 0 || job == r.JobID || slices.Contains(seen, job) {
			return
		}
		seen = append(seen, job)
		if !slices.ContainsFunc(r.Raised, func(a mailout.Alarm) bool { return a.JobID == job }) {
			r.found(Finding{Code: "job-unaccounted", Line: r.Line, Job: job, Message: fmt.Sprintf("job %d belongs to this line, is not its row's, and no alarm was ever raised about it", job), Remedy: restore})
		}
	}
	for _, a := range r.Attempts {
		met(a.JobID)
	}
	for _, h := range r.Events {
		if h.Kind == "change" || !h.Kept.IsZero() { // others may name a job that a person misread
			met(h.JobID)
		}
	}
	for _, f := range r.Files {
		met(f.JobID)
	}
	for _, c := range r.Changes {
		met(c.JobID)
		if c.Status == mailout.Completed && (c.Tried || c.Confirmed) && !r.has(c.JobID) && !c.Late {
			r.found(Finding{Code: "confirmed-without-document", Line: r.Line, Job: c.JobID, Message: "its status change was confirmed, and no signed document of it is kept", Remedy: "the portal may have deleted its copy: ask it for the document at once"})
		}
	}
	if r.State == mailout.Signed && !r.has(r.JobID) && !r.revivedLate() {
		r.wrong("document-missing", "the row is signed, and the books have no signed document of its job %d", r.JobID)
	}
}

// revivedLate reports whether the row has moved since its batch was purged. All rows were over
// then: a job of it has come to light that nobody knew of, and nothing of that is kept.
func (r row) revivedLate() bool {
	return r.purged > 0 && slices.ContainsFunc(r.Events, func(h mailout.EventBook) bool { return h.From != h.To && h.Seq > r.purged })
}

// has reports whether the books have a job's signed document, in its place and not doubtful.
func (r row) has(job mailout.JobID) bool {
	return slices.ContainsFunc(r.Files, func(f mailout.FileBook) bool {
		return f.JobID == job && f.Signer == 0 && f.Path != "" && f.Doubt == "" && f.Serves(mailout.Completed)
	})
}
