package main

import (
	"context"
	"fmt"

	"batch/internal/app"
	"batch/internal/mailout"
)

// alarms are told by every command that has the workspace open, each once, until they are
// laid to rest.
type alarms struct {
	app  *app.App
	told map[int64]bool
}

// showAlarm shows one among the books of its batch.
func (s *session) showAlarm(al mailout.Alarm) {
	s.alarms.tell(al)
	s.ui.object(lineOf(al))
	s.ui.say("  alarm %d (%s)%s: %s", al.ID, al.Kind, atLine(al.Line), al.Detail)
}

// tell notes that an alarm was told; false where it was told before.
func (a *alarms) tell(al mailout.Alarm) bool {
	if a.told[al.ID] {
		return false
	}
	if a.told == nil {
		a.told = map[int64]bool{}
	}
	a.told[al.ID] = true
	return true
}

// shownAlarms bounds how many are told by a command that is about something else.
const shownAlarms = 5

// tellAlarms tells of those that the command has not shown. Where they cannot be read the
// command has its own error to tell.
func (s *session) tellAlarms() {
	if s.alarms.app == nil {
		return
	}
	all, _ := s.alarms.app.Alarms(context.WithoutCancel(s.hard))
	more := 0
	for _, al := range all {
		if !s.alarms.tell(al) {
			continue
		}
		s.ui.object(lineOf(al))
		if more++; more <= shownAlarms {
			s.ui.note("Alarm %d (%s)%s%s: %s", al.ID, al.Kind, atLine(al.Line), ofBatch(al.Batch), al.Detail)
		}
	}
	if more > shownAlarms {
		s.ui.note("And %s more: batch status shows them.", count(more-shownAlarms, "alarm"))
	}
}

// alarmLine is the "alarm" object of --json.
type alarmLine struct {
	Type   string            `json:"type"`
	ID     int64             `json:"id"`
	Kind   mailout.AlarmKind `json:"kind"`
	Batch  mailout.BatchID   `json:"batch"`
	Line   int               `json:"line"`
	JobID  mailout.JobID     `json:"job_id"`
	Detail string            `json:"detail"`
}

func lineOf(al mailout.Alarm) alarmLine {
	return alarmLine{"alarm", al.ID, al.Kind, al.Batch, al.Line, al.JobID, al.Detail}
}

func atLine(line int) string {
	if line == 0 {
		return ""
	}
	return fmt.Sprintf(", line %d", line)
}

func ofBatch(id mailout.BatchID) string {
	if id == "" {
		return ""
	}
	return " of batch " + string(id)
}
