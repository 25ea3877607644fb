package shell

import (
	"slices"
	"strings"
)

// exec judges one simple command and says what it puts out. Wrappers are
// opened until the program that really runs is found.
func (m *machine) exec(argv []field, in flow) flow {
	for range maxDepth {
		if m.stop() || len(argv) == 0 {
			return flow{known: true}
		}
		name := argv[0]
		if name.taint&(fetched|decoded) != 0 {
			m.inner(name.text, name.taint)
			return flow{}
		}
		if name.unknown() || name.glob && name.text != "[" && name.text != "[[" {
			m.dynamic("dynamic-command")
			return m.opaque(argv[1:], in)
		}
		if name.text == "" {
			argv = argv[1:]
			continue
		}
		if _, ok := m.funcs[name.text]; ok {
			return m.function(name.text, slices.Clone(argv[1:]), in)
		}
		if m.words2match(argv); m.hit.final() {
			return flow{}
		}
		base := baseName(name.text)
		m.launched(name)
		w := wrapperOf(base)
		if !w.ok {
			return m.program(base, argv[1:], in)
		}
		if base == "env" && len(argv) == 1 {
			return flow{taint: secret}
		}
		if base == "sudo" && in.present && len(argv) == 2 {
			return m.stdin(in, false) // sudo -s, sudo -i
		}
		next, done := m.open(base, w, argv[1:])
		if done {
			return flow{taint: computed | in.taint}
		}
		argv = next
	}
	m.deny("too-deep")
	return flow{}
}

// words2match tries the policy's patterns over the words as they were read.
func (m *machine) words2match(argv []field) {
	if m.g.patterns.Len() > 0 {
		m.match(strings.ReplaceAll(texts(argv), "\x00", ""))
	}
}

// open takes one wrapper off. done says that what it ran was judged already.
func (m *machine) open(base string, w wrapper, args []field) (rest []field, done bool) {
	if base == "env" {
		for _, s := range option(args, 'S', "split-string") {
			m.inner(s.text, s.taint)
		}
	}
	if base == "command" && len(args) > 0 && (args[0].text == "-v" || args[0].text == "-V") {
		return nil, true
	}
	before, rest := w.unwrap(args)
	m.operands(before)
	if w.assigns {
		for _, a := range before {
			if assignment(a.text) {
				name, v, _ := strings.Cut(a.text, "=")
				m.environment(name, field{text: v, taint: a.taint})
			}
		}
	}
	if w.line && len(rest) > 0 {
		m.inner(texts(rest), taints(rest))
		return nil, true
	}
	return rest, len(rest) == 0
}

// launched judges the file that is started: one this line fetched or wrote
// from something decoded.
func (m *machine) launched(name field) {
	if strings.IndexByte(name.text, '/') >= 0 {
		m.path(name)
	}
	if len(m.files) == 0 {
		return
	}
	t, _ := m.holds(m.at(name.text))
	if t |= m.installed(name.text); t&(fetched|decoded) != 0 {
		m.inner("", t)
	}
	if strings.IndexByte(name.text, '/') >= 0 {
		m.ran(m.at(name.text), false)
	}
}

func baseName(text string) string {
	if i := strings.LastIndexAny(text, `/\`); i >= 0 && i+1 < len(text) {
		text = text[i+1:]
	}
	lower := text
	for i := range len(text) {
		if text[i] >= 'A' && text[i] <= 'Z' {
			lower = strings.ToLower(text)
			break
		}
	}
	lower = strings.TrimSuffix(lower, ".exe")
	if len(lower) > 1 && lower[0] == '@' {
		lower = lower[1:]
	}
	return lower
}

// opaque is a program that is not followed: what it puts out comes from what it
// was given.
func (m *machine) opaque(args []field, in flow) flow {
	m.operands(args)
	return flow{taint: computed | in.taint | taints(args)}
}

// program judges a command by name. Every case that returns has looked at the
// operands.
func (m *machine) program(base string, args []field, in flow) flow {
	switch {
	case isShell(base):
		return m.shell(base, args, in)
	case isInterpreter(base):
		return m.interpreter(base, args, in)
	}
	if out, ok := m.builtin(base, args, in); ok {
		return out
	}
	m.dangerous(base, args, in)
	m.embedded(base, args, in)
	if isSender(base) {
		m.send(base, args, in)
	}
	out := m.produced(base, args, in)
	m.operandsOf(base, args)
	return out
}

// operandsOf leaves out what the command takes for a pattern or a program.
func (m *machine) operandsOf(base string, args []field) {
	switch base {
	case "grep", "egrep", "fgrep", "rg", "ag", "ack", "sed", "gsed", "awk", "gawk", "mawk", "nawk", "jq", "yq", "gojq", "ugrep", "zgrep":
		if base != "sed" && flags(args, "ef", "regexp", "file", "expression") {
			break
		}
		for i, a := range args {
			if !strings.HasPrefix(a.text, "-") {
				m.operands(args[:i])
				m.operands(args[i+1:])
				return
			}
		}
	case "git":
		if len(args) > 0 && (args[0].text == "grep" || args[0].text == "commit" || args[0].text == "tag" || args[0].text == "log") {
			m.operands(afterDashes(args))
			return
		}
	case "test", "[", "df", "lsblk", "blkid", "type", "which", "hash", "man", "whatis", "apropos", "info":
		return
	}
	m.operands(args)
}

func afterDashes(args []field) []field {
	for i, a := range args {
		if a.text == "--" {
			return args[i+1:]
		}
	}
	return nil
}

// dangerous judges the programs that destroy or make themselves permanent. Its
// length is that of the table of their names.
func (m *machine) dangerous(base string, args []field, in flow) {
	switch base {
	case "rm", "rmdir", "unlink", "srm", "trash", "del", "erase", "rd":
		m.rm(args)
		if base == "rd" || base == "del" || base == "rmdir" || base == "erase" {
			m.batchRemove(args)
		}
	case "shred", "wipe", "dd", "wipefs", "blkdiscard", "mkswap", "fdisk", "sfdisk", "cfdisk", "parted", "sgdisk", "gdisk", "badblocks", "hdparm", "cryptsetup", "mke2fs", "newfs":
		m.disks(base, args)
	case "format", "diskpart":
		m.deny("device-overwrite")
	case "chmod", "chown", "chgrp", "setfacl", "chattr":
		m.owners(base, args)
	case "find", "gfind", "fd", "fdfind":
		m.find(base, args)
	case "mv", "move":
		m.move(args)
	case "cp", "install", "ln", "rsync", "copy":
		m.copying(base, args)
	case "tee", "truncate", "sponge", "touch":
		for _, t := range targets(args) {
			m.write(t)
		}
	case "sed", "gsed", "perl":
		if flags(args, "i", "in-place") {
			for _, t := range targets(args) {
				m.write(t)
			}
		}
	case "crontab":
		m.crontab(args, in)
	case "at", "batch":
		if in.present {
			m.stdin(in, true)
		}
	case "history", "fc":
		if flags(args, "cw") {
			m.deny("history-removal")
		}
	case "security", "gpg", "gpg2", "secret-tool", "keyctl", "mimikatz":
		m.keystore(base, args)
	case "docker", "podman", "nerdctl":
		m.container(args)
	case "launchctl", "schtasks", "at.exe", "bcdedit", "vssadmin", "reg":
		m.windowsAdmin(base, args)
	case "insmod", "modprobe", "kexec":
		m.deny("kernel-module")
	case "remove-item", "ri", "clear-content":
		m.powershell("remove-item " + texts(args))
	case "useradd", "adduser", "usermod", "chpasswd", "gpasswd", "visudo", "vipw", "setcap", "update-rc.d", "chsh", "ssh-copy-id":
		m.deny("persistence")
	case "shutdown", "reboot", "halt", "poweroff", "stop-computer", "restart-computer", "telinit", "init":
		m.deny("machine-stop")
	case "kill", "killall", "pkill", "killall5":
		m.killing(base, args)
	case "iptables", "ip6tables", "nft", "ufw", "setenforce", "auditctl", "swapoff", "systemctl", "service", "set-mppreference", "net", "wmic":
		m.protection(base, args)
	case "mshta", "regsvr32", "rundll32", "msiexec":
		if l := strings.ToLower(texts(args)); anyOf(l, "http:", "https:", "javascript:", "vbscript:") {
			m.deny("fetch-and-run")
		}
	case "zmodload":
		m.deny("network-redirection")
	case "grep", "egrep", "rg", "ag", "ack":
		m.grepping(args)
	default:
		if strings.HasPrefix(base, "mkfs") {
			m.disks(base, args)
		}
	}
}
