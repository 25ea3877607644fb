package capability

import (
	"errors"
	"strconv"
	"strings"

	"github.com/backbay-labs/chio-node/wire"
)

// leaf is one string of the arguments: a value, or the name of a member.
type leaf struct {
	text    string
	pointer string   // RFC 6901, of the value or of the object a name is in; only after pointed
	keys    keyClass // hints of the names of all enclosing members
	near    keyClass // of the nearest one; for a name, its own
	isName  bool
}

var errArguments = errors.New("the arguments are not one valid JSON value")

// argumentFacts walks the arguments of a call once, for all constraints.
type argumentFacts struct {
	call    CallFacts
	kind    string // the constraint under evaluation
	walked  bool
	located bool // leaves carry their pointers
	leaves  []leaf
	err     error
	few     [8]leaf // room for an ordinary call
}

// strings lists the strings of the arguments, without pointers.
func (f *argumentFacts) strings() ([]leaf, *Error) {
	if !f.walked {
		f.walk(false)
	}
	if f.err != nil {
		return nil, refuse(CodeConstraint, "%s: %v", f.kind, f.err)
	}
	return f.leaves, nil
}

// pointed lists the same strings in the same order, with pointers. Only
// declared arguments and the text of a denial need them.
func (f *argumentFacts) pointed() ([]leaf, *Error) {
	if !f.located {
		f.walk(true)
	}
	return f.strings()
}

// at is the pointer of the string at index i of strings, which succeeded.
func (f *argumentFacts) at(i int) string {
	leaves, _ := f.pointed()
	return leaves[i].pointer
}

func (f *argumentFacts) walk(locate bool) {
	f.walked, f.located = true, locate
	f.leaves, f.err = f.few[:0], nil
	doc := f.call.Arguments
	if len(doc) == 0 {
		return
	}
	if len(doc) > wire.ForeignLimits.Bytes || !doc.IsValid() {
		f.err = errArguments
		return
	}
	w := walker{doc: string(doc), leaves: f.leaves, locate: locate}
	f.err = w.value(place{}, 0)
	f.leaves = w.leaves
}

// place is where in the arguments a value stands.
type place struct {
	pointer string
	keys    keyClass
	near    keyClass
}

// walker collects strings from a document whose syntax is known to be valid.
type walker struct {
	doc    string
	pos    int
	locate bool
	leaves []leaf
}

func (w *walker) value(at place, depth int) error {
	if depth > wire.ForeignLimits.Depth {
		return wire.ErrTooDeep
	}
	w.space()
	switch w.doc[w.pos] {
	case '{':
		return w.object(at, depth)
	case '[':
		return w.array(at, depth)
	case '"':
		text, err := w.text()
		w.leaves = append(w.leaves, leaf{text: text, pointer: at.pointer, keys: at.keys, near: at.near})
		return err
	default:
		for w.pos < len(w.doc) && strings.IndexByte(",]} \t\r\n", w.doc[w.pos]) < 0 {
			w.pos++
		}
		return nil
	}
}

func (w *walker) object(at place, depth int) error {
	w.pos++ // {
	for {
		w.space()
		if w.doc[w.pos] == '}' {
			w.pos++
			return nil
		}
		if w.doc[w.pos] == ',' {
			w.pos++
			w.space()
		}
		name, err := w.text()
		if err != nil {
			return err
		}
		own := classify(name)
		w.leaves = append(w.leaves, leaf{text: name, pointer: at.pointer, keys: at.keys, near: own, isName: true})
		w.space()
		w.pos++ // :
		below := place{keys: at.keys | own, near: own}
		if w.locate {
			below.pointer = at.pointer + "/" + escapePointer(name)
		}
		if err := w.value(below, depth+1); err != nil {
			return err
		}
	}
}

func (w *walker) array(at place, depth int) error {
	w.pos++ // [
	for i := 0; ; {
		w.space()
		switch w.doc[w.pos] {
		case ']':
			w.pos++
			return nil
		case ',':
			w.pos++
		default:
			below := at
			if w.locate {
				below.pointer = at.pointer + "/" + strconv.Itoa(i)
			}
			if err := w.value(below, depth+1); err != nil {
				return err
			}
			i++
		}
	}
}

// text reads the string at pos.
func (w *walker) text() (string, error) {
	start := w.pos
	escaped := false
	for w.pos++; w.doc[w.pos] != '"'; w.pos++ {
		if w.doc[w.pos] == '\\' {
			escaped = true
			w.pos++
		}
	}
	w.pos++
	if !escaped {
		return w.doc[start+1 : w.pos-1], nil
	}
	return unescape(w.doc[start:w.pos])
}

func unescape(literal string) (string, error) {
	var s string
	err := wire.Unmarshal([]byte(literal), &s, wire.ForeignLimits)
	return s, err
}

func (w *walker) space() {
	for strings.IndexByte(" \t\r\n", w.doc[w.pos]) >= 0 {
		w.pos++
	}
}

func escapePointer(name string) string {
	if !strings.ContainsAny(name, "~/") {
		return name
	}
	return strings.NewReplacer("~", "~0", "/", "~1").Replace(name)
}
