package sandbox

import (
	"bytes"
	"crypto/x509"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// hardXML is what canonicalization has to get right.
var hardXML = map[string]string{
	"attribute order":      `<a xmlns:z="urn:a" xmlns:b="urn:z" z:y="1" b:x="2" m="3" a="4"/>`,
	"namespace order":      `<a xmlns:z="urn:z" xmlns="urn:d" xmlns:b="urn:b"/>`,
	"default taken away":   `<a xmlns="urn:d"><b xmlns=""><c xmlns="urn:d"/></b></a>`,
	"superfluous":          `<a xmlns="urn:d" xmlns:p="urn:p"><b xmlns="urn:d" xmlns:p="urn:p"><p:c/></b></a>`,
	"prefix bound anew":    `<p:a xmlns:p="urn:1"><p:b xmlns:p="urn:2"><p:c xmlns:p="urn:1"/></p:b></p:a>`,
	"escapes":              `<a b="&lt;&amp;&quot;'&gt;">&lt;&gt;&amp;"'&#13;x</a>`,
	"CDATA":                `<a><![CDATA[<b>&amp;]]></a>`,
	"comments":             `<a><!-- gone -->x<!-- gone --></a>`,
	"instructions":         `<a><?target  some body?><?empty?></a>`,
	"line ends":            "<a>\r\n<b/>\r</a>",
	"blanks in tags":       "<a  b = '1'\n c='2' ><b  /></a >",
	"letters":              `<a b="æ">ø&#229;&#x1F600;</a>`,
	"xml attributes":       `<a xml:lang="nb" xml:space="preserve"><b xml:lang="en"/></a>`,
	"used and unused":      `<a xmlns:u="urn:u" xmlns:v="urn:v"><b u:c="1"><v:d/></b></a>`,
	"breaks in attributes": "<a b=\"1\n2\r\n3\t4&#10;5&#13;6&#9;7&quot;&apos;&amp;&lt;&gt;&#x1F600; 8\"/>",
	"declared xml":         `<a xmlns:xml="http://www.w3.org/XML/1998/namespace" xml:lang="nb"/>`,
	"encoded":              `<?xml version="1.0" encoding="ISO-8859-1"?><a b="` + "\xe6" + `">` + "\xf8" + `</a>`,
	"attributes same name": `<a xmlns:x="urn:x" x:b="1" b="2"/>`,
}

func TestCanonicalAgreesWithXmllint(t *testing.T) {
	judge(t, "xmllint", "libxml2-utils")
	documents := map[string]string{}
	for name, document := range hardXML {
		documents[name] = document
	}
	files, _ := filepath.Glob(filepath.Join(specification, "examples", "*", "*.xml"))
	for _, file := range files {
		document, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		documents[filepath.Base(file)] = string(document)
	}
	for name, document := range documents {
		t.Run(name, func(t *testing.T) {
			root, err := parseXML([]byte(document))
			if err != nil {
				t.Fatal(err)
			}
			cmd := exec.Command("xmllint", "--nonet", "--c14n", "-")
			cmd.Stdin = strings.NewReader(document)
			want, err := cmd.Output()
			if err != nil {
				t.Fatal(err)
			}
			want = bytes.ReplaceAll(want, []byte("<!-- gone -->"), nil) // xmllint keeps comments
			if got := canonical(root); !bytes.Equal(got, bytes.TrimSpace(want)) {
				t.Errorf("got  %s\nwant %s", got, want)
			}
		})
	}
}

// A subset carries what it inherits: all namespaces in scope and the xml: attributes.
func TestCanonicalOfSubset(t *testing.T) {
	root, err := parseXML([]byte(`<a xmlns="urn:d" xmlns:p="urn:p" xmlns:q="urn:q" xml:lang="nb" xml:space="default" x="1">` +
		`<b xmlns:q="urn:other" xml:lang="en"><c p:z="1" y="2"><d xmlns:r="urn:r"/></c></b></a>`))
	if err != nil {
		t.Fatal(err)
	}
	c := root.children[0].(*element).children[0].(*element)
	const want = `<c xmlns="urn:d" xmlns:p="urn:p" xmlns:q="urn:other" y="2" xml:lang="en" xml:space="default" p:z="1">` +
		`<d xmlns:r="urn:r"></d></c>`
	if got := string(canonical(c)); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestParseXMLRefuses(t *testing.T) {
	for name, document := range map[string]string{
		"nothing":               "",
		"document type":         `<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>`,
		"unknown entity":        `<a>&b;</a>`,
		"undeclared prefix":     `<p:a/>`,
		"undeclared attribute":  `<a p:b="1"/>`,
		"attribute twice":       `<a b="1" b="2"/>`,
		"twice by namespace":    `<a xmlns:p="urn:x" xmlns:q="urn:x" p:b="1" q:b="2"/>`,
		"declaration twice":     `<a xmlns:p="urn:x" xmlns:p="urn:y"/>`,
		"prefix of nothing":     `<a xmlns:p=""/>`,
		"two roots":             `<a/><b/>`,
		"text behind the root":  `<a/>b`,
		"not closed":            `<a><b></b>`,
		"closed crosswise":      `<a><b></a></b>`,
		"closed by another":     `<p:a xmlns:p="urn:x" xmlns:q="urn:x"></q:a>`,
		"declaration too late":  ` <?xml version="1.0"?><a/>`,
		"another encoding":      `<?xml version="1.0" encoding="windows-1252"?><a/>`,
		"encoding misspelt":     `<?xml version="1.0" encoding="UTF 8"?><a/>`,
		"no version":            `<?xml encoding="UTF-8"?><a/>`,
		"half a UTF-16 unit":    "\xff\xfe<\x00a\x00/\x00>\x00x",
		"not UTF-8":             "<a>\xff</a>",
		"CDATA behind the root": "<a/><![CDATA[ ]]>",
		"reference outside":     "<a/>&#32;",
		"no-break space there":  "<a/>\u00a0",
		"attributes together":   `<a b="1"c="2"/>`,
		"xml bound anew":        `<a xmlns:xml="urn:x"/>`,
		"another for xml":       `<a xmlns:x="http://www.w3.org/XML/1998/namespace"/>`,
		"two colons":            `<a:b:c xmlns:a="urn:x"/>`,
		"half a prefix":         `<a: xmlns:a="urn:x"/>`,
		"too many attributes":   "<a" + strings.Repeat(" b='1'", maxXMLAttributes+1) + "/>",
		"too deep":              strings.Repeat("<a>", 40) + strings.Repeat("</a>", 40),
		"too many":              "<a>" + strings.Repeat("<b/>", maxXMLElements) + "</a>",
		"too large":             "<a>" + strings.Repeat(" ", maxXMLBytes) + "</a>",
	} {
		if _, err := parseXML([]byte(document)); err == nil {
			t.Errorf("%s: taken", name)
		}
	}
}

func TestParseXAdESReadsPublishedExample(t *testing.T) {
	for _, file := range examples(t, "xades/signatures.xml") {
		document, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		x, err := parseXAdES(document)
		if err != nil {
			t.Fatal(err)
		}
		if len(x.references) != 2 || x.references[1].uri != "manifest.xml" || x.formats["ID_1"] != "application/xml" ||
			x.serial.String() != "589725471" {
			t.Errorf("read as %+v", x)
		}
		leaf, err := x509.ParseCertificate(x.chain[0])
		if err != nil || !namesSame(x.issuerName, leaf.RawIssuer) {
			t.Errorf("the issuer is read as another one than the certificate's: %v", err)
		}
	}
}

func FuzzParseXML(f *testing.F) {
	for _, document := range hardXML {
		f.Add([]byte(document))
	}
	f.Add([]byte(oneSigner))
	for _, file := range published(f, "*/*.xml", "*/*/*.xml") {
		document, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(document)
	}
	f.Fuzz(func(t *testing.T, document []byte) {
		root, err := parseXML(document)
		if err != nil {
			return
		}
		once := canonical(root)
		again, err := parseXML(once)
		if err != nil {
			t.Fatalf("the canonical form cannot be read: %v\n%q", err, once)
		}
		if !bytes.Equal(canonical(again), once) {
			t.Errorf("canonical twice differs: %q", once)
		}
	})
}
