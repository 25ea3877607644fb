package shell

import "strings"

// vital reports a path whose loss with everything below it is the loss of the
// machine or of somebody's work: the root, the system's directories, the homes
// and their contents.
func vital(p string) bool {
	p = strings.TrimRight(p, "/")
	if p == "" || p == ".." {
		return true
	}
	if windowsVital(p) {
		return true
	}
	if p[0] != '/' {
		return false
	}
	parts := strings.Split(p[1:], "/")
	for len(parts) > 1 && everything(parts[len(parts)-1]) { // what a wildcard at the end names
		parts = parts[:len(parts)-1]
	}
	if wild(parts[0]) {
		return true
	}
	if len(parts) == 1 {
		return topLevel(parts[0])
	}
	switch parts[0] {
	case "home", "Users":
		return len(parts) == 2
	case "usr", "boot", "System", "lib", "bin", "sbin":
		return len(parts) == 2
	case "var":
		return len(parts) == 2 && (parts[1] == "lib" || parts[1] == "log" || parts[1] == "spool" || parts[1] == "www" || parts[1] == "db")
	case "etc":
		return len(parts) == 2 && (parts[1] == "ssh" || parts[1] == "pam.d" || parts[1] == "systemd" || parts[1] == "ssl")
	case "mnt":
		return len(parts) == 2 && len(parts[1]) == 1 // a Windows drive
	}
	return false
}

// everything reports a last element that names all files of a directory.
func everything(name string) bool {
	if name == "**" || name == "." || name == "{}" {
		return true
	}
	return wild(name) && strings.Trim(name, "*?.[]!^{}") == ""
}

func wild(name string) bool { return strings.ContainsAny(name, "*?[") }

func topLevel(name string) bool {
	switch strings.ToLower(name) {
	case "bin", "boot", "dev", "etc", "home", "lib", "lib32", "lib64", "libx32", "media", "mnt", "opt", "proc", "root", "run", "sbin", "srv",
		"sys", "usr", "var", "users", "system", "library", "applications", "private", "volumes", "cores", "nix", "windows", "c":
		return true
	}
	return false
}

func windowsVital(p string) bool {
	l := strings.ToLower(strings.ReplaceAll(p, `\`, "/"))
	l = strings.TrimRight(strings.TrimRight(l, "*."), "/")
	switch l {
	case "%userprofile%", "$env:userprofile", "%homepath%", "%homedrive%%homepath%", "$home", "%systemroot%", "$env:systemroot", "%windir%",
		"$env:windir", "%systemdrive%", "$env:systemdrive", "%programfiles%", "$env:programfiles", "%appdata%", "$env:appdata", "~":
		return true
	}
	if len(l) < 2 || l[1] != ':' || l[0] < 'a' || l[0] > 'z' {
		return false
	}
	rest := strings.Trim(l[2:], "/")
	switch rest {
	case "", "windows", "users", "program files", "program files (x86)", "programdata", "windows/system32":
		return true
	}
	user, found := strings.CutPrefix(rest, "users/")
	return found && !strings.Contains(user, "/")
}

// flags says which options a list of arguments holds; letters are those of
// short clusters.
func flags(args []field, letters string, long ...string) bool {
	for _, a := range args {
		t := a.text
		if t == "--" {
			return false
		}
		if len(t) < 2 || t[0] != '-' {
			continue
		}
		if t[1] != '-' {
			if strings.ContainsAny(t[1:], letters) {
				return true
			}
			continue
		}
		name, _, _ := strings.Cut(t[2:], "=")
		for _, l := range long {
			if len(name) > 1 && strings.HasPrefix(l, name) {
				return true
			}
		}
	}
	return false
}

// targets are the arguments that are no options.
func targets(args []field) []field {
	out := make([]field, 0, len(args))
	rest := false
	for _, a := range args {
		if !rest && a.text == "--" {
			rest = true
			continue
		}
		if rest || a.text == "-" || !strings.HasPrefix(a.text, "-") {
			out = append(out, a)
		}
	}
	return out
}

// destroys reports a target whose recursive removal or change is denied, from
// anywhere the line may be.
func (m *machine) destroys(f field) bool {
	for _, dir := range m.cwds {
		if vital(normal(dir, f.text)) && f.text != "" {
			return true
		}
		if dir != "." && (f.text == "." || f.text == "./") && vital(normal(".", dir)) {
			return true
		}
	}
	return false
}

func (m *machine) rm(args []field) {
	recursive := flags(args, "rR", "recursive") || flags(args, "d", "dir") || flags(args, "", "no-preserve-root")
	for _, a := range args {
		recursive = recursive || a.unknown() && strings.HasPrefix(strings.TrimLeft(a.text, "\x00"), "-")
	}
	for _, t := range targets(args) {
		switch {
		case t.unknown() && strings.Trim(t.text, "\x00/*.") == "" && recursive:
			m.deny("remove-unknown")
		case m.destroys(t) && (recursive || t.glob):
			m.deny("remove-root")
		case historyFile(t.text):
			m.deny("history-removal")
		default:
			m.write(t)
		}
	}
}

func historyFile(p string) bool {
	return strings.HasSuffix(p, "_history") && (strings.Contains(p, "/.") || strings.HasPrefix(p, ".")) ||
		strings.HasPrefix(p, "/var/log/") && (strings.Contains(p, "auth") || strings.Contains(p, "audit") || strings.Contains(p, "secure") ||
			strings.Contains(p, "wtmp") || strings.Contains(p, "btmp") || strings.Contains(p, "lastlog") || strings.Contains(p, "syslog"))
}

// disks judges the tools that write to whole devices.
func (m *machine) disks(base string, args []field) {
	for _, a := range args {
		p := a.text
		if base == "dd" {
			of, ok := strings.CutPrefix(p, "of=")
			if !ok {
				continue
			}
			m.write(field{text: of})
			p = of
		}
		switch {
		case blockDevice(normal(".", p)), a.glob && strings.HasPrefix(p, "/dev/"):
			m.deny("device-overwrite")
		case base == "shred" && (historyFile(p) || m.destroys(a)):
			m.deny("history-removal")
		case base != "dd" && !strings.HasPrefix(p, "-") && m.destroys(a):
			m.deny("remove-root")
		}
	}
}

// owners judges chmod, chown and chgrp.
func (m *machine) owners(base string, args []field) {
	list := targets(args)
	if base == "chmod" && len(list) > 0 {
		mode := list[0].text
		if strings.Contains(mode, "s") && strings.ContainsAny(mode, "+=") || len(mode) == 4 && mode[0] >= '2' && mode[0] <= '7' {
			m.deny("set-user-id")
		}
	}
	recursive := flags(args, "R", "recursive")
	for i, t := range list {
		if i == 0 && !flags(args, "", "reference") {
			continue
		}
		if recursive && (m.destroys(t) || t.text == "\x00") {
			m.deny("permissions-root")
		}
		if p := normal(".", t.text); base == "chmod" && (systemFile(p) || strings.Trim(p, "/") == "" && p != "" || p == "/etc" || p == "/usr" || p == "/bin") {
			m.deny("system-file")
		}
	}
}
