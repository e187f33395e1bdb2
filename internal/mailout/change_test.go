package mailout_test

import (
	"slices"
	"testing"

	"batch/internal/mailout"
)

func changeOf(status mailout.JobStatus, signers ...mailout.SignerStatus) mailout.Change {
	c := mailout.Change{Status: status}
	for _, s := range signers {
		c.Signers = append(c.Signers, mailout.SignerChange{Status: s})
	}
	return c
}

// design.md: any signer CANCELLED → cancelled; else REJECTED → rejected; else EXPIRED →
// expired; else failed.
func TestEventAndCauseOfAChange(t *testing.T) {
	const (
		waiting, signed, rejected = mailout.SignerWaiting, mailout.SignerSigned, mailout.SignerRejected
		cancelled, expired        = mailout.SignerCancelled, mailout.SignerExpired
		na                        = mailout.SignerStatus("NOT_APPLICABLE")
	)
	for _, c := range []struct {
		name  string
		c     mailout.Change
		event mailout.Event
		cause string
	}{
		{"all signed", changeOf(mailout.Completed, signed, signed), mailout.Complete, ""},
		{"rejected", changeOf(mailout.JobFailed, signed, rejected, na), mailout.Reject, "REJECTED"},
		{"expired", changeOf(mailout.JobFailed, na, expired), mailout.Expire, "EXPIRED"},
		{"cancelled", changeOf(mailout.JobFailed, cancelled, cancelled), mailout.Cancel, "CANCELLED"},
		{"cancelled weighs more than rejected", changeOf(mailout.JobFailed, rejected, expired, cancelled), mailout.Cancel, "CANCELLED"},
		{"rejected weighs more than expired", changeOf(mailout.JobFailed, expired, rejected), mailout.Reject, "REJECTED"},
		{"opted out", changeOf(mailout.JobFailed, signed, "RESERVED", na), mailout.Fail, "RESERVED"},
		{"a status of tomorrow", changeOf(mailout.JobFailed, waiting, "MOVED_ABROAD"), mailout.Fail, "MOVED_ABROAD"},
		{"nobody said why", changeOf(mailout.JobFailed, signed, na, waiting), mailout.Fail, ""},
		{"failed without signers", changeOf(mailout.JobFailed), mailout.Fail, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			if e, final := c.c.Event(); e != c.event || !final {
				t.Errorf("event %q, final %v; want %q", e, final, c.event)
			}
			if got := c.c.Cause(); got != c.cause {
				t.Errorf("cause %q, want %q", got, c.cause)
			}
			if !c.c.Status.Final() {
				t.Errorf("%s must be final", c.c.Status)
			}
		})
	}
}

func TestAChangeThatIsNotFinalHasNoEvent(t *testing.T) {
	for _, status := range []mailout.JobStatus{mailout.InProgress, "", "PAUSED"} {
		c := changeOf(status, mailout.SignerRejected)
		if e, final := c.Event(); final || e != "" || status.Final() {
			t.Errorf("status %q has the event %q, final %v", status, e, final)
		}
	}
}

func TestSignerChangeIs(t *testing.T) {
	person := mailout.Signer{NationalID: "01845912345", Email: "a@b.example", Mobile: "+4799887766"}
	contact := mailout.Signer{Email: "a@b.example", Mobile: "+4799887766"}
	for _, c := range []struct {
		name   string
		change mailout.SignerChange
		signer mailout.Signer
		want   bool
	}{
		{"by number, addresses not repeated", mailout.SignerChange{NationalID: "01845912345"}, person, true},
		{"another number", mailout.SignerChange{NationalID: "01845912426", Email: "a@b.example"}, person, false},
		{"by address, signer has a number", mailout.SignerChange{Email: "a@b.example", Mobile: "+4799887766"}, person, false},
		{"by number, signer has none", mailout.SignerChange{NationalID: "01845912345", Email: "a@b.example"}, contact, false},
		{"by address", mailout.SignerChange{Email: "a@b.example", Mobile: "+4799887766"}, contact, true},
		{"another mobile", mailout.SignerChange{Email: "a@b.example", Mobile: "+4799887767"}, contact, false},
		{"e-mail alone for both", mailout.SignerChange{Email: "a@b.example"}, contact, false},
	} {
		if got := c.change.Is(c.signer); got != c.want {
			t.Errorf("%s: %v, want %v", c.name, got, c.want)
		}
	}
}

func TestOutcomeEvent(t *testing.T) {
	for kind, want := range map[mailout.OutcomeKind]mailout.Event{
		mailout.OutcomeAccepted: mailout.Accept, mailout.OutcomeRefused: mailout.Refuse,
		mailout.OutcomeNotSent: mailout.NotSent, mailout.OutcomeUnknown: mailout.Lose,
		"": mailout.Lose, "something new": mailout.Lose, // whatever is not certain is lost
	} {
		if got := (mailout.Outcome{Kind: kind}).Event(); got != want {
			t.Errorf("an outcome %q is the event %s, want %s", kind, got, want)
		}
	}
}

func TestSignersAreNumberedInTheRowsOrder(t *testing.T) {
	row := []mailout.Signer{{NationalID: "01845912345"}, {Email: "a@example.com"}, {Email: "b@example.com", Mobile: "99999999"}}
	for name, c := range map[string]struct {
		change []mailout.SignerChange
		want   []int
	}{
		"in order":         {[]mailout.SignerChange{{NationalID: "01845912345"}, {Email: "a@example.com"}, {Email: "b@example.com", Mobile: "99999999"}}, []int{1, 2, 3}},
		"in another order": {[]mailout.SignerChange{{Email: "b@example.com", Mobile: "99999999"}, {NationalID: "01845912345"}, {Email: "a@example.com"}}, []int{3, 1, 2}},
		"somebody else":    {[]mailout.SignerChange{{Email: "c@example.com"}, {Email: "a@example.com"}, {NationalID: "14918512196"}}, []int{4, 2, 5}},
		"the same twice":   {[]mailout.SignerChange{{Email: "a@example.com"}, {Email: "a@example.com"}}, []int{2, 4}},
		"nobody":           {nil, []int{}},
	} {
		if got := mailout.NumberSigners(row, c.change); !slices.Equal(got, c.want) {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
	}
	if got := mailout.NumberSigners(nil, []mailout.SignerChange{{}, {}}); !slices.Equal(got, []int{1, 2}) {
		t.Errorf("of a row that is not known: %v", got)
	}
}
