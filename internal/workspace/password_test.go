package workspace

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"
)

const secret = "rett hest bløt Ærfugl" // of two bytes each: ø and Æ

func unasked(t *testing.T) func(string) (string, error) {
	return func(string) (string, error) {
		t.Error("somebody was asked")
		return "", errors.New("asked")
	}
}

// fileWith makes a file in a workspace and names it as the password's.
func fileWith(t *testing.T, content string, mode fs.FileMode) *Workspace {
	t.Helper()
	w := made(t)
	w.Config.Identity.PasswordFile = filepath.Join(w.Dir, "p")
	if err := os.WriteFile(w.Config.Identity.PasswordFile, []byte(content), mode); err != nil {
		t.Fatal(err)
	}
	return w
}

func TestPasswordFile(t *testing.T) {
	t.Setenv(passwordVariable, "another")
	for _, content := range []string{secret, secret + "\n", secret + "\r\n", secret + "\nuser: kari\n", "\ufeff" + secret, "\ufeff" + secret + "\r\n"} {
		if got, err := fileWith(t, content, 0o600).Password(t.Context(), unasked(t)); got != secret || err != nil {
			t.Errorf("%q: got %q, %v", content, got, err)
		}
	}
}

func TestPasswordFileRefused(t *testing.T) {
	missing, folder := made(t), made(t)
	missing.Config.Identity.PasswordFile = filepath.Join(missing.Dir, "p")
	folder.Config.Identity.PasswordFile = filepath.Join(folder.Dir, "p")
	if err := os.Mkdir(folder.Config.Identity.PasswordFile, 0o700); err != nil {
		t.Fatal(err)
	}
	pipe := piped(t)
	cases := map[string]*Workspace{
		"cannot be read":          missing,
		"p is not an ordinary":    folder,
		"pipe is not an ordinary": pipe,
		"has an empty first line": fileWith(t, "\n"+secret+"\n", 0o600),
		"is too long":             fileWith(t, strings.Repeat(secret, 1000), 0o600),
		"not text in UTF-8":       fileWith(t, "bl\xf8t", 0o600),                    // Windows-1252
		"is not text in UTF-8":    fileWith(t, "\xff\xfeb\x00l\x00\xf8\x00", 0o600), // UTF-16, as Notepad once wrote
		"p is not text in UTF-8":  fileWith(t, "b\x00l\x00t\x00", 0o600),
	}
	if runtime.GOOS != "windows" {
		cases["can be read by other users"] = fileWith(t, secret, 0o640)
	}
	for want, w := range cases {
		_, err := w.Password(t.Context(), unasked(t))
		checkPasswordError(t, err, want)
	}
}

// piped is a workspace whose password file is a pipe that nobody writes to: reading it
// would wait for ever.
func piped(t *testing.T) *Workspace {
	w := made(t)
	w.Config.Identity.PasswordFile = filepath.Join(w.Dir, "pipe")
	if err := exec.Command("mkfifo", "-m", "600", w.Config.Identity.PasswordFile).Run(); err != nil {
		t.Fatal(err)
	}
	return w
}

// What a link leads to counts, not the link, which anybody may read.
func TestPasswordFileBehindALink(t *testing.T) {
	w := fileWith(t, secret, 0o600)
	file := w.Config.Identity.PasswordFile
	w.Config.Identity.PasswordFile = filepath.Join(t.TempDir(), "link")
	if err := os.Symlink(file, w.Config.Identity.PasswordFile); err != nil {
		t.Fatal(err)
	}
	if got, err := w.Password(t.Context(), unasked(t)); got != secret || err != nil {
		t.Errorf("got %q, %v", got, err)
	}
	if err := os.Chmod(file, 0o644); err != nil {
		t.Fatal(err)
	}
	_, err := w.Password(t.Context(), unasked(t))
	checkPasswordError(t, err, "can be read by other users")
}

func checkPasswordError(t *testing.T, err error, want string) {
	t.Helper()
	var e *Error
	if !errors.As(err, &e) || !strings.Contains(e.Message, want) || e.Remedy == "" {
		t.Errorf("got %v, want %q with a remedy", err, want)
	}
	if err != nil && strings.Contains(err.Error(), secret) {
		t.Errorf("the password stands in %q", err)
	}
}

// commanded is a workspace with a password_command for the shell of Unix.
func commanded(t *testing.T, command string) *Workspace {
	t.Helper()
	if runtime.GOOS == "windows" {
		t.Skip("the commands of this test are for a Unix shell")
	}
	w := made(t)
	w.Config.Identity.PasswordCommand = command
	return w
}

func TestPasswordCommand(t *testing.T) {
	t.Setenv(passwordVariable, "another")
	for _, command := range []string{"printf '" + secret + "'", "echo rett hest | sed 's/$/ bløt Ærfugl/'; echo more >&2", "cat p",
		"printf '\\357\\273\\277" + secret + "\\r\\n'", "cat p; head -c 1000000 /dev/zero"} {
		w := commanded(t, command)
		if err := os.WriteFile(filepath.Join(w.Dir, "p"), []byte(secret+"\nmore\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		if got, err := w.Password(t.Context(), unasked(t)); got != secret || err != nil {
			t.Errorf("%s: got %q, %v", command, got, err)
		}
	}
}

func TestPasswordCommandRefused(t *testing.T) {
	for command, want := range map[string]string{
		"echo " + secret + "; echo " + secret + " >&2; exit 3": "did not succeed: exit status 3",
		"there-is-no-such-command":                             "did not succeed: exit status 127",
		"true":                                                 "has an empty first line",
		"head -c 100000 /dev/zero":                             "is too long",
		"printf 'bl\\370t\\n'":                                 "not text in UTF-8",
	} {
		_, err := commanded(t, command).Password(t.Context(), unasked(t))
		checkPasswordError(t, err, want)
	}
}

// TestPasswordCommandThatHangs waits for input that never comes, in a child of the shell
// that keeps the pipe open.
func TestPasswordCommandThatHangs(t *testing.T) {
	w := commanded(t, "")
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	_, err := passwordFromCommand(ctx, "mkfifo never; cat never; true", w.Dir)
	checkPasswordError(t, err, "did not end in time")
	// Whoever waits for the pipe's other end is let go.
	if f, err := os.OpenFile(filepath.Join(w.Dir, "never"), os.O_RDWR, 0); err == nil {
		f.Close()
	}
}

func TestPasswordCommandStopped(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := commanded(t, "echo x").Password(ctx, unasked(t)); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want it cancelled", err)
	}
}

func TestPasswordVariable(t *testing.T) {
	w := made(t)
	for _, v := range []string{secret, secret + "\n", secret + "\r\n", "\ufeff" + secret, ""} {
		t.Setenv(passwordVariable, v)
		want := secret
		if v == "" {
			want = "" // a file without a password has an empty one
		}
		if got, err := w.Password(t.Context(), unasked(t)); got != want || err != nil {
			t.Errorf("got %q, %v, want %q", got, err, want)
		}
	}
	t.Setenv(passwordVariable, "bl\xf8t")
	_, err := w.Password(t.Context(), unasked(t))
	checkPasswordError(t, err, passwordVariable+" is not text in UTF-8")
}

func TestPasswordAsked(t *testing.T) {
	t.Setenv(passwordVariable, "") // so that it is put back afterwards
	os.Unsetenv(passwordVariable)
	w := made(t)
	got, err := w.Password(t.Context(), func(certificate string) (string, error) { return secret + " of " + certificate + "\r", nil })
	if got != secret+" of virksomhet.p12" || err != nil {
		t.Errorf("got %q, %v", got, err)
	}
	_, err = w.Password(t.Context(), nil)
	checkPasswordError(t, err, "none is given")
}

func TestPasswordSource(t *testing.T) {
	w := made(t)
	check := func(want PasswordSource) {
		t.Helper()
		if got := w.PasswordSource(); got != want {
			t.Errorf("it is %q, want %q", got, want)
		}
	}
	t.Setenv(passwordVariable, "") // so that it is put back afterwards
	check(FromVariable)
	os.Unsetenv(passwordVariable)
	check(FromPrompt)
	w.Config.Identity.PasswordCommand = "pass show posten"
	check(FromCommand)
	w.Config.Identity.PasswordFile = "p"
	check(FromFile)
}
