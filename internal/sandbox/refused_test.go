package sandbox

import (
	"cmp"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"batch/internal/sandbox/asice"
	"batch/internal/sandbox/strictxml"
)

// refusedCase is one fault planted in a create, and what the portal says to it.
type refusedCase struct {
	name   string
	status int    // 0: 400
	code   string // of the error document
	word   string // of its message
	plant  func(*attempt)
}

// TestCreateRefuses plants one fault at a time; each is refused for itself and for nothing
// else, with an error document that repeats nothing of the job.
func TestCreateRefuses(t *testing.T) {
	cases := slices.Concat(httpFaults, requestFaults, manifestFaults(), zipFaults, signatureFaults, certificateFaults(), documentFaults)
	s, portal := directSandbox(t)
	documents := map[string][]byte{}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			a := newAttempt()
			c.plant(a)
			res := a.post(t, portal)
			code, message, kind := errorOf(res.Body.Bytes())
			if res.Code != cmp.Or(c.status, http.StatusBadRequest) || code != c.code || !strings.Contains(message, c.word) || kind != "CLIENT" {
				t.Errorf("status %d, %s; want %d, %s with %q", res.Code, res.Body, cmp.Or(c.status, http.StatusBadRequest), c.code, c.word)
			}
			for _, private := range []string{testNumber, "Åse", "Avtale", "ref-1", "document.pdf", "ase@example.com"} {
				if strings.Contains(message, private) {
					t.Errorf("the message repeats %q: %s", private, message)
				}
			}
			documents[fmt.Sprintf("%d-%s", len(documents), code)] = res.Body.Bytes()
		})
	}
	if jobs := s.Jobs(""); len(jobs) != 0 {
		t.Errorf("%d jobs were made of refused creates", len(jobs))
	}
	if left := filesOf(t, s); len(left) != 0 {
		t.Errorf("refused creates left %v", left)
	}
	t.Run("error documents", func(t *testing.T) { satisfySchema(t, documents) })
}

// What is planted in HTTP and multipart.
var httpFaults = []refusedCase{
	{"form data", 415, codeInvalidRequest, "multipart/mixed", header("Content-Type", "multipart/form-data; boundary="+testBoundary)},
	{"no Content-Type", 415, codeInvalidRequest, "multipart/mixed", header("Content-Type", "")},
	{"no boundary", 415, codeInvalidRequest, "boundary", header("Content-Type", "multipart/mixed")},
	{"boundary of 71", 415, codeInvalidRequest, "70", header("Content-Type", "multipart/mixed; boundary="+strings.Repeat("b", 71))},
	{"another boundary", 0, codeInvalidRequest, "missing", header("Content-Type", "multipart/mixed; boundary=another")},
	{"only web pages accepted", 406, codeInvalidRequest, "Accept", header("Accept", "text/html")},
	{"empty body", 0, codeInvalidRequest, "missing", body(func(string) string { return "" })},
	{"no parts", 0, codeInvalidRequest, "missing", body(func(string) string { return "--" + testBoundary + "--\r\n" })},
	{"one part", 0, codeInvalidRequest, "application/octet-stream is missing", parts(func(p []part) []part { return p[:1] })},
	{"three parts", 0, codeInvalidRequest, "two parts", parts(func(p []part) []part { return append(p, p[1]) })},
	{"parts in the other order", 0, codeInvalidRequest, "application/xml is expected", parts(func(p []part) []part { return []part{p[1], p[0]} })},
	{"part without a type", 0, codeInvalidRequest, "application/xml is expected", head(0, "")},
	{"request as text/xml", 0, codeInvalidRequest, "application/xml is expected", head(0, "Content-Type: text/xml\r\n")},
	{"bundle as ZIP", 0, codeInvalidRequest, "application/octet-stream is expected", head(1, "Content-Type: application/zip\r\n")},
	{"bundle in base64", 0, codeInvalidRequest, "transfer encoding", head(1, "Content-Type: application/octet-stream\r\nContent-Transfer-Encoding: base64\r\n")},
	{"last boundary missing", 0, codeInvalidRequest, "ended early", body(func(b string) string { return b[:len(b)-len("--\r\n")-len(testBoundary)] })},
	{"cut off in the bundle", 0, codeInvalidRequest, "ended early", body(func(b string) string { return b[:len(b)-100] })},
	{"cut off in the request", 0, codeInvalidRequest, "ended early", body(func(b string) string { return b[:100] })},
	{"bundle too large", 413, codeInvalidRequest, "octet-stream has more than", func(a *attempt) { a.zip = make([]byte, asice.MaxBytes+1) }},
	{"request too large", 413, codeInvalidRequest, "xml has more than", func(a *attempt) { a.request = strings.Repeat(" ", strictxml.MaxBytes+1) }},
	{"another organization's address", 403, codeBrokerNotAuthorized, "on behalf", func(a *attempt) { a.sender = "123456789" }},
	{"no organization's address", 404, codeNotFound, "organization", func(a *attempt) { a.sender = "me" }},
}

// What is planted in the first part, and what personal data is put where it must not be.
var requestFaults = []refusedCase{
	{"request: a manifest", 0, codeInvalidXML, "not a portal-signature-job-request", func(a *attempt) { a.request = oneSigner }},
	{"request: another namespace", 0, codeInvalidXML, "not a portal-signature-job-request", request("schema/v1", "schema/v2")},
	{"request: no namespace", 0, codeInvalidXML, "not a portal-signature-job-request", request(` xmlns="http://signering.posten.no/schema/v1"`, "")},
	{"request: reference of 51", 0, codeInvalidXML, "51 characters", request("ref-1", strings.Repeat("å", 51))},
	{"request: queue before reference", 0, codeInvalidXML, "where the element reference stands",
		request("<reference>ref-1</reference><polling-queue>queue-1</polling-queue>", "<polling-queue>queue-1</polling-queue><reference>ref-1</reference>")},
	{"request: two references", 0, codeInvalidXML, "nothing more is allowed", request("</reference>", "</reference><reference>ref-2</reference>")},
	{"request: an element nobody knows", 0, codeInvalidXML, "where the element urgent stands", request("</polling-queue>", "</polling-queue><urgent/>")},
	{"request: an element of a person's name", 0, codeInvalidXML, "of a strange name", request("</polling-queue>", "</polling-queue><Åse/>")},
	{"request: an attribute nobody knows", 0, codeInvalidXML, "attribute lang", request("<reference>", `<reference lang="nb">`)},
	{"request: xsi:nil", 0, codeInvalidXML, "attribute nil", request("<reference>", `<reference xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:nil="false">`)},
	{"request: an element in the reference", 0, codeInvalidXML, "only text", request("ref-1", "<b>ref-1</b>")},
	{"request: text between elements", 0, codeInvalidXML, "only elements", request("<polling-queue>", "ref-1<polling-queue>")},
	{"request: not closed", 0, codeInvalidXML, "ends before", request("</portal-signature-job-request>", "")},
	{"request: not well-formed", 0, codeInvalidXML, "not well-formed at line 1", request("<reference>", "<reference")},
	{"request: attributes together", 0, codeInvalidXML, "not well-formed", request("<portal-signature-job-request ", `<portal-signature-job-request xmlns:a="a"`)},
	{"request: document type", 0, codeInvalidXML, "DOCTYPE", request("<portal", "<!DOCTYPE x><portal")},
	{"request: an entity", 0, codeInvalidXML, "not well-formed", request("ref-1", "&ref-1;")},
	{"request: windows-1252", 0, codeInvalidXML, "encoding", request("<portal", `<?xml version="1.0" encoding="windows-1252"?><portal`)},
	{"request: says UTF-16 and is not", 0, codeInvalidXML, "another encoding", request("<portal", `<?xml version="1.0" encoding="UTF-16"?><portal`)},
	{"request: not UTF-8", 0, codeInvalidXML, "not well-formed", request("ref-1", "\xe5")},
	{"request: nothing", 0, codeInvalidXML, "ends before", func(a *attempt) { a.request = "" }},

	{"a national number as reference", 0, codeInvalidJob, "reference holds personal data", request("ref-1", "case 10817247690")},
	{"a D-number as reference", 0, codeInvalidJob, "reference holds personal data", request("ref-1", "50817247684")},
	{"a signer's number as reference", 0, codeInvalidJob, "reference holds personal data", both(request("ref-1", "12345678910-2"), manifestEdit(testNumber, "12345678910"))},
	{"a national number as queue", 0, codeInvalidJob, "polling-queue holds personal data", request("queue-1", "108172 47690")},
	{"a national number as nonsensitive title", 0, codeInvalidJob, "nonsensitive-title holds personal data",
		manifestEdit("<documents>", "<nonsensitive-title>Avtale for 108172 47690</nonsensitive-title><documents>")},
	{"a signer's address as reference", 0, codeInvalidJob, "reference holds personal data", both(request("ref-1", "to ASE@example.com"), given(`<email address="ase@example.com"/>`))},
	{"a signer's mobile number as reference", 0, codeInvalidJob, "reference holds personal data", both(request("ref-1", "999 99 999"), given(`<sms number="+4799999999"/>`))},
}
