package policy

import (
	"bytes"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/backbay-labs/chio-node/wire"
)

// Print writes a document as YAML in the order of the specification. It parses
// back to the same document; one that could not is refused.
func Print(d *Document) ([]byte, error) {
	if err := Validate(d); err != nil {
		return nil, err
	}
	own := *d
	if t := own.Rules.ToolAccess; t != nil && len(t.Allow) == 0 {
		filled := *t
		filled.Allow = nil // an empty list is an absent one in the language
		own.Rules.ToolAccess = &filled
	}
	n, err := nodeOf(reflect.ValueOf(own))
	if err != nil {
		return nil, fmt.Errorf("printing policy %s: %w", nameOf(d), err)
	}
	return encode(n)
}

func encode(n *yaml.Node) ([]byte, error) {
	var out bytes.Buffer
	e := yaml.NewEncoder(&out)
	e.SetIndent(2)
	if err := e.Encode(n); err != nil {
		return nil, fmt.Errorf("printing YAML: %w", err)
	}
	if err := e.Close(); err != nil {
		return nil, fmt.Errorf("printing YAML: %w", err)
	}
	return out.Bytes(), nil
}

func nodeOf(v reflect.Value) (*yaml.Node, error) {
	switch v.Type() {
	case decimalType:
		return numberNode(Decimal(v.Int()).String()), nil
	case rawType:
		return rawNode(v.Bytes())
	}
	switch v.Kind() {
	case reflect.Pointer, reflect.Interface:
		return nodeOf(v.Elem())
	case reflect.String:
		return textNode(v.String()), nil
	case reflect.Bool:
		return &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!bool", Value: strconv.FormatBool(v.Bool())}, nil
	case reflect.Int64:
		return numberNode(strconv.FormatInt(v.Int(), 10)), nil
	case reflect.Slice:
		n := &yaml.Node{Kind: yaml.SequenceNode, Tag: "!!seq"}
		for i := range v.Len() {
			item, err := nodeOf(v.Index(i))
			if err != nil {
				return nil, err
			}
			n.Content = append(n.Content, item)
		}
		return emptyFlow(n), nil
	case reflect.Map:
		return mapNode(v)
	case reflect.Struct:
		return structNode(v)
	}
	return nil, fmt.Errorf("a value of type %s has no YAML form", v.Type())
}

func structNode(v reflect.Value) (*yaml.Node, error) {
	n := &yaml.Node{Kind: yaml.MappingNode, Tag: "!!map"}
	for _, k := range keysOf(v.Type()) {
		f := v.FieldByIndex(k.index)
		// A text without a value is a key left out, whichever way it is tagged.
		if f.IsZero() && (k.omitZero || k.omitEmpty || f.Kind() == reflect.String) {
			continue
		}
		value, err := nodeOf(f)
		if err != nil {
			return nil, err
		}
		n.Content = append(n.Content, textNode(k.name), value)
	}
	return emptyFlow(n), nil
}

func mapNode(v reflect.Value) (*yaml.Node, error) {
	n := &yaml.Node{Kind: yaml.MappingNode, Tag: "!!map"}
	keys := v.MapKeys()
	slices.SortFunc(keys, func(a, b reflect.Value) int { return strings.Compare(a.String(), b.String()) })
	for _, k := range keys {
		value, err := nodeOf(v.MapIndex(k))
		if err != nil {
			return nil, err
		}
		n.Content = append(n.Content, textNode(k.String()), value)
	}
	return emptyFlow(n), nil
}

// rawNode is a carried value.
func rawNode(raw wire.Raw) (*yaml.Node, error) {
	switch raw.Kind() {
	case '{':
		var members map[string]wire.Raw
		if err := wire.Unmarshal(raw, &members, wire.DocumentLimits); err != nil {
			return nil, err
		}
		n := &yaml.Node{Kind: yaml.MappingNode, Tag: "!!map"}
		for _, name := range slices.Sorted(maps.Keys(members)) {
			value, err := rawNode(members[name])
			if err != nil {
				return nil, err
			}
			n.Content = append(n.Content, textNode(name), value)
		}
		return emptyFlow(n), nil
	case '[':
		var items []wire.Raw
		if err := wire.Unmarshal(raw, &items, wire.DocumentLimits); err != nil {
			return nil, err
		}
		return nodeOf(reflect.ValueOf(items))
	case '"':
		var s string
		if err := wire.Unmarshal(raw, &s, wire.DocumentLimits); err != nil {
			return nil, err
		}
		return textNode(s), nil
	case 't', 'f':
		return &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!bool", Value: string(raw)}, nil
	case 'n':
		return &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!null", Value: "null"}, nil
	}
	if _, err := ParseDecimal(string(raw)); err != nil {
		return nil, err
	}
	return numberNode(string(raw)), nil
}

func emptyFlow(n *yaml.Node) *yaml.Node {
	if len(n.Content) == 0 {
		n.Style = yaml.FlowStyle
	}
	return n
}

func numberNode(s string) *yaml.Node {
	tag := "!!int"
	if strings.Contains(s, ".") {
		tag = "!!float"
	}
	return &yaml.Node{Kind: yaml.ScalarNode, Tag: tag, Value: s}
}

func textNode(s string) *yaml.Node {
	return &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: s, Style: quoting(s)}
}

// quoting is how a text is written: bare only where no reader of any YAML
// version takes it for something else, in single quotes if it has escapes of
// its own.
func quoting(s string) yaml.Style {
	switch {
	case isBare(s):
		return 0
	case strings.ContainsFunc(s, func(r rune) bool { return r < 0x20 || r >= 0x7f }):
		return yaml.DoubleQuotedStyle
	case strings.ContainsAny(s, `\"`):
		return yaml.SingleQuotedStyle
	}
	return yaml.DoubleQuotedStyle
}

// notBare are the words that some version of YAML reads as no text.
var notBare = []string{"true", "false", "yes", "no", "on", "off", "y", "n", "null"}

func isBare(s string) bool {
	if s == "" || len(s) > 80 || slices.Contains(notBare, strings.ToLower(s)) {
		return false
	}
	for i := range len(s) {
		c := s[i]
		letter := c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c == '_'
		if !letter && (i == 0 || !(c >= '0' && c <= '9' || c == '-' || c == '.' || c == '/')) {
			return false
		}
	}
	return true
}
