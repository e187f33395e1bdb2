package pdfprep

import (
	"os"
	"syscall"
)

// dieWithParent has the kernel kill a worker when the thread that started it ends.
func dieWithParent() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
}

// wasKilled reports whether a process was killed by another one, or by the system, which
// does it for want of memory.
func wasKilled(s *os.ProcessState) bool {
	status, ok := s.Sys().(syscall.WaitStatus)
	return ok && status.Signaled() && status.Signal() == syscall.SIGKILL
}
