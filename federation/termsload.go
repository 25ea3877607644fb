package federation

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/backbay-labs/chio-node/kernel/policy"
	"github.com/backbay-labs/chio-node/wire"
)

const (
	maxTermsBytes = 256 << 10
	maxTermsDepth = 16
)

// LoadTerms reads the terms of a peer from YAML or JSON. An unknown or repeated
// key, anything outside the portable subset, an anchor or a second document is
// refused, with the place.
func LoadTerms(file string, doc []byte) (*Terms, error) {
	if len(doc) > maxTermsBytes {
		return nil, fmt.Errorf("%w: %s: %w: %d bytes, limit %d", ErrTerms, file, wire.ErrTooLarge, len(doc), maxTermsBytes)
	}
	if trimmed := bytes.TrimSpace(doc); len(trimmed) > 0 && trimmed[0] == '{' {
		return termsFromJSON(file, trimmed)
	}
	d := yaml.NewDecoder(bytes.NewReader(doc))
	var root, second yaml.Node
	if err := d.Decode(&root); err != nil {
		return nil, fmt.Errorf("%w: %s: %w", ErrTerms, file, err)
	}
	if err := d.Decode(&second); !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("%w: %s: more than one document", ErrTerms, file)
	}
	if len(root.Content) == 0 {
		return nil, fmt.Errorf("%w: %s is empty", ErrTerms, file)
	}
	return TermsFromYAML(file, "", root.Content[0])
}

func termsFromJSON(file string, doc []byte) (*Terms, error) {
	var t Terms
	if err := wire.Unmarshal(doc, &t, wire.Limits{Bytes: maxTermsBytes, Depth: maxTermsDepth}); err != nil {
		return nil, fmt.Errorf("%w: %s: %w", ErrTerms, file, err)
	}
	for _, s := range [...]struct {
		name    string
		section policy.Section
	}{{"ingress", t.Ingress}, {"egress", t.Egress}} {
		if err := s.section.Validate(); err != nil {
			return nil, fmt.Errorf("%w: %s: %s: %w", ErrTerms, file, s.name, err)
		}
	}
	return &t, nil
}

// TermsFromYAML reads terms from a mapping inside a configuration file; path is
// where it stands, for messages.
func TermsFromYAML(file, path string, n *yaml.Node) (*Terms, error) {
	if n.Kind != yaml.MappingNode {
		return nil, fmt.Errorf("%w: %s:%d: %s must be a mapping", ErrTerms, file, n.Line, at(path, ""))
	}
	c := converter{file: file}
	rest := &yaml.Node{Kind: yaml.MappingNode, Line: n.Line}
	sections := map[string]policy.Section{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i], n.Content[i+1]
		if key.Value != "ingress" && key.Value != "egress" {
			rest.Content = append(rest.Content, key, value)
			continue
		}
		if _, twice := sections[key.Value]; twice {
			return nil, fmt.Errorf("%w: %s:%d: %s is repeated", ErrTerms, file, key.Line, at(path, key.Value))
		}
		s, err := policy.SectionFromYAML(file, at(path, key.Value), value)
		if err != nil {
			return nil, fmt.Errorf("%w: %w", ErrTerms, err)
		}
		sections[key.Value] = s
	}
	doc, err := c.json(rest, path, 0)
	if err != nil {
		return nil, err
	}
	var t Terms
	if err := wire.Unmarshal(doc, &t, wire.Limits{Bytes: 2 * maxTermsBytes, Depth: maxTermsDepth}); err != nil {
		return nil, fmt.Errorf("%w: %s:%d: %w", ErrTerms, file, lineOf(rest, err), err)
	}
	t.Ingress, t.Egress = sections["ingress"], sections["egress"]
	return &t, nil
}

// converter turns YAML into JSON, without what JSON does not have.
type converter struct{ file string }

func (c converter) refuse(n *yaml.Node, path, why string) error {
	return fmt.Errorf("%w: %s:%d: %s %s", ErrTerms, c.file, n.Line, at(path, ""), why)
}

func (c converter) json(n *yaml.Node, path string, depth int) ([]byte, error) {
	if depth > maxTermsDepth {
		return nil, c.refuse(n, path, "is nested too deep")
	}
	if n.Kind == yaml.AliasNode || n.Anchor != "" {
		return nil, c.refuse(n, path, "uses an anchor or an alias: write the value out")
	}
	switch n.Kind {
	case yaml.MappingNode:
		return c.object(n, path, depth)
	case yaml.SequenceNode:
		out := []byte{'['}
		for i, e := range n.Content {
			v, err := c.json(e, path+"["+strconv.Itoa(i)+"]", depth+1)
			if err != nil {
				return nil, err
			}
			out = append(append(out, v...), ',')
		}
		return append(bytes.TrimSuffix(out, []byte{','}), ']'), nil
	case yaml.ScalarNode:
		return c.scalar(n, path)
	}
	return nil, c.refuse(n, path, "is not a value")
}

func (c converter) object(n *yaml.Node, path string, depth int) ([]byte, error) {
	out := []byte{'{'}
	var seen []string
	for i := 0; i+1 < len(n.Content); i += 2 {
		key := n.Content[i]
		if key.Kind != yaml.ScalarNode || key.ShortTag() != "!!str" || slices.Contains(seen, key.Value) {
			return nil, c.refuse(key, at(path, key.Value), "is not a plain key, or is repeated")
		}
		seen = append(seen, key.Value)
		name, err := wire.Marshal(key.Value)
		if err != nil {
			return nil, c.refuse(key, path, "has a key that is not text")
		}
		v, err := c.json(n.Content[i+1], at(path, key.Value), depth+1)
		if err != nil {
			return nil, err
		}
		out = append(append(append(append(out, name...), ':'), v...), ',')
	}
	return append(bytes.TrimSuffix(out, []byte{','}), '}'), nil
}

func (c converter) scalar(n *yaml.Node, path string) ([]byte, error) {
	switch n.ShortTag() {
	case "!!str":
		v, err := wire.Marshal(n.Value)
		if err != nil {
			return nil, c.refuse(n, path, "is not text")
		}
		return v, nil
	case "!!int":
		v, err := strconv.ParseInt(n.Value, 10, 64)
		if err != nil || v < 0 || v > wire.MaxUnits {
			return nil, c.refuse(n, path, "is not a decimal integer from 0 to 2^53-1")
		}
		return strconv.AppendInt(nil, v, 10), nil
	case "!!bool":
		if n.Value == "true" || n.Value == "false" {
			return []byte(n.Value), nil
		}
	}
	return nil, c.refuse(n, path, fmt.Sprintf("has a value %.40q that is not text, an integer, true or false", n.Value))
}

// at joins a dotted path.
func at(path, key string) string {
	switch {
	case key == "" && path == "":
		return "terms"
	case key == "":
		return path
	case path == "":
		return key
	}
	return path + "." + key
}

// lineOf finds the line of the JSON pointer that a decoding error ends with, or
// the line of the mapping.
func lineOf(n *yaml.Node, err error) int {
	text := err.Error()
	quoted, perr := strconv.QuotedPrefix(text[strings.LastIndex(text, ` "/`)+1:])
	if perr != nil {
		return n.Line
	}
	pointer, perr := strconv.Unquote(quoted)
	if perr != nil {
		return n.Line
	}
	line := n.Line
	for _, step := range strings.Split(strings.TrimPrefix(pointer, "/"), "/") {
		next, where := child(n, step)
		if next == nil {
			return line
		}
		n, line = next, where
	}
	return line
}

func child(n *yaml.Node, step string) (value *yaml.Node, line int) {
	if n.Kind == yaml.SequenceNode {
		if i, err := strconv.Atoi(step); err == nil && i >= 0 && i < len(n.Content) {
			return n.Content[i], n.Content[i].Line
		}
		return nil, 0
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		if n.Content[i].Value == step {
			return n.Content[i+1], n.Content[i].Line
		}
	}
	return nil, 0
}
