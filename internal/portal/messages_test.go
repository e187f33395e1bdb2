package portal_test

import (
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"batch/internal/mailout"
	"batch/internal/portal"
)

func TestEveryExampleOfAnAnswerIsReadable(t *testing.T) {
	names := []string{"response.xml", "status-change-response.xml", "status-change-response-signer-without-pin.xml"}
	for _, name := range names {
		message := []byte(example(t, name))
		if err := portal.Readable(message); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		validate(t, message)
	}
	known, err := filepath.Glob(filepath.Join(spec, "examples", "portal", "*response*.xml"))
	if err != nil || len(known) != len(names) {
		t.Errorf("the examples hold %d answers, %d are tested", len(known), len(names))
	}
}

// What fits the XSD is read, what does not is refused, and xmllint is the judge of which is
// which.
func TestWeReadWhatTheXSDAllows(t *testing.T) {
	since := `<status since="2026-11-21T10:00:00Z">SIGNED</status>`
	signer := func(inner string) string { return `<signatures><signature>` + inner + `</signature></signatures>` }
	pin := `<personal-identification-number>12345678910</personal-identification-number>`
	status := `<status>IN_PROGRESS</status>`
	for name, message := range map[string]string{
		"a change":                   changeXML(status, signatureXML),
		"all that may be there":      changeXML(`<status>FAILED</status>`, `<cancellation-url>u</cancellation-url><delete-documents-url>u</delete-documents-url><signatures><signature>`+since+pin+`<xades-url>u</xades-url></signature><pades-url>u</pades-url></signatures>`),
		"a status nobody knows yet":  changeXML(status, signer(strings.Replace(since, "SIGNED", "SOMETHING_NEW", 1)+pin)),
		"a time without offset":      changeXML(status, signer(strings.Replace(since, "Z", "", 1)+pin)),
		"a time with fractions":      changeXML(status, signer(strings.Replace(since, "Z", ".123456789012+01:00", 1)+pin)),
		"by SMS alone":               changeXML(status, signer(since+`<identifier><sms number="+4798765432"/></identifier>`)),
		"ten signers":                changeXML(status, `<signatures>`+strings.Repeat(`<signature>`+since+pin+`</signature>`, 10)+`</signatures>`),
		"eleven signers":             changeXML(status, `<signatures>`+strings.Repeat(`<signature>`+since+pin+`</signature>`, 11)+`</signatures>`),
		"no signers":                 changeXML(status, `<signatures></signatures>`),
		"no signatures":              changeXML(status, ``),
		"two signatures elements":    changeXML(status, signatureXML+signatureXML),
		"elements in another order":  changeXML(status, `<delete-documents-url>u</delete-documents-url><cancellation-url>u</cancellation-url>`+signatureXML),
		"a number and an identifier": changeXML(status, signer(since+pin+`<identifier><sms number="1"/></identifier>`)),
		"neither":                    changeXML(status, signer(since)),
		"ten digits":                 changeXML(status, signer(since+strings.Replace(pin, "0<", "<", 1))),
		"an empty identifier":        changeXML(status, signer(since+`<identifier/>`)),
		"SMS before e-mail":          changeXML(status, signer(since+`<identifier><sms number="1"/><email address="a@b"/></identifier>`)),
		"an e-mail without address":  changeXML(status, signer(since+`<identifier><email/></identifier>`)),
		"a status without since":     changeXML(status, signer(`<status>SIGNED</status>`+pin)),
		"a time that is none":        changeXML(status, signer(strings.Replace(since, "2026-11-21", "yesterday ", 1)+pin)),
		"text between elements":      changeXML(status, `hello`+signatureXML),
		"an attribute too many":      changeXML(`<status x="1">FAILED</status>`, signatureXML),
		"a long URL":                 changeXML(status, `<cancellation-url>https://x/`+strings.Repeat("y", 500)+`</cancellation-url>`+signatureXML),
		"a long reference":           strings.Replace(changeXML(status, signatureXML), ">r<", ">"+strings.Repeat("æ", 51)+"<", 1),
		"fifty letters of two bytes": strings.Replace(changeXML(status, signatureXML), ">r<", ">"+strings.Repeat("æ", 50)+"<", 1),
		"no status":                  changeXML(``, signatureXML),
		"an error":                   errorXML("CODE", "words"),
		"an error with extras":       strings.Replace(errorXML("CODE", "words"), "</error>", "<more/></error>", 1),
		"an error, order changed":    `<error ` + ns + `><error-message>m</error-message><error-code>c</error-code><error-type>t</error-type></error>`,
		"a response with a schema":   `<portal-signature-job-response xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:schemaLocation="a b" ` + ns + `>` + jobElements + `</portal-signature-job-response>`,
		"a job that is not closed":   strings.TrimSuffix(createdXML(jobElements), ">"),
		"an attribute twice":         changeXML(status, signer(`<status since="2026-11-21T10:00:00Z" since="2026-11-21T10:00:00Z">SIGNED</status>`+pin)),
		"an entity nobody declared":  createdXML(strings.Replace(jobElements, "https:", "&https;", 1)),
		"bytes that are not UTF-8":   createdXML(strings.Replace(jobElements, "https:", "\xff\xfe", 1)),
	} {
		t.Run(name, func(t *testing.T) {
			ours, judged := portal.Readable([]byte(message)), xmllint(t, []byte(message))
			if (ours == nil) != (judged == nil) {
				t.Errorf("we say %v\nxmllint says %v", ours, judged)
			}
		})
	}
}

// What is refused although the XSD has nothing against it, or before it could say.
func TestWeRefuseMoreThanTheXSDDoes(t *testing.T) {
	good := changeXML(`<status>IN_PROGRESS</status>`, signatureXML)
	for name, message := range map[string]string{
		"nothing":                        "",
		"a DOCTYPE":                      `<!DOCTYPE portal-signature-job-status-change-response>` + good,
		"billions of laughs":             `<!DOCTYPE a [<!ENTITY b "cc"><!ENTITY c "&b;&b;">]>` + good,
		"a processing instruction":       good + `<?xml-stylesheet href="x"?>`,
		"a declaration in second place":  `<!-- x --><?xml version="1.0"?>` + good,
		"an id below one":                strings.Replace(good, ">1<", ">-1<", 1),
		"a job status that is no word":   changeXML(`<status>done & dusted</status>`, signatureXML),
		"no confirmation-url":            strings.Replace(good, "https://portal.example/api/988015814/portal/signature-jobs/1/complete", "", 1),
		"an error without code":          errorXML(" ", "words"),
		"too many elements":              changeXML(`<status>FAILED</status>`, `<signatures>`+strings.Repeat(`<signature/>`, 600)+`</signatures>`),
		"too deep":                       changeXML(`<status>FAILED</status>`, strings.Repeat("<signatures>", 9)+strings.Repeat("</signatures>", 9)),
		"two documents":                  good + good,
		"text behind":                    good + "x",
		"another namespace for a child":  strings.Replace(good, "<reference>", `<reference xmlns="urn:x">`, 1),
		"a prefix that nobody bound":     strings.NewReplacer("<reference>", "<p:reference>", "</reference>", "</p:reference>").Replace(good),
		"elements within a simple value": strings.Replace(good, ">r<", "><b/><", 1),
	} {
		t.Run(name, func(t *testing.T) {
			if portal.Readable([]byte(message)) == nil {
				t.Error("it was read")
			}
		})
	}
}

func TestEveryFieldOfAChangeIsRead(t *testing.T) {
	statuses := []string{"WAITING", "SIGNED", "REJECTED", "CANCELLED", "RESERVED", "CONTACT_INFORMATION_MISSING",
		"EXPIRED", "BLOCKED", "NOT_APPLICABLE", "SOMETHING_NEW_2"}
	who := []string{
		`<personal-identification-number>12345678910</personal-identification-number>`,
		`<identifier><email address="a@b.no"/></identifier>`,
		`<identifier><sms number="+4798765432"/></identifier>`,
		`<identifier><email address="a@b.no"/><sms number="98765432"/></identifier>`,
	}
	identified := []mailout.SignerChange{{NationalID: "12345678910"}, {Email: "a@b.no"}, {Mobile: "+4798765432"}, {Email: "a@b.no", Mobile: "98765432"}}
	want := mailout.Change{
		Ref: "r", JobID: 1, Status: mailout.JobFailed, ConfirmationURL: "https://portal.example/api/988015814/portal/signature-jobs/1/complete",
		CancellationURL: "https://c/", DeleteURL: "https://d/", PAdESURL: "https://p/",
	}
	signers := ""
	for i, status := range statuses {
		s := identified[i%len(who)]
		s.Status, s.Since = mailout.SignerStatus(status), time.Date(2026, 11, 21, 9, 0, i, 500_000_000, time.UTC)
		s.XAdESURL = "https://x/" + itoa(i)
		want.Signers = append(want.Signers, s)
		signers += `<signature><status since="2026-11-21T10:00:0` + itoa(i) + `.5+01:00">` + status + `</status>` + who[i%len(who)] + `<xades-url>https://x/` + itoa(i) + `</xades-url></signature>`
	}
	message := []byte(changeXML(`<status>FAILED</status>`, `<cancellation-url>https://c/</cancellation-url><delete-documents-url>https://d/</delete-documents-url><signatures>`+signers+`<pades-url>https://p/</pades-url></signatures>`))
	if got, err := portal.ReadChange(message); err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("got %#v\nwant %#v\n%v", got, want, err)
	}
	validate(t, message)
}

// A job status that a later portal may have is kept as it is: it is not final for us.
func TestAJobStatusNobodyKnowsYetIsKept(t *testing.T) {
	c, err := portal.ReadChange([]byte(changeXML(`<status>ON_HOLD</status>`, signatureXML)))
	if err != nil || c.Status != "ON_HOLD" || c.Status.Final() {
		t.Errorf("%+v, %v", c, err)
	}
}

func FuzzReadChange(f *testing.F) {
	f.Add([]byte(changeXML(`<status>IN_PROGRESS</status>`, signatureXML)))
	f.Add([]byte(`<?xml version="1.0" encoding="UTF-8"?>` + changeXML(`<status>FAILED</status>`, `<signatures><signature><status since="2026-11-21T10:00:00+01:00">BLOCKED</status><identifier><email address="a@b.no"/><sms number="1"/></identifier><xades-url>u</xades-url></signature><pades-url>u</pades-url></signatures>`)))
	f.Add([]byte(`<!DOCTYPE a><a/>`))
	f.Add([]byte("\xef\xbb\xbf<error " + ns + "/>"))
	f.Fuzz(func(t *testing.T, message []byte) {
		c, err := portal.ReadChange(message)
		if err != nil {
			return
		}
		if c.JobID <= 0 || c.Status == "" || c.ConfirmationURL == "" || len(c.Signers) < 1 || len(c.Signers) > mailout.MaxSigners {
			t.Errorf("%+v", c)
		}
		for _, s := range c.Signers {
			if s.Status == "" || s.Since.IsZero() || (s.NationalID == "") == (s.Email == "" && s.Mobile == "") {
				t.Errorf("%+v", s)
			}
		}
	})
}
