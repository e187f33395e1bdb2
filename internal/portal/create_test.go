package portal_test

import (
	"bufio"
	"io"
	"mime"
	"mime/multipart"
	"net"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"batch/internal/mailout"
	"batch/internal/portal"
)

func of(o mailout.Outcome) verdict { return verdict{o.Kind, o.Fatal, o.Code} }

// Every answer comes once behind the whole request, and once while its body is still going
// out: then the server reads no further, and what cannot be read as HTTP is a connection
// that broke.
func TestWhatAnAnswerProvesOfACreate(t *testing.T) {
	for _, a := range answers {
		late := closing(a.reply)
		early := func(s *stub, conn net.Conn, in *bufio.Reader) {
			in.ReadString('\n')
			io.WriteString(conn, a.reply)
			time.Sleep(time.Second)
		}
		for phase, serve := range map[string]func(*stub, net.Conn, *bufio.Reader){"": late, " while sending": early} {
			t.Run(a.name+phase, func(t *testing.T) {
				inBubble(t, serve, func(t *testing.T, s *stub, c *portal.Client) {
					o := c.Create(t.Context(), job(bundle(strings.Repeat("PK\x03\x04", 50_000))))
					want := a.create
					if phase != "" && want.code == "no-answer" {
						want.code = "reset"
					}
					if got := of(o); got != want {
						t.Errorf("got %+v, want %+v\n%s", got, want, o.Message)
					}
					checkConsistent(t, o)
					if n := s.connections(); n != 1 {
						t.Errorf("%d connections were made", n)
					}
				})
			})
		}
	}
}

// checkConsistent holds for every outcome of a create whose request was written.
func checkConsistent(t *testing.T, o mailout.Outcome) {
	t.Helper()
	checkSafe(t, o.Code, o.Message)
	if o.LastByte.IsZero() {
		t.Error("bytes have left, and LastByte is zero")
	}
	if (o.Kind == mailout.OutcomeAccepted) != (o.JobID == 4711 && o.CancellationURL != "") {
		t.Errorf("outcome %s with job %d, cancellation-url %q", o.Kind, o.JobID, o.CancellationURL)
	}
	if (o.Kind == mailout.OutcomeAccepted) != (o.Message == "") {
		t.Errorf("outcome %s with the message %q", o.Kind, o.Message)
	}
	if o.Kind == mailout.OutcomeUnknown != strings.Contains(o.Message, "a job may exist") {
		t.Errorf("outcome %s with the message %q", o.Kind, o.Message)
	}
	if blocked := o.Code == "blocked"; o.Speed.Blocked != blocked {
		t.Errorf("code %s, Speed.Blocked %v", o.Code, o.Speed.Blocked)
	}
	if unheard := o.Kind == mailout.OutcomeUnknown && !portalsOwn(o.Code); o.Speed.TimedOut != unheard {
		t.Errorf("outcome %s, code %s, Speed.TimedOut %v", o.Kind, o.Code, o.Speed.TimedOut)
	}
}

// portalsOwn tells the codes of the portal's documents, which are in capitals, from ours.
// An answer without such a document may be anybody's, and the portal get the call later.
func portalsOwn(code string) bool { return code == strings.ToUpper(code) }

// checkSafe holds for every text that a call says: it is short, a terminal takes it for
// text, and nothing of what may be personal is in it.
func checkSafe(t *testing.T, texts ...string) {
	t.Helper()
	for _, text := range texts {
		if utf8.RuneCountInString(text) > 450 || strings.ContainsFunc(text, func(r rune) bool { return !unicode.IsPrint(r) }) {
			t.Errorf("%q is not for a terminal", text)
		}
		for _, secret := range []string{"kari", "Kari", "01845", "018450", "12345"} {
			if strings.Contains(text, secret) {
				t.Errorf("%q holds %q", text, secret)
			}
		}
	}
}

// Cut off anywhere, the right answer proves nothing.
func TestAnAnswerCutOffAnywhereIsUnknown(t *testing.T) {
	whole := reply("200 OK", created, "Content-Type: application/xml")
	sent := 0
	inBubble(t, func(s *stub, conn net.Conn, in *bufio.Reader) { closing(whole[:sent])(s, conn, in) },
		func(t *testing.T, _ *stub, c *portal.Client) {
			for ; sent < len(whole); sent++ {
				if o := c.Create(t.Context(), job(bundle("x"))); o.Kind != mailout.OutcomeUnknown {
					t.Errorf("after %d bytes: %+v", sent, o)
				}
			}
			if o := c.Create(t.Context(), job(bundle("x"))); o.Kind != mailout.OutcomeAccepted {
				t.Errorf("as a whole: %+v", o)
			}
		})
}

func TestACreateOnTheWire(t *testing.T) {
	s := newStub(t, nil, replying(reply("200 OK", createdXML(jobElements))))
	content := strings.Repeat("\x00\r\n--bundle", 300_000)
	if o := s.client(t).Create(t.Context(), job(bundle(content))); o.Kind != mailout.OutcomeAccepted {
		t.Fatalf("%+v", o)
	}
	if want := "POST /api/988015814/portal/signature-jobs"; s.requests[0] != want {
		t.Errorf("request %q, want %q", s.requests[0], want)
	}
	header := s.headers[0]
	if got := header.Get("Content-Length"); got != itoa(len(s.bodies[0])) || header.Get("Transfer-Encoding") != "" {
		t.Errorf("Content-Length %q for %d bytes", got, len(s.bodies[0]))
	}
	if header.Get("Accept") != "application/xml" || header.Get("User-Agent") != "batch" || header.Get("Accept-Encoding") != "" {
		t.Errorf("header %v", header)
	}
	kind, parameters, err := mime.ParseMediaType(header.Get("Content-Type"))
	if err != nil || kind != "multipart/mixed" {
		t.Fatalf("Content-Type %q: %v", header.Get("Content-Type"), err)
	}
	parts := multipart.NewReader(strings.NewReader(string(s.bodies[0])), parameters["boundary"])
	request := nextPart(t, parts, "application/xml")
	if !strings.Contains(request, "<reference>"+string(ref)+"</reference><polling-queue>hr-avtaler</polling-queue>") {
		t.Errorf("request: %s", request)
	}
	if nextPart(t, parts, "application/octet-stream") != content {
		t.Error("the bundle arrived changed")
	}
	if _, err := parts.NextPart(); err != io.EOF {
		t.Errorf("behind the bundle comes %v", err)
	}
}

func TestTheJobRequestFitsTheXSD(t *testing.T) {
	for _, queue := range []string{"", "hr-avtaler", `<&"> æøå`} {
		s := newStub(t, nil, replying(reply("200 OK", createdXML(jobElements))))
		j := job(bundle("x"))
		j.Queue = queue
		s.client(t).Create(t.Context(), j)
		_, parameters, err := mime.ParseMediaType(s.headers[0].Get("Content-Type"))
		if err != nil {
			t.Fatal(err)
		}
		parts := multipart.NewReader(strings.NewReader(string(s.bodies[0])), parameters["boundary"])
		validate(t, []byte(nextPart(t, parts, "application/xml")))
	}
}

func nextPart(t *testing.T, parts *multipart.Reader, kind string) string {
	t.Helper()
	part, err := parts.NextRawPart()
	if err != nil {
		t.Fatal(err)
	}
	if got := part.Header.Get("Content-Type"); got != kind || len(part.Header) != 1 {
		t.Errorf("a part's header is %v, want %s", part.Header, kind)
	}
	b, err := io.ReadAll(part)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}
