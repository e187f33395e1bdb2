package pdfprep

import (
	"os"
	"slices"
	"syscall"
)

// dieWithParent has the kernel kill a worker when the thread that started it ends.
func dieWithParent() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
}

// wasKilled reports whether a process was ended by another one, or by the system, which
// kills for want of memory. A worker ignores what may be ignored as soon as it is ready.
func wasKilled(s *os.ProcessState) bool {
	status, ok := s.Sys().(syscall.WaitStatus)
	return ok && status.Signaled() && slices.Contains([]syscall.Signal{syscall.SIGKILL, syscall.SIGTERM, syscall.SIGHUP, syscall.SIGINT}, status.Signal())
}
