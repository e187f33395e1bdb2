package main

import (
	"fmt"
	"log/slog"
	"os"

	"batch/internal/app"
	"batch/internal/mailout"
)

// openLog is where the log goes: to a file with --log, to stderr with --verbose, both, or
// nowhere. Whoever may read the log may not be allowed to know the people in it: rows stand
// there by their line, never by the owner's key, and files not at all.
func openLog(c common, u *ui) (*slog.Logger, func() error, error) {
	var to []slog.Handler
	closeLog := func() error { return nil }
	all := &slog.HandlerOptions{Level: slog.LevelDebug}
	if c.Verbose {
		to = append(to, slog.NewTextHandler(aside{u}, all))
	}
	if c.Log != "" {
		f, err := os.OpenFile(c.Log, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
		if err != nil {
			return nil, nil, fmt.Errorf("opening the log: %w", err)
		}
		closeLog = f.Close
		to = append(to, slog.NewJSONHandler(f, all))
	}
	return slog.New(slog.NewMultiHandler(to...)), closeLog, nil
}

// aside writes to stderr without running into the line that is kept current there.
type aside struct{ u *ui }

func (a aside) Write(b []byte) (int, error) {
	a.u.clearLine()
	return a.u.err.Write(b)
}

// logEnd is the line of how a flow ended. What ended it may be about a document, and its words
// then name the file: they are told on stderr, and left out here.
func (s *session) logEnd(b mailout.BatchInfo, ending app.Ending, reason string) {
	if ending == app.EndOurs {
		reason = ""
	}
	s.log.Info("ended", "batch", b.ID, "ending", ending, "reason", reason, "states", b.Totals, "alarms", b.Alarms)
}

// logFailure is the line of an error. Its words may name files and what is in them: only those
// about a call, which have been cleaned, are in the log.
func (s *session) logFailure(err error) {
	e := app.Explain(err)
	words := ""
	switch e.Kind {
	case app.KindAway, app.KindIdentity, app.KindHeld:
		words = e.Message
	}
	s.log.Error("failed", "kind", e.Kind, "message", words, "exit", s.exit)
}
