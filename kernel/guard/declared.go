package guard

import (
	"fmt"
	"strings"

	"github.com/backbay-labs/chio-node/kernel"
	"github.com/backbay-labs/chio-node/wire"
)

// declaredAccess refines, and never loosens: what a tool's name says it does
// to a path stays in force when a declaration says less.
func declaredAccess(action string, byName Access) Access {
	switch action {
	case "file_read":
		if byName == AccessWrite || byName == AccessPatch {
			return AccessUnknown
		}
		return AccessRead
	case "file_write":
		return AccessWrite
	case "patch":
		return AccessPatch
	}
	return byName
}

func declaresFile(s *kernel.Shape) bool {
	return s != nil && (s.Action == "file_read" || s.Action == "file_write" || s.Action == "patch")
}

// maxPointers bounds the pointers of one declared shape.
const maxPointers = 16

// Recognised reports whether the name of a tool says what it does.
func Recognised(tool string) bool {
	fam, _ := recognise(tool)
	return fam != familyNone
}

// CheckShape refuses a declaration that Extract could not apply.
func CheckShape(s *kernel.Shape) error {
	if s == nil {
		return nil
	}
	need := func(what string, pointers []string) error {
		if len(pointers) == 0 {
			return fmt.Errorf("a shape of %q needs %s: JSON pointers of the arguments that hold them", s.Action, what)
		}
		return nil
	}
	if n := len(s.Paths) + len(s.URLs) + len(s.Commands) + len(s.Content); n > maxPointers {
		return fmt.Errorf("a shape has %d pointers, limit %d", n, maxPointers)
	}
	for _, list := range [][]string{s.Paths, s.URLs, s.Commands, s.Content} {
		for _, p := range list {
			if p != "" && !strings.HasPrefix(p, "/") {
				return fmt.Errorf("%.80q is not a JSON pointer: it begins with a slash", p)
			}
		}
	}
	switch s.Action {
	case "file_read", "file_write":
		return need("paths", s.Paths)
	case "egress":
		return need("urls", s.URLs)
	case "shell":
		return need("commands", s.Commands)
	case "patch", "code", "database":
		return need("content", s.Content)
	case "browser", "external_api", "memory_write", "memory_read", "computer_use", "input", "tool":
		return nil
	}
	return fmt.Errorf("action %.40q is unknown: write file_read, file_write, patch, egress, shell, code, browser, database, external_api, "+
		"memory_write, memory_read, computer_use, input or tool", s.Action)
}

// declare applies a declared shape. Its pointers must lead to strings; an
// optional argument may be absent, but not all of them.
func declare(f *finder, doc wire.Raw, s *kernel.Shape, tool string, args arguments) Shape {
	if err := CheckShape(s); err != nil {
		return Malformed{Reason: err.Error()}
	}
	if len(doc) == 0 {
		doc = wire.Raw("{}")
	}
	var found [4][]string
	for i, list := range []struct {
		pointers []string
		add      func(string) error
	}{{s.Paths, func(v string) error { return f.path(v, false) }}, {s.URLs, f.url}, {s.Commands, f.command}, {s.Content, nil}} {
		var err error
		if found[i], err = follow(doc, list.pointers, list.add); err != nil {
			return Malformed{Reason: err.Error()}
		}
	}
	path, link, command, content := first(found[0]), first(found[1]), strings.Join(found[2], "\n"), strings.Join(found[3], "\n")
	switch s.Action {
	case "file_read":
		return FileAccess{Path: path}
	case "file_write":
		return FileWrite{Path: path, Content: content}
	case "patch":
		return args.patched(f, path, content)
	case "egress":
		host, port, err := Host(link)
		if err != nil {
			return Malformed{Reason: fmt.Sprintf("declared url of %.80q: %v", tool, err)}
		}
		return NetworkEgress{Host: host, Port: port}
	case "shell":
		return ShellCommand{Command: command}
	case "code":
		lang, bad := args.optional(langAliases[:], language(squash(tool)))
		if bad != "" {
			return Malformed{Reason: string(bad)}
		}
		return CodeExecution{Language: lang, Code: content}
	case "browser":
		verb, bad := args.optional(verbAliases[:], verbOf(squash(tool)))
		if bad != "" {
			return Malformed{Reason: string(bad)}
		}
		return BrowserAction{Verb: verb, Target: link}
	case "database":
		return DatabaseQuery{Database: tool, Query: content}
	case "external_api":
		return ExternalAPICall{Service: tool, Endpoint: link}
	case "memory_write", "memory_read":
		store, bad := args.optional(storeAliases[:], tool)
		key, bad2 := args.optional(keyAliases[:], "")
		if bad+bad2 != "" {
			return Malformed{Reason: string(bad + bad2)}
		}
		if s.Action == "memory_write" {
			return MemoryWrite{Store: store, Key: key}
		}
		return MemoryRead{Store: store, Key: key}
	}
	return McpTool{Name: tool} // computer_use, input, tool: CheckShape knows no other
}

func follow(doc wire.Raw, pointers []string, add func(string) error) ([]string, error) {
	var all []string
	for _, p := range pointers {
		found, _, bad := pointed(doc, p)
		if bad {
			return nil, fmt.Errorf("argument %.80q is not a string or a list of strings", p)
		}
		for _, v := range found {
			if add == nil {
				continue
			}
			if err := add(v); err != nil {
				return nil, err
			}
		}
		all = append(all, found...)
	}
	if len(pointers) > 0 && len(all) == 0 {
		return nil, fmt.Errorf("none of the declared arguments %.120q is present", pointers)
	}
	return all, nil
}

func first(list []string) string {
	if len(list) == 0 {
		return ""
	}
	return list[0]
}
