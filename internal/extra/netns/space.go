//go:build linux

package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"

	"golang.org/x/sys/unix"
)

// device is what the one network device of each namespace is called.
const device = "chio0"

// mtu leaves a QUIC packet of 1,280 bytes room, and is less than what a real
// path usually has.
const mtu = 1400

// space is a network namespace with one device, whose other end is this program.
type space struct {
	name string
	ip   string
	tun  *os.File
	nat  *translator // nil without
}

// need checks what this machine can do, and says what it cannot.
func need() error {
	if os.Geteuid() != 0 {
		return errors.New("network namespaces need root")
	}
	if _, err := os.Stat("/dev/net/tun"); err != nil {
		return fmt.Errorf("the kernel offers no TUN devices: %w", err)
	}
	if _, err := exec.LookPath("ip"); err == nil {
		return nil
	}
	for _, args := range [][]string{{"update", "-qq"}, {"install", "-y", "-qq", "iproute2"}} {
		if err := command("apt-get", args...); err != nil {
			return fmt.Errorf("iproute2 is missing: %w", err)
		}
	}
	return nil
}

// command runs a program to its end.
func command(name string, args ...string) error {
	out, err := exec.Command(name, args...).CombinedOutput()
	if err != nil {
		return fmt.Errorf("%s %q: %w: %s", name, args, err, bytes.TrimSpace(out))
	}
	return nil
}

// newSpace makes the namespace of host n; close takes it away again. A host with
// an address inside has it behind a translator, and its own one only there.
func newSpace(prefix string, n int, inside string) (*space, error) {
	s := &space{name: fmt.Sprintf("%s%d", prefix, n), ip: address(n)}
	if inside != "" {
		s.ip, s.nat = inside, newTranslator(bytes4(inside), bytes4(address(n)))
	}
	if err := command("ip", "netns", "add", s.name); err != nil {
		return nil, err
	}
	var err error
	if s.tun, err = openTun(s.name); err != nil {
		return nil, errors.Join(err, s.close())
	}
	for _, args := range [][]string{
		{"-n", s.name, "link", "set", "lo", "up"},
		{"-n", s.name, "addr", "add", s.ip + "/24", "dev", device},
		{"-n", s.name, "link", "set", device, "mtu", fmt.Sprint(mtu), "up"},
		{"-n", s.name, "route", "add", "default", "dev", device},
	} {
		if err := command("ip", args...); err != nil {
			return nil, errors.Join(err, s.close())
		}
	}
	return s, nil
}

func (s *space) close() error {
	var err error
	if s.tun != nil {
		err = s.tun.Close()
	}
	return errors.Join(err, command("ip", "netns", "del", s.name))
}

// address is the address of host n, of the range for tests of networks, RFC 2544.
func address(n int) string { return fmt.Sprintf("198.18.77.%d", n+1) }

// openTun makes the device in a namespace and keeps its other end here. The
// thread that entered the namespace is thrown away.
func openTun(name string) (*os.File, error) {
	type made struct {
		f   *os.File
		err error
	}
	done := make(chan made)
	go func() {
		runtime.LockOSThread() // and never unlocked: the thread ends with this goroutine
		f, err := tunIn("/var/run/netns/" + name)
		done <- made{f, err}
	}()
	m := <-done
	return m.f, m.err
}

func tunIn(path string) (*os.File, error) {
	ns, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer func() { _ = ns.Close() }() // it was only read
	if err := unix.Setns(int(ns.Fd()), unix.CLONE_NEWNET); err != nil {
		return nil, fmt.Errorf("enter %s: %w", path, err)
	}
	fd, err := unix.Open("/dev/net/tun", unix.O_RDWR|unix.O_NONBLOCK|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, fmt.Errorf("open a TUN device: %w", err)
	}
	req, err := unix.NewIfreq(device)
	if err != nil {
		return nil, errors.Join(err, unix.Close(fd))
	}
	req.SetUint16(unix.IFF_TUN | unix.IFF_NO_PI)
	if err := unix.IoctlIfreq(fd, unix.TUNSETIFF, req); err != nil {
		return nil, errors.Join(fmt.Errorf("make a TUN device: %w", err), unix.Close(fd))
	}
	return os.NewFile(uintptr(fd), device), nil
}
