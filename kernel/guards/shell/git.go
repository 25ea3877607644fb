package shell

import "strings"

func (m *machine) git(args []field) {
	dir := ""
	for i := 0; i < len(args); i++ {
		t := args[i].text
		switch {
		case t == "-C" && i+1 < len(args):
			i++
			dir = args[i].text
		case (t == "-c" || t == "--config") && i+1 < len(args):
			i++
			m.gitConfig(args[i].text, args[i].taint)
		case t == "config":
			if list := targets(args[i+1:]); len(list) > 1 {
				m.gitConfig(list[0].text+"="+list[1].text, list[1].taint)
			}
			return
		case t == "clean":
			where := field{text: "."}
			if dir != "" {
				where.text = dir
			}
			if flags(args[i:], "f", "force") && !flags(args[i:], "n", "dry-run") && (m.destroys(where) || m.anywhereVital()) {
				m.deny("remove-root")
			}
			return
		case t == "--upload-pack" || t == "--receive-pack" || t == "--exec" || t == "-x" && i > 0:
			if i+1 < len(args) {
				m.inner(args[i+1].text, args[i+1].taint)
			}
		case strings.HasPrefix(t, "--upload-pack=") || strings.HasPrefix(t, "--receive-pack=") || strings.HasPrefix(t, "--exec="):
			m.inner(t[strings.IndexByte(t, '=')+1:], args[i].taint)
		case (t == "foreach" || t == "run") && i > 0 && (args[i-1].text == "submodule" || args[i-1].text == "bisect"):
			m.inner(texts(args[i+1:]), taints(args[i+1:]))
			return
		case strings.HasPrefix(t, "ext::"):
			m.inner(t[5:], args[i].taint)
		}
	}
}

func (m *machine) anywhereVital() bool {
	for _, d := range m.cwds {
		if d != "." && vital(normal(".", d)) {
			return true
		}
	}
	return false
}

// gitConfig judges settings whose value git runs.
func (m *machine) gitConfig(setting string, t taint) {
	key, v, _ := strings.Cut(setting, "=")
	key = strings.ToLower(key)
	switch {
	case strings.HasPrefix(key, "alias."):
		if body, ok := strings.CutPrefix(v, "!"); ok {
			m.inner(body, t)
		}
	case key == "core.hookspath", key == "include.path":
		m.path(field{text: v})
		if h, _ := m.holds(v); h&fetched != 0 {
			m.deny("fetch-and-run")
		}
	case strings.HasSuffix(key, "sshcommand"), strings.HasSuffix(key, "pager"), strings.HasSuffix(key, "editor"), strings.HasSuffix(key, "fsmonitor"),
		strings.HasSuffix(key, ".external"), strings.HasSuffix(key, ".textconv"), strings.HasSuffix(key, ".helper"), strings.HasSuffix(key, ".cmd"),
		strings.HasSuffix(key, ".clean"), strings.HasSuffix(key, ".smudge"), strings.HasSuffix(key, ".driver"), strings.HasPrefix(key, "pager."),
		strings.HasSuffix(key, "askpass"), strings.HasSuffix(key, "gitproxy"), strings.HasSuffix(key, ".program"):
		if v != "true" && v != "false" && v != "" {
			m.inner(strings.TrimPrefix(v, "!"), t)
		}
	}
}
