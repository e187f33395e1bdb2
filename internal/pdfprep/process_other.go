//go:build !linux

package pdfprep

import "syscall"

// dieWithParent asks for nothing: elsewhere a worker ends when its input does, after
// the file it is at.
func dieWithParent() *syscall.SysProcAttr { return nil }
