package report

import (
	"bufio"
	"context"
	"encoding/json"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"batch/internal/judgetest"
)

// browser is a Chromium without a window that is led over a pipe (Chrome DevTools Protocol,
// --remote-debugging-pipe: JSON messages, a zero byte after each).
type browser struct {
	t       testing.TB
	in      io.Writer
	out     *bufio.Reader
	id      int
	session string
	said    []string        // on the console, and what the browser says of the page beside it
	asked   []string        // every address that the page asked for
	loaded  map[string]bool // by the loader's id
}

type message struct {
	ID     int             `json:"id"`
	Method string          `json:"method"`
	Params json.RawMessage `json:"params"`
	Result json.RawMessage `json:"result"`
	Error  *struct{ Message string }
}

func startBrowser(t testing.TB) *browser {
	t.Helper()
	program := judgetest.Find(t, "chromium")
	ctx, cancel := context.WithTimeout(context.Background(), 3*time.Minute)
	theirIn, ourOut := pipe(t)
	ourIn, theirOut := pipe(t)
	cmd := exec.CommandContext(ctx, program, "--headless", "--hide-scrollbars", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run",
		"--user-data-dir="+t.TempDir(), "--remote-debugging-pipe", "about:blank")
	cmd.ExtraFiles = []*os.File{theirIn, theirOut} // 3 and 4, where it looks
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	theirIn.Close()
	theirOut.Close()
	b := &browser{t: t, in: ourOut, out: bufio.NewReaderSize(ourIn, 1<<20), loaded: map[string]bool{}}
	t.Cleanup(func() {
		b.session = ""
		b.call("Browser.close", nil, nil)
		cmd.Wait()
		cancel()
	})
	var target struct{ TargetID string }
	b.call("Target.createTarget", map[string]any{"url": "about:blank"}, &target)
	var attached struct{ SessionID string }
	b.call("Target.attachToTarget", map[string]any{"targetId": target.TargetID, "flatten": true}, &attached)
	b.session = attached.SessionID
	for _, of := range []string{"Runtime", "Log", "Network", "Page", "Accessibility"} {
		b.call(of+".enable", nil, nil)
	}
	b.call("Page.setLifecycleEventsEnabled", map[string]any{"enabled": true}, nil)
	return b
}

func pipe(t testing.TB) (r, w *os.File) {
	t.Helper()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.Close(); w.Close() })
	return r, w
}

// call asks the browser for something and waits for its answer.
func (b *browser) call(method string, params, result any) {
	b.t.Helper()
	b.id++
	ask := map[string]any{"id": b.id, "method": method}
	if params != nil {
		ask["params"] = params
	}
	if b.session != "" {
		ask["sessionId"] = b.session
	}
	text, err := json.Marshal(ask)
	if err != nil {
		b.t.Fatal(err)
	}
	if _, err := b.in.Write(append(text, 0)); err != nil {
		b.t.Fatalf("%s: %v", method, err)
	}
	for {
		m := b.next()
		if m.ID != b.id {
			continue
		}
		if m.Error != nil {
			b.t.Fatalf("%s: %s", method, m.Error.Message)
		}
		if result == nil {
			return
		}
		if err := json.Unmarshal(m.Result, result); err != nil {
			b.t.Fatalf("%s: %v", method, err)
		}
		return
	}
}

// next reads a message and takes in what it tells of the page.
func (b *browser) next() (m message) {
	b.t.Helper()
	text, err := b.out.ReadBytes(0)
	if err != nil {
		b.t.Fatalf("the browser is gone: %v", err)
	}
	if err := json.Unmarshal(text[:len(text)-1], &m); err != nil {
		b.t.Fatal(err)
	}
	switch m.Method {
	case "Runtime.consoleAPICalled", "Runtime.exceptionThrown", "Log.entryAdded", "Page.javascriptDialogOpening":
		b.said = append(b.said, string(m.Params))
	case "Network.requestWillBeSent":
		var of struct{ Request struct{ URL string } }
		json.Unmarshal(m.Params, &of)
		b.asked = append(b.asked, of.Request.URL)
	case "Page.lifecycleEvent":
		var of struct{ LoaderID, Name string }
		json.Unmarshal(m.Params, &of)
		b.loaded[of.LoaderID] = b.loaded[of.LoaderID] || of.Name == "load"
	}
	return m
}

// size makes the page as wide as a screen, in its "light" or "dark" colours.
func (b *browser) size(width int, scheme string) {
	b.t.Helper()
	b.call("Emulation.setDeviceMetricsOverride", map[string]any{"width": width, "height": 1000, "deviceScaleFactor": 1, "mobile": false}, nil)
	b.call("Emulation.setEmulatedMedia", map[string]any{"features": []map[string]string{{"name": "prefers-color-scheme", "value": scheme}}}, nil)
}

// open opens a page from a file, as a person does who double-clicks on it.
func (b *browser) open(text string) {
	b.t.Helper()
	path := filepath.Join(b.t.TempDir(), "report.html")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		b.t.Fatal(err)
	}
	var began struct{ LoaderID string }
	b.call("Page.navigate", map[string]any{"url": "file://" + path}, &began)
	for !b.loaded[began.LoaderID] {
		b.next()
	}
}

// eval runs a script and gives what it comes to.
func (b *browser) eval(script string, into any) {
	b.t.Helper()
	var got struct {
		Result           struct{ Value json.RawMessage }
		ExceptionDetails json.RawMessage
	}
	b.call("Runtime.evaluate", map[string]any{"expression": script, "returnByValue": true, "awaitPromise": true}, &got)
	if got.ExceptionDetails != nil {
		b.t.Fatalf("%s: %s", script, got.ExceptionDetails)
	}
	if into == nil {
		return
	}
	if err := json.Unmarshal(got.Result.Value, into); err != nil {
		b.t.Fatalf("%s: %v: %s", script, err, got.Result.Value)
	}
}

// press presses keys, as a person who has no mouse.
func (b *browser) press(keys ...string) {
	b.t.Helper()
	codes := map[string]int{"Tab": 9, "Enter": 13, " ": 32}
	for _, k := range keys {
		key := map[string]any{"type": "keyDown", "key": k, "windowsVirtualKeyCode": codes[k]}
		if k == "Enter" {
			key["text"] = "\r"
		} else if k == " " {
			key["text"] = " "
		}
		b.call("Input.dispatchKeyEvent", key, nil)
		b.call("Input.dispatchKeyEvent", map[string]any{"type": "keyUp", "key": k, "windowsVirtualKeyCode": codes[k]}, nil)
	}
}

// write types a text where the focus is.
func (b *browser) write(text string) {
	b.t.Helper()
	b.call("Input.insertText", map[string]any{"text": text}, nil)
}

// wantQuiet is an error where the browser had something to say, or asked for anything but
// the file itself.
func (b *browser) wantQuiet() {
	b.t.Helper()
	b.eval("0", nil) // what it said before has come by then
	if len(b.said) > 0 {
		b.t.Errorf("the browser says %s", strings.Join(b.said, "\n"))
	}
	for _, url := range b.asked {
		if !strings.HasPrefix(url, "file://") || !strings.HasSuffix(url, "/report.html") {
			b.t.Errorf("the page asks for %s", url)
		}
	}
}

// print prints the page to a file, as a PDF.
func (b *browser) print() (path string) {
	b.t.Helper()
	var got struct{ Data []byte }
	b.call("Page.printToPDF", map[string]any{"preferCSSPageSize": true, "printBackground": true}, &got)
	path = filepath.Join(b.t.TempDir(), "report.pdf")
	if err := os.WriteFile(path, got.Data, 0o600); err != nil {
		b.t.Fatal(err)
	}
	return path
}
