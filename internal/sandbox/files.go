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

// settingsMark is the first line of a batch.toml that may be written over.
const settingsMark = "# Written by \"batch sandbox\", and written over at its next start.\n"

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

// ready is sandbox.json.
type ready struct {
	URL     string `json:"url"`
	Control string `json:"control"`
	PID     int    `json:"pid"`
}

// WriteFiles makes dir a workspace for this sandbox: ca.pem, server.pem, client.p12,
// client.password, batch.toml, and last of all sandbox.json, which so tells that the
// others are there. It writes over files of an earlier sandbox, but never over a
// batch.toml of somebody else.
func (r *Running) WriteFiles(dir string) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("making the sandbox's folder: %w", err)
	}
	if err := mayReplaceSettings(filepath.Join(dir, "batch.toml")); err != nil {
		return err
	}
	if err := os.Remove(filepath.Join(dir, "sandbox.json")); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("removing the sandbox.json of an earlier sandbox: %w", err)
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
		{"batch.toml", 0o644, fmt.Appendf(nil, settings, r.URL, ServerOrganization, Organization)},
		{"sandbox.json", 0o644, append(state, '\n')},
	} {
		if err := writeWhole(filepath.Join(dir, f.name), f.content, f.mode); err != nil {
			return fmt.Errorf("writing %s: %w", f.name, err)
		}
	}
	return nil
}

func mayReplaceSettings(path string) error {
	old, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("reading the batch.toml that is there: %w", err)
	}
	if !bytes.HasPrefix(old, []byte(settingsMark)) {
		return fmt.Errorf("%s is a workspace's own and would be written over; give the sandbox a folder of its own", path)
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
