package mcp

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// ErrEnvironment refuses a variable that must not reach a tool server.
var ErrEnvironment = errors.New("variable cannot be passed to a tool server")

// ownPrefix begins the names of this program's own variables, which may hold
// the passphrase of the keys.
const ownPrefix = "CHIO_"

// childEnvironment builds the environment of a tool server. HOME and the
// directories for temporary files point into its own empty home unless the
// operator sets them.
func childEnvironment(cfg ProcessConfig, home string) ([]string, error) {
	vars := map[string]string{}
	for _, pattern := range cfg.Inherit {
		if err := checkName(strings.TrimSuffix(pattern, "*")); err != nil {
			return nil, err
		}
	}
	allowed := append([]string{"PATH", "LANG", "TERM"}, cfg.Inherit...)
	for _, entry := range cfg.Environ {
		name, value, ok := strings.Cut(entry, "=")
		if ok && checkName(name) == nil && slices.ContainsFunc(allowed, matches(name)) {
			vars[name] = value
		}
	}
	vars["HOME"], vars["TMPDIR"] = home, home
	for _, entry := range cfg.Set {
		name, value, ok := strings.Cut(entry, "=")
		if !ok {
			return nil, fmt.Errorf("%w: %.80q is not NAME=value", ErrEnvironment, name)
		}
		if err := checkName(name); err != nil {
			return nil, err
		}
		vars[name] = value
	}
	env := make([]string, 0, len(vars))
	for name, value := range vars {
		env = append(env, name+"="+value)
	}
	slices.Sort(env)
	return env, nil
}

func matches(name string) func(string) bool {
	return func(pattern string) bool {
		prefix, wild := strings.CutSuffix(pattern, "*")
		return name == pattern || wild && strings.HasPrefix(name, prefix)
	}
}

// checkName refuses empty names, so a lone * too, and this program's own.
func checkName(name string) error {
	if name == "" || strings.ContainsAny(name, "=\x00") {
		return fmt.Errorf("%w: %.80q is not a name", ErrEnvironment, name)
	}
	if strings.HasPrefix(strings.ToUpper(name), ownPrefix) {
		return fmt.Errorf("%w: %.80q: names that begin with %s are this node's own", ErrEnvironment, name, ownPrefix)
	}
	return nil
}
