package portal_test

import (
	"io"
	"net"
	"testing"
	"testing/synctest"
	"time"

	"batch/internal/portal"
)

func TestWhatAConnectionKnowsOfWhatLeft(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		here, there := net.Pipe()
		conn, written, lastSince := portal.Meter(here)
		defer conn.Close()
		defer there.Close()

		// A write that nobody takes may have left at any moment.
		mark := written()
		go conn.Write([]byte("xx"))
		synctest.Wait()
		time.Sleep(time.Second)
		if got := lastSince(mark); !got.Equal(time.Now()) {
			t.Errorf("while a write is under way the last byte left %v ago", time.Since(got))
		}
		// One that was taken left when it was.
		io.ReadFull(there, make([]byte, 2))
		synctest.Wait()
		taken := time.Now()
		time.Sleep(time.Second)
		if got := lastSince(mark); !got.Equal(taken) {
			t.Errorf("the last byte left %v late", got.Sub(taken))
		}
		// Where it is said that nothing left, nothing does.
		if got := lastSince(written()); !got.IsZero() {
			t.Errorf("nothing was written, and a byte left at %v", got)
		}
		if _, err := conn.Write([]byte("x")); err != net.ErrClosed {
			t.Errorf("writing ended with %v", err)
		}
	})
}

// What was written before the machine fell asleep may leave when it wakes up.
func TestTheLastByteOfAMachineThatSlept(t *testing.T) {
	evening := time.Date(2026, 11, 21, 17, 0, 0, 0, time.UTC)
	for _, tt := range []struct {
		now   time.Time
		since time.Duration // by the clock that stops in sleep
		want  time.Time
	}{
		{evening, 0, evening},
		{evening.Add(time.Minute), time.Minute, evening},
		{evening.Add(time.Minute + 900*time.Millisecond), time.Minute, evening}, // clocks that are set right a little
		{evening.Add(15*time.Hour + time.Minute), time.Minute, evening.Add(15*time.Hour + time.Minute)},
		{evening.Add(-time.Hour), time.Minute, evening}, // put back
	} {
		if got := portal.LeftBy(evening, tt.now, tt.since); !got.Equal(tt.want) {
			t.Errorf("at %v: %v, want %v", tt.now, got, tt.want)
		}
	}
	if got := portal.LeftBy(time.Time{}, evening, time.Hour); !got.IsZero() {
		t.Errorf("nothing left, and the last byte left at %v", got)
	}
}
