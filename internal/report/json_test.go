package report

import (
	"bufio"
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"batch/internal/mailout"
)

// The keys that commands.md promises to scripts.
var (
	rowKeys = []string{"type", "line", "row", "state", "title", "signers", "documents", "activation_time", "available_seconds", "nonsensitive_title",
		"description", "authentication", "identifier", "sender", "columns", "ref", "job_id", "cause", "signed", "duplicates"}
	signerKeys = []string{"national_id", "email", "mobile", "order", "notify", "on_behalf_of", "signature_type", "status", "since", "xades"}
	totalKeys  = []string{"type", "batch", "digest", "rows_digest", "rows", "states", "exit"}
)

func TestEveryLineIsAnObjectWithItsPromisedKeys(t *testing.T) {
	_, all := sample()
	var objects []map[string]json.RawMessage
	for s := bufio.NewScanner(strings.NewReader(written(t, all, Options{Format: "json"}))); s.Scan(); {
		if !strings.HasPrefix(s.Text(), `{"type":`) {
			t.Errorf("type is not first: %.40s", s.Text())
		}
		var o map[string]json.RawMessage
		if err := json.Unmarshal(s.Bytes(), &o); err != nil {
			t.Fatal(err)
		}
		objects = append(objects, o)
	}
	if len(objects) != len(all)+1 {
		t.Fatalf("%d lines for %d rows and the totals", len(objects), len(all))
	}
	for _, o := range objects[:len(all)] {
		promised(t, o, rowKeys)
		var signers []map[string]json.RawMessage
		if err := json.Unmarshal(o["signers"], &signers); err != nil {
			t.Fatal(err)
		}
		for _, s := range signers {
			promised(t, s, signerKeys)
		}
	}
	promised(t, objects[len(all)], totalKeys)
}

func promised(t *testing.T, o map[string]json.RawMessage, keys []string) {
	t.Helper()
	for _, k := range keys {
		if _, ok := o[k]; !ok {
			t.Errorf("the key %s is missing in %v", k, slices.Sorted(maps.Keys(o)))
		}
	}
}

func TestRowJSONSpeaksTheManifestsWords(t *testing.T) {
	r := record(2, "a", mailout.Created, columns("B", "<1>", "A", "2", "B", "3"), mailout.Signer{NationalID: ingrid, Email: "i@example.no",
		OnBehalfOf: mailout.Other, SignatureType: mailout.Advanced, Notify: mailout.NotifyGiven})
	r.Job.Identifier, r.Job.Authentication = mailout.NationalIDAndName, 4
	r.Job.Activation = time.Date(2030, 1, 15, 8, 0, 0, 0, oslo)
	r.Job.Deadline = r.Job.Activation.AddDate(0, 0, 7)
	r.Duplicates = []mailout.JobID{7}
	raw, err := json.Marshal(RowJSON(r, false))
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`"identifier":"national-id-and-name"`, `"authentication":4`, `"on_behalf_of":"other"`, `"signature_type":"advanced"`,
		`"activation_time":"2030-01-15T07:00:00Z"`, `"deadline":"2030-01-22T07:00:00Z"`, `"available_seconds":null`, `"duplicates":[7]`,
		`"columns":{"B":"\u003c1\u003e","A":"2","B (2)":"3"}`, `"national_id":"01847******"`, `"email":"i•••@•••.no"`} {
		if !strings.Contains(string(raw), want) {
			t.Errorf("%s is not in %s", want, raw)
		}
	}
}

func TestTotalsOfNoBatch(t *testing.T) {
	raw, err := json.Marshal(TotalsJSON(mailout.BatchInfo{}, nil, 2))
	if err != nil {
		t.Fatal(err)
	}
	if want := `{"type":"totals","batch":null,"digest":"","rows_digest":"","rows":0,"states":{},"exit":2}`; string(raw) != want {
		t.Errorf("got %s", raw)
	}
}
