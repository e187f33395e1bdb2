package app

import (
	"errors"
	"log/slog"
	"syscall"
	"time"

	"batch/internal/ledger"
	"batch/internal/mailout"
)

// journal writes into the log what a flow waits for and which alarms are raised, each once.
type journal struct {
	log   *slog.Logger
	until time.Time
	alarm int64 // the newest that was there
}

// worthSaying is from which length on a wait is logged.
const worthSaying = 2 * time.Second

func (j *journal) waits(p Progress, now time.Time) {
	if p.Why == "" || p.Until.Equal(j.until) || p.Until.Sub(now) < worthSaying {
		return
	}
	j.until = p.Until
	j.log.Info("waiting", "why", p.Why, "until", p.Until.UTC())
}

// known are the alarms that were there before.
func (j *journal) known(all []mailout.Alarm) {
	for _, al := range all {
		j.alarm = max(j.alarm, al.ID)
	}
}

// alarms logs those that are newer than any before. What they say in words is in the ledger.
func (j *journal) alarms(all []mailout.Alarm) {
	before := j.alarm
	for _, al := range all {
		if al.ID > before {
			j.log.Warn("alarm", "id", al.ID, "kind", al.Kind, "batch", al.Batch, "line", al.Line, "job", int64(al.JobID))
		}
	}
	j.known(all)
}

// unnamed is an error for the log, in which no file is named, for its name may be a person's:
// what the system said, or the ledger's code; empty where there is neither.
func unnamed(err error) string {
	var system syscall.Errno
	var books *ledger.Error
	switch {
	case errors.As(err, &system):
		return system.Error()
	case errors.As(err, &books):
		return books.Code
	}
	return ""
}
