package manifest

import (
	"bytes"
	"encoding/csv"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"batch/internal/mailout"
)

// The specification of values: what a cell becomes in the row, or which problem is found
// and where. The tables stand in the order of the manifest's columns; those of text cells
// hold for a CSV and for a workbook's cells of text alike, and every case is read from
// both.

// specCase is one cell. value is what the row then has: compared unless a problem stops
// the row. findings are the problems as "code@D2", and warnings as "(code@D2)".
type specCase struct{ cell, value, findings string }

// here stands for the cell in a column's example.
const here = "\x00"

// columnSpec is an example of a manifest with a column in it, and how to see its value.
type columnSpec struct {
	head, line string
	value      func(mailout.Entry) string
	options    func(*Options)
}

func signer1(e mailout.Entry) mailout.Signer {
	if len(e.Job.Signers) == 0 {
		return mailout.Signer{}
	}
	return e.Job.Signers[0]
}

func instant(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.In(oslo).Format(time.RFC3339)
}

const specHead, specLine = "row;title;document;national_id;", "1;Avtale;a.pdf;" + kari + ";"

var columnSpecs = map[string]columnSpec{
	"row":                {"row;title;document;national_id", here + ";Avtale;a.pdf;" + kari, func(e mailout.Entry) string { return e.Key }, nil},
	"title":              {"row;title;document;national_id", "1;" + here + ";a.pdf;" + kari, func(e mailout.Entry) string { return e.Job.Title.Reveal() }, nil},
	"nonsensitive_title": {specHead + "nonsensitive_title", specLine + here, func(e mailout.Entry) string { return e.Job.NonsensitiveTitle.Reveal() }, nil},
	"description":        {specHead + "description", specLine + here, func(e mailout.Entry) string { return e.Job.Description.Reveal() }, nil},
	"document": {"row;title;document;national_id", "1;Avtale;" + here + ";" + kari, func(e mailout.Entry) string { return strings.Join(e.Inputs[0].Parts, " | ") },
		func(o *Options) {
			o.Documents = fstest.MapFS{"a.pdf": {}, "b.pdf": {}, "avtaler/1042.pdf": {}, "følgebrev.pdf": {}, "Ga\u030ard.pdf": {}, "c+d.pdf": {}, "Hva?.pdf": {},
				"\u00c5s.pdf": {}, "A\u030as.pdf": {}, "avtale 7.pdf": {}}
		}},
	"document1_title": {specHead + "document1_title", specLine + here, func(e mailout.Entry) string { return e.Inputs[0].Title.Reveal() }, nil},
	"sender": {specHead + "sender", specLine + here, func(e mailout.Entry) string { return string(e.Job.Sender) },
		func(o *Options) { o.Senders = map[mailout.OrgNumber]mailout.SenderKind{"984661185": mailout.Public} }},
	"activation_time":   {specHead + "activation_time", specLine + here, func(e mailout.Entry) string { return instant(e.Job.Activation) }, nil},
	"available_days":    {specHead + "available_days", specLine + here, func(e mailout.Entry) string { return e.Job.Available.String() }, nil},
	"available_seconds": {specHead + "available_seconds", specLine + here, func(e mailout.Entry) string { return e.Job.Available.String() }, nil},
	"deadline":          {specHead + "deadline", specLine + here, func(e mailout.Entry) string { return instant(e.Job.Deadline) }, nil},
	"authentication":    {specHead + "authentication", specLine + here, func(e mailout.Entry) string { return string('0' + rune(e.Job.Authentication)) }, nil},
	"identifier":        {specHead + "identifier", specLine + here, func(e mailout.Entry) string { return string(e.Job.Identifier) }, nil},
	"earlier":           {specHead + "earlier", specLine + here, func(e mailout.Entry) string { return e.Earlier.String() }, nil},
	"national_id":       {"row;title;document;national_id", "1;Avtale;a.pdf;" + here, func(e mailout.Entry) string { return signer1(e).NationalID.Reveal() }, nil},
	"email":             {"row;title;document;email", "1;Avtale;a.pdf;" + here, func(e mailout.Entry) string { return signer1(e).Email.Reveal() }, nil},
	"mobile":            {"row;title;document;mobile", "1;Avtale;a.pdf;" + here, func(e mailout.Entry) string { return signer1(e).Mobile.Reveal() }, nil},
	"order":             {specHead + "order", specLine + here, func(e mailout.Entry) string { return string('0' + rune(signer1(e).Order)) }, nil},
	"signature_type":    {specHead + "signature_type", specLine + here, func(e mailout.Entry) string { return string(signer1(e).SignatureType) }, nil},
	"on_behalf_of": {specHead + "on_behalf_of;email", specLine + here + ";kari@example.com", func(e mailout.Entry) string { return string(signer1(e).OnBehalfOf) },
		func(o *Options) { o.SignerDefaults = map[int]map[string]string{1: {"notify": "given"}} }},
	"notify": {specHead + "notify;email", specLine + here + ";kari@example.com", func(e mailout.Entry) string { return string(signer1(e).Notify) }, nil},
}

// columnTable is the cells of one column.
type columnTable struct {
	column string
	cases  []specCase
}

func (s columnSpec) settings() Options {
	o := public()
	if s.options != nil {
		s.options(&o)
	}
	return o
}

// judge compares what was read with what is specified.
func (s columnSpec) judge(t *testing.T, r reading, c specCase) {
	t.Helper()
	if r.err != nil || len(r.entries) != 1 {
		t.Fatalf("%v, %d entries", r.err, len(r.entries))
	}
	if got := r.findings(); got != c.findings {
		t.Errorf("found %q, want %q", got, c.findings)
	}
	if len(mailout.Stopping(r.problems)) == 0 {
		if got := s.value(r.entries[0]); got != c.value {
			t.Errorf("value %q, want %q", got, c.value)
		}
	}
	for _, p := range r.problems {
		if p.Message == "" || p.Remedy == "" {
			t.Errorf("%s lacks message or remedy", p.Code)
		}
		for _, personal := range []string{"179120", "99997", "584039989", "298220", "kari", "9999999"} {
			if strings.Contains(p.Message+p.Remedy+p.Row, personal) && !strings.Contains(p.Code, "document") {
				t.Errorf("%s shows a personal value: %s", p.Code, p)
			}
		}
	}
}

// runText reads every case from a CSV, and from a workbook whose cells are all text.
func runText(t *testing.T, tables []columnTable) {
	for _, table := range tables {
		s := columnSpecs[table.column]
		for _, c := range table.cases {
			line := strings.Split(s.line, ";")
			for i, cell := range line {
				line[i] = strings.ReplaceAll(cell, here, c.cell)
			}
			t.Run(table.column+" "+c.cell+" in a CSV", func(t *testing.T) {
				var b bytes.Buffer
				w := csv.NewWriter(&b)
				w.Comma = ';'
				if err := w.WriteAll([][]string{strings.Split(s.head, ";"), line}); err != nil {
					t.Fatal(err)
				}
				s.judge(t, read(t, "m.csv", b.Bytes(), s.settings()), c)
			})
			if strings.ContainsFunc(c.cell, notInXML) {
				continue // no workbook can hold it
			}
			t.Run(table.column+" "+c.cell+" in a workbook", func(t *testing.T) {
				cells := make([]any, len(line))
				for i := range line {
					cells[i] = line[i]
				}
				var head []any
				for _, h := range strings.Split(s.head, ";") {
					head = append(head, h)
				}
				s.judge(t, workbookOf(t, sheetOf(t, head, cells), s.settings()), c)
			})
		}
	}
}

func notInXML(r rune) bool { return r < 0x20 && r != '\t' && r != '\n' }

// The job's columns.
var jobCells = []columnTable{
	{"row", []specCase{
		{"1042", "1042", ""},
		{"K-7/2026 b", "K-7/2026 b", ""},
		{" 1042 ", "1042", ""},
		{"", "2", ""}, // the line's number
		{"10\u200b42", "1042", ""},
		{"4799999999", "4799999999", ""}, // ten digits are a case number, not a person
		{strings.Repeat("k", 100), strings.Repeat("k", 100), ""},
		{strings.Repeat("k", 101), "", "row-key-too-long@A2"},
		{kari, "", "row-key-personal@A2"},
		{"179120 99997", "", "row-key-personal@A2"},
		{"Eksempel", "", "row-example@A2"},
		{"example", "", "row-example@A2"},
		{"10\n42", "", "line-break@A2"},
		{"10\u202e42", "", "text-direction@A2"},
	}},
	{"title", []specCase{
		{"Arbeidsavtale", "Arbeidsavtale", ""},
		{"\u00a0 Arbeidsavtale\t", "Arbeidsavtale", ""},
		{"Avtale – «ny» 2026 & <mer> 👍", "Avtale – «ny» 2026 & <mer> 👍", ""},
		{"=1+1", "=1+1", ""}, // text, whatever a spreadsheet would make of it
		{"A\u030apen", "\u00c5pen", ""},
		{"Arbeids\u00adavtale\u200b", "Arbeidsavtale", ""}, // from a word processor
		{"👨\u200d👩\u200d👧", "👨\u200d👩\u200d👧", ""},
		{"عقد\u200e 7", "عقد\u200e 7", ""}, // a mark that orders only what stands beside it
		{strings.Repeat("å", 80), strings.Repeat("å", 80), ""},
		{strings.Repeat("👍", 80), strings.Repeat("👍", 80), ""},
		{strings.Repeat("å", 81), "", "title-too-long@B2"},
		{"", "", "title-missing@B2"},
		{"Avtale\nog mer", "", "line-break@B2"},
		{"Avtale\tog mer", "", "line-break@B2"},
		{"Avtale\u2028og mer", "", "line-break@B2"},
		{"Av\x02tale", "", "text-not-xml@B2"},
		{"Av\x1b[2Jtale", "", "text-not-xml@B2"},
		{"Av\u0085tale", "", "text-not-xml@B2"},
		{"Avtale \u202egnal", "", "text-direction@B2"},
		{"\u2067Avtale\u2069 7", "", "text-direction@B2"},
		{"Ã…pen avtale", "", "text-damaged@B2"},
		{"Avtale â€“ ny", "", "text-damaged@B2"},
		{"SÃO", "SÃO", ""},
		{"#N/A", "", "cell-error@B2"},
		{"#VERDI!", "", "cell-error@B2"},
		{"#1 avtale", "#1 avtale", ""},
	}},
	{"nonsensitive_title", []specCase{
		{"Et dokument", "Et dokument", ""},
		{"", "", ""},
		{strings.Repeat("ø", 80), strings.Repeat("ø", 80), ""},
		{strings.Repeat("ø", 81), "", "nonsensitive-title-too-long@E2"},
		{"Et\ndokument", "", "line-break@E2"},
		{"Et \u202ddokument", "", "text-direction@E2"},
	}},
	{"description", []specCase{
		{"Les nøye.\nSigner så.", "Les nøye.\nSigner så.", ""},
		{"", "", ""},
		{strings.Repeat("é", 220), strings.Repeat("é", 220), ""},
		{strings.Repeat("é", 221), "", "description-too-long@E2"},
		{"bjelle\a", "", "text-not-xml@E2"},
		{"Les n\u00c3\u00b8ye", "", "text-damaged@E2"},
	}},
	{"document1_title", []specCase{
		{"Avtale", "Avtale", ""},
		{"", "", ""},
		{strings.Repeat("æ", 81), "", "title-too-long@E2"},
		{"Vedlegg\n1", "", "line-break@E2"},
	}},
	{"sender", []specCase{
		{"984661185", "984661185", ""},
		{"984 661 185", "984661185", ""},
		{"984\u00a0661\u00a0185", "984661185", ""},
		{"", "988015814", ""},
		{"974760673", "", "sender-unknown@E2"},
		{"984661186", "", "org-number-check-digit@E2"},
		{"98466118", "", "org-number-digits@E2"},
		{"NO 984 661 185 MVA", "", "org-number-digits@E2"},
		{"９８４６６１１８５", "", "digits-other-script@E2"},
	}},
	{"authentication", []specCase{
		{"3", "3", ""},
		{" 4 ", "4", ""},
		{"", "0", ""}, // the portal's own
		{"5", "", "authentication@E2"},
		{"nivå 4", "", "authentication@E2"},
		{"-4", "", "authentication@E2"},
		{"4,0", "", "authentication@E2"},
	}},
	{"identifier", []specCase{
		{"national-id-and-name", "PERSONAL_IDENTIFICATION_NUMBER_AND_NAME", ""},
		{"National ID and name", "PERSONAL_IDENTIFICATION_NUMBER_AND_NAME", ""},
		{"birth-date-and-name", "DATE_OF_BIRTH_AND_NAME", ""},
		{"name", "NAME", ""},
		{"", "", ""},
		{"navn", "", "identifier@E2"},
	}},
	{"earlier", []specCase{
		{"2026-11-21-a7 line:14", "2026-11-21-a7 line:14", ""},
		{" 2026-11-21-a7\u00a0 line:2 ", "2026-11-21-a7 line:2", ""},
		{"", "", ""},
		{"2026-11-21-a7", "", "earlier@E2"},
		{"2026-11-21-a7 line:0", "", "earlier@E2"},
		{"2026-11-21-a7 1042", "", "earlier@E2"},
		{"ja", "", "earlier@E2"},
	}},
}

func TestSpecificationOfJobs(t *testing.T) { runText(t, jobCells) }
