package audit_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"batch/internal/audit"
	"batch/internal/mailout"
)

func TestAWholeBatchHasNoFindings(t *testing.T) {
	b := whole(t)
	found, r := b.audit()
	if len(found) > 0 {
		t.Errorf("findings %v", found)
	}
	if got := fmt.Sprint(r.Totals, r.Documents, r.XAdES, r.Reports, r.Problems, r.Notes); got != "map[rejected:1 signed:1 skipped:1] 1 2 1 0 0" {
		t.Errorf("looked at %s", got)
	}
}

// Each kind of damage is found by its name, and nothing else is.
func TestEachKindOfDamageIsFoundByItsName(t *testing.T) {
	const pdf, xml = "signed/2026-11-21-a7/1042-1795303743001.pdf", "signed/2026-11-21-a7/1042-1795303743001-signer-2.xml"
	signed := func(b *books) *mailout.Evidence { return &b.evidence[1] }
	rejected := func(b *books) *mailout.Evidence { return &b.evidence[2] }
	for _, c := range []struct {
		name, want string // codes of problems
		damage     func(b *books)
	}{
		{"a document is gone", "file-missing", func(b *books) { must(t, os.Remove(b.path(pdf))) }},
		{"all documents are gone", "file-missing file-missing file-missing", func(b *books) { must(t, os.RemoveAll(b.path("signed"))) }},
		{"a file has the folder's name", "file-missing file-missing file-missing", func(b *books) { must(t, os.RemoveAll(b.path("signed"))); b.write("signed", "x") }},
		{"a document has another byte", "file-changed", func(b *books) {
			raw, err := os.ReadFile(b.path(pdf))
			must(t, err)
			raw[100] ^= 1
			b.write(pdf, string(raw))
		}},
		{"a document is cut", "file-changed", func(b *books) { must(t, os.Truncate(b.path(pdf), 50)) }},
		{"a link stands where it was", "file-replaced", func(b *books) {
			must(t, os.Rename(b.path(pdf), b.path("elsewhere.pdf")))
			must(t, os.Symlink(b.path("elsewhere.pdf"), b.path(pdf)))
		}},
		{"the books name a file elsewhere", "file-elsewhere", func(b *books) { b.keep(1, 0, "manifest.csv", "x") }},
		{"the books lead out of the folder", "file-elsewhere", func(b *books) {
			signed(b).Files[0].Path = "signed/2026-11-21-a7/../../" + pdf
			must(t, os.Remove(b.path(pdf)))
		}},
		{"a document was broken before it was kept", "file-not-whole", func(b *books) {
			raw, err := os.ReadFile(b.path(pdf))
			must(t, err)
			b.rewrite(1, 0, strings.Replace(string(raw), "avtale", "AVTALE", 1))
		}},
		{"a XAdES is none", "xades-not-whole", func(b *books) { b.rewrite(1, 2, "<html/>") }},
		{"a XAdES is gone", "file-missing", func(b *books) { must(t, os.Remove(b.path(xml))) }},
		{"a XAdES is not in the books", "file-forgotten xades-missing file-extra", func(b *books) { signed(b).Files = signed(b).Files[:2] }},
		{"a file was put there", "file-extra", func(b *books) { b.write("signed/2026-11-21-a7/1043-5.pdf", "x") }},
		{"a folder was put there", "file-extra", func(b *books) { b.write("signed/2026-11-21-a7/more/x", "x") }},
		{"a file has the name of the doubtful ones' folder", "file-extra", func(b *books) { b.write("signed/2026-11-21-a7/doubtful", "x") }},
		{"a file was put among the doubtful", "file-extra", func(b *books) { b.write("signed/2026-11-21-a7/doubtful/1043-5.pdf", "x") }},
		{"the document is not in the books", "confirmed-without-document document-missing file-forgotten file-extra", func(b *books) { signed(b).Files = signed(b).Files[1:] }},
		{"nor in those of a purged batch", "confirmed-without-document document-missing file-forgotten file-extra", func(b *books) { b.batch.State, signed(b).Files = mailout.Purged, signed(b).Files[1:] }},
		{"another document has its place, on the disk and in the books", "file-untold file-forgotten", func(b *books) {
			raw, err := os.ReadFile(b.path(pdf))
			must(t, err)
			other := string(raw) + "\n% another's\n%%EOF\n"
			b.write(pdf, other)
			f := &signed(b).Files[0]
			f.SHA256, f.Bytes = mailout.SumDigest([]byte(other)), int64(len(other))
		}},
		{"only a doubtful one is", "confirmed-without-document document-missing", func(b *books) { signed(b).Files[0].Doubt = "odd" }},
		{"only that of the job before it failed is", "confirmed-without-document document-missing", func(b *books) { signed(b).Files[0].Of = mailout.JobFailed }},
		{"a signer has not signed", "signers", func(b *books) { signed(b).Signers[1] = mailout.SignerWaiting }},
		{"nobody has rejected it", "signers", func(b *books) { rejected(b).Signers[0] = mailout.SignerSigned }},
		{"the row has no signers", "signers", func(b *books) { signed(b).Signers = nil }},
		{"a row is missing", "sum", func(b *books) { b.evidence = b.evidence[:3] }},
		{"a row is missing, and was counted out", "row-missing job-unaccounted", func(b *books) {
			e := rejected(b)
			e.Row, e.State, e.Ref, e.JobID = false, "", "", 0
			delete(b.kept, mailout.Rejected)
		}},
		{"a row is in another state", "history-state end-cause signers sum sum", func(b *books) { rejected(b).State = mailout.Expired }},
		{"a done batch has an open row", "done-with-open-rows", func(b *books) {
			b.evidence[3].State = mailout.Planned
			b.kept = mailout.Totals{mailout.Signed: 1, mailout.Rejected: 1, mailout.Planned: 1}
		}},
		{"an event is gone", "history-broken", func(b *books) { rejected(b).Events = rejected(b).Events[1:] }},
		{"the last event is gone", "history-state", func(b *books) { rejected(b).Events = rejected(b).Events[:2] }},
		{"an event cannot be", "history-impossible", func(b *books) { rejected(b).Events[1].Kind = string(mailout.Complete) }},
		{"events changed their places", "history-order", func(b *books) { rejected(b).Events[1].Seq = 30 }},
		{"the row's moment is another", "history-since", func(b *books) { rejected(b).Since = rejected(b).Since.Add(time.Second) }},
		{"it was sent before it was approved", "sent-unapproved sent-unapproved", func(b *books) { b.evidence[0].Events[0].Seq = 99 }},
		{"nobody approved it", "sent-unapproved sent-unapproved", func(b *books) { b.evidence = b.evidence[1:] }},
		{"the attempt is gone", "attempt-missing job-without-attempt", func(b *books) { rejected(b).Attempts = nil }},
		{"the row has a job and no reference", "attempt-missing", func(b *books) { rejected(b).Ref = "" }},
		{"the attempt is of another line", "attempt-reference", func(b *books) {
			a := &rejected(b).Attempts[0]
			a.Ref = mailout.NewRef(mailout.RefParts{Workspace: "abcdef", Batch: batchID, Line: 7, Attempt: 1})
			rejected(b).Ref = a.Ref
		}},
		{"other documents were sent", "attempt-documents", func(b *books) { rejected(b).Attempts[0].Documents = approved }},
		{"the attempt made another job", "job-without-attempt job-unaccounted", func(b *books) { rejected(b).Attempts[0].JobID = 7 }},
		{"a second job raised no alarm", "job-unaccounted", func(b *books) {
			rejected(b).Changes = append(rejected(b).Changes, mailout.ChangeBook{JobID: 7, Status: mailout.InProgress})
		}},
		{"the change of a second job is gone", "job-unaccounted", func(b *books) {
			e := rejected(b)
			e.Events = append(e.Events, mailout.EventBook{Seq: 60, At: moment, Kind: "change", From: e.State, To: e.State, JobID: 7})
		}},
		{"something happened to a line that is not there", "job-unaccounted", func(b *books) {
			b.evidence = append(b.evidence, mailout.Evidence{Line: 9, Changes: []mailout.ChangeBook{{JobID: 7, Status: mailout.Completed}}})
		}},
		{"no change tells the end", "end-untold", func(b *books) { rejected(b).Changes = nil }},
		{"another change tells it", "end-untold", func(b *books) { signed(b).Changes[0].Status = mailout.JobFailed }},
		{"the cause is another's", "end-cause", func(b *books) { rejected(b).Cause = "EXPIRED" }},
		{"the refusal is none", "attempt-outcome sum sum", func(b *books) {
			e := rejected(b)
			e.State, e.JobID, e.Changes, e.Attempts[0].JobID = mailout.Refused, 0, nil, 0
			e.Events = e.Events[:2]
			e.Events[1].Kind, e.Events[1].To = string(mailout.Refuse), mailout.Refused
		}},
		{"nobody knows of a row", "history-state sum sum done-with-open-rows unknown", func(b *books) { rejected(b).State = mailout.Unknown }},
		{"the plan is another", "approval-digest", func(b *books) { b.recount.Digest = sent }},
		{"the rows are others", "rows-digest", func(b *books) { b.recount.Rows = sent }},
		{"sent.log is gone", "sent-log-missing", func(b *books) { b.log.Gone = true }},
		{"sent.log is cut", "sent-log-cut", func(b *books) { b.log.Cut = true }},
		{"sent.log knows more", "sent-log-unknown", func(b *books) { b.log.Unknowns, b.log.Unknown = 2, []mailout.Ref{"a", "b"} }},
		{"sent.log knows less", "sent-log-lacks", func(b *books) { b.log.Unwrittens, b.log.Unwritten = 1, []mailout.Ref{"a"} }},
		{"a report was changed", "report-changed", func(b *books) { b.write("reports/2026-11-21-a7-report.csv", "a;c") }},
		{"a report of which only report.json knows was changed", "report-changed", func(b *books) { b.written = nil; b.write("reports/2026-11-21-a7-report.csv", "a;c") }},
		{"a report is of another plan", "report-of-another-plan", func(b *books) { b.listed[0].Digest = sent }},
		{"a folder has a report's name", "report-changed", func(b *books) {
			must(t, os.Remove(b.written[0].Path))
			must(t, os.Mkdir(b.written[0].Path, 0o700))
		}},
		{"an alarm is open", "alarm", func(b *books) {
			b.alarms = []mailout.Alarm{{ID: 3, Kind: mailout.AlarmDuplicate, Batch: batchID, Line: 2, Detail: "x"}}
		}},
		{"an alarm of all batches is open", "alarm", func(b *books) { b.alarms = []mailout.Alarm{{ID: 3, Kind: mailout.AlarmSentLog, Detail: "x"}} }},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := whole(t)
			b.t = t
			c.damage(b)
			found, r := b.audit()
			if got := codes(found, audit.Problem); got != c.want || r.Problems != len(strings.Fields(c.want)) {
				t.Errorf("found %q, want %q: %+v", got, c.want, found)
			}
		})
	}
}

// What may be so is told, and is no problem.
func TestWhatMayBeSoIsNoted(t *testing.T) {
	for _, c := range []struct {
		name, want string
		change     func(b *books)
	}{
		{"a row is still open", "not-over", func(b *books) {
			b.batch.State, b.evidence[3].State = mailout.Approved, mailout.Planned
			b.kept = mailout.Totals{mailout.Signed: 1, mailout.Rejected: 1, mailout.Planned: 1}
		}},
		{"a final change is not confirmed", "unconfirmed", func(b *books) { b.evidence[2].Changes[0].Confirmed = false }},
		{"a download was broken off", "file-leftover", func(b *books) { b.write("signed/2026-11-21-a7/.fetch-1.part", "x") }},
		{"the signed documents lie on another disk", "", func(b *books) {
			elsewhere := filepath.Join(t.TempDir(), "archive")
			must(t, os.Rename(b.path("signed"), elsewhere))
			must(t, os.Symlink(elsewhere, b.path("signed")))
		}},
		{"a document is doubtful", "doubtful", func(b *books) {
			b.keep(2, 0, "signed/2026-11-21-a7/doubtful/1043-5.pdf", "x")
			b.evidence[2].Files[0].Doubt = "it does not end"
		}},
		{"bytes were added behind the seal", "file-warning", func(b *books) {
			raw, err := os.ReadFile(b.path(b.evidence[1].Files[0].Path))
			must(t, err)
			b.rewrite(1, 0, string(raw)+"\n% more\n%%EOF\n")
		}},
		{"a report was moved", "report-missing", func(b *books) { must(t, os.Remove(b.written[0].Path)) }},
		{"a crash left the report before", "report-older", func(b *books) {
			newer := b.written[0]
			newer.SHA256, newer.At = sent, newer.At.Add(time.Hour)
			b.written = append(b.written, newer)
		}},
		{"another batch's report has its place", "report-replaced", func(b *books) {
			b.written[0].Path = filepath.Join(t.TempDir(), "all.csv")
			b.listed = nil
			must(t, os.WriteFile(b.written[0].Path, []byte("other"), 0o600))
			b.others = []mailout.ReportFile{{Batch: "2026-11-22-b8", Path: b.written[0].Path, SHA256: mailout.SumDigest([]byte("other"))}}
		}},
		{"the books are a copy, and the others' report is newer", "report-changed", func(b *books) {
			b.copied, b.listed = true, nil
			b.written[0].Path = filepath.Join(t.TempDir(), "all.csv")
			must(t, os.WriteFile(b.written[0].Path, []byte("other"), 0o600))
		}},
		{"a report lies where nobody can look", "report-unreadable report-unreadable", func(b *books) {
			b.listed, b.unread = nil, true
			b.written[0].Path = b.path("manifest.csv/all.csv")
			b.write("manifest.csv", "x")
		}},
		{"others wrote into sent.log", "sent-log-stray", func(b *books) { b.log.Stray = 1 }},
		{"what was merged is not known any more", "rows-digest-unknown", func(b *books) { b.recount.Rows = mailout.Digest{} }},
		{"somebody speaks, and a file is there before the books say so", "file-extra", func(b *books) {
			b.spoken = true
			b.write("signed/2026-11-21-a7/1043-5.pdf", "x")
		}},
		{"a deleted document is not looked for", "", func(b *books) {
			b.batch.State = mailout.Purged
			f := &b.evidence[1].Files[0]
			must(t, os.Remove(b.path(f.Path)))
			f.Gone, f.Path = true, "purged/1"
		}},
		{"what came after the purge was confirmed and not kept", "", func(b *books) {
			b.batch.State = mailout.Purged
			b.evidence[2].Changes = append(b.evidence[2].Changes, mailout.ChangeBook{JobID: 7, Status: mailout.Completed, Tried: true, Confirmed: true, Late: true})
			b.evidence[2].Raised = []mailout.Alarm{{ID: 1, Kind: mailout.AlarmDuplicate, JobID: 7}}
		}},
		{"a job that came to light after the purge was confirmed and not kept", "", func(b *books) { b.revivedLate(mailout.Signed) }},
		{"a job that came to light after the purge is still with its signers", "not-over", func(b *books) { b.revivedLate(mailout.Created) }},
		{"books that were rebuilt have no beginning", "", func(b *books) {
			b.evidence[0].Events = []mailout.EventBook{{Seq: 50, At: moment, Kind: "rebuilt"}}
			e := &b.evidence[2]
			e.Attempts[0].Code, e.Attempts[0].Outcome, e.Attempts[0].Documents = "rebuilt", mailout.OutcomeUnknown, mailout.Digest{}
			e.Attempts[0].Ref = mailout.NewRef(mailout.RefParts{Workspace: "abcdef", Batch: batchID, Line: 7, Attempt: 1})
			e.Ref = e.Attempts[0].Ref
			e.Events[0].Kind, e.Events[0].To = string(mailout.Restore), mailout.Unknown
			e.Events[1].Kind, e.Events[1].From = string(mailout.Adopt), mailout.Unknown
		}},
		{"a row of which only the reference is known", "", func(b *books) {
			b.evidence = append(b.evidence, mailout.Evidence{Line: 9, Row: true, Bare: true, State: mailout.Cancelled, Since: moment, Events: []mailout.EventBook{
				{Seq: 60, At: moment, Kind: "restore", To: mailout.Unknown}, {Seq: 61, At: moment, Kind: "absent", From: mailout.Unknown, To: mailout.Planned},
				{Seq: 62, At: moment, Kind: "withdraw", From: mailout.Planned, To: mailout.Cancelled}}})
			b.kept[mailout.Cancelled] = 1
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := whole(t)
			b.t = t
			c.change(b)
			found, _ := b.audit()
			if notes, problems := codes(found, audit.Note), codes(found, audit.Problem); notes != c.want || problems != "" {
				t.Errorf("noted %q, want %q; problems %q: %+v", notes, c.want, problems, found)
			}
		})
	}
}

// A name that somebody else gave a file tells nobody's number and forges no line of the page.
func TestNamesOfOthersFilesAreSafe(t *testing.T) {
	b := whole(t)
	for _, name := range []string{"09866921137.pdf", "098669 21137", "x\nproblem y", "1042-1795303743001.2.pdf"} {
		b.write(filepath.Join("signed/2026-11-21-a7", name), "x")
	}
	found, _ := b.audit()
	if len(found) != 4 {
		t.Fatalf("%d findings, want 4", len(found))
	}
	all := fmt.Sprint(found)
	if strings.Contains(all, "21137") || strings.Contains(all, "\n") || !strings.Contains(all, "1042-1795303743001.2.pdf") {
		t.Errorf("findings %s", all)
	}
}

// What an audit cannot know is said of every batch, and more of one that is purged.
func TestLimitsAreSaid(t *testing.T) {
	done, purged := audit.Limits(mailout.BatchInfo{State: mailout.Done}), audit.Limits(mailout.BatchInfo{State: mailout.Purged})
	if len(done) < 6 || len(purged) <= len(done) {
		t.Errorf("%d and %d limits", len(done), len(purged))
	}
}

// revivedLate has line 3 refused, the batch purged, and then a job of the line come to light.
func (b *books) revivedLate(state mailout.State) {
	b.batch.State = mailout.Purged
	b.evidence[0].Events = append(b.evidence[0].Events, mailout.EventBook{Seq: 30, At: moment, Kind: "purge begun"})
	e := &b.evidence[2]
	e.Events[1].Kind, e.Events[1].To = string(mailout.Refuse), mailout.Refused
	e.Events[2] = mailout.EventBook{Seq: 40, At: e.Since, Kind: string(mailout.Adopt), From: mailout.Refused, To: mailout.Created, JobID: e.JobID}
	e.Signers, e.State, e.Cause = []mailout.SignerStatus{mailout.SignerSigned}, state, ""
	b.kept = mailout.Totals{mailout.Signed: 1, mailout.Skipped: 1}
	b.kept[state]++
	if state == mailout.Signed {
		e.Events = append(e.Events, mailout.EventBook{Seq: 41, At: e.Since, Kind: string(mailout.Complete), From: mailout.Created, To: mailout.Signed, JobID: e.JobID})
		e.Changes = []mailout.ChangeBook{{JobID: e.JobID, Status: mailout.Completed, Tried: true, Confirmed: true, Late: true}}
	}
}
