package workspace

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"time"
)

// passwordVariable holds the password where batch.toml names no source.
const passwordVariable = "BATCH_CERTIFICATE_PASSWORD"

// commandTime is how long password_command may take: it may ask somebody.
const commandTime = 2 * time.Minute

// maxPassword bounds what is read of a password's source, in bytes.
const maxPassword = 4096

// Password finds the certificate's password: password_file or password_command, else the
// variable BATCH_CERTIFICATE_PASSWORD (which may be set and empty), else what ask
// answers for the certificate's file name. A source that is named and does not answer is
// an error: the next one is not tried.
func (w *Workspace) Password(ctx context.Context, ask func(certificate string) (string, error)) (string, error) {
	id := w.Config.Identity
	switch {
	case id.PasswordFile != "":
		return passwordFromFile(id.PasswordFile)
	case id.PasswordCommand != "":
		ctx, cancel := context.WithTimeout(ctx, commandTime)
		defer cancel()
		return passwordFromCommand(ctx, id.PasswordCommand, w.Dir)
	}
	if v, set := os.LookupEnv(passwordVariable); set {
		return v, nil
	}
	if ask == nil {
		return "", badPassword("the certificate needs a password and none is given",
			"set password_file or password_command in batch.toml, or the variable "+passwordVariable, nil)
	}
	return ask(filepath.Base(id.Certificate))
}

func badPassword(message, remedy string, err error) error {
	return &Error{Code: "password", Message: message, Remedy: remedy, Err: err}
}

func passwordFromFile(path string) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", badPassword("the password file "+path+" cannot be read: "+reason(err), "see password_file in [identity] of batch.toml", err)
	}
	defer f.Close()
	info, err := f.Stat()
	switch {
	case err != nil:
		return "", badPassword("the password file "+path+" cannot be read: "+reason(err), "see that it is a file that you may read", err)
	case info.IsDir():
		return "", badPassword("the password file "+path+" is a folder", "see password_file in [identity] of batch.toml", nil)
	case runtime.GOOS != "windows" && info.Mode().Perm()&0o077 != 0: // Windows has no such bits
		return "", badPassword("the password file "+path+" can be read by other users of this machine", "close it to them: chmod 600 "+path, nil)
	}
	text, err := io.ReadAll(io.LimitReader(f, maxPassword+1))
	if err != nil {
		return "", badPassword("the password file "+path+" cannot be read: "+reason(err), "see that it is a file that you may read", err)
	}
	return firstLine(text, "the password file "+path)
}

// passwordFromCommand runs the command in the workspace's folder. Its standard input is
// empty and what it complains is not shown: either could hold the password.
func passwordFromCommand(ctx context.Context, command, dir string) (string, error) {
	cmd := exec.CommandContext(ctx, shell[0], append(shell[1:len(shell):len(shell)], command)...)
	cmd.Dir = dir
	cmd.WaitDelay = time.Second // a child of the shell may outlive it and keep the pipe open
	var out limited
	cmd.Stdout = &out
	err := cmd.Run()
	remedy := "run it yourself in " + dir + " and see what it says; it stands in [identity] of batch.toml"
	switch {
	case errors.Is(ctx.Err(), context.DeadlineExceeded):
		return "", badPassword("password_command did not end in time", remedy, ctx.Err())
	case ctx.Err() != nil:
		return "", ctx.Err()
	case err != nil:
		return "", badPassword("password_command did not succeed: "+err.Error(), remedy, err)
	}
	return firstLine(out.kept, "what password_command prints")
}

// shell runs a command line as a person would type it.
var shell = func() []string {
	if runtime.GOOS == "windows" {
		return []string{"cmd", "/C"}
	}
	return []string{"/bin/sh", "-c"}
}()

// limited keeps the beginning of what is written to it.
type limited struct{ kept []byte }

func (l *limited) Write(p []byte) (int, error) {
	l.kept = append(l.kept, p[:min(len(p), maxPassword+1-len(l.kept))]...)
	return len(p), nil
}

// firstLine is the password in a text: password stores put other things behind it.
func firstLine(text []byte, source string) (string, error) {
	line, _, _ := bytes.Cut(text, []byte("\n"))
	line = bytes.TrimSuffix(line, []byte("\r"))
	switch {
	case len(line) > maxPassword:
		return "", badPassword(source+" is too long to be a password", "its first line must be the password", nil)
	case len(line) == 0:
		return "", badPassword(source+" has an empty first line", "its first line must be the password", nil)
	}
	return string(line), nil
}
