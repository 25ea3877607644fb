package policy

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// The standard names of posture; an engine may have others, this one has not.
var (
	capabilities = []string{"file_access", "file_write", "egress", "shell", "tool_call", "patch", "custom"}
	budgetKeys   = []string{"file_writes", "egress_calls", "shell_commands", "tool_calls", "patches", "custom_calls"}
	inputTypes   = []string{"keyboard", "mouse", "touch"}
)

// Warnings are what is valid in a document and probably not meant. They carry
// no positions; W001 is a name that means nothing here, W002 a value that has
// no effect, W003 a threshold that turns another off.
func Warnings(d *Document) []Problem {
	w := &warner{file: nameOf(d)}
	e := &d.Extensions
	if p := e.Posture; p != nil {
		w.posture("extensions.posture", p)
	}
	if o := e.Origins; o != nil {
		w.origins("extensions.origins", o)
	}
	if det := e.Detection; det != nil {
		w.detection("extensions.detection", det)
	}
	if b := d.Rules.InputInjection; b != nil {
		for i, s := range b.AllowedTypes {
			w.name(fmt.Sprintf("rules.input_injection.allowed_types[%d]", i), s, "an input type", inputTypes)
		}
	}
	if c := e.Chio; c != nil {
		for _, block := range slices.Sorted(maps.Keys(c.Conditions)) {
			if !strings.HasPrefix(block, "custom.") && !d.has(block) {
				w.add("W002", join("extensions.chio.conditions", block), "is a condition of a block that the document does not have", "remove it, or add the block")
			}
		}
	}
	return w.problems
}

type warner struct {
	file     string
	problems []Problem
}

func (w *warner) add(code, path, message, fix string) {
	if len(w.problems) < MaxProblems {
		w.problems = append(w.problems, Problem{File: w.file, Path: path, Message: message, Fix: fix, Code: code, Severity: SeverityWarning})
	}
}

func (w *warner) name(path, s, what string, known []string) {
	if !slices.Contains(known, s) {
		w.add("W001", path, fmt.Sprintf("%.40q is not %s this build knows", s, what), suggest(s, "they are ", known))
	}
}

func (w *warner) posture(path string, p *Posture) {
	for _, name := range slices.Sorted(maps.Keys(p.States)) {
		at, s := join(path+".states", name), p.States[name]
		for i, c := range s.Capabilities {
			w.name(fmt.Sprintf("%s.capabilities[%d]", at, i), c, "a capability", capabilities)
		}
		for _, key := range slices.Sorted(maps.Keys(s.Budgets)) {
			w.name(join(at+".budgets", key), key, "a budget", budgetKeys)
		}
		if len(s.Capabilities) == 0 {
			w.add("W002", at, "permits no capability, so nothing is permitted in it", "list capabilities, unless this is meant")
		}
	}
	reached := map[string]bool{p.Initial: true}
	for _, t := range p.Transitions {
		reached[t.To] = true
	}
	for _, name := range slices.Sorted(maps.Keys(p.States)) {
		if !reached[name] {
			w.add("W002", join(path+".states", name), "is not the initial state and no transition leads to it", "add a transition, unless an origin begins in it")
		}
	}
}

func (w *warner) origins(path string, o *Origins) {
	defaults := 0
	for i := range o.Profiles {
		if o.Profiles[i].Match != nil {
			continue
		}
		if defaults++; defaults > 1 {
			w.add("W002", fmt.Sprintf("%s.profiles[%d]", path, i), "is a second profile without match, and the first is the default", "give it a match, or remove it")
		}
	}
}

func (w *warner) detection(path string, d *Detection) {
	if p := d.PromptInjection; p != nil {
		warn, block := word(p.WarnAtOrAbove, "suspicious"), word(p.BlockAtOrAbove, "high")
		if slices.Index(levels, warn) > slices.Index(levels, block) {
			w.add("W003", path+".prompt_injection.warn_at_or_above", fmt.Sprintf("%s is above the level that blocks, %s", warn, block), "lower it")
		}
	}
	if j := d.Jailbreak; j != nil {
		warn, block := int64(50), int64(80)
		if j.WarnThreshold != nil {
			warn = *j.WarnThreshold
		}
		if j.BlockThreshold != nil {
			block = *j.BlockThreshold
		}
		if warn > block {
			w.add("W003", path+".jailbreak.warn_threshold", fmt.Sprintf("%d is above the threshold that blocks, %d", warn, block), "lower it")
		}
	}
}

// has reports a block or extension by the name conditions use.
func (d *Document) has(block string) bool {
	r, e := &d.Rules, &d.Extensions
	switch block {
	case "forbidden_paths":
		return r.ForbiddenPaths != nil
	case "path_allowlist":
		return r.PathAllowlist != nil
	case "egress":
		return r.Egress != nil
	case "secret_patterns":
		return r.SecretPatterns != nil
	case "patch_integrity":
		return r.PatchIntegrity != nil
	case "shell_commands":
		return r.ShellCommands != nil
	case "tool_access":
		return r.ToolAccess != nil
	case "computer_use":
		return r.ComputerUse != nil
	case "remote_desktop_channels":
		return r.RemoteDesktopChannels != nil
	case "input_injection":
		return r.InputInjection != nil
	case "browser_automation":
		return r.BrowserAutomation != nil
	case "code_execution":
		return r.CodeExecution != nil
	case "velocity":
		return r.Velocity != nil
	case "human_in_loop":
		return r.HumanInLoop != nil
	case "posture":
		return e.Posture != nil
	case "origins":
		return e.Origins != nil
	case "detection":
		return e.Detection != nil
	case "detection.prompt_injection":
		return e.Detection != nil && e.Detection.PromptInjection != nil
	case "detection.jailbreak":
		return e.Detection != nil && e.Detection.Jailbreak != nil
	case "detection.threat_intel":
		return e.Detection != nil && e.Detection.ThreatIntel != nil
	}
	return false
}
