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
	d, r, err := read(name, doc)
	if err != nil {
		return nil, err
	}
	if err := r.err(); err != nil {
		return nil, err
	}
	return d, nil
}

// read returns the reader as well, which knows where each value is written.
func read(name string, doc []byte) (*Document, *reader, error) {
	root, err := rootOf(name, doc)
	if err != nil {
		return nil, nil, err
	}
	d, r := readRoot(name, root)
	return d, r, nil
}

func readRoot(name string, root *yaml.Node) (*Document, *reader) {
	r := newReader(name)
	d := &Document{Sources: []string{name}}
	var strategy string
	ok := r.mapping(root, "", fields{
		"hushspec":       r.text(&d.HushSpec),
		"name":           r.text(&d.Name),
		"description":    r.text(&d.Description),
		"extends":        r.word(&d.Extends),
		"merge_strategy": r.word(&strategy),
		"rules":          r.rules(&d.Rules),
		"extensions":     r.extensions(&d.Extensions),
		"metadata":       r.metadata(&d.Metadata),
	}, nil)
	d.MergeStrategy = Strategy(strategy)
	if ok {
		r.check(func(c *checker) { c.document(d) })
	}
	return d, r
}

// rootOf parses exactly one YAML document, whose root must be a mapping.
func rootOf(name string, doc []byte) (*yaml.Node, error) {
	if len(doc) > MaxBytes {
		return nil, invalid(name, "", fmt.Sprintf("file is larger than %d bytes", MaxBytes), "split it with extends")
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
