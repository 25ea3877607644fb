package shell

import "strings"

// find judges -delete, -exec and their kind where the search begins; "{}"
// stands for everything below that.
func (m *machine) find(base string, args []field) {
	if base == "fd" || base == "fdfind" {
		for i, a := range args {
			if a.text == "-x" || a.text == "-X" || a.text == "--exec" || a.text == "--exec-batch" {
				m.perform(args[i+1:], []field{{text: "./{}"}})
			}
		}
		return
	}
	var starts []field
	i := 0
	for ; i < len(args); i++ {
		t := args[i].text
		if t == "-H" || t == "-L" || t == "-P" || strings.HasPrefix(t, "-O") {
			continue
		}
		if t == "" || t[0] == '-' || t == "(" || t == "!" {
			break
		}
		starts = append(starts, args[i])
	}
	if len(starts) == 0 {
		starts = []field{{text: "."}}
	}
	m.searched(args[i:], starts)
	for ; i < len(args); i++ {
		switch args[i].text {
		case "-delete":
			for _, s := range starts {
				if m.destroys(s) || s.text == "\x00" {
					m.deny("remove-root")
				}
			}
		case "-exec", "-execdir", "-ok", "-okdir":
			end := i + 1
			for end < len(args) && args[end].text != ";" && (args[end].text != "+" || args[end-1].text != "{}") {
				end++
			}
			m.perform(args[i+1:end], starts)
			i = end
		case "-fprint", "-fprintf", "-fls", "-fprint0":
			if i+1 < len(args) {
				m.write(args[i+1])
			}
		}
	}
}

// searched denies looking for keys through a whole machine or home.
func (m *machine) searched(tests, starts []field) {
	for i, a := range tests {
		if (a.text != "-name" && a.text != "-iname" && a.text != "-path" && a.text != "-regex") || i+1 == len(tests) {
			continue
		}
		name := strings.ToLower(tests[i+1].text)
		for _, s := range starts {
			if m.destroys(s) && anyOf(name, ".pem", ".key", ".kdbx", "wallet", "credential", "secret", "password", ".p12", ".pfx", "id_", ".ovpn", ".env") {
				m.deny("credential-search")
			}
		}
	}
}

// lists says whether a command puts out the names of what is below the root or
// a home.
func (m *machine) lists(args []field) taint {
	for _, a := range args {
		if !strings.HasPrefix(a.text, "-") && a.text != "" && m.destroys(a) {
			return vitals
		}
	}
	return 0
}

// perform runs a command once for every start.
func (m *machine) perform(command, starts []field) {
	for _, s := range starts {
		argv := make([]field, 0, len(command))
		for _, a := range command {
			if strings.Contains(a.text, "{}") {
				below := strings.TrimRight(s.text, "/") + "/*"
				if s.text == "./{}" || !vital(normal(".", s.text)) {
					below = strings.TrimRight(s.text, "/") + "/found"
				}
				a.text = strings.ReplaceAll(a.text, "{}", below)
				a.glob = a.glob || strings.HasSuffix(below, "*")
			}
			argv = append(argv, a)
		}
		if len(argv) > 0 && strings.Contains(command[0].text, "{}") {
			m.dynamic("dynamic-command")
			continue
		}
		m.exec(argv, flow{})
	}
}

// xargs runs a command with what it reads.
func (m *machine) xargs(args []field, in flow) {
	w := wrapper{ok: true, short: "aEILnPsd", long: []string{"arg-file", "delimiter", "max-args", "max-procs", "replace", "max-lines", "max-chars", "process-slot-var"}}
	before, command := w.unwrap(args)
	m.operands(before)
	placeholder := ""
	for _, v := range option(before, 'I', "replace") {
		placeholder = v.text
	}
	if placeholder == "" && flags(before, "i") {
		placeholder = "{}"
	}
	items := []field{{text: "\x00", taint: in.taint}}
	if in.taint&vitals != 0 {
		items = []field{{text: "/*", glob: true}}
	} else if in.known {
		items = nil
		for _, t := range strings.FieldsFunc(in.text, func(r rune) bool { return r == ' ' || r == '\n' || r == '\t' || r == 1 }) {
			items = append(items, field{text: strings.Trim(t, `'"`), taint: in.taint})
		}
	}
	if len(items) > maxFields {
		m.deny("too-complex")
		return
	}
	if placeholder == "" {
		m.exec(append(append([]field(nil), command...), items...), flow{})
		return
	}
	for i, item := range items {
		if i >= maxItems || m.stop() {
			break
		}
		argv := append([]field(nil), command...)
		for j := range argv {
			if strings.Contains(argv[j].text, placeholder) {
				argv[j].text = strings.ReplaceAll(argv[j].text, placeholder, item.text)
				argv[j].taint |= item.taint
			}
		}
		m.exec(argv, flow{})
	}
}

// parallel is xargs with the words after ":::".
func (m *machine) parallel(args []field, in flow) {
	w := wrapper{ok: true, short: "jaINS", long: []string{"jobs", "arg-file", "max-args", "sshlogin", "delay", "timeout", "results", "joblog", "retries"}}
	_, rest := w.unwrap(args)
	command, items := rest, []field(nil)
	for i, a := range rest {
		if strings.HasPrefix(a.text, ":::") {
			command, items = rest[:i], rest[i+1:]
			break
		}
	}
	if items == nil {
		if in.known {
			for _, t := range strings.Fields(in.text) {
				items = append(items, field{text: t, taint: in.taint})
			}
		} else {
			items = []field{{text: "\x00", taint: in.taint}}
		}
	}
	line := texts(command)
	for i, item := range items {
		if i >= maxItems || m.stop() {
			break
		}
		one := line
		if strings.Contains(one, "{}") {
			one = strings.ReplaceAll(one, "{}", item.text)
		} else {
			one += " " + item.text
		}
		m.inner(strings.TrimSpace(one), taints(command)|item.taint)
	}
}
