package report

import (
	"archive/zip"
	"bytes"
	"io"
	"strings"
	"testing"

	"batch/internal/mailout"
)

func TestNationalNumbersAreHiddenHoweverTheyAreWritten(t *testing.T) {
	m := maskNumbers(record(2, "a", mailout.Created, nil, byNumber(ingrid, 1), byNumber(jonas, 2)))
	for text, want := range map[string]string{
		ingrid:                       "01847******",
		"018478 30421":               "01847******",
		"018478-30421":               "01847******",
		"018478\u00a030421":          "01847******",
		"018478.30421":               "01847******",
		"1847830421":                 "01847******", // a cell for numbers lost the zero
		"Ingrid (01847830421), 40 %": "Ingrid (01847******), 40 %",
		"01847830421 09866921137":    "01847****** 09866******",
		"01847830421 01847830421":    "01847****** 01847******",
		"nr01847830421x":             "nr01847******x",
		"99 99 99 99 01847830421":    "99 99 99 99 01847******",
	} {
		if got := m.hide(text); got != want {
			t.Errorf("%q is shown as %q, want %q", text, got, want)
		}
	}
}

func TestOtherNumbersAreLeftAlone(t *testing.T) {
	m := maskNumbers(record(2, "a", mailout.Created, nil, byNumber(ingrid, 1)))
	for _, text := range []string{"", "1042", "99999999", "15067812345", "2026-11-21", "0184783042", "21847830421 kr", "018478  30421", "henrik@example.no"} {
		if got := m.hide(text); got != text {
			t.Errorf("%q is changed to %q", text, got)
		}
	}
}

// hostile is a row whose owner wrote the signers' secrets wherever they fit.
func hostile() mailout.Record {
	r := record(2, ingrid, mailout.Refused, columns("Id", ingrid, "fnr", "018478 30421", "epost", "Ingrid.S@Example.no", "mobil", "999 99 999"),
		mailout.Signer{NationalID: ingrid, Email: "ingrid.s@example.no", Mobile: "99999999", Notify: mailout.NotifyGiven})
	r.Ref, r.JobID = "k3v9xq-2026-11-21-a7-2-1-8fj2m0qz-c4t", 0
	r.Job.Title = "Avtale for " + ingrid
	r.Job.Description = "Født 018478-30421"
	r.Message, r.Cause = "signer "+ingrid+" is not known", ""
	r.Documents[0].Title = ingrid
	return r
}

func TestNoReportHoldsANationalNumber(t *testing.T) {
	for _, format := range formats {
		out := written(t, []mailout.Record{hostile()}, Options{Format: format})
		if format == "xlsx" {
			out = unzipped(t, out)
		}
		for _, secret := range []string{ingrid, "018478 30421", "018478-30421"} {
			if strings.Contains(out, secret) {
				t.Errorf("%s holds %q", format, secret)
			}
		}
		if !strings.Contains(out, "01847******") {
			t.Errorf("%s does not tell whose row it is", format)
		}
	}
}

func TestJSONHoldsNoAddressEither(t *testing.T) {
	out := written(t, []mailout.Record{hostile()}, Options{Format: "json"})
	for _, secret := range []string{"ngrid.", "99999999", "999 99 999"} {
		if strings.Contains(out, secret) {
			t.Errorf("json holds %q:\n%s", secret, out)
		}
	}
}

func TestNationalNumbersAreShownWhereAskedFor(t *testing.T) {
	for _, format := range formats {
		out := written(t, []mailout.Record{hostile()}, Options{Format: format, WithNationalIDs: true})
		if format == "xlsx" {
			out = unzipped(t, out)
		}
		if !strings.Contains(out, ingrid) || !strings.Contains(out, "018478 30421") || strings.Contains(out, "01847******") {
			t.Errorf("%s masks what was asked for", format)
		}
	}
}

// unzipped is all that stands in a workbook.
func unzipped(t *testing.T, workbook string) string {
	t.Helper()
	z, err := zip.NewReader(strings.NewReader(workbook), int64(len(workbook)))
	if err != nil {
		t.Fatal(err)
	}
	var all bytes.Buffer
	for _, f := range z.File {
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.Copy(&all, r); err != nil {
			t.Fatal(err)
		}
		r.Close()
	}
	return all.String()
}

// A row that was left out may hold a national number that nobody could read, in any cell.
func TestNumbersOfARowThatWasLeftOutAreHidden(t *testing.T) {
	r := mailout.Record{Row: mailout.Row{Skipped: true}}
	for text, want := range map[string]string{
		"01847830241":        "01847******",
		"018478 30241":       "01847******",
		"1847830241":         "18478*****",
		"nr. 01847830241 ok": "nr. 01847****** ok",
		"Rad 12345":          "Rad 12345",
		"47 90 00 00 00":     "47 90 0*****",
	} {
		if got := maskNumbers(r).hide(text); got != want {
			t.Errorf("%q is shown as %q, want %q", text, got, want)
		}
	}
	if got := maskNumbers(mailout.Record{}).hide("Elev 018478 30421, klasse 7"); got != "Elev 01847******, klasse 7" {
		t.Errorf("the number of somebody who does not sign is shown as %q", got)
	}
	for text, want := range map[string]string{
		"samtykke/2026-01847830421.pdf": "samtykke/2026-01847******.pdf",
		"01847830421-1.pdf":             "01847******-1.pdf",
		"Uke 47 01847830421":            "Uke 47 01847******",
		"01847830421 14918512196":       "01847****** 14918******",
		"kontonr. 1201847830421":        "kontonr. 1201847830421", // thirteen digits in one are another number
	} {
		if got := maskNumbers(mailout.Record{}).hide(text); got != want {
			t.Errorf("%q is shown as %q, want %q", text, got, want)
		}
	}
	if got := maskNumbers(mailout.Record{}).hide("12341212345"); got != "12341212345" {
		t.Errorf("an account number of an ordinary row is shown as %q; it is the owner's and stays", got)
	}
}

// What stands in a column that was read as a number or an address is one, however it is
// written and whether it could be read.
func TestCellsOfOurColumnsAreHidden(t *testing.T) {
	m := maskAll(mailout.Record{})
	for _, c := range []struct{ field, text, want string }{
		{"national_id", "018478\u00ad30421", "01847******"},
		{"signer2_national_id", "1847830421", "01847******"},
		{"national_id", "048499--41939", "04849******"},
		{"national_id", "\uff12\uff13\uff18\uff14", "•••"},
		{"national_id", "mangler", "mangler"},
		{"email", "kari\uff20example.com", "•••"},
		{"email", "Kari Nord <kari@exam.com>", "Kari Nord <k•••@•••.com>"},
		{"mobile", "tlf. 9 8 7 6 5 4 3 2", "•••"},
		{"", "priv@home.no", "p•••@•••.no"},
		{"", "Teknisk etat", "Teknisk etat"},
	} {
		if got := m.column(mailout.Column{Name: "x", Value: mailout.Text(c.text), Field: c.field}); got != c.want {
			t.Errorf("%q in a column %q is shown as %q, want %q", c.text, c.field, got, c.want)
		}
	}
	if got := (mask{}).column(mailout.Column{Value: "018478\u00ad30421", Field: "national_id"}); got != "018478\u00ad30421" {
		t.Errorf("not to be masked, but shown as %q", got)
	}
}
