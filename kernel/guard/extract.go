package guard

import (
	"fmt"
	"strings"

	"github.com/backbay-labs/chio-node/kernel"
	"github.com/backbay-labs/chio-node/kernel/capability"
	"github.com/backbay-labs/chio-node/wire"
)

// Extract says what a call is about to do:
//
//  1. arguments that are not one JSON object within the bounds are Malformed
//  2. a shape declared in the tool's manifest decides what the call is
//  3. else its name does; a member under an alias of higher priority with the
//     wrong type, or a required member that is missing, is Malformed
//  4. else it is McpTool, or Unknown for an operation that invokes no tool
//  5. in every case all paths, URLs and commands found anywhere in the
//     arguments are listed
func Extract(call *kernel.Call) Action {
	m := call.Mandate
	a := Action{ArgsBytes: len(m.Arguments)}
	fam, name := recognise(m.Tool)
	declared := call.Route.Shape
	access := accessOf(fam)
	if declared != nil {
		access = declaredAccess(declared.Action, access)
	}
	invokes := m.Operation == "" || m.Operation == capability.Invoke
	if !invokes && fam == familyNone && declared == nil {
		access = AccessRead // a resource or a prompt
	}
	f := &finder{action: &a, access: access, payload: fam != familyNone || declaresFile(declared), code: fam == familyCode}
	w := &walker{onString: f.onString, onName: f.onName}
	if err := w.walk(m.Arguments); err != nil { // 1
		return malformed(a, "%v", err)
	}
	a.top = w.top
	args := arguments{top: w.top, name: name}
	switch {
	case declared != nil: // 2
		a.Shape = declare(f, m.Arguments, declared, m.Tool)
	case !invokes: // 4
		if err := f.onString("", m.Tool); err != nil {
			return malformed(a, "%v", err)
		}
		a.Shape = Unknown{Operation: string(m.Operation)}
	case fam == familyNone: // 4
		a.Shape = McpTool{Name: m.Tool}
	default: // 3
		a.Shape = args.shape(fam, &a)
	}
	return a
}

func malformed(a Action, format string, args ...any) Action {
	a.Shape = Malformed{Reason: fmt.Sprintf(format, args...)}
	return a
}

// declaredAccess refines, and never loosens: a manifest is written by the tool
// server, which is not trusted to call a write a read.
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

// declare applies a manifest's shape. Its pointers must lead to strings; an
// optional argument may be absent, but not all of them.
func declare(f *finder, doc wire.Raw, s *kernel.Shape, tool string) Shape {
	if len(s.Paths)+len(s.URLs) > maxPointers {
		return Malformed{Reason: fmt.Sprintf("declared shape of %.80q has more than %d pointers", tool, maxPointers)}
	}
	if len(doc) == 0 {
		doc = wire.Raw("{}")
	}
	paths, err := follow(doc, s.Paths, func(v string) error { return f.path(v, false) })
	if err != nil {
		return Malformed{Reason: err.Error()}
	}
	urls, err := follow(doc, s.URLs, f.url)
	if err != nil {
		return Malformed{Reason: err.Error()}
	}
	switch s.Action {
	case "file_read":
		return FileAccess{Path: first(paths)}
	case "file_write":
		return FileWrite{Path: first(paths)}
	case "patch":
		return Patch{Path: first(paths)}
	case "egress":
		host, port, err := Host(first(urls))
		if err != nil {
			return Malformed{Reason: fmt.Sprintf("declared url of %.80q: %v", tool, err)}
		}
		return NetworkEgress{Host: host, Port: port}
	case "shell":
		return ShellCommand{Command: strings.Join(f.action.Commands, "; ")}
	case "tool":
		return McpTool{Name: tool}
	}
	return Malformed{Reason: fmt.Sprintf("declared action %.40q of %.80q is unknown", s.Action, tool)}
}

func follow(doc wire.Raw, pointers []string, add func(string) error) ([]string, error) {
	var all []string
	for _, p := range pointers {
		found, _, bad := pointed(doc, p)
		if bad {
			return nil, fmt.Errorf("argument %.80q is not a string or a list of strings", p)
		}
		for _, v := range found {
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
