package shell

import "strings"

// wrapper is a program that runs another one.
type wrapper struct {
	short   string   // short options that take a value
	long    []string // long options that take a value
	skip    int      // operands before the command
	assigns bool     // NAME=value before the command
	line    bool     // the rest is joined and given to a shell
	ok      bool
}

func wrapperOf(base string) wrapper {
	switch base {
	case "sudo", "sudoedit":
		return wrapper{ok: true, short: "ughpCDRTrtU", assigns: true,
			long: []string{"user", "group", "host", "prompt", "close-from", "chdir", "chroot", "command-timeout", "role", "type", "other-user"}}
	case "doas":
		return wrapper{ok: true, short: "uCa"}
	case "pkexec":
		return wrapper{ok: true, long: []string{"user"}}
	case "env":
		return wrapper{ok: true, short: "uC", assigns: true, long: []string{"unset", "chdir"}}
	case "command", "builtin", "nohup", "setsid", "unbuffer", "eatmydata", "fakeroot", "torsocks", "proxychains", "proxychains4", "dbus-run-session",
		"catchsegv", "caffeinate", "noglob", "nocorrect", "busybox", "toybox", "coproc", "winpty", "wsl", "chronic", "ifne", "then", "do", "else":
		return wrapper{ok: true}
	case "exec":
		return wrapper{ok: true, short: "a"}
	case "time":
		return wrapper{ok: true, short: "fo", long: []string{"format", "output"}}
	case "timeout", "gtimeout":
		return wrapper{ok: true, short: "ks", skip: 1, long: []string{"kill-after", "signal"}}
	case "nice":
		return wrapper{ok: true, short: "n", long: []string{"adjustment"}}
	case "ionice":
		return wrapper{ok: true, short: "cnpPu", long: []string{"class", "classdata"}}
	case "stdbuf":
		return wrapper{ok: true, short: "ioe", long: []string{"input", "output", "error"}}
	case "chroot":
		return wrapper{ok: true, skip: 1}
	case "unshare", "nsenter":
		return wrapper{ok: true, short: "RSGwt", long: []string{"root", "wd", "setuid", "setgid", "target", "map-user", "map-group", "propagation"}}
	case "taskset", "chrt", "setarch", "su-exec", "gosu", "setpriv", "prlimit", "softlimit", "numactl", "cpulimit":
		return wrapper{ok: true, skip: 1}
	case "linux32", "linux64", "i386", "x86_64", "bwrap", "firejail", "proot", "systemd-inhibit", "xvfb-run", "dumb-init", "tini", "strace", "ltrace", "valgrind":
		return wrapper{ok: true, short: "oeEpsn", long: []string{"output"}}
	case "systemd-run":
		return wrapper{ok: true, short: "upHM", long: []string{"unit", "property", "description", "uid", "gid", "on-calendar", "on-active"}}
	case "watch":
		return wrapper{ok: true, short: "nd", line: true, long: []string{"interval"}}
	case "entr", "hyperfine", "flock", "lockf", "parallel", "xargs", "rush":
		return wrapper{} // have their own functions
	}
	if strings.HasPrefix(base, "ld-linux") || strings.HasPrefix(base, "ld-musl") || base == "ld.so" {
		return wrapper{ok: true, long: []string{"library-path", "preload", "audit"}} // the loader runs what it is given
	}
	return wrapper{}
}

// unwrap returns the arguments of the command inside, and what came before.
func (w wrapper) unwrap(args []field) (before, rest []field) {
	i := 0
	skip := w.skip
	for i < len(args) {
		t := args[i].text
		switch {
		case t == "--":
			i++
			for ; skip > 0 && i < len(args); skip-- {
				i++
			}
			return args[:i], args[i:]
		case strings.HasPrefix(t, "--"):
			i++
			if !strings.Contains(t, "=") && contains(w.long, t[2:]) {
				i++
			}
		case len(t) > 1 && (t[0] == '-' || t[0] == '+' && w.short == "nd"):
			i++
			if j := strings.IndexAny(t[1:], w.short); w.short != "" && j >= 0 && j == len(t)-2 {
				i++
			}
		case w.assigns && assignment(t):
			i++
		case skip > 0:
			skip--
			i++
		default:
			return args[:i], args[i:]
		}
	}
	return args[:min(i, len(args))], nil
}

// assignment is NAME=value.
func assignment(t string) bool {
	i := strings.IndexByte(t, '=')
	if i <= 0 {
		return false
	}
	for j := range i {
		c := t[j]
		if c != '_' && (c|0x20 < 'a' || c|0x20 > 'z') && (j == 0 || c < '0' || c > '9') {
			return false
		}
	}
	return true
}

// option returns the values of an option, in either spelling, joined or apart.
func option(args []field, short byte, long string) []field {
	var out []field
	for i, a := range args {
		t := a.text
		switch {
		case long != "" && t == "--"+long || short != 0 && len(t) == 2 && t[0] == '-' && t[1] == short:
			if i+1 < len(args) {
				out = append(out, args[i+1])
			}
		case long != "" && strings.HasPrefix(t, "--"+long+"="):
			a.text = t[len(long)+3:]
			out = append(out, a)
		case short != 0 && len(t) > 2 && t[0] == '-' && t[1] != '-':
			j := strings.IndexByte(t, short)
			if j < 0 {
				continue
			}
			if j == len(t)-1 {
				if i+1 < len(args) {
					out = append(out, args[i+1])
				}
				continue
			}
			if j == 1 {
				a.text = t[2:]
				out = append(out, a)
			}
		}
	}
	return out
}

func texts(args []field) string {
	var b strings.Builder
	for i, a := range args {
		if i > 0 {
			b.WriteByte(' ')
		}
		b.WriteString(a.text)
	}
	return b.String()
}
