package bundle

import (
	"encoding/xml"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"batch/internal/mailout"
)

func TestJobXMLIsValid(t *testing.T) {
	xsd := schema(t, "direct-and-portal.xsd")
	for name, shape := range shapes {
		t.Run(name, func(t *testing.T) {
			docs, _ := documents(shape.docs, 10)
			jobXML, err := JobXML(shape.job, docs, now)
			if err != nil {
				t.Fatal(err)
			}
			file := filepath.Join(t.TempDir(), "manifest.xml")
			writeFile(t, file, jobXML)
			judge(t, "", "xmllint", "--noout", "--nonet", "--schema", xsd, file)
		})
	}
}

// Each shape's characteristic part, written out. Element order is portal.xsd's.
func TestJobXML(t *testing.T) {
	const byNumber = "<signer><personal-identification-number>01845012345</personal-identification-number>"
	const byContact = "<signer><identified-by-contact-information></identified-by-contact-information>"
	const byLookup = "<notifications-using-lookup><email></email></notifications-using-lookup>"
	for name, want := range map[string]string{
		"by number, given addresses": "<signers>" + byNumber + `<notifications><email address="kari@example.com"></email><sms number="+4799999999"></sms></notifications></signer></signers>`,
		"by number, mobile only":     byNumber + `<notifications><sms number="99999999"></sms></notifications></signer>`,
		"contact: e-mail":            byContact + `<notifications><email address="kari@example.com"></email></notifications></signer>`,
		"contact: mobile":            byContact + `<notifications><sms number="99999999"></sms></notifications></signer>`,
		"contact: both":              byContact + `<notifications><email address="&quot;a&amp;b&quot;&lt;c>@example.com"></email><sms number="+4799999999"></sms></notifications></signer>`,
		"lookup": byNumber + byLookup + "</signer></signers><sender><organization-number>988015814</organization-number></sender><title>Arbeidsavtale</title>" +
			`<documents><document href="00_a-b.pdf" mime="application/pdf"><title>Bilag 0 &amp; æøå &lt;1&gt;</title></document></documents></portal-signature-job-manifest>`,
		"lookup and SMS":            byNumber + "<notifications-using-lookup><email></email><sms></sms></notifications-using-lookup><on-behalf-of>SELF</on-behalf-of></signer>",
		"on behalf of another":      "<signature-type>ADVANCED_ELECTRONIC_SIGNATURE</signature-type>" + `<notifications><email address="kari@example.com"></email></notifications><on-behalf-of>OTHER</on-behalf-of></signer>`,
		"in order":                  `<signer order="0"><personal-identification-number>01845012345</personal-identification-number>` + byLookup + `</signer><signer order="9"><personal-identification-number>02845054321`,
		"in parallel":               byNumber + byLookup + "</signer><signer><personal-identification-number>02845054321",
		"mixed orders":              `</signer><signer order="2"><identified-by-contact-information>`,
		"twenty documents":          `<document href="19_a-b.pdf" mime="application/pdf">`,
		"special characters":        `<title>Æ &lt;ø&gt; &amp; "å" 'ß' ]]&gt; 🔑</title><nonsensitive-title> a  b </nonsensitive-title><description>first&#xD;` + "\nsecond\n\tthird&#xD;fourth</description>",
		"everything":                "</documents><required-authentication>4</required-authentication><availability><activation-time>2026-12-01T08:00:00+01:00</activation-time><available-seconds>1209600</available-seconds></availability><identifier-in-signed-documents>DATE_OF_BIRTH_AND_NAME</identifier-in-signed-documents></portal-signature-job-manifest>",
		"activation in UTC":         "<availability><activation-time>2027-07-01T06:00:00Z</activation-time></availability>",
		"activation passed":         "</documents><availability><available-seconds>3600</available-seconds></availability>",
		"deadline":                  "<availability><available-seconds>129600</available-seconds></availability>",
		"deadline after activation": "<activation-time>2026-11-22T10:30:42+01:00</activation-time><available-seconds>43200</available-seconds>",
	} {
		shape, ok := shapes[name]
		if !ok {
			t.Fatalf("there is no shape %q", name)
		}
		docs, _ := documents(shape.docs, 10)
		got, err := JobXML(shape.job, docs, now)
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
		const head = `<?xml version="1.0" encoding="UTF-8" standalone="yes"?>` + "\n" + `<portal-signature-job-manifest xmlns="http://signering.posten.no/schema/v1"><signers><signer`
		if !strings.HasPrefix(string(got), head) || !strings.Contains(string(got), want) {
			t.Errorf("%s: got\n%s\nwant in it\n%s", name, got, want)
		}
	}
}

// What a reader gets is what the job says, line ends and spaces included.
func TestJobXMLReadsBack(t *testing.T) {
	shape := shapes["special characters"]
	docs, _ := documents(shape.docs, 10)
	written, err := JobXML(shape.job, docs, now)
	if err != nil {
		t.Fatal(err)
	}
	var read struct {
		Title       string   `xml:"title"`
		Description string   `xml:"description"`
		Documents   []string `xml:"documents>document>title"`
	}
	if err := xml.Unmarshal(written, &read); err != nil {
		t.Fatal(err)
	}
	if read.Title != shape.job.Title.Reveal() || read.Description != shape.job.Description.Reveal() || len(read.Documents) != 3 || read.Documents[2] != docs[2].Title.Reveal() {
		t.Errorf("read back as %q", read)
	}
}

func TestAvailabilityFollowsTheClock(t *testing.T) {
	docs, _ := documents(1, 10)
	j := with(job(lookup(person)), func(j *mailout.Job) { j.Deadline = now.Add(time.Hour) })
	for later, want := range map[time.Duration]string{
		0:                "<available-seconds>3600<",
		59 * time.Minute: "<available-seconds>60<",
		2 * time.Hour:    "<available-seconds>0<",
	} {
		got, err := JobXML(j, docs, now.Add(later))
		if err != nil || !strings.Contains(string(got), want) {
			t.Errorf("after %v: got %s %v, want %s", later, got, err, want)
		}
	}
}

func TestJobsWithoutAForm(t *testing.T) {
	docs, _ := documents(1, 10)
	ordinary := job(lookup(person))
	for name, c := range map[string]struct {
		job  mailout.Job
		docs []mailout.Document
		want string
	}{
		"no signer":         {job(), docs, "at least one signer"},
		"no document":       {ordinary, nil, "at least one signer and one document"},
		"nobody to notify":  {job(lookup(person), mailout.Signer{NationalID: another, Notify: mailout.NotifyGiven}), docs, "signer 2: there is neither"},
		"unknown way":       {job(mailout.Signer{NationalID: person, Notify: "pigeon"}), docs, `signer 1: there is no way to notify that is called "pigeon"`},
		"way not set":       {job(mailout.Signer{NationalID: person}), docs, "signer 1: there is no way to notify"},
		"title not in XML":  {with(ordinary, func(j *mailout.Job) { j.Title = "Kari\x00Nordmann" }), docs, "title holds a character that XML cannot carry"},
		"e-mail not in XML": {job(mailout.Signer{Email: "kari\x01@example.com", Notify: mailout.NotifyGiven}), docs, "email holds a character that XML cannot carry"},
	} {
		_, err := JobXML(c.job, c.docs, now)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v, want … %s …", name, err, c.want)
		}
		if err != nil && (strings.Contains(strings.ToLower(err.Error()), "kari") || strings.Contains(err.Error(), another)) {
			t.Errorf("%s: the error holds personal data: %v", name, err)
		}
	}
}
