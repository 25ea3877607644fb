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
	if m.forbids("", text) {
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
		if dir != "." && m.forbids(dir, text) {
			return
		}
	}
}

// forbids asks the policy's list about a path in a directory, or where the line
// began.
func (m *machine) forbids(dir, text string) bool {
	short := len(text)+len(dir) <= maxMemoBytes
	key := uint64(0)
	if short {
		if key = m.g.clean.key(dir, text); m.g.clean.has(key) {
			return false
		}
	}
	if dir != "" {
		text = dir + "/" + text
	}
	by, bad := m.g.paths.Forbids(text)
	if bad {
		m.denyPath(by)
	} else if short {
		m.g.clean.add(key)
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
