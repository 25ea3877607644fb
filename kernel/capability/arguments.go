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
	pointer string // RFC 6901; of the value, or of the object for a member name
	keys    keyClass
	isName  bool
}

// keyClass says what the names of the enclosing members suggest.
type keyClass uint8

const (
	pathKey keyClass = 1 << iota
	hostKey
)

var errArguments = errors.New("arguments are not one valid JSON value")

// argumentFacts walks the arguments of a call once, for all constraints.
type argumentFacts struct {
	call   *CallFacts
	walked bool
	leaves []leaf
	err    error
}

func (f *argumentFacts) strings() ([]leaf, error) {
	if f.walked {
		return f.leaves, f.err
	}
	f.walked = true
	doc := f.call.Arguments
	if len(doc) == 0 {
		return nil, nil
	}
	if len(doc) > wire.ForeignLimits.Bytes || !doc.IsValid() {
		f.err = errArguments
		return nil, f.err
	}
	w := walker{doc: doc, leaves: make([]leaf, 0, 8)}
	if f.err = w.value("", 0, 0); f.err == nil {
		f.leaves = w.leaves
	}
	return f.leaves, f.err
}

// walker collects strings from a document whose syntax is known to be valid.
type walker struct {
	doc    []byte
	pos    int
	leaves []leaf
}

func (w *walker) value(pointer string, keys keyClass, depth int) error {
	if depth > wire.ForeignLimits.Depth {
		return wire.ErrTooDeep
	}
	w.space()
	switch w.doc[w.pos] {
	case '{':
		return w.object(pointer, keys, depth)
	case '[':
		return w.array(pointer, keys, depth)
	case '"':
		text, err := w.text()
		w.leaves = append(w.leaves, leaf{text: text, pointer: pointer, keys: keys})
		return err
	default:
		for w.pos < len(w.doc) && !strings.ContainsRune(",]} \t\r\n", rune(w.doc[w.pos])) {
			w.pos++
		}
		return nil
	}
}

func (w *walker) object(pointer string, keys keyClass, depth int) error {
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
		w.leaves = append(w.leaves, leaf{text: name, pointer: pointer, isName: true})
		w.space()
		w.pos++ // :
		if err := w.value(pointer+"/"+escapePointer(name), keys|classify(name), depth+1); err != nil {
			return err
		}
	}
}

func (w *walker) array(pointer string, keys keyClass, depth int) error {
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
			if err := w.value(pointer+"/"+strconv.Itoa(i), keys, depth+1); err != nil {
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
	raw := w.doc[start:w.pos]
	if !escaped {
		return string(raw[1 : len(raw)-1]), nil
	}
	var s string
	err := wire.Unmarshal(raw, &s, wire.ForeignLimits)
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

// classify reads the hints of a member name. Values below inherit them.
func classify(name string) keyClass {
	n := strings.ToLower(name)
	var k keyClass
	if strings.Contains(n, "path") {
		k |= pathKey
	}
	switch n {
	case "file", "files", "filename", "dir", "directory", "folder", "root", "cwd", "src", "dst":
		k |= pathKey
	case "host", "hosts", "hostname", "domain", "domains", "url", "urls", "uri", "uris", "endpoint", "origin":
		k |= hostKey
	}
	return k
}
