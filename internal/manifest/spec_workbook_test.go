package manifest

import (
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"

	"batch/internal/table"
)

// A workbook's typed cells, as they stand in its XML. s names the cell's number format,
// and the value of t="s" is the shared string itself; both become numbers in the file.
func TestSpecificationOfTypedCells(t *testing.T) {
	for _, table := range []columnTable{
		{"row", []specCase{
			{`<c><v>1042</v></c>`, "1042", ""},
			{`<c><v>1042.0</v></c>`, "1042", ""},
			{`<c s="0000"><v>42</v></c>`, "0042", ""},
			{`<c s="&quot;K-&quot;0000"><v>42</v></c>`, "", "number-format@A2"},
			{`<c t="b"><v>1</v></c>`, "SANN", ""},
			{`<c><v>17912099997</v></c>`, "", "row-key-personal@A2"},
		}},
		{"title", []specCase{
			{`<c t="s"><v>Arbeidsavtale</v></c>`, "Arbeidsavtale", ""},
			{`<c t="inlineStr"><is><t xml:space="preserve"> Arbeidsavtale </t></is></c>`, "Arbeidsavtale", ""},
			{`<c t="inlineStr"><is><r><t>Arbeids</t></r><r><rPr><b/></rPr><t>avtale</t></r></is></c>`, "Arbeidsavtale", ""},
			{`<c t="str"><f>"Arbeids"&amp;"avtale"</f><v>Arbeidsavtale</v></c>`, "Arbeidsavtale", ""},
			{`<c t="inlineStr"><is><t>Avtale&#10;og mer</t></is></c>`, "", "line-break@B2"},
			{`<c t="inlineStr"><is><t>Avtale &#x202E;gnal</t></is></c>`, "", "text-direction@B2"},
			{`<c t="inlineStr"><is><t>Avtale &#x9B;2J</t></is></c>`, "", "text-not-xml@B2"},
			{`<c><v>2026</v></c>`, "2026", ""},
			{`<c><v>0.30000000000000004</v></c>`, "0,3", ""},
			{`<c s="0%"><v>0.8</v></c>`, "80%", ""},
			{`<c s="dd.mm.yyyy"><v>46357</v></c>`, "01.12.2026", ""},
			{`<c s="&quot;Avtale &quot;0"><v>7</v></c>`, "", "number-format@B2"},
			{`<c t="e"><f>X1</f><v>#REF!</v></c>`, "", "cell-error@B2"},
			{`<c t="e"><v>#N/A</v></c>`, "", "cell-error@B2"},
			{`<c><f>A1</f></c>`, "", "formula-no-value@B2"},
			{`<c t="s"><v></v></c>`, "", "cell-unreadable@B2"},
			{`<c t="s"/>`, "", "title-missing@B2"},
			{`<c t="zz"><v>4</v></c>`, "", "cell-unreadable@B2"},
			{`<c t="s"><v>0</v><v>1</v></c>`, "", "cell-unreadable@B2"},
		}},
		{"document", []specCase{
			{`<c t="str"><f>"a"&amp;".pdf"</f><v>a.pdf</v></c>`, "a.pdf", ""},
			{`<c t="s"><v>avtaler\1042.pdf</v></c>`, "avtaler/1042.pdf", ""},
			{`<c s="&quot;avtale &quot;0&quot;.pdf&quot;"><v>7</v></c>`, "", "number-format@C2"},
			{`<c><v>1042</v></c>`, "", "document-missing@C2"},
			{`<c t="e"><v>#I/T</v></c>`, "", "cell-error@C2"},
		}},
		{"activation_time", []specCase{
			{`<c s="dd.mm.yyyy"><v>46357</v></c>`, "2026-12-01T08:00:00+01:00", ""},
			{`<c s="[$-414]d. mmmm yyyy;@"><v>46357</v></c>`, "2026-12-01T08:00:00+01:00", ""},
			{`<c s="m/d/yy"><v>46357</v></c>`, "2026-12-01T08:00:00+01:00", ""}, // whatever it shows, it is one day
			{`<c s="dd.mm.yyyy hh:mm"><v>46357.604166666664</v></c>`, "2026-12-01T14:30:00+01:00", ""},
			{`<c s="dd.mm.yyyy"><f>TODAY()</f><v>46357</v></c>`, "2026-12-01T08:00:00+01:00", ""},
			{`<c t="d"><v>2026-12-01T14:30:00</v></c>`, "2026-12-01T14:30:00+01:00", ""},
			{`<c t="s"><v>01.12.2026 14:30</v></c>`, "2026-12-01T14:30:00+01:00", ""},
			{`<c><v>46357</v></c>`, "", "date-number@E2"},
			{`<c s="hh:mm"><v>0.375</v></c>`, "", "date-number@E2"},
			{`<c s="dd.mm.yyyy"><v>0</v></c>`, "", "date-year@E2"},
			{`<c s="dd.mm.yyyy"><v>3000000</v></c>`, "", "cell-date@E2"},
			{`<c s="dd.mm.yyyy hh:mm"><v>46474.104166666664</v></c>`, "", "time-skipped@E2"},
			{`<c s="dd.mm.yyyy hh:mm"><v>46691.104166666664</v></c>`, "", "time-twice@E2"},
			{`<c t="b"><v>0</v></c>`, "", "date@E2"},
		}},
		{"available_days", []specCase{
			{`<c><v>14</v></c>`, "336h0m0s", ""},
			{`<c><v>1.4E1</v></c>`, "336h0m0s", ""},
			{`<c s="0.00"><v>14</v></c>`, "336h0m0s", ""},
			{`<c><f>7*2</f><v>14</v></c>`, "336h0m0s", ""},
			{`<c><v>14.5</v></c>`, "", "available-days@E2"},
			{`<c s="0&quot; uker&quot;"><v>2</v></c>`, "", "number-format@E2"},
			{`<c s="0%"><v>0.14</v></c>`, "", "available-days@E2"},
			{`<c s="dd.mm.yyyy"><v>14</v></c>`, "", "available-days@E2"},
			{`<c t="b"><v>1</v></c>`, "", "available-days@E2"},
		}},
		{"deadline", []specCase{
			{`<c s="dd.mm.yyyy"><v>46357</v></c>`, "2026-12-01T23:59:00+01:00", ""},
			{`<c s="dd.mm.yyyy hh:mm"><v>46357.5</v></c>`, "2026-12-01T12:00:00+01:00", ""},
			{`<c s="dd.mm.yyyy hh:mm"><v>46357</v></c>`, "2026-12-01T00:00:00+01:00", ""}, // 00:00 is what the cell shows
			{`<c s="dd.mm.yyyy"><v>46300</v></c>`, "", "deadline-past@E2"},
		}},
		{"authentication", []specCase{
			{`<c><v>4</v></c>`, "4", ""},
			{`<c><v>3.5</v></c>`, "", "authentication@E2"},
		}},
		{"national_id", []specCase{
			{`<c t="s"><v>17912099997</v></c>`, kari, ""},
			{`<c><v>17912099997</v></c>`, kari, ""},
			{`<c><v>1.7912099997E10</v></c>`, kari, ""},
			{`<c><v>17912099997.0</v></c>`, kari, ""},
			{`<c><v>1.79120999970000000E+10</v></c>`, kari, ""},
			{`<c s="0.00E+00"><v>17912099997</v></c>`, kari, ""},
			{`<c s="#,##0"><v>17912099997</v></c>`, kari, ""},
			{`<c s="&quot;fnr &quot;0"><v>17912099997</v></c>`, kari, ""},
			{`<c><f>X1</f><v>17912099997</v></c>`, kari, ""},
			{`<c><v>5840399895</v></c>`, liv, "(national-id-zero-added@D2)"},
			{`<c t="s"><v>5840399895</v></c>`, liv, "(national-id-zero-added@D2)"},
			{`<c s="00000000000"><v>5840399895</v></c>`, liv, ""},
			{`<c s="000000\ 00000"><v>5840399895</v></c>`, liv, "(national-id-tidied)"},
			{`<c><v>5840399896</v></c>`, "", "national-id-lost-zero@D2"},
			{`<c><v>17912099997.5</v></c>`, "", "national-id-fraction@D2"},
			{`<c><v>-17912099997</v></c>`, "", "national-id-digits@D2"},
			{`<c t="s"><v>1.7912099997E10</v></c>`, "", "national-id-exponent@D2"}, // text, as in a CSV
			{`<c s="dd.mm.yyyy"><v>46357</v></c>`, "", "national-id-date-cell@D2"},
			{`<c s="hh:mm"><v>0.5</v></c>`, "", "national-id-digits@D2"},
			{`<c t="b"><v>1</v></c>`, "", "national-id-digits@D2"},
			{`<c t="e"><v>#VALUE!</v></c>`, "", "cell-error@D2"},
			{`<c><f>X1</f><v></v></c>`, "", "formula-no-value@D2"},
			{`<c><v>1e999</v></c>`, "", "cell-unreadable@D2"},
		}},
		{"email", []specCase{
			{`<c t="str"><f>HYPERLINK("mailto:kari@example.com","kari@example.com")</f><v>kari@example.com</v></c>`, "kari@example.com", ""},
			{`<c><v>1</v></c>`, "", "email@D2"},
		}},
		{"mobile", []specCase{
			{`<c><v>99999999</v></c>`, "99999999", ""},
			{`<c><v>9.9999999E7</v></c>`, "99999999", ""},
			{`<c s="00\ 00\ 00\ 00"><v>99999999</v></c>`, "99999999", ""},
			{`<c><v>4799999999</v></c>`, "", "mobile-plus@D2"}, // +4799999999, typed into a number
			{`<c s="&quot;+46 &quot;0"><v>701234567</v></c>`, "", "number-format@D2"},
			{`<c><v>-99999999</v></c>`, "", "mobile@D2"},
			{`<c><v>99999999.5</v></c>`, "", "mobile@D2"},
			{`<c s="dd.mm.yyyy"><v>46357</v></c>`, "", "mobile@D2"},
		}},
		{"order", []specCase{
			{`<c><v>2</v></c>`, "2", ""},
			{`<c s="00"><v>2</v></c>`, "2", ""},
			{`<c s="0."><v>2</v></c>`, "2", ""},
			{`<c><v>1.5</v></c>`, "", "signer-order@E2"},
			{`<c><v>-1</v></c>`, "", "signer-order@E2"},
		}},
		{"notify", []specCase{
			{`<c t="inlineStr"><is><t>given</t></is></c>`, "given", ""},
			{`<c t="b"><v>1</v></c>`, "", "notify@E2"},
		}},
	} {
		s := columnSpecs[table.column]
		for _, c := range table.cases {
			t.Run(table.column+" "+c.cell, func(t *testing.T) {
				s.judge(t, read(t, "m.xlsx", typedBook(t, s, c.cell), s.settings()), c)
			})
		}
	}
}

var (
	formatName   = regexp.MustCompile(` s="([^>]*)"`)
	sharedString = regexp.MustCompile(`t="s"><v>([^<]+)</v>`)
)

// typedBook is a workbook whose second row has the cell in its place.
func typedBook(t *testing.T, s columnSpec, cell string) []byte {
	t.Helper()
	f := excelize.NewFile()
	if m := formatName.FindStringSubmatch(cell); m != nil {
		id := style(t, f, strings.ReplaceAll(m[1], "&quot;", `"`))
		cell = strings.Replace(cell, m[0], fmt.Sprintf(` s="%d"`, id), 1)
	}
	if m := sharedString.FindStringSubmatch(cell); m != nil {
		fill(t, f, "Sheet1", []any{m[1]}) // the first of the shared strings
		cell = strings.Replace(cell, m[0], `t="s"><v>0</v>`, 1)
	}
	var b strings.Builder
	b.WriteString(`<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>`)
	for i, line := range []string{s.head, s.line} {
		fmt.Fprintf(&b, `<row r="%d">`, i+1)
		for column, text := range strings.Split(line, ";") {
			at := table.Letters(column) + fmt.Sprint(i+1)
			if text == here {
				b.WriteString(strings.Replace(cell, "<c", `<c r="`+at+`"`, 1))
			} else {
				fmt.Fprintf(&b, `<c r="%s" t="inlineStr"><is><t>%s</t></is></c>`, at, text)
			}
		}
		b.WriteString(`</row>`)
	}
	b.WriteString(`</sheetData></worksheet>`)
	return withSheet(t, f, b.String())
}
