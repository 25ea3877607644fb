package cli

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"net/url"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/backbay-labs/chio-node/kernel/guards/secrets"
	"github.com/backbay-labs/chio-node/wire"
)

// mcpEntry is a server of an MCP client's configuration, as far as a policy can
// be made of it.
type mcpEntry struct {
	name    string
	command []string
	url     string
	env     []string // names only
	dirs    []string // of a file server, absolute
	hosts   []string
	tools   map[string]string // known tools → what they can do
	notes   []string
}

// mcpServerConfig is one server as clients write it. What else is written there
// is of no interest here.
type mcpServerConfig struct {
	Command string            `json:"command"`
	Args    []string          `json:"args"`
	Env     map[string]string `json:"env"`
	URL     string            `json:"url"`
	Headers map[string]string `json:"headers"`
}

// parseMCPConfig reads mcpServers (Claude, Cursor) or servers (VS Code, also
// under mcp). Comments, which VS Code allows, are taken out.
func parseMCPConfig(doc []byte) ([]mcpEntry, error) {
	var file struct {
		MCPServers map[string]wire.Raw `json:"mcpServers"`
		Servers    map[string]wire.Raw `json:"servers"`
		MCP        struct {
			Servers map[string]wire.Raw `json:"servers"`
		} `json:"mcp"`
	}
	if err := wire.UnmarshalLenient(withoutComments(doc), &file, wire.ForeignLimits); err != nil {
		return nil, err
	}
	all := map[string]wire.Raw{}
	for _, group := range []map[string]wire.Raw{file.MCP.Servers, file.Servers, file.MCPServers} {
		maps.Copy(all, group)
	}
	if len(all) == 0 {
		return nil, errors.New("it has no mcpServers and no servers")
	}
	var out []mcpEntry
	for _, name := range slices.Sorted(maps.Keys(all)) {
		var c mcpServerConfig
		if err := wire.UnmarshalLenient(all[name], &c, wire.ForeignLimits); err != nil {
			return nil, fmt.Errorf("server %.80q: %w", name, err)
		}
		e, err := newMCPEntry(name, &c)
		if err != nil {
			return nil, fmt.Errorf("server %.80q: %w", name, err)
		}
		out = append(out, e)
	}
	return out, nil
}

func newMCPEntry(name string, c *mcpServerConfig) (mcpEntry, error) {
	e := mcpEntry{name: name, url: c.URL}
	switch {
	case c.Command != "":
		e.command = append([]string{c.Command}, c.Args...)
	case c.URL == "":
		return e, errors.New("it has neither a command nor a url")
	}
	e.env = slices.Sorted(maps.Keys(c.Env))
	for _, n := range e.env {
		if secretName.MatchString(n) {
			e.notes = append(e.notes, fmt.Sprintf("%s looks like a secret; its value was not copied: export it, and mcp serve hands it on by name", n))
		}
	}
	for _, n := range slices.Sorted(maps.Keys(c.Headers)) {
		if secretName.MatchString(n) {
			e.notes = append(e.notes, fmt.Sprintf("header %s looks like a secret; it was not copied", n))
		}
	}
	for i, arg := range c.Args {
		if key, _, is := strings.Cut(arg, "="); strings.HasPrefix(arg, "-") && secretName.MatchString(key) && (is || i+1 < len(c.Args)) {
			e.notes = append(e.notes, fmt.Sprintf("%s on the command line looks like a secret; every process can read it", key))
		}
	}
	e.learn()
	return e, nil
}

// secretName recognises names of variables, headers and flags that hold secrets.
var secretName = regexp.MustCompile(`(?i)(token|secret|password|passwd|api[_-]?key|access[_-]?key|private[_-]?key|credential|authorization)`)

// learn finds directories and hosts, and the tools of a server that is known.
func (e *mcpEntry) learn() {
	if e.url != "" {
		if u, err := url.Parse(e.url); err == nil && u.Hostname() != "" {
			e.hosts = append(e.hosts, u.Hostname())
		}
		e.notes = append(e.notes, "it is a remote server: mcp serve wraps commands, so run it behind a bridge (npx -y mcp-remote URL)")
	}
	known := knownServer(e.command)
	if known != nil {
		e.tools = known.tools
	}
	for _, arg := range e.command {
		if u, err := url.Parse(arg); err == nil && (u.Scheme == "https" || u.Scheme == "http") && u.Hostname() != "" {
			e.hosts = append(e.hosts, u.Hostname())
		}
		if filepath.IsAbs(arg) && known != nil && known.files {
			e.dirs = append(e.dirs, filepath.ToSlash(filepath.Clean(arg)))
		}
	}
	if known != nil && known.files && len(e.dirs) == 0 {
		e.notes = append(e.notes, "it is a file server with no absolute directory: write the ones it may touch under rules.path_allowlist")
	}
	if known == nil && e.url == "" {
		e.notes = append(e.notes, "its tools are not known here: look at what it offers (chio-node status) and name what it may do")
	}
}

// starter is what to run, and what to look at.
func (e *mcpEntry) starter(policyFile string) starterServer {
	s := starterServer{Name: e.name, Warnings: e.notes}
	if len(e.command) == 0 {
		return s
	}
	words := []string{"chio-node", "mcp", "serve", "--server-id", e.name}
	if policyFile != "-" {
		words = append(words, "--policy", policyFile)
	}
	for _, n := range e.env {
		words = append(words, "--env", n)
	}
	for _, d := range e.dirs {
		words = append(words, "--root", d)
	}
	words = append(append(words, "--"), e.shown()...)
	for i, w := range words {
		words[i] = shellWord(w)
	}
	s.Serve = strings.Join(words, " ")
	return s
}

// shown is the command without what looks like a secret in it.
func (e *mcpEntry) shown() []string {
	out := slices.Clone(e.command)
	for i, arg := range out {
		if i == 0 {
			continue
		}
		flag, _, joined := strings.Cut(arg, "=")
		u, err := url.Parse(arg)
		switch masked, hit := secrets.Mask("", arg); {
		case strings.HasPrefix(arg, "-") && secretName.MatchString(flag) && joined:
			out[i] = flag + "=SECRET"
		case i > 1 && strings.HasPrefix(out[i-1], "-") && secretName.MatchString(out[i-1]) && !strings.Contains(out[i-1], "=") && !strings.HasPrefix(arg, "-"):
			out[i] = "SECRET"
		case err == nil && u.User != nil && u.Host != "":
			u.User = url.UserPassword(u.User.Username(), "SECRET")
			out[i] = u.String()
		case hit:
			out[i] = masked
		}
	}
	return out
}

var plainWord = regexp.MustCompile(`^[A-Za-z0-9_@%+=:,./-]+$`)

func shellWord(s string) string {
	if plainWord.MatchString(s) {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}

// quoteYAML is a string as a YAML scalar: JSON's strings are YAML's.
func quoteYAML(s string) string { return string(wire.MustMarshal(s)) }

// withoutComments blanks // and /* */ comments and trailing commas, outside of
// strings.
func withoutComments(doc []byte) []byte {
	out := bytes.Clone(doc)
	for i := 0; i < len(out); i++ {
		switch {
		case out[i] == '"':
			for i++; i < len(out) && out[i] != '"'; i++ {
				if out[i] == '\\' {
					i++
				}
			}
		case bytes.HasPrefix(out[i:], []byte("//")):
			for ; i < len(out) && out[i] != '\n'; i++ {
				out[i] = ' '
			}
		case bytes.HasPrefix(out[i:], []byte("/*")):
			end := bytes.Index(out[i+2:], []byte("*/"))
			if end < 0 {
				return out // the reader says where it breaks
			}
			copy(out[i:], bytes.Repeat([]byte{' '}, end+4))
			i += end + 3
		}
	}
	return trailingComma(out)
}

func trailingComma(doc []byte) []byte {
	last := -1 // of a comma with only space behind it so far
	for i := 0; i < len(doc); i++ {
		switch c := doc[i]; {
		case c == '"':
			last = -1
			for i++; i < len(doc) && doc[i] != '"'; i++ {
				if doc[i] == '\\' {
					i++
				}
			}
		case c == ',':
			last = i
		case (c == '}' || c == ']') && last >= 0:
			doc[last], last = ' ', -1
		case c != ' ' && c != '\t' && c != '\n' && c != '\r':
			last = -1
		}
	}
	return doc
}
