//go:build !linux

package pdfprep

import (
	"os"
	"syscall"
)

// dieWithParent asks for nothing: elsewhere a worker ends when its input does, after
// the file it is at.
func dieWithParent() *syscall.SysProcAttr { return nil }

// wasKilled is not told everywhere; where it is not known, a worker's end is put down to
// its file.
func wasKilled(*os.ProcessState) bool { return false }
