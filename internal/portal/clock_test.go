package portal_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"batch/internal/portal"
)

// A Date is cut to whole seconds and was written somewhere between question and answer:
// what it tells of the portal's clock is a span.
func TestClockIsASpan(t *testing.T) {
	before := time.Date(2026, 11, 21, 10, 0, 0, 400_000_000, time.UTC)
	after := before.Add(300 * time.Millisecond)
	for name, c := range map[string]struct {
		dates []string
		want  portal.Clock
	}{
		"right":        {[]string{"Sat, 21 Nov 2026 10:00:00 GMT"}, portal.Clock{Known: true, Least: -700 * time.Millisecond, Most: 600 * time.Millisecond}},
		"a minute on":  {[]string{"Sat, 21 Nov 2026 10:01:00 GMT"}, portal.Clock{Known: true, Least: 59300 * time.Millisecond, Most: 60600 * time.Millisecond}},
		"a day behind": {[]string{"Fri, 20 Nov 2026 10:00:00 GMT"}, portal.Clock{Known: true, Least: -24*time.Hour - 700*time.Millisecond, Most: -24*time.Hour + 600*time.Millisecond}},
		"none":         {nil, portal.Clock{}},
		"garbled":      {[]string{"soon"}, portal.Clock{}},
		"two":          {[]string{"Sat, 21 Nov 2026 10:00:00 GMT", "Sat, 21 Nov 2026 10:01:00 GMT"}, portal.Clock{}},
	} {
		if got := portal.ClockIn(http.Header{"Date": c.dates}, before, after); got != c.want {
			t.Errorf("%s: got %+v, want %+v", name, got, c.want)
		}
	}
}

func TestWhoAmIComparesClocks(t *testing.T) {
	const longAgo = "HTTP/1.1 200 OK\r\nDate: Sat, 01 Jan 2000 00:00:00 GMT\r\nContent-Length: 17\r\n\r\nYou are 988015814"
	s := newStub(t, nil, replying(longAgo))
	who, _, err := s.client(t).WhoAmI(t.Context(), sender)
	if err != nil || !who.Clock.Known || who.Clock.Most > -20*365*24*time.Hour {
		t.Errorf("%+v, %v", who, err)
	}
	refused := strings.Replace(longAgo, "200 OK", "403 Forbidden", 1)
	s = newStub(t, nil, replying(refused))
	who, _, err = s.client(t).WhoAmI(t.Context(), sender)
	if err == nil || !who.Clock.Known || who.Clock.Most > -20*365*24*time.Hour || who.Text != "" {
		t.Errorf("refused: %+v, %v", who, err)
	}
}
