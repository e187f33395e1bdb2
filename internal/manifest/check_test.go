package manifest

import (
	"slices"
	"testing"
)

// One mistake in the header is one problem, also where it has consequences.
func TestOneMistakeOfTheHeader(t *testing.T) {
	for _, c := range []struct{ what, head, line, want string }{
		{"title in place of document", "row;title;title;national_id", "1;Avtale;a.pdf;" + kari, "column-twice@C1"},
		{"an owner's column twice, and no document", "title;Navn;navn;national_id", "Avtale;Kari;Kari;" + kari, "column-missing@1 column-twice@C1"},
		{"nearly title", "Titel;document;national_id", "Avtale;a.pdf;" + kari, "column-missing@A1"},
		{"nearly title, and title", "Titel;title;document;national_id", "x;Avtale;a.pdf;" + kari, "(column-nearly-known@A1)"},
	} {
		t.Run(c.what, func(t *testing.T) {
			r := csvOf(t, public(), c.head, c.line)
			if r.err != nil || r.findings() != c.want {
				t.Errorf("%v, found %q, want %q", r.err, r.findings(), c.want)
			}
		})
	}
}

func TestMergedHeader(t *testing.T) {
	f := sheetOf(t, []any{"title", "", "national_id"}, []any{"Avtale", "", kari})
	if err := f.MergeCell("Sheet1", "A1", "B1"); err != nil {
		t.Fatal(err)
	}
	if r := workbookOf(t, f, public()); r.err != nil || r.findings() != "merged-cells@A1" {
		t.Errorf("%v, found %q", r.err, r.findings())
	}
}

// Of the example in a fresh manifest nothing is said but what it is.
func TestTheExampleIsOneProblem(t *testing.T) {
	r := csvOf(t, public(), "row;title;document;national_id;order;frist", "EXAMPLE;;no.pdf;12345678901;x;i går")
	if r.err != nil || r.findings() != "row-example@A2" || len(r.entries) != 1 || len(r.entries[0].Columns) != 6 {
		t.Errorf("%v, found %q", r.err, r.findings())
	}
}

// Entries say what each column was read as.
func TestWhatColumnsAreReadAs(t *testing.T) {
	r := csvOf(t, public(), "Tittel;Dokument;Fnr;Avdeling;undertegner2_epost", "Avtale;a.pdf;"+kari+";Helse;leder@example.com")
	if r.err != nil || len(r.entries) != 1 {
		t.Fatal(r.err)
	}
	var got []string
	for _, c := range r.entries[0].Columns {
		got = append(got, c.Field)
	}
	if want := []string{"title", "document", "national_id", "", "signer2_email"}; !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}

// Headers that somebody means as one of ours, and what is asked about each.
func TestNearlyKnownHeaders(t *testing.T) {
	for header, want := range map[string]string{
		"titel": "title", "signer2": "signer2_email", "undertegner 3": "signer3_email", "signer2_emial": "signer2_email", "undertegner2_e-postadresse": "signer2_email",
		"fnr2": "signer2_national_id", "epost2": "signer2_email", "mobil_3": "signer3_mobile",
		"E-postadresse": "email", "Leder e-post": "email", "Mobilnr": "mobile", "Mobiltelefon": "mobile", "Telefonnummer": "mobile",
		"Fødselsnummer (11 siffer)": "national_id", "Frist dato": "deadline",
		"Avdeling": "", "Stilling": "", "Ansatt fra": "", "Navn": "", "Klasse 2": "", "Rolle": "",
	} {
		f, ok := nearlyKnown(header)
		if got := f.String(); ok != (want != "") || ok && got != want {
			t.Errorf("%s: %q, want %q", header, got, want)
		}
	}
}

// Nothing personal goes out in clear.
func TestNothingPersonalInNotifications(t *testing.T) {
	for text, want := range map[string]string{
		"Avtale 17912099997": "nonsensitive-personal@D2", "Avtale (179120 99997)": "nonsensitive-personal@D2", "Svar til kari@example.com!": "nonsensitive-personal@D2",
		"Avtale 2026": "", "Sak 12345678901": "", "Møt @ kantina": "",
	} {
		r := csvOf(t, public(), "title;document;fnr;nonsensitive_title", "Avtale;a.pdf;"+kari+";"+text)
		if got := r.findings(); r.err != nil || got != want {
			t.Errorf("%q: %q, want %q (%v)", text, got, want, r.err)
		}
	}
}

// Letters of MS-DOS and of old Macs, taken for Windows-1252, are noticed.
func TestMisreadLetters(t *testing.T) {
	for text, want := range map[string]bool{
		"Bl\u2020b\u2018rsyltet\u203ay": true, "Bl\u0152b\u00berSyltet\u00bfy": true, "vi m\u2020": true,
		"O\u2019Brien": false, "O\u2018Brien": false, "\u203asitat\u2039": false, "\u0152uvre": false, "1\u00be liter": false, "\u00bfqu\u00e9?": false, "Blåbærsyltetøy": false,
	} {
		if got := garbled(text); got != want {
			t.Errorf("%q: %v", text, got)
		}
	}
}
