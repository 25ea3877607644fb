package prompt

import (
	"bytes"
	"math"
	"unicode/utf8"
)

// Distances are counted in units: a word of letters is two, an ideograph one,
// and the end of a sentence or line adds a little.
const (
	unitsWord     = 2
	unitsSentence = 5
	unitsLine     = 1
)

// maxPhraseGap is how many dividing bytes may stand between words of a phrase.
const maxPhraseGap = 4

// scanner walks one reading of a text and reports the concepts it meets.
type scanner struct {
	lex   *lexicon
	text  []byte
	unit  int32
	lanes []lane
}

// scan reads a canonical text word by word.
func (s *scanner) scan() {
	for i := 0; i < len(s.text); {
		if c := s.text[i]; c < utf8.RuneSelf {
			if alnum[c] {
				i = s.word(i)
			} else {
				i += s.divide(i, 1)
			}
			continue
		}
		k, n := kindAt(s.text[i:])
		switch k {
		case divider:
			i += s.divide(i, n)
		case ideograph:
			set, length := s.inside(s.lex.words, i)
			s.meet(set)
			length = max(length, n)
			s.unit += int32(utf8.RuneCount(s.text[i : i+length]))
			i += length
		default:
			i = s.word(i)
		}
	}
}

// word handles the word of letters at i and returns where to go on.
func (s *scanner) word(i int) int {
	end := wordEnd(s.text, i)
	set, accepted, words := concepts(0), end, 1
	if s.lex.words.firsts.may(s.text[i:end]) {
		set, accepted, words = s.longest(i, end)
	}
	switch s.text[i] {
	case 'h', 's', 'u', 'a', 'd':
		set |= s.structure(i, end)
	}
	if i > 0 && s.text[i-1] == '@' && string(s.text[i:end]) == "override" {
		set = 0 // an annotation of Java
	}
	s.meet(set)
	s.unit += unitsWord * int32(words)
	return max(accepted, end)
}

// structure recognises an address of the web, and the speaker of a line.
func (s *scanner) structure(i, end int) concepts {
	rest := s.text[end:]
	switch w := string(s.text[i:end]); w {
	case "http", "https", "hxxp", "hxxps":
		if bytes.HasPrefix(rest, []byte("://")) {
			return conceptSet(cURL)
		}
	case "system", "assistant", "user", "human", "developer", "admin":
		if (i == 0 || s.text[i-1] == '\n' || i > 1 && s.text[i-1] == ' ' && s.text[i-2] == '\n') && len(rest) > 1 && rest[0] == ':' {
			return conceptSet(cRoleLine)
		}
	}
	return 0
}

// longest finds the longest entry that starts with the word text[i:end]: its
// concepts, where it ends, and how many words it has.
func (s *scanner) longest(i, end int) (set concepts, accepted, words int) {
	t := s.lex.words
	at, words, counted := int32(0), 1, 1
	for {
		var stem concepts
		for ; i < end; i++ {
			if at = t.step(at, s.text[i]); at == 0 {
				break
			}
			if row := t.nodes[at].row; row != 0 {
				stem |= t.rows[row].stem
			}
		}
		if at != 0 {
			stem |= t.end(at).whole
		}
		if stem != 0 {
			set, accepted, words = stem, end, counted
		}
		if at == 0 {
			return set, accepted, words
		}
		if at = t.step(at, ' '); at == 0 {
			return set, accepted, words
		}
		next := end
		for next < len(s.text) && next-end <= maxPhraseGap {
			k, n := kindAt(s.text[next:])
			if k != divider {
				break
			}
			next += n
		}
		if next == len(s.text) || next-end > maxPhraseGap {
			return set, accepted, words
		}
		i, end = next, wordEnd(s.text, next)
		counted++
	}
}

// inside finds the longest entry at i without regard to boundaries.
func (s *scanner) inside(t *tree, i int) (set concepts, length int) {
	at := int32(0)
	for n := i; n < len(s.text); n++ {
		if at = t.step(at, s.text[n]); at == 0 {
			break
		}
		if row := t.nodes[at].row; row != 0 && t.rows[row].inside != 0 {
			set, length = t.rows[row].inside, n+1-i
		}
	}
	return set, length
}

// divide handles what stands between words: structure and distance.
func (s *scanner) divide(i, n int) int {
	switch c := s.text[i]; c {
	case ' ':
		return 1
	case '\n':
		s.unit += unitsLine
		return 1
	case '<':
		if bytes.HasPrefix(s.text[i:], []byte("<img")) && fillsIn(s.text[i:]) {
			s.meet(conceptSet(cImage))
		}
		fallthrough
	case '[', '#', '{', '=', '-', '*', '"', '`', '(':
		if !s.lex.marks.begins.may(s.text[i:]) {
			break
		}
		if set, length := s.inside(s.lex.marks, i); length > 0 {
			s.meet(set)
			return length
		}
	case '.', '?':
		if i+1 < len(s.text) && (s.text[i+1] == ' ' || s.text[i+1] == '\n') {
			s.unit += unitsSentence
		}
	case '@':
		if s.letterAt(i-1) && s.letterAt(i+1) {
			s.meet(conceptSet(cMail))
		}
	case '_':
		if s.letterAt(i-1) && s.letterAt(i+1) {
			s.meet(conceptSet(cToolName))
		}
	case '!':
		if i+1 < len(s.text) && s.text[i+1] == '[' && carriesData(s.text[i:]) {
			s.meet(conceptSet(cImage))
		}
	}
	return n
}

func (s *scanner) letterAt(i int) bool {
	return i >= 0 && i < len(s.text) && s.text[i] < utf8.RuneSelf && alnum[s.text[i]]
}

// scanJoined reads a text whose words are not divided.
func (s *scanner) scanJoined() {
	for i := 0; i < len(s.text); {
		if s.text[i] == '\n' {
			s.unit += unitsLine
			i++
			continue
		}
		var set concepts
		length := 0
		if s.lex.joined.begins.may(s.text[i:]) {
			set, length = s.inside(s.lex.joined, i)
		}
		if length == 0 {
			i++
			if i%4 == 0 {
				s.unit++
			}
			continue
		}
		s.meet(set)
		s.unit += unitsWord
		i += length
	}
}

func (s *scanner) meet(set concepts) {
	if set &^= conceptSet(cNone); set != 0 {
		for i := range s.lanes {
			s.lanes[i].m.at(set, s.unit)
		}
	}
}

// maxImage bounds how much of a Markdown image is looked at.
const maxImage = 512

// carriesData reports whether a Markdown image's address has a query that is
// to be filled in, or that is named like something taken.
func carriesData(b []byte) bool {
	b = b[:min(len(b), maxImage)]
	at := bytes.Index(b, []byte("](http"))
	if at < 0 {
		return false
	}
	b = b[at+2:]
	if end := bytes.IndexAny(b, ")\n"); end >= 0 {
		b = b[:end]
	}
	q := bytes.IndexAny(b, "?{<[$")
	if q < 0 {
		return false
	}
	b = b[q:]
	if bytes.ContainsAny(b, "{[<$") {
		return true
	}
	for _, name := range []string{"data=", "secret", "key=", "token=", "leak", "exfil", "chat=", "history", "conv", "prompt=", "msg=", "info=", "dump", "payload", "pass", "stolen", "content=", "summary=", "d=", "q="} {
		if i := bytes.Index(b, []byte(name)); i > 0 && !alnum[b[i-1]&0x7f] {
			return true
		}
	}
	return false
}

// fillsIn reports whether the address of an HTML image has a part that is to
// be filled in.
func fillsIn(b []byte) bool {
	b = b[:min(len(b), maxImage)]
	if end := bytes.IndexByte(b, '>'); end >= 0 {
		b = b[:end]
	}
	at := bytes.Index(b, []byte("src=\"http"))
	return at >= 0 && bytes.ContainsAny(b[at:], "{[$")
}

// never is the position of a concept that was not met.
const never = math.MinInt32 / 2
