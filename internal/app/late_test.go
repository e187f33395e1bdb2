package app

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
		{"a start two hours ago", mailout.Job{Activation: now.Add(-2 * time.Hour)}, true},
	} {
		if got := isLate(tt.job, now); got != tt.late {
			t.Errorf("%s: late is %v, want %v", tt.name, got, tt.late)
		}
	}
}
