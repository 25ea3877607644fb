package policy

import (
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/backbay-labs/chio-node/wire"
)

// randomDocument draws a document that sets some blocks, extensions and fields
// to small values.
func randomDocument(t *rapid.T, label string) *Document {
	draw := func(name string, n int) int { return rapid.IntRange(0, n-1).Draw(t, label+"."+name) }
	some := func(name string) bool { return rapid.Bool().Draw(t, label+"."+name) }
	list := func(name string) []string {
		return rapid.SliceOfNDistinct(rapid.SampledFrom([]string{"a", "b", "c", "d"}), 0, 3, rapid.ID[string]).Draw(t, label+"."+name)
	}
	d := &Document{HushSpec: "0.1.0", Sources: []string{label}}
	if some("name") {
		d.Name = label
	}
	if some("forbidden") {
		d.Rules.ForbiddenPaths = &ForbiddenPathsRule{Enabled: some("fp"), ForbiddenPaths: ForbiddenPaths{Patterns: list("patterns")}}
	}
	if some("egress") {
		d.Rules.Egress = &EgressRule{Enabled: some("eg"), Egress: Egress{Allow: list("allow"), Block: list("block")}}
	}
	if some("tools") {
		d.Rules.ToolAccess = &ToolAccessRule{Enabled: true, ToolAccess: ToolAccess{Block: list("tools.block")}}
	}
	if some("posture") {
		p := &Posture{States: map[string]PostureState{}}
		for _, s := range list("states") {
			p.States[s] = PostureState{Description: label}
		}
		if some("transitions") {
			p.Transitions = []PostureTransition{{From: "*", To: "a", On: "any_violation"}}
		}
		if some("initial") {
			p.Initial = "a"
		}
		d.Extensions.Posture = p
	}
	if some("origins") {
		o := &Origins{DefaultBehavior: []string{"", "deny", "minimal_profile"}[draw("default", 3)]}
		for _, id := range list("profiles") {
			o.Profiles = append(o.Profiles, OriginProfile{ID: id, Explanation: label})
		}
		d.Extensions.Origins = o
	}
	if some("detection") {
		v := int64(draw("threshold", 100))
		d.Extensions.Detection = &Detection{}
		if some("jailbreak") {
			d.Extensions.Detection.Jailbreak = &Jailbreak{}
			if some("block threshold") {
				d.Extensions.Detection.Jailbreak.BlockThreshold = &v
			}
			if some("warn threshold") {
				d.Extensions.Detection.Jailbreak.WarnThreshold = &v
			}
		}
	}
	if some("chio") {
		d.Extensions.Chio = &Chio{ToolNames: []string{"", "exact", "glob"}[draw("names", 3)], Observe: list("observe")}
	}
	return d
}

// bytesOf is a document without where it comes from and how it is laid over
// another.
func bytesOf(d *Document) string {
	own := *d
	own.Sources, own.Extends, own.MergeStrategy = nil, "", ""
	return string(wire.MustMarshal(&own))
}

func TestMergeReplaceIgnoresTheBase(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		base, child := randomDocument(t, "base"), randomDocument(t, "child")
		child.MergeStrategy = Replace
		if got := bytesOf(Merge(base, child)); got != bytesOf(child) {
			t.Fatalf("got %s", got)
		}
	})
}

func TestMergeWithNothingIsTheBase(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		base := randomDocument(t, "base")
		before := bytesOf(base)
		for _, s := range []Strategy{"", MergeOnce, DeepMerge} {
			if got := bytesOf(Merge(base, &Document{HushSpec: base.HushSpec, MergeStrategy: s})); got != before {
				t.Fatalf("%s: got %s\nwant %s", s, got, before)
			}
		}
		if bytesOf(base) != before {
			t.Fatal("merging changed the base")
		}
	})
}

// Documents of one strategy merge in any grouping. Documents of different
// strategies are merged from the base up, as Load does.
func TestMergeIsAssociativeWithinAStrategy(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		strategy := rapid.SampledFrom([]Strategy{MergeOnce, DeepMerge}).Draw(t, "strategy")
		docs := []*Document{randomDocument(t, "a"), randomDocument(t, "b"), randomDocument(t, "c")}
		for i, d := range docs {
			d.MergeStrategy = strategy
			if i > 0 && rapid.Bool().Draw(t, "replace") {
				d.MergeStrategy = Replace
			}
		}
		a, b, c := docs[0], docs[1], docs[2]
		if left, right := bytesOf(Merge(Merge(a, b), c)), bytesOf(Merge(a, Merge(b, c))); left != right {
			t.Fatalf("(ab)c %s\na(bc) %s", left, right)
		}
	})
}

// Nothing that the base says is gone unless the child says something in its
// place, and nothing that the child says is gone at all.
func TestDeepMergeLosesNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		base, child := randomDocument(t, "base"), randomDocument(t, "child")
		out := Merge(base, child)
		for _, block := range conditional {
			if (base.has(block) || child.has(block)) != out.has(block) {
				t.Fatalf("%s: base %v, child %v, merged %v", block, base.has(block), child.has(block), out.has(block))
			}
		}
		for _, d := range []*Document{base, child} {
			if p := d.Extensions.Posture; p != nil {
				for name := range p.States {
					if _, ok := out.Extensions.Posture.States[name]; !ok {
						t.Fatalf("state %s is lost", name)
					}
				}
			}
			if o := d.Extensions.Origins; o != nil {
				for _, p := range o.Profiles {
					if !slices.ContainsFunc(out.Extensions.Origins.Profiles, func(q OriginProfile) bool { return q.ID == p.ID }) {
						t.Fatalf("profile %s is lost", p.ID)
					}
				}
			}
		}
	})
}

// The three strategies on one pair, field by field.
func TestMergeStrategies(t *testing.T) {
	base := `hushspec: "0.1.0"
name: base
description: of the base
rules:
  egress: {allow: [a.example], block: [b.example]}
  tool_access: {block: [x]}
extensions:
  posture: {initial: a, states: {a: {capabilities: [shell]}, b: {capabilities: [egress]}}, transitions: [{from: a, to: b, on: user_denial}]}
  origins: {default_behavior: minimal_profile, profiles: [{id: p, explanation: base}, {id: q, explanation: base}]}
  detection: {jailbreak: {block_threshold: 70, warn_threshold: 20}, prompt_injection: {enabled: false}}
  chio: {tool_names: glob, blocked_hosts: [h.example]}
metadata: {author: base}
`
	child := `hushspec: "0.1.1"
name: child
extends: base.yaml
rules:
  egress: {allow: [c.example]}
extensions:
  posture: {initial: b, states: {b: {capabilities: [patch]}, c: {}}}
  origins: {profiles: [{id: q, explanation: child}, {id: r, explanation: child}]}
  detection: {jailbreak: {block_threshold: 90}}
  chio: {blocked_hosts: [i.example]}
`
	const (
		head   = `{"description":"of the base",`
		meta   = `"hushspec":"0.1.1","metadata":{"author":"base"},"name":"child",`
		rules  = `"rules":{"egress":{"allow":["c.example"],"enabled":true},"tool_access":{"block":["x"],"enabled":true}}}`
		whole  = `"extensions":{"chio":{"blocked_hosts":["i.example"]},"detection":{"jailbreak":{"block_threshold":90}},"origins":{"default_behavior":"","profiles":[{"explanation":"child","id":"q"},{"explanation":"child","id":"r"}]},"posture":{"initial":"b","states":{"b":{"capabilities":["patch"]},"c":{}}}},`
		merged = `"extensions":{"chio":{"blocked_hosts":["i.example"],"tool_names":"glob"},` +
			`"detection":{"jailbreak":{"block_threshold":90,"warn_threshold":20},"prompt_injection":{"enabled":false}},` +
			`"origins":{"default_behavior":"minimal_profile","profiles":[{"explanation":"base","id":"p"},{"explanation":"child","id":"q"},{"explanation":"child","id":"r"}]},` +
			`"posture":{"initial":"b","states":{"a":{"capabilities":["shell"]},"b":{"capabilities":["patch"]},"c":{}},"transitions":[{"from":"a","on":"user_denial","to":"b"}]}},`
	)
	for strategy, want := range map[Strategy]string{
		Replace:   `{` + whole + `"hushspec":"0.1.1","name":"child","rules":{"egress":{"allow":["c.example"],"enabled":true}}}`,
		MergeOnce: head + whole + meta + rules,
		DeepMerge: head + merged + meta + rules,
		"":        head + merged + meta + rules,
	} {
		b, c := mustParse(t, base), mustParse(t, child)
		c.MergeStrategy = strategy
		if got := bytesOf(Merge(b, c)); got != want {
			t.Errorf("%s:\ngot  %s\nwant %s", strategy, got, want)
		}
	}
}

// Merging any two documents that parse gives one that can be checked; it never
// panics and never changes what it is given.
func FuzzMerge(f *testing.F) {
	f.Add([]byte(everyField), []byte(everyField))
	f.Add([]byte(head), []byte(everyField))
	f.Add([]byte(head+"extends: x\nextensions: {posture: {states: {a: {}}}}\n"), []byte(head+"extends: y\nmerge_strategy: replace\n"))
	f.Fuzz(func(t *testing.T, one, two []byte) {
		base, err := Parse("base", one)
		if err != nil {
			return
		}
		child, err := Parse("child", two)
		if err != nil {
			return
		}
		before := bytesOf(base) + bytesOf(child)
		out := Merge(base, child)
		_ = Validate(out)
		if bytesOf(base)+bytesOf(child) != before {
			t.Fatal("merging changed a document")
		}
		for _, block := range conditional {
			if child.has(block) && !out.has(block) {
				t.Fatalf("%s of the child is lost", block)
			}
		}
	})
}
