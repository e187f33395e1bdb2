package main

import (
	"archive/zip"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"batch/internal/mailout"
)

// feature is something that the portal flow offers, as a row of a manifest asks for it.
// Its name stands in docs/portal.md.
type feature struct {
	name  string
	cells string   // "column=cell, …"; {person} is a national number that nobody has, {year} a year
	want  []string // in the job XML that the portal got, without white space between elements
}

// publicFeatures are what a public sender may ask for. The workspace is the sandbox's own.
var publicFeatures = []feature{
	{"national number", "national_id={person}",
		[]string{"<signer><personal-identification-number>{person}</personal-identification-number>"}},
	{"look-up", "national_id={person}",
		[]string{"<notifications-using-lookup><email></email></notifications-using-lookup>"}},
	{"look-up with SMS", "national_id={person}, notify=lookup+sms",
		[]string{"<notifications-using-lookup><email></email><sms></sms></notifications-using-lookup>"}},
	{"notifications given", "national_id={person}, notify=given, email=kari@example.com, mobile=91234567",
		[]string{`<notifications><email address="kari@example.com"></email><sms number="91234567"></sms></notifications>`}},
	{"e-mail", "email=kari@example.com",
		[]string{"<identified-by-contact-information></identified-by-contact-information>", `<notifications><email address="kari@example.com"></email></notifications>`}},
	{"mobile", "mobile=+46701234567",
		[]string{"<identified-by-contact-information></identified-by-contact-information>", `<notifications><sms number="+46701234567"></sms></notifications>`}},
	{"e-mail and mobile", "email=ola@example.com, mobile=91234568",
		[]string{"<identified-by-contact-information></identified-by-contact-information>", `<email address="ola@example.com"></email><sms number="91234568"></sms>`}},
	{"on behalf of another", "national_id={person}, on_behalf_of=other, email=dagligleder@example.com",
		[]string{"<on-behalf-of>OTHER</on-behalf-of>", `<notifications><email address="dagligleder@example.com">`}},
	{"on its own behalf", "national_id={person}, on_behalf_of=self",
		[]string{"<on-behalf-of>SELF</on-behalf-of>"}},
	{"advanced signature", "national_id={person}, signature_type=advanced",
		[]string{"<signature-type>ADVANCED_ELECTRONIC_SIGNATURE</signature-type>"}},
	{"authenticated signature", "national_id={person}, signature_type=authenticated",
		[]string{"<signature-type>AUTHENTICATED_ELECTRONIC_SIGNATURE</signature-type>"}},
	{"authentication level", "national_id={person}, authentication=3",
		[]string{"<required-authentication>3</required-authentication>"}},
	{"identifier: number and name", "national_id={person}, identifier=national-id-and-name",
		[]string{"<identifier-in-signed-documents>PERSONAL_IDENTIFICATION_NUMBER_AND_NAME</identifier-in-signed-documents>"}},
	{"identifier: date of birth and name", "national_id={person}, signature_type=authenticated, identifier=birth-date-and-name",
		[]string{"<identifier-in-signed-documents>DATE_OF_BIRTH_AND_NAME</identifier-in-signed-documents>"}},
	{"identifier: name", "national_id={person}, signature_type=authenticated, identifier=name",
		[]string{"<identifier-in-signed-documents>NAME</identifier-in-signed-documents>"}},
	{"order", "national_id={person}, order=2, signer2_email=leder@example.com, signer2_order=1, signer3_email=hr@example.com, signer3_order=1",
		[]string{`<signer order="2"><personal-identification-number>`, `<signer order="1"><identified-by-contact-information>`}},
	{"in parallel", "national_id={person}, signer2_email=leder2@example.com",
		[]string{"<signer><personal-identification-number>", "<signer><identified-by-contact-information>"}},
	{"activation time", "national_id={person}, activation_time={year}-02-01 09:30, available_days=3",
		[]string{"<activation-time>{year}-02-01T08:30:00Z</activation-time><available-seconds>259200</available-seconds>"}},
	{"availability in seconds", "national_id={person}, available_seconds=172801",
		[]string{"<availability><available-seconds>172801</available-seconds></availability>"}},
	{"deadline", "national_id={person}, activation_time={year}-02-01, deadline={year}-02-02",
		[]string{"<activation-time>{year}-02-01T07:00:00Z</activation-time><available-seconds>143940</available-seconds>"}},
	{"several documents", "national_id={person}, signature_type=authenticated, document2=vilkår.pdf, document2_title=Vilkår & <regler>",
		[]string{`<title>{title} (1)</title></document><document href=`, "<title>Vilkår &amp; &lt;regler&gt;</title></document></documents>"}},
	{"merged documents", "national_id={person}, document=own.pdf + vilkår.pdf",
		[]string{"</title></document></documents>"}},
	{"nonsensitive title", "national_id={person}, nonsensitive_title=Du har fått en avtale",
		[]string{"<nonsensitive-title>Du har fått en avtale</nonsensitive-title>"}},
	{"description", "national_id={person}, description=Les § 4 nøye",
		[]string{"<description>Les § 4 nøye</description>"}},
	{"broker", "national_id={person}, sender=974760673",
		[]string{"<sender><organization-number>974760673</organization-number></sender>"}},
}

// privateFeatures are what only means something for a private sender.
var privateFeatures = []feature{
	{"private: number and e-mail", "national_id={person}, email=kari@example.com",
		[]string{"<personal-identification-number>{person}</personal-identification-number>", `<notifications><email address="kari@example.com"></email></notifications>`}},
	{"private: several documents", "email=ola@example.com, document2=vilkår.pdf",
		[]string{`</document><document href=`}},
	{"private: date of birth and name", "national_id={person}, mobile=91234567, identifier=birth-date-and-name",
		[]string{"<identifier-in-signed-documents>DATE_OF_BIRTH_AND_NAME</identifier-in-signed-documents>"}},
}

// Every feature of the portal flow is reached by a cell of the manifest, and arrives: what
// is asked for there stands in the job XML that the portal took, and in no other row's.
func TestEveryFeatureReachesThePortal(t *testing.T) {
	public := newFeatures(t, publicFeatures, `sender.kind="public"`, `portal.polling_queue="avtaler"`)
	for i, f := range publicFeatures {
		t.Run(f.name, func(t *testing.T) { public.check(t, i) })
	}
	private := newFeatures(t, privateFeatures, `sender.kind="private"`)
	for i, f := range privateFeatures {
		t.Run(f.name, func(t *testing.T) { private.check(t, i) })
	}
	t.Run("polling queue", func(t *testing.T) {
		for i, key := range public.keys {
			want := "avtaler"
			if strings.Contains(publicFeatures[i].cells, "sender=974760673") {
				want = "avtaler-974760673"
			}
			if got := public.jobs[key].queue; got != want {
				t.Errorf("the job of row %s is in the queue %q", key, got)
			}
		}
	})
}

// features is a batch that was sent, a row for each feature.
type features struct {
	all    []feature
	keys   []string          // row keys, as all
	jobs   map[string]sent   // by row key
	people map[string]string // row key → national number
}

// sent is what the portal got of a row.
type sent struct{ queue, xml string }

func newFeatures(t *testing.T, all []feature, settings ...string) *features {
	t.Helper()
	m := newMailout(t, 0, "--brokers", "974760673")
	must(t, changeSettings(filepath.Join(m.dir, "batch.toml"), append(settings, `documents.shared=["vilkår.pdf"]`)...))
	config := filepath.Join(m.dir, "batch.toml")
	text, err := os.ReadFile(config)
	must(t, err)
	must(t, os.WriteFile(config, append(text, "\n[[senders]]\norganization = '974760673'\nkind = 'public'\npolling_queue = 'avtaler-974760673'\n"...), 0o600))
	must(t, writePDF(filepath.Join(m.dir, "vilkår.pdf"), "vilkår"))
	f := &features{all: all, jobs: map[string]sent{}, people: map[string]string{}}
	f.write(t, m)
	m.batch(t, 0, "run", m.manifest, "--yes")
	f.read(t, m)
	return f
}

// write makes the manifest: a column for everything that any feature needs.
func (f *features) write(t *testing.T, m *mailoutKit) {
	t.Helper()
	columns := []string{"row", "title", "document"}
	var rows []map[string]string
	for i, number := range syntheticPeople(t, len(f.all)) {
		key := fmt.Sprintf("f%02d", i+1)
		own := key + ".pdf"
		must(t, writePDF(filepath.Join(m.dir, own), own))
		row := map[string]string{"row": key, "title": letter(key), "document": own}
		for cell := range strings.SplitSeq(f.all[i].cells, ", ") {
			column, value, _ := strings.Cut(cell, "=")
			row[column] = strings.NewReplacer("{person}", number, "{year}", nextYear(), "own.pdf", own).Replace(value)
			if !slices.Contains(columns, column) {
				columns = append(columns, column)
			}
		}
		f.keys, f.people[key] = append(f.keys, key), number
		rows = append(rows, row)
	}
	text := strings.Join(columns, ";") + "\n"
	for _, row := range rows {
		var cells []string
		for _, column := range columns {
			cells = append(cells, row[column])
		}
		text += strings.Join(cells, ";") + "\n"
	}
	must(t, os.WriteFile(m.manifest, []byte(text), 0o600))
}

func letter(key string) string { return "Brev " + key }

// nextYear has times that are still to come, whatever the year.
func nextYear() string { return fmt.Sprint(time.Now().Year() + 1) }

// read takes the job XML of every row out of the bundles that the portal keeps.
func (f *features) read(t *testing.T, m *mailoutKit) {
	t.Helper()
	rows := map[mailout.Ref]string{}
	for _, r := range m.rows(t) {
		rows[r.Ref] = r.Key
	}
	for _, j := range m.jobs(t) {
		kept, err := filepath.Glob(filepath.Join(m.dir, ".sandbox*", fmt.Sprintf("%d.asice", j.ID)))
		must(t, err)
		if len(kept) != 1 {
			t.Fatalf("the portal keeps the bundle of job %d as %q", j.ID, kept)
		}
		f.jobs[rows[j.Reference]] = sent{j.Queue, jobXMLOf(t, kept[0])}
	}
	if got := slices.Sorted(maps.Keys(f.jobs)); !slices.Equal(got, f.keys) {
		t.Fatalf("the portal has jobs of the rows %q", got)
	}
}

func jobXMLOf(t *testing.T, bundle string) string {
	t.Helper()
	z, err := zip.OpenReader(bundle)
	must(t, err)
	defer z.Close()
	in, err := z.Open("manifest.xml")
	must(t, err)
	defer in.Close()
	b, err := io.ReadAll(in)
	must(t, err)
	return regexp.MustCompile(`>\s+<`).ReplaceAllString(string(b), "><")
}

// check holds a row's job against what the feature wants, and that a row which asks for
// nothing gets nothing: an element is there only where somebody wanted it.
func (f *features) check(t *testing.T, i int) {
	key := f.keys[i]
	xml := f.jobs[key].xml
	for _, want := range f.all[i].want {
		want = strings.NewReplacer("{person}", f.people[key], "{year}", nextYear(), "{title}", letter(key)).Replace(want)
		if !strings.Contains(xml, want) {
			t.Errorf("%s\nis not in\n%s", want, xml)
		}
	}
	for element, column := range map[string]string{
		"<nonsensitive-title>": "nonsensitive_title", "<description>": "description", "<required-authentication>": "authentication", "<activation-time>": "activation_time",
		"<identifier-in-signed-documents>": "identifier", "<on-behalf-of>": "on_behalf_of", "<signature-type>": "signature_type", "<signer order=": "order",
	} {
		if strings.Contains(xml, element) && !strings.Contains(f.all[i].cells, column+"=") {
			t.Errorf("%s, which nobody asked for, is in\n%s", element, xml)
		}
	}
}
