package shell

import (
	"path"
	"strings"
)

// credentialFile reports a store of credentials that is one on every machine,
// besides what the policy lists.
func credentialFile(p string) bool {
	for _, part := range [...]string{
		"/.mozilla/firefox/", "/google-chrome/", "/.config/chromium/", "/.local/share/keyrings", "/Library/Keychains", "/.config/gh/hosts.yml",
		"/.terraform.d/credentials", "/.cargo/credentials", "/.vault-token", "/.config/solana/", "/.ethereum/keystore", "/.bitcoin/wallet",
		"/run/secrets/kubernetes.io", "/.config/rclone/", "/.s3cfg", "/.boto", "/.m2/settings-security", "/.config/hub", "/.electrum/",
		"/Login Data", "/.config/op/", "/.msmtprc", "/.my.cnf", "/.config/doctl/", "/.oci/config", "/.fly/config", "/etc/krb5.keytab", "/.subversion/auth",
	} {
		if strings.Contains(p, part) {
			return true
		}
	}
	return false
}

// normal is a path as seen from dir, with its dots resolved; one that climbs
// from an unknown place by three or more is taken to have reached the root.
func normal(dir, text string) string {
	text = strings.ReplaceAll(text, "\x00", "")
	if text == "" {
		return ""
	}
	if text[0] != '/' && text[0] != '~' && dir != "." {
		text = dir + "/" + text
	}
	if strings.HasPrefix(text, "~+") {
		text = "." + text[2:]
	}
	if text[0] == '~' {
		user := text
		if i := strings.IndexByte(text, '/'); i >= 0 {
			user = text[:i]
		}
		rest := path.Clean("/home/~" + strings.TrimPrefix(text[len(user):], ""))
		if user == "~root" {
			rest = path.Clean("/root" + text[len(user):])
		}
		return rest
	}
	clean := path.Clean(text)
	climbs := 0
	for strings.HasPrefix(clean, "../") {
		clean = clean[3:]
		climbs++
	}
	if clean == ".." {
		clean = ""
		climbs++
	}
	switch {
	case climbs >= 3:
		return "/" + clean
	case climbs > 0 && clean == "":
		return ".."
	}
	return clean
}

// blockDevice reports a disk, a partition or the memory of the machine.
func blockDevice(p string) bool {
	name, ok := strings.CutPrefix(p, "/dev/")
	if !ok {
		return strings.HasPrefix(p, `\\.\PhysicalDrive`)
	}
	for _, prefix := range [...]string{"sd", "hd", "vd", "xvd", "nvme", "mmcblk", "disk", "rdisk", "mapper/", "dm-", "md", "mem", "kmem", "port", "mtd", "block/"} {
		if strings.HasPrefix(name, prefix) {
			return true
		}
	}
	return false
}

// startup reports a file that some program runs later on its own.
func startup(p string) bool {
	for _, tail := range [...]string{
		"/.bashrc", "/.bash_profile", "/.bash_login", "/.bash_logout", "/.bash_aliases", "/.profile", "/.zshrc", "/.zshenv", "/.zprofile", "/.zlogin",
		"/.kshrc", "/.mkshrc", "/.cshrc", "/.tcshrc", "/.login", "/.xinitrc", "/.xprofile", "/.xsession", "/.pam_environment", "/.vimrc", "/.inputrc",
		"/config.fish", "/authorized_keys", "/authorized_keys2", "/.ssh/config", "/.ssh/rc", "/etc/ld.so.preload", "/etc/rc.local", "/etc/crontab",
		"/etc/profile", "/etc/bash.bashrc", "/etc/environment", "/etc/inittab", "/etc/anacrontab", "/.gitconfig", "/.hushlogin", "/.pythonrc", "/sitecustomize.py",
	} {
		if strings.HasSuffix(p, tail) || p == tail[1:] {
			return true
		}
	}
	for _, part := range [...]string{
		"/etc/cron", "/var/spool/cron", "/var/spool/at", "/etc/profile.d/", "/etc/sudoers", "/etc/init.d/", "/etc/rc", "/etc/systemd/", "/lib/systemd/system",
		"/usr/lib/systemd/", "/.config/systemd/", "/.local/share/systemd/", "/.config/autostart/", "/etc/xdg/autostart/", "/Library/LaunchAgents/",
		"/Library/LaunchDaemons/", "/etc/ld.so", "/etc/pam.d/", "/etc/udev/rules.d/", "/etc/update-motd.d/", "/.git/hooks/", "/.config/fish/conf.d/",
		"/Start Menu/Programs/Startup/", "/etc/modules-load.d/", "/etc/apt/apt.conf.d/",
	} {
		if strings.Contains(p, part) {
			return true
		}
	}
	return strings.HasPrefix(p, ".git/hooks/") || strings.HasPrefix(p, ".config/systemd/") || strings.HasPrefix(p, ".config/autostart/")
}

// systemFile reports a file the machine does not work without.
func systemFile(p string) bool {
	switch p {
	case "/etc/passwd", "/etc/group", "/etc/shadow", "/etc/gshadow", "/etc/hosts", "/etc/fstab", "/etc/resolv.conf", "/etc/nsswitch.conf",
		"/etc/hosts.allow", "/etc/hosts.deny", "/etc/ssh/sshd_config", "/etc/login.defs", "/etc/securetty", "/etc/selinux/config", "/etc/sysctl.conf":
		return true
	}
	for _, dir := range [...]string{"/bin/", "/sbin/", "/usr/bin/", "/usr/sbin/", "/boot/", "/proc/sys/", "/proc/sysrq", "/sys/", "/lib/", "/lib64/", "/usr/lib/"} {
		if strings.HasPrefix(p, dir) {
			return true
		}
	}
	return false
}
