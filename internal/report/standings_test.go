package report

import (
	"fmt"
	"time"

	"batch/internal/mailout"
)

// standings is a row for each state, and for each standing that has words of its own.
func standings() (all []mailout.Record) {
	add := func(note string, s mailout.State, edits ...func(*mailout.Record)) {
		line := len(all) + 2
		r := record(line, fmt.Sprint(1000+line), s, columns("Id", fmt.Sprint(1000+line), "Merknad", note), byNumber(ingrid, 1), byNumber(jonas, 2))
		if s == mailout.Planned || s == mailout.Skipped {
			r.Ref, r.SentAt = "", time.Time{}
		}
		switch s {
		case mailout.Planned, mailout.Skipped, mailout.Sending, mailout.Unknown, mailout.Refused:
			r.JobID = 0
		}
		for _, edit := range edits {
			edit(&r)
		}
		all = append(all, r)
	}
	kept := func(r *mailout.Record) {
		r.Signed = mailout.SignedFile{Path: fmt.Sprintf("signed/%s/%s-%d.pdf", r.Batch, r.Key, r.JobID), SHA256: someSum, Bytes: 61234}
	}
	ended := func(cause mailout.SignerStatus) func(*mailout.Record) {
		return func(r *mailout.Record) {
			r.Cause, r.Settled[1] = string(cause), mailout.SignerBook{Status: cause, Since: noon.Add(time.Minute)}
		}
	}
	add("not sent", mailout.Planned)
	add("being sent", mailout.Sending)
	add("nobody has signed", mailout.Created)
	add("one of two has signed", mailout.Created, func(r *mailout.Record) {
		r.Settled[0] = mailout.SignerBook{Status: mailout.SignerSigned, Since: noon.Add(time.Minute)}
	})
	add("all have signed", mailout.Created, allSigned)
	add("starts later", mailout.Created, func(r *mailout.Record) { r.Job.Activation = noon.AddDate(0, 0, 7) })
	add("held, with a deadline", mailout.Created, func(r *mailout.Record) { r.HeldUntil, r.Job.Deadline = noon.Add(6*time.Hour), noon.AddDate(0, 0, 3) })
	add("two jobs", mailout.Created, func(r *mailout.Record) { r.Duplicates = []mailout.JobID{77} })
	add("no answer", mailout.Unknown)
	add("signed", mailout.Signed, allSigned, kept)
	add("not fetched", mailout.Signed, allSigned)
	add("doubtful", mailout.Signed, allSigned, kept, func(r *mailout.Record) { r.Doubtful = true })
	add("said no", mailout.Rejected, ended(mailout.SignerRejected))
	add("too late", mailout.Expired, ended(mailout.SignerExpired))
	add("opted out", mailout.Failed, ended("RESERVED"))
	add("no address", mailout.Failed, ended("CONTACT_INFORMATION_MISSING"))
	add("a status of tomorrow", mailout.Failed, ended("MOVED_ABROAD"))
	add("withdrawn", mailout.Cancelled, func(r *mailout.Record) { r.Ref, r.JobID, r.SentAt = "", 0, time.Time{} })
	add("cancelled", mailout.Cancelled, ended(mailout.SignerCancelled))
	add("refused", mailout.Refused, func(r *mailout.Record) { r.Code, r.Message = "INVALID_SIGNER", "signer "+ingrid+" cannot be used" })
	add("left out", mailout.Skipped, func(r *mailout.Record) {
		r.Code, r.Message, r.Skipped, r.Documents = "document-missing", "avtaler/x.pdf is not there", true, nil
	})
	add("sent before", mailout.Skipped, func(r *mailout.Record) {
		r.Code, r.Message, r.Skipped = "repeat-of-earlier", "this letter went out as line 14 of 2026-11-20-b3", true
	})
	return all
}
