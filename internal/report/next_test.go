package report

import (
	"strings"
	"testing"
	"time"

	"batch/internal/mailout"
)

func TestEveryStateHasItsWords(t *testing.T) {
	for _, s := range mailout.States {
		if meanings[s] == "" {
			t.Errorf("the totals do not say what %s means", s)
		}
		if nextAction(mailout.BatchInfo{ID: "2026-11-21-a7"}, record(2, "a", s, nil), noon) == "" {
			t.Errorf("nothing is said of what to do about a row that is %s", s)
		}
	}
}

func TestNextActionAndWhoseTurnItIs(t *testing.T) {
	with := func(s mailout.State, change func(*mailout.Record)) mailout.Record {
		r := record(14, "1042", s, nil, byNumber(ingrid, 1), byNumber(jonas, 2))
		change(&r)
		return r
	}
	same := func(*mailout.Record) {}
	for name, c := range map[string]struct {
		batch mailout.BatchState
		row   mailout.Record
		turn  string
		want  string
	}{
		"planned, not approved": {mailout.Ready, with(mailout.Planned, same), "sender", "batch run --approve " + someSum.String()[:12]},
		"planned, stopped":      {mailout.Stopped, with(mailout.Planned, same), "sender", "batch resume 2026-11-21-a7"},
		"planned, superseded":   {mailout.Superseded, with(mailout.Planned, same), "nobody", "nothing to do: a newer plan"},
		"tried again":           {mailout.Done, with(mailout.Expired, func(r *mailout.Record) { r.Again = mailout.RowID{Batch: "2026-12-01-b1", Line: 7} }), "nobody", "as line 7 of batch 2026-12-01-b1"},
		"sending":               {mailout.Approved, with(mailout.Sending, same), "portal", "it is being sent"},
		"created":               {mailout.Approved, with(mailout.Created, same), "signer", "batch follow"},
		"created, one of two":   {mailout.Approved, with(mailout.Created, func(r *mailout.Record) { r.Settled[0].Status = mailout.SignerSigned }), "signer", "batch follow"},
		"created, all signed":   {mailout.Approved, with(mailout.Created, allSigned), "portal", "all have signed"},
		"created, starts later": {mailout.Approved, with(mailout.Created, func(r *mailout.Record) { r.Job.Activation = noon.Add(2 * time.Hour) }), "portal", "when the job starts"},
		"created, held":         {mailout.Approved, with(mailout.Created, func(r *mailout.Record) { r.HeldUntil = noon.Add(2 * time.Hour) }), "portal", "when the job starts"},
		"created, has started":  {mailout.Approved, with(mailout.Created, func(r *mailout.Record) { r.Job.Activation, r.HeldUntil = noon, noon.Add(time.Hour) }), "signer", "batch follow"},
		"unknown":               {mailout.Approved, with(mailout.Unknown, same), "sender", "batch resolve 2026-11-21-a7 1042"},
		"unknown, odd key":      {mailout.Approved, with(mailout.Unknown, func(r *mailout.Record) { r.Key = "$(rm -rf)" }), "sender", "2026-11-21-a7 line:14 "},
		"unknown, dash key":     {mailout.Approved, with(mailout.Unknown, func(r *mailout.Record) { r.Key = "--absent" }), "sender", "2026-11-21-a7 line:14 "},
		"unknown, number key":   {mailout.Approved, with(mailout.Unknown, func(r *mailout.Record) { r.Key = ingrid }), "sender", "2026-11-21-a7 line:14 "},
		"signed, kept":          {mailout.Done, with(mailout.Signed, func(r *mailout.Record) { r.Signed.Path = "signed/x.pdf" }), "nobody", "nothing to do"},
		"signed, not fetched":   {mailout.Approved, with(mailout.Signed, same), "sender", "batch follow"},
		"signed, doubtful":      {mailout.Done, with(mailout.Signed, func(r *mailout.Record) { r.Doubtful = true }), "sender", "look at the signed document"},
		"two jobs":              {mailout.Done, with(mailout.Created, func(r *mailout.Record) { r.Duplicates = []mailout.JobID{7} }), "sender", "batch cancel --job 7 "},
		"rejected":              {mailout.Done, with(mailout.Rejected, same), "sender", "ask the signer why"},
		"expired":               {mailout.Done, with(mailout.Expired, same), "sender", "remind the signer"},
		"failed":                {mailout.Done, with(mailout.Failed, same), "sender", "see the cause"},
		"opted out":             {mailout.Done, with(mailout.Failed, func(r *mailout.Record) { r.Cause = "RESERVED" }), "sender", "on paper"},
		"no address":            {mailout.Done, with(mailout.Failed, func(r *mailout.Record) { r.Cause = "CONTACT_INFORMATION_MISSING" }), "sender", "find an e-mail"},
		"cancelled":             {mailout.Done, with(mailout.Cancelled, same), "nobody", "nothing to do"},
		"refused":               {mailout.Done, with(mailout.Refused, same), "sender", "correct what the portal named"},
		"skipped":               {mailout.Done, with(mailout.Skipped, func(r *mailout.Record) { r.Message = "no such file" }), "sender", "correct it: no such file; to try again: batch next 2026-11-21-a7 --from skipped"},
		"skipped, sent before":  {mailout.Done, with(mailout.Skipped, func(r *mailout.Record) { r.Code = "repeat-of-earlier" }), "nobody", "nothing to do, where that"},
		"purged":                {mailout.Purged, with(mailout.Unknown, same), "nobody", "nothing to do"},
	} {
		b := mailout.BatchInfo{ID: "2026-11-21-a7", State: c.batch, Digest: someSum}
		now := noon.Add(time.Hour)
		got := nextAction(b, c.row, now)
		if !strings.Contains(got, c.want) {
			t.Errorf("%s: %q does not say %q", name, got, c.want)
		}
		if whose := turn(got); whose != c.turn {
			t.Errorf("%s: it is the turn of the %s, want %s", name, whose, c.turn)
		}
		if (c.turn == "nobody") != strings.HasPrefix(got, "nothing to do") {
			t.Errorf("%s: the turn of the %s, and to do is %q", name, c.turn, got)
		}
	}
}

func allSigned(r *mailout.Record) {
	for i := range r.Settled {
		r.Settled[i].Status = mailout.SignerSigned
	}
}
