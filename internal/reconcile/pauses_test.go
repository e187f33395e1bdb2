package reconcile_test

import (
	"context"
	"errors"
	"io"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"batch/internal/mailout"
	"batch/internal/reconcile"
)

// tries has every download break off, after so long, and says when each began.
func (w *world) tries(takes time.Duration) *[]time.Duration {
	began, all := time.Now(), new([]time.Duration)
	w.desk.call = func(call string, _ mailout.JobID) (bool, error) {
		if call != "fetch" {
			return false, nil
		}
		*all = append(*all, time.Since(began).Truncate(time.Second))
		time.Sleep(takes)
		return false, &mailout.CallError{Call: "fetch", Code: "truncated", Message: "it broke off"}
	}
	return all
}

// Between two tries at a download there is a pause, and it grows, also where following is
// for once. What could not be confirmed any more is not tried again: it comes by itself.
func TestDownloadsPauseBetweenTries(t *testing.T) {
	const permits = time.Second // a new pace's are out for so long
	for name, tt := range map[string]struct {
		takes time.Duration
		want  []time.Duration
	}{
		"at once":          {0, []time.Duration{permits, permits + 5*time.Second, permits + 35*time.Second}},
		"after a while":    {time.Minute, []time.Duration{permits, permits + 65*time.Second, permits + 155*time.Second}},
		"after a long one": {260 * time.Second, []time.Duration{permits, permits + 265*time.Second}},
		"nearly too late":  {8*time.Minute + 56*time.Second, []time.Duration{permits}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, 1)
				w.opts.Once = true
				w.desk.put(w.signed(2), sealed(t, "one"))
				got := w.tries(tt.takes)
				w.done()
				if !slices.Equal(*got, tt.want) {
					t.Errorf("tried at %v, want %v", *got, tt.want)
				}
				w.alarms("doubtful 2 1002")
			})
		})
	}
}

// Whoever asks to stop does not wait for the pause.
func TestAStopEndsThePause(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, 1)
		w.desk.put(w.signed(2), sealed(t, "one"))
		tries, began := w.tries(0), time.Now()
		soft, stop := context.WithTimeout(t.Context(), 3*time.Second)
		defer stop()
		w.soft = soft
		w.ends(reconcile.EndInterrupted)
		if spent := time.Since(began); spent != 3*time.Second || len(*tries) != 1 {
			t.Errorf("it took %v and %d tries", spent, len(*tries))
		}
		w.alarms()
	})
}

// A file at which the program itself fails is doubtful, and what it holds is not told.
func TestAFileThatTheProgramFailsAt(t *testing.T) {
	err := reconcile.Judge(func(io.ReaderAt, int64) error { panic(errors.New("kari@example.com")) })
	if err == nil || has(err.Error(), "kari") {
		t.Errorf("the file is judged: %v", err)
	}
}
