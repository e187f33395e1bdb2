package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"golang.org/x/term"

	"batch/internal/app"
)

// confirm asks a question that "yes" answers. Without a terminal nothing is confirmed.
func (u *ui) confirm(question string) bool { return u.confirmBy("yes", question) }

// asks reports whether a question gets an answer that a person has thought of: --yes was given
// before anything could be seen.
func (u *ui) asks() bool { return u.ask && !u.yes }

// confirmBy asks a question that a word answers; one that nobody types in passing where an
// answer cannot be taken back.
func (u *ui) confirmBy(word, question string) bool {
	if u.yes {
		return true
	}
	if !u.ask {
		return false
	}
	u.clearLine()
	answer, err := u.typed(clean(question)+" Type "+word+" to go on: ", func() (string, error) { return u.in.ReadString('\n') })
	return err == nil && strings.EqualFold(strings.TrimSpace(answer), word)
}

// password asks for the certificate's password without showing it.
func (u *ui) password(of string) (string, error) {
	const sources = "set password_file or password_command in batch.toml, or the variable BATCH_CERTIFICATE_PASSWORD"
	if !u.ask {
		return "", &app.Error{Kind: app.KindUsage, Message: "the certificate needs a password and there is no terminal to ask at", Remedy: sources}
	}
	terminal := int(os.Stdin.Fd())
	shown, err := term.GetState(terminal)
	if err != nil {
		return "", fmt.Errorf("asking for the password: %w", err)
	}
	text, err := u.typed(clean("Password of "+of+": "), func() (string, error) {
		b, err := term.ReadPassword(terminal)
		return string(b), err
	})
	if u.left.Load() { // the reader that is left behind would show again what is typed, too late
		term.Restore(terminal, shown)
		return "", err
	}
	fmt.Fprintln(u.err)
	if errors.Is(err, io.EOF) {
		return "", &app.Error{Kind: app.KindUsage, Message: "no password was typed", Remedy: "type it; or " + sources}
	}
	return text, err
}

// typed asks and is what a person types, or context.Canceled where Ctrl-C is the answer.
// Reading from a terminal cannot be broken off: the reader is left behind, and ends with the
// process.
func (u *ui) typed(question string, read func() (string, error)) (string, error) {
	type line struct {
		text string
		err  error
	}
	u.asking.Store(true)
	defer u.asking.Store(false)
	fmt.Fprint(u.err, question)
	got := make(chan line, 1)
	go func() {
		text, err := read()
		got <- line{text, err}
	}()
	select {
	case l := <-got:
		return l.text, l.err
	case <-u.stopped:
		u.left.Store(true)
		fmt.Fprintln(u.err)
		return "", context.Canceled
	}
}
