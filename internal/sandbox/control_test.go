package sandbox

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"
)

// control calls the control API and decodes its answer.
func (c *client) control(method, path, body string, want int, into any) {
	c.t.Helper()
	r, err := http.NewRequestWithContext(c.t.Context(), method, c.running.Control+path, strings.NewReader(body))
	if err != nil {
		c.t.Fatal(err)
	}
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		c.t.Fatal(err)
	}
	defer res.Body.Close()
	content, err := io.ReadAll(res.Body)
	if err != nil || res.StatusCode != want {
		c.t.Fatalf("%s %s: status %d, %s, %v; want %d", method, path, res.StatusCode, content, err, want)
	}
	if into != nil {
		if err := json.Unmarshal(content, into); err != nil {
			c.t.Fatalf("%s %s: %v in %s", method, path, err, content)
		}
	}
}

// act lets signer n of a job do something.
func (c *client) act(id int64, n int, what string, want int) {
	c.t.Helper()
	c.control("POST", fmt.Sprintf("/jobs/%d/signers/%d/%s", id, n, what), "", want, nil)
}

func TestControlTellsOfJobs(t *testing.T) {
	c := start(t, Options{NoLimits: true, SignAfter: -1})
	id := c.create("ref-1", newBundle(oneSigner))
	c.create("ref-2", newBundle(signers(1, 2)))
	var all, some []JobView
	c.control("GET", "/jobs", "", 200, &all)
	c.control("GET", "/jobs?reference=ref-1", "", 200, &some)
	if len(all) != 2 || len(some) != 1 || some[0].ID != id || some[0].Sender != Organization || some[0].Documents[0].Name != "document.pdf" ||
		len(some[0].Documents[0].SHA256) != 64 || some[0].Signers[0] != (SignerView{1, "WAITING", some[0].Signers[0].Since, true}) {
		t.Errorf("jobs are %+v, by reference %+v", all, some)
	}
	var one JobView
	c.control("POST", fmt.Sprintf("/jobs/%d/sign", all[1].ID), "", 200, &one)
	if one.Status != jobCompleted || one.Signers[1].Status != signerSigned || all[1].Signers[1].Told || !one.Signers[1].Told {
		t.Errorf("after all have signed: %+v", one)
	}
	c.control("GET", fmt.Sprintf("/jobs/%d", id), "", 200, &one)
	c.control("GET", "/jobs/1", "", 404, nil)
	c.control("POST", fmt.Sprintf("/jobs/%d/sign", all[1].ID), "", 409, nil)
	c.act(id, 2, "sign", 409)
	c.act(id, 1, "dance", 404)
	c.act(id, 1, "fail?status=WAITING", 400)
	c.act(id, 1, "fail", 400)
}

func TestControlMovesTheClock(t *testing.T) {
	c := start(t, Options{NoLimits: true, SignAfter: -1})
	c.create("ref-1", newBundle(oneSigner))
	var clock struct{ Clock time.Time }
	c.control("POST", "/clock?advance=720h1m", "", 200, &clock)
	if ahead := time.Until(clock.Clock); ahead < 719*time.Hour {
		t.Errorf("the clock is %v ahead", ahead)
	}
	res := c.get("/portal/signature-jobs").want(t, 200) // expired
	if date, err := http.ParseTime(res.header.Get("Date")); err != nil || time.Until(date).Abs() > time.Minute {
		t.Errorf("the clock has moved Date to %s", res.header.Get("Date"))
	}
	c.create("ref-2", newBundle(oneSigner)) // the signing time is still judged by the real clock
	c.control("POST", "/clock?advance=-1h", "", 400, nil)
	c.control("POST", "/clock", "", 400, nil)
	c.control("POST", "/clock?advance=2000000h", "", 400, nil)
}

func TestCallLog(t *testing.T) {
	c := start(t, Options{NoLimits: true})
	id := c.create("ref-1", newBundle(oneSigner))
	c.send(c.createRequest(requestXML("ref-2", ""), []byte("nonsense"))).want(t, 400)
	c.confirm(c.poll())
	c.wantEmpty()
	r, err := http.NewRequestWithContext(t.Context(), "GET", c.running.Control+"/calls", nil)
	if err != nil {
		t.Fatal(err)
	}
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	var got []string
	for lines := bufio.NewScanner(res.Body); lines.Scan(); {
		var line Call
		if err := json.Unmarshal(lines.Bytes(), &line); err != nil {
			t.Fatal(err)
		}
		if line.Sender != Organization || time.Since(line.Time) > time.Minute || (line.Reference == "ref-1") != (line.Job == id) {
			t.Errorf("the log says %+v", line)
		}
		got = append(got, fmt.Sprintf("%s %s %d %s", line.Kind, line.Reference, line.Status, line.Outcome))
	}
	want := []string{
		"create ref-1 200 created", "create ref-2 400 refused INVALID_DOCUMENT_BUNDLE",
		"poll ref-1 200 change COMPLETED_SUCCESSFULLY", "confirm ref-1 200 confirmed", "poll  204 empty",
	}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("the log is\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	var summary Summary
	c.control("GET", "/calls/summary", "", 200, &summary)
	if summary.Calls != 5 || summary.Kinds["poll"] != 2 || summary.MostInASecond < 1 || summary.MostInASecond > 5 {
		t.Errorf("the summary is %+v", summary)
	}
}
