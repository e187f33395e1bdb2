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
	"unicode/utf8"
)

// passwordVariable holds the password where batch.toml names no source.
const passwordVariable = "BATCH_CERTIFICATE_PASSWORD"

// commandTime is how long password_command may take: it may ask somebody.
const commandTime = 2 * time.Minute

// maxPassword bounds what is read of a password's source, in bytes.
const maxPassword = 4096

// PasswordSource is where a password comes from.
type PasswordSource string

const (
	FromFile     PasswordSource = "password_file"
	FromCommand  PasswordSource = "password_command"
	FromVariable PasswordSource = passwordVariable
	FromPrompt   PasswordSource = "prompt"
)

// PasswordSource says where [Workspace.Password] looks: password_file or
// password_command, else the variable BATCH_CERTIFICATE_PASSWORD where it is set, else
// somebody is asked.
func (w *Workspace) PasswordSource() PasswordSource {
	switch _, set := os.LookupEnv(passwordVariable); {
	case w.Config.Identity.PasswordFile != "":
		return FromFile
	case w.Config.Identity.PasswordCommand != "":
		return FromCommand
	case set:
		return FromVariable
	}
	return FromPrompt
}

// Password finds the certificate's password at its source; ask answers for the
// certificate's file name, and the variable may be empty. A source that is named and does
// not answer is an error: the next one is not tried. A password is the first line of what
// the source gives, as UTF-8, without a byte order mark.
func (w *Workspace) Password(ctx context.Context, ask func(certificate string) (string, error)) (string, error) {
	switch id := w.Config.Identity; w.PasswordSource() {
	case FromFile:
		return passwordFromFile(id.PasswordFile)
	case FromCommand:
		ctx, cancel := context.WithTimeout(ctx, commandTime)
		defer cancel()
		return passwordFromCommand(ctx, id.PasswordCommand, w.Dir)
	case FromVariable:
		return line([]byte(os.Getenv(passwordVariable)), "the variable "+passwordVariable)
	}
	if ask == nil {
		return "", badPassword("the certificate needs a password and none is given",
			"set password_file or password_command in batch.toml, or the variable "+passwordVariable, nil)
	}
	answer, err := ask(filepath.Base(w.Config.Identity.Certificate))
	if err != nil {
		return "", err
	}
	return line([]byte(answer), "the password that was typed")
}

func badPassword(message, remedy string, err error) error {
	return &Error{Code: "password", Message: message, Remedy: remedy, Err: err}
}

// passwordFromFile reads a file that only its owner may open. The mode is that of the file
// that was opened: a link to it has none of its own.
func passwordFromFile(path string) (string, error) {
	info, err := os.Stat(path) // before it is opened: opening a pipe waits for its other end
	switch {
	case err != nil:
		return "", badPassword("the password file "+path+" cannot be read: "+reason(err), "see password_file in [identity] of batch.toml", err)
	case !info.Mode().IsRegular():
		return "", badPassword("the password file "+path+" is not an ordinary file", "see password_file in [identity] of batch.toml; what a program prints is read with password_command", nil)
	}
	f, err := os.Open(path)
	if err != nil {
		return "", badPassword("the password file "+path+" cannot be read: "+reason(err), "see that it is a file that you may read", err)
	}
	defer f.Close()
	info, err = f.Stat()
	switch {
	case err != nil:
		return "", badPassword("the password file "+path+" cannot be read: "+reason(err), "see that it is a file that you may read", err)
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
	password, err := line(text, source)
	if err == nil && password == "" {
		return "", badPassword(source+" has an empty first line", "its first line must be the password", nil)
	}
	return password, err
}

// line is the first line of a text, without the marks that editors and shells put around
// it: a byte order mark before it, a line break of any system behind it.
func line(text []byte, source string) (string, error) {
	line, _, _ := bytes.Cut(bytes.TrimPrefix(text, []byte("\ufeff")), []byte("\n"))
	line = bytes.TrimSuffix(line, []byte("\r"))
	switch {
	case len(line) > maxPassword:
		return "", badPassword(source+" is too long to be a password", "its first line must be the password", nil)
	case !utf8.Valid(line), bytes.IndexByte(line, 0) >= 0: // a zero byte: UTF-16, where all letters are ASCII
		return "", badPassword(source+" is not text in UTF-8", "save it, or print it, in the encoding UTF-8: letters like æ, ø and å are others elsewhere", nil)
	}
	return string(line), nil
}
