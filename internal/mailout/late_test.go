package mailout_test

import (
	"testing"
	"time"

	"batch/internal/mailout"
)

func TestLateRows(t *testing.T) {
	now := time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)
	for _, tt := range []struct {
		name string
		job  mailout.Job
		late bool
	}{
		{"no times of its own", mailout.Job{}, false},
		{"days to sign, whenever it is sent", mailout.Job{Available: time.Hour}, false},
		{"a deadline two days ahead", mailout.Job{Deadline: now.Add(48 * time.Hour)}, false},
		{"a deadline in an hour", mailout.Job{Deadline: now.Add(time.Hour)}, true},
		{"a deadline that has gone by", mailout.Job{Deadline: now.Add(-time.Hour)}, true},
		{"hours between start and deadline", mailout.Job{Activation: now.Add(72 * time.Hour), Deadline: now.Add(80 * time.Hour)}, true},
		{"a start ahead", mailout.Job{Activation: now.Add(time.Minute)}, false},
		{"a start half an hour ago", mailout.Job{Activation: now.Add(-30 * time.Minute)}, false},
		{"a start an hour ago", mailout.Job{Activation: now.Add(-time.Hour)}, false},
		{"a deadline in a day", mailout.Job{Deadline: now.Add(24 * time.Hour)}, false},
		{"a deadline in less than a day", mailout.Job{Deadline: now.Add(24*time.Hour - time.Microsecond)}, true},
		{"a start ahead and a deadline", mailout.Job{Activation: now.Add(72 * time.Hour), Deadline: now.Add(96 * time.Hour)}, false},
		{"a start gone by and a deadline", mailout.Job{Activation: now.Add(-2 * time.Hour), Deadline: now.Add(96 * time.Hour)}, true},
		{"a start two hours ago", mailout.Job{Activation: now.Add(-2 * time.Hour)}, true},
	} {
		if got := now.After(tt.job.LateAfter()); got != tt.late {
			t.Errorf("%s: late is %v, want %v", tt.name, got, tt.late)
		}
	}
}
