package policy

import (
	"fmt"

	"github.com/backbay-labs/chio-node/kernel/guards"
)

// Validate checks a document that was built in Go rather than parsed.
func Validate(d *Document) error {
	if d == nil {
		return invalid("policy", "", "there is no policy", "load one, for example "+BuiltinDefault)
	}
	c := &checker{file: nameOf(d)}
	if !supportedVersion(d.HushSpec) {
		c.add("hushspec", fmt.Sprintf("version %.24q is not supported", d.HushSpec), `write "0.1.0"`)
	}
	if f := d.Rules.ForbiddenPaths; f != nil {
		c.forbiddenPaths("rules.forbidden_paths", &f.ForbiddenPaths)
	}
	if p := d.Rules.PathAllowlist; p != nil {
		c.pathAllowlist("rules.path_allowlist", &p.PathAllowlist)
	}
	if t := d.Rules.ToolAccess; t != nil {
		c.toolAccess("rules.tool_access", &t.ToolAccess)
	}
	return c.err()
}

func nameOf(d *Document) string {
	if n := len(d.Sources); n > 0 {
		return d.Sources[n-1]
	}
	return "policy"
}

// checker collects problems of values that have no position.
type checker struct {
	file     string
	problems []Problem
}

func (c *checker) add(path, message, fix string) {
	if len(c.problems) < MaxProblems {
		c.problems = append(c.problems, Problem{File: c.file, Path: path, Message: message, Fix: fix})
	}
}

func (c *checker) err() error {
	if len(c.problems) == 0 {
		return nil
	}
	return &Error{Problems: c.problems}
}

func (c *checker) list(path string, list []string, check func(string) error) {
	if len(list) > maxEntries {
		c.add(path, fmt.Sprintf("has %d entries, limit %d", len(list), maxEntries), "")
		return
	}
	for i, s := range list {
		if err := check(s); err != nil {
			c.add(fmt.Sprintf("%s[%d]", path, i), err.Error(), "")
		}
	}
}

func (c *checker) forbiddenPaths(path string, f *ForbiddenPaths) {
	c.list(path+".patterns", f.Patterns, checkForbid)
	c.list(path+".exceptions", f.Exceptions, checkPermit)
}

func (c *checker) pathAllowlist(path string, p *PathAllowlist) {
	c.list(path+".read", p.Read, checkPermit)
	c.list(path+".write", p.Write, checkPermit)
	c.list(path+".patch", p.Patch, checkPermit)
}

func (c *checker) toolAccess(path string, t *ToolAccess) {
	c.list(path+".allow", t.Allow, guards.CheckName)
	c.list(path+".block", t.Block, guards.CheckName)
	c.list(path+".require_confirmation", t.RequireConfirmation, guards.CheckName)
	if t.Default != "" && t.Default != DefaultAllow && t.Default != DefaultBlock {
		c.add(path+".default", fmt.Sprintf("%.40q is not a value of this key", t.Default), "write allow or block")
	}
	c.size(path+".max_args_size", t.MaxArgsSize)
}

func (c *checker) size(path string, v *int64) {
	if v != nil && (*v < 1 || *v > maxSize) {
		c.add(path, fmt.Sprintf("%d is outside 1 … %d", *v, int64(maxSize)), "")
	}
}
