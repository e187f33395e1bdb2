package pdfprep

import (
	"bytes"
	"fmt"
	"os"
	"strconv"
	"syscall"
)

// fenceProcess closes what the parent had itself inherited open and handed on (its own
// descriptors close by themselves), caps the address space of this process at extra
// bytes beyond what it maps now, and lets it write no file and no core dump. The cap is
// relative because Go maps 1.5 GB before main, and far more with the race detector.
func fenceProcess(extra uint64) error {
	if err := closeInherited(); err != nil {
		return fmt.Errorf("closing inherited descriptors: %w", err)
	}
	mapped, err := mappedBytes()
	if err != nil {
		return fmt.Errorf("reading the size of the process: %w", err)
	}
	for _, l := range []struct {
		resource int
		limit    uint64
	}{{syscall.RLIMIT_AS, mapped + extra}, {syscall.RLIMIT_CORE, 0}, {syscall.RLIMIT_FSIZE, 0}} {
		if err := syscall.Setrlimit(l.resource, &syscall.Rlimit{Cur: l.limit, Max: l.limit}); err != nil {
			return fmt.Errorf("limiting resource %d to %d: %w", l.resource, l.limit, err)
		}
	}
	return nil
}

// mappedBytes is the address space in use: the first field of /proc/self/statm, in pages.
func mappedBytes() (uint64, error) {
	b, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		return 0, err
	}
	first, _, _ := bytes.Cut(b, []byte(" "))
	pages, err := strconv.ParseUint(string(first), 10, 64)
	return pages * uint64(os.Getpagesize()), err
}

// closeInherited closes descriptors above stderr that are not closed on exec: every one
// that this process opened is, so that those came with it.
func closeInherited() error {
	entries, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		return err
	}
	for _, e := range entries {
		fd, err := strconv.Atoi(e.Name())
		if err != nil {
			return err
		}
		flags, _, errno := syscall.Syscall(syscall.SYS_FCNTL, uintptr(fd), syscall.F_GETFD, 0)
		if fd <= 2 || errno != 0 || flags&syscall.FD_CLOEXEC != 0 {
			continue // errno: it listed its own descriptor, closed by now
		}
		if err := syscall.Close(fd); err != nil {
			return err
		}
	}
	return nil
}
