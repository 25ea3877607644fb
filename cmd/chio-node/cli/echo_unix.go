//go:build linux

package cli

import (
	"os"
	"syscall"
	"unsafe"
)

// echoOff hides what is typed at the terminal until the returned function is
// called. Standard input that is no terminal is left alone.
func echoOff() (restore func()) {
	var old syscall.Termios
	fd := os.Stdin.Fd()
	if !ioctl(fd, syscall.TCGETS, &old) {
		return func() {}
	}
	quiet := old
	quiet.Lflag &^= syscall.ECHO
	ioctl(fd, syscall.TCSETS, &quiet)
	return func() { ioctl(fd, syscall.TCSETS, &old) }
}

// isTerminal reports whether standard input is a terminal: /dev/null is a
// character device, too, but nobody types there.
func isTerminal() bool {
	var t syscall.Termios
	return ioctl(os.Stdin.Fd(), syscall.TCGETS, &t)
}

func ioctl(fd, request uintptr, t *syscall.Termios) bool {
	_, _, errno := syscall.Syscall(syscall.SYS_IOCTL, fd, request, uintptr(unsafe.Pointer(t)))
	return errno == 0
}
