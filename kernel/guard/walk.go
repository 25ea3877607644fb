package guard

import (
	"errors"
	"strconv"
	"strings"

	"github.com/backbay-labs/chio-node/wire"
)

// The bounds of one extraction. Arguments beyond them are malformed.
const (
	maxValues     = 1 << 16 // values and member names visited
	maxDepth      = 128     // nesting of arrays and objects
	maxCandidates = 4096    // paths, URLs and commands collected
)

var (
	errNotObject  = errors.New("arguments are not one JSON object with unique names")
	errTooMany    = errors.New("arguments hold more values than a guard may visit")
	errTooDeep    = errors.New("arguments are nested deeper than a guard may follow")
	errCandidates = errors.New("arguments hold more paths, urls and commands than a guard may judge")
)

// member is one top-level argument; text is raw as a string.
type member struct {
	name string
	raw  wire.Raw
	text string
}

// walker visits every string of a JSON object that is known to be valid.
type walker struct {
	doc     []byte
	str     string // doc, so that strings without an escape are parts of it
	pos     int
	visited int
	top     []member
	see     *finder // is told of every string and every member name
	level   int     // strings around the document
}

// walk checks and visits doc. Absent arguments are an empty object.
func (w *walker) walk(doc wire.Raw) error {
	if len(doc) == 0 {
		return nil
	}
	if !doc.IsValid() { // syntax, UTF-8, unique names
		return errNotObject
	}
	w.doc, w.str = doc, string(doc)
	w.space()
	if w.doc[w.pos] != '{' {
		return errNotObject
	}
	return w.object("", 1)
}

func (w *walker) value(name string, depth int) error {
	if w.visited++; w.visited > maxValues {
		return errTooMany
	}
	w.space()
	switch w.doc[w.pos] {
	case '{':
		if depth >= maxDepth {
			return errTooDeep
		}
		return w.object(name, depth+1)
	case '[':
		if depth >= maxDepth {
			return errTooDeep
		}
		return w.array(name, depth+1)
	case '"':
		s, err := w.text()
		if err != nil {
			return err
		}
		if err := w.see.onString(name, s); err != nil {
			return err
		}
		return w.inside(name, s)
	default:
		for w.pos < len(w.doc) && !strings.ContainsRune(",]} \t\r\n", rune(w.doc[w.pos])) {
			w.pos++
		}
		return nil
	}
}

func (w *walker) object(parent string, depth int) error {
	w.pos++ // {
	var command, args wire.Raw
	for {
		w.space()
		switch w.doc[w.pos] {
		case '}':
			w.pos++
			if len(command) > 0 && (len(args) > 0 || command[0] == '[') {
				return w.see.argv(command, args)
			}
			return nil
		case ',':
			w.pos++
			continue
		}
		name, err := w.text()
		if err != nil {
			return err
		}
		if w.visited++; w.visited > maxValues {
			return errTooMany
		}
		if err := w.see.onName(parent, name); err != nil {
			return err
		}
		w.space()
		w.pos++ // :
		w.space()
		start := w.pos
		if err := w.value(name, depth); err != nil {
			return err
		}
		switch key := squash(name); {
		case argsName(key) && key != "argv":
			args = w.doc[start:w.pos]
		case programName(key) && (len(command) == 0 || commandName(key)):
			command = w.doc[start:w.pos]
		}
		if depth == 1 && w.level == 0 {
			w.top = append(w.top, member{name: name, raw: w.doc[start:w.pos], text: w.str[start:w.pos]})
		}
	}
}

func (w *walker) array(name string, depth int) error {
	w.pos++ // [
	for {
		w.space()
		switch w.doc[w.pos] {
		case ']':
			w.pos++
			return nil
		case ',':
			w.pos++
			continue
		}
		if err := w.value(name, depth); err != nil {
			return err
		}
	}
}

func (w *walker) space() {
	for w.pos < len(w.doc) {
		switch w.doc[w.pos] {
		case ' ', '\t', '\r', '\n':
			w.pos++
		default:
			return
		}
	}
}

// text reads the string at pos. Strings without an escape need no decoding.
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
		return w.str[start+1 : w.pos-1], nil
	}
	return Unescaped(w.str[start+1 : w.pos-1])
}

// pointed returns the strings an RFC 6901 pointer names: one string, or an
// array of strings. ok is false if the pointer leads nowhere; bad is true if
// it leads to anything else.
func pointed(doc wire.Raw, pointer string) (found []string, ok, bad bool) {
	var at any
	if err := wire.UnmarshalLenient(doc, &at, wire.ForeignLimits); err != nil {
		return nil, false, true
	}
	if pointer != "" && !strings.HasPrefix(pointer, "/") {
		return nil, false, true
	}
	for i, token := range strings.Split(pointer, "/") {
		if i == 0 {
			continue
		}
		token = strings.NewReplacer("~1", "/", "~0", "~").Replace(token)
		switch v := at.(type) {
		case map[string]any:
			next, exists := v[token]
			if !exists {
				return nil, false, false
			}
			at = next
		case []any:
			n, err := strconv.Atoi(token)
			if err != nil || n < 0 || n >= len(v) {
				return nil, false, err != nil
			}
			at = v[n]
		default:
			return nil, false, true
		}
	}
	return stringsOf(at)
}

func stringsOf(v any) (found []string, ok, bad bool) {
	switch v := v.(type) {
	case string:
		return []string{v}, true, false
	case []any:
		for _, item := range v {
			s, isString := item.(string)
			if !isString {
				return nil, false, true
			}
			found = append(found, s)
		}
		return found, true, false
	default:
		return nil, false, true
	}
}
