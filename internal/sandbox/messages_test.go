package sandbox

import (
	"net/http"
	"os"
	"strings"
	"testing"
	"time"
)

// byContact are four signers, of whom the last ones are addressed without a number.
var byContact = strings.Replace(signers(1, 1, 2), "</signers>", `<signer order="2"><identified-by-contact-information/>`+
	`<notifications><email address="a@example.com"/><sms number="+4799999999"/></notifications></signer>`+
	`<signer order="2"><identified-by-contact-information/><notifications><sms number="+4799999999"/></notifications></signer></signers>`, 1)

// Every message the sandbox answers with is one the schema knows, in every state of a job.
// The error documents of refused creates are judged by TestCreateRefuses.
func TestAnswersSatisfySchema(t *testing.T) {
	c := start(t, Options{NoLimits: true, SignAfter: -1})
	messages := map[string][]byte{}
	keep := func(name string, res response, status int) response {
		messages[name] = res.want(t, status).body
		return res
	}
	poll := func(name string) { keep(name, c.get("/portal/signature-jobs"), http.StatusOK) }
	newJob := func(name, reference, manifest string) int64 {
		keep(name, c.send(c.createRequest(requestXML(reference, ""), newBundle(manifest).build(t))), http.StatusOK)
		jobs := c.running.Sandbox.Jobs("")
		return jobs[len(jobs)-1].ID
	}
	id := newJob("created", "A &amp; B &lt;&#10;]]&gt;&quot;", byContact)
	c.act(id, 1, "sign", http.StatusOK)
	poll("partial")
	for n := 2; n <= 5; n++ {
		c.act(id, n, "sign", http.StatusOK)
	}
	poll("completed")
	c.advance(25 * time.Hour)
	poll("deletable")
	if !strings.Contains(string(messages["deletable"]), "<delete-documents-url>") {
		t.Errorf("no deletion is offered in %s", messages["deletable"])
	}
	for _, act := range []string{"reject", "fail?status=BLOCKED", "fail?status=RESERVED"} {
		c.act(newJob("created without a reference", "", oneSigner), 1, act, http.StatusOK)
		poll(act)
	}
	cancelled := newJob("to be cancelled", "ref-3", byContact)
	cancel := c.jobURL(cancelled, "cancel")
	c.post(cancel).want(t, http.StatusOK)
	poll("cancelled")
	keep("cancelled twice", c.post(cancel), http.StatusConflict)
	newJob("to expire", "ref-4", byContact)
	c.advance(31 * 24 * time.Hour)
	poll("expired")
	keep("no such job", c.post("/portal/signature-jobs/1/complete"), http.StatusNotFound)
	keep("no such address", c.get("/direct/signature-jobs"), http.StatusNotFound)
	keep("no such method", c.send(c.request("PUT", "/portal/signature-jobs", nil)), http.StatusMethodNotAllowed)
	c.plant(`[{"when": {"call": "poll"}, "do": "foreign"}]`)
	poll("foreign")
	c.plant(`[{"do": "refuse"}]`)
	keep("refused on request", c.get("/portal/signature-jobs"), http.StatusBadRequest)
	satisfySchema(t, messages)
}

func (c *client) jobURL(id int64, parts ...string) string {
	return jobURL(c.running.URL+"/", &job{id: id, sender: c.sender}, parts...)
}

// What the portal has published is what the schema takes, so the judge is no stricter than
// the portal.
func TestPublishedExamplesSatisfySchema(t *testing.T) {
	messages := map[string][]byte{}
	for _, file := range examples(t, "portal/*.xml", "portal/legacy/*.xml") {
		content, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		messages[file] = content
	}
	satisfySchema(t, messages)
}
