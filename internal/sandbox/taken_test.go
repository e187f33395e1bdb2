package sandbox

import (
	"archive/zip"
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf16"

	"batch/internal/sandbox/asice"
	"batch/internal/sandbox/asice/asicetest"
)

// unusual is something that other clients may well do.
type unusual struct {
	name  string
	plant func(*attempt)
}

// TestCreateTakes hands in what is unusual but right.
func TestCreateTakes(t *testing.T) {
	s, portal := directSandbox(t)
	for _, u := range slices.Concat(unusualHTTP, unusualXML, unusualManifests, blankManifests, unusualZIPs, unusualSignatures, unusualDocuments) {
		t.Run(u.name, func(t *testing.T) {
			a := newAttempt()
			u.plant(a)
			if res := a.post(t, portal); res.Code != http.StatusOK {
				t.Fatalf("refused: %s", res.Body)
			}
			jobs := s.Jobs("")
			if last := jobs[len(jobs)-1]; last.Reference != "ref-1" && last.Reference != "" {
				t.Errorf("the reference was read as %q", last.Reference)
			}
		})
	}
}

var unusualHTTP = []unusual{
	{"nothing unusual", both()},
	{"no Accept", header("Accept", "")},
	{"any Accept", header("Accept", "text/html;q=0.5, */*")},
	{"boundary in quotes", header("Content-Type", `Multipart/Mixed; charset=utf-8; Boundary="`+testBoundary+`"`)},
	{"part headers in other letters and order", head(1, "content-disposition: attachment; filename=\"x\"\r\nCONTENT-TYPE:application/octet-stream\r\nContent-Length: 5\r\n")},
	{"part type with parameters", head(0, "Content-Disposition: attachment\r\nContent-Type: Application/XML; charset=UTF-8\r\nContent-Transfer-Encoding: 7bit\r\n")},
	{"bundle as binary", head(1, "Content-Type: application/octet-stream; charset=ISO-8859-1\r\nContent-Transfer-Encoding: BINARY\r\n")},
	{"folded header", head(1, "Content-Disposition: attachment;\r\n filename=x\r\nContent-Type: application/octet-stream\r\n")},
	{"something before the first part and behind the last", body(func(b string) string { return "This is multipart.\r\n" + b + "The end." })},
	{"blanks behind a boundary", body(swap("--"+testBoundary+"\r\n", "--"+testBoundary+" \t\r\n"))},
	{"no line break at the end", body(func(b string) string { return strings.TrimSuffix(b, "\r\n") })},
}

const xmlnsXSI = ` xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:schemaLocation="http://signering.posten.no/schema/v1
	direct-and-portal.xsd"`

var unusualXML = []unusual{
	{"declaration", declared(`<?xml version='1.0' standalone = "yes"?>` + "\n")},
	{"byte order mark", declared("\ufeff<?xml version=\"1.0\" encoding=\"utf-8\" ?>")},
	{"ASCII", declared(`<?xml version="1.0" encoding="US-ASCII"?>`)},
	{"Latin-1", both(declared(`<?xml version="1.0" encoding="ISO-8859-1"?>`), request("queue-1", "k\xf8"))},
	{"UTF-16, little-endian", wide(binary.LittleEndian, "\ufeff")},
	{"UTF-16, big-endian, no mark", wide(binary.BigEndian, "")},
	{"comments and instructions", request("<reference>ref-1", "<!-- a --><?b c?><reference>ref<!-- d -->-1<?e?>")},
	{"comments around the root", func(a *attempt) { a.request = "<!-- a -->\n<?b?>" + a.request + "\n<!-- c -->\r\n" }},
	{"CDATA", request("ref-1", "<![CDATA[ref]]>-1")},
	{"character references", request("ref-1", "r&#101;f&#x2d;1")},
	{"prefixes", func(a *attempt) {
		a.request = strings.NewReplacer("</", "</p:", "<", "<p:", "xmlns=", "xmlns:p=").Replace(a.request)
	}},
	{"a namespace anew on every element", request("<reference>", `<q:reference xmlns:q="http://signering.posten.no/schema/v1">`, "</reference>", "</q:reference>")},
	{"namespaces nobody uses", request(` xmlns="`, ` xmlns:xsd="http://www.w3.org/2001/XMLSchema" xmlns:xml="http://www.w3.org/XML/1998/namespace" xmlns="`)},
	{"schema location over two lines", request("<portal-signature-job-request", "<portal-signature-job-request"+xmlnsXSI)},
	{"blanks everywhere", request("<reference>", "\r\n\t<reference\n>", "</reference>", "</reference >\n ")},
	{"no reference", request("<reference>ref-1</reference>", "")},
	{"empty reference", request("ref-1", "")},
	{"empty element as reference", request("<reference>ref-1</reference>", "<reference/>")},
	{"no queue", request("<polling-queue>queue-1</polling-queue>", "")},
	{"nothing at all", request("<reference>ref-1</reference><polling-queue>queue-1</polling-queue>", "")},
	{"eleven digits that are no person", request("queue-1", "12345678911")},
}

func declared(declaration string) func(*attempt) {
	return func(a *attempt) { a.request = declaration + a.request }
}

func wide(order binary.ByteOrder, mark string) func(*attempt) {
	return func(a *attempt) {
		var b bytes.Buffer
		for _, unit := range utf16.Encode([]rune(mark + `<?xml version="1.0" encoding="UTF-16"?>` + a.request)) {
			must(binary.Write(&b, order, unit))
		}
		a.request = b.String()
	}
}

// unusualManifests are valid by portal.xsd, too (TestManifestAgreesWithSchema).
var unusualManifests = []unusual{
	{"order with sign and zeros", manifestEdit("<signer>", `<signer order="+007">`)},
	{"minus nought", manifestEdit("<signer>", `<signer order="-0">`)},
	{"ten signers", manifestEdit(oneSignerOnly, strings.Repeat(oneSignerOnly, 10))},
	{"twenty documents", func(a *attempt) {
		for i := range 19 {
			another("doc"+string(rune('a'+i))+".pdf", 0)(a)
		}
	}},
	{"attributes in another order, over lines", manifestEdit(`href="document.pdf" mime="application/pdf"`, "\n mime='application/pdf'\r\n\thref = \"document.pdf\" ")},
	{"empty elements written out", manifestEdit("<email/>", "<email><!-- look it up --></email><sms></sms>")},
	{"e-mail and mobile", given(`<email address="ase@example.com"/><sms number="+47 999 99 999"/>`)},
	{"mobile only", given(`<sms number="99999999"/>`)},
	{"by contact information", both(given(`<sms number="004799999999"/>`), manifestEdit("<personal-identification-number>"+testNumber+"</personal-identification-number>", "<identified-by-contact-information/>"))},
	{"signs for another", both(given(`<email address="a@example.com"/>`), manifestEdit("</notifications>", "</notifications><on-behalf-of>OTHER</on-behalf-of>"))},
	{"signs for oneself, looked up", manifestEdit(lookup, lookup+"<on-behalf-of>SELF</on-behalf-of>")},
	{"title of 80", manifestEdit("Arbeidsavtale for Åse", strings.Repeat("😀", 80))},
	{"personal data where it may stand", manifestEdit("Arbeidsavtale for Åse</title>", "10817247690</title><description>10817247690</description>")},
	{"title with entities and a line break", manifestEdit("Arbeidsavtale for Åse", "A &amp; B &lt;\n&#65;]]&gt;")},
	{"empty description", manifestEdit(titleEnd, titleEnd+"<description/>")},
	{"description of 220 over lines", manifestEdit(titleEnd, titleEnd+"<description>"+strings.Repeat("å\n", 110)+"</description>")},
	{"empty availability", optional("<availability/>")},
	{"no time at all", optional("<availability><available-seconds>0</available-seconds></availability>")},
	{"ninety days, written long", optional("<availability><available-seconds>+0007776000</available-seconds></availability>")},
	{"midnight at the end of the day", activatedAt("2026-12-31T24:00:00Z")},
	{"a fraction of a second", activatedAt("2026-12-31T23:59:59.123456789123+14:00")},
	{"an offset of minutes, long ago", activatedAt("0001-01-02T00:00:00.0-03:30")},
	{"both, level 4, number and name", optional("<required-authentication>4</required-authentication><availability><activation-time>2026-01-01T00:00:00+01:00</activation-time>" +
		"<available-seconds>60</available-seconds></availability><identifier-in-signed-documents>" + numberAndName + "</identifier-in-signed-documents>")},
	{"the older form", manifestEdit(newForm, strings.Replace(oneDocument, "</title>", "</title><nonsensitive-title>A</nonsensitive-title><description>B</description>", 1))},
	{"prefixes in the manifest", func(a *attempt) {
		body := strings.TrimPrefix(a.bundle.manifest, `<?xml version="1.0" encoding="UTF-8" standalone="yes"?>`)
		a.bundle.manifest = strings.NewReplacer("</", "</p:", "<", "<p:", "xmlns=", "xmlns:p=").Replace(body)
	}},
}

// blankManifests have blanks around values, which XSD 1.0 part 2, section 4.3.6, drops and
// xmllint does not.
var blankManifests = []unusual{
	{"blanks around the order", manifestEdit("<signer>", `<signer order=" 7&#10;">`)},
	{"blanks around the seconds", optional("<availability><available-seconds>\r\n\t60 </available-seconds></availability>")},
	{"blanks around the time", activatedAt(" 2026-01-01T00:00:00Z\n")},
}

func activatedAt(text string) func(*attempt) {
	return optional("<availability><activation-time>" + text + "</activation-time></availability>")
}

var unusualZIPs = []unusual{
	{"stored", func(a *attempt) { a.bundle.noDeflate = true }},
	{"deflated, sizes behind the data", packedBy(streamed(zip.Deflate))},
	{"signatures first", files(func(f []asicetest.File) []asicetest.File { return []asicetest.File{f[2], f[1], f[0]} })},
	{"a folder entry", files(func(f []asicetest.File) []asicetest.File {
		return slices.Insert(f, 2, asicetest.File{Name: "META-INF/"})
	})},
	{"exactly ten megabytes", another("b.pdf", asice.MaxDocumentBytes-len(textPDF([]string{"Arbeidsavtale"})))},
}

var unusualSignatures = []unusual{
	{"blanks between elements", func(a *attempt) {
		a.bundle.editXML = strings.NewReplacer("<Object>", "\n  <Object>\n    ", "</SignatureValue>", "\n</SignatureValue>").Replace
	}},
	{"base64 in lines", func(a *attempt) {
		a.bundle.editXML = func(s string) string {
			leaf := base64.StdEncoding.EncodeToString(authorityOfTests().Client.Leaf.Raw)
			return swap(leaf, leaf[:64]+"\r\n"+leaf[64:128]+"&#13;\n"+leaf[128:])(s)
		}
	}},
	{"blanks inside what is signed", both(signedInfo("<Reference Id", "\n  <Reference Id"), properties("<MimeType>", "\n\t<MimeType>"))},
	{"comments", afterwards("<SignatureValue>", "<!-- here --><SignatureValue>")},
	{"ids as other clients make them", func(a *attempt) {
		a.bundle.editInfo = strings.NewReplacer("ID_0", "Id_0c5f-4711", "ID_1", "Id_1").Replace
		a.bundle.editProperties = strings.NewReplacer("ID_0", "Id_0c5f-4711", "ID_1", "Id_1").Replace
	}},
	{"ids where the schema allows them", afterwards("<SignatureValue>", `<SignatureValue Id="value">`)},
	{"Canonical XML 1.1", signedInfo(`CanonicalizationMethod Algorithm="`+inclusive, `CanonicalizationMethod Algorithm="http://www.w3.org/2006/12/xml-c14n11`)},
	{"references in another order", func(a *attempt) {
		a.bundle.editInfo = func(s string) string {
			first, second, third := strings.Index(s, `<Reference Id="ID_0"`), strings.Index(s, `<Reference Id="ID_1"`), strings.Index(s, "<Reference Type")
			return s[:first] + s[third:len(s)-len("</SignedInfo>")] + s[second:third] + s[first:second] + "</SignedInfo>"
		}
	}},
	{"URI encoded more than needed", signedInfo(`URI="document.pdf"`, `URI="%64ocument%2Epdf"`)},
	{"blank behind a comma of the issuer", properties("Business,2.5.4.97", "Business, 2.5.4.97")},
	{"issuer as .NET writes it", properties(testIssuer, "CN=Sandbox Class 3 CA Business, OID.2.5.4.97=NTRNO-983163327, O=Sandbox Class 3 CA Business AS, C=NO")},
	{"issuer with semicolons and quotes", properties(testIssuer, `cn = "Sandbox Class 3 CA Business" ; 2.5.4.97=#0C0F4E54524E4F2D393833313633333237;2.5.4.10=Sandbox\20Class 3 CA\ Business AS ;C=NO`)},
	{"three seconds early", func(a *attempt) { a.bundle.at = a.bundle.at.Add(-3 * time.Second) }},
	{"signing time of another zone", func(a *attempt) { a.bundle.at = a.bundle.at.In(time.FixedZone("", -9*3600-1800)) }},
	{"signing time in whole seconds", func(a *attempt) { a.bundle.at = a.bundle.at.Truncate(time.Second).UTC() }},
}

var unusualDocuments = []unusual{
	{"PDF 1.1", document(swap("%PDF-1.4", "%PDF-1.1"))},
	{"PDF/A-4", both(pdf(samplePDF("", "% <pdfaid:part>4</pdfaid:part>")), document(swap("%PDF-1.4", "%PDF-2.0")))},
	{"blank lines at the end", document(func(pdf string) string { return pdf + "\r\n\r\n" })},
}
