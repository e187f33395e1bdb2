package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/pelletier/go-toml/v2"
)

// portal is a "batch sandbox" in a process of its own.
type portal struct {
	dir     string // its folder, a workspace that speaks to it
	control string // address of its control API
	cmd     *exec.Cmd
	once    sync.Once
	ended   error
}

// startPortal starts a sandbox without limits and lifts the pace in its batch.toml, so
// that tests do not wait.
func startPortal(dir string, flags ...string) (*portal, error) {
	p, err := startStrictPortal(dir, append([]string{"--no-limits", "--poll-interval", "100ms"}, flags...)...)
	if err != nil {
		return nil, err
	}
	return p, changeSettings(filepath.Join(dir, "batch.toml"), "portal.calls_per_second=0")
}

// startStrictPortal starts a sandbox and returns when it is ready.
func startStrictPortal(dir string, flags ...string) (*portal, error) {
	p := &portal{dir: dir, cmd: exec.Command("batch", append([]string{"sandbox", "--dir", dir}, flags...)...)}
	var complaint strings.Builder
	p.cmd.Stderr = &complaint
	out, err := p.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := p.cmd.Start(); err != nil {
		return nil, err
	}
	lines := bufio.NewScanner(out)
	for lines.Scan() && !strings.HasPrefix(lines.Text(), "files ") { // the last line it says when it is ready
	}
	ready, err := os.ReadFile(filepath.Join(dir, "sandbox.json"))
	if err == nil {
		err = json.Unmarshal(ready, &struct {
			Control *string `json:"control"`
		}{&p.control})
	}
	if err != nil {
		p.stop()
		return nil, fmt.Errorf("starting the sandbox: %w\n%s", err, complaint.String())
	}
	return p, nil
}

// stop ends the sandbox as Ctrl-C does. It may be called again.
func (p *portal) stop() error {
	p.once.Do(func() {
		p.ended = errors.Join(p.cmd.Process.Signal(os.Interrupt), p.cmd.Wait())
	})
	return p.ended
}

// ask makes a call to the control API.
func (p *portal) ask(method, path, body string) ([]byte, error) {
	request, err := http.NewRequest(method, p.control+path, strings.NewReader(body))
	if err != nil {
		return nil, err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	answer, err := io.ReadAll(response.Body)
	if err == nil && response.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s %s: %s: %s", method, path, response.Status, answer)
	}
	return answer, err
}

// hang is how long a process is waited for that has nothing left to wait for itself.
const hang = 2 * time.Minute

// await asks again and again until the answer is as wanted. Another process cannot be
// waited for in any other way.
func (p *portal) await(path string, wanted func(answer []byte) bool) error {
	var answer []byte
	for until := time.Now().Add(hang); time.Now().Before(until); time.Sleep(5 * time.Millisecond) {
		var err error
		if answer, err = p.ask(http.MethodGet, path, ""); err != nil {
			return err
		}
		if wanted(answer) {
			return nil
		}
	}
	return fmt.Errorf("waiting for %s in vain; it says\n%s", path, answer)
}

// awaitJobs waits until the portal has so many jobs.
func (p *portal) awaitJobs(n int) error {
	return p.await("/jobs", func(answer []byte) bool {
		var all []json.RawMessage
		return json.Unmarshal(answer, &all) == nil && len(all) >= n
	})
}

// awaitFile waits until a folder of the workspace has something in it.
func (p *portal) awaitFile(folder string) error {
	return p.await("/jobs", func([]byte) bool {
		entries, err := os.ReadDir(filepath.Join(p.dir, folder))
		return err == nil && len(entries) > 0
	})
}

// changeSettings sets keys like send.absent_after="0s" of a batch.toml, and takes those
// without a value out.
func changeSettings(path string, changes ...string) error {
	text, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	settings := map[string]any{}
	if err := toml.Unmarshal(text, &settings); err != nil {
		return err
	}
	for _, c := range changes {
		name, setting, _ := strings.Cut(c, ".")
		table, _ := settings[name].(map[string]any)
		if table == nil {
			table = map[string]any{}
		}
		if strings.Contains(setting, "=") {
			err = errors.Join(err, toml.Unmarshal([]byte(setting), &table))
		} else {
			delete(table, setting)
		}
		settings[name] = table
	}
	changed, marshalling := toml.Marshal(settings)
	if err := errors.Join(err, marshalling); err != nil {
		return err
	}
	return os.WriteFile(path, changed, 0o600)
}
