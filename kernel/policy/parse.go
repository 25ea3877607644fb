package policy

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"
)

// Parse reads one document strictly; name stands for it in problems. What it
// extends is not loaded: see Load.
func Parse(name string, doc []byte) (*Document, error) {
	root, err := rootOf(name, doc)
	if err != nil {
		return nil, err
	}
	r := &reader{file: name}
	d := &Document{Sources: []string{name}}
	var strategy string
	ok := r.mapping(root, "", map[string]field{
		"hushspec":       r.text(&d.HushSpec),
		"name":           r.text(&d.Name),
		"description":    r.text(&d.Description),
		"extends":        r.text(&d.Extends),
		"merge_strategy": r.oneOf(&strategy, string(Replace), string(MergeOnce), string(DeepMerge)),
		"rules":          r.rules(&d.Rules),
		"extensions": func(n *yaml.Node, path string) {
			r.mapping(n, path, map[string]field{}, unsupportedExtension)
		},
		"metadata": r.metadata(&d.Metadata),
	}, nil)
	d.MergeStrategy = Strategy(strategy)
	if ok {
		checkVersion(r, root, d.HushSpec)
	}
	if err := r.err(); err != nil {
		return nil, err
	}
	return d, nil
}

func checkVersion(r *reader, root *yaml.Node, version string) {
	if version == "" {
		r.add(root, "hushspec", "is missing", `add hushspec: "0.1.0"`)
		return
	}
	if !supportedVersion(version) {
		r.add(root, "hushspec", fmt.Sprintf("version %.24q is not supported", version), `write "0.1.0"`)
	}
}

func supportedVersion(v string) bool {
	patch, ok := strings.CutPrefix(v, "0.1.")
	if !ok || patch == "" || len(patch) > 4 {
		return false
	}
	return strings.Trim(patch, "0123456789") == ""
}

// rootOf parses exactly one YAML document, whose root must be a mapping.
func rootOf(name string, doc []byte) (*yaml.Node, error) {
	if len(doc) > MaxBytes {
		return nil, invalid(name, "", fmt.Sprintf("file has %d bytes, limit %d", len(doc), MaxBytes), "split it with extends")
	}
	if !utf8.Valid(doc) {
		return nil, invalid(name, "", "file is not UTF-8", "save it as UTF-8")
	}
	decoder := yaml.NewDecoder(bytes.NewReader(doc))
	var root, second yaml.Node
	if err := decoder.Decode(&root); err != nil {
		if errors.Is(err, io.EOF) {
			return nil, invalid(name, "", "file is empty", "an empty policy denies everything; start from extends: builtin:default")
		}
		return nil, syntax(name, err)
	}
	switch err := decoder.Decode(&second); {
	case err == nil:
		return nil, &Error{Problems: []Problem{{File: name, Line: second.Line, Column: second.Column,
			Message: "file holds a second document", Fix: "keep one"}}}
	case !errors.Is(err, io.EOF):
		return nil, syntax(name, err)
	}
	if len(root.Content) != 1 {
		return nil, invalid(name, "", "file holds no document", "")
	}
	return root.Content[0], nil
}

// syntax turns the parser's "yaml: line N: what" into a problem.
func syntax(name string, err error) error {
	p := Problem{File: name, Message: "is not YAML: " + strings.TrimPrefix(err.Error(), "yaml: ")}
	if rest, ok := strings.CutPrefix(err.Error(), "yaml: line "); ok {
		number, what, _ := strings.Cut(rest, ":")
		if line, err := strconv.Atoi(number); err == nil {
			p.Line, p.Message = line, "is not YAML:"+what
		}
	}
	return &Error{Problems: []Problem{p}}
}
