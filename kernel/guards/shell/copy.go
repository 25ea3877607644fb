package shell

import "strings"

func (m *machine) move(args []field) {
	list := targets(args)
	for i, t := range list {
		if i < len(list)-1 {
			if m.destroys(t) {
				m.deny("remove-root")
			}
			continue
		}
		m.write(t)
	}
}

func (m *machine) copying(base string, args []field) {
	list := targets(args)
	if len(list) == 0 {
		return
	}
	dest := list[len(list)-1]
	m.write(dest)
	if base == "rsync" && m.destroys(dest) && !strings.Contains(dest.text, ":") {
		for _, a := range args {
			if strings.HasPrefix(a.text, "--del") || a.text == "--remove-source-files" {
				m.deny("remove-root")
			}
		}
	}
	for _, f := range list[:len(list)-1] {
		if t, _ := m.holds(m.at(f.text)); t != 0 {
			m.save(m.at(dest.text), t)
		}
		m.write(field{text: dest.text + "/" + baseNameCase(f.text)})
	}
}

func baseNameCase(text string) string { return text[strings.LastIndexByte(text, '/')+1:] }

// crontab with anything but -l installs a table.
func (m *machine) crontab(args []field, _ flow) {
	for _, a := range args {
		if a.text == "-l" || a.text == "--list" {
			return
		}
	}
	m.deny("persistence")
}

func (m *machine) keystore(base string, args []field) {
	for _, a := range args {
		t := a.text
		if base == "security" && (strings.HasPrefix(t, "find-") && strings.HasSuffix(t, "-password") || strings.HasPrefix(t, "dump") || t == "export") ||
			strings.HasPrefix(t, "--export-secret") || base == "secret-tool" && (t == "lookup" || t == "search") ||
			base == "keyctl" && (t == "read" || t == "print" || t == "pipe") || base == "mimikatz" {
			m.deny("credential-store")
		}
	}
}

// container denies the root of this machine inside a container.
func (m *machine) container(args []field) {
	for i, a := range args {
		t := a.text
		if (t == "-v" || t == "--volume" || t == "--mount") && i+1 < len(args) {
			t = args[i+1].text
		} else if v, ok := strings.CutPrefix(t, "--volume="); ok {
			t = v
		} else if v, ok := strings.CutPrefix(t, "--mount="); ok {
			t = v
		} else if !strings.HasPrefix(t, "-v/") {
			continue
		} else {
			t = t[2:]
		}
		if strings.Contains(t, "source=") || strings.Contains(t, "src=") {
			for part := range strings.SplitSeq(t, ",") {
				if v, ok := strings.CutPrefix(part, "source="); ok {
					t = v
				} else if v, ok := strings.CutPrefix(part, "src="); ok {
					t = v
				}
			}
		}
		host, _, _ := strings.Cut(t, ":")
		if host != "" && host[0] == '/' && (vital(normal(".", host)) || host == "/var/run/docker.sock") || host == "~" {
			m.deny("host-mount")
		}
	}
}
