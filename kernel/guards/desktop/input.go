package desktop

import (
	"cmp"
	"fmt"
	"strings"

	"github.com/backbay-labs/chio-node/kernel"
	"github.com/backbay-labs/chio-node/kernel/guard"
)

// Input judges the injection of keyboard, mouse and touch events.
//
//  1. input that does not name its type, or names two: deny
//  2. a type that is not allowed: deny
//  3. with require_postcondition_probe, input without the hash of a probe that
//     checks its effect: deny. An action of an evaluation suite has no
//     arguments that could hold one, and is not judged by this rule
type Input struct {
	rule         string
	allowed      map[string]struct{}
	requireProbe bool
	pass, passed kernel.Decision
}

// NewInput checks the configuration. The zero configuration allows no input.
// Errors are ErrConfig.
func NewInput(c InputConfig) (*Input, error) {
	g := &Input{rule: cmp.Or(c.Rule, "rules.input_injection"), allowed: map[string]struct{}{}, requireProbe: c.RequireProbe}
	for _, t := range c.AllowedTypes {
		if !plain(t) {
			return nil, fmt.Errorf("%w: %s allowed_types has %.80q, which is no input type", ErrConfig, InputName, t)
		}
		g.allowed[strings.ToLower(t)] = struct{}{}
	}
	g.pass = guard.Allowed(InputName, "", "", "")
	g.passed = guard.Allowed(InputName, "", g.rule+".allowed_types", "")
	return g, nil
}

// Name returns input-injection-capability.
func (g *Input) Name() string { return InputName }

// Judge implements guard.Guard.
func (g *Input) Judge(r *guard.Request) (kernel.Decision, error) {
	if d, bad := guard.Unreadable(InputName, r); bad {
		return d, nil
	}
	is, kind, bad := inputOf(r)
	switch {
	case !is:
		return g.pass, nil
	case bad, kind == "": // 1
		return g.refuse(".allowed_types", "the input type is missing or cannot be judged"), nil
	}
	if _, ok := g.allowed[kind]; !ok { // 2
		return g.refuse(".allowed_types", "input of type "+brief(kind)+" is not allowed"), nil
	}
	if g.requireProbe && !r.Abstract && !probed(r) { // 3
		return g.refuse(".require_postcondition_probe", "the input names no postcondition probe"), nil
	}
	return g.passed, nil
}

func (g *Input) refuse(field, details string) kernel.Decision {
	return guard.Refuse(InputName, CodeInput, g.rule+field, details)
}

// inputOf says whether a call injects input, and of which type. A call that
// does not is never bad.
func inputOf(r *guard.Request) (is bool, kind string, bad bool) {
	name := toolName(r)
	device, stated := deviceOf(name)
	declared := declares(r, "input")
	if r.Abstract && declares(r, "computer_use") {
		return false, "", false // the suite's other action, judged there
	}
	is = stated || declared
	a := actionsOf(r)
	if r.Abstract && !declared {
		a = actions{} // the suite's input.inject is a computer_use action, judged there
	}
	for _, t := range a.all() {
		is = is || strings.HasPrefix(t, "input.")
	}
	for _, member := range [...]string{"input_type", "inputType"} {
		raw := r.Action.Arg(member)
		if raw == nil {
			continue
		}
		s, ok := text(raw)
		s = strings.ToLower(s)
		is = is || device == "input"
		bad = bad || !ok || !plain(s) || kind != "" && kind != s
		kind = s
	}
	if !is {
		return false, "", false
	}
	if _, dotted := typeOf(name); kind == "" && r.Abstract && (declared || stated) && !dotted && plain(name) {
		kind = strings.ToLower(name) // an evaluation suite's target is the type itself
	}
	return true, kind, bad || a.bad
}

// deviceOf returns the device a tool is called by. Of "input" alone only an
// input_type says that it injects: a program may ask its user for input.
func deviceOf(name string) (device string, injects bool) {
	if i := strings.LastIndex(name, "__"); i >= 0 {
		name = name[i+2:]
	}
	if i := strings.LastIndexAny(name, "/:"); i >= 0 {
		name = name[i+1:]
	}
	for _, d := range [...]string{"keyboard", "mouse", "touch", "input_inject", "inputInject", "input-inject"} {
		if strings.EqualFold(name, d) {
			return d, true
		}
	}
	if strings.EqualFold(name, "input") {
		return "input", false
	}
	return "", false
}

// probed reports a call that names a probe.
func probed(r *guard.Request) bool {
	for _, member := range [...]string{"postcondition_probe_hash", "postconditionProbeHash"} {
		if s, ok := text(r.Action.Arg(member)); ok && strings.TrimSpace(s) != "" {
			return true
		}
	}
	return false
}
