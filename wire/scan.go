package wire

import "unicode/utf8"

// canonicalQuick reports whether doc is provably its own canonical form and
// nested no deeper than depth, in one pass and without memory. False means
// "look again": what needs judgement, such as a fraction, an escaped member
// name or a twenty-digit integer, is left to the full canonicaliser.
func canonicalQuick(doc []byte, depth int) bool {
	s := scanner{doc: doc}
	return s.value(depth) && s.pos == len(doc)
}

// surelyCanonical is canonicalQuick within limits. False says nothing.
func surelyCanonical(doc []byte, limits Limits) bool {
	return len(doc) <= limits.Bytes && canonicalQuick(doc, limits.Depth)
}

// scanner walks one document that it believes to be canonical.
type scanner struct {
	doc []byte
	pos int
}

func (s *scanner) peek() byte {
	if s.pos < len(s.doc) {
		return s.doc[s.pos]
	}
	return 0
}

// accept steps over c.
func (s *scanner) accept(c byte) bool {
	if s.peek() != c || s.pos >= len(s.doc) {
		return false
	}
	s.pos++
	return true
}

func (s *scanner) value(depth int) bool {
	switch c := s.peek(); {
	case c == '"':
		return s.text()
	case c == '{':
		return depth > 0 && s.object(depth-1)
	case c == '[':
		return depth > 0 && s.array(depth-1)
	case c == 't':
		return s.word("true")
	case c == 'f':
		return s.word("false")
	case c == 'n':
		return s.word("null")
	default:
		return s.integer()
	}
}

func (s *scanner) word(w string) bool {
	if len(s.doc)-s.pos < len(w) || string(s.doc[s.pos:s.pos+len(w)]) != w {
		return false
	}
	s.pos += len(w)
	return true
}

// maxQuickDigits is how many digits surely fit 64 bits.
const maxQuickDigits = 18

// integer accepts integers of up to 18 digits without leading zero or "-0".
func (s *scanner) integer() bool {
	negative := s.accept('-')
	start := s.pos
	for s.pos < len(s.doc) && s.doc[s.pos] >= '0' && s.doc[s.pos] <= '9' {
		s.pos++
	}
	n := s.pos - start
	if n == 0 || n > maxQuickDigits || s.doc[start] == '0' && (n > 1 || negative) {
		return false
	}
	c := s.peek()
	return c != '.' && c != 'e' && c != 'E'
}

// text accepts a string with the escapes that RFC 8785 §3.2.2.2 leaves.
func (s *scanner) text() bool {
	s.pos++ // "
	start, ascii := s.pos, true
	for ; s.pos < len(s.doc); s.pos++ {
		switch c := s.doc[s.pos]; {
		case c == '"':
			text := s.doc[start:s.pos]
			s.pos++
			return ascii || utf8.Valid(text)
		case c == '\\':
			if !s.escape() {
				return false
			}
		case c < ' ':
			return false
		case c >= utf8.RuneSelf:
			ascii = false
		}
	}
	return false
}

// escape accepts one escape and leaves pos at its last byte.
func (s *scanner) escape() bool {
	s.pos++
	switch s.peek() {
	case '"', '\\', 'b', 'f', 'n', 'r', 't':
		return true
	case 'u':
	default:
		return false
	}
	if len(s.doc)-s.pos < 5 {
		return false
	}
	code := s.doc[s.pos+1 : s.pos+5]
	s.pos += 4
	if code[0] != '0' || code[1] != '0' || code[2] != '0' && code[2] != '1' {
		return false
	}
	low := code[3]
	if (low < '0' || low > '9') && (low < 'a' || low > 'f') {
		return false
	}
	short := code[2] == '0' && (low == '8' || low == '9' || low == 'a' || low == 'c' || low == 'd')
	return !short
}

func (s *scanner) array(depth int) bool {
	s.pos++ // [
	if s.accept(']') {
		return true
	}
	for {
		if !s.value(depth) {
			return false
		}
		if s.accept(']') {
			return true
		}
		if !s.accept(',') {
			return false
		}
	}
}

// object accepts members in strictly ascending order of plain ASCII names, for
// which byte order is the order of UTF-16 code units.
func (s *scanner) object(depth int) bool {
	s.pos++ // {
	if s.accept('}') {
		return true
	}
	var last []byte
	for first := true; ; first = false {
		name, ok := s.name()
		if !ok || !first && string(last) >= string(name) {
			return false
		}
		last = name
		if !s.accept(':') || !s.value(depth) {
			return false
		}
		if s.accept('}') {
			return true
		}
		if !s.accept(',') {
			return false
		}
	}
}

// name accepts a member name of ASCII without escapes.
func (s *scanner) name() ([]byte, bool) {
	if !s.accept('"') {
		return nil, false
	}
	start := s.pos
	for ; s.pos < len(s.doc); s.pos++ {
		switch c := s.doc[s.pos]; {
		case c == '"':
			s.pos++
			return s.doc[start : s.pos-1], true
		case c < ' ' || c == '\\' || c >= utf8.RuneSelf:
			return nil, false
		}
	}
	return nil, false
}

// quickMember returns the bytes of a string member of a canonical object, without quotes,
// if it can be told quickly; depth bounds the document.
func quickMember(doc []byte, name string, depth int) ([]byte, bool) {
	s := scanner{doc: doc}
	if depth < 1 || !s.accept('{') {
		return nil, false
	}
	for {
		n, ok := s.name()
		if !ok || !s.accept(':') {
			return nil, false
		}
		start := s.pos
		if !s.value(depth - 1) {
			return nil, false
		}
		if string(n) == name {
			text := scanner{doc: s.doc[start:s.pos]}
			return text.name()
		}
		if !s.accept(',') {
			return nil, false
		}
	}
}
