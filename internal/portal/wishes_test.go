package portal_test

import (
	"bufio"
	"context"
	"io"
	"net"
	"strings"
	"testing"

	"batch/internal/mailout"
	"batch/internal/portal"
)

// wishes are the two calls that the portal may decline.
var wishes = map[string]struct {
	request string
	make    func(ctx context.Context, c *portal.Client, root string) (mailout.Answer, error)
}{
	"cancel": {"POST /api" + jobPath + "/cancel", func(ctx context.Context, c *portal.Client, root string) (mailout.Answer, error) {
		return c.Cancel(ctx, sender, root+jobPath+"/cancel")
	}},
	"delete": {"DELETE /api" + jobPath + "/documents", func(ctx context.Context, c *portal.Client, root string) (mailout.Answer, error) {
		return c.DeleteDocuments(ctx, sender, root+jobPath+"/documents")
	}},
}

func TestHowThePortalAnswersAWish(t *testing.T) {
	unheard := mailout.Answer{Speed: mailout.Speed{TimedOut: true}}
	for name, test := range map[string]struct {
		reply string
		want  mailout.Answer // without a kind: an error
	}{
		"200":                         {reply("200 OK", ""), mailout.Answer{Kind: mailout.AnswerGranted}},
		"202":                         {reply("202 Accepted", ""), mailout.Answer{Kind: mailout.AnswerGranted}},
		"204":                         {"HTTP/1.1 204 No Content\r\n\r\n", mailout.Answer{Kind: mailout.AnswerGranted}},
		"200 and blanks":              {reply("200 OK", " \r\n"), mailout.Answer{Kind: mailout.AnswerGranted}},
		"200 and a document":          {reply("200 OK", created), mailout.Answer{Kind: mailout.AnswerGranted}},
		"200 of something in between": {reply("200 OK", page), unheard},
		"200 and a word":              {reply("200 OK", "OK", "Content-Type: text/plain"), unheard},
		"200 and XHTML":               {reply("200 OK", `<html xmlns="http://www.w3.org/1999/xhtml"/>`), unheard},
		"200 and an error":            {errorReply("200 OK", "CONFLICT"), unheard},
		"200 that is cut off":         {"HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n", unheard},
		"409":                         {errorReply("409 Conflict", "JOB_FINISHED"), mailout.Answer{Kind: mailout.AnswerDeclined, Code: "JOB_FINISHED", Message: "JOB_FINISHED: … … '…' 2J"}},
		"409 without a word":          {reply("409 Conflict", ""), mailout.Answer{Kind: mailout.AnswerDeclined}},
		"404":                         {errorReply("404 Not Found", "NOT_FOUND"), mailout.Answer{Kind: mailout.AnswerGone, Code: "NOT_FOUND", Message: "NOT_FOUND: … … '…' 2J"}},
		"410":                         {reply("410 Gone", ""), mailout.Answer{Kind: mailout.AnswerGone}},
		"409 of something in between": {reply("409 Conflict", page), unheard},
		"404 of something in between": {reply("404 Not Found", page), unheard},
		"404 that is cut off":         {"HTTP/1.1 404 Not Found\r\nContent-Length: 5000\r\n\r\n", unheard},
		"400":                         {errorReply("400 Bad Request", "CONFLICT"), mailout.Answer{}},
		"500":                         {errorReply("500 Internal Server Error", "CONFLICT"), mailout.Answer{}},
	} {
		for call, wish := range wishes {
			t.Run(call+" "+name, func(t *testing.T) {
				s := newStub(t, nil, closing(test.reply))
				answer, err := wish.make(t.Context(), s.client(t), s.root)
				checkSafe(t, answer.Code, answer.Message)
				if answer != test.want || (err == nil) == (test.want.Kind == "") {
					t.Errorf("%+v, %v", answer, err)
				}
				if s.requests[0] != wish.request || len(s.bodies[0]) != 0 || s.headers[0].Get("Transfer-Encoding") != "" {
					t.Errorf("request %q, %v", s.requests[0], s.headers[0])
				}
			})
		}
	}
}

// A wish whose answer was lost is unknown, may be repeated, and may then be declined by
// its own echo.
func TestALostWishMayBeRepeated(t *testing.T) {
	for name, wish := range wishes {
		s := newStub(t, nil, func(s *stub, conn net.Conn, in *bufio.Reader) {
			if s.receive(in) && len(s.calls()) > 1 {
				io.WriteString(conn, errorReply("409 Conflict", "CONFLICT"))
			}
		})
		c := s.client(t)
		first, err := wish.make(t.Context(), c, s.root)
		if got := ofCall(t, err); got != unknown("reset") || !first.Speed.TimedOut || first.Kind != "" {
			t.Errorf("%s: %+v, %+v", name, got, first)
		}
		if again, err := wish.make(t.Context(), c, s.root); err != nil || again.Kind != mailout.AnswerDeclined {
			t.Errorf("%s again: %+v, %v", name, again, err)
		}
	}
}

// A caller bounds what it fetches by what it expects: a signer's XAdES is small.
func TestAFetchIsBoundedByItsCaller(t *testing.T) {
	s := newStub(t, nil, replying(reply("200 OK", strings.Repeat("<x/>", 1000), "Content-Type: application/xml")))
	c := s.client(t)
	for limit, want := range map[int64]verdict{4000: accepted(), 3999: unknown("too-large"), 0: unknown("too-large")} {
		var to strings.Builder
		n, announced, _, err := c.Fetch(t.Context(), sender, s.root+jobPath+"/xades/1", limit, &to)
		if got := ofCall(t, err); got != want || announced != 4000 || n != int64(to.Len()) || n > limit {
			t.Errorf("limit %d: %+v, %d bytes", limit, got, n)
		}
	}
}
