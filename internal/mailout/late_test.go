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

// A held job starts with its batch, or by itself if that is later; what it has to sign in
// counts from there.
func TestHeldJobs(t *testing.T) {
	now := time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)
	hold := now.Add(2 * time.Hour)
	for _, tt := range []struct {
		name    string
		job     mailout.Job
		until   time.Time
		starts  time.Time
		seconds int64
	}{
		{"no start of its own", mailout.Job{Available: time.Hour}, hold, hold, 3600},
		{"an earlier start", mailout.Job{Available: time.Hour, Activation: now.Add(time.Hour)}, hold, hold, 3600},
		{"a later start", mailout.Job{Available: time.Hour, Activation: now.Add(3 * time.Hour)}, hold, now.Add(3 * time.Hour), 3600},
		{"a deadline", mailout.Job{Deadline: now.Add(26 * time.Hour)}, hold, hold, 24 * 3600},
		{"not held", mailout.Job{Deadline: now.Add(26 * time.Hour)}, time.Time{}, time.Time{}, 26 * 3600},
	} {
		j := tt.job.Held(tt.until)
		if seconds, _ := j.AvailableSeconds(now); !j.Activation.Equal(tt.starts) || seconds != tt.seconds {
			t.Errorf("%s: it starts at %v for %d s, want %v for %d", tt.name, j.Activation, seconds, tt.starts, tt.seconds)
		}
	}
}
