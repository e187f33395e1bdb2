package plan_test

import (
	"errors"
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

func TestSummarize(t *testing.T) {
	s, err := plan.Summarize(records([]mailout.Record{
		sendable(2), sendable(3), sendable(4, signers(1, 2)), sendable(5, signers(0, 0)), sendable(6, signers(1, 2, 2)),
		sendable(7, func(j *mailout.Job) { j.Activation = noon.Add(48 * time.Hour) }),
		{Row: mailout.Row{Line: 8, Skipped: true}},
	}, nil), noon)
	if err != nil {
		t.Fatal(err)
	}
	if s.Rows != 7 || s.Skipped != 1 || s.Jobs != 6 || s.Documents != 6 || s.Bytes != 600 || s.Calls != 24 || s.Later != 1 {
		t.Errorf("the summary is %+v", s)
	}
	if s.ByLookup != 3 || s.ByEmail != 7 || s.BySMS != 7 {
		t.Errorf("told: %d by lookup, %d by e-mail, %d by SMS", s.ByLookup, s.ByEmail, s.BySMS)
	}
	if want := noon.Add(72 * time.Hour); !s.LastEnd.Equal(want) {
		t.Errorf("the last job ends %v, want %v", s.LastEnd, want)
	}
	var shapes []string
	for _, shape := range s.Shapes {
		shapes = append(shapes, shape.String())
	}
	if want := []string{"1 signer", "2 signers at the same time", "2 signers one after another", "3 signers in 2 groups"}; !slices.Equal(shapes, want) || s.Shapes[0].Jobs != 3 {
		t.Errorf("shapes are %q, the first %d jobs; want %q", shapes, s.Shapes[0].Jobs, want)
	}
	if len(s.Examples) != 3 || s.Examples[0].Line != 2 {
		t.Errorf("%d examples", len(s.Examples))
	}
}

// portal.xsd: the availability runs anew for every order group; without one it is 30 days.
func TestTheLastEnd(t *testing.T) {
	for name, c := range map[string]struct {
		job  func(*mailout.Job)
		want time.Time
	}{
		"one group":    {func(*mailout.Job) {}, noon.Add(24 * time.Hour)},
		"three groups": {signers(1, 2, 5), noon.Add(72 * time.Hour)},
		"default":      {func(j *mailout.Job) { j.Available = 0 }, noon.Add(30 * 24 * time.Hour)},
		"deadline":     {func(j *mailout.Job) { j.Available, j.Deadline = 0, noon.Add(time.Hour) }, noon.Add(time.Hour)},
		"later, a deadline": {func(j *mailout.Job) {
			j.Available, j.Activation, j.Deadline = 0, noon.Add(time.Hour), noon.Add(3*time.Hour)
		}, noon.Add(3 * time.Hour)},
		"started already": {func(j *mailout.Job) { j.Activation = noon.Add(-time.Hour) }, noon.Add(24 * time.Hour)},
	} {
		s, err := plan.Summarize(records([]mailout.Record{sendable(2, c.job)}, nil), noon)
		if err != nil || !s.LastEnd.Equal(c.want) {
			t.Errorf("%s: it ends %v, %v; want %v", name, s.LastEnd, err, c.want)
		}
	}
}

func TestSummarizeOfBooksThatCannotBeRead(t *testing.T) {
	if _, err := plan.Summarize(records(nil, errDisk), noon); !errors.Is(err, errDisk) {
		t.Errorf("the error is %v", err)
	}
}
