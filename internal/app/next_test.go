package app

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"batch/internal/ledger"
	"batch/internal/mailout"
)

// withdrawn plans and approves rows, and takes them all back before they are sent.
func (d *desk) withdrawn(rows int) mailout.BatchID {
	d.t.Helper()
	id := d.plan(rows).Batch
	must(d.t, d.ledger.Approve(d.t.Context(), id, "typed", 0))
	p, err := d.PlanCancel(d.t.Context(), id, nil)
	must(d.t, err)
	_, err = d.Cancel(d.t.Context(), d.t.Context(), p, "a test")
	must(d.t, err)
	return id
}

// lists are the lists for another attempt, whole or not, that lie beside the manifest.
func (d *desk) lists() (names []string) {
	d.t.Helper()
	entries, err := os.ReadDir(filepath.Dir(d.manifest))
	must(d.t, err)
	for _, e := range entries {
		if strings.Contains(e.Name(), "next") {
			names = append(names, e.Name())
		}
	}
	return names
}

var fromCancelled = NextOptions{From: []mailout.State{mailout.Cancelled}}

// No other attempt is made at what may live, what a person must look at, what was tried again,
// or what the books do not have as it stood.
func TestWhatIsNotTriedAgain(t *testing.T) {
	columns := []mailout.Column{{Name: "title", Value: "Avtale"}}
	for name, c := range map[string]struct {
		row     mailout.Record
		alarmed bool
		other   mailout.JobID
		want    string
	}{
		"expired":                  {row: mailout.Record{State: mailout.Expired}},
		"created":                  {row: mailout.Record{State: mailout.Created}, want: "not over"},
		"planned":                  {row: mailout.Record{State: mailout.Planned}, want: "not over"},
		"unknown":                  {row: mailout.Record{State: mailout.Unknown}, want: "batch resolve settles it"},
		"a second job":             {row: mailout.Record{State: mailout.Expired, Duplicates: []mailout.JobID{7}}, want: "it has an alarm"},
		"an alarm":                 {row: mailout.Record{State: mailout.Refused}, alarmed: true, want: "it has an alarm"},
		"another job":              {row: mailout.Record{State: mailout.Expired}, other: 72, want: "another job for it, 72,"},
		"tried again":              {row: mailout.Record{State: mailout.Rejected, Again: mailout.RowID{Batch: "2026-11-21-a7", Line: 3}}, want: "as line 3 of batch 2026-11-21-a7"},
		"left out":                 {row: mailout.Record{State: mailout.Skipped, Code: "title-missing"}},
		"left out as a repeat":     {row: mailout.Record{State: mailout.Skipped, Code: "repeat-of-earlier"}, want: "a letter that goes out elsewhere"},
		"left out, and unreadable": {row: mailout.Record{State: mailout.Skipped, Code: "title-missing", Row: mailout.Row{Columns: []mailout.Column{{Name: "Mobil", Odd: true}}}}, want: "take the row from its list"},
		"known from its Ref alone": {row: mailout.Record{State: mailout.Rejected, Row: mailout.Row{Columns: []mailout.Column{}}}, want: "take the row from its list"},
	} {
		t.Run(name, func(t *testing.T) {
			if c.row.Columns == nil {
				c.row.Columns = columns
			}
			got := whyNot(c.row, c.alarmed, c.other)
			if (got == "") != (c.want == "") || !strings.Contains(got, c.want) {
				t.Errorf("it says %q, want %q", got, c.want)
			}
		})
	}
}

// People who cannot sign through the portal get paper, unless a person names why.
func TestWhoGetsPaper(t *testing.T) {
	r := mailout.Record{Cause: "REJECTED", Settled: []mailout.SignerBook{{Status: "REJECTED"}, {Status: "RESERVED"}, {Status: "BLOCKED"}}}
	if got := paperSigners(r, nil); got != "signer 2 is RESERVED, signer 3 is BLOCKED" {
		t.Errorf("it says %q", got)
	}
	if got := paperSigners(r, []mailout.SignerStatus{"RESERVED"}); got != "signer 3 is BLOCKED" {
		t.Errorf("it says %q", got)
	}
	if got := paperSigners(r, []mailout.SignerStatus{"RESERVED", "BLOCKED"}); got != "" {
		t.Errorf("it says %q", got)
	}
	if got := paperSigners(mailout.Record{Cause: "SIGNERS_NAME_NOT_AVAILABLE"}, nil); got != "SIGNERS_NAME_NOT_AVAILABLE" {
		t.Errorf("of a change that names no signer of the row it says %q", got)
	}
}

// The list is called after the first one, whichever attempt it is, and takes nobody's name.
func TestTheNameOfAList(t *testing.T) {
	d := newDesk(t)
	first := d.withdrawn(2)
	for _, want := range []string{"manifest-next.csv", "manifest-next-2.csv"} {
		n, err := d.Next(t.Context(), first, fromCancelled)
		must(t, err)
		if filepath.Base(n.Path) != want || filepath.Dir(n.Path) != filepath.Dir(d.manifest) {
			t.Errorf("the list is %s, want %s beside the manifest", n.Path, want)
		}
		if info, err := os.Stat(n.Path); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%v, %v", info, err)
		}
	}
	must(t, os.WriteFile(filepath.Join(filepath.Dir(d.manifest), "other-next.csv"), nil, 0o600))
	if got := nextLists(d.manifest); len(got) != 2 || filepath.Base(got[1]) != "manifest-next.csv" {
		t.Errorf("purging would tell of %v", got)
	}
	d.manifest = filepath.Join(filepath.Dir(d.manifest), "manifest-next-2.csv")
	n, err := d.Next(t.Context(), d.withdrawn(2), fromCancelled)
	must(t, err)
	if filepath.Base(n.Path) != "manifest-next-3.csv" {
		t.Errorf("the list of the next attempt is %s", n.Path)
	}
	o := fromCancelled
	o.Out = filepath.Join(t.TempDir(), "list.XLSX")
	if n, err = d.Next(t.Context(), first, o); err != nil || n.Format != "xlsx" || !n.Elsewhere {
		t.Errorf("%+v, %v", n, err)
	}
}

// As batch.toml is by now the list may be read otherwise: that is told, and no list is left that
// would do something else than it says.
func TestAListThatIsReadOtherwise(t *testing.T) {
	d := newDesk(t)
	id := d.withdrawn(3)
	settings := d.ws.Config
	for name, change := range map[string]func(){
		"the link is put aside":    func() { d.ws.Config.Columns = map[string]string{"earlier": "-"} },
		"no header is found":       func() { d.ws.Config.Columns = map[string]string{"email": "-", "title": "-", "document": "-"} },
		"the group is a wrong one": func() { d.ws.Config.GroupBy = "avdeling"; d.ws.Config.Columns = map[string]string{"email": "-"} },
	} {
		t.Run(name, func(t *testing.T) {
			d.ws.Config = settings
			change()
			n, err := d.Next(t.Context(), id, fromCancelled)
			if err == nil || Explain(err).Kind != KindUsage || !strings.Contains(Explain(err).Remedy, "back as they were") {
				t.Errorf("%+v, %v", n, err)
			}
			if left := d.lists(); len(left) != 0 {
				t.Errorf("there is %v", left)
			}
		})
	}
	d.ws.Config = settings
	d.ws.Config.Defaults.Job = map[string]string{"available_days": "7"}
	n, err := d.Next(t.Context(), id, fromCancelled)
	if err != nil || n.Differ != 3 || n.Faulty != 0 {
		t.Errorf("with another default: %+v, %v", n, err)
	}
	d.ws.Config = settings
	d.ws.Config.Columns = map[string]string{"document": "-"}
	n, err = d.Next(t.Context(), id, fromCancelled)
	if err != nil || n.Faulty != 3 {
		t.Errorf("without documents: %+v, %v", n, err)
	}
}

// What a spreadsheet would run is never written into a csv, be it a cell, one of a group's other
// lines, or a header.
func TestWhatASpreadsheetWouldRun(t *testing.T) {
	for want, c := range map[string]mailout.Column{
		"Merknad": {Name: "Merknad", Value: "=1+1"},
		"Kode":    {Name: "Kode", Value: "7", More: []mailout.Text{"8", "@a"}},
		"=1+1":    {Name: "=1+1", Value: "7"},
		"":        {Name: "Mobil", Value: "+4799112233", More: []mailout.Text{"-5"}},
	} {
		if name, found := runs([]mailout.Column{{Name: "title", Value: "Avtale"}, c}); name != want || found != (want != "") {
			t.Errorf("of %q it says %q, %t", c.Name, name, found)
		}
	}
}

// Books that are not the whole truth cannot tell what is over.
func TestNoListOfAnOlderLedger(t *testing.T) {
	d := newDesk(t)
	sent := d.plan(2).Batch
	_, err := d.send(t.Context(), sent, &asked{yes: true})
	must(t, err)
	id := d.withdrawn(2)
	d.loses(sent)
	if _, err := d.Next(t.Context(), id, fromCancelled); !errors.Is(err, ledger.ErrOlderLedger) {
		t.Errorf("the error is %v", err)
	}
	if left := d.lists(); len(left) != 0 {
		t.Errorf("there is %v", left)
	}
}

// Whoever stops it, or has no room, keeps no half list.
func TestAListIsWholeOrNotThere(t *testing.T) {
	d := newDesk(t)
	id := d.withdrawn(3)
	ctx, stop := context.WithCancel(t.Context())
	stop()
	if n, err := d.Next(ctx, id, fromCancelled); err == nil {
		t.Errorf("%+v", n)
	}
	o := fromCancelled
	o.Out = filepath.Join(t.TempDir(), "no such folder", "list.csv")
	if n, err := d.Next(t.Context(), id, o); err == nil || Explain(err).Kind != KindUsage {
		t.Errorf("%+v, %v", n, err)
	}
	if left := d.lists(); !slices.Equal(left, nil) {
		t.Errorf("there is %v", left)
	}
}
