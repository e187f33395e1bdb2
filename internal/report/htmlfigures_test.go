package report

import (
	"slices"
	"testing"
	"time"

	"batch/internal/mailout"
)

func counted(all []mailout.Record, now time.Time) *figures {
	f := newFigures(now)
	for _, r := range all {
		f.count(lineOf(books(all), &r, Options{Now: now}))
	}
	return f
}

// A signer's time runs from when the job starts, and for who signs later from the last
// signature of those before: what others took is not held against him.
func TestTimeToSignRunsFromTheSignersTurn(t *testing.T) {
	signed := func(at time.Time) mailout.SignerBook {
		return mailout.SignerBook{Status: mailout.SignerSigned, Since: at}
	}
	inTurn := record(2, "a", mailout.Created, nil, byNumber(ingrid, 3), byNumber(jonas, 1), byNumber(manager, 1), byNumber(manager, 7))
	inTurn.Settled = []mailout.SignerBook{signed(noon.Add(10 * time.Hour)), signed(noon.Add(4 * time.Hour)), signed(noon.Add(time.Hour)), {Status: mailout.SignerWaiting, Since: noon}}
	held := record(3, "b", mailout.Signed, nil, byNumber(ingrid, 0))
	held.HeldUntil, held.Settled[0] = noon.Add(24*time.Hour), signed(noon.Add(25*time.Hour))
	hasty := record(4, "c", mailout.Signed, nil, byNumber(ingrid, 0))
	hasty.Settled[0] = signed(noon.Add(-time.Second)) // the portal's clock is not ours

	f := counted([]mailout.Record{inTurn, held, hasty}, noon)
	hours := func(n int64) int64 { return n * 3600 }
	for group, want := range [][]int64{{0, hours(1), hours(1), hours(4)}, {hours(6)}, nil} {
		slices.Sort(f.waits[group])
		if !slices.Equal(f.waits[group], want) {
			t.Errorf("group %d took %v seconds, want %v", group+1, f.waits[group], want)
		}
	}
	c := f.waited()
	if len(c.Groups) != 2 || c.Groups[0].Median != "1 h" || c.Groups[0].Rest != "1 h 45 min" || c.Groups[1].Median != "6 h" {
		t.Errorf("shown as %+v", c.Groups)
	}
}

// A refused row and a lost answer are no jobs; an ended one counts from when its last signer
// did something, by the portal's clock.
func TestAnswersAreCountedWhenTheyWereGiven(t *testing.T) {
	signed := record(2, "a", mailout.Signed, nil, byNumber(ingrid, 0))
	signed.Settled[0] = mailout.SignerBook{Status: mailout.SignerSigned, Since: noon.Add(36 * time.Hour)}
	signed.Since = noon.Add(80 * time.Hour)
	failed := record(3, "b", mailout.Failed, nil, byNumber(jonas, 0))
	failed.Since = noon.Add(13 * time.Hour)
	refused, unknown := record(4, "c", mailout.Refused, nil), record(5, "d", mailout.Unknown, nil)
	refused.JobID, unknown.JobID = 0, 0
	ahead := record(7, "f", mailout.Signed, nil, byNumber(ingrid, 0))
	ahead.Settled[0] = mailout.SignerBook{Status: mailout.SignerSigned, Since: noon.AddDate(4, 0, 0)}
	ahead.Since = noon.Add(37 * time.Hour)
	withdrawn := record(6, "e", mailout.Cancelled, nil)
	withdrawn.JobID, withdrawn.SentAt = 0, time.Time{}

	c := counted([]mailout.Record{signed, failed, refused, unknown, withdrawn, ahead}, noon.Add(48*time.Hour)).answers(oslo)
	midnight := time.Date(2026, 11, 22, 0, 0, 0, 0, oslo)
	want := []answersLine{{noon, 3, 0, 0}, {midnight, 3, 0, 0}, {midnight.Add(12 * time.Hour), 3, 0, 1}, {midnight.AddDate(0, 0, 1), 3, 1, 1}, {noon.Add(48 * time.Hour), 3, 2, 1}}
	if c.All != 3 || c.Answered != 3 || c.Half != "1 day 12 h" || !slices.EqualFunc(c.Lines, want, func(a, b answersLine) bool {
		return a.At.Equal(b.At) && a.Sent == b.Sent && a.Signed == b.Signed && a.Ended == b.Ended
	}) {
		t.Errorf("%d sent, %d answered, half after %s: %+v", c.All, c.Answered, c.Half, c.Lines)
	}
}

// A day of a year has 25 hours, and one 23: jobs are counted on the days of the calendar.
func TestDeadlinesAreCountedOnTheCalendarsDays(t *testing.T) {
	now := time.Date(2027, 3, 26, 18, 0, 0, 0, oslo) // two days before the clocks change
	var all []mailout.Record
	for i, ends := range []time.Time{now.Add(-time.Minute), now.Add(time.Minute), time.Date(2027, 3, 28, 23, 30, 0, 0, oslo), time.Date(2027, 3, 29, 0, 30, 0, 0, oslo)} {
		r := record(2+i, "a", mailout.Created, nil, byNumber(ingrid, 0))
		r.Job.Deadline = ends
		all = append(all, r)
	}
	c := counted(all, now).deadlines(oslo)
	if c.Rows != 4 || c.Past != 1 || c.Later != 0 || c.Unit != "day" || !c.First.Equal(now.Add(time.Minute)) {
		t.Errorf("%+v", c)
	}
	if got := perColumn(c); !slices.Equal(got, []int{1, 0, 1, 1, 0, 0, 0}) {
		t.Errorf("jobs a day: %v", got)
	}
	if day := c.Columns[3].From.Format("2006-01-02"); day != "2027-03-29" {
		t.Errorf("the fourth day is %s", day)
	}
}

func TestDeadlinesFarAheadAreCountedByWeek(t *testing.T) {
	var all []mailout.Record
	for i, days := range []int{0, 6, 7, 8, 40, 97, 98, 900} {
		r := record(2+i, "a", mailout.Created, nil, byNumber(ingrid, 0))
		r.Job.Deadline = noon.AddDate(0, 0, days).Add(time.Hour)
		all = append(all, r)
	}
	c := counted(all, noon).deadlines(oslo)
	if got := perColumn(c); c.Unit != "week" || c.Later != 2 || !slices.Equal(got, []int{2, 2, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1}) {
		t.Errorf("jobs a %s: %v, later %d", c.Unit, got, c.Later)
	}
	if c := counted(all[7:], noon).deadlines(oslo); len(c.Columns) != 0 || c.Later != 1 {
		t.Errorf("with none near: %+v", c)
	}
	if c := counted(all[:1], noon.AddDate(0, 0, 1)).deadlines(oslo); len(c.Columns) != 0 || c.Past != 1 {
		t.Errorf("with all behind: %+v", c)
	}
}

func perColumn(c *endsChart) (rows []int) {
	for _, column := range c.Columns {
		rows = append(rows, column.Rows)
	}
	return rows
}

func TestWhatNeedsAPerson(t *testing.T) {
	twice, doubtful := record(2, "a", mailout.Created, nil, byNumber(ingrid, 0)), record(3, "b", mailout.Signed, nil)
	twice.Duplicates, doubtful.Doubtful = []mailout.JobID{7}, true
	doubtful.Signed.Path = "signed/x/doubtful/b.pdf"
	all := []mailout.Record{twice, doubtful, record(4, "c", mailout.Created, nil, byNumber(jonas, 0))} // it is the signer's turn in the last
	for i, cause := range []string{"RESERVED", "RESERVED", "SOMETHING_NEW", ""} {
		r := record(5+i, "r", mailout.Failed, nil)
		r.Cause = cause
		all = append(all, r)
	}
	for i, key := range []string{"u1", "u2"} {
		all = append(all, record(9+i, key, mailout.Unknown, nil))
	}
	rejected := record(11, "x", mailout.Rejected, nil)
	rejected.Cause = "REJECTED"
	named, others := counted(append(all, rejected), noon).needs.list()
	type short struct {
		what string
		rows int
		same bool
	}
	var got []short
	for _, n := range named {
		got = append(got, short{n.What, n.Rows, n.Same})
	}
	want := []short{{"unknown", 2, false}, {"a document in doubt", 1, true}, {"more than one job at the portal", 1, true}, {"failed: RESERVED", 2, true},
		{"failed", 1, true}, {"failed: SOMETHING_NEW", 1, true}, {"rejected", 1, true}}
	if !slices.Equal(got, want) || others != 0 {
		t.Errorf("got %v, others %d", got, others)
	}
}

// Codes are the portal's: however many it has, the page stays a page.
func TestManyKindsOfNeedsAreCountedTogether(t *testing.T) {
	var all []mailout.Record
	for i := range mostNeeds + 5 {
		r := record(2+i, "r", mailout.Refused, nil)
		r.Code = string(rune('A' + i))
		all = append(all, r)
	}
	if named, others := counted(all, noon).needs.list(); len(named) != mostNeeds || others != 5 {
		t.Errorf("%d kinds are named, %d rows are not", len(named), others)
	}
}

func TestTheBarShowsEveryState(t *testing.T) {
	segments := bar(mailout.Totals{mailout.Signed: 999_999, mailout.Unknown: 1, mailout.Failed: 0})
	if len(segments) != 2 || segments[0].State != mailout.Signed || segments[1].W < least {
		t.Fatalf("%+v", segments)
	}
	if last := segments[1]; last.X+last.W < 999.9 || last.X+last.W > 1000.1 {
		t.Errorf("the bar ends at %v", last.X+last.W)
	}
}
