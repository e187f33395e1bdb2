package strictxml

import (
	"regexp"
	"strings"
	"testing"
	"time"
)

// note is read as a schema of four elements would have it.
type note struct {
	title, kind, remark string
	pages               int64
	sent                time.Time
	local               bool
}

func readNote(t *testing.T, document string) (note, error) {
	t.Helper()
	root, err := Parse([]byte(document))
	if err != nil {
		t.Fatal(err)
	}
	var c Checker
	var n note
	w := c.Enter(root, "urn:n", "pages")
	pages, _ := root.Attribute("pages")
	n.pages = c.Integer(root, pages, 99)
	n.title = c.Sized(w.Must("title"), 1, 5)
	n.kind = c.OneOf(w.Next("kind"), "A", "B")
	if to := w.Next("to"); to != nil {
		c.Required(to, "name", 1, 3)
		c.Empty(to, "name")
	}
	n.sent, n.local = c.DateTime(w.Must("sent"))
	n.remark = c.Pattern(w.Next("remark"), regexp.MustCompile(`^[a-z]*$`))
	w.End()
	return n, c.Err()
}

func noteXML(inner string) string {
	return `<p:note xmlns:p="urn:n" xmlns="urn:n" pages="3">` + inner + `</p:note>`
}

const title, sent = "<title>Å</title>", "<sent>2026-11-21T10:00:00Z</sent>"

func TestCheckerReads(t *testing.T) {
	const document = `<note xmlns="urn:n" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:schemaLocation="urn:n note.xsd" pages=" +03 ">` +
		"\n <title> <![CDATA[Å]]>&amp; </title><!-- here --><kind>B</kind>\t<to name='Å'/><sent>\n2026-11-21T24:00:00.000-03:30 </sent><remark/></note>"
	n, err := readNote(t, document)
	want := note{title: " Å& ", kind: "B", pages: 3, sent: n.sent}
	if err != nil || n != want {
		t.Errorf("read %+v, %v; want %+v", n, err, want)
	}
	if at := time.Date(2026, 11, 22, 3, 30, 0, 0, time.UTC); !n.sent.Equal(at) {
		t.Errorf("the end of the day is read as %v, want %v", n.sent, at)
	}
	if n, err := readNote(t, noteXML(title+"<sent>2026-11-21T10:00:00.25</sent>")); err != nil || !n.local || n.sent.Nanosecond() != 25e7 {
		t.Errorf("a time without offset is read as %v, local %v, %v", n.sent, n.local, err)
	}
}

func TestCheckerFindsTheFirstBreach(t *testing.T) {
	for document, breach := range map[string]string{
		noteXML(""):                        "note: title is expected at its end",
		noteXML(sent + title):              "note: title is expected where the element sent stands",
		noteXML(title + sent + "<Åse/>"):   "note: nothing more is allowed where the element of a strange name stands",
		noteXML(title + title + sent):      "note: sent is expected where the element title stands",
		noteXML("text" + title + sent):     "note has text where only elements are allowed",
		noteXML("<title>Åååååå</title>"):   "title has 6 characters; 1 to 5 are allowed",
		noteXML("<title/>" + sent):         "title has 0 characters; 1 to 5 are allowed",
		noteXML("<title><b>A</b></title>"): "title has elements where only text is allowed",
		noteXML(`<title a="">A</title>`):   "title has an attribute a, which its schema does not know",

		noteXML(title + "<kind> A</kind>"):                        "kind has a value that is not one of A, B",
		noteXML(title + "<to/>"):                                  "to lacks its attribute name",
		noteXML(title + `<to name="long"/>`):                      "to/@name has 4 characters; 1 to 3 are allowed",
		noteXML(title + `<to name="A"> </to>`):                    "to must be empty",
		noteXML(title + sent + "<remark>A</remark>"):              "remark does not have the form ^[a-z]*$",
		noteXML(title + "<sent>2026-02-30T00:00:00Z</sent>"):      "sent is not a date and time",
		noteXML(title + "<sent>2026-02-20T24:00:01Z</sent>"):      "sent is not a date and time",
		noteXML(title + "<sent>2026-02-20T10:00:00+14:01</sent>"): "sent is not a date and time",

		strings.Replace(noteXML(title+sent), `"3"`, `"100"`, 1):               "note: a whole number from 0 to 99 is expected",
		strings.Replace(noteXML(title+sent), `"3"`, `""`, 1):                  "note: a whole number from 0 to 99 is expected",
		`<note xmlns="urn:n" pages="1"><title xmlns="urn:m">A</title></note>`: "note: title is expected where the element title stands",
	} {
		if _, err := readNote(t, document); err == nil || err.Error() != breach {
			t.Errorf("%s: %v, want %s", document, err, breach)
		}
	}
}
