package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"strings"
	"testing"

	"batch/internal/mailout"
)

// Every status that a signer can end with (portal.xsd, "signer-status"), and one that
// nobody knows yet, reaches the books: the row's state goes by the job's status, the
// signer's own is kept as text, and who had not answered is NOT_APPLICABLE.
func TestEverySignerStatusReachesTheBooks(t *testing.T) {
	ends := []struct {
		status string
		act    string // what the control API is told of the first signer
		state  mailout.State
		other  string // status of the second signer then
	}{
		{"SIGNED", "sign", mailout.Signed, "SIGNED"},
		{"REJECTED", "reject", mailout.Rejected, "NOT_APPLICABLE"},
		{"EXPIRED", "fail?status=EXPIRED", mailout.Expired, "NOT_APPLICABLE"},
		{"RESERVED", "fail?status=RESERVED", mailout.Failed, "NOT_APPLICABLE"},
		{"CONTACT_INFORMATION_MISSING", "fail?status=CONTACT_INFORMATION_MISSING", mailout.Failed, "NOT_APPLICABLE"},
		{"BLOCKED", "fail?status=BLOCKED", mailout.Failed, "NOT_APPLICABLE"},
		{"SIGNERS_NAME_NOT_AVAILABLE", "fail?status=SIGNERS_NAME_NOT_AVAILABLE", mailout.Failed, "NOT_APPLICABLE"},
		{"ABDUCTED_BY_TROLLS", "fail?status=ABDUCTED_BY_TROLLS", mailout.Failed, "NOT_APPLICABLE"},
	}
	m := newMailout(t, 0)
	text := "row;title;document;national_id;order;signer2_email;signer2_order\n"
	for i, number := range syntheticPeople(t, len(ends)) {
		name := fmt.Sprintf("s%d.pdf", i)
		must(t, writePDF(m.dir+"/"+name, name))
		text += fmt.Sprintf("%s;Avtale;%s;%s;1;leder@example.com;2\n", ends[i].status, name, number)
	}
	must(t, os.WriteFile(m.manifest, []byte(text), 0o600))
	m.batch(t, 0, "run", m.manifest, "--yes")
	jobs := map[string]mailout.JobID{}
	for _, r := range m.rows(t) {
		jobs[r.Key] = r.JobID
	}
	for _, e := range ends {
		m.control(t, http.MethodPost, fmt.Sprintf("/jobs/%d/signers/1/%s", jobs[e.status], e.act), "")
	}
	m.control(t, http.MethodPost, fmt.Sprintf("/jobs/%d/signers/2/sign", jobs["SIGNED"]), "")
	m.batch(t, 4, "follow")
	reported := m.reported(t)
	for _, e := range ends {
		r := reported[e.status]
		if r.State != e.state || len(r.Signers) != 2 || r.Signers[0].Status != e.status || r.Signers[1].Status != e.other {
			t.Errorf("%s: the report says %+v", e.status, r)
		}
	}
}

// reportedRow is what the report says of a row.
type reportedRow struct {
	Type, Row string
	State     mailout.State
	Signers   []struct{ Status string }
}

func (m *mailoutKit) reported(t *testing.T) map[string]reportedRow {
	t.Helper()
	rows := map[string]reportedRow{}
	for line := range strings.Lines(string(m.batch(t, 0, "report", "latest", "--format", "json", "--out", "-"))) {
		var r reportedRow
		must(t, json.Unmarshal([]byte(line), &r))
		if r.Type == "row" {
			rows[r.Row] = r
		}
	}
	return rows
}
