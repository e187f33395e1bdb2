package sandbox

import (
	"bytes"
	"context"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"batch/internal/judgetest"
)

// dump lets Chromium open an address for some seconds of its own time, and returns what
// the page is then and what it says on its console and beside.
func dump(t *testing.T, url string) (dom, said string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	var stdout, stderr bytes.Buffer
	browser := exec.CommandContext(ctx, "chromium", "--headless", "--no-sandbox", "--disable-gpu", "--user-data-dir="+t.TempDir(),
		"--enable-logging=stderr", "--virtual-time-budget=8000", "--dump-dom", url)
	browser.Stdout, browser.Stderr = &stdout, &stderr
	if err := browser.Run(); err != nil {
		t.Fatalf("%v: %s", err, stderr.String())
	}
	return stdout.String(), stderr.String()
}

// A browser loads the page under its policy without a word on the console, and the page
// shows by itself what has changed since.
func TestPageInABrowser(t *testing.T) {
	judgetest.Find(t, "chromium")
	c := start(t, Options{NoLimits: true, SignAfter: -1})
	id := c.create("ref-1", newBundle(signers(1, 2)))
	control := c.running.Sandbox.Control()
	var shown atomic.Int32
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/" && shown.Add(1) == 2 { // it looks again
			c.act(id, 1, "sign", 200)
		}
		control.ServeHTTP(w, r)
	}))
	defer server.Close()
	dom, said := dump(t, server.URL+"/")
	if strings.Contains(said, "CONSOLE") {
		t.Errorf("the browser says %s", said)
	}
	r := &reader{t: t, page: dom}
	r.want(jobInProgress, signerSigned, signerWaiting)
}

func TestBrowserSaysWhatIsWrong(t *testing.T) {
	judgetest.Find(t, "chromium")
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		writePage(w, http.StatusOK, "problem.html", nil)
		w.Write([]byte("<script>alert(1)</script>"))
	}))
	defer server.Close()
	if _, said := dump(t, server.URL); !strings.Contains(said, "CONSOLE") || !strings.Contains(said, "Content Security Policy") {
		t.Errorf("a script against the policy, and the browser says %s", said)
	}
}
