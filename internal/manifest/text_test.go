package manifest

import (
	"testing"
)

// Lines are numbered as in a text editor: below a sep= line, notes, blank lines and
// cells of several lines.
func TestLineNumbers(t *testing.T) {
	body := "sep=;\n" + "Utsending november\n" + "\n" + "title;description;document;national_id\n" + // line 4
		"Avtale;\"to\n\nlinjer\";a.pdf;" + kari + "\n" + // line 5 to 7
		"\n" + ";;;\n" + // 8 and 9
		"Avtale;;x.pdf;" + ola // 10
	r := read(t, "m.csv", []byte(body), public())
	if r.err != nil || r.findings() != "document-missing@C10" {
		t.Fatalf("%v, %s", r.err, r.findings())
	}
	if r.entries[0].Line != 5 || r.entries[1].Line != 10 || r.result.Blank != 2 {
		t.Errorf("lines %d and %d, %d blank", r.entries[0].Line, r.entries[1].Line, r.result.Blank)
	}
	if d := r.entries[0].Job.Description.Reveal(); d != "to\n\nlinjer" {
		t.Errorf("description %q", d)
	}
}

// Excel leaves out trailing delimiters of rows far down.
func TestShortRows(t *testing.T) {
	r := csvOf(t, public(), "title;document;national_id;Avdeling;Sted", "Avtale;a.pdf;"+kari)
	if r.err != nil || len(r.problems) != 0 || len(r.entries[0].Columns) != 5 {
		t.Errorf("%v, %v", r.err, r.problems)
	}
}
