package desktop

import (
	"strings"

	"github.com/backbay-labs/chio-node/kernel/guard"
	"github.com/backbay-labs/chio-node/wire"
)

// maxTypes is the manifest's word, the tool's name and the four members.
const maxTypes = 6

// actions are the action types that a call claims.
type actions struct {
	types [maxTypes]string
	n     int
	is    bool // the call drives a desktop
	bad   bool // it does, and a type cannot be judged
}

func (a *actions) all() []string { return a.types[:a.n] }

func (a *actions) add(t string) {
	for _, have := range a.all() {
		if have == t {
			return
		}
	}
	a.types[a.n] = t
	a.n++
}

var typeMembers = [...]string{"action_type", "actionType", "custom_type", "customType"}

// actionsOf collects the types of a call. A member that is no string, or holds
// what is no type, is bad in a call that drives a desktop and means nothing in
// any other.
func actionsOf(r *guard.Request) (a actions) {
	name := toolName(r)
	declared := declares(r, "computer_use")
	a.is = declared
	odd := false
	if declares(r, "input") {
		if r.Abstract {
			return a // judged by its input type alone
		}
		a.is = true
		a.add("input.inject")
	}
	if t, ok := typeOf(name); ok {
		a.is = true
		a.add(t)
	}
	for _, member := range typeMembers {
		raw := r.Action.Arg(member)
		if raw == nil {
			continue
		}
		s, ok := text(raw)
		t, desktop := typeOf(s)
		switch {
		case ok && desktop:
			a.is = true
			a.add(t)
		case ok && declared && plain(s):
			a.add(strings.ToLower(s))
		default:
			odd = true
		}
	}
	if declared && a.n == 0 && plain(name) {
		a.add(strings.ToLower(name))
	}
	a.bad = a.is && (odd || a.n == 0)
	return a
}

// declares reports a tool whose manifest says what it does.
func declares(r *guard.Request, action string) bool {
	return r.Call.Route.Shape != nil && r.Call.Route.Shape.Action == action
}

// toolName is the tool's name, or that of an abstract action's target.
func toolName(r *guard.Request) string {
	if s, ok := r.Action.Shape.(guard.McpTool); ok && r.Abstract {
		return s.Name
	}
	return r.Call.Mandate.Tool
}

// typeOf returns the action type a name is, without the namespace of a server
// in front: mcp__desk__remote.audio is remote.audio. Case does not matter.
func typeOf(name string) (string, bool) {
	if i := strings.LastIndex(name, "__"); i >= 0 {
		name = name[i+2:]
	}
	if i := strings.LastIndexAny(name, "/:"); i >= 0 {
		name = name[i+1:]
	}
	name = strings.TrimSpace(name)
	if !begins(name, "remote.") && !begins(name, "input.") {
		return "", false
	}
	return strings.ToLower(name), true
}

func begins(s, prefix string) bool {
	return len(s) >= len(prefix) && strings.EqualFold(s[:len(prefix)], prefix)
}

// plain reports a name of printable ASCII without blanks.
func plain(s string) bool {
	for i := range len(s) {
		if s[i] <= ' ' || s[i] >= 0x7f {
			return false
		}
	}
	return s != "" && len(s) <= 256
}

// text decodes a JSON string.
func text(raw wire.Raw) (string, bool) {
	if len(raw) < 2 || raw[0] != '"' {
		return "", false
	}
	if body := raw[1 : len(raw)-1]; strings.IndexByte(string(body), '\\') < 0 {
		return string(body), true
	}
	var s string
	err := wire.Unmarshal(raw, &s, wire.ForeignLimits)
	return s, err == nil
}
