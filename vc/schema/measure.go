package schema

import (
	"fmt"
	"net/url"
	"regexp/syntax"
	"strconv"
	"strings"
)

// MaxCost bounds a schema: the values in it, counted again for each reference
// that leads to them, and the instructions of its patterns. Each part is
// applied to each value of a credential at most once, so that cost times size
// bounds the work; but for uniqueItems, whose items are compared in pairs if
// they are made for it. A unit is about a microsecond.
const (
	MaxCost = 1 << 12
	MaxWork = 1 << 21 // cost × bytes of the credential

	// maxExplained bounds the work of which every failure is kept, a kilobyte
	// each or so, to say what the first was.
	maxExplained = 1 << 16
)

// meter counts what a schema costs.
type meter struct {
	root    map[string]any
	targets map[string]int  // cost of what a pointer leads to
	under   map[string]bool // pointers being followed
}

// measure is the cost of a schema. It reads every member of the name $ref as a
// reference, wherever it stands:
//
//	a $ref is # or a JSON pointer behind #, to something that is there
//	b no reference leads back to itself
//	c no $id but that of the document, no anchors and no dynamic references:
//	  what a reference means is what is written
//	d a pattern compiles as RE2, which takes no more than linear time
//	e the sum is at most MaxCost
func measure(root map[string]any) (int, error) {
	m := &meter{root: root, targets: map[string]int{}, under: map[string]bool{"": true}}
	return m.object(root, true)
}

func (m *meter) value(v any) (int, error) {
	switch v := v.(type) {
	case map[string]any:
		return m.object(v, false)
	case []any:
		sum := 1
		for _, e := range v {
			n, err := m.value(e)
			if sum += n; err != nil || sum > MaxCost {
				return sum, over(sum, err)
			}
		}
		return sum, nil
	}
	return 1, nil
}

func (m *meter) object(o map[string]any, top bool) (int, error) {
	sum := 1
	for name, v := range o {
		n, err := m.value(v)
		if err == nil {
			var more int
			more, err = m.keyword(name, v, top)
			n += more
		}
		if sum += n + 1; err != nil || sum > MaxCost {
			return sum, over(sum, err)
		}
	}
	return sum, nil
}

func over(sum int, err error) error {
	if err == nil && sum > MaxCost { // e
		return fmt.Errorf("%w: it costs more than %d", ErrSchema, MaxCost)
	}
	return err
}

// keyword is what a member costs beyond its value.
func (m *meter) keyword(name string, v any, top bool) (int, error) {
	text, isText := v.(string)
	switch name {
	case "$ref":
		if isText {
			return m.reference(text)
		}
	case "$id", "$anchor", "$dynamicRef", "$dynamicAnchor", "$recursiveRef", "$recursiveAnchor":
		if _, property := v.(map[string]any); !property && !(top && name == "$id") { // c
			return 0, fmt.Errorf("%w: %s is not supported: refer by a JSON pointer", ErrSchema, name)
		}
	case "pattern":
		if isText {
			return pattern(text)
		}
	case "patternProperties":
		sum := 0
		list, _ := v.(map[string]any)
		for p := range list {
			n, err := pattern(p)
			if sum += n; err != nil {
				return 0, err
			}
		}
		return sum, nil
	}
	return 0, nil
}

// reference is the cost of what a reference leads to.
func (m *meter) reference(ref string) (int, error) {
	pointer, local := strings.CutPrefix(ref, "#")
	if !local || pointer != "" && pointer[0] != '/' { // a
		return 0, fmt.Errorf("%w: $ref %.100q: refer to parts of the schema itself, by # and a JSON pointer", ErrSchema, ref)
	}
	if n, known := m.targets[pointer]; known {
		return n, nil
	}
	if m.under[pointer] { // b
		return 0, fmt.Errorf("%w: $ref %.100q leads back to itself", ErrSchema, ref)
	}
	target, err := m.follow(pointer)
	if err != nil {
		return 0, err
	}
	m.under[pointer] = true
	n, err := m.value(target)
	delete(m.under, pointer)
	m.targets[pointer] = n
	return n, err
}

// follow finds what a JSON pointer names (RFC 6901).
func (m *meter) follow(pointer string) (any, error) {
	missing := fmt.Errorf("%w: $ref %.100q leads nowhere", ErrSchema, "#"+pointer)
	decoded, err := url.PathUnescape(pointer)
	if err != nil {
		return nil, missing
	}
	var at any = m.root
	for _, part := range strings.Split(decoded, "/")[1:] {
		part = strings.ReplaceAll(strings.ReplaceAll(part, "~1", "/"), "~0", "~")
		there := false
		switch v := at.(type) {
		case map[string]any:
			at, there = v[part]
		case []any:
			if i, err := strconv.Atoi(part); err == nil && i >= 0 && i < len(v) {
				at, there = v[i], true
			}
		}
		if !there { // a
			return nil, missing
		}
	}
	return at, nil
}

// pattern is the number of instructions of a regular expression.
func pattern(text string) (int, error) {
	parsed, err := syntax.Parse(text, syntax.Perl)
	if err != nil { // d
		return 0, fmt.Errorf("%w: pattern %.100q: %w", ErrSchema, text, err)
	}
	program, err := syntax.Compile(parsed.Simplify())
	if err != nil {
		return 0, fmt.Errorf("%w: pattern %.100q: %w", ErrSchema, text, err)
	}
	return len(program.Inst), nil
}
