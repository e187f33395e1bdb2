package strictxml

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
)

func TestParseRefuses(t *testing.T) {
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
		"too many attributes":   "<a" + strings.Repeat(" b='1'", maxAttributes+1) + "/>",
		"too deep":              strings.Repeat("<a>", 40) + strings.Repeat("</a>", 40),
		"too many":              "<a>" + strings.Repeat("<b/>", maxElements) + "</a>",
		"too large":             "<a>" + strings.Repeat(" ", MaxBytes) + "</a>",
	} {
		if _, err := Parse([]byte(document)); err == nil {
			t.Errorf("%s: taken", name)
		}
	}
}

// What is made to take long is read or refused at once, with a short message. (What would
// take the square of its size would not end within the time of a test.)
func TestHostileDocuments(t *testing.T) {
	var wide strings.Builder
	for i := range maxAttributes {
		fmt.Fprintf(&wide, ` xmlns:a%d="%s"`, i, strings.Repeat("u", 100))
	}
	for name, test := range map[string]struct {
		document string
		taken    bool
	}{
		"many attributes":     {"<a " + strings.Repeat("b='' ", MaxBytes/5-2) + "/>", false},
		"many declarations":   {strings.Repeat("<a"+wide.String()+">", maxDepth-1) + strings.Repeat("<b/>", maxElements-maxDepth) + strings.Repeat("</a>", maxDepth-1), true},
		"a name without end":  {"<" + strings.Repeat("a", MaxBytes-1), false},
		"many references":     {"<a>" + strings.Repeat("&lt;", MaxBytes/4-4) + "</a>", true},
		"many instructions":   {"<a>" + strings.Repeat("<?b?>", MaxBytes/5-4) + "</a>", true},
		"open comments":       {"<a>" + strings.Repeat("<!--", MaxBytes/4-4), false},
		"open sections":       {"<a>" + strings.Repeat("<![CDATA[", MaxBytes/9-4), false},
		"line breaks":         {strings.Repeat("\r", MaxBytes-1) + "<", false},
		"wide and unfinished": {"\xff\xfe" + strings.Repeat("<\x00", MaxBytes/2-1), false},
		"a name, not closed":  {"<" + strings.Repeat("a", 1000) + ">", false},
		"closed by that":      {"<a></" + strings.Repeat("a", 1000) + ">", false},
	} {
		root, err := Parse([]byte(test.document))
		if (err == nil) != test.taken {
			t.Errorf("%s: %v", name, err)
		}
		if err != nil && len(err.Error()) > 200 {
			t.Errorf("%s: a message of %d bytes", name, len(err.Error()))
		}
		if err == nil && len(root.Canonical()) == 0 {
			t.Errorf("%s: nothing is left in canonical form", name)
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, document := range hardXML {
		f.Add([]byte(document))
	}
	for _, document := range published(f) {
		f.Add(document)
	}
	f.Fuzz(func(t *testing.T, document []byte) {
		root, err := Parse(document)
		if err != nil {
			return
		}
		once := root.Canonical()
		again, err := Parse(once)
		if err != nil {
			t.Fatalf("the canonical form cannot be read: %v\n%q", err, once)
		}
		if !bytes.Equal(again.Canonical(), once) {
			t.Errorf("canonical twice differs: %q", once)
		}
	})
}
