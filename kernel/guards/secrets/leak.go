package secrets

import (
	"fmt"
	"strings"

	"github.com/backbay-labs/chio-node/kernel"
	"github.com/backbay-labs/chio-node/kernel/guard"
	"github.com/backbay-labs/chio-node/kernel/guards"
)

// CodeSecret is the evidence code of arguments that hold a credential.
const CodeSecret kernel.Code = "CHIO-GUARD-SECRET"

// LeakName is the guard's name.
const LeakName = "secret-leak"

// Leak denies a call that carries a credential anywhere in its arguments,
// whatever the tool is:
//
//  1. every string of the arguments and every member name is looked at by the
//     built-in detectors, alone and as the value of its member, and the strings
//     of one list in a row: deny
//  2. the policy's own patterns look at the same texts, unless the call is
//     about files that SkipPaths cover: deny, or ask if the severity is warn
type Leak struct {
	rule     string
	patterns patterns
	skip     []*guards.Glob
	allow    kernel.Decision
	passed   kernel.Decision // the policy's own patterns were not looked for
}

var _ guard.Guard = (*Leak)(nil)

// New compiles the configuration; an error wraps ErrConfig or guards.ErrGlob.
func New(c Config) (*Leak, error) {
	g := &Leak{rule: c.Rule, allow: guard.Conclude(kernel.Allow, LeakName, "", "", "")}
	g.allow.Evidence = g.allow.Evidence[:1:1]
	if g.rule == "" {
		g.rule = "rules.secret_patterns"
	}
	g.passed = guard.Conclude(kernel.Allow, LeakName, "", g.rule+".skip_paths", "")
	g.passed.Evidence = g.passed.Evidence[:1:1]
	var err error
	if g.patterns, err = compilePatterns(c.Patterns); err != nil {
		return nil, fmt.Errorf("%s: %w", LeakName, err)
	}
	for _, s := range c.SkipPaths {
		glob, err := guards.CompileGlob(s, guards.Permit)
		if err != nil {
			return nil, fmt.Errorf("%s skip_paths: %w", LeakName, err)
		}
		g.skip = append(g.skip, glob)
	}
	builtin()
	return g, nil
}

// Name returns secret-leak.
func (g *Leak) Name() string { return LeakName }

// Judge implements guard.Guard.
func (g *Leak) Judge(r *guard.Request) (kernel.Decision, error) {
	if r == nil || r.Action.Shape == nil {
		return guard.Refuse(LeakName, guard.CodeMalformed, "", "the action was not extracted"), nil
	}
	if m, bad := r.Action.Shape.(guard.Malformed); bad {
		return guard.Refuse(LeakName, guard.CodeMalformed, "", m.Reason), nil
	}
	content, path := payload(r.Action.Shape)
	if !r.Abstract && len(r.Action.Texts) > 0 {
		content = "" // it is among the texts
	}
	if f, found := detect("", content); found { // 1: an action without arguments has nothing else
		return g.refuse(kernel.Deny, f.detector, f.at, ""), nil
	}
	label := ""
	for i := range r.Action.Texts {
		t := &r.Action.Texts[i]
		name := t.Name
		switch t.Name {
		case "name", "key", "field", "variable", "header":
			label = t.Value
		case "value":
			name, label = label, ""
		}
		if f, found := detect(name, t.Value); found { // 1
			return g.refuse(kernel.Deny, f.detector, f.at, t.Name), nil
		}
	}
	if f, name, found := pieced(r.Action.Texts); found {
		return g.refuse(kernel.Deny, f.detector, f.at, name), nil // 1
	}
	switch {
	case len(g.patterns.list) == 0:
		return g.allow, nil
	case g.skipped(r, path): // 2
		return g.passed, nil
	}
	return g.custom(r, content), nil
}

// maxPieces bounds the text made of the strings of one list.
const maxPieces = 256 << 10

// pieced looks at the strings of each list as one text: a file may be sent
// line by line, and a key in parts. Offsets are within the row.
func pieced(texts []guard.Text) (f finding, name string, found bool) {
	for i := 0; i < len(texts); {
		size, end := len(texts[i].Value), i+1
		for end < len(texts) && texts[end].Name == texts[i].Name && texts[i].Name != "" {
			size += len(texts[end].Value)
			end++
		}
		if end-i > 1 && size >= minSecretBytes && size <= maxPieces {
			var row strings.Builder
			row.Grow(size)
			for _, t := range texts[i:end] {
				row.WriteString(t.Value)
			}
			if f, found = detect("", row.String()); found {
				return f, texts[i].Name, true
			}
		}
		i = end
	}
	return finding{}, "", false
}

// custom applies the policy's patterns: the strictest verdict counts.
func (g *Leak) custom(r *guard.Request, content string) kernel.Decision {
	var may guards.Candidates
	g.patterns.needles.Look(content, &may)
	for i := range r.Action.Texts {
		g.patterns.needles.Look(r.Action.Texts[i].Value, &may)
	}
	out := g.allow
	for i := range g.patterns.list {
		p := &g.patterns.list[i]
		if !may.Has(i) || out.Verdict == kernel.PendingApproval && p.verdict == kernel.PendingApproval {
			continue
		}
		at, found := p.find(content)
		name := ""
		for j := 0; !found && j < len(r.Action.Texts); j++ {
			at, found = p.find(r.Action.Texts[j].Value)
			name = r.Action.Texts[j].Name
		}
		if !found {
			continue
		}
		out = g.refuse(p.verdict, p.name, at, name)
		if out.Verdict == kernel.Deny {
			return out
		}
	}
	return out
}

// refuse names the detector and the place, never a character of the match. A
// member's name is shown if it is a plain word that no pattern matches.
func (g *Leak) refuse(v kernel.Verdict, detector string, at span, member string) kernel.Decision {
	where := ""
	if g.showable(member) {
		where = " in " + member
	}
	return guard.Conclude(v, LeakName, CodeSecret, g.rule+".patterns."+detector,
		fmt.Sprintf("%s at offset %d, %d bytes%s", detector, at.start, at.end-at.start, where))
}

func (g *Leak) showable(member string) bool {
	if len(member) == 0 || len(member) > 32 || run(member, 0, nameTail) != len(member) || kindsOf(member).digit > 3 {
		return false
	}
	for i := range g.patterns.list {
		if _, hit := g.patterns.list[i].find(member); hit {
			return false
		}
	}
	_, hit := Detect(member)
	return !hit
}

// payload is what a shape carries beside the strings of the arguments: an
// abstract action has nothing else.
func payload(s guard.Shape) (content, path string) {
	switch s := s.(type) {
	case guard.FileWrite:
		return s.Content, s.Path
	case guard.Patch:
		return s.Diff, s.Path
	case guard.FileAccess:
		return "", s.Path
	default:
		return "", ""
	}
}

// skipped reports a call about files of which each is covered by SkipPaths.
func (g *Leak) skipped(r *guard.Request, path string) bool {
	if len(g.skip) == 0 || path == "" {
		return false
	}
	if !g.covers(path) {
		return false
	}
	for i := range r.Action.Paths {
		if p := &r.Action.Paths[i]; !p.Guess && !g.covers(p.Text) {
			return false
		}
	}
	return true
}

func (g *Leak) covers(path string) bool {
	clean, err := guards.CleanPath(path)
	if err != nil {
		return false
	}
	for _, glob := range g.skip {
		if glob.Match(clean) {
			return true
		}
	}
	return false
}
