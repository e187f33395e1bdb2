package ledger

import (
	"cmp"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"time"

	"batch/internal/mailout"
)

// restorer gives the rows of one batch back what sent.log knows of them.
type restorer struct {
	l      *Ledger
	tx     *sql.Tx
	now    string
	sender mailout.OrgNumber // of an attempt that no row fits
	queue  func(mailout.OrgNumber) string
	marks  map[string][]int // letter in sent.log → lines of the rows that have it
	taken  map[int]int      // line of a row → line in the Refs that it was found for
	mailout.Restored
}

// restore takes up attempts in the order of their lines. Those that prove their letter come
// first: what has only a line number to go by takes no row from them.
func (r *restorer) restore(lost []lostAttempt) (err error) {
	if r.marks, err = r.l.marks(r.tx, r.Batch, r.Batch); err != nil {
		return err
	}
	groups := byLine(lost)
	for _, proved := range []bool{true, false} {
		for _, tries := range groups {
			newest := tries[len(tries)-1]
			if r.provable(newest) != proved {
				continue
			}
			if err := r.restoreRow(tries, proved); err != nil {
				return fmt.Errorf("line %d: %w", newest.Line, err)
			}
		}
	}
	if _, err := r.tx.Exec(`UPDATE batches SET rebuilt_at = ?1, approved_at = coalesce(approved_at, ?1), stop_reason = ?2,
		state = 'stopped' WHERE id = ?3 AND state IN ('planned','superseded','approved','stopped','done')`, r.now, RebuildReason, string(r.Batch)); err != nil {
		return err
	}
	return addEvent(r.tx, event{at: r.now, batch: r.Batch, kind: "rebuilt", detail: fmt.Sprintf(
		"sent.log names %d rows: %d by their letter, %d by their line alone, %d that no row fits", r.Named(), r.Proved, r.ByLine, r.Bare)})
}

// byLine parts attempts, which are in order, into those of one row: of one line, and each
// with a number of its own. Two of one number are of two copies of the books.
func byLine(lost []lostAttempt) (groups [][]lostAttempt) {
	for i, a := range lost {
		if i == 0 || a.Line != lost[i-1].Line || a.Attempt == lost[i-1].Attempt {
			groups = append(groups, nil)
		}
		groups[len(groups)-1] = append(groups[len(groups)-1], a)
	}
	return groups
}

func (r *restorer) provable(a lostAttempt) bool { return a.known || r.l.checkable(a.mark) }

// restoreRow finds the row that one line's attempts were for, and makes it unknown.
func (r *restorer) restoreRow(tries []lostAttempt, proved bool) error {
	newest := tries[len(tries)-1]
	p, fits, err := r.rowOf(newest)
	if err == nil && fits {
		if fits, err = r.open(&p, tries); err == nil && !fits {
			err = r.raiseTwice(p, newest)
		}
	}
	if err != nil {
		return err
	}
	if !fits {
		if p, err = r.bareRow(newest); err != nil {
			return err
		}
		r.Bare++
	} else if r.taken[p.line] = newest.Line; proved {
		r.Proved++
	} else {
		r.ByLine++
	}
	for _, a := range tries {
		if err := r.putAttempt(p, a, fits && !proved, a.ref != newest.ref); err != nil {
			return err
		}
	}
	return r.setQueue(p)
}

// setQueue says where a row's changes come, which depends on its sender.
func (r *restorer) setQueue(p place) error {
	var sender mailout.OrgNumber
	if err := r.tx.QueryRow(`SELECT sender FROM rows WHERE batch = ? AND line = ?`, string(p.batch), p.line).Scan((*string)(&sender)); err != nil {
		return err
	}
	_, err := r.tx.Exec(`UPDATE rows SET queue = ? WHERE batch = ? AND line = ? AND queue = ''`, r.queue(sender), string(p.batch), p.line)
	return err
}

// rowOf finds the row of an attempt: by the attempt itself where the ledger has it, else by
// its letter, and by its line only where sent.log does not tell the letter.
func (r *restorer) rowOf(a lostAttempt) (p place, fits bool, err error) {
	line := a.Line
	switch {
	case a.known:
		err = r.tx.QueryRow(`SELECT line FROM attempts WHERE ref = ?`, string(a.ref)).Scan(&line)
	case r.l.checkable(a.mark):
		var found bool
		if line, found = r.lineOf(a); !found {
			return p, false, nil
		}
	}
	if _, taken := r.taken[line]; taken || err != nil {
		return p, false, err
	}
	p, err = rowAt(r.tx, r.Batch, line)
	if errors.Is(err, ErrNoRow) {
		return p, false, nil
	}
	return p, err == nil, err
}

// lineOf finds the row of a letter: the one that stands where it stood, or the first that
// was not found for another attempt.
func (r *restorer) lineOf(a lostAttempt) (line int, found bool) {
	lines := slices.DeleteFunc(slices.Clone(r.marks[a.mark]), func(line int) bool { _, taken := r.taken[line]; return taken })
	switch {
	case slices.Contains(lines, a.Line):
		return a.Line, true
	case len(lines) > 0:
		return lines[0], true
	}
	return 0, false
}

// open makes a row unknown under the newest of its attempts. They do not fit a row that has
// a job or is over, nor one that has another attempt of such a number, or a later one: then
// two copies of the books have sent, and what the other one sent is kept beside.
func (r *restorer) open(p *place, tries []lostAttempt) (fits bool, err error) {
	a := tries[len(tries)-1]
	for _, try := range tries {
		var taken bool
		if err := r.tx.QueryRow(`SELECT EXISTS (SELECT 1 FROM attempts WHERE batch = ?1 AND line = ?2 AND (n = ?3 AND ref <> ?4 OR ?5 AND n >= ?3))`,
			string(p.batch), p.line, try.Attempt, string(try.ref), try.ref == a.ref && !a.known).Scan(&taken); err != nil || taken {
			return false, err
		}
	}
	switch p.state {
	case mailout.Planned:
		return r.move(p, mailout.Restore, a.ref)
	case mailout.Sending: // the copy was made while it was being sent
		if err := r.drop(p.ref, a.ref); err != nil {
			return false, err
		}
		return r.move(p, mailout.Lose, a.ref)
	case mailout.Unknown: // … or before a person found no job, and it was sent again
		if err := r.drop(p.ref, a.ref); err != nil {
			return false, err
		}
		p.ref = a.ref
		if _, err := r.tx.Exec(`UPDATE rows SET ref = ? WHERE batch = ? AND line = ?`, string(p.ref), string(p.batch), p.line); err != nil {
			return false, err
		}
		return true, addEvent(r.tx, event{at: r.now, batch: p.batch, line: p.line, kind: string(mailout.Restore), from: p.state, to: p.state, ref: p.ref, detail: restoreDetail})
	}
	return false, nil
}

// drop ends the attempt that the copy knows as a row's newest, where a later one came after it:
// a person had found no job of it.
func (r *restorer) drop(ref, later mailout.Ref) error {
	_, err := r.tx.Exec(`UPDATE attempts SET dropped_at = ?1, outcome = 'unknown', code = iif(ended_at IS NULL, 'ended', code), ended_at = coalesce(ended_at, ?1)
		WHERE ref = ?2 AND ref <> ?3`, r.now, string(ref), string(later))
	return err
}

// raiseTwice tells of a row that went out from two copies of the books, or whose letter
// went out by another row. Nothing is sent before a person has looked.
func (r *restorer) raiseTwice(p place, a lostAttempt) error {
	return raise(r.tx, mailout.Alarm{Kind: mailout.AlarmMissing, Batch: p.batch, Line: p.line,
		Detail: "sent.log names an attempt at this letter beside the one that the ledger knows, so there may be two jobs: search the sender portal for " + string(a.ref)}, r.now)
}

const restoreDetail = "sent.log names an attempt that the books had lost"

func (r *restorer) move(p *place, e mailout.Event, ref mailout.Ref) (fits bool, err error) {
	before := p.ref
	p.ref = ref
	err = move(r.tx, p, e, r.now, restoreDetail)
	if errors.Is(err, mailout.ErrRepeat) { // another row has the same letter
		p.ref = before
		return false, nil
	}
	return err == nil, err
}

// bareRow keeps an attempt that no row fits. Its row has the line of the Ref where that is
// free. Its letter is known by the mark of sent.log alone, under which [Ledger.outBare] finds
// it; an attempt without a mark has a letter that nobody else has.
func (r *restorer) bareRow(a lostAttempt) (place, error) {
	p := place{batch: r.Batch, line: a.Line, key: fmt.Sprintf("sent-%d", a.Line), state: mailout.Unknown, ref: a.ref}
	var lineTaken, keyTaken bool
	var last int
	if err := r.tx.QueryRow(`SELECT coalesce(max(line = ?2), 0), coalesce(max(key = ?3), 0), coalesce(max(line), 0) FROM rows WHERE batch = ?1`,
		string(p.batch), p.line, p.key).Scan(&lineTaken, &keyTaken, &last); err != nil {
		return p, err
	}
	if lineTaken {
		p.line = last + 1
	}
	if keyTaken {
		p.key = string(a.ref)
	}
	letter := bareLetter(cmp.Or(a.mark, string(a.ref)))
	if _, err := r.tx.Exec(`INSERT INTO rows (batch, line, key, state, since, sender, title, nonsensitive_title, description, authentication, identifier,
		available_seconds, columns, letter, repeat, ref, bare) VALUES (?1,?2,?3,'unknown',?4,?5,'','','',0,'',0,'[]',?6,
		(SELECT coalesce(max(repeat) + 1, 0) FROM rows WHERE letter = ?6),?7,1)`,
		string(p.batch), p.line, p.key, r.now, string(r.sender), letter.String(), string(p.ref)); err != nil {
		return p, err
	}
	return p, addEvent(r.tx, event{at: r.now, batch: p.batch, line: p.line, kind: string(mailout.Restore), to: p.state, ref: p.ref,
		detail: fmt.Sprintf("sent.log names an attempt at line %d, and no row of the manifest fits it", a.Line)})
}

// putAttempt writes what is known of an attempt. Whatever came after it was made because a
// person had found no job of it. The digests of what was sent are not known any more.
func (r *restorer) putAttempt(p place, a lostAttempt, byLine, dropped bool) error {
	begun := a.at
	if _, err := time.Parse(timeLayout, begun); err != nil {
		begun = r.now // written by hand
	}
	droppedAt := any(nil)
	if dropped {
		droppedAt = r.now
	}
	if a.known {
		_, err := r.tx.Exec(`UPDATE attempts SET begun_at = ?, ended_at = ?, outcome = 'unknown', status = 0, code = 'rebuilt', last_byte = NULL, dropped_at = ? WHERE ref = ?`,
			begun, r.now, droppedAt, string(a.ref))
		return err
	}
	_, err := r.tx.Exec(`INSERT INTO attempts (ref, batch, line, n, job_xml, documents, begun_at, ended_at, outcome, code, dropped_at, by_line)
		VALUES (?,?,?,?,?,?,?,?,'unknown','rebuilt',?,?)`, string(a.ref), string(p.batch), p.line, a.Attempt,
		mailout.Digest{}.String(), mailout.Digest{}.String(), begun, r.now, droppedAt, byLine)
	return err
}
