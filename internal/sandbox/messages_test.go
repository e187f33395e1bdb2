package sandbox

import (
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// every message the sandbox answers with is one the schema knows.
func TestAnswersSatisfySchema(t *testing.T) {
	judge(t, "xmllint", "libxml2-utils")
	schema, err := filepath.Abs(filepath.Join(specification, "xsd", "direct-and-portal.xsd"))
	if _, missing := os.Stat(schema); err != nil || missing != nil {
		t.Skip("no schema: the specification is not beside the project")
	}
	c := start(t, Options{NoLimits: true, SignAfter: -1})
	byContact := strings.Replace(signers(1, 1, 2), "</signers>", `<signer order="2"><identified-by-contact-information/>`+
		`<notifications><email address="a@example.com"/><sms number="+4799999999"/></notifications></signer></signers>`, 1)
	created := c.send(c.createRequest(requestXML("ref-1", ""), newBundle(byContact).build(t))).want(t, http.StatusOK)
	refused := c.send(c.createRequest(requestXML("ref-2", ""), []byte("nonsense"))).want(t, http.StatusBadRequest)
	id := c.running.Sandbox.Jobs("")[0].ID
	c.act(id, 1, "sign", http.StatusOK)
	partial := c.get("/portal/signature-jobs").want(t, http.StatusOK)
	c.act(id, 2, "sign", http.StatusOK)
	c.act(id, 3, "sign", http.StatusOK)
	c.act(id, 4, "sign", http.StatusOK)
	completed := c.get("/portal/signature-jobs").want(t, http.StatusOK)
	c.advance(25 * time.Hour)
	deletable := c.get("/portal/signature-jobs").want(t, http.StatusOK)
	if !strings.Contains(string(deletable.body), "<delete-documents-url>") {
		t.Errorf("no deletion is offered in %s", deletable.body)
	}
	c.plant(`[{"when": {"call": "poll"}, "do": "foreign"}]`)
	stranger := c.get("/portal/signature-jobs").want(t, http.StatusOK)
	for name, message := range map[string]response{
		"created": created, "error": refused, "partial": partial, "completed": completed, "deletable": deletable, "foreign": stranger,
	} {
		cmd := exec.Command("xmllint", "--noout", "--nonet", "--schema", schema, "-")
		cmd.Stdin = strings.NewReader(string(message.body))
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Errorf("%s: %s\n%s", name, out, message.body)
		}
	}
}
