package policy

import (
	"bytes"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/backbay-labs/chio-node/wire"
)

// ErrFormat: the document cannot be printed without losing a comment's place
// or its meaning. It is left as it is.
var ErrFormat = errors.New("policy cannot be formatted")

// maxPasses is how often printing may move comments before they must rest.
const maxPasses = 5

// Format prints a document canonically: keys in the order of the
// specification, two spaces, one way of quoting, aliases written out, comments
// kept. Formatting twice is formatting once, and the document is the same;
// where the printer cannot keep that, Format is an error. Only a document that
// parses is formatted.
func Format(doc []byte) ([]byte, error) {
	want, err := meaning(doc)
	if err != nil {
		return nil, err
	}
	out := doc
	for range maxPasses {
		next, err := formatOnce(out)
		if err != nil {
			return nil, err
		}
		if got, err := meaning(next); err != nil || !bytes.Equal(got, want) {
			return nil, fmt.Errorf("%w: printed, it would be another document", ErrFormat)
		}
		if bytes.Equal(next, out) {
			return next, nil
		}
		out = next
	}
	return nil, fmt.Errorf("%w: its comments do not come to rest; put each on a line of its own above a key", ErrFormat)
}

func meaning(doc []byte) ([]byte, error) {
	d, err := Parse("policy", doc)
	if err != nil {
		return nil, err
	}
	return wire.Marshal(d)
}

func formatOnce(doc []byte) ([]byte, error) {
	var file yaml.Node
	if err := yaml.Unmarshal(doc, &file); err != nil {
		return nil, syntax("policy", err)
	}
	if len(file.Content) != 1 {
		return nil, fmt.Errorf("%w: it holds no document", ErrFormat)
	}
	expanded := 0
	root, err := expand(file.Content[0], &expanded)
	if err != nil {
		return nil, err
	}
	file.Content[0] = root
	arrange(root, reflect.TypeFor[Document]())
	return encode(&file)
}

// expand writes aliases out and settles how scalars are written.
func expand(n *yaml.Node, count *int) (*yaml.Node, error) {
	if *count++; *count > maxVisits {
		return nil, fmt.Errorf("%w: its aliases expand to more than %d values", ErrFormat, maxVisits)
	}
	if n.Kind == yaml.AliasNode {
		target := *n.Alias
		target.HeadComment, target.LineComment, target.FootComment = n.HeadComment, n.LineComment, n.FootComment
		return expand(&target, count)
	}
	own := *n
	own.Anchor = ""
	own.Content = nil
	if n.Kind == yaml.ScalarNode {
		style(&own)
		return &own, nil
	}
	own.Style = n.Style & yaml.FlowStyle
	for _, child := range n.Content {
		c, err := expand(child, count)
		if err != nil {
			return nil, err
		}
		own.Content = append(own.Content, c)
	}
	if len(own.Content) == 0 {
		own.Style = yaml.FlowStyle
	}
	return &own, nil
}

// style writes texts one way. Blocks of text stay blocks.
func style(n *yaml.Node) {
	switch tag := n.ShortTag(); {
	case n.Style&(yaml.LiteralStyle|yaml.FoldedStyle) != 0:
	case tag == "!!str" || tag == "!!timestamp":
		n.Tag, n.Style = "!!str", quoting(n.Value)
	case tag == "!!bool":
		n.Style, n.Value = 0, strings.ToLower(n.Value)
	default:
		n.Style &^= yaml.TaggedStyle
	}
}

// arrange puts the keys of a mapping in the order of the type's fields.
func arrange(n *yaml.Node, t reflect.Type) {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	switch {
	case t == rawType:
	case n.Kind == yaml.SequenceNode && t.Kind() == reflect.Slice:
		for _, item := range n.Content {
			arrange(item, t.Elem())
		}
	case n.Kind == yaml.MappingNode && t.Kind() == reflect.Map:
		for i := 1; i < len(n.Content); i += 2 {
			arrange(n.Content[i], t.Elem())
		}
	case n.Kind == yaml.MappingNode && t.Kind() == reflect.Struct:
		arrangeStruct(n, t)
	}
}

func arrangeStruct(n *yaml.Node, t reflect.Type) {
	keys := keysOf(t)
	rank := func(name string) int { return slices.IndexFunc(keys, func(k key) bool { return k.name == name }) }
	pairs := make([][2]*yaml.Node, 0, len(n.Content)/2)
	for i := 0; i+1 < len(n.Content); i += 2 {
		if at := rank(n.Content[i].Value); at >= 0 {
			arrange(n.Content[i+1], keys[at].typ)
		}
		pairs = append(pairs, [2]*yaml.Node{n.Content[i], n.Content[i+1]})
	}
	slices.SortStableFunc(pairs, func(a, b [2]*yaml.Node) int { return rank(a[0].Value) - rank(b[0].Value) })
	n.Content = n.Content[:0]
	for _, p := range pairs {
		n.Content = append(n.Content, p[0], p[1])
	}
}
