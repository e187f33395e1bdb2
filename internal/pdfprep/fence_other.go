//go:build !linux

package pdfprep

// fenceProcess does nothing: only Linux can cap the address space of a Go process in a
// way that leaves ordinary files readable. Deadlines hold everywhere.
func fenceProcess(uint64) error { return nil }
