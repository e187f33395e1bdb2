package portal_test

import (
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"strings"
	"unicode/utf16"

	"batch/internal/mailout"
)

// verdict is what a call must be found to have done.
type verdict struct {
	kind  mailout.OutcomeKind
	fatal bool
	code  string
}

func accepted() verdict           { return verdict{kind: mailout.OutcomeAccepted} }
func refused(code string) verdict { return verdict{mailout.OutcomeRefused, false, code} }
func barred(code string) verdict  { return verdict{mailout.OutcomeRefused, true, code} }
func notSent(code string) verdict { return verdict{mailout.OutcomeNotSent, false, code} }
func halted(code string) verdict  { return verdict{mailout.OutcomeNotSent, true, code} }
func unknown(code string) verdict { return verdict{mailout.OutcomeUnknown, false, code} }

// private is what no message may repeat, and what a terminal must not be told.
const private = "kari@example.com 018450 12345 'Kari Nordmann' \u202e\u009b2J\u2028"

const page = "<html><body>Signer " + private + "</body></html>"

var created = createdXML(jobElements)

// mended is the right answer with one thing changed.
func mended(from, to string) string { return reply("200 OK", strings.Replace(created, from, to, 1)) }

func errorReply(status, code string) string { return reply(status, errorXML(code, private)) }

// answers are what a call may meet, with what it proves (design.md, "The life of a row").
// call is for the other calls; of a 2xx, for those whose success has no words.
var answers = []struct {
	name         string
	reply        string
	create, call verdict
}{
	// An exact success.
	{"the portal's own example", reply("200 OK", created), accepted(), accepted()},
	{"with our reference", mended("<sig", "<reference>"+string(ref)+"</reference><sig"), accepted(), accepted()},
	{"with a declaration, a comment and a prefix", reply("200 OK", `<?xml version="1.0" encoding="UTF-8" standalone="yes"?><!-- hi --><p:portal-signature-job-response xmlns:p="http://signering.posten.no/schema/v1"><p:signature-job-id> 4711
		</p:signature-job-id><p:cancellation-url>https://x/</p:cancellation-url></p:portal-signature-job-response>`), accepted(), accepted()},
	{"with a byte order mark", reply("200 OK", "\ufeff"+created), accepted(), accepted()},
	{"201", reply("201 Created", created), accepted(), accepted()},
	{"HTTP/1.0", strings.Replace(reply("200 OK", created), "1.1", "1.0", 1), accepted(), accepted()},
	{"without length, then closed", "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n" + created, accepted(), accepted()},
	{"in chunks", chunked(created[:100], created[100:]) + "0\r\n\r\n", accepted(), accepted()},
	{"100 Continue before it", "HTTP/1.1 100 Continue\r\n\r\n" + reply("200 OK", created), accepted(), accepted()},
	{"103 Early Hints before it", "HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n" + reply("200 OK", created), accepted(), accepted()},
	{"with bytes behind its length", reply("200 OK", created) + "HTTP/1.1 500 Oops\r\n\r\n", accepted(), accepted()},

	// 2xx that is not one.
	{"another's reference", mended("<sig", "<reference>01845012345</reference><sig"), unknown("other-reference"), accepted()},
	{"nothing", reply("200 OK", ""), unknown("unreadable-answer"), accepted()},
	{"204", "HTTP/1.1 204 No Content\r\n\r\n", unknown("unreadable-answer"), accepted()},
	{"HTML", reply("200 OK", page), unknown("unreadable-answer"), unknown("unreadable-answer")},
	{"JSON", reply("200 OK", `{"signature-job-id": 4711}`), unknown("unreadable-answer"), unknown("unreadable-answer")},
	{"error document", reply("200 OK", errorXML("INVALID", private)), unknown("unreadable-answer"), unknown("unreadable-answer")},
	{"a change", reply("200 OK", changeXML(`<status>FAILED</status>`, signatureXML)), unknown("unreadable-answer"), accepted()},
	{"DOCTYPE", reply("200 OK", `<!DOCTYPE portal-signature-job-response>`+created), unknown("unreadable-answer"), unknown("unreadable-answer")},
	{"entities that grow", reply("200 OK", `<!DOCTYPE x [<!ENTITY a "47"><!ENTITY b "&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;">]>`+strings.Replace(created, "4711", "&c;", 1)), unknown("unreadable-answer"), unknown("unreadable-answer")},
	{"an entity of a file", reply("200 OK", `<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>`+strings.Replace(created, "4711", "&a;", 1)), unknown("unreadable-answer"), unknown("unreadable-answer")},
	{"an entity that nobody declared", mended("4711", "&kari;"), unknown("unreadable-answer"), unknown("unreadable-answer")},
	{"processing instruction", mended("</portal-signature-job-response", "<?php x?></portal-signature-job-response"), unknown("unreadable-answer"), unknown("unreadable-answer")},
	{"stylesheet", reply("200 OK", `<?xml-stylesheet href="x"?>`+created), unknown("unreadable-answer"), unknown("unreadable-answer")},
	{"two ids", mended("<sig", "<signature-job-id>1</signature-job-id><sig"), unknown("unreadable-answer"), accepted()},
	{"the same id twice", mended("<sig", "<signature-job-id>4711</signature-job-id><sig"), unknown("unreadable-answer"), accepted()},
	{"two references", mended("<sig", "<reference>a</reference><reference>"+string(ref)+"</reference><sig"), unknown("unreadable-answer"), accepted()},
	{"two cancellation-urls", mended("</portal", "<cancellation-url>https://x/</cancellation-url></portal"), unknown("unreadable-answer"), accepted()},
	{"id behind the url", reply("200 OK", createdXML(`<cancellation-url>https://x/</cancellation-url><signature-job-id>4711</signature-job-id>`)), unknown("unreadable-answer"), accepted()},
	{"a namespace twice", mended("xmlns=", `xmlns="urn:x" xmlns=`), unknown("unreadable-answer"), unknown("unreadable-answer")},
	{"an attribute twice", mended("<signature-job-id>", `<signature-job-id x="1" x="1">`), unknown("unreadable-answer"), unknown("unreadable-answer")},
	{"an attribute nobody knows", mended("<signature-job-id>", `<signature-job-id x="1">`), unknown("unreadable-answer"), accepted()},
	{"a foreign attribute", mended("<signature-job-id>", `<signature-job-id xmlns:x="urn:x" x:y="1">`), unknown("unreadable-answer"), unknown("unreadable-answer")},
	{"an id that is said to be nil", mended("<signature-job-id>", `<signature-job-id xmlns:i="http://www.w3.org/2001/XMLSchema-instance" i:nil="true">`), unknown("unreadable-answer"), unknown("unreadable-answer")},
	{"another version's namespace", mended("schema/v1", "schema/v2"), unknown("unreadable-answer"), unknown("unreadable-answer")},
	{"no namespace", mended(ns, ""), unknown("unreadable-answer"), unknown("unreadable-answer")},
	{"namespace in other case", mended("signering.posten", "Signering.posten"), unknown("unreadable-answer"), unknown("unreadable-answer")},
	{"foreign child", mended("</portal", `<x xmlns="urn:x"/></portal`), unknown("unreadable-answer"), unknown("unreadable-answer")},
	{"unknown child", mended("</portal", `<surprise/></portal`), unknown("unreadable-answer"), accepted()},
	{"an id that holds an element", mended("4711", "47<b/>11"), unknown("unreadable-answer"), accepted()},
	{"text between", mended("<cancellation", "hello<cancellation"), unknown("unreadable-answer"), accepted()},
	{"text behind", reply("200 OK", created+"ok"), unknown("unreadable-answer"), unknown("unreadable-answer")},
	{"text before", reply("200 OK", "ok"+created), unknown("unreadable-answer"), unknown("unreadable-answer")},
	{"two documents", reply("200 OK", created+created), unknown("unreadable-answer"), unknown("unreadable-answer")},
	{"wrapped", reply("200 OK", `<soap xmlns="urn:soap">`+created+`</soap>`), unknown("unreadable-answer"), unknown("unreadable-answer")},
	{"a document that ends early", reply("200 OK", created[:len(created)-10]), unknown("unreadable-answer"), unknown("unreadable-answer")},
	{"elements that cross", mended("</signature-job-id><cancellation-url>", "<cancellation-url></signature-job-id>"), unknown("unreadable-answer"), unknown("unreadable-answer")},
	{"NUL in the id", mended("4711", "47\x0011"), unknown("unreadable-answer"), unknown("unreadable-answer")},
	{"NULs behind", reply("200 OK", created+"\x00\x00\x00"), unknown("unreadable-answer"), unknown("unreadable-answer")},
	{"NULs alone", reply("200 OK", strings.Repeat("\x00", 500)), unknown("unreadable-answer"), unknown("unreadable-answer")},
	{"UTF-16, little-endian", reply("200 OK", utf16Text(binary.LittleEndian, created)), unknown("unreadable-answer"), unknown("unreadable-answer")},
	{"UTF-16, big-endian", reply("200 OK", utf16Text(binary.BigEndian, created)), unknown("unreadable-answer"), unknown("unreadable-answer")},
	{"declared as UTF-16", reply("200 OK", `<?xml version="1.0" encoding="UTF-16"?>`+created), unknown("unreadable-answer"), unknown("unreadable-answer")},
	{"declared as Latin-1", reply("200 OK", `<?xml version="1.0" encoding="ISO-8859-1"?>`+created), unknown("unreadable-answer"), unknown("unreadable-answer")},
	{"UTF-7", reply("200 OK", strings.NewReplacer("<", "+ADw-", ">", "+AD4-").Replace(created)), unknown("unreadable-answer"), unknown("unreadable-answer")},
	{"bytes that are not UTF-8", mended("4711", "47\xff11"), unknown("unreadable-answer"), unknown("unreadable-answer")},
	{"XML 1.1", reply("200 OK", `<?xml version="1.1"?>`+created), unknown("unreadable-answer"), unknown("unreadable-answer")},
	{"no cancellation-url", reply("200 OK", createdXML(`<signature-job-id>4711</signature-job-id>`)), unknown("unreadable-answer"), accepted()},
	{"a cancellation-url too long", mended("https:", strings.Repeat("x", 501)), unknown("unreadable-answer"), accepted()},
	{"no id", reply("200 OK", createdXML(`<cancellation-url>https://x/</cancellation-url>`)), unknown("unreadable-answer"), accepted()},
	{"an empty id", mended("4711", ""), unknown("unreadable-answer"), accepted()},
	{"id that is no number", mended("4711", "47x11"), unknown("unreadable-answer"), accepted()},
	{"id zero", mended("4711", "0"), unknown("unreadable-answer"), accepted()},
	{"id below zero", mended("4711", "-4711"), unknown("unreadable-answer"), accepted()},
	{"id beyond 64 bits", mended("4711", "9223372036854775808"), unknown("unreadable-answer"), accepted()},
	{"id with a fraction", mended("4711", "4711.0"), unknown("unreadable-answer"), accepted()},
	{"id in hexadecimal", mended("4711", "0x1267"), unknown("unreadable-answer"), accepted()},
	{"id in other digits", mended("4711", "٤٧١١"), unknown("unreadable-answer"), accepted()},
	{"too deep", reply("200 OK", createdXML(strings.Repeat("<x>", 20_000)+strings.Repeat("</x>", 20_000))), unknown("unreadable-answer"), unknown("unreadable-answer")},
	{"too many elements", reply("200 OK", createdXML(strings.Repeat("<x/>", 600))), unknown("unreadable-answer"), unknown("unreadable-answer")},
	{"too long", reply("200 OK", created+strings.Repeat(" ", 300<<10)), unknown("unreadable-answer"), unknown("unreadable-answer")},
	{"compressed unasked", reply("200 OK", zipped(created), "Content-Encoding: gzip"), unknown("unreadable-answer"), unknown("unreadable-answer")},
	{"said to be compressed", reply("200 OK", created, "Content-Encoding: gzip"), unknown("unreadable-answer"), unknown("unreadable-answer")},
	{"compressed in secret", reply("200 OK", zipped(created)), unknown("unreadable-answer"), unknown("unreadable-answer")},
	{"shorter than its length", "HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n" + created, unknown("unreadable-answer"), unknown("unreadable-answer")},
	{"longer than its length", "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n" + created, unknown("unreadable-answer"), unknown("unreadable-answer")},
	{"chunks without an end", chunked(created), unknown("unreadable-answer"), unknown("unreadable-answer")},
	{"chunks of no size", chunked(created) + "zz\r\n\r\n", unknown("unreadable-answer"), unknown("unreadable-answer")},
	{"a chunk longer than it says", chunked(created[:100]) + "5\r\n" + created[100:] + "\r\n0\r\n\r\n", unknown("unreadable-answer"), unknown("unreadable-answer")},

	// What cannot be read as HTTP.
	{"nothing, then closed", "", unknown("reset"), unknown("reset")},
	{"another protocol", "220 " + private + " ESMTP\r\n", unknown("no-answer"), unknown("no-answer")},
	{"a header that is none", "HTTP/1.1 200 OK\r\n" + private + "\r\n\r\n" + created, unknown("no-answer"), unknown("no-answer")},
	{"a header cut off", "HTTP/1.1 200 OK\r\nContent-", unknown("no-answer"), unknown("no-answer")},
	{"a header without end", "HTTP/1.1 200 OK\r\nX: " + strings.Repeat("x", 100<<10), unknown("no-answer"), unknown("no-answer")},
	{"a header with NULs", "HTTP/1.1 200 OK\r\nX\x00Y: 1\r\n\r\n" + created, unknown("no-answer"), unknown("no-answer")},
	{"a status of words", "HTTP/1.1 OK 200\r\n\r\n" + created, unknown("no-answer"), unknown("no-answer")},
	{"a garbled length", "HTTP/1.1 200 OK\r\nContent-Length: many\r\n\r\n" + created, unknown("no-answer"), unknown("no-answer")},
	{"a length below zero", "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n" + created, unknown("no-answer"), unknown("no-answer")},
	{"two lengths", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n" + created, unknown("no-answer"), unknown("no-answer")},
	{"an encoding nobody knows", "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n" + created, unknown("no-answer"), unknown("no-answer")},
	{"hints without end", strings.Repeat("HTTP/1.1 103 Early Hints\r\nLink: </"+strings.Repeat("x", 1000)+">\r\n\r\n", 100), unknown("no-answer"), unknown("no-answer")},
	{"101, to another protocol", "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n" + created, unknown("no-error-document"), unknown("no-error-document")},

	// The portal's own no about this job.
	{"400 about the job", errorReply("400 Bad Request", "INVALID_TITLE"), refused("INVALID_TITLE"), refused("INVALID_TITLE")},
	{"400 about a signature type", errorReply("400 Bad Request", "INVALID_SIGNATURE_TYPE"), refused("INVALID_SIGNATURE_TYPE"), refused("INVALID_SIGNATURE_TYPE")},
	{"400 about the signature job", errorReply("400 Bad Request", "SIGNATURE_JOB_INVALID"), refused("SIGNATURE_JOB_INVALID"), refused("SIGNATURE_JOB_INVALID")},
	{"409 with its document", errorReply("409 Conflict", "CONFLICT"), refused("CONFLICT"), refused("CONFLICT")},
	{"413 with its document", errorReply("413 Content Too Large", "TOO_LARGE"), refused("TOO_LARGE"), refused("TOO_LARGE")},
	{"422 with its document", errorReply("422 Unprocessable", "INVALID"), refused("INVALID"), refused("INVALID")},

	// Its no about every job. What a job's own address answers is about that job.
	{"403 not authorized", errorReply("403 Forbidden", "NOT_AUTHORIZED"), halted("NOT_AUTHORIZED"), barred("NOT_AUTHORIZED")},
	{"400 broker", errorReply("400 Bad Request", "BROKER_NOT_AUTHORIZED"), halted("BROKER_NOT_AUTHORIZED"), barred("BROKER_NOT_AUTHORIZED")},
	{"401 by its status", errorReply("401 Unauthorized", "WHO_ARE_YOU"), halted("WHO_ARE_YOU"), barred("WHO_ARE_YOU")},
	{"400 certificate", errorReply("400 Bad Request", "CERTIFICATE_EXPIRED"), halted("CERTIFICATE_EXPIRED"), barred("CERTIFICATE_EXPIRED")},
	{"400 bundle's signature", errorReply("400 Bad Request", "INVALID_SIGNATURE"), halted("INVALID_SIGNATURE"), barred("INVALID_SIGNATURE")},
	{"400 signing time", errorReply("400 Bad Request", "INVALID_SIGNING_TIME"), halted("INVALID_SIGNING_TIME"), barred("INVALID_SIGNING_TIME")},
	{"400 clock", errorReply("400 Bad Request", "CLOCK_SKEW"), halted("CLOCK_SKEW"), barred("CLOCK_SKEW")},
	{"404 with its document", errorReply("404 Not Found", "NO_SUCH_SENDER"), halted("NO_SUCH_SENDER"), refused("NO_SUCH_SENDER")},
	{"410 with its document", errorReply("410 Gone", "JOB_GONE"), halted("JOB_GONE"), refused("JOB_GONE")},
	{"415 with its document", errorReply("415 Unsupported Media Type", "MEDIA_TYPE"), halted("MEDIA_TYPE"), refused("MEDIA_TYPE")},

	// 4xx that anybody may have said.
	{"400 with HTML", reply("400 Bad Request", page), unknown("no-error-document"), unknown("no-error-document")},
	{"400 with nothing", reply("400 Bad Request", ""), unknown("no-error-document"), unknown("no-error-document")},
	{"400, a job's document", reply("400 Bad Request", created), unknown("no-error-document"), unknown("no-error-document")},
	{"400, document cut off", "HTTP/1.1 400 Bad Request\r\nContent-Length: 5000\r\n\r\n" + errorXML("INVALID", "no"), unknown("no-error-document"), unknown("no-error-document")},
	{"400, half a document", reply("400 Bad Request", `<error `+ns+`><error-code>INVALID</error-code></error>`), unknown("no-error-document"), unknown("no-error-document")},
	{"400, document without a code", errorReply("400 Bad Request", ""), unknown("no-error-document"), unknown("no-error-document")},
	{"400, document with a DOCTYPE", reply("400 Bad Request", "<!DOCTYPE error>"+errorXML("INVALID", "no")), unknown("no-error-document"), unknown("no-error-document")},
	{"400, document of somebody else's", reply("400 Bad Request", strings.Replace(errorXML("INVALID", "no"), "v1", "v9", 1)), unknown("no-error-document"), unknown("no-error-document")},
	{"400, compressed", reply("400 Bad Request", zipped(errorXML("INVALID", "no")), "Content-Encoding: gzip"), unknown("no-error-document"), unknown("no-error-document")},
	{"403 with HTML", reply("403 Forbidden", page), unknown("no-error-document"), unknown("no-error-document")},
	{"404 with HTML", reply("404 Not Found", page), unknown("no-error-document"), unknown("no-error-document")},
	{"407 with HTML", reply("407 Proxy Authentication Required", page), unknown("no-error-document"), unknown("no-error-document")},
	{"409 with HTML", reply("409 Conflict", page), unknown("no-error-document"), unknown("no-error-document")},
	{"408 with its document", errorReply("408 Request Timeout", "TIMEOUT"), unknown("TIMEOUT"), unknown("TIMEOUT")},
	{"425 with its document", errorReply("425 Too Early", "EARLY"), unknown("EARLY"), unknown("EARLY")},

	// 429: the portal's marks prove that it took nothing. (A poll's own 429 is in calls_test.)
	{"429 of the DoSFilter", reply("429 Too Many Requests", "", "DoSFilter: unavailable"), notSent("blocked"), notSent("blocked")},
	{"429 of both kinds", reply("429 Too Many Requests", "", "DoSFilter: unavailable", pollDate, "X-Next-permitted-poll-time: 2026-11-21T11:10:00+01:00"), notSent("blocked"), notSent("blocked")},
	{"bare 429", reply("429 Too Many Requests", ""), unknown("bare-429"), unknown("bare-429")},
	{"429 with HTML", reply("429 Too Many Requests", page, "Retry-After: 30"), unknown("bare-429"), unknown("bare-429")},
	{"429 with an error document", errorReply("429 Too Many Requests", "NOT_AUTHORIZED"), unknown("bare-429"), unknown("bare-429")},

	// 5xx, 3xx and numbers that are none.
	{"500", reply("500 Internal Server Error", ""), unknown("server-error"), unknown("server-error")},
	{"500 with an error document", errorReply("500 Internal Server Error", "NOT_AUTHORIZED"), unknown("server-error"), unknown("NOT_AUTHORIZED")},
	{"500 with a job's document", reply("500 Internal Server Error", created), unknown("server-error"), unknown("server-error")},
	{"502 of a proxy", reply("502 Bad Gateway", page), unknown("server-error"), unknown("server-error")},
	{"503 with the DoSFilter's header", reply("503 Service Unavailable", "", "DoSFilter: unavailable"), unknown("server-error"), unknown("server-error")},
	{"504", reply("504 Gateway Timeout", ""), unknown("server-error"), unknown("server-error")},
	{"300", redirect("300 Multiple Choices"), unknown("redirect"), unknown("redirect")},
	{"301", redirect("301 Moved Permanently"), unknown("redirect"), unknown("redirect")},
	{"302", redirect("302 Found"), unknown("redirect"), unknown("redirect")},
	{"303, to a GET", redirect("303 See Other"), unknown("redirect"), unknown("redirect")},
	{"304", "HTTP/1.1 304 Not Modified\r\n\r\n", unknown("redirect"), unknown("redirect")},
	{"305, to a proxy", redirect("305 Use Proxy"), unknown("redirect"), unknown("redirect")},
	{"307, which asks for the body again", redirect("307 Temporary Redirect"), unknown("redirect"), unknown("redirect")},
	{"308", redirect("308 Permanent Redirect"), unknown("redirect"), unknown("redirect")},
	{"302 with an error document", errorReply("302 Found", "INVALID"), unknown("redirect"), unknown("redirect")},
	{"status 999", errorReply("999 What", "INVALID"), unknown("no-error-document"), unknown("no-error-document")},
	{"status 600", reply("600 What", created), unknown("no-error-document"), unknown("no-error-document")},
	{"status 099", reply("099 What", created), unknown("no-error-document"), unknown("no-error-document")},
}

const pollDate = "Date: Sat, 21 Nov 2026 10:00:00 GMT"

func redirect(status string) string {
	return reply(status, created, "Location: https://portal.example/api/988015814/again")
}

// chunked is an answer in chunks that is not ended.
func chunked(parts ...string) string {
	out := "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
	for _, part := range parts {
		out += hex(len(part)) + "\r\n" + part + "\r\n"
	}
	return out
}

func zipped(s string) string {
	var out bytes.Buffer
	z := gzip.NewWriter(&out)
	z.Write([]byte(s))
	z.Close()
	return out.String()
}

func utf16Text(order binary.AppendByteOrder, s string) string {
	var out []byte
	for _, unit := range utf16.Encode([]rune("\ufeff" + s)) {
		out = order.AppendUint16(out, unit)
	}
	return string(out)
}
