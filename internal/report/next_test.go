package report

import (
	"strings"
	"testing"

	"batch/internal/mailout"
)

func TestEveryStateHasItsWords(t *testing.T) {
	for _, s := range mailout.States {
		if meanings[s] == "" {
			t.Errorf("the totals do not say what %s means", s)
		}
		if nextAction(mailout.BatchInfo{ID: "2026-11-21-a7"}, record(2, "a", s, nil)) == "" {
			t.Errorf("nothing is said of what to do about a row that is %s", s)
		}
	}
}

func TestNextAction(t *testing.T) {
	with := func(s mailout.State, change func(*mailout.Record)) mailout.Record {
		r := record(14, "1042", s, nil, byNumber(ingrid, 0))
		change(&r)
		return r
	}
	same := func(*mailout.Record) {}
	for name, c := range map[string]struct {
		batch mailout.BatchState
		row   mailout.Record
		want  string
	}{
		"planned, not approved": {mailout.Ready, with(mailout.Planned, same), "batch run --approve " + someSum.String()[:12]},
		"planned, stopped":      {mailout.Stopped, with(mailout.Planned, same), "batch resume 2026-11-21-a7"},
		"planned, superseded":   {mailout.Superseded, with(mailout.Planned, same), "newer plan"},
		"unknown":               {mailout.Approved, with(mailout.Unknown, same), "batch resolve 2026-11-21-a7 1042"},
		"unknown, odd key":      {mailout.Approved, with(mailout.Unknown, func(r *mailout.Record) { r.Key = "$(rm -rf)" }), "2026-11-21-a7 line:14 "},
		"unknown, dash key":     {mailout.Approved, with(mailout.Unknown, func(r *mailout.Record) { r.Key = "--absent" }), "2026-11-21-a7 line:14 "},
		"unknown, number key":   {mailout.Approved, with(mailout.Unknown, func(r *mailout.Record) { r.Key = ingrid }), "2026-11-21-a7 line:14 "},
		"signed, kept":          {mailout.Done, with(mailout.Signed, func(r *mailout.Record) { r.Signed.Path = "signed/x.pdf" }), "nothing to do"},
		"signed, not fetched":   {mailout.Approved, with(mailout.Signed, same), "batch follow"},
		"signed, doubtful":      {mailout.Done, with(mailout.Signed, func(r *mailout.Record) { r.Doubtful = true }), "look at the signed document"},
		"two jobs":              {mailout.Done, with(mailout.Created, func(r *mailout.Record) { r.Duplicates = []mailout.JobID{7} }), "batch cancel --job 7 "},
		"opted out":             {mailout.Done, with(mailout.Failed, func(r *mailout.Record) { r.Cause = "RESERVED" }), "on paper"},
		"no address":            {mailout.Done, with(mailout.Failed, func(r *mailout.Record) { r.Cause = "CONTACT_INFORMATION_MISSING" }), "find an e-mail"},
		"purged":                {mailout.Purged, with(mailout.Unknown, same), "nothing to do"},
	} {
		b := mailout.BatchInfo{ID: "2026-11-21-a7", State: c.batch, Digest: someSum}
		if got := nextAction(b, c.row); !strings.Contains(got, c.want) {
			t.Errorf("%s: %q does not say %q", name, got, c.want)
		}
	}
}
