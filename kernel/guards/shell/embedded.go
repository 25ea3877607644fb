package shell

import "strings"

// embedded judges the commands that other programs take in their arguments.
// Its length is that of the table of their names.
func (m *machine) embedded(base string, args []field, in flow) {
	switch base {
	case "tar", "bsdtar", "gtar":
		for _, a := range args {
			for _, prefix := range [...]string{"--checkpoint-action=exec=", "--to-command=", "--use-compress-program=", "--rsh-command=", "--info-script=", "--new-volume-script="} {
				if v, ok := strings.CutPrefix(a.text, prefix); ok {
					m.inner(v, a.taint)
				}
			}
		}
		m.insideAll(option(args, 'I', ""))
	case "git":
		m.git(args)
	case "ssh", "scp", "sftp", "autossh", "mosh":
		m.ssh(base, args)
	case "vim", "vi", "nvim", "view", "ex", "gvim", "ed", "emacs", "gdb", "sqlite3", "psql", "mysql":
		m.escape(args)
	case "sed", "gsed":
		m.sed(args)
	case "zip":
		m.insideAll(option(args, 0, "unzip-command"))
		for i, a := range args {
			if a.text == "-TT" && i+1 < len(args) {
				m.inner(args[i+1].text, args[i+1].taint)
			}
		}
	case "rsync":
		m.insideAll(option(args, 'e', "rsh"))
		m.insideAll(option(args, 0, "rsync-path"))
	case "script", "su", "runuser", "sg", "npx", "npm", "pnpm", "yarn", "nix-shell", "screen", "tmux", "scriptreplay":
		m.insideAll(option(args, 'c', "command"))
		m.insideAll(option(args, 0, "call"))
		m.insideAll(option(args, 0, "run"))
		if base == "su" && in.present && !flags(args, "c", "command") {
			m.stdin(in, false)
		}
		if base == "tmux" || base == "screen" {
			m.tail(args)
			if len(args) > 0 && strings.Contains(args[len(args)-1].text, " ") {
				m.tolerant(func() { m.run(args[len(args)-1].text, flow{}) })
			}
		}
	case "flock", "lockf":
		m.insideAll(option(args, 'c', "command"))
		if list := targets(args); len(list) > 1 && !flags(args, "c", "command") {
			w := wrapper{short: "wE", long: []string{"timeout", "wait", "conflict-exit-code"}, skip: 1}
			_, rest := w.unwrap(args)
			m.exec(rest, in)
		}
	case "make", "gmake", "bmake", "ninja", "just":
		m.makefile(args, in)
	case "man", "less", "more":
		m.insideAll(option(args, 'P', "pager"))
	case "entr", "hyperfine":
		m.inner(texts(targets(args)), taints(args))
	case "kubectl", "docker", "podman", "oc":
		m.tail(args)
	case "openssl":
		if flags(args, "", "engine") {
			m.deny("injected-library")
		}
	case "sort":
		m.insideAll(option(args, 0, "compress-program"))
	case "split":
		m.insideAll(option(args, 0, "filter"))
	case "tcpdump":
		m.insideAll(option(args, 'z', ""))
	case "apt", "apt-get", "aptitude", "dpkg":
		for _, o := range option(args, 'o', "option") {
			if k, v, ok := strings.Cut(o.text, "="); ok && strings.Contains(strings.ToLower(k), "invoke") {
				m.inner(v, o.taint)
			}
		}
	case "ip":
		if len(args) > 3 && args[0].text == "netns" && args[1].text == "exec" {
			m.exec(args[3:], in)
		}
	case "dc", "gnuplot", "r", "octave", "maxima", "mongo", "mongosh", "redis-cli", "capsh", "start-stop-daemon":
		m.escape(args)
		m.tail(args)
	}
	if in.known && in.present {
		m.commands(base, in)
	}
}

// commands judges the lines that a client or an editor reads and runs.
func (m *machine) commands(base string, in flow) {
	switch base {
	case "ed", "ex", "vi", "vim", "ftp", "sftp", "gdb", "psql", "mysql", "sqlite3", "dc", "mail", "mailx", "telnet":
		for l := range strings.Lines(in.text) {
			m.escape([]field{{text: " " + strings.TrimSpace(l), taint: in.taint}})
		}
	}
}

func (m *machine) insideAll(list []field) {
	for _, f := range list {
		m.inner(f.text, f.taint)
	}
}

// tail judges what stands behind "--", or a shell among the operands, as in
// docker exec NAME sh -c CODE.
func (m *machine) tail(args []field) {
	for i, a := range args {
		if i > 0 && isShell(baseName(a.text)) && i+1 < len(args) && strings.HasPrefix(args[i+1].text, "-") {
			m.exec(args[i:], flow{})
			return
		}
	}
}

// ssh judges commands that ssh runs here, and the one that runs there.
func (m *machine) ssh(base string, args []field) {
	for _, o := range option(args, 'o', "") {
		key, v, found := strings.Cut(o.text, "=")
		if !found {
			key, v, _ = strings.Cut(o.text, " ")
		}
		switch strings.ToLower(strings.TrimSpace(key)) {
		case "proxycommand", "localcommand", "knownhostscommand", "remotecommand":
			m.inner(v, o.taint)
		}
	}
	m.insideAll(option(args, 'S', "")[:0])
	if base != "ssh" && base != "autossh" {
		return
	}
	w := wrapper{short: "BbcDEeFIiJLlmOopQRSWw", skip: 1}
	_, rest := w.unwrap(args)
	if len(rest) > 0 {
		m.isolated(func() flow { return m.run(texts(rest), flow{}) })
	}
}

// escape judges ":!cmd", "\! cmd", ".shell cmd" and system() in the commands of
// editors and clients.
func (m *machine) escape(args []field) {
	for _, a := range args {
		t := strings.TrimLeft(a.text, "+: ")
		for _, prefix := range [...]string{"!", `\!`, ".shell ", ".system ", "shell ", "!!", "r !", "r!", "read !", "w !"} {
			if v, ok := strings.CutPrefix(t, prefix); ok && v != a.text {
				m.inner(strings.TrimSpace(v), a.taint)
				break
			}
		}
		l := strings.ToLower(a.text)
		if strings.Contains(l, "system(") || strings.Contains(l, "shell-command") || strings.Contains(l, "from program") || strings.Contains(l, "to program") {
			m.code(a.text, a.taint)
		}
	}
}

// sed judges the "e" command and the "e" flag, which run the line.
func (m *machine) sed(args []field) {
	for _, a := range args {
		t := a.text
		if t == "" || t[0] == '-' && !strings.HasPrefix(t, "-e") && !strings.HasPrefix(t, "--expression=") {
			continue
		}
		for part := range strings.FieldsFuncSeq(t, func(r rune) bool { return r == '\n' || r == ';' || r == '{' }) {
			part = strings.TrimLeft(part, " \t0123456789,$")
			if strings.HasPrefix(part, "/") {
				if i := strings.IndexByte(part[1:], '/'); i >= 0 {
					part = strings.TrimLeft(part[i+2:], " !,")
				}
			}
			if v, ok := strings.CutPrefix(part, "e "); ok {
				m.inner(v, a.taint)
			}
			if len(part) > 3 && part[0] == 's' && strings.Count(part, part[1:2]) >= 3 {
				if end := part[strings.LastIndexByte(part, part[1])+1:]; len(end) < 8 && strings.Contains(end, "e") && strings.Trim(end, "egpiImM0123456789w") == "" {
					m.dynamic("dynamic-command")
				}
			}
		}
	}
}

// makefile judges the recipes of a makefile that is given on the line.
func (m *machine) makefile(args []field, in flow) {
	for _, e := range option(args, 0, "eval") {
		m.recipes(e.text, e.taint)
	}
	for _, f := range option(args, 'f', "file") {
		switch {
		case f.sub != nil:
			in = *f.sub
		case f.text != "-":
			continue
		}
		if in.known {
			m.recipes(in.text, in.taint)
		} else {
			m.stdin(in, false)
		}
	}
	for _, a := range args {
		if k, v, ok := strings.Cut(a.text, "="); ok && k == "SHELL" {
			m.inner(v, a.taint)
		}
	}
}

func (m *machine) recipes(text string, t taint) {
	for line := range strings.Lines(text) {
		if i := strings.Index(line, "$(shell "); i >= 0 {
			m.inner(strings.TrimRight(line[i+8:], ")\n"), t)
		}
		if r, ok := strings.CutPrefix(line, "\t"); ok {
			m.inner(strings.ReplaceAll(strings.TrimLeft(r, "@-+"), "$$", "$"), t)
		}
	}
}
