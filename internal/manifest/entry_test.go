package manifest

import (
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"

	"batch/internal/mailout"
)

// A row of every column, as a municipality would write it.
func TestEveryColumn(t *testing.T) {
	r := csvOf(t, public(),
		"Rad;Tittel;Varslingstittel;Beskrivelse;Dokument1;Dokument1 tittel;Dokument 3;Orgnr;Aktiveres;Tilgjengelig dager;Sikkerhetsnivå;Identifikator;"+
			"Undertegner1 fødselsnummer;Undertegner1 rekkefølge;Undertegner1_signaturtype;Undertegner1 varsling;"+
			"Undertegner3 e-post;Undertegner3 mobil;Undertegner3 rekkefølge;Undertegner3 på vegne av;Avdeling",
		"1042;Arbeidsavtale for Kari;Arbeidsavtale;\"Les nøye.\nSigner så.\";følgebrev.pdf + avtaler\\1042.pdf;Avtale;b.pdf;988 015 814;01.12.2026;14;4;birth-date-and-name;"+
			"17912099997;1;authenticated;lookup+SMS;ola@example.com;+47 999 99 999;2;other;Helse")
	if r.err != nil || len(r.problems) != 0 {
		t.Fatalf("%v, %v", r.err, r.problems)
	}
	want := mailout.Job{
		Sender: "988015814", Title: "Arbeidsavtale for Kari", NonsensitiveTitle: "Arbeidsavtale", Description: "Les nøye.\nSigner så.",
		Signers: []mailout.Signer{
			{NationalID: kari, Order: 1, SignatureType: mailout.Authenticated, Notify: mailout.NotifyLookupSMS},
			{Email: "ola@example.com", Mobile: "99999999", Order: 2, OnBehalfOf: mailout.Other, Notify: mailout.NotifyGiven},
		},
		Authentication: 4, Identifier: mailout.BirthDateAndName,
		Activation: time.Date(2026, 12, 1, 8, 0, 0, 0, oslo), Available: 14 * 24 * time.Hour,
	}
	e := r.entries[0]
	if diff := cmp.Diff(want, e.Job, plainText); diff != "" {
		t.Error(diff)
	}
	inputs := []mailout.Input{{Title: "Avtale", Parts: []string{"følgebrev.pdf", "avtaler/1042.pdf"}}, {Parts: []string{"b.pdf"}}}
	if diff := cmp.Diff(inputs, e.Inputs, plainText, withoutPlace); diff != "" {
		t.Error(diff)
	}
	if at := e.Inputs[1].Place; at.String() != "manifest.csv, G2 (document3)" {
		t.Errorf("the third document is at %s", at)
	}
	if e.Key != "1042" || e.Line != 2 || len(e.Columns) != 21 || !cmp.Equal(e.Columns[20], mailout.Column{Name: "Avdeling", Value: "Helse"}, plainText) {
		t.Errorf("key %s, line %d, %d columns", e.Key, e.Line, len(e.Columns))
	}
}

// How a signer is addressed follows from the cells.
func TestAddressing(t *testing.T) {
	for _, c := range []struct {
		what  string
		kind  mailout.SenderKind
		cells string // national_id;email;mobile;on_behalf_of;notify
		want  mailout.Signer
	}{
		{"public, number", mailout.Public, kari + ";;;;", mailout.Signer{NationalID: kari, Notify: mailout.NotifyLookup}},
		{"public, number and address", mailout.Public, kari + ";k@example.com;;;", mailout.Signer{NationalID: kari, Notify: mailout.NotifyLookup}},
		{"public, number and address that is meant", mailout.Public, kari + ";k@example.com;;;given", mailout.Signer{NationalID: kari, Email: "k@example.com", Notify: mailout.NotifyGiven}},
		{"public, look-up with SMS", mailout.Public, kari + ";;;self;lookup+sms", mailout.Signer{NationalID: kari, OnBehalfOf: mailout.Self, Notify: mailout.NotifyLookupSMS}},
		{"public, on behalf of another", mailout.Public, kari + ";k@example.com;;other;", mailout.Signer{NationalID: kari, Email: "k@example.com", OnBehalfOf: mailout.Other, Notify: mailout.NotifyGiven}},
		{"public, no number", mailout.Public, ";;99999999;;", mailout.Signer{Mobile: "99999999", Notify: mailout.NotifyGiven}},
		{"private, number", mailout.Private, kari + ";k@example.com;99999999;;", mailout.Signer{NationalID: kari, Email: "k@example.com", Mobile: "99999999", Notify: mailout.NotifyGiven}},
		{"private, no number", mailout.Private, ";k@example.com;;;", mailout.Signer{Email: "k@example.com", Notify: mailout.NotifyGiven}},
	} {
		t.Run(c.what, func(t *testing.T) {
			o := public()
			o.Kind = c.kind
			r := csvOf(t, o, "title;document;national_id;email;mobile;on_behalf_of;notify", "Avtale;a.pdf;"+c.cells)
			if r.err != nil || len(mailout.Stopping(r.problems)) != 0 {
				t.Fatalf("%v, %v", r.err, r.problems)
			}
			if diff := cmp.Diff([]mailout.Signer{c.want}, r.entries[0].Job.Signers, plainText); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// Who signs after whom, with and without [[signers]] of batch.toml.
func TestOrders(t *testing.T) {
	manager := map[string]string{"national_id": per}
	second := map[string]string{"national_id": per, "order": "2"}
	for _, c := range []struct {
		what   string
		fixed  []map[string]string
		cells  string // signer1_order;signer2_order
		orders []int
		code   string
	}{
		{"absent everywhere: at the same time", nil, ";", []int{0, 0}, ""},
		{"as written", nil, "2;1", []int{2, 1}, ""},
		{"one without", nil, "1;", nil, "signer-order-missing@F2"},
		{"the manager has none either", []map[string]string{manager}, ";", []int{0, 0, 0}, ""},
		{"the manager signs after the row's own", []map[string]string{second}, ";", []int{1, 1, 2}, ""},
		{"all have one", []map[string]string{second}, "1;3", []int{1, 3, 2}, ""},
		{"the manager alone has none", []map[string]string{manager}, "1;2", nil, "signer-order-missing@D2"},
	} {
		t.Run(c.what, func(t *testing.T) {
			o := public()
			o.Signers = c.fixed
			r := csvOf(t, o, "title;document;national_id;order;signer2_national_id;signer2_order",
				"Avtale;a.pdf;"+kari+";"+strings.Replace(c.cells, ";", ";"+ola+";", 1))
			if r.err != nil || r.findings() != c.code {
				t.Fatalf("%v, %s", r.err, r.findings())
			}
			var orders []int
			for _, s := range r.entries[0].Job.Signers {
				orders = append(orders, s.Order)
			}
			if c.code == "" && !cmp.Equal(orders, c.orders) {
				t.Errorf("orders %v, want %v", orders, c.orders)
			}
		})
	}
}

// PDFs that nobody is sent are counted, in the folders that rows name files in.
func TestUnusedDocuments(t *testing.T) {
	o := public()
	o.Shared, o.Around = []string{"c.pdf"}, []string{"følgebrev.pdf"}
	o.Documents = fstest.MapFS{"a.pdf": {}, "B.PDF": {}, "c.pdf": {}, "følgebrev.pdf": {}, "liste.xlsx": {}, "ny.pdf/x": {},
		"avtaler/1042.pdf": {}, "avtaler/1043.pdf": {}, "gamle/1.pdf": {}}
	r := csvOf(t, o, "title;document;fnr", "Avtale;a.pdf;"+kari, "Avtale;avtaler/1042.pdf;"+ola)
	if r.err != nil || r.result.Unused != 2 { // B.PDF and avtaler/1043.pdf
		t.Errorf("%v, %d unused", r.err, r.result.Unused)
	}
}

// A key of nothing but a soft hyphen is none: the row's key is its line.
func TestInvisibleKey(t *testing.T) {
	r := csvOf(t, public(), "row;title;document;fnr", "\u00ad;Avtale;a.pdf;"+kari)
	if r.err != nil || r.entries[0].Key != "2" {
		t.Errorf("%v, key %q", r.err, r.entries[0].Key)
	}
}
