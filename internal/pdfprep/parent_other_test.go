//go:build !linux

package pdfprep

// parentArg is used where workers die with their parent.
const parentArg = "__parent"

func runParent() int { return 1 }
