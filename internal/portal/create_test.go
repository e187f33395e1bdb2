package portal_test

import (
	"bufio"
	"io"
	"mime"
	"mime/multipart"
	"net"
	"strings"
	"testing"

	"batch/internal/mailout"
)

// verdict is what a create must be found to have done.
type verdict struct {
	kind  mailout.OutcomeKind
	fatal bool
	code  string
}

func accepted() verdict            { return verdict{kind: mailout.OutcomeAccepted} }
func refused(code string) verdict  { return verdict{mailout.OutcomeRefused, false, code} }
func notSent(code string) verdict  { return verdict{mailout.OutcomeNotSent, false, code} }
func halted(code string) verdict   { return verdict{mailout.OutcomeNotSent, true, code} }
func unknown(code string) verdict  { return verdict{mailout.OutcomeUnknown, false, code} }
func of(o mailout.Outcome) verdict { return verdict{o.Kind, o.Fatal, o.Code} }

// Every answer that a create may meet, and what it proves (design.md, "The life of a row").
var answers = []struct {
	name  string
	reply string
	want  verdict
}{
	{"the portal's own example", reply("200 OK", createdXML(jobElements)), accepted()},
	{"with our reference", reply("200 OK", createdXML(`<reference>`+string(ref)+`</reference>`+jobElements)), accepted()},
	{"with a declaration, a comment and a prefix", reply("200 OK", `<?xml version="1.0" encoding="UTF-8" standalone="yes"?><!-- hi --><p:portal-signature-job-response xmlns:p="http://signering.posten.no/schema/v1"><p:signature-job-id> 4711
		</p:signature-job-id><p:cancellation-url>https://x/</p:cancellation-url></p:portal-signature-job-response>`), accepted()},
	{"201", reply("201 Created", createdXML(jobElements)), accepted()},
	{"without length, then closed", "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n" + createdXML(jobElements), accepted()},
	{"100 Continue before it", "HTTP/1.1 100 Continue\r\n\r\n" + reply("200 OK", createdXML(jobElements)), accepted()},

	{"another's reference", reply("200 OK", createdXML(`<reference>somebody-else</reference>`+jobElements)), unknown("other-reference")},
	{"200 without a body", reply("200 OK", ""), unknown("unreadable-answer")},
	{"204", "HTTP/1.1 204 No Content\r\n\r\n", unknown("unreadable-answer")},
	{"200 with HTML", reply("200 OK", "<html><body>Welcome</body></html>"), unknown("unreadable-answer")},
	{"200 with an error document", reply("200 OK", errorXML("INVALID", "no")), unknown("unreadable-answer")},
	{"200, cut off", "HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n" + createdXML(jobElements), unknown("unreadable-answer")},
	{"200, garbled length", "HTTP/1.1 200 OK\r\nContent-Length: many\r\n\r\n" + createdXML(jobElements), unknown("no-answer")},
	{"200, compressed unasked", reply("200 OK", "\x1f\x8b\x08\x00", "Content-Encoding: gzip"), unknown("unreadable-answer")},
	{"DOCTYPE", reply("200 OK", `<!DOCTYPE x [<!ENTITY a "b">]>`+createdXML(jobElements)), unknown("unreadable-answer")},
	{"processing instruction", reply("200 OK", createdXML(jobElements+`<?php x?>`)), unknown("unreadable-answer")},
	{"doubled id", reply("200 OK", createdXML(`<signature-job-id>1</signature-job-id>`+jobElements)), unknown("unreadable-answer")},
	{"foreign namespace", reply("200 OK", strings.Replace(createdXML(jobElements), "schema/v1", "schema/v2", 1)), unknown("unreadable-answer")},
	{"no namespace", reply("200 OK", strings.Replace(createdXML(jobElements), ns, "", 1)), unknown("unreadable-answer")},
	{"foreign child", reply("200 OK", createdXML(jobElements+`<x xmlns="urn:x"/>`)), unknown("unreadable-answer")},
	{"unknown child", reply("200 OK", createdXML(jobElements+`<surprise/>`)), unknown("unreadable-answer")},
	{"unknown attribute", reply("200 OK", strings.Replace(createdXML(jobElements), "<signature-job-id>", `<signature-job-id x="1">`, 1)), unknown("unreadable-answer")},
	{"trailing document", reply("200 OK", createdXML(jobElements)+createdXML(jobElements)), unknown("unreadable-answer")},
	{"trailing text", reply("200 OK", createdXML(jobElements)+"ok"), unknown("unreadable-answer")},
	{"missing cancellation-url", reply("200 OK", createdXML(`<signature-job-id>4711</signature-job-id>`)), unknown("unreadable-answer")},
	{"id of another kind", reply("200 OK", createdXML(strings.Replace(jobElements, "4711<", "47x11<", 1))), unknown("unreadable-answer")},
	{"id zero", reply("200 OK", createdXML(strings.Replace(jobElements, "4711<", "0<", 1))), unknown("unreadable-answer")},
	{"id beyond 64 bits", reply("200 OK", createdXML(strings.Replace(jobElements, "4711<", "9223372036854775808<", 1))), unknown("unreadable-answer")},
	{"too deep", reply("200 OK", createdXML(strings.Repeat("<x>", 100)+strings.Repeat("</x>", 100))), unknown("unreadable-answer")},
	{"too long", reply("200 OK", createdXML(jobElements)+strings.Repeat(" ", 300<<10)), unknown("unreadable-answer")},
	{"undeclared encoding", reply("200 OK", `<?xml version="1.0" encoding="UTF-16"?>`+createdXML(jobElements)), unknown("unreadable-answer")},

	{"400 about the job", reply("400 Bad Request", errorXML("INVALID_TITLE", "too long")), refused("INVALID_TITLE")},
	{"400 about a signature type", reply("400 Bad Request", errorXML("INVALID_SIGNATURE_TYPE", "no")), refused("INVALID_SIGNATURE_TYPE")},
	{"400 about the signature job", reply("400 Bad Request", errorXML("SIGNATURE_JOB_INVALID", "no")), refused("SIGNATURE_JOB_INVALID")},
	{"409 with its document", reply("409 Conflict", errorXML("CONFLICT", "no")), refused("CONFLICT")},
	{"413 with its document", reply("413 Content Too Large", errorXML("TOO_LARGE", "no")), refused("TOO_LARGE")},
	{"422 with its document", reply("422 Unprocessable", errorXML("INVALID", "")), refused("INVALID")},
	{"400 with HTML", reply("400 Bad Request", "<html><h1>Bad Request</h1></html>"), unknown("no-error-document")},
	{"400 with nothing", reply("400 Bad Request", ""), unknown("no-error-document")},
	{"400, document cut off", "HTTP/1.1 400 Bad Request\r\nContent-Length: 5000\r\n\r\n" + errorXML("INVALID", "no"), unknown("no-error-document")},
	{"400, half a document", reply("400 Bad Request", `<error `+ns+`><error-code>INVALID</error-code></error>`), unknown("no-error-document")},
	{"400, document without a code", reply("400 Bad Request", errorXML("", "no")), unknown("no-error-document")},
	{"400, a job's document", reply("400 Bad Request", createdXML(jobElements)), unknown("no-error-document")},

	{"403 not authorized", reply("403 Forbidden", errorXML("NOT_AUTHORIZED", "no")), halted("NOT_AUTHORIZED")},
	{"400 broker", reply("400 Bad Request", errorXML("BROKER_NOT_AUTHORIZED", "no")), halted("BROKER_NOT_AUTHORIZED")},
	{"401 by its status", reply("401 Unauthorized", errorXML("WHO_ARE_YOU", "no")), halted("WHO_ARE_YOU")},
	{"400 certificate", reply("400 Bad Request", errorXML("CERTIFICATE_EXPIRED", "no")), halted("CERTIFICATE_EXPIRED")},
	{"400 bundle's signature", reply("400 Bad Request", errorXML("INVALID_SIGNATURE", "no")), halted("INVALID_SIGNATURE")},
	{"400 signing time", reply("400 Bad Request", errorXML("INVALID_SIGNING_TIME", "no")), halted("INVALID_SIGNING_TIME")},
	{"400 clock", reply("400 Bad Request", errorXML("CLOCK_SKEW", "no")), halted("CLOCK_SKEW")},
	{"404 with its document", reply("404 Not Found", errorXML("NO_SUCH_SENDER", "no")), halted("NO_SUCH_SENDER")},
	{"415 with its document", reply("415 Unsupported Media Type", errorXML("MEDIA_TYPE", "no")), halted("MEDIA_TYPE")},
	{"403 with HTML", reply("403 Forbidden", "<html>proxy</html>"), unknown("no-error-document")},
	{"404 with HTML", reply("404 Not Found", "<html>proxy</html>"), unknown("no-error-document")},
	{"408 with its document", reply("408 Request Timeout", errorXML("TIMEOUT", "no")), unknown("TIMEOUT")},

	{"429 of the DoSFilter", reply("429 Too Many Requests", "", "DoSFilter: unavailable"), notSent("blocked")},
	{"429 with a permitted poll time", reply("429 Too Many Requests", "", "Date: Sat, 21 Nov 2026 10:00:00 GMT", "X-Next-permitted-poll-time: 2026-11-21T11:10:00+01:00"), notSent("too-early")},
	{"429 with a garbled poll time", reply("429 Too Many Requests", "", "Date: Sat, 21 Nov 2026 10:00:00 GMT", "X-Next-permitted-poll-time: soon"), unknown("bare-429")},
	{"bare 429", reply("429 Too Many Requests", ""), unknown("bare-429")},
	{"429 with HTML", reply("429 Too Many Requests", "<html>slow down</html>", "Retry-After: 30"), unknown("bare-429")},
	{"429 with an error document", reply("429 Too Many Requests", errorXML("NOT_AUTHORIZED", "no")), unknown("bare-429")},

	{"500", reply("500 Internal Server Error", ""), unknown("server-error")},
	{"500 with an error document", reply("500 Internal Server Error", errorXML("NOT_AUTHORIZED", "no")), unknown("server-error")},
	{"502 of a proxy", reply("502 Bad Gateway", "<html>nginx</html>"), unknown("server-error")},
	{"503 with the DoSFilter's header", reply("503 Service Unavailable", "", "DoSFilter: unavailable"), unknown("server-error")},
	{"504", reply("504 Gateway Timeout", ""), unknown("server-error")},
	{"302", reply("302 Found", "", "Location: https://elsewhere.example/"), unknown("redirect")},
	{"307, which asks for the body again", reply("307 Temporary Redirect", "", "Location: /api/again"), unknown("redirect")},
	{"304", "HTTP/1.1 304 Not Modified\r\n\r\n", unknown("redirect")},
	{"status 999", reply("999 What", errorXML("INVALID", "no")), unknown("no-error-document")},
	{"not HTTP at all", "220 mail.example ESMTP\r\n", unknown("no-answer")},
	{"a header without end", "HTTP/1.1 200 OK\r\nX: " + strings.Repeat("x", 100<<10), unknown("no-answer")},
	{"nothing, then closed", "", unknown("reset")},
}

func TestWhatAnAnswerProves(t *testing.T) {
	for _, a := range answers {
		t.Run(a.name, func(t *testing.T) {
			s := newStub(t, nil, func(s *stub, conn net.Conn, in *bufio.Reader) {
				if s.receive(in) {
					io.WriteString(conn, a.reply)
				}
			})
			o := s.client(t).Create(t.Context(), job(bundle("PK\x03\x04 a bundle")))
			if got := of(o); got != a.want {
				t.Errorf("got %+v, want %+v\n%s", got, a.want, o.Message)
			}
			if calls := s.calls(); len(calls) != 1 {
				t.Errorf("%d requests arrived: %q", len(calls), calls)
			}
			checkConsistent(t, o)
		})
	}
}

// checkConsistent holds for every outcome of a create whose request was written.
func checkConsistent(t *testing.T, o mailout.Outcome) {
	t.Helper()
	if o.LastByte.IsZero() {
		t.Error("bytes have left, and LastByte is zero")
	}
	if (o.Kind == mailout.OutcomeAccepted) != (o.JobID == 4711 && o.CancellationURL != "") {
		t.Errorf("outcome %s with job %d, cancellation-url %q", o.Kind, o.JobID, o.CancellationURL)
	}
	if (o.Kind == mailout.OutcomeAccepted) != (o.Message == "") {
		t.Errorf("outcome %s with the message %q", o.Kind, o.Message)
	}
	if blocked := o.Code == "blocked"; o.Speed.Blocked != blocked {
		t.Errorf("code %s, Speed.Blocked %v", o.Code, o.Speed.Blocked)
	}
	if o.Speed.TimedOut != (o.Status == 0) {
		t.Errorf("status %d, Speed.TimedOut %v", o.Status, o.Speed.TimedOut)
	}
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
