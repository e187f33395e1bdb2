package app

import (
	"os"
	"path/filepath"
	"testing"

	"batch/internal/workspace"
)

// An office that writes every batch's report to one name keeps the newer one, of another batch.
func TestAReportOfAnotherBatchStays(t *testing.T) {
	m := newMailing(t, 1)
	m.send()
	out := filepath.Join(m.ws.Reports(), "alle.csv")
	_, err := m.Report(t.Context(), m.batch, ReportOptions{Format: "csv", Out: out})
	must(t, err)
	must(t, os.WriteFile(m.manifest, []byte("title;email;document\r\nEn annen avtale;ola@example.com;Avtale-for-Planted-0.pdf\r\n"), 0o600))
	other, err := m.Plan(t.Context(), PlanOptions{Manifest: m.manifest})
	must(t, err)
	must(t, m.ledger.Approve(t.Context(), other.Batch, "typed", 0))
	must(t, os.Remove(out))
	_, err = m.Report(t.Context(), other.Batch, ReportOptions{Format: "csv", Out: out})
	must(t, err)

	m.purge(PurgeOptions{})
	if _, err := os.Stat(out); err != nil {
		t.Errorf("the other batch's report: %v", err)
	}
	b, err := readBeside(m.ws.Reports())
	must(t, err)
	if e, err := b.Entry("alle.csv"); err != nil || e.Batch != other.Batch {
		t.Errorf("report.json says %+v, %v", e, err)
	}
}

// A workspace that was moved has its reports elsewhere than the books noted: report.json goes
// along with them.
func TestReportsOfAMovedWorkspaceGo(t *testing.T) {
	m := newMailing(t, 2)
	m.send()
	_, err := m.Report(t.Context(), m.batch, ReportOptions{Format: "csv", Out: filepath.Join(m.ws.Reports(), "uten maske.csv"), WithNationalIDs: true})
	must(t, err)
	must(t, m.App.Close())
	moved := filepath.Join(t.TempDir(), "moved")
	must(t, os.Rename(m.ws.Dir, moved))
	ws, err := workspace.Find(moved)
	must(t, err)
	m.App, err = open(t.Context(), ws, Options{Ask: func(string) bool { return true }})
	must(t, err)
	m.purge(PurgeOptions{Signed: true})
	m.values.gone(t, "after the move", moved)
}
