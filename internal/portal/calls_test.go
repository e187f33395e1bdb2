package portal_test

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"batch/internal/mailout"
	"batch/internal/portal"
)

// example is one of the official examples, with the stub's address in its URLs.
func example(t *testing.T, name string) string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(spec, "examples", "portal", name))
	if err != nil {
		t.Skipf("the portal's examples are not beside the project: %v", err)
	}
	return string(b)
}

func TestPollReadsAChange(t *testing.T) {
	s := newStub(t, nil, replying(reply("200 OK", example(t, "status-change-response.xml"))))
	before := time.Now()
	poll, err := s.client(t).Poll(t.Context(), sender, "hr & avtaler/1")
	if err != nil {
		t.Fatal(err)
	}
	if want := "GET /api/988015814/portal/signature-jobs?polling_queue=hr+%26+avtaler%2F1"; s.requests[0] != want {
		t.Errorf("request %q, want %q", s.requests[0], want)
	}
	if header := s.headers[0]; header.Get("Content-Length") != "" || header.Get("Transfer-Encoding") != "" {
		t.Errorf("a GET with a body: %v", header)
	}
	c := poll.Change
	if poll.Next != 0 || poll.TooEarly || c == nil {
		t.Fatalf("%+v", poll)
	}
	const base = "https://api.signering.posten.no/api/123456789/portal/signature-jobs/1"
	if c.JobID != 1 || c.Status != mailout.Completed || c.ConfirmationURL != base+"/complete" || c.PAdESURL != base+"/pades" ||
		c.Ref != "" || c.Sender != sender || c.Queue != "hr & avtaler/1" || c.TakenAt.Before(before) || c.TakenAt.Location() != time.UTC {
		t.Errorf("%+v", c)
	}
	signed := c.Signers[0]
	if len(c.Signers) != 1 || signed.Status != mailout.SignerSigned || signed.NationalID.Reveal() != "12345678910" ||
		!signed.Since.Equal(time.Date(2017, 1, 23, 11, 51, 43, 0, time.UTC)) || signed.XAdESURL != base+"/xades/1" {
		t.Errorf("%+v", signed)
	}
}

func TestPollReadsSignersWithoutANumber(t *testing.T) {
	s := newStub(t, nil, replying(reply("200 OK", example(t, "status-change-response-signer-without-pin.xml"))))
	poll, err := s.client(t).Poll(t.Context(), sender, "")
	if err != nil {
		t.Fatal(err)
	}
	if want := "GET /api/988015814/portal/signature-jobs"; s.requests[0] != want {
		t.Errorf("request %q, want %q", s.requests[0], want)
	}
	signers := poll.Change.Signers
	if len(signers) != 2 || signers[0].Email.Reveal() != "test@example.com" || signers[0].Mobile != "" || signers[1].Mobile.Reveal() != "12345678" {
		t.Errorf("%+v", signers)
	}
}

func TestWhenToPollAgain(t *testing.T) {
	change := changeXML(`<status>IN_PROGRESS</status>`, signatureXML)
	date := "Date: Sat, 21 Nov 2026 10:00:00 GMT"
	next := func(s string) string { return "X-Next-permitted-poll-time: " + s }
	tests := []struct {
		name     string
		reply    string
		want     time.Duration
		tooEarly bool
	}{
		{"empty, ten minutes", reply("204 No Content", "", date, next("2026-11-21T11:10:00.000+01:00")), 10 * time.Minute, false},
		{"empty, five seconds, UTC", reply("204 No Content", "", date, next("2026-11-21T10:00:05Z")), 5 * time.Second, false},
		{"empty, fractions", reply("204 No Content", "", date, next("2026-11-21T11:00:05.123456789+01:00")), 5123456789, false},
		{"empty, Java without seconds", reply("204 No Content", "", date, next("2026-11-21T11:05+01:00")), 5 * time.Minute, false},
		{"empty, Java with a zone", reply("204 No Content", "", date, next("2026-11-21T11:05:00+01:00[Europe/Oslo]")), 5 * time.Minute, false},
		{"empty, already permitted", reply("204 No Content", "", date, next("2026-11-21T09:00:00Z")), 0, false},
		{"empty, nothing said", reply("204 No Content", "", date), 10 * time.Minute, false},
		{"empty, no Date", reply("204 No Content", "", next("2026-11-21T10:00:05Z")), 10 * time.Minute, false},
		{"empty, garbled Date", reply("204 No Content", "", "Date: today", next("2026-11-21T10:00:05Z")), 10 * time.Minute, false},
		{"empty, garbled time", reply("204 No Content", "", date, next("in a while")), 10 * time.Minute, false},
		{"empty, no offset", reply("204 No Content", "", date, next("2026-11-21T10:00:05")), 10 * time.Minute, false},
		{"empty, said twice", reply("204 No Content", "", date, next("2026-11-21T10:00:05Z"), next("2026-11-21T10:00:06Z")), 10 * time.Minute, false},
		{"empty, a year ahead", reply("204 No Content", "", date, next("2027-11-21T10:00:05Z")), 10 * time.Minute, false},
		{"too early", reply("429 Too Many Requests", "", date, next("2026-11-21T10:00:07Z")), 7 * time.Second, true},
		{"too early, garbled", reply("429 Too Many Requests", "", date, next("later")), 10 * time.Minute, true},
		{"a change, nothing said", reply("200 OK", change), 0, false},
		{"a change, garbled", reply("200 OK", change, date, next("later")), 0, false},
		{"a change, at once, the time not cut to seconds as Date is", reply("200 OK", change, date, next("2026-11-21T10:00:00.999Z")), 0, false},
		{"a change, three seconds", reply("200 OK", change, date, next("2026-11-21T10:00:03Z")), 3 * time.Second, false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			s := newStub(t, nil, replying(test.reply))
			poll, err := s.client(t).Poll(t.Context(), sender, "q")
			if err != nil {
				t.Fatal(err)
			}
			if unheard := test.tooEarly && test.want == 10*time.Minute; poll.Speed != (mailout.Speed{TimedOut: unheard}) {
				t.Errorf("a time that cannot be read may be anybody's, and any other is the portal's: %+v", poll.Speed)
			}
			if poll.Next != test.want || poll.TooEarly != test.tooEarly || (poll.Change != nil) != strings.HasPrefix(test.reply, "HTTP/1.1 200") {
				t.Errorf("%+v, want %v", poll, test.want)
			}
		})
	}
}

func TestWhatAnAnswerProvesOfEveryOtherCall(t *testing.T) {
	for _, a := range answers {
		t.Run(a.name, func(t *testing.T) {
			inBubble(t, closing(a.reply), func(t *testing.T, s *stub, c *portal.Client) {
				for _, call := range everyCall {
					if whole := a.call == accepted() || a.call.code == "unreadable-answer"; whole && !call.wordless {
						continue // what it looks for has tests of its own
					}
					synctest.Wait() // until it is seen that the last one's connection was closed
					before := s.connections()
					err := call.make(t.Context(), c, s.root)
					if got := ofCall(t, err); got != a.call {
						t.Errorf("%s: got %+v, want %+v\n%v", call.name, got, a.call, err)
					}
					if n := s.connections() - before; n != 1 {
						t.Errorf("%s: %d connections were made", call.name, n)
					}
				}
			})
		})
	}
}

func TestAChangeThatCannotBeReadIsAnError(t *testing.T) {
	s := newStub(t, nil, replying(reply("200 OK", "<html/>")))
	poll, err := s.client(t).Poll(t.Context(), sender, "")
	if got := ofCall(t, spoken(poll.Speed, err)); got != unknown("unreadable-answer") {
		t.Errorf("%+v, %v", got, err)
	}
}

func TestConfirmAndWhoAmI(t *testing.T) {
	s := newStub(t, nil, replying(reply("200 OK", ""), reply("200 OK", "You are 988015814\x1b[2J, operating\non behalf of …\n"), reply("200 OK", "<html>Log in</html>")))
	c := s.client(t)
	if _, err := c.Confirm(t.Context(), sender, s.root+"/988015814/portal/signature-jobs/1/complete"); err != nil {
		t.Error(err)
	}
	if who, _, err := c.WhoAmI(t.Context(), sender); err != nil || who.Text != "You are 988015814[2J, operating on behalf of …" {
		t.Errorf("%q, %v", who.Text, err)
	}
	_, speed, err := c.WhoAmI(t.Context(), sender)
	if got := ofCall(t, spoken(speed, err)); got != unknown("unreadable-answer") {
		t.Errorf("a login page was taken for an answer: %+v, %v", got, err)
	}
}

func TestFetchIsBounded(t *testing.T) {
	const limit = 1000
	tests := []struct {
		name      string
		reply     string
		code      string // empty: all is well
		announced int64
	}{
		{"within", reply("200 OK", strings.Repeat("x", limit)), "", limit},
		{"without length", "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n" + strings.Repeat("x", limit), "", -1},
		{"in chunks", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n", "", -1},
		{"announced too large", reply("200 OK", strings.Repeat("x", limit+1)), "too-large", limit + 1},
		{"too large unannounced", "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n" + strings.Repeat("x", limit+1), "too-large", -1},
		{"cut off", "HTTP/1.1 200 OK\r\nContent-Length: 900\r\nConnection: close\r\n\r\nabc", "truncated", 900},
		{"chunks cut off", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n5\r\nhello\r\n", "truncated", -1},
		{"encoded", reply("200 OK", "\x1f\x8b", "Content-Encoding: gzip"), "encoded", 2},
		{"nothing there", "HTTP/1.1 204 No Content\r\n\r\n", "no-error-document", -1},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			s := newStub(t, nil, closing(test.reply))
			c := s.client(t)
			var to bytes.Buffer
			n, announced, _, err := c.Fetch(t.Context(), sender, s.root+"/988015814/portal/signature-jobs/1/pades", limit, &to)
			if n != int64(to.Len()) || n > limit || announced != test.announced {
				t.Errorf("said %d bytes of %d, wrote %d", n, announced, to.Len())
			}
			if (err == nil) != (test.code == "") || (err != nil && callError(t, err).Code != test.code) {
				t.Errorf("ended with %v", err)
			}
		})
	}
}

func TestAFullDiskIsNotThePortalsFault(t *testing.T) {
	s := newStub(t, nil, replying(reply("200 OK", "%PDF-")))
	full := errors.New("disk full")
	_, _, _, err := s.client(t).Fetch(t.Context(), sender, s.root+"/988015814/portal/x", limit, failing{full})
	var call *mailout.CallError
	if !errors.Is(err, full) || errors.As(err, &call) {
		t.Errorf("ended with %#v", err)
	}
}

type failing struct{ err error }

func (f failing) Write([]byte) (int, error) { return 0, f.err }
