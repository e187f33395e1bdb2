package manifest

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"batch/internal/judgetest"
)

// A person corrects the list in LibreOffice and saves it there: what was not touched is as it
// was, zeros and what begins like a formula too.
func TestAnotherAttemptSavedByLibreOffice(t *testing.T) {
	soffice := judgetest.Find(t, "soffice")
	first := csvOf(t, public(), "row;title;document;fnr;activation_time;Kode;Merknad",
		"007;Avtale for Åse;a.pdf;"+liv+";01.12.2026;0150;=HYPERLINK(1)",
		`00;"Avtale; ""ny""";b.pdf;`+liv[1:]+";2026-12-01 09:15;1,50;+1-1",
		"3;Avtale;c.pdf;"+ola+";;1e5;SANN")
	if first.err != nil {
		t.Fatal(first.err)
	}
	content, err := writeAgain(Workbook, t.TempDir(), first.entries)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	path := filepath.Join(dir, "next.xlsx")
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
	out := filepath.Join(dir, "saved")
	cmd := exec.CommandContext(t.Context(), soffice, "-env:UserInstallation=file://"+filepath.Join(dir, "profile"), "--headless", "--convert-to", "xlsx", "--outdir", out, path)
	if said, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("running soffice: %v: %s", err, said)
	}
	saved := readFile(filepath.Join(out, "next.xlsx"), public())
	if diff := sameAgain(first.entries, saved.entries); saved.err != nil || diff != "" {
		t.Errorf("%v: %s", saved.err, diff)
	}
}
