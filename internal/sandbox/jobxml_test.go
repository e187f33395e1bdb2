package sandbox

import (
	"os"
	"path/filepath"
	"testing"
	"time"
)

const specification = "../../../shared/spec"

// published are the portal's published messages; none where the specification is not at
// hand.
func published(t testing.TB, patterns ...string) (files []string) {
	t.Helper()
	for _, pattern := range patterns {
		found, err := filepath.Glob(filepath.Join(specification, "examples", pattern))
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, found...)
	}
	return files
}

// examples are those that a test cannot do without.
func examples(t *testing.T, patterns ...string) []string {
	t.Helper()
	files := published(t, patterns...)
	if len(files) == 0 {
		t.Skipf("no examples at %s: the specification is not beside the project", specification)
	}
	return files
}

func TestManifestTakesPublishedExamples(t *testing.T) {
	for _, file := range examples(t, "portal/*manifest*.xml", "portal/legacy/*manifest*.xml") {
		document, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		m, err := parseManifest(document)
		if err != nil {
			t.Errorf("%s: %v", filepath.Base(file), err)
			continue
		}
		if err := checkRules(m, "123456789"); err != nil {
			t.Errorf("%s: %v", filepath.Base(file), err)
		}
		if m.available != 864000*time.Second || m.activation.IsZero() || m.title == "" || len(m.signers) == 0 {
			t.Errorf("%s: read as %+v", filepath.Base(file), m)
		}
	}
}

func TestRequestTakesPublishedExample(t *testing.T) {
	for _, file := range examples(t, "portal/request.xml") {
		document, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if r, err := parseRequest(document); err != nil || r.reference != "123-ABC" {
			t.Errorf("read as %+v, %v", r, err)
		}
	}
}

func TestRulesOfSenders(t *testing.T) {
	spec := func(edit func(*jobManifest)) *jobManifest {
		m := &jobManifest{sender: Organization, signers: []signerSpec{{number: "01817299999", email: "a@b.no"}},
			documents: []documentSpec{{"a.pdf", "application/pdf", "A"}}}
		edit(m)
		return m
	}
	two := func(m *jobManifest) {
		m.documents = append(m.documents, documentSpec{"b.pdf", "application/pdf", "B"})
	}
	for _, test := range []struct {
		name string
		take bool
		edit func(*jobManifest)
	}{
		{"plain", true, func(*jobManifest) {}},
		{"two documents", true, two},
		{"advanced, two documents: private", true, func(m *jobManifest) { two(m); m.signers[0].signatureType = advanced }},
		{"advanced, two documents, look-up: neither", false, func(m *jobManifest) {
			two(m)
			m.signers[0].signatureType, m.signers[0].lookup = advanced, true
		}},
		{"level 3: public", true, func(m *jobManifest) { m.authentication = "3" }},
		{"level 3, advanced, two documents: neither", false, func(m *jobManifest) { two(m); m.authentication, m.signers[0].signatureType = "3", advanced }},
		{"name alone, authenticated: public", true, func(m *jobManifest) { m.identifier, m.signers[0].signatureType = nameOnly, authenticated }},
		{"name alone, advanced: neither", false, func(m *jobManifest) { m.identifier, m.signers[0].signatureType = nameOnly, advanced }},
		{"number for one without", false, func(m *jobManifest) { m.identifier, m.signers[0].number = numberAndName, "" }},
		{"the same href twice", false, func(m *jobManifest) { two(m); m.documents[1].href = "a.pdf" }},
		{"an address without @", false, func(m *jobManifest) { m.signers[0].email = "nobody" }},
	} {
		if err := checkRules(spec(test.edit), Organization); (err == nil) != test.take {
			t.Errorf("%s: %v", test.name, err)
		}
	}
}

// FuzzManifest reads whatever comes as request and manifest, and what is read of it obeys the
// bounds of the schema.
func FuzzManifest(f *testing.F) {
	f.Add([]byte(oneSigner))
	f.Add([]byte(byContact))
	f.Add([]byte(requestXML("ref-1", "queue-1")))
	for _, file := range published(f, "*/*.xml", "*/*/*.xml") {
		document, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(document)
	}
	f.Fuzz(func(t *testing.T, document []byte) {
		request, requestErr := parseRequest(document)
		manifest, manifestErr := parseManifest(document)
		if requestErr == nil && len(request.reference) > 4*maxReference {
			t.Errorf("a reference of %d bytes was read", len(request.reference))
		}
		if manifestErr == nil && (len(manifest.signers) == 0 || len(manifest.documents) == 0 || manifest.title == "") {
			t.Errorf("a manifest was read as %+v", manifest)
		}
		if manifestErr == nil && requestErr == nil {
			t.Error("one document is two")
		}
		if manifestErr == nil { // whatever the rules say, they say it
			_ = checkRules(manifest, Organization)
			_ = checkPersonalData(&jobRequest{}, manifest)
		}
	})
}
