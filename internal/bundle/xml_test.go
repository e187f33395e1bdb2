package bundle

import (
	"encoding/xml"
	"strings"
	"testing"
)

// Canonical XML 1.0 §2.3, "Text Nodes" and "Attribute Nodes".
func TestEscapes(t *testing.T) {
	w := &xmlWriter{}
	w.element("e", "a&b<c>d\"e'f\tg\nh\ri]]>æøå 🔑", "k", "a&b<c>d\"e'f\tg\nh\riæøå")
	const want = `<e k="a&amp;b&lt;c>d&quot;e'f&#x9;g&#xA;h&#xD;iæøå">` +
		"a&amp;b&lt;c&gt;d\"e'f\tg\nh&#xD;i]]&gt;æøå 🔑</e>"
	if w.err != nil || w.String() != want {
		t.Errorf("got  %s %v\nwant %s", w.String(), w.err, want)
	}
}

func TestTextThatXMLCannotCarry(t *testing.T) {
	for _, bad := range []string{"\x00", "a\x01b", "\x0b", "\x1f", "\ufffe", "\uffff", "\xff", "a\xc3", "\xed\xa0\x80"} {
		for _, where := range []string{"text", "attribute"} {
			w := &xmlWriter{}
			if where == "text" {
				w.element("title", bad)
			} else {
				w.element("title", "", "k", bad)
			}
			if w.err == nil || !strings.Contains(w.err.Error(), "title") {
				t.Errorf("%q as %s: got %v, want an error that names the element", bad, where, w.err)
			} else if strings.Contains(w.err.Error(), bad) {
				t.Errorf("%q as %s: the error holds the text", bad, where)
			}
		}
	}
	for _, good := range []string{"", "\t\n\r", "\ufffd", "\x7f", "\U0010ffff", "\ue000"} {
		if !carries(good) {
			t.Errorf("%q can be carried", good)
		}
	}
}

// Whatever is written is read back the same, or refused.
func FuzzTextSurvives(f *testing.F) {
	for _, seed := range []string{"", "æøå", "<&>\"'", "a\r\nb\tc", "]]>", "&amp;", "\ufffd", "\x00", "\xff", " x "} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		w := &xmlWriter{}
		w.element("e", text, "k", text)
		var back struct {
			Text      string `xml:",chardata"`
			Attribute string `xml:"k,attr"`
		}
		err := xml.Unmarshal(w.Bytes(), &back)
		if w.err != nil {
			return
		}
		if err != nil {
			t.Fatalf("%q cannot be read back: %v", text, err)
		}
		if back.Text != text || back.Attribute != text {
			t.Errorf("%q is read back as %q and %q", text, back.Text, back.Attribute)
		}
	})
}
