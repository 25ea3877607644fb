package shell

import (
	"encoding/base64"
	"strings"
)

func isFetcher(base string) bool {
	switch base {
	case "curl", "wget", "wget2", "fetch", "aria2c", "http", "https", "httpie", "xh", "lynx", "links", "w3m", "elinks", "axel", "lftp", "tftp", "ftp",
		"iwr", "irm", "invoke-webrequest", "invoke-restmethod", "certutil", "bitsadmin", "nc", "ncat", "netcat", "nc.traditional", "nc.openbsd",
		"telnet", "socat", "dig", "nslookup", "host", "drill", "gsutil", "smbclient", "scp", "sftp", "curlie", "ssh", "websocat":
		return true
	}
	return false
}

func isSender(base string) bool {
	if isFetcher(base) {
		return true
	}
	switch base {
	case "rsync", "mail", "mailx", "sendmail", "mutt", "s-nail", "rclone", "aws", "gh", "gcloud", "az", "openssl", "ping", "logger", "mosquitto_pub", "kcat",
		"git", "hub", "glab", "slack", "magic-wormhole", "wormhole", "croc", "transfer", "xh-post":
		return true
	}
	return false
}

// send judges what is given to a program that talks to the network.
func (m *machine) send(base string, args []field, in flow) {
	if base == "openssl" && (len(args) == 0 || args[0].text != "s_client") || base == "git" {
		return
	}
	t := taints(args)
	if in.present {
		t |= in.taint
	}
	headers := taint(0) // what a request is signed with is no leak
	for i, a := range args {
		if i > 0 && anyOf(args[i-1].text, "-H", "--header", "-u", "--user", "-b", "--cookie") {
			headers |= a.taint
		}
	}
	if t&keyed != 0 && (headers&keyed == 0 || in.present && in.taint&keyed != 0) {
		t |= secret
	}
	m.leaks(base, args)
	switch {
	case t&secret != 0:
		m.deny("exfiltration")
	case t&terminal != 0:
		m.deny("reverse-shell")
	}
	switch base {
	case "nc", "ncat", "netcat", "nc.traditional", "nc.openbsd":
		if flags(args, "ec", "exec", "sh-exec", "lua-exec") {
			m.deny("reverse-shell")
		}
	case "socat", "websocat":
		for _, a := range args {
			l := strings.ToLower(a.text)
			if strings.HasPrefix(l, "exec:") || strings.HasPrefix(l, "system:") || strings.HasPrefix(l, "sh-c:") || strings.HasPrefix(l, "cmd:") || strings.Contains(l, "shell:") {
				m.deny("reverse-shell")
			}
		}
	}
	for _, a := range args {
		p := a.text[strings.LastIndexAny(a.text, "@=")+1:]
		if p != "" && !strings.Contains(p, "://") && (historyFile(p) || strings.Contains(p, "/Cookies") || strings.Contains(p, "/keyrings") || strings.Contains(p, "/logins.json")) {
			m.deny("exfiltration")
		}
	}
}

// leaks denies a whole home or system as what is sent, and the addresses at
// which clouds hand out credentials.
func (m *machine) leaks(base string, args []field) {
	for i, a := range args {
		if anyOf(a.text, "169.254.169.254", "metadata.google.internal", "100.100.100.200", "fd00:ec2::254", "169.254.170.2") {
			m.deny("metadata-service")
		}
		if (base == "scp" || base == "rsync" || base == "rclone" || base == "aws" || base == "gsutil") && i < len(args)-1 &&
			strings.ContainsAny(args[len(args)-1].text, ":@") && a.text != "" && a.text[0] != '-' && m.destroys(a) {
			m.deny("exfiltration")
		}
	}
}

// produced says what a program puts out, and remembers the files into which it
// saves what it fetched.
func (m *machine) produced(base string, args []field, in flow) flow {
	t := computed | in.taint | taints(args)
	switch base {
	case "cat", "tac", "head", "tail", "less", "more", "bat", "type", "zcat", "tee", "pv", "sponge", "cut", "nl":
		return m.passed(base, args, in)
	case "base64", "base32", "basenc", "gbase64":
		if flags(args, "dD", "decode") {
			return m.decode(in, t|decoded)
		}
	case "openssl":
		if len(args) > 0 && args[0].text == "s_client" {
			t |= fetched
		} else if flags(args, "d", "decode") {
			t |= decoded
		}
	case "xxd":
		if flags(args, "r", "revert") {
			t |= decoded
		}
	case "uudecode", "gunzip", "unxz", "bunzip2", "unlzma", "uncompress", "zstdcat", "xzcat", "bzcat", "gpg", "ascii2binary":
		t |= decoded
	case "gzip", "xz", "bzip2", "zstd", "brotli":
		if flags(args, "d", "decompress", "uncompress") {
			t |= decoded
		}
	case "tar", "bsdtar", "unzip", "cpio", "7z", "zip":
		m.unpacked(base, args, in)
		if m.archived { // a whole home or system in one archive
			m.archived = false
			t |= secret
		}
	case "mkfifo", "mknod":
		for _, a := range targets(args) {
			m.files = append(m.files, saved{path: tidy(m.at(a.text)), fifo: true})
		}
	case "find", "gfind", "ls", "dir", "fd":
		t |= m.lists(args)
	case "history":
		t |= secret
	case "aws", "gcloud", "az", "gh", "kubectl", "vault", "op", "pass", "oc", "heroku", "doctl":
		if l := texts(args); anyOf(l, "get-session-token", "print-access-token", "auth token", "get secret", "kv get", "read ", "show", "export-credentials", "configure get", "get-secret", "get-login", "auth:token") {
			t |= secret
		}
	case "id", "pwd", "date", "uname", "hostname", "whoami", "nproc", "seq", "wc", "mktemp", "basename", "dirname", "realpath":
		t &^= computed // short facts about here, never a program
		t |= in.taint & computed
	}
	if isFetcher(base) {
		t |= fetched
		m.download(base, args)
	}
	return flow{taint: t}
}

// passed is a program that puts out what it reads.
func (m *machine) passed(base string, args []field, in flow) flow {
	list := targets(args)
	if base == "tee" || base == "sponge" || len(list) == 0 || base == "cut" || (base == "head" || base == "tail") && in.present {
		for _, f := range list {
			if base == "tee" || base == "sponge" {
				m.save(m.at(f.text), in.taint)
			}
		}
		if base != "cat" && base != "tee" {
			in.known = false
		}
		in.taint |= taints(args)
		in.known = in.known && in.present
		return in
	}
	out := flow{}
	for _, f := range list {
		if historyFile(f.text) {
			out.taint |= secret
		}
		if f.text == "-" {
			out.taint |= in.taint
			continue
		}
		out.taint |= m.contents(f).taint | f.taint
	}
	if base == "zcat" {
		out.taint |= decoded
	}
	return out
}

// decode keeps what was encoded on the line itself, for the record of taint it
// stays decoded.
func (m *machine) decode(in flow, t taint) flow {
	if in.known {
		if raw, err := base64.StdEncoding.DecodeString(strings.Join(strings.Fields(in.text), "")); err == nil {
			return flow{known: true, text: strings.ReplaceAll(string(raw), "\x00", "\x01"), taint: t &^ computed}
		}
	}
	return flow{taint: t}
}

func (m *machine) unpacked(base string, args []field, in flow) {
	dir := "."
	for _, d := range option(args, 'C', "directory") {
		dir = d.text
	}
	if base == "unzip" {
		for _, d := range option(args, 'd', "") {
			dir = d.text
		}
	}
	t := in.taint
	for _, a := range targets(args) {
		if m.destroys(a) {
			m.archived = true
		}
		h, _ := m.holds(m.at(a.text))
		t |= h
	}
	if t&fetched != 0 {
		m.files = append(m.files, saved{path: tidy(m.at(dir)), taint: t &^ computed, below: true})
	}
}

// download remembers where a fetcher saves.
func (m *machine) download(base string, args []field) {
	var names []field
	switch base {
	case "curl", "curlie":
		names = option(args, 'o', "output")
	case "wget", "wget2":
		names = option(args, 'O', "output-document")
	case "aria2c", "axel", "http", "https", "xh":
		names = option(args, 'o', "out")
	case "certutil", "bitsadmin", "scp", "tftp":
		if list := targets(args); len(list) > 0 {
			names = list[len(list)-1:]
		}
	case "iwr", "irm", "invoke-webrequest", "invoke-restmethod":
		for i, a := range args {
			if strings.EqualFold(a.text, "-OutFile") && i+1 < len(args) {
				names = append(names, args[i+1])
			}
		}
	}
	for _, n := range names {
		if n.text != "-" && n.text != "/dev/null" {
			m.write(n)
			m.save(m.at(n.text), fetched)
		}
	}
	if len(names) > 0 && base != "scp" {
		return
	}
	for _, a := range targets(args) {
		url, _, _ := strings.Cut(a.text, "?")
		if i := strings.LastIndexByte(url, '/'); i >= 0 && i+1 < len(url) && strings.Contains(url, ".") {
			m.save(m.at(url[i+1:]), fetched)
		}
	}
}
