package shell

import "strings"

// powershellArgs finds the code in the options of powershell.
func (m *machine) powershellArgs(args []field, in flow) {
	for i := 0; i < len(args); i++ {
		t := strings.ToLower(args[i].text)
		switch {
		case len(t) >= 2 && (t[0] == '-' || t[0] == '/') && strings.HasPrefix("encodedcommand", t[1:]), t == "-ec", t == "-enc":
			m.deny("decode-and-run")
		case len(t) >= 2 && (t[0] == '-' || t[0] == '/') && strings.HasPrefix("command", t[1:]):
			m.powershell(texts(args[i+1:]))
			return
		case len(t) >= 2 && t[0] == '-' && strings.HasPrefix("file", t[1:]):
			if i+1 < len(args) {
				m.source(args[i+1])
			}
			return
		case strings.HasPrefix(t, "-") && i+1 < len(args) && (strings.HasPrefix("executionpolicy", t[1:]) || strings.HasPrefix("windowstyle", t[1:]) || t == "-ep" || t == "-w" || t == "-version"):
			i++
		case strings.HasPrefix(t, "-"):
		default:
			m.powershell(texts(args[i:]))
			return
		}
	}
	if in.present {
		if in.known {
			m.powershell(in.text)
			return
		}
		m.stdin(in, false)
	}
}

// powershell scans PowerShell text for what destroys and what fetches and runs.
func (m *machine) powershell(text string) {
	if len(text) > maxLineBytes {
		m.deny("too-long")
		return
	}
	l := strings.ToLower(strings.ReplaceAll(strings.ReplaceAll(text, "`", ""), "\x00", ""))
	fetch := anyOf(l, "downloadstring", "downloadfile", "downloaddata", "invoke-webrequest", "invoke-restmethod", "iwr ", "irm ", "net.webclient", "curl ", "wget ", "start-bitstransfer", "net.http")
	runs := anyOf(l, "iex", "invoke-expression", "invoke-command", "start-process", "& ", "scriptblock", "add-type", "reflection.assembly", "invoke-item", ".invoke(")
	switch {
	case fetch && runs:
		m.deny("fetch-and-run")
	case anyOf(l, "frombase64string", "-encodedcommand", "[char[]]", "-join") && runs:
		m.deny("decode-and-run")
	case anyOf(l, "net.sockets.tcpclient", "net.sockets.tcplistener"):
		m.deny("reverse-shell")
	case anyOf(l, "format-volume", "clear-disk", "initialize-disk", "remove-partition", `\\.\physicaldrive`):
		m.deny("device-overwrite")
	case anyOf(l, "register-scheduledtask", "new-service", `currentversion\run`, "$profile"):
		m.deny("persistence")
	case anyOf(l, "iex", "invoke-expression"):
		m.dynamic("dynamic-command")
	}
	for statement := range strings.FieldsFuncSeq(l, func(r rune) bool {
		return r == ';' || r == '|' || r == '\n' || r == '{' || r == '}' || r == '(' || r == ')'
	}) {
		words := strings.FieldsFunc(statement, func(r rune) bool { return r == ' ' || r == ',' || r == '\t' || r == '"' || r == '\'' })
		m.powershellStatement(words)
	}
}

func (m *machine) powershellStatement(words []string) {
	if len(words) == 0 {
		return
	}
	removes := false
	switch words[0] {
	case "remove-item", "ri", "rm", "del", "rd", "rmdir", "erase", "clear-content":
		removes = true
	}
	for _, w := range words {
		if w[0] == '-' {
			continue
		}
		if removes && (windowsVital(w) || m.destroys(field{text: w})) {
			m.deny("remove-root")
		}
		if strings.ContainsAny(w, `\/~.`) {
			m.path(field{text: w})
		}
	}
}

// batch scans cmd.exe text.
func (m *machine) batch(text string) {
	if len(text) > maxLineBytes {
		m.deny("too-long")
		return
	}
	l := strings.ToLower(strings.ReplaceAll(strings.ReplaceAll(text, "^", ""), "\x00", ""))
	for statement := range strings.FieldsFuncSeq(l, func(r rune) bool { return r == '&' || r == '|' || r == '\n' || r == '(' || r == ')' }) {
		words := strings.Fields(strings.ReplaceAll(statement, `"`, " "))
		for len(words) > 0 && (strings.HasPrefix(words[0], "/") || words[0] == "call" || words[0] == "start" || words[0] == "cmd" || words[0] == "cmd.exe") {
			words = words[1:]
		}
		m.batchStatement(words)
	}
	if anyOf(l, "certutil", "bitsadmin", "curl", "mshta http", "regsvr32") && anyOf(l, "&&", "& ", "start ", "/i:http", "mshta http") {
		m.deny("fetch-and-run")
	}
}

func (m *machine) batchStatement(words []string) {
	if len(words) == 0 {
		return
	}
	args := make([]field, 0, len(words))
	for _, w := range words[1:] {
		args = append(args, field{text: w})
	}
	switch name := strings.TrimPrefix(baseName(words[0]), "@"); name {
	case "rd", "rmdir", "del", "erase", "deltree":
		m.batchRemove(args)
	case "format", "diskpart", "cipher":
		m.deny("device-overwrite")
	case "powershell", "pwsh":
		m.powershellArgs(args, flow{})
	case "reg", "schtasks", "bcdedit", "vssadmin":
		m.windowsAdmin(name, args)
	}
	for _, a := range args {
		if strings.ContainsAny(a.text, `\/.`) && !strings.HasPrefix(a.text, "/") {
			m.path(a)
		}
	}
}

// batchRemove is rd /s, del /s.
func (m *machine) batchRemove(args []field) {
	for _, a := range args {
		if windowsVital(a.text) {
			m.deny("remove-root")
		}
	}
}

func (m *machine) windowsAdmin(base string, args []field) {
	l := strings.ToLower(texts(args))
	switch {
	case base == "schtasks" && strings.Contains(l, "/create"), base == "reg" && strings.Contains(l, "add") && strings.Contains(l, "run"),
		base == "launchctl" && anyOf(l, "load", "bootstrap", "submit"):
		m.deny("persistence")
	case base == "vssadmin" && strings.Contains(l, "delete"), base == "bcdedit" && strings.Contains(l, "/set"):
		m.deny("system-file")
	case base == "reg" && anyOf(l, "hklm\\sam", "hklm\\security", "hklm\\system"):
		m.deny("credential-store")
	}
}
