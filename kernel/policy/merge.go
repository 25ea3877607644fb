package policy

import (
	"reflect"
	"slices"
)

// Merge lays child over base by the child's own strategy and returns a new
// document. The base's own extends remains, and its strategy.
//
//   - replace: the child alone.
//   - merge: each rule block, each extension and the metadata whole, from the
//     child if it has it, else from the base.
//   - deep_merge, the default: as merge, but extensions field by field: states
//     of posture by name, profiles of origins by id, the other fields by name.
//     The child's value wins, a field it does not set is the base's.
func Merge(base, child *Document) *Document {
	out := *child
	out.Sources = slices.Concat(base.Sources, child.Sources)
	out.Extends = base.Extends
	if child.MergeStrategy == Replace {
		return &out // and it replaces whatever it is laid over later
	}
	out.MergeStrategy = base.MergeStrategy
	inherit(&out.Name, base.Name)
	inherit(&out.Description, base.Description)
	inherit(&out.Metadata, base.Metadata)
	overlay(&out.Rules, base.Rules)
	if child.MergeStrategy == MergeOnce {
		overlay(&out.Extensions, base.Extensions)
	} else {
		out.Extensions = deepMerge(base.Extensions, child.Extensions)
	}
	return &out
}

// inherit takes the base's value if the child has none.
func inherit[T comparable](child *T, base T) {
	var none T
	if *child == none {
		*child = base
	}
}

// overlay takes from base every field of a struct that the child leaves at
// zero: nil, absent, "". Fields where zero is a value of the language do not
// occur in the structs it is used for.
func overlay[T any](child *T, base T) {
	to, from := reflect.ValueOf(child).Elem(), reflect.ValueOf(base)
	for i := range to.NumField() {
		if to.Field(i).IsZero() {
			to.Field(i).Set(from.Field(i))
		}
	}
}

func deepMerge(base, child Extensions) Extensions {
	return Extensions{
		Posture:          both(base.Posture, child.Posture, mergePosture),
		Origins:          both(base.Origins, child.Origins, mergeOrigins),
		Detection:        both(base.Detection, child.Detection, mergeDetection),
		Reputation:       both(base.Reputation, child.Reputation, byField[Reputation]),
		RuntimeAssurance: both(base.RuntimeAssurance, child.RuntimeAssurance, byField[RuntimeAssurance]),
		Chio:             both(base.Chio, child.Chio, byField[Chio]),
	}
}

// both merges two values if there are two, and returns the one there is.
func both[T any](base, child *T, merge func(base, child T) T) *T {
	switch {
	case base == nil:
		return child
	case child == nil:
		return base
	}
	out := merge(*base, *child)
	return &out
}

func byField[T any](base, child T) T {
	overlay(&child, base)
	return child
}

// mergePosture takes states by name; transitions are one table, so the child's
// replace the base's if it has any.
func mergePosture(base, child Posture) Posture {
	out := byField(base, child)
	out.States = make(map[string]PostureState, len(base.States)+len(child.States))
	for _, states := range []map[string]PostureState{base.States, child.States} {
		for name, state := range states {
			out.States[name] = state
		}
	}
	return out
}

// mergeOrigins takes profiles by id, whole: the base's in their places, new
// ones behind them.
func mergeOrigins(base, child Origins) Origins {
	out := byField(base, child)
	out.Profiles = slices.Clone(base.Profiles)
	for _, p := range child.Profiles {
		at := slices.IndexFunc(out.Profiles, func(q OriginProfile) bool { return q.ID == p.ID })
		if at < 0 {
			out.Profiles = append(out.Profiles, p)
			continue
		}
		out.Profiles[at] = p
	}
	return out
}

func mergeDetection(base, child Detection) Detection {
	return Detection{
		PromptInjection: both(base.PromptInjection, child.PromptInjection, byField[PromptInjection]),
		Jailbreak:       both(base.Jailbreak, child.Jailbreak, byField[Jailbreak]),
		ThreatIntel:     both(base.ThreatIntel, child.ThreatIntel, byField[ThreatIntel]),
	}
}
