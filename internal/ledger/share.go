package ledger

import (
	"context"
	"database/sql"
	"errors"
	"sync"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// step is one transition of sending or following: an intent, an outcome, a change, what is
// kept of it. Steps that wait at the same moment share one commit, and intents one append to
// sent.log.
type step struct {
	doing string // what an error says went wrong
	do    func(tx writer, turn int64) error
	line  *entry // of an intent: what sent.log gets, which do fills in; nil: any other step

	err  error         // set before done is closed
	done chan struct{} // closed when the step is over
}

// steps are those that wait. Whoever holds the turn commits for all of them; there is no
// goroutine for it. The mutex is held for as long as a list takes to grow.
type steps struct {
	turn chan struct{} // holds a token while a round is under way

	mu      sync.Mutex
	waiting []*step

	// What follows is for the holder of the turn alone.
	logged []*step // intents whose lines are synced in sent.log, and of which that is not noted yet
	end    logEnd  // what sent.log came to with those lines, and the turn they were begun in
	kept   kept
}

func newSteps() steps { return steps{turn: make(chan struct{}, 1), kept: kept{}} }

// share has a step done together with whatever else waits, and returns when its commit,
// and all that must follow it, are synced. Only the context's end before that counts: what
// was begun is finished.
func (l *Ledger) share(ctx context.Context, s *step) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	s.done = make(chan struct{})
	l.steps.mu.Lock()
	l.steps.waiting = append(l.steps.waiting, s)
	l.steps.mu.Unlock()
	for {
		select {
		case <-s.done:
			return s.err
		case l.steps.turn <- struct{}{}:
			l.round()
			<-l.steps.turn
		}
	}
}

// round commits every step that waits. An intent needs two rounds: in the first it is
// committed and its line is appended to sent.log and synced; the second commits the note of
// how long the log is with it, and only then may its Ref be used. So a line that the note
// does not cover is of a Ref that never left this process, and a log that does not reach as
// far as the note was cut.
//
// A crash in the first round before the append leaves rows sending without a line: proved
// not sent. A crash later leaves them with one: they become unknown. [Ledger.Recover] does
// both. An error of the commit or of the log is everybody's, and the last that is written:
// see fail.
func (l *Ledger) round() {
	all := l.steps.take()
	logged := l.steps.logged
	l.steps.logged = nil
	if len(all)+len(logged) == 0 {
		return // somebody else's round has done it
	}
	var turn int64
	err := l.tx(context.Background(), "writing what is sent and followed", func(tx *sql.Tx) (err error) {
		w := keptTx{tx, l.steps.kept, kept{}}
		if len(logged) > 0 {
			if err := noteLog(w, l.steps.end); err != nil {
				return err
			}
		}
		turn, err = l.doAll(w, all)
		return err
	})
	l.steps.kept.prepare(l.write)
	over(logged, err)
	var begun []*step
	for _, s := range all {
		if err == nil && s.err == nil && s.line != nil {
			begun = append(begun, s)
			continue
		}
		if err != nil {
			s.err = err
		}
		close(s.done)
	}
	if len(begun) > 0 {
		l.log(begun, turn)
	}
}

// log appends the lines of intents that are committed. Their Refs are given out when the
// next round has noted it.
func (l *Ledger) log(begun []*step, turn int64) {
	var lines []entry
	for _, s := range begun {
		lines = append(lines, *s.line)
	}
	end, err := l.sent.Append(lines...)
	if err != nil {
		err = l.wrap("appending to sent.log", err)
		l.fail(err)
		over(begun, err)
		return
	}
	end.turn = turn
	l.steps.end, l.steps.logged = end, begun
}

func over(all []*step, err error) {
	for _, s := range all {
		s.err = err
		close(s.done)
	}
}

func (s *steps) take() []*step {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := s.waiting
	s.waiting = nil
	return all
}

// doAll does the steps, each in a savepoint, and returns the turn that their intents have.
// What is wrong with one is its own error; an error returned is everybody's.
func (l *Ledger) doAll(tx keptTx, all []*step) (turn int64, err error) {
	var refused error // of every intent: sent.log is not what it should be
	for _, s := range all {
		if s.line == nil {
			continue
		}
		if refused = l.failure(); refused == nil {
			if turn, refused = l.nextTurn(tx); isOwn(refused) {
				return 0, refused
			}
		}
		break // one answer for all of them
	}
	for _, s := range all {
		if s.line != nil && refused != nil {
			s.err = refused
			continue
		}
		if _, err := tx.Exec(`SAVEPOINT step`); err != nil {
			return 0, err
		}
		if s.err = l.wrap(s.doing, s.do(tx, turn)); s.err != nil {
			if isOwn(s.err) {
				return 0, s.err
			}
			if _, err := tx.Exec(`ROLLBACK TO step`); err != nil {
				return 0, err
			}
		}
		if _, err := tx.Exec(`RELEASE step`); err != nil {
			return 0, err
		}
	}
	return turn, nil
}

// isOwn reports whether err is of the database itself, and not of what it was asked to
// write: SQLite may have rolled back the whole transaction then, savepoints and all.
func isOwn(err error) bool {
	var se *sqlite.Error
	return errors.As(err, &se) && se.Code()&0xff != sqlite3.SQLITE_CONSTRAINT
}
