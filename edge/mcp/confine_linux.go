package mcp

import (
	"errors"
	"fmt"
	"unsafe"

	"golang.org/x/sys/unix"
)

// The rights of each Landlock version. A right that is handled and not granted
// is denied.
const (
	rightsRead  = unix.LANDLOCK_ACCESS_FS_EXECUTE | unix.LANDLOCK_ACCESS_FS_READ_FILE | unix.LANDLOCK_ACCESS_FS_READ_DIR
	rightsV1    = unix.LANDLOCK_ACCESS_FS_MAKE_SYM<<1 - 1 // all up to MAKE_SYM
	rightsFiles = unix.LANDLOCK_ACCESS_FS_EXECUTE | unix.LANDLOCK_ACCESS_FS_READ_FILE | unix.LANDLOCK_ACCESS_FS_WRITE_FILE |
		unix.LANDLOCK_ACCESS_FS_TRUNCATE | unix.LANDLOCK_ACCESS_FS_IOCTL_DEV // what a rule on a file may name
)

func handledRights(version int) uint64 {
	rights := uint64(rightsV1)
	for _, added := range [...]struct {
		version int
		right   uint64
	}{{2, unix.LANDLOCK_ACCESS_FS_REFER}, {3, unix.LANDLOCK_ACCESS_FS_TRUNCATE}, {5, unix.LANDLOCK_ACCESS_FS_IOCTL_DEV}} {
		if version >= added.version {
			rights |= added.right
		}
	}
	return rights
}

// ConfinementVersion is the version of Landlock that this kernel offers, or why
// it offers none.
func ConfinementVersion() (int, error) {
	version, _, errno := unix.Syscall(unix.SYS_LANDLOCK_CREATE_RULESET, 0, 0, unix.LANDLOCK_CREATE_RULESET_VERSION)
	switch {
	case errno == unix.ENOSYS:
		return 0, errors.New("this Linux kernel has no Landlock (5.13 or later, built with it)")
	case errno == unix.EOPNOTSUPP:
		return 0, errors.New("the Landlock of this kernel is switched off (boot parameter lsm=)")
	case errno != 0:
		return 0, fmt.Errorf("confining with Landlock is not allowed here: %w", errno)
	}
	return int(version), nil
}

// restrictThread takes from the calling thread every right on files but the
// granted ones, the right to gain privileges by executing a file, and, where
// the kernel can, the right to signal other processes. What the thread executes
// inherits that; a process so restricted cannot trace one that is not.
func restrictThread(grants []grant) (err error) {
	version, err := ConfinementVersion()
	if err != nil {
		return err
	}
	handled := handledRights(version)
	attr := unix.LandlockRulesetAttr{Access_fs: handled}
	if version >= 6 {
		attr.Scoped = unix.LANDLOCK_SCOPE_SIGNAL
	}
	fd, _, errno := unix.Syscall(unix.SYS_LANDLOCK_CREATE_RULESET, uintptr(unsafe.Pointer(&attr)), unsafe.Sizeof(attr), 0)
	if errno != 0 {
		return fmt.Errorf("%w: make the rule set: %w", ErrConfine, errno)
	}
	defer func() { err = errors.Join(err, unix.Close(int(fd))) }()
	for _, g := range grants {
		if err := addGrant(int(fd), g, handled); err != nil {
			return fmt.Errorf("%w: allow %s: %w", ErrConfine, g.Path, err)
		}
	}
	if err := unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); err != nil {
		return fmt.Errorf("%w: give up new privileges: %w", ErrConfine, err)
	}
	if _, _, errno := unix.Syscall(unix.SYS_LANDLOCK_RESTRICT_SELF, fd, 0, 0); errno != 0 {
		return fmt.Errorf("%w: restrict: %w", ErrConfine, errno)
	}
	return nil
}

// addGrant adds one rule. The path is opened without following any symbolic
// link, so a link that took its place after it was listed opens nothing; a path
// that is gone or cannot be reached needs no rule.
func addGrant(ruleset int, g grant, handled uint64) error {
	fd, err := unix.Openat2(unix.AT_FDCWD, g.Path, &unix.OpenHow{Flags: unix.O_PATH | unix.O_CLOEXEC, Resolve: unix.RESOLVE_NO_SYMLINKS})
	if errors.Is(err, unix.ENOENT) || errors.Is(err, unix.ELOOP) || errors.Is(err, unix.EACCES) || errors.Is(err, unix.ENOTDIR) {
		return nil
	}
	if err != nil {
		return err
	}
	defer func() { _ = unix.Close(fd) }()
	var stat unix.Stat_t
	if err := unix.Fstat(fd, &stat); err != nil {
		return err
	}
	rights := handled
	if !g.Write {
		rights &= rightsRead
	}
	if stat.Mode&unix.S_IFMT != unix.S_IFDIR {
		rights &= rightsFiles
	}
	rule := unix.LandlockPathBeneathAttr{Allowed_access: rights, Parent_fd: int32(fd)}
	_, _, errno := unix.Syscall6(unix.SYS_LANDLOCK_ADD_RULE, uintptr(ruleset), unix.LANDLOCK_RULE_PATH_BENEATH,
		uintptr(unsafe.Pointer(&rule)), 0, 0, 0)
	if errno != 0 {
		return errno
	}
	return nil
}
