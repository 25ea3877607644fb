package policy

import (
	"maps"
	"slices"
	"strings"

	"github.com/backbay-labs/chio-node/wire"
)

// Effect is what a change does to what the policy permits.
type Effect string

// The effects. Tighter is proved: the change permits nothing that was not
// permitted. Looser may permit more, and Unknown is not decided by looking at
// the documents alone.
const (
	EffectTighter Effect = "tighter"
	EffectLooser  Effect = "looser"
	EffectUnknown Effect = "unknown"
	EffectNone    Effect = "none"
)

// Change is one difference between two documents.
type Change struct {
	Path   string   `json:"path"`            // dotted
	Kind   string   `json:"kind"`            // added | removed | changed
	Before wire.Raw `json:"before,omitzero"` // canonical JSON
	After  wire.Raw `json:"after,omitzero"`
	Effect Effect   `json:"effect"`
	Note   string   `json:"note,omitempty"`
}

// The kinds of changes.
const (
	Added   = "added"
	Removed = "removed"
	Changed = "changed"
)

// Diff lists the differences between two resolved documents by dotted path,
// with defaults written out on both sides, so that writing a default is no
// change. A rule block is compared field by field where it is on in both, else
// whole: a block that is off is like one that is not there.
func Diff(a, b *Document) []Change {
	x, y := sidesOf(a), sidesOf(b)
	for _, sides := range []map[string]*side{x, y} {
		if sides["extensions.chio"] == nil { // compared field by field, like one that says nothing
			sides["extensions.chio"] = split(wire.Raw("{}"))
		}
	}
	c := comparison{a: withDefaults(a), b: withDefaults(b)}
	for _, path := range slices.Sorted(maps.Keys(together(x, y))) {
		c.part(path, x[path], y[path])
	}
	return c.changes
}

func together[V any](a, b map[string]V) map[string]V {
	out := maps.Clone(a)
	maps.Copy(out, b)
	return out
}

// side is one part of a document: a rule block, an extension, or a member of
// the root.
type side struct {
	fields map[string]wire.Raw // nil: a single value
	value  wire.Raw
	on     bool
}

// sidesOf splits a document into the parts that are compared whole or field by
// field.
func sidesOf(d *Document) map[string]*side {
	full := *withDefaults(d)
	full.Sources, full.MergeStrategy = nil, ""
	if p := full.Rules.PathAllowlist; p != nil {
		own := *p
		own.PathAllowlist = normalPaths(own.PathAllowlist)
		full.Rules.PathAllowlist = &own
	}
	out := map[string]*side{}
	for name, raw := range members(wire.MustMarshal(&full)) {
		switch name {
		case "rules":
			for block, value := range members(raw) {
				out["rules."+block] = split(value)
			}
		case "extensions":
			for ext, value := range members(raw) {
				if ext != "detection" {
					out["extensions."+ext] = split(value)
					continue
				}
				for detector, value := range members(value) {
					s := split(value)
					if _, written := s.fields["enabled"]; !written {
						s.on = detector != "threat_intel"
					}
					out["extensions.detection."+detector] = s
				}
			}
		case "metadata":
			out[name] = split(raw)
		default:
			out[name] = &side{value: raw, on: true}
		}
	}
	return out
}

func split(raw wire.Raw) *side {
	s := &side{fields: members(raw), value: raw, on: true}
	if enabled, ok := s.fields["enabled"]; ok {
		s.on = string(enabled) == "true"
	}
	return s
}

// members decodes an object that this package has just encoded.
func members(raw wire.Raw) map[string]wire.Raw {
	var out map[string]wire.Raw
	if err := wire.Unmarshal(raw, &out, wire.BundleLimits); err != nil {
		return nil
	}
	return out
}

type comparison struct {
	a, b    *Document
	changes []Change
}

func (c *comparison) add(path string, before, after wire.Raw, effect Effect, note string) {
	kind := Changed
	switch {
	case before == nil:
		kind = Added
	case after == nil:
		kind = Removed
	}
	c.changes = append(c.changes, Change{Path: path, Kind: kind, Before: before, After: after, Effect: effect, Note: note})
}

// part compares one part. Only a part that is on in both is compared by what
// its fields do.
func (c *comparison) part(path string, a, b *side) {
	switch {
	case a == nil && b == nil:
	case a == nil && b.on:
		effect, note := c.arrives(path)
		c.add(path, nil, b.value, effect, note)
	case a == nil:
		c.add(path, nil, b.value, EffectNone, "it is switched off")
	case b == nil && a.on:
		c.add(path, a.value, nil, leaves(path), "")
	case b == nil:
		c.add(path, a.value, nil, EffectNone, "it was switched off")
	case string(a.value) == string(b.value):
	case a.fields == nil || b.fields == nil:
		c.add(path, a.value, b.value, describes(path), "")
	case !a.on && !b.on:
		c.add(path, a.value, b.value, EffectNone, "it is switched off in both")
	case !a.on:
		effect, note := c.arrives(path)
		c.add(path, a.value, b.value, effect, word(note, "it is switched on"))
	case !b.on:
		c.add(path, a.value, b.value, leaves(path), "it is switched off")
	default:
		for _, name := range slices.Sorted(maps.Keys(together(a.fields, b.fields))) {
			before, after := a.fields[name], b.fields[name]
			if string(before) != string(after) {
				effect, note := c.field(path+"."+name, before, after)
				c.add(path+"."+name, before, after, effect, note)
			}
		}
	}
}

// describes is the effect of what only describes a policy.
func describes(path string) Effect {
	switch path {
	case "name", "description", "hushspec", "metadata", "reputation":
		return EffectNone
	}
	return EffectUnknown
}

// arrives is the effect of a part that is new, or switched on. A guard more
// never permits more; what else a part does must be looked at.
func (c *comparison) arrives(path string) (Effect, string) {
	rule := strings.HasPrefix(path, "rules.") || strings.HasPrefix(path, "extensions.detection.")
	switch {
	case rule && len(c.conditions()) > 0:
		return EffectUnknown, "with conditions, a block more can be the only one in force"
	case c.composed(path):
		return EffectUnknown, composedNote
	case path == "rules.forbidden_paths" && on(c.a.Rules.ShellCommands) && on(c.b.Rules.ShellCommands) && !c.keepsDefaults():
		return EffectUnknown, "shell commands are then judged by these paths instead of the built-in ones"
	case rule:
		return EffectTighter, ""
	}
	return describes(path), ""
}

const composedNote = "an origin's profile composes with it, and a list here can take the place of the profile's default"

// composed reports a part, or a list or default of one, whose meaning depends
// on a profile that has the same part: with one list of the two, that list
// decides and not the other's default.
func (c *comparison) composed(path string) bool {
	tools := path == "rules.tool_access" || path == "rules.tool_access.allow" || path == "rules.tool_access.default"
	hosts := path == "rules.egress" || path == "rules.egress.allow" || path == "rules.egress.default"
	for _, d := range []*Document{c.a, c.b} {
		if o := d.Extensions.Origins; o != nil && slices.ContainsFunc(o.Profiles, func(p OriginProfile) bool {
			return tools && p.ToolAccess != nil || hosts && p.Egress != nil
		}) {
			return true
		}
	}
	return false
}

func on(s *ShellCommandsRule) bool { return s != nil && s.Enabled }

func (c *comparison) conditions() map[string]Condition {
	out := map[string]Condition{}
	for _, d := range []*Document{c.a, c.b} {
		if d.Extensions.Chio != nil {
			maps.Copy(out, d.Extensions.Chio.Conditions)
		}
	}
	return out
}

// keepsDefaults reports that b forbids at least the built-in paths.
func (c *comparison) keepsDefaults() bool {
	f := withDefaults(&Document{Rules: Rules{ForbiddenPaths: &ForbiddenPathsRule{}}}).Rules.ForbiddenPaths
	return contains(c.b.Rules.ForbiddenPaths.Patterns, f.Patterns) && len(c.b.Rules.ForbiddenPaths.Exceptions) == 0
}

// leaves is the effect of a part that is gone, or switched off.
func leaves(path string) Effect {
	if strings.HasPrefix(path, "rules.") || strings.HasPrefix(path, "extensions.detection.") {
		return EffectLooser
	}
	return describes(path)
}

// Reason is why a document is not proved to be narrower.
type Reason struct {
	Path   string `json:"path"`
	Effect Effect `json:"effect"` // looser | unknown
	Detail string `json:"detail"`
}

// Narrower reports whether b is proved to permit nothing that a does not, on
// any call with any state: every change is tighter or changes no decision. It
// looks at the documents only, so false means not proved, with the changes to
// look at. Both documents must be valid and resolved.
func Narrower(a, b *Document) (bool, []Reason) {
	for _, d := range []*Document{a, b} {
		if err := Validate(d); err != nil {
			return false, []Reason{{Effect: EffectUnknown, Detail: err.Error()}}
		}
		if d.Extends != "" {
			return false, []Reason{{Path: "extends", Effect: EffectUnknown, Detail: "the document is not resolved"}}
		}
	}
	var reasons []Reason
	same := true
	for _, c := range Diff(a, b) {
		same = same && c.Effect == EffectNone
		if c.Effect == EffectLooser || c.Effect == EffectUnknown {
			reasons = append(reasons, Reason{Path: c.Path, Effect: c.Effect, Detail: word(c.Note, c.Kind)})
		}
	}
	// A document without a rule in force permits nothing, so anything is wider.
	if !same && !slices.ContainsFunc(a.Rules.all(), func(b ruleBlock) bool { return b.enabled && !b.inert }) {
		reasons = append(reasons, Reason{Path: "rules", Effect: EffectLooser, Detail: "without a rule block in force everything is denied"})
	}
	return len(reasons) == 0, reasons
}
