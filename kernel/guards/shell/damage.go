package shell

import "strings"

// killing denies ending every process there is.
func (m *machine) killing(base string, args []field) {
	if base == "killall5" {
		m.deny("machine-stop")
	}
	for i, a := range args {
		if base == "kill" && (a.text == "-1" && i > 0 || a.text == "1" && i > 0) || base == "pkill" && a.text == "." {
			m.deny("machine-stop")
		}
	}
}

// protection denies switching off what protects the machine.
func (m *machine) protection(base string, args []field) {
	l := strings.ToLower(texts(args))
	switch base {
	case "iptables", "ip6tables":
		if flags(args, "F", "flush") || anyOf(l, "-p input accept") {
			m.deny("protection-off")
		}
	case "nft":
		if strings.Contains(l, "flush ruleset") {
			m.deny("protection-off")
		}
	case "ufw":
		if anyOf(l, "disable", "reset") {
			m.deny("protection-off")
		}
	case "setenforce", "auditctl":
		if anyOf(l, "0", "permissive", "-d") {
			m.deny("protection-off")
		}
	case "systemctl", "service":
		if anyOf(l, "poweroff", "reboot", "halt", "rescue", "emergency", "kexec") {
			m.deny("machine-stop")
		}
		if anyOf(l, "stop", "disable", "mask") && anyOf(l, "firewalld", "auditd", "ufw", "apparmor", "fail2ban", "rsyslog", "falcon", "clamav", "iptables", "nftables") {
			m.deny("protection-off")
		}
	case "set-mppreference":
		m.deny("protection-off")
	case "net":
		if anyOf(l, "/add", "/active") {
			m.deny("persistence")
		}
	case "wmic":
		if anyOf(l, "process call create", "shadowcopy delete") {
			m.deny("persistence")
		}
	}
}

// grepping denies looking for secrets through a whole machine or home.
func (m *machine) grepping(args []field) {
	if !flags(args, "rR", "recursive") {
		return
	}
	list := targets(args)
	for i, t := range list {
		if i == 0 || !m.destroys(t) {
			continue
		}
		if anyOf(strings.ToLower(list[0].text), "passw", "secret", "private key", "token", "aws_", "akia", "api_key", "apikey", "credential", "mnemonic") {
			m.deny("credential-search")
		}
	}
}

// forever reports a condition that always holds.
func forever(name string) bool { return name == ":" || name == "true" || name == "1" }
