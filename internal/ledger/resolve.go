package ledger

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"batch/internal/mailout"
)

// Resolve writes what a person found about an unknown row.
//
// Present leaves it unknown until its change brings the job. The id that a person read is
// noted: it finds the row where the change comes without a reference, and a change with
// another id is an alarm, for there may then be two jobs. Said again it corrects the id.
//
// Absent is possible when absentAfter has passed since the last byte can have left, and
// never after present; the row is then planned again, and its next attempt gets a new Ref.
// A row of which nothing but the Ref is known is withdrawn instead: there is nothing to send.
//
// A finding is about one attempt. Where it does not name the Ref that was searched for, absent
// is refused of a row that has had another attempt: the job of that one was looked for, perhaps.
//
// Present takes back what was said of a row that was found absent and has not been sent since:
// it is unknown again, under the Ref that was dropped.
func (l *Ledger) Resolve(ctx context.Context, batch mailout.BatchID, line int, f mailout.Finding, absentAfter time.Duration) error {
	now := l.now()
	return l.tx(ctx, "resolving the row", func(tx *sql.Tx) error {
		p, err := rowAt(tx, batch, line)
		if err != nil {
			return err
		}
		return resolve(tx, p, f, now, absentAfter)
	})
}

func resolve(tx *sql.Tx, p place, f mailout.Finding, now time.Time, absentAfter time.Duration) error {
	if p.state == mailout.Planned && f.Verdict == mailout.VerdictPresent {
		if err := takeBack(tx, &p, f, now); err != nil {
			return err
		}
	}
	if p.state != mailout.Unknown {
		return &ResolveError{State: p.state, Message: fmt.Sprintf("the row is %s, not unknown: there is nothing to resolve", p.state)}
	}
	if err := searchedFor(tx, p, f); err != nil {
		return err
	}
	switch f.Verdict {
	case mailout.VerdictPresent:
		return present(tx, p, f, now)
	case mailout.VerdictAbsent:
		return absent(tx, p, f, now, absentAfter)
	}
	return fmt.Errorf("%q is no verdict: it is %q or %q", f.Verdict, mailout.VerdictPresent, mailout.VerdictAbsent)
}

// takeBack makes a planned row unknown again, under the attempt that was found absent and has a
// job after all. Where several were, the finding names the one. A row that had none stays as it
// is.
func takeBack(tx *sql.Tx, p *place, f mailout.Finding, now time.Time) error {
	var dropped int
	var ref mailout.Ref
	err := tx.QueryRow(`SELECT count(*), coalesce(max(ref), '') FROM attempts WHERE batch = ? AND line = ? AND dropped_at IS NOT NULL AND ? IN ('', ref)`,
		string(p.batch), p.line, string(f.Ref)).Scan(&dropped, (*string)(&ref))
	switch {
	case err != nil || dropped == 0:
		return err
	case dropped > 1:
		return &ResolveError{State: p.state, Message: "the row was found absent more than once: give the reference that was found", Unnamed: true}
	}
	if _, err := tx.Exec(`UPDATE attempts SET dropped_at = NULL WHERE ref = ?`, string(ref)); err != nil {
		return err
	}
	p.ref = ref
	err = move(tx, p, mailout.Restore, stamp(now), "absent is taken back, "+f.By)
	if errors.Is(err, mailout.ErrRepeat) {
		return &ResolveError{State: p.state, Message: "the same letter went out by another row since: there are two jobs of it; cancel one in the sender portal"}
	}
	return err
}

// searchedFor refuses a finding that is, or may be, about another attempt than the one that the
// row waits for: somebody else may have found that one absent, and the row gone out once more.
func searchedFor(tx *sql.Tx, p place, f mailout.Finding) error {
	if f.Ref == p.ref {
		return nil
	}
	if f.Ref != "" {
		return &ResolveError{State: p.state, Message: "the reference is of an earlier attempt; the row waits for " + string(p.ref)}
	}
	var others bool
	err := tx.QueryRow(`SELECT EXISTS (SELECT 1 FROM attempts WHERE batch = ? AND line = ? AND ref <> ?)`, string(p.batch), p.line, string(p.ref)).Scan(&others)
	if err == nil && others && f.Verdict == mailout.VerdictAbsent {
		err = &ResolveError{State: p.state, Message: "the row was found absent and sent again before: give the reference that was searched for", Unnamed: true}
	}
	return err
}

func present(tx *sql.Tx, p place, f mailout.Finding, now time.Time) error {
	detail := f.By
	if f.Job != 0 {
		if err := freeJob(tx, p, f.Job); err != nil {
			return err
		}
		if _, err := tx.Exec(`UPDATE attempts SET seen_job = ? WHERE ref = ?`, int64(f.Job), string(p.ref)); err != nil {
			return err
		}
		detail = fmt.Sprintf("as job %d, %s", f.Job, f.By)
	}
	return addEvent(tx, event{at: stamp(now), batch: p.batch, line: p.line, kind: "present", from: p.state, to: p.state, ref: p.ref, job: f.Job, detail: detail})
}

// freeJob refuses an id that is another row's: one of the two was misread.
func freeJob(tx *sql.Tx, p place, job mailout.JobID) error {
	var batch mailout.BatchID
	var line int
	err := tx.QueryRow(`SELECT batch, line FROM rows WHERE job_id = ?1
		UNION ALL SELECT batch, line FROM attempts WHERE seen_job = ?1 AND ref <> ?2 LIMIT 1`, int64(job), string(p.ref)).Scan((*string)(&batch), &line)
	if errors.Is(err, sql.ErrNoRows) {
		return nil
	}
	if err != nil {
		return err
	}
	return &ResolveError{State: p.state, Message: fmt.Sprintf("job %d is that of line %d of batch %s: look at the reference once more", job, line, batch)}
}

func absent(tx *sql.Tx, p place, f mailout.Finding, now time.Time, after time.Duration) error {
	if err := absentAllowed(tx, p, now, after); err != nil {
		return err
	}
	if _, err := tx.Exec(`UPDATE attempts SET dropped_at = ? WHERE ref = ?`, stamp(now), string(p.ref)); err != nil {
		return err
	}
	var bare bool
	if err := tx.QueryRow(`SELECT bare FROM rows WHERE batch = ? AND line = ?`, string(p.batch), p.line).Scan(&bare); err != nil {
		return err
	}
	p.ref = ""
	if err := move(tx, &p, mailout.Absent, stamp(now), f.By); err != nil || !bare || p.state != mailout.Planned {
		return err
	}
	return move(tx, &p, mailout.Withdraw, stamp(now), "no line of the manifest fits it: there is nothing to send")
}

// ResolveError says why a row cannot be resolved that way now.
type ResolveError struct {
	State    mailout.State
	Message  string
	Possible time.Time // from when on it can be; zero: never
	Unnamed  bool      // it can be once the reference is named that was searched for
}

func (e *ResolveError) Error() string { return e.Message }

func absentAllowed(tx *sql.Tx, p place, now time.Time, after time.Duration) error {
	var present int
	if err := tx.QueryRow(`SELECT count(*) FROM events WHERE batch = ? AND line = ? AND kind = 'present' AND ref = ?`, string(p.batch), p.line, string(p.ref)).Scan(&present); err != nil {
		return err
	}
	if present > 0 {
		return &ResolveError{State: p.state, Message: "the row was said to be present at the portal: it waits for its status change and cannot be absent too"}
	}
	var last time.Time
	if err := tx.QueryRow(`SELECT coalesce(last_byte, ended_at, begun_at) FROM attempts WHERE ref = ?`, string(p.ref)).Scan(moment{&last}); err != nil {
		return err
	}
	if possible := last.Add(after); now.Before(possible) {
		return &ResolveError{State: p.state, Message: "too early: the portal may still be working on it", Possible: possible}
	}
	return nil
}
