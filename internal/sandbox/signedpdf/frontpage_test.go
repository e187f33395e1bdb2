package signedpdf

import (
	"bytes"
	"strings"
	"testing"
	"time"
)

// The fullest job there can be: nothing is lost, nothing leaves the page, and whoever
// searches finds every letter.
func TestFrontPageHoldsTheFullestJob(t *testing.T) {
	job := sampleJob(len(names), make([][]byte, 20)...)
	for i := range job.Signatures {
		job.Signatures[i].At = time.Date(2026, 11, 21, 13, 0, 0, 0, time.UTC)
	}
	s := frontPage(job)
	text := textOf(t, s.pdf(job.Title))
	for n, d := range job.Documents {
		if len([]rune(d.Title)) != 80 {
			t.Fatalf("a title of %d characters", len([]rune(d.Title)))
		}
		if !strings.Contains(text, d.Title) {
			t.Errorf("the title of document %d is not there whole", n+1)
		}
	}
	for _, want := range append(names, "«prøve» 🎉 og", "👍", "10 of 10", "2026-11-21 13:00:00 UTC", "continued") {
		if !strings.Contains(text, want) {
			t.Errorf("the pages do not say %q:\n%s", want, text)
		}
	}
	if len(s.pages) != 2 {
		t.Errorf("%d pages", len(s.pages))
	}
}

// The digests are those of NIST's examples for SHA-256.
func TestFrontPageTellsDigests(t *testing.T) {
	text := textOf(t, frontPage(sampleJob(1, []byte("abc"), bytes.Repeat([]byte("a"), 1_000_000))).pdf(""))
	for _, want := range []string{"ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad", "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"} {
		if !strings.Contains(text, "SHA-256 "+want) {
			t.Errorf("the pages do not say %s:\n%s", want, text)
		}
	}
}

func TestHowSigned(t *testing.T) {
	for _, test := range []struct {
		by   Signature
		want string
	}{
		{Signature{}, "Authenticated electronic signature · on their own behalf"},
		{Signature{Advanced: true, Level: "4"}, "Advanced electronic signature · identified at security level 4 · on their own behalf"},
		{Signature{Level: "3", ForAnother: true}, "Authenticated electronic signature · identified at security level 3 · on behalf of somebody else"},
	} {
		if got := howSigned(test.by); got != test.want {
			t.Errorf("got %s, want %s", got, test.want)
		}
	}
}
