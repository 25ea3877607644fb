package secrets

import (
	"errors"

	"github.com/backbay-labs/chio-node/kernel/guard"
)

// errDepth refuses a result nested deeper than a sanitizer follows.
var errDepth = errors.New("result is nested too deep")

const maxDepth = 128

// jsonToken is one string, member name or number of a JSON text.
type jsonToken struct {
	at    span   // in the text, quotes included
	name  string // of the member that holds it, decoded; "" for a member's name
	value string // decoded
	key   bool   // a member's name
	bare  bool   // a number
}

// jsonWalk visits the tokens of a JSON text that is known to be valid.
type jsonWalk struct {
	text  string
	pos   int
	visit func(jsonToken)
}

func (w *jsonWalk) space() {
	for w.pos < len(w.text) && w.text[w.pos] <= ' ' {
		w.pos++
	}
}

func (w *jsonWalk) value(name string, depth int) error {
	if depth > maxDepth {
		return errDepth
	}
	w.space()
	start := w.pos
	switch w.text[w.pos] {
	case '{', '[':
		return w.composite(name, depth)
	case '"':
		s, err := w.string()
		if err != nil {
			return err
		}
		w.visit(jsonToken{at: span{start, w.pos}, name: name, value: s})
	default:
		for w.pos < len(w.text) && w.text[w.pos] > ' ' && w.text[w.pos] != ',' && w.text[w.pos] != ']' && w.text[w.pos] != '}' {
			w.pos++
		}
		if c := w.text[start]; c == '-' || c >= '0' && c <= '9' {
			w.visit(jsonToken{at: span{start, w.pos}, name: name, value: w.text[start:w.pos], bare: true})
		}
	}
	return nil
}

// composite visits an array, whose elements have the name of its member, or
// an object.
func (w *jsonWalk) composite(name string, depth int) error {
	object := w.text[w.pos] == '{'
	for w.pos++; ; {
		w.space()
		switch w.text[w.pos] {
		case ']', '}':
			w.pos++
			return nil
		case ',':
			w.pos++
			continue
		}
		if object {
			start := w.pos
			var err error
			if name, err = w.string(); err != nil {
				return err
			}
			w.visit(jsonToken{at: span{start, w.pos}, value: name, key: true})
			w.space()
			w.pos++ // :
		}
		if err := w.value(name, depth+1); err != nil {
			return err
		}
	}
}

// string reads the string at pos; one without an escape is not copied.
func (w *jsonWalk) string() (string, error) {
	start, escaped := w.pos, false
	for w.pos++; w.text[w.pos] != '"'; w.pos++ {
		if w.text[w.pos] == '\\' {
			escaped = true
			w.pos++
		}
	}
	w.pos++
	if !escaped {
		return w.text[start+1 : w.pos-1], nil
	}
	return guard.Unescaped(w.text[start+1 : w.pos-1])
}
