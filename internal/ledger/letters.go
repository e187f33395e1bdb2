package ledger

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"encoding/json"
	"errors"
	"fmt"

	"modernc.org/sqlite"

	"batch/internal/mailout"
)

// earlierQuery finds rows that are the same letter, in batches that were approved: ?2 asks
// for all of them, whatever became of them; else for those that are still to be sent, on
// their way, or signed.
const earlierQuery = `SELECT r.batch, r.line, r.state, r.repeat FROM rows r JOIN batches b ON b.id = r.batch
	WHERE r.letter = ?1 AND (r.state IN ('sending','created','unknown','signed')
		OR (r.state = 'planned' AND b.state IN ('approved','stopped'))
		OR (?2 AND b.state IN ('approved','stopped','done','purged'))) ORDER BY r.repeat DESC LIMIT 1`

// Earlier finds a row of an approved batch that is the same letter: one that is still to be
// sent, on its way, or signed; with ever, one that was taken up at all. Of several it is the
// last repeat. Letters of which only sent.log's mark is known are found in a sealed ledger.
func (l *Ledger) Earlier(ctx context.Context, letter mailout.Digest, ever bool) (e mailout.Earlier, found bool, err error) {
	if err := ctx.Err(); err != nil { // as in Verdict
		return e, false, err
	}
	called := []mailout.Digest{letter}
	if len(l.secret) > 0 {
		rebuilt, err := l.rebuilt.Query()
		if err != nil {
			return e, false, l.wrap("looking for earlier letters", err)
		}
		bare, err := l.bareLetters(rebuilt, letter)
		if err != nil {
			return e, false, l.wrap("looking for earlier letters", err)
		}
		called = append(called, bare...)
	}
	for _, letter := range called {
		var is mailout.Earlier
		err := l.earlier.QueryRow(letter.String(), ever).Scan((*string)(&is.Batch), &is.Line, (*string)(&is.State), &is.Repeat)
		switch {
		case errors.Is(err, sql.ErrNoRows):
		case err != nil:
			return e, false, l.wrap("looking for earlier letters", err)
		case !found || is.Repeat > e.Repeat:
			e, found = is, true
		}
	}
	return e, found, nil
}

// LeftOut are the rows of a batch that were left out for a problem: by line, the sentence
// that says why.
func (l *Ledger) LeftOut(ctx context.Context, id mailout.BatchID, code string) (map[int]string, error) {
	rows, err := l.read.QueryContext(ctx, `SELECT line, message FROM rows WHERE batch = ? AND state = 'skipped' AND code = ?`, string(id), code)
	if err != nil {
		return nil, l.wrap("looking for rows left out", err)
	}
	defer rows.Close()
	why := map[int]string{}
	for rows.Next() {
		var line int
		var message string
		if err := rows.Scan(&line, &message); err != nil {
			return nil, l.wrap("looking for rows left out", err)
		}
		why[line] = message
	}
	return why, l.wrap("looking for rows left out", rows.Err())
}

// letter_key is mailout.Row.LetterKey for migrations: of a title, the signers as a JSON
// list of mailout.Signer, and for each document its sources.
var _ = registered("letter_key", 3, letterKey)

func registered(name string, args int32, f func(*sqlite.FunctionContext, []driver.Value) (driver.Value, error)) bool {
	sqlite.MustRegisterDeterministicScalarFunction(name, args, f)
	return true
}

func letterKey(_ *sqlite.FunctionContext, args []driver.Value) (driver.Value, error) {
	var texts [3]string
	for i := range texts {
		var ok bool
		if texts[i], ok = args[i].(string); !ok {
			return nil, fmt.Errorf("argument %d of letter_key is no text", i+1)
		}
	}
	r := mailout.Row{Job: mailout.Job{Title: mailout.Text(texts[0])}}
	if err := json.Unmarshal([]byte(texts[1]), &r.Job.Signers); err != nil {
		return nil, fmt.Errorf("reading a letter's signers: %w", err)
	}
	var sources [][]mailout.Source
	if err := json.Unmarshal([]byte(texts[2]), &sources); err != nil {
		return nil, fmt.Errorf("reading a letter's documents: %w", err)
	}
	for _, s := range sources {
		r.Documents = append(r.Documents, mailout.Document{Sources: s})
	}
	return r.LetterKey().String(), nil
}
