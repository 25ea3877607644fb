package policy

import (
	"embed"
	"slices"
	"strings"
)

// BuiltinDefault is the name of the policy a node starts with.
const BuiltinDefault = builtinPrefix + "default"

const builtinPrefix = "builtin:"

//go:embed builtin/*.yaml
var builtins embed.FS

// builtinOrder is the order in which people are shown the policies of the
// binary: general ones first, then starters for industries.
var builtinOrder = []string{
	"default", "strict", "permissive", "ai-agent", "cicd", "remote-desktop", "panic",
	"hipaa", "pci-dss", "soc2", "fedramp",
}

// Builtin returns the text of a policy in the binary. The name may be written
// with or without "builtin:".
func Builtin(name string) ([]byte, bool) {
	name = strings.TrimPrefix(name, builtinPrefix)
	if strings.Trim(name, "abcdefghijklmnopqrstuvwxyz0123456789-") != "" || name == "" {
		return nil, false
	}
	doc, err := builtins.ReadFile("builtin/" + name + ".yaml")
	return doc, err == nil
}

// BuiltinNames are the names of the policies in the binary, without "builtin:".
func BuiltinNames() []string {
	var names []string
	for _, name := range builtinOrder {
		if _, ok := Builtin(name); ok {
			names = append(names, name)
		}
	}
	entries, err := builtins.ReadDir("builtin")
	if err != nil {
		return names
	}
	for _, e := range entries {
		if name := strings.TrimSuffix(e.Name(), ".yaml"); !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return names
}

// isBareBuiltin reports a name that extends may write without "builtin:".
func isBareBuiltin(name string) bool {
	_, ok := Builtin(name)
	return ok && !strings.HasPrefix(name, builtinPrefix)
}
