package sandbox

import (
	"bytes"
	"errors"
	"io"
	"mime/multipart"
	"net/http"
	"net/textproto"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

const specification = "../../../shared/spec"

// examples are the portal's published messages, where the specification is at hand.
func examples(t *testing.T, pattern string) []string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(specification, "examples", pattern))
	if err != nil || len(files) == 0 {
		t.Skipf("no examples at %s: the specification is not beside the project", specification)
	}
	return files
}

func TestManifestTakesPublishedExamples(t *testing.T) {
	for _, file := range examples(t, "portal/*manifest*.xml") {
		document, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		m, err := parseManifest(document)
		if err != nil {
			t.Errorf("%s: %v", filepath.Base(file), err)
			continue
		}
		if err := checkRules(m, "123456789"); err != nil {
			t.Errorf("%s: %v", filepath.Base(file), err)
		}
		if m.available != 864000*time.Second || m.activation.IsZero() || m.title == "" || len(m.signers) == 0 {
			t.Errorf("%s: read as %+v", filepath.Base(file), m)
		}
	}
}

func TestRequestTakesPublishedExample(t *testing.T) {
	for _, file := range examples(t, "portal/request.xml") {
		document, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if r, err := parseRequest(document); err != nil || r.reference != "123-ABC" {
			t.Errorf("read as %+v, %v", r, err)
		}
	}
}

// faultyManifests have one fault each; those that the schema can see are marked.
var faultyManifests = []struct {
	name, old, new string
	schema         bool
}{
	{"no signers", "<signers>", "<signers/><other>", true},
	{"signers empty", oneSigner[strings.Index(oneSigner, "<signer>"):strings.Index(oneSigner, "</signers>")], "", true},
	{"order ten", "<signer>", `<signer order="10">`, true},
	{"order a word", "<signer>", `<signer order="first">`, true},
	{"unknown attribute", "<signer>", `<signer orders="1">`, true},
	{"ten digits", "01817299999", "1817299999", true},
	{"both number and contact", "<notifications-using-lookup>", "<identified-by-contact-information/><notifications-using-lookup>", true},
	{"nobody notified", "<notifications-using-lookup><email/></notifications-using-lookup>", "", true},
	{"look-up without e-mail", "<email/>", "<sms/>", true},
	{"look-up with an address", "<email/>", `<email address="a@b.no"/>`, true},
	{"sms before email", "<notifications-using-lookup><email/></notifications-using-lookup>",
		`<notifications><sms number="12345678"/><email address="a@b.no"/></notifications>`, true},
	{"empty notifications", "<notifications-using-lookup><email/></notifications-using-lookup>", "<notifications/>", true},
	{"e-mail without address", "<notifications-using-lookup><email/></notifications-using-lookup>", "<notifications><email/></notifications>", true},
	{"signature type behind notifications", "</notifications-using-lookup>", "</notifications-using-lookup><signature-type>ADVANCED_ELECTRONIC_SIGNATURE</signature-type>", true},
	{"unknown signature type", "<notifications-using-lookup>", "<signature-type>QUALIFIED</signature-type><notifications-using-lookup>", true},
	{"on behalf of nobody", "</notifications-using-lookup>", "</notifications-using-lookup><on-behalf-of>NOBODY</on-behalf-of>", true},
	{"eight digits of organization", "988015814", "98801581", true},
	{"title before sender", "<sender>", "<title>x</title><sender>", true},
	{"empty title", "Arbeidsavtale for Åse", "", true},
	{"title of 81", "Arbeidsavtale for Åse", strings.Repeat("å", 81), true},
	{"description of 221", "</title><documents>", "</title><description>" + strings.Repeat("x", 221) + "</description><documents>", true},
	{"description before nonsensitive title", "</title><documents>", "</title><description/><nonsensitive-title>x</nonsensitive-title><documents>", true},
	{"href of three", "document.pdf", "a.b", true},
	{"no mime", ` mime="application/pdf"`, "", true},
	{"document without title", "<title>Avtale</title>", "", true},
	{"authentication 2", "</documents>", "</documents><required-authentication>2</required-authentication>", true},
	{"availability before authentication", "</documents>", "</documents><availability/><required-authentication>4</required-authentication>", true},
	{"negative seconds", "</documents>", "</documents><availability><available-seconds>-1</available-seconds></availability>", true},
	{"seconds before activation", "</documents>", "</documents><availability><available-seconds>1</available-seconds><activation-time>2026-01-01T00:00:00Z</activation-time></availability>", true},
	{"activation on no day", "</documents>", "</documents><availability><activation-time>2026-02-30T00:00:00Z</activation-time></availability>", true},
	{"unknown identifier", "</documents>", "</documents><identifier-in-signed-documents>INITIALS</identifier-in-signed-documents>", true},
	{"something at the end", "</portal-", "<more/></portal-", true},
	{"text between elements", "<sender>", "text<sender>", true},
	{"another namespace", "schema/v1", "schema/v2", true},

	{"document type", "<portal-signature-job-manifest", "<!DOCTYPE x><portal-signature-job-manifest", false},
	{"activation without offset", "</documents>", "</documents><availability><activation-time>2026-01-01T00:00:00</activation-time></availability>", false},
	{"more than ninety days", "</documents>", "</documents><availability><available-seconds>7776001</available-seconds></availability>", false},
	{"look-up without a number", "<personal-identification-number>01817299999</personal-identification-number>", "<identified-by-contact-information/>", false},
	{"look-up on behalf of another", "</notifications-using-lookup>", "</notifications-using-lookup><on-behalf-of>OTHER</on-behalf-of>", false},
	{"another sender", "988015814", "984661185", false},
	{"not a PDF", "application/pdf", "text/plain", false},
}

func TestManifestFaults(t *testing.T) {
	for _, f := range faultyManifests {
		t.Run(f.name, func(t *testing.T) {
			m, err := parseManifest([]byte(replace(t, f.old, f.new)(oneSigner)))
			if err == nil {
				err = checkRules(m, Organization)
			}
			var r *refusal
			if !errors.As(err, &r) {
				t.Fatalf("taken; error %v", err)
			}
			if strings.Contains(r.message, "01817299999") || strings.Contains(r.message, "Åse") {
				t.Errorf("the message repeats personal data: %s", r.message)
			}
		})
	}
}

// The schema must agree with what this package takes and refuses.
func TestManifestAgreesWithSchema(t *testing.T) {
	judge(t, "xmllint", "libxml2-utils")
	schema, err := filepath.Abs(filepath.Join(specification, "xsd", "direct-and-portal.xsd"))
	if _, missing := os.Stat(schema); err != nil || missing != nil {
		t.Skip("no schema: the specification is not beside the project")
	}
	valid := func(document string) bool {
		cmd := exec.Command("xmllint", "--noout", "--nonet", "--schema", schema, "-")
		cmd.Stdin = strings.NewReader(document)
		return cmd.Run() == nil
	}
	if !valid(oneSigner) || !valid(signers(1, 2, 2)) {
		t.Error("the schema refuses what these tests are built on")
	}
	for _, f := range faultyManifests {
		if valid(replace(t, f.old, f.new)(oneSigner)) == f.schema {
			t.Errorf("%s: the schema has another opinion", f.name)
		}
	}
}

func TestRulesOfSenders(t *testing.T) {
	spec := func(edit func(*jobManifest)) *jobManifest {
		m := &jobManifest{sender: Organization, signers: []signerSpec{{number: "01817299999", email: "a@b.no"}},
			documents: []documentSpec{{"a.pdf", "application/pdf", "A"}}}
		edit(m)
		return m
	}
	two := func(m *jobManifest) {
		m.documents = append(m.documents, documentSpec{"b.pdf", "application/pdf", "B"})
	}
	for _, test := range []struct {
		name string
		take bool
		edit func(*jobManifest)
	}{
		{"plain", true, func(*jobManifest) {}},
		{"two documents", true, two},
		{"advanced, two documents: private", true, func(m *jobManifest) { two(m); m.signers[0].signatureType = advanced }},
		{"advanced, two documents, look-up: neither", false, func(m *jobManifest) {
			two(m)
			m.signers[0].signatureType, m.signers[0].lookup = advanced, true
		}},
		{"level 3: public", true, func(m *jobManifest) { m.authentication = "3" }},
		{"level 3, advanced, two documents: neither", false, func(m *jobManifest) { two(m); m.authentication, m.signers[0].signatureType = "3", advanced }},
		{"name alone, authenticated: public", true, func(m *jobManifest) { m.identifier, m.signers[0].signatureType = nameOnly, authenticated }},
		{"name alone, advanced: neither", false, func(m *jobManifest) { m.identifier, m.signers[0].signatureType = nameOnly, advanced }},
		{"number for one without", false, func(m *jobManifest) { m.identifier, m.signers[0].number = numberAndName, "" }},
		{"the same href twice", false, func(m *jobManifest) { two(m); m.documents[1].href = "a.pdf" }},
		{"an address without @", false, func(m *jobManifest) { m.signers[0].email = "nobody" }},
	} {
		if err := checkRules(spec(test.edit), Organization); (err == nil) != test.take {
			t.Errorf("%s: %v", test.name, err)
		}
	}
}

func TestCreateRefusesFaultyRequests(t *testing.T) {
	c := start(t, Options{NoLimits: true, SignAfter: -1})
	good := newBundle(oneSigner).build(t)
	parts := func(kinds ...string) *http.Request {
		var body bytes.Buffer
		w := multipart.NewWriter(&body)
		for i, kind := range kinds {
			p, _ := w.CreatePart(textproto.MIMEHeader{"Content-Type": {kind}})
			p.Write([][]byte{[]byte(requestXML("r", "")), good, nil}[i])
		}
		w.Close()
		r := c.request("POST", "/portal/signature-jobs", &body)
		r.Header.Set("Content-Type", "multipart/mixed; boundary="+w.Boundary())
		r.Header.Set("Accept", "application/xml")
		return r
	}
	edited := func(edit func(*http.Request)) *http.Request {
		r := c.createRequest(requestXML("r", ""), good)
		edit(r)
		return r
	}
	for _, test := range []struct {
		name    string
		status  int
		request *http.Request
	}{
		{"chunked", http.StatusLengthRequired, edited(func(r *http.Request) { r.ContentLength = -1 })},
		{"no Accept", http.StatusNotAcceptable, edited(func(r *http.Request) { r.Header.Del("Accept") })},
		{"form data", http.StatusUnsupportedMediaType, edited(func(r *http.Request) {
			r.Header.Set("Content-Type", strings.Replace(r.Header.Get("Content-Type"), "mixed", "form-data", 1))
		})},
		{"no boundary", http.StatusUnsupportedMediaType, edited(func(r *http.Request) { r.Header.Set("Content-Type", "multipart/mixed") })},
		{"one part", http.StatusBadRequest, parts("application/xml")},
		{"three parts", http.StatusBadRequest, parts("application/xml", "application/octet-stream", "text/plain")},
		{"parts in the other order", http.StatusBadRequest, parts("application/octet-stream", "application/xml")},
		{"a ZIP's own type", http.StatusBadRequest, parts("application/xml", "application/zip")},
		{"last boundary missing", http.StatusBadRequest, edited(func(r *http.Request) {
			whole, _ := io.ReadAll(r.Body)
			r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(whole[:len(whole)-8])), int64(len(whole)-8)
		})},
		{"reference of 51", http.StatusBadRequest, c.createRequest(requestXML(strings.Repeat("x", 51), ""), good)},
		{"request of another kind", http.StatusBadRequest, c.createRequest(oneSigner, good)},
		{"queue before reference", http.StatusBadRequest, c.createRequest(
			`<portal-signature-job-request xmlns="http://signering.posten.no/schema/v1"><polling-queue>q</polling-queue><reference>r</reference></portal-signature-job-request>`, good)},
		{"too large", http.StatusRequestEntityTooLarge, c.createRequest(requestXML("r", ""), make([]byte, maxBundleBytes+1))},
		{"unknown poll parameter", http.StatusBadRequest, c.request("GET", "/portal/signature-jobs?queue=x", nil)},
		{"confirmation of no job", http.StatusNotFound, c.request("POST", "/portal/signature-jobs/1/complete", nil)},
		{"direct flow", http.StatusNotFound, c.request("POST", "/direct/signature-jobs", nil)},
	} {
		t.Run(test.name, func(t *testing.T) {
			if res := c.send(test.request).want(t, test.status); res.code() == "" {
				t.Errorf("no error document: %s", res.body)
			}
		})
	}
	if jobs := c.running.Sandbox.Jobs(""); len(jobs) != 0 {
		t.Errorf("%d jobs were made of refused requests", len(jobs))
	}
}
