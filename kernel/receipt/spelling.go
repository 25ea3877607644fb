package receipt

import (
	"bytes"
	"strconv"

	"github.com/backbay-labs/chio-node/wire"
)

// isCanonical is wire.IsCanonical for a document that has just been decoded
// strictly, and therefore is valid JSON without duplicate keys and within its
// depth. Most receipts need one pass; whatever the pass cannot decide alone
// (fractions, keys outside ASCII) goes to wire.
func isCanonical(doc []byte) bool {
	s := speller{doc: doc}
	s.scan()
	switch s.verdict {
	case spelledRight:
		return true
	case spelledWrong:
		return false
	}
	return wire.IsCanonical(doc, Limits()) == nil
}

type spelling uint8

const (
	spelledRight spelling = iota
	spelledWrong
	undecided
)

// speller walks the tokens of a valid document.
type speller struct {
	doc     []byte
	verdict spelling
	// keys holds, per open container, the last key seen; nil for an array.
	keys [][]byte
}

func (s *speller) scan() {
	s.keys = make([][]byte, 0, 16)
	for i := 0; i < len(s.doc) && s.verdict == spelledRight; {
		switch c := s.doc[i]; c {
		case '{':
			s.keys = append(s.keys, []byte{})
			i++
		case '[':
			s.keys = append(s.keys, nil)
			i++
		case '}', ']':
			s.keys = s.keys[:len(s.keys)-1]
			i++
		case ',', ':':
			i++
		case '"':
			i = s.text(i)
		case ' ', '\t', '\r', '\n':
			s.verdict = spelledWrong
		case 't', 'n':
			i += len("true")
		case 'f':
			i += len("false")
		default:
			i = s.number(i)
		}
	}
}

// text checks the string at i and, if it is a key, that it follows the last.
func (s *speller) text(i int) int {
	end, plain := s.escapes(i)
	if end >= len(s.doc) || s.doc[end] != ':' {
		return end
	}
	key := s.doc[i+1 : end-1]
	if !plain || len(s.keys) == 0 {
		s.verdict = max(s.verdict, undecided)
		return end
	}
	top := len(s.keys) - 1
	if last := s.keys[top]; len(last) > 0 && bytes.Compare(last, key) >= 0 {
		s.verdict = spelledWrong
	}
	s.keys[top] = key
	return end
}

// escapes finds the end of the string at i. plain means ASCII without escapes,
// so that bytes sort as RFC 8785 wants keys sorted.
func (s *speller) escapes(i int) (end int, plain bool) {
	plain = true
	for i++; i < len(s.doc); i++ {
		switch c := s.doc[i]; {
		case c == '"':
			return i + 1, plain
		case c >= 0x80:
			plain = false
		case c == '\\':
			plain = false
			i++
			if i >= len(s.doc) || !s.shortest(i) {
				s.verdict = spelledWrong
				return len(s.doc), false
			}
			if s.doc[i] == 'u' {
				i += 4
			}
		}
	}
	return i, plain
}

// shortest reports whether the escape whose letter is at i is the canonical
// one: the two-character escapes, and \u00xx in lower case for other control
// characters only.
func (s *speller) shortest(i int) bool {
	switch s.doc[i] {
	case '"', '\\', 'b', 'f', 'n', 'r', 't':
		return true
	case 'u':
	default:
		return false
	}
	if i+4 >= len(s.doc) {
		return false
	}
	hex := string(s.doc[i+1 : i+5])
	switch hex {
	case "0008", "0009", "000a", "000c", "000d":
		return false
	}
	return (hex[:3] == "000" || hex[:3] == "001") &&
		(hex[3] >= '0' && hex[3] <= '9' || hex[3] >= 'a' && hex[3] <= 'f')
}

// number accepts integers that print exactly; the rest is for wire to judge.
func (s *speller) number(i int) int {
	start := i
	for i < len(s.doc) && (s.doc[i] == '-' || s.doc[i] >= '0' && s.doc[i] <= '9') {
		i++
	}
	lit := string(s.doc[start:i])
	if i == start || i < len(s.doc) && bytes.IndexByte([]byte(",]}"), s.doc[i]) < 0 {
		s.verdict = max(s.verdict, undecided)
		return len(s.doc)
	}
	if lit == "-0" {
		s.verdict = spelledWrong
		return i
	}
	if _, err := strconv.ParseInt(lit, 10, 64); err == nil {
		return i
	}
	if _, err := strconv.ParseUint(lit, 10, 64); err != nil {
		s.verdict = max(s.verdict, undecided)
	}
	return i
}
