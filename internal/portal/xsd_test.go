package portal_test

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"batch/internal/judgetest"
)

const spec = "../../../shared/spec"

// validate asks xmllint whether a message fits the portal's XSDs.
func validate(t *testing.T, message []byte) {
	t.Helper()
	if err := xmllint(t, message); err != nil {
		t.Errorf("%v\n%s", err, message)
	}
}

func xmllint(t *testing.T, message []byte) error {
	t.Helper()
	schema := filepath.Join(spec, "xsd", "direct-and-portal.xsd")
	if _, err := os.Stat(schema); err != nil {
		t.Skipf("the portal's XSDs are not beside the project (%s)", schema)
	}
	command := exec.CommandContext(t.Context(), judgetest.Find(t, "xmllint"), "--noout", "--nonet", "--schema", schema, "-")
	command.Stdin = bytes.NewReader(message)
	if out, err := command.CombinedOutput(); err != nil {
		return &judgement{string(out)}
	}
	return nil
}

// judgement is what xmllint said.
type judgement struct{ said string }

func (j *judgement) Error() string { return j.said }
