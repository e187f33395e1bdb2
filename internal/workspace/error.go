package workspace

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// Error is what is wrong with a workspace, and what to do about it.
type Error struct {
	Code    string // stable: "no-workspace", "settings", "ledger-folder", "password", …
	Message string // what happened and where; for several faults one indented line each
	Remedy  string
	Faults  []Fault // of code "settings": each fault, in the file's order
	Err     error   // the cause; may be nil
}

func (e *Error) Error() string { return e.Message }
func (e *Error) Unwrap() error { return e.Err }

// codeNone is the code of an error that says that there is no workspace.
const codeNone = "no-workspace"

// IsNone reports whether err says that there is no workspace, which is not the same as
// one that cannot be read.
func IsNone(err error) bool {
	var e *Error
	return errors.As(err, &e) && e.Code == codeNone
}

// Fault is one mistake in batch.toml.
type Fault struct {
	File    string // as messages show it
	Line    int    // from 1; 0: the mistake has no place, something is missing
	Column  int    // from 1, in characters
	Key     string // like "portal.environment"; empty where the text is no TOML
	Message string // never holds a personal value
	Remedy  string
}

func (f Fault) String() string {
	place := f.File
	if f.Line > 0 {
		place = fmt.Sprintf("%s:%d:%d", f.File, f.Line, f.Column)
	}
	if f.Key != "" {
		place += " (" + f.Key + ")"
	}
	return place + ": " + f.Message
}

// faulty makes one error of the faults in a file: one that stands alone speaks for
// itself, several are listed with a remedy each.
func faulty(path string, faults []Fault) *Error {
	slices.SortStableFunc(faults, func(a, b Fault) int {
		return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column))
	})
	e := &Error{Code: "settings", Faults: faults, Message: faults[0].String(), Remedy: faults[0].Remedy}
	if len(faults) == 1 {
		return e
	}
	lines := []string{fmt.Sprintf("there are %d mistakes in %s", len(faults), path)}
	for _, f := range faults {
		lines = append(lines, "  "+f.String(), "    → "+f.Remedy)
	}
	e.Message, e.Remedy = strings.Join(lines, "\n"), "correct them, then run the same command again"
	return e
}
