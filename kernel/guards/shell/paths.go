package shell

import (
	"path"
	"strings"
)

// read judges a file that a command reads.
func (m *machine) read(f field) {
	m.network(f.text)
	m.path(f)
}

// write judges a file that a command creates, changes or replaces.
func (m *machine) write(f field) {
	m.network(f.text)
	m.path(f)
	for _, dir := range m.cwds {
		p := normal(dir, f.text)
		switch {
		case blockDevice(p):
			m.deny("device-overwrite")
		case startup(p):
			m.deny("persistence")
		case systemFile(p):
			m.deny("system-file")
		}
	}
}

// network denies the files that bash opens as connections.
func (m *machine) network(text string) {
	if strings.HasPrefix(text, "/dev/tcp/") || strings.HasPrefix(text, "/dev/udp/") || strings.HasPrefix(text, "/inet/") {
		m.deny("network-redirection")
	}
}

// path runs one path through the policy's own list, wherever the line may be.
func (m *machine) path(f field) {
	if f.text == "" || m.hit.final() {
		return
	}
	text := f.text
	if strings.IndexByte(text, 0) >= 0 {
		text = strings.ReplaceAll(text, "\x00", "")
		if text == "" {
			return
		}
	}
	if m.forbids(text) {
		return
	}
	if credentialFile(text) {
		m.deny("credential-file")
		return
	}
	if f.glob {
		m.wildcard(text)
	}
	if text[0] == '/' || text[0] == '~' || text[0] == '-' {
		return
	}
	for _, dir := range m.cwds {
		if dir != "." && m.forbids(dir+"/"+text) {
			return
		}
	}
}

func (m *machine) forbids(text string) bool {
	by, bad := m.g.paths.Forbids(text)
	if bad {
		m.denyPath(by)
	}
	return bad
}

// wildcard asks whether a pattern could name one of the files that hold
// credentials on most systems.
func (m *machine) wildcard(text string) {
	for _, dir := range m.cwds {
		pattern := text
		if dir != "." && text[0] != '/' && text[0] != '~' {
			pattern = dir + "/" + text
		}
		for _, name := range [...]string{
			"/etc/shadow", "/etc/passwd", "/etc/sudoers", "/etc/gshadow", "~/.ssh/id_rsa", "~/.ssh/id_ed25519", "~/.aws/credentials",
			"~/.netrc", "~/.kube/config", "~/.docker/config.json", "~/.git-credentials", "~/.gnupg/secring.gpg", "/proc/self/environ",
			"~/.ssh", "~/.aws", "~/.gnupg", "~/.npmrc", "~/.pgpass",
			".env", ".env.local", "id_rsa", ".netrc", ".npmrc", ".git-credentials",
		} {
			if covers(pattern, name) && literals(pattern) {
				if by, bad := m.g.paths.Forbids(name); bad {
					m.denyPath(by)
					return
				}
			}
		}
	}
}

// literals reports a pattern that names something of the path: "*" alone and
// "/*" name everything, which reading a directory is.
func literals(pattern string) bool {
	last := pattern[strings.LastIndexByte(pattern, '/')+1:]
	if strings.Contains(pattern, "/") {
		return strings.Trim(last, "*") != "" || strings.Contains(pattern, "/.")
	}
	return strings.HasPrefix(last, ".e") || strings.HasPrefix(last, ".n") || strings.HasPrefix(last, ".g") || len(strings.Trim(last, "*?[]")) > 2
}

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

func covers(pattern, name string) bool {
	if ok, err := path.Match(pattern, name); err == nil && ok {
		return true
	}
	if strings.HasPrefix(name, "~/") {
		for _, home := range [...]string{"/root", "/home/user"} {
			if ok, err := path.Match(pattern, home+name[1:]); err == nil && ok {
				return true
			}
		}
	}
	return false
}

// operands runs every argument through the list of paths: whole, and the parts
// after "=", "@" and ":".
func (m *machine) operands(args []field) {
	for i := range args {
		if m.stop() {
			return
		}
		f := args[i]
		if f.sub != nil || f.text == "" || f.text == "-" || f.text == "--" {
			continue
		}
		blank := strings.IndexByte(f.text, ' ')
		if blank >= 0 && !rooted(f.text) {
			continue // prose
		}
		if f.text[0] != '-' {
			m.path(f)
			m.network(f.text)
		} else if len(f.text) > 2 && f.text[1] != '-' && strings.ContainsAny(f.text[2:], "/.~") {
			m.path(field{text: f.text[2:], glob: f.glob}) // -f/etc/shadow
		}
		if j := strings.IndexAny(f.text, "=@:"); j >= 0 && blank < 0 {
			m.pieces(f, j)
		}
	}
}

func (m *machine) pieces(f field, at int) {
	rest := f.text
	for n := 0; at >= 0 && n < 8; n++ {
		rest = strings.TrimPrefix(rest[at+1:], "@")
		at = strings.IndexAny(rest, "=@:,")
		piece := rest
		if at >= 0 {
			piece = rest[:at]
		}
		if strings.ContainsAny(piece, "/.~") && (!strings.HasPrefix(piece, "//") || strings.Contains(f.text, "file://")) {
			m.path(field{text: piece, glob: f.glob})
			m.network(piece)
		}
	}
}

func rooted(s string) bool {
	return s[0] == '/' || s[0] == '~' || strings.HasPrefix(s, "./") || strings.HasPrefix(s, "../") || len(s) > 2 && s[1] == ':' && s[2] == '\\'
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
		if strings.HasPrefix(p, `\\.\PhysicalDrive`) {
			return true
		}
		return false
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
