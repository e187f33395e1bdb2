package plan_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"batch/internal/mailout"
	"batch/internal/plan"
)

func sendable(line int, edits ...func(*mailout.Job)) mailout.Record {
	j := mailout.Job{Signers: []mailout.Signer{{NationalID: kari, Notify: mailout.NotifyLookup}}, Available: 24 * time.Hour}
	for _, edit := range edits {
		edit(&j)
	}
	return mailout.Record{Row: mailout.Row{Line: line, Job: j, Documents: []mailout.Document{{Prepared: mailout.Prepared{Bytes: 100}}}}}
}

func signers(orders ...int) func(*mailout.Job) {
	return func(j *mailout.Job) {
		j.Signers = nil
		for _, o := range orders {
			j.Signers = append(j.Signers, mailout.Signer{Email: "a@b.example", Mobile: "+4799887766", Order: o, Notify: mailout.NotifyGiven})
		}
	}
}

func notified(n mailout.Notify, email mailout.Email, mobile mailout.Mobile) func(*mailout.Job) {
	return func(j *mailout.Job) {
		j.Signers = []mailout.Signer{{NationalID: kari, Notify: n, Email: email, Mobile: mobile}}
	}
}

func made(bytes int64, pages int, from ...string) mailout.Document {
	d := mailout.Document{Prepared: mailout.Prepared{Bytes: bytes, Pages: pages}}
	for _, path := range from {
		d.Sources = append(d.Sources, mailout.Source{Path: path})
	}
	return d
}

func summarize(t *testing.T, rows ...mailout.Record) plan.Summary {
	t.Helper()
	s, err := plan.Summarize(records(rows, nil), noon)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestRowsLeftOutAreOnlyCounted(t *testing.T) {
	out := sendable(3, signers(0, 1, 2))
	out.Skipped = true
	s := summarize(t, sendable(2), out)
	if s.Rows != 2 || s.Skipped != 1 || s.Jobs != 1 || s.Notified != (plan.Notified{Lookup: 1}) || s.Documents.Sent != 1 || s.Calls != 4 || len(s.Examples) != 1 {
		t.Errorf("the summary is %+v", s)
	}
}

func TestShapes(t *testing.T) {
	s := summarize(t, sendable(2, signers(1, 2, 2)), sendable(3, signers(0, 0)), sendable(4), sendable(5), sendable(6, signers(1, 2)), sendable(7, signers(3, 4, 4, 7, 7)))
	var got []string
	for _, shape := range s.Shapes {
		got = append(got, fmt.Sprint(shape.Jobs, " with ", shape))
	}
	want := []string{"2 with 1 signer", "1 with 2 signers at the same time", "1 with 2 signers one after another", "1 with 3 signers in 2 steps", "1 with 5 signers in 3 steps"}
	if !slices.Equal(got, want) {
		t.Errorf("shapes are %q, want %q", got, want)
	}
}

func TestSenders(t *testing.T) {
	from := func(o mailout.OrgNumber) func(*mailout.Job) { return func(j *mailout.Job) { j.Sender = o } }
	s := summarize(t, sendable(2, from("984661185")), sendable(3, from("988015814")), sendable(4, from("988015814")), sendable(5, from("910000000")))
	if want := []plan.SenderJobs{{"988015814", 2}, {"910000000", 1}, {"984661185", 1}}; !slices.Equal(s.Senders, want) {
		t.Errorf("senders are %v, want %v", s.Senders, want)
	}
}

func TestDocuments(t *testing.T) {
	rows := []mailout.Record{sendable(2), sendable(3), sendable(4)}
	rows[0].Documents = []mailout.Document{made(100, 2, "a.pdf", "terms.pdf"), made(50, 1, "b.pdf")}
	rows[1].Documents = []mailout.Document{made(200, 3, "c.pdf", "terms.pdf")}
	rows[2].Documents = []mailout.Document{made(199, 1, "a.pdf")}
	rows[1].Key = "k"
	if got, want := summarize(t, rows...).Documents, (plan.Volume{Files: 4, Sent: 4, Pages: 7, Bytes: 549, Largest: plan.JobSize{Line: 3, Bytes: 200}}); got != want {
		t.Errorf("the documents are %+v, want %+v", got, want)
	}
}

func TestHowSignersAreTold(t *testing.T) {
	for name, c := range map[string]struct {
		job  func(*mailout.Job)
		want plan.Notified
	}{
		"look-up":                         {notified(mailout.NotifyLookup, "", ""), plan.Notified{Lookup: 1}},
		"look-up, an address beside it":   {notified(mailout.NotifyLookup, "a@b.example", "+4799887766"), plan.Notified{Lookup: 1}},
		"look-up and SMS":                 {notified(mailout.NotifyLookupSMS, "", ""), plan.Notified{LookupSMS: 1}},
		"e-mail given":                    {notified(mailout.NotifyGiven, "a@b.example", ""), plan.Notified{Email: 1}},
		"mobile given":                    {notified(mailout.NotifyGiven, "", "+4799887766"), plan.Notified{Mobile: 1}},
		"both given":                      {notified(mailout.NotifyGiven, "a@b.example", "+4799887766"), plan.Notified{Both: 1}},
		"at the same time":                {signers(5, 5), plan.Notified{Both: 2}},
		"one after another, in any order": {signers(2, 0, 1, 0), plan.Notified{Both: 4, Later: 2}},
	} {
		if got := summarize(t, sendable(2, c.job)).Notified; got != c.want {
			t.Errorf("%s: %+v, want %+v", name, got, c.want)
		}
	}
}

func TestStart(t *testing.T) {
	at := func(d time.Duration) func(*mailout.Job) { return func(j *mailout.Job) { j.Activation = noon.Add(d) } }
	s := summarize(t, sendable(2), sendable(3, at(-time.Hour)), sendable(4, at(0)), sendable(5, at(3*time.Hour)), sendable(6, at(time.Hour)), sendable(7, at(2*time.Hour)))
	if want := (plan.Start{AtOnce: 3, Later: 3, First: noon.Add(time.Hour), Last: noon.Add(3 * time.Hour)}); s.Start != want {
		t.Errorf("jobs start %+v, want %+v", s.Start, want)
	}
}

// One call creates a job, one fetches its document; each signature is polled and confirmed.
func TestCalls(t *testing.T) {
	if got := summarize(t, sendable(2), sendable(3, signers(0, 0, 1))).Calls; got != 4+8 {
		t.Errorf("%d calls, want 12", got)
	}
}

func TestExamples(t *testing.T) {
	documents := func(of ...int) func(*mailout.Record) {
		return func(r *mailout.Record) {
			r.Documents = nil
			for _, n := range of {
				r.Documents = append(r.Documents, made(1, 1, make([]string, n)...))
			}
		}
	}
	row := func(line int, job func(*mailout.Job), edits ...func(*mailout.Record)) mailout.Record {
		r := sendable(line, job)
		for _, edit := range edits {
			edit(&r)
		}
		return r
	}
	same := func(n int) (all []mailout.Record) {
		for i := range n {
			all = append(all, sendable(i+2))
		}
		return all
	}
	for name, c := range map[string]struct {
		rows []mailout.Record
		want []int
	}{
		"none":               {nil, nil},
		"one":                {same(1), []int{2}},
		"two":                {same(2), []int{2, 3}},
		"three":              {same(3), []int{2, 3, 4}},
		"many of a kind":     {same(480), []int{2, 258, 481}},
		"the most signers":   {append(same(9), row(11, signers(0, 0)), row(12, signers(0, 0, 0)), sendable(13)), []int{2, 12, 13}},
		"the most steps":     {append(same(2), row(4, signers(0, 0)), row(5, signers(0, 1)), row(6, signers(0, 0)), sendable(7)), []int{2, 5, 7}},
		"the most documents": {append(same(2), row(4, signers(0), documents(1)), row(5, signers(0), documents(1, 1)), row(6, signers(0), documents(4)), sendable(7)), []int{2, 5, 7}},
		"the most files":     {append(same(2), row(4, signers(0), documents(3)), row(5, signers(0), documents(2)), sendable(6)), []int{2, 4, 6}},
		"the fullest first":  {append([]mailout.Record{row(2, signers(0, 1))}, same(4)[1:]...), []int{2, 4, 5}},
	} {
		var got []int
		for _, r := range summarize(t, c.rows...).Examples {
			got = append(got, r.Line)
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%s: lines %v, want %v", name, got, c.want)
		}
	}
}

// portal.xsd: the availability runs anew for every order group; without one it is 30 days.
// A job of whose first group nobody signs is over after the first.
func TestDeadlines(t *testing.T) {
	const day = 24 * time.Hour
	for name, c := range map[string]struct {
		job         func(*mailout.Job)
		first, last time.Duration // from noon
	}{
		"one group":    {func(*mailout.Job) {}, day, day},
		"three groups": {signers(1, 2, 5), day, 3 * day},
		"default":      {func(j *mailout.Job) { j.Available = 0 }, 30 * day, 30 * day},
		"deadline":     {func(j *mailout.Job) { j.Available, j.Deadline = 0, noon.Add(time.Hour) }, time.Hour, time.Hour},
		"later, a deadline": {func(j *mailout.Job) {
			j.Available, j.Activation, j.Deadline = 0, noon.Add(time.Hour), noon.Add(3*time.Hour)
		}, 3 * time.Hour, 3 * time.Hour},
		"later, two groups": {func(j *mailout.Job) { signers(0, 1)(j); j.Activation = noon.Add(day) }, 2 * day, 3 * day},
		"started already":   {func(j *mailout.Job) { j.Activation = noon.Add(-time.Hour) }, day, day},
	} {
		s := summarize(t, sendable(2, c.job))
		if !s.FirstEnd.Equal(noon.Add(c.first)) || !s.LastEnd.Equal(noon.Add(c.last)) {
			t.Errorf("%s: it ends from %v to %v; want %v to %v after noon", name, s.FirstEnd, s.LastEnd, c.first, c.last)
		}
	}
	s := summarize(t, sendable(2, func(j *mailout.Job) { j.Available = 5 * day }), sendable(3), sendable(4, signers(0, 1)))
	if !s.FirstEnd.Equal(noon.Add(day)) || !s.LastEnd.Equal(noon.Add(5*day)) {
		t.Errorf("three jobs end from %v to %v", s.FirstEnd, s.LastEnd)
	}
}

func TestSummarizeOfBooksThatCannotBeRead(t *testing.T) {
	if _, err := plan.Summarize(records(nil, errDisk), noon); !errors.Is(err, errDisk) {
		t.Errorf("the error is %v", err)
	}
}
