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
	told map[alarmID]bool
}

// alarmID tells one alarm from another: its number, or, where it has none, its batch.
type alarmID struct {
	id    int64
	batch mailout.BatchID // of one without a number
}

func idOf(al mailout.Alarm) alarmID {
	if al.ID != 0 {
		return alarmID{id: al.ID}
	}
	return alarmID{batch: al.Batch}
}

// numbered is what an alarm is called: with its number, by which it is laid to rest, or where it
// ends by itself without.
func numbered(al mailout.Alarm) string {
	if al.ID == 0 {
		return fmt.Sprintf("alarm (%s)", al.Kind)
	}
	return fmt.Sprintf("alarm %d (%s)", al.ID, al.Kind)
}

// showAlarm shows one among the books of its batch.
func (s *session) showAlarm(al mailout.Alarm) {
	s.alarms.tell(al)
	s.ui.object(lineOf(al))
	s.ui.say("  %s%s: %s", numbered(al), atLine(al.Line), al.Detail)
}

// tell notes that an alarm was told; false where it was told before.
func (a *alarms) tell(al mailout.Alarm) bool {
	if a.told[idOf(al)] {
		return false
	}
	if a.told == nil {
		a.told = map[alarmID]bool{}
	}
	a.told[idOf(al)] = true
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
			s.ui.note("A%s%s%s: %s", numbered(al)[1:], atLine(al.Line), ofBatch(al.Batch), al.Detail)
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
