package sandbox

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

const settingsName = "batch.toml"

// settingsMark is the first line of a batch.toml that may be written over.
const settingsMark = "# Written by \"batch sandbox\", and written over when it is started at another address.\n"

// settings is a batch.toml for a workspace that speaks to this sandbox.
const settings = settingsMark + `
time_zone = "Europe/Oslo"

[portal]
environment = "sandbox"
url = %q
trust = "ca.pem"
server_organization = %q
polling_queue = "sandbox"
calls_per_second = 10

[identity]
certificate = "client.p12"
password_file = "client.password"

[sender]
organization = %q
kind = "public"
`

// readyName is the file that is there while a sandbox is.
const readyName = "sandbox.json"

// ready is sandbox.json.
type ready struct {
	URL     string `json:"url"`
	Control string `json:"control"`
	PID     int    `json:"pid"`
}

// WriteFiles makes dir a workspace for this sandbox: ca.pem, server.pem, client.p12,
// client.password, batch.toml, and last of all sandbox.json, which so tells that the
// others are there. Close removes it. It writes over files of an earlier sandbox, but
// never over a batch.toml of somebody else; one that leads to this sandbox's address
// already may have been changed by somebody and is left as it is.
func (r *Running) WriteFiles(dir string) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("making the sandbox's folder: %w", err)
	}
	settings, err := r.settings(filepath.Join(dir, settingsName))
	if err != nil {
		return err
	}
	if err := removeReady(dir); err != nil {
		return err
	}
	state, err := json.Marshal(ready{r.URL, r.Control, os.Getpid()})
	if err != nil {
		return fmt.Errorf("writing sandbox.json: %w", err)
	}
	for _, f := range []struct {
		name    string
		mode    fs.FileMode
		content []byte
	}{
		{"ca.pem", 0o644, r.Sandbox.PKI.CAPEM()},
		{"server.pem", 0o644, r.Sandbox.PKI.ServerPEM()},
		{"client.p12", 0o600, r.Sandbox.PKI.ClientP12},
		{"client.password", 0o600, []byte(r.Sandbox.PKI.ClientPassword + "\n")},
		{settingsName, 0o644, settings},
		{readyName, 0o644, append(state, '\n')},
	} {
		if err := writeWhole(filepath.Join(dir, f.name), f.content, f.mode); err != nil {
			return fmt.Errorf("writing %s: %w", f.name, err)
		}
	}
	r.readyIn.Store(&dir)
	return nil
}

// settings are the batch.toml to write: the one that is there, a new one, or none where
// that would be somebody's loss.
func (r *Running) settings(path string) ([]byte, error) {
	old, err := os.ReadFile(path)
	switch {
	case err != nil && !errors.Is(err, fs.ErrNotExist):
		return nil, fmt.Errorf("reading the batch.toml that is there: %w", err)
	case bytes.Contains(old, []byte(r.URL)):
		return old, nil
	case err == nil && !bytes.HasPrefix(old, []byte(settingsMark)):
		return nil, fmt.Errorf("%s is a workspace's own and would be written over; give the sandbox a folder of its own, or the address that stands there", path)
	}
	return fmt.Appendf(nil, settings, r.URL, ServerOrganization, Organization), nil
}

// removeReady removes the sandbox.json of a sandbox that is not, or no longer, there.
func removeReady(dir string) error {
	if err := os.Remove(filepath.Join(dir, readyName)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("removing the sandbox.json of an earlier sandbox: %w", err)
	}
	return nil
}

// writeWhole writes a file so that it is there whole or not at all.
func writeWhole(path string, content []byte, mode fs.FileMode) error {
	temp, err := os.CreateTemp(filepath.Dir(path), ".sandbox-*")
	if err != nil {
		return err
	}
	defer os.Remove(temp.Name()) // gone already where all went well
	_, err = temp.Write(content)
	if err := errors.Join(err, temp.Chmod(mode), temp.Close()); err != nil {
		return err
	}
	return os.Rename(temp.Name(), path)
}
