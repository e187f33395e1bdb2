package mailout

import (
	"fmt"
	"strings"
	"time"
)

// What nobody has fetched the portal deletes forty days after all have signed (portal-api.md,
// "The rest"). A person is warned while there is time to find out why nobody has.
const (
	PortalKeeps    = 40 * 24 * time.Hour
	warnUnfetched  = 25 * 24 * time.Hour
	alarmUnfetched = 35 * 24 * time.Hour
)

// Unfetched counts jobs of a batch whose signed document only the portal has, or may have.
type Unfetched struct {
	Jobs  int
	Since time.Time // when the first of them was, or may have been, signed by all; zero: there are none
}

// DeletedFrom is from when on the portal deletes the first of the documents; zero where there are
// none.
func (u Unfetched) DeletedFrom() time.Time {
	if u.Jobs == 0 {
		return time.Time{}
	}
	return u.Since.Add(PortalKeeps)
}

// DaysLeft is how many whole days are left until then; none where it may have happened already.
func (u Unfetched) DaysLeft(now time.Time) int {
	return max(0, int(u.DeletedFrom().Sub(now)/(24*time.Hour)))
}

// Warned reports whether the first of them has waited for so long that a person is to be told:
// from the 25th day on.
func (u Unfetched) Warned(now time.Time) bool { return u.Jobs > 0 && now.Sub(u.Since) >= warnUnfetched }

// Alarmed reports whether a person must look: from the 35th day on.
func (u Unfetched) Alarmed(now time.Time) bool {
	return u.Jobs > 0 && now.Sub(u.Since) >= alarmUnfetched
}

// Deadlines are what a batch has at the portal alone.
type Deadlines struct {
	Signed  Unfetched // all have signed, as a status change said, and the document is not kept here
	Unasked Unfetched // jobs whose queue was not found empty since: by now all may have signed
}

// Alarmed reports whether a person must look at one of them.
func (d Deadlines) Alarmed(now time.Time) bool {
	return d.Signed.Alarmed(now) || d.Unasked.Alarmed(now)
}

// Tell says what there is, in zone, a sentence for each; those of Unasked only from the first day
// on, for a queue is not asked every moment.
func (d Deadlines) Tell(now time.Time, zone *time.Location) (sentences []string) {
	if d.Signed.Jobs > 0 {
		sentences = append(sentences, fmt.Sprintf("signed documents that are not fetched yet: %d; %s", d.Signed.Jobs, d.Signed.left(now, zone)))
	}
	if d.Unasked.Jobs > 0 && now.Sub(d.Unasked.Since) >= 24*time.Hour {
		sentences = append(sentences, fmt.Sprintf("jobs of which nothing can have been missed only until %s: %d; of what was signed since then, %s",
			d.Unasked.Since.In(zone).Format(time.DateOnly), d.Unasked.Jobs, d.Unasked.left(now, zone)))
	}
	return sentences
}

// Alarm is the sentence of an alarm about them, with days in UTC as everywhere in the books.
func (d Deadlines) Alarm(now time.Time) string {
	return strings.Join(d.Tell(now, time.UTC), "; ") + "; batch follow fetches what is there"
}

// left says how long there is until the portal deletes the first.
func (u Unfetched) left(now time.Time, zone *time.Location) string {
	from := u.DeletedFrom()
	day := from.In(zone).Format(time.DateOnly)
	switch days := u.DaysLeft(now); {
	case !now.Before(from):
		return "the portal may have deleted the first, since " + day
	case days == 1:
		return "the portal deletes the first from " + day + " on (1 day left)"
	default:
		return fmt.Sprintf("the portal deletes the first from %s on (%d days left)", day, days)
	}
}
