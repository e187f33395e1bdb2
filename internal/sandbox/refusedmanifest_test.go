package sandbox

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"batch/internal/judgetest"
)

// manifestFault is a fault in a manifest, and whether portal.xsd can see it.
type manifestFault struct {
	name, old, new, word string
	schema               bool
}

const (
	oneSignerOnly = "<signer><personal-identification-number>" + testNumber + "</personal-identification-number>" + lookup + "</signer>"
	oneDocument   = `<document href="document.pdf" mime="application/pdf"><title>Avtale</title></document>`
	newForm       = "<title>Arbeidsavtale for Åse</title><documents>" + oneDocument + "</documents>"
	titleEnd      = "Åse</title>"
)

// availabilityOf is what stands behind the documents in a manifest with an availability.
func availabilityOf(inner string) string {
	return "</documents><availability>" + inner + "</availability>"
}

func activationOf(time string) string {
	return availabilityOf("<activation-time>" + time + "</activation-time>")
}

var faultyManifests = []manifestFault{
	{"no signers", "<signers>", "<signers/><other>", "signers", true},
	{"signers empty", oneSignerOnly, "", "there are 0", true},
	{"eleven signers", oneSignerOnly, strings.Repeat(oneSignerOnly, 11), "there are 11", true},
	{"order ten", "<signer>", `<signer order="10">`, "0 to 9", true},
	{"order negative", "<signer>", `<signer order="-1">`, "0 to 9", true},
	{"order a word", "<signer>", `<signer order="first">`, "0 to 9", true},
	{"order empty", "<signer>", `<signer order="">`, "0 to 9", true},
	{"order a fraction", "<signer>", `<signer order="1.0">`, "0 to 9", true},
	{"unknown attribute", "<signer>", `<signer orders="1">`, "attribute orders", true},
	{"ten digits", testNumber, testNumber[1:], "[0-9]{11}", true},
	{"a blank before the number", testNumber, " " + testNumber, "[0-9]{11}", true},
	{"digits of another script", testNumber, "٠١٨١٧٢٩٩٩٩٩", "[0-9]{11}", true},
	{"both number and contact", "<notifications-using-lookup>", "<identified-by-contact-information/><notifications-using-lookup>", "where the element identified-by-contact-information stands", true},
	{"neither number nor contact", "<personal-identification-number>" + testNumber + "</personal-identification-number>", "", "personal-identification-number is expected", true},
	{"contact with content", "<personal-identification-number>" + testNumber + "</personal-identification-number>", "<identified-by-contact-information>x</identified-by-contact-information>", "must be empty", true},
	{"nobody notified", lookup, "", "notifications is expected", true},
	{"look-up without e-mail", "<email/>", "<sms/>", "email is expected", true},
	{"look-up with an address", "<email/>", `<email address="a@b.no"/>`, "attribute address", true},
	{"look-up with a blank in it", "<email/>", `<email> </email>`, "email must be empty", true},
	{"look-up and addresses", lookup, lookup + `<notifications><email address="a@b.no"/></notifications>`, "where the element notifications stands", true},
	{"sms before email", lookup, `<notifications><sms number="12345678"/><email address="a@b.no"/></notifications>`, "where the element email stands", true},
	{"empty notifications", lookup, "<notifications/>", "an email or an sms", true},
	{"e-mail without address", lookup, "<notifications><email/></notifications>", "attribute address", true},
	{"sms with an address", lookup, `<notifications><sms address="12345678"/></notifications>`, "attribute", true},
	{"e-mail with content", lookup, `<notifications><email address="a@b.no">x</email></notifications>`, "must be empty", true},
	{"signature type behind notifications", lookup, lookup + "<signature-type>" + advanced + "</signature-type>", "where the element signature-type stands", true},
	{"unknown signature type", lookup, "<signature-type>QUALIFIED</signature-type>" + lookup, "not one of", true},
	{"on behalf of nobody", lookup, lookup + "<on-behalf-of>NOBODY</on-behalf-of>", "not one of", true},
	{"a blank in an enumeration", lookup, lookup + "<on-behalf-of> SELF</on-behalf-of>", "not one of", true},
	{"eight digits of organization", "988015814", "98801581", "[0-9]{9}", true},
	{"no sender", "<sender><organization-number>988015814</organization-number></sender>", "", "sender is expected", true},
	{"title before sender", "<sender>", "<title>x</title><sender>", "sender is expected", true},
	{"empty title", "Arbeidsavtale for Åse", "", "0 characters", true},
	{"title of 81", "Arbeidsavtale for Åse", strings.Repeat("å", 81), "81 characters", true},
	{"no title", "<title>Arbeidsavtale for Åse</title>", "", "title is expected", true},
	{"empty nonsensitive title", titleEnd, titleEnd + "<nonsensitive-title/>", "0 characters", true},
	{"nonsensitive title of 81", titleEnd, titleEnd + "<nonsensitive-title>" + strings.Repeat("x", 81) + "</nonsensitive-title>", "81 characters", true},
	{"description of 221", titleEnd, titleEnd + "<description>" + strings.Repeat("x", 221) + "</description>", "221 characters", true},
	{"description before nonsensitive title", titleEnd, titleEnd + "<description/><nonsensitive-title>x</nonsensitive-title>", "where the element nonsensitive-title stands", true},
	{"markup in the description", titleEnd, titleEnd + "<description>a <b>bold</b> word</description>", "only text", true},
	{"no documents", "<documents>" + oneDocument + "</documents>", "", "documents is expected", true},
	{"documents empty", oneDocument, "", "there are 0", true},
	{"twenty-one documents", oneDocument, strings.Repeat(oneDocument, 21), "there are 21", true},
	{"href of three", "document.pdf", "a.b", "3 characters", true},
	{"href of 101", "document.pdf", strings.Repeat("x", 101), "101 characters", true},
	{"no href", ` href="document.pdf"`, "", "attribute href", true},
	{"no mime", ` mime="application/pdf"`, "", "attribute mime", true},
	{"an attribute of another namespace", ` mime="application/pdf"`, ` mime="application/pdf" xml:lang="nb"`, "attribute lang", true},
	{"document without title", "<title>Avtale</title>", "", "title is expected", true},
	{"document with a description", "<title>Avtale</title>", "<title>Avtale</title><description/>", "where the element description stands", true},
	{"the older form beside the newer", newForm, newForm + oneDocument, "where the element document stands", true},
	{"two documents in the older form", newForm, oneDocument + oneDocument, "where the element document stands", true},
	{"older form without title", newForm, `<document href="document.pdf" mime="application/pdf"/>`, "title is expected", true},
	{"authentication 2", "</documents>", "</documents><required-authentication>2</required-authentication>", "not one of 3, 4", true},
	{"availability before authentication", "</documents>", "</documents><availability/><required-authentication>4</required-authentication>", "where the element required-authentication stands", true},
	{"availability twice", "</documents>", "</documents><availability/><availability/>", "where the element availability stands", true},
	{"negative seconds", "</documents>", availabilityOf("<available-seconds>-1</available-seconds>"), "whole number", true},
	{"seconds in words", "</documents>", availabilityOf("<available-seconds>1e3</available-seconds>"), "whole number", true},
	{"seconds beyond 64 bits", "</documents>", availabilityOf("<available-seconds>9223372036854775808</available-seconds>"), "whole number", true},
	{"seconds before activation", "</documents>", availabilityOf("<available-seconds>1</available-seconds><activation-time>2026-01-01T00:00:00Z</activation-time>"), "where the element activation-time stands", true},
	{"activation on no day", "</documents>", activationOf("2026-02-30T00:00:00Z"), "date and time", true},
	{"activation after midnight", "</documents>", activationOf("2026-01-01T24:00:01Z"), "date and time", true},
	{"activation at one digit", "</documents>", activationOf("2026-01-01T1:00:00Z"), "date and time", true},
	{"activation without seconds", "</documents>", activationOf("2026-01-01T10:00Z"), "date and time", true},
	{"activation with a comma", "</documents>", activationOf("2026-01-01T10:00:00,5Z"), "date and time", true},
	{"activation in small letters", "</documents>", activationOf("2026-01-01t10:00:00z"), "date and time", true},
	{"activation fifteen hours off", "</documents>", activationOf("2026-01-01T10:00:00+15:00"), "date and time", true},
	{"activation off without colon", "</documents>", activationOf("2026-01-01T10:00:00+0100"), "date and time", true},
	{"activation of two digits", "</documents>", activationOf("26-01-01T10:00:00Z"), "date and time", true},
	{"activation on a day only", "</documents>", activationOf("2026-01-01"), "date and time", true},
	{"unknown identifier", "</documents>", "</documents><identifier-in-signed-documents>INITIALS</identifier-in-signed-documents>", "not one of", true},
	{"something at the end", "</portal-", "<more/></portal-", "nothing more is allowed where the element more stands", true},
	{"text between elements", "<sender>", "text<sender>", "only elements", true},
	{"another namespace", "schema/v1", "schema/v2", "not a portal-signature-job-manifest", true},
	{"one element of another namespace", "<sender>", `<sender xmlns="urn:x">`, "sender is expected", true},
	{"xsi:nil", "<sender>", `<sender xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:nil="true">`, "attribute nil", true},

	{"document type", "<portal-signature-job-manifest", "<!DOCTYPE x><portal-signature-job-manifest", "DOCTYPE", false},
	{"activation beyond our years", "</documents>", activationOf("12026-01-01T10:00:00Z"), "date and time", false},
	{"an address of nothing", lookup, `<notifications><email address=""/></notifications>`, "0 characters", false},
}

// unruly are manifests that portal.xsd likes and portal-api.md does not.
var unruly = []manifestFault{
	{"activation without offset", "</documents>", activationOf("2026-01-01T00:00:00"), "offset", false},
	{"more than ninety days", "</documents>", availabilityOf("<available-seconds>7776001</available-seconds>"), "ninety days", false},
	{"for ever", "</documents>", availabilityOf("<available-seconds>9223372036854775807</available-seconds>"), "ninety days", false},
	{"look-up without a number", "<personal-identification-number>" + testNumber + "</personal-identification-number>", "<identified-by-contact-information/>", "needs a national", false},
	{"look-up on behalf of another", lookup, lookup + "<on-behalf-of>OTHER</on-behalf-of>", "contact details", false},
	{"another sender", "988015814", "984661185", "another sender", false},
	{"not a PDF", "application/pdf", "text/plain", "application/pdf", false},
	{"the same href twice", oneDocument, oneDocument + oneDocument, "same href", false},
	{"an address that is none", lookup, `<notifications><email address="nobody"/></notifications>`, "e-mail", false},
	{"an address with a blank", lookup, `<notifications><email address="ase @example.com"/></notifications>`, "e-mail", false},
	{"a mobile number that is none", lookup, `<notifications><sms number="home"/></notifications>`, "mobile", false},
	{"a mobile number too long", lookup, `<notifications><sms number="+4799999999999999"/></notifications>`, "mobile", false},
	{"a number in the document of one who gave none", "</documents>", "</documents><identifier-in-signed-documents>" + numberAndName + "</identifier-in-signed-documents>", "cannot be identified", false},
	{"advanced, look-up, two documents", lookup, "<signature-type>" + advanced + "</signature-type>" + lookup, "one document", false},
	{"advanced, by name alone", lookup, "<signature-type>" + advanced + "</signature-type>" + lookup, "number and name", false},
	{"level 3, advanced, two documents", lookup, `<signature-type>` + advanced + `</signature-type><notifications><sms number="99999999"/></notifications>`, "level 3", false},
}

// more is what some of unruly need besides.
var more = map[string]func(*attempt){
	"a number in the document of one who gave none": manifestEdit("<personal-identification-number>"+testNumber+"</personal-identification-number>"+lookup,
		`<identified-by-contact-information/><notifications><email address="ase@example.com"/></notifications>`),
	"advanced, look-up, two documents": another("b.pdf", 0),
	"advanced, by name alone":          optional("<identifier-in-signed-documents>NAME</identifier-in-signed-documents>"),
	"level 3, advanced, two documents": both(another("b.pdf", 0), optional("<required-authentication>3</required-authentication>")),
}

func manifestFaults() []refusedCase {
	var all []refusedCase
	for _, f := range faultyManifests {
		all = append(all, refusedCase{"manifest: " + f.name, 0, codeInvalidXML, f.word, manifestEdit(f.old, f.new)})
	}
	for _, f := range unruly {
		plant := manifestEdit(f.old, f.new)
		if besides := more[f.name]; besides != nil {
			plant = both(plant, besides)
		}
		all = append(all, refusedCase{"manifest: " + f.name, 0, codeInvalidJob, f.word, plant})
	}
	return all
}

// schemaJudge says of every document whether portal.xsd takes it, by xmllint.
func schemaJudge(t *testing.T, documents map[string][]byte) (valid map[string]bool, report string) {
	t.Helper()
	judgetest.Find(t, "xmllint")
	schema, err := filepath.Abs(filepath.Join(specification, "xsd", "direct-and-portal.xsd"))
	if _, missing := os.Stat(schema); err != nil || missing != nil {
		t.Skip("no schema: the specification is not beside the project")
	}
	dir, names, number := t.TempDir(), []string{}, map[string]string{}
	for name, document := range documents {
		file := fmt.Sprintf("%d.xml", len(names))
		if err := os.WriteFile(filepath.Join(dir, file), document, 0o600); err != nil {
			t.Fatal(err)
		}
		names, number[name] = append(names, file), file
	}
	cmd := exec.Command("xmllint", append([]string{"--noout", "--nonet", "--schema", schema}, names...)...)
	cmd.Dir = dir
	out, err := cmd.CombinedOutput() // an error where one of them is invalid
	valid = map[string]bool{}
	for name, file := range number {
		valid[name] = strings.Contains("\n"+string(out), "\n"+file+" validates\n")
	}
	return valid, fmt.Sprintf("%v\n%s", err, out)
}

func satisfySchema(t *testing.T, documents map[string][]byte) {
	t.Helper()
	valid, report := schemaJudge(t, documents)
	for name, document := range documents {
		if !valid[name] {
			t.Errorf("%s does not satisfy the schema: %s\n%s", name, document, report)
		}
	}
}

// The schema must agree with what this package takes and refuses of a manifest.
func TestManifestAgreesWithSchema(t *testing.T) {
	documents := map[string][]byte{"one": []byte(oneSigner), "several": []byte(signers(1, 2, 2))}
	for _, f := range append(faultyManifests, unruly...) {
		documents[f.name] = []byte(swap(f.old, f.new)(oneSigner))
	}
	for _, u := range unusualManifests {
		a := newAttempt()
		u.plant(a)
		documents[u.name] = []byte(a.bundle.manifest)
	}
	valid, report := schemaJudge(t, documents)
	for name := range documents {
		wanted := true
		for _, f := range faultyManifests {
			wanted = wanted && (f.name != name || !f.schema)
		}
		if valid[name] != wanted {
			t.Errorf("%s: the schema has another opinion\n%s", name, documents[name])
		}
	}
	if t.Failed() {
		t.Log(report)
	}
}
