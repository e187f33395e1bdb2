package main

import (
	"fmt"
	"io"
	"os"
	"os/exec"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

// terminal is a terminal at which a command runs: what the command says comes out of it, and
// what is written to it a person types.
type terminal struct {
	*process
	master *os.File
	read   chan struct{} // closed when all that was said has been read
}

const ctrlC = "\x03"

// atTerminal starts a command at a terminal of its own.
func atTerminal(t *testing.T, cmd *exec.Cmd) *terminal {
	t.Helper()
	fd, err := unix.Open("/dev/ptmx", unix.O_RDWR|unix.O_NOCTTY|unix.O_CLOEXEC, 0)
	must(t, err)
	must(t, unix.IoctlSetPointerInt(fd, unix.TIOCSPTLCK, 0))
	n, err := unix.IoctlGetInt(fd, unix.TIOCGPTN)
	must(t, err)
	must(t, unix.SetNonblock(fd, true)) // so that closing it ends a reading
	master := os.NewFile(uintptr(fd), "the terminal")
	slave, err := os.OpenFile(fmt.Sprintf("/dev/pts/%d", n), os.O_RDWR|unix.O_NOCTTY, 0)
	must(t, err)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = slave, slave, slave
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
	p := &terminal{&process{cmd: cmd, out: new(heard), err: new(heard), ended: make(chan struct{})}, master, make(chan struct{})}
	p.run(t)
	must(t, slave.Close()) // reading ends when the process has closed its own
	t.Cleanup(func() { master.Close() })
	go func() {
		defer close(p.read)
		io.Copy(p.out, master)
	}()
	return p
}

// ends waits for the end, and until what was said last has been read.
func (p *terminal) ends(t *testing.T, exit int) {
	t.Helper()
	p.process.ends(t, exit)
	<-p.read
}

// types is what a person types.
func (p *terminal) types(t *testing.T, text string) {
	t.Helper()
	_, err := p.master.WriteString(text)
	must(t, err)
}

// echoes reports whether the terminal shows what is typed.
func (p *terminal) echoes(t *testing.T) bool {
	t.Helper()
	control, err := p.master.SyscallConn()
	must(t, err)
	var settings *unix.Termios
	var asking error
	must(t, control.Control(func(fd uintptr) { settings, asking = unix.IoctlGetTermios(int(fd), unix.TCGETS) }))
	must(t, asking)
	return settings.Lflag&unix.ECHO != 0
}
