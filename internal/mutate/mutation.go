package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// mutation is one change that breaks an invariant, and the test that must see it.
type mutation struct {
	invariant string // I3, or the area of the code, such as velocity
	name      string
	why       string
	file      string // of the product, from the module's root
	pkg       string // whose test must fail
	run       string // -run of that test
	old, new  string
}

// A list is of an invariant, whose tests bear its number, or of an area: then
// every test of the area's packages counts.
var (
	invariantName = regexp.MustCompile(`^I(1[01]|[1-9])$`)
	areaName      = regexp.MustCompile(`^[a-z][a-z-]+$`)
)

// load reads every list, sorted by file name.
func load(dir string) ([]mutation, error) {
	names, err := filepath.Glob(filepath.Join(dir, "*.txt"))
	if err != nil {
		return nil, err
	}
	if len(names) == 0 {
		return nil, fmt.Errorf("%s has no lists: run this in the module's root", dir)
	}
	var all []mutation
	for _, name := range names {
		text, err := os.ReadFile(name)
		if err != nil {
			return nil, err
		}
		list, err := parse(strings.TrimSuffix(filepath.Base(name), ".txt"), string(text))
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		all = append(all, list...)
	}
	return all, nil
}

// parse reads one list. A mutation is:
//
//	== name
//	why:  what the invariant loses
//	file: kernel/attest.go
//	test: ./kernel/admit ^TestI1_
//	<<<
//	old text
//	===
//	new text
//	>>>
//
// Lines before the first == are comment.
func parse(invariant, text string) ([]mutation, error) {
	if !invariantName.MatchString(invariant) && !areaName.MatchString(invariant) {
		return nil, fmt.Errorf("%q is no invariant and no area", invariant)
	}
	var out []mutation
	for _, part := range strings.Split("\n"+text, "\n== ")[1:] {
		m, err := parseOne(invariant, part)
		if err != nil {
			return nil, fmt.Errorf("mutation %.40q: %w", part, err)
		}
		if slices.ContainsFunc(out, func(o mutation) bool { return o.name == m.name }) {
			return nil, fmt.Errorf("mutation %q is listed twice", m.name)
		}
		out = append(out, m)
	}
	if len(out) == 0 {
		return nil, errors.New("no mutation is listed")
	}
	return out, nil
}

func parseOne(invariant, part string) (mutation, error) {
	head, body, ok := strings.Cut(part, "\n<<<\n")
	before, after, split := strings.Cut(body, "\n===\n")
	after, rest, closed := strings.Cut("\n"+after, "\n>>>")
	if !ok || !split || !closed || strings.TrimSpace(rest) != "" {
		return mutation{}, errors.New("it needs <<<, ===, >>> in this order, each on its own line")
	}
	name, head, _ := strings.Cut(head, "\n")
	m := mutation{invariant: invariant, name: strings.TrimSpace(name), old: before, new: strings.TrimPrefix(after, "\n")}
	for _, line := range strings.Split(head, "\n") {
		key, value, _ := strings.Cut(line, ":")
		value = strings.TrimSpace(value)
		switch key {
		case "why":
			m.why = value
		case "file":
			m.file = value
		case "test":
			m.pkg, m.run, _ = strings.Cut(value, " ")
		default:
			return mutation{}, fmt.Errorf("unknown line %q", line)
		}
	}
	prefix := "^Test"
	if invariantName.MatchString(invariant) {
		prefix += invariant + "_"
	}
	switch {
	case m.name == "" || m.why == "" || m.file == "" || m.old == "" || m.old == m.new:
		return mutation{}, errors.New("it needs a name, why:, file:, and an old and another new text")
	case !strings.HasPrefix(m.run, prefix):
		return mutation{}, fmt.Errorf("test: wants ./package %s…", prefix)
	}
	return m, nil
}

// apply returns the mutated file. The old text must be there exactly once, so
// that a list cannot outlive the code it is about.
func (m *mutation) apply(root string) ([]byte, error) {
	doc, err := os.ReadFile(filepath.Join(root, m.file))
	if err != nil {
		return nil, err
	}
	if n := strings.Count(string(doc), m.old); n != 1 {
		return nil, fmt.Errorf("%s has the old text %d times, want once", m.file, n)
	}
	return []byte(strings.Replace(string(doc), m.old, m.new, 1)), nil
}
