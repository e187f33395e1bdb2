package app

import (
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"batch/internal/bundle"
	"batch/internal/judgetest"
	"batch/internal/mailout"
	"batch/internal/rules"
)

// Every breach is found before the first call: a job in which the rules find nothing is
// valid under the portal's own schema, which knows nothing of them. The jobs are random
// and the same at each run; among them every rule must be broken somewhere, and enough
// must be left without fault.
func TestWhatTheRulesPassTheSchemaPasses(t *testing.T) {
	schema, err := filepath.Abs("../../../shared/spec/xsd/direct-and-portal.xsd")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(schema); err != nil {
		t.Skipf("the portal's schemas are not beside the project: %v", err)
	}
	dir, good, broken := t.TempDir(), 0, map[string]int{}
	for i := range 6000 {
		r := anyRequest.Example(i)
		if breaches := rules.Job(r.job, r.kind, len(r.documents)); len(breaches) > 0 {
			for _, b := range breaches {
				broken[b.Code]++
			}
			continue
		}
		good++
		jobXML, err := bundle.JobXML(r.job, r.documents, jobNow)
		if err != nil {
			t.Fatalf("request %d passes the rules and has no form: %v", i, err)
		}
		if err := os.WriteFile(filepath.Join(dir, fmt.Sprintf("%04d.xml", i)), jobXML, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want := strings.Fields("advanced-several-documents authentication authentication-private availability-twice available deadline-before-activation deadline-in-order " +
		"deadline-too-late description-too-long identifier-advanced identifier-private identifier-unknown lookup-on-behalf lookup-private lookup-without-id " +
		"no-document no-signer nonsensitive-title-too-long signature-type-private signer-not-notified signer-order signer-shared-address signer-twice " +
		"title-missing title-too-long too-many-documents too-many-signers")
	if got := slices.Sorted(maps.Keys(broken)); !slices.Equal(got, want) || good < 100 {
		t.Errorf("%d jobs without fault; rules broken:\n%v\nwant\n%v", good, got, want)
	}
	xmllint := judgetest.Find(t, "xmllint")
	files, err := filepath.Glob(filepath.Join(dir, "*.xml"))
	if err != nil || len(files) != good {
		t.Fatalf("%d files, %v", len(files), err)
	}
	if out, err := exec.Command(xmllint, append([]string{"--noout", "--nonet", "--schema", schema}, files...)...).CombinedOutput(); err != nil {
		t.Errorf("xmllint: %v\n%s", err, firstWrong(out))
	}
}

// firstWrong is what xmllint says besides "validates".
func firstWrong(out []byte) string {
	var wrong []string
	for line := range strings.Lines(string(out)) {
		if !strings.HasSuffix(line, " validates\n") && len(wrong) < 20 {
			wrong = append(wrong, line)
		}
	}
	return strings.Join(wrong, "")
}

// request is one job as it would be sent.
type request struct {
	job       mailout.Job
	kind      mailout.SenderKind
	documents []mailout.Document
}

var jobNow = time.Date(2026, 11, 21, 10, 30, 42, 115e6, time.FixedZone("", 3600))

// anyRequest makes jobs of values that have passed their own checks, and of every kind
// and number, within the rules and a little beyond them.
var anyRequest = rapid.Custom(func(t *rapid.T) request {
	r := request{kind: rapid.SampledFrom([]mailout.SenderKind{mailout.Public, mailout.Private}).Draw(t, "kind")}
	r.job = mailout.Job{
		Sender: "988015814",
		Title:  anyText(t, 80), NonsensitiveTitle: anyText(t, 80), Description: anyText(t, 220),
		Authentication: rapid.SampledFrom([]int{0, 0, 0, 3, 4, 4, 5}).Draw(t, "authentication"),
		Identifier:     rapid.SampledFrom([]mailout.Identifier{"", "", "", mailout.NationalIDAndName, mailout.BirthDateAndName, mailout.NameOnly}).Draw(t, "identifier"),
	}
	for range rarely(t, 1, 4, 11) {
		r.job.Signers = append(r.job.Signers, anySigner(t))
	}
	for i := range rarely(t, 1, 20, 21) {
		r.documents = append(r.documents, mailout.Document{Name: fmt.Sprintf("document%d.pdf", i+1), Title: "Vedlegg & <mer>"})
	}
	day := func(n int) time.Time { return jobNow.Add(time.Duration(n) * 24 * time.Hour) }
	switch rapid.IntRange(0, 7).Draw(t, "time") {
	case 0:
		r.job.Available = rapid.SampledFrom([]time.Duration{-time.Second, time.Second, 90 * 24 * time.Hour, 90*24*time.Hour + time.Second, time.Millisecond}).Draw(t, "available")
	case 1:
		r.job.Deadline = day(rapid.IntRange(-1, 100).Draw(t, "deadline"))
	case 2:
		r.job.Activation, r.job.Available = day(rapid.IntRange(-400, 400).Draw(t, "activation")), time.Hour
	case 3:
		r.job.Activation, r.job.Deadline = day(rapid.IntRange(-50, 50).Draw(t, "activation")), day(rapid.IntRange(-50, 50).Draw(t, "deadline"))
	case 4:
		r.job.Available, r.job.Deadline = time.Hour, day(1)
	}
	return r
})

// rarely draws a number between low and high, and now and then none, or the other one.
func rarely(t *rapid.T, low, high, other int) int {
	if rapid.IntRange(0, 29).Draw(t, "rarely") == 29 {
		return rapid.SampledFrom([]int{0, other}).Draw(t, "number")
	}
	return min(rapid.IntRange(low, high).Draw(t, "number"), rapid.IntRange(low, high).Draw(t, "bound"))
}

// anyText draws what can be sent, in every script, up to most characters and, rarely, one
// more.
func anyText(t *rapid.T, most int) mailout.Text {
	if rapid.IntRange(0, 19).Draw(t, "length") == 19 {
		return mailout.Text(strings.Repeat(rapid.SampledFrom([]string{"a", "å", "👍"}).Draw(t, "long"), most+rapid.IntRange(0, 1).Draw(t, "more")))
	}
	s := rapid.StringN(0, most, -1).Filter(func(s string) bool { return rules.Text(s) == nil }).Draw(t, "text")
	return mailout.Text(s + rapid.SampledFrom([]string{"", "<&>\"']]>", "Avtale"}).Draw(t, "end"))
}

func anySigner(t *rapid.T) mailout.Signer {
	s := mailout.Signer{
		NationalID:    rapid.SampledFrom([]mailout.NationalID{"", "17912099997", "29822099635", "05840399895", "15507600333", "57912075186", "55507608360"}).Draw(t, "number"),
		Order:         rapid.SampledFrom([]int{0, 0, 0, 0, 1, 1, 9, 10, -1}).Draw(t, "order"),
		SignatureType: rapid.SampledFrom([]mailout.SignatureType{"", "", mailout.Advanced, mailout.Authenticated}).Draw(t, "type"),
		OnBehalfOf:    rapid.SampledFrom([]mailout.OnBehalfOf{"", mailout.Self, mailout.Other}).Draw(t, "on behalf of"),
		Notify:        rapid.SampledFrom([]mailout.Notify{mailout.NotifyGiven, mailout.NotifyGiven, mailout.NotifyLookup, mailout.NotifyLookupSMS}).Draw(t, "notify"),
	}
	n := rapid.IntRange(0, 99).Draw(t, "who")
	if rapid.IntRange(0, 4).Draw(t, "e-mail") > 0 {
		s.Email = mailout.Email(fmt.Sprintf("o'neill&%d@blåbær.example", n))
	}
	if rapid.Bool().Draw(t, "mobile") {
		s.Mobile = rapid.SampledFrom([]mailout.Mobile{"99999999", "+46701234567", mailout.Mobile(fmt.Sprintf("912345%02d", n))}).Draw(t, "number")
	}
	return s
}
