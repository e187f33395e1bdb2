package ledger

import (
	"errors"

	"batch/internal/mailout"
)

// regained finds the row of a change whose Ref is ours and has no attempt, where the books
// of its batch were rebuilt: the line of sent.log may be lost too. The Ref tells the line,
// and the change itself proves the row by its signers. The attempt is written anew.
func regained(tx writer, c mailout.Change, parts mailout.RefParts, now string) (a attempt, found bool, err error) {
	a.place, err = rowAt(tx, parts.Batch, parts.Line)
	if errors.Is(err, ErrNoRow) {
		return a, false, nil
	}
	if err != nil || a.job != 0 {
		return a, false, err
	}
	var rebuilt, taken bool
	if err := tx.QueryRow(`SELECT (SELECT rebuilt_at <> '' FROM batches WHERE id = ?1), EXISTS (SELECT 1 FROM attempts WHERE batch = ?1 AND line = ?2 AND n = ?3)`,
		string(parts.Batch), parts.Line, parts.Attempt).Scan(&rebuilt, &taken); err != nil || !rebuilt || taken {
		return a, false, err
	}
	if same, err := samePeople(tx, a.place, c); err != nil || !same {
		return a, false, err
	}
	if _, err := mailout.Next(a.state, mailout.Adopt); err != nil {
		return a, false, nil
	}
	_, err = tx.Exec(`INSERT INTO attempts (ref, batch, line, n, job_xml, documents, begun_at, ended_at, outcome, code) VALUES (?,?,?,?,?,?,?,?,'unknown','rebuilt')`,
		string(c.Ref), string(a.batch), a.line, parts.Attempt, mailout.Digest{}.String(), mailout.Digest{}.String(), now, now)
	return a, err == nil, err
}

// samePeople reports whether a change is about a row's signers: there are as many, and each
// is one of theirs, by number or by address. An address that the portal writes in another
// way proves nothing: then a person looks.
func samePeople(tx writer, p place, c mailout.Change) (bool, error) {
	signers, err := signersOf(tx, p.batch, p.line)
	if err != nil || len(signers) != len(c.Signers) || len(signers) == 0 {
		return false, err
	}
	left := map[string]int{}
	for _, s := range signers {
		left[mailout.PersonKey(s.NationalID, s.Email, s.Mobile)]++
	}
	for _, s := range c.Signers {
		who := mailout.PersonKey(s.NationalID, s.Email, s.Mobile)
		if left[who]--; left[who] < 0 {
			return false, nil
		}
	}
	return true, nil
}

// layMissing lays the alarm to rest that the ledger did not know a job, once its row has it.
func layMissing(tx writer, p place, now string) error {
	_, err := tx.Exec(`UPDATE alarms SET laid_at = ?, note = 'its row has the job now' WHERE kind = ? AND job_id = ? AND laid_at IS NULL`,
		now, string(mailout.AlarmMissing), int64(p.job))
	return err
}

// takeAlong gives a row what came of its job before anybody knew that it is the row's: books of
// before the batch have it under the line of the Ref, and the letter may stand elsewhere by now. Its
// history says again what is kept.
func takeAlong(tx writer, p place, now string) error {
	const elsewhere = ` WHERE job_id = ?1 AND (batch, line) IS NOT (?2, ?3)`
	if _, err := tx.Exec(`UPDATE changes SET batch = ?2, line = ?3`+elsewhere, int64(p.job), string(p.batch), p.line); err != nil {
		return err
	}
	kept, err := readFiles(tx, `job_id = ?1 AND state = 'kept' AND (batch, line) IS NOT (?2, ?3)`, int64(p.job), string(p.batch), p.line)
	if err != nil {
		return err
	}
	for _, f := range kept {
		if err := sayKept(tx, p.batch, p.line, p.state, f, now); err != nil {
			return err
		}
	}
	_, err = tx.Exec(`UPDATE files SET batch = ?2, line = ?3`+elsewhere, int64(p.job), string(p.batch), p.line)
	return err
}
