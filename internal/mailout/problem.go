package mailout

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Severity says whether a finding stops the batch.
type Severity string

const (
	Stop Severity = "problem" // the batch is not sent
	Warn Severity = "warning" // shown, and counted
)

// Place is where in the sender's files something stands. Empty parts are unknown.
type Place struct {
	File   string `json:"file,omitempty"`
	Sheet  string `json:"sheet,omitempty"`
	Line   int    `json:"line,omitempty"`
	Column string `json:"column,omitempty"` // letters, as Excel shows them
	Field  string `json:"field,omitempty"`  // our column name
	Row    string `json:"row,omitempty"`    // the owner's key

	Document string `json:"document,omitempty"` // a PDF below the documents' folder
	Page     int    `json:"page,omitempty"`     // in Document, from 1
	Object   int    `json:"object,omitempty"`   // number of a PDF object in Document
}

// String writes a place as a person looks for it: "manifest.xlsx, sheet Ark1, C14
// (national_id)".
func (p Place) String() string {
	parts := []string{}
	if p.File != "" {
		parts = append(parts, p.File)
	}
	if p.Sheet != "" {
		parts = append(parts, "sheet "+p.Sheet)
	}
	switch {
	case p.Line > 0 && p.Column != "":
		parts = append(parts, fmt.Sprintf("%s%d", p.Column, p.Line))
	case p.Line > 0:
		parts = append(parts, fmt.Sprintf("line %d", p.Line))
	case p.Column != "":
		parts = append(parts, "column "+p.Column)
	}
	s := strings.Join(parts, ", ")
	if p.Field != "" {
		s += " (" + p.Field + ")"
	}
	return s
}

// Problem is one finding about the sender's input: a stable code, the place, a
// sentence, and what to do. Message and Remedy never hold a personal value.
type Problem struct {
	Severity Severity `json:"severity"`
	Code     string   `json:"code"`
	Place
	Message string `json:"message"`
	Remedy  string `json:"remedy"`
}

func (p Problem) String() string {
	return fmt.Sprintf("%s: %s\n  → %s", p.Place, p.Message, p.Remedy)
}

// SortProblems orders findings by line, then column, then code.
func SortProblems(ps []Problem) {
	slices.SortStableFunc(ps, func(a, b Problem) int {
		return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(len(a.Column), len(b.Column)),
			cmp.Compare(a.Column, b.Column), cmp.Compare(a.Code, b.Code))
	})
}

// Stopping returns the findings that stop a batch.
func Stopping(ps []Problem) []Problem {
	return slices.DeleteFunc(slices.Clone(ps), func(p Problem) bool { return p.Severity != Stop })
}
