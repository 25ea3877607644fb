package guards

import (
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"
)

// ErrGlob refuses a pattern.
var ErrGlob = errors.New("pattern is not a glob")

// The bounds of one pattern.
const (
	maxPatternBytes = 512
	maxWildcards    = 24
)

// Use says which side of a rule a pattern stands on. The reading that permits
// less is different for each.
type Use uint8

const (
	// Forbid: any letter case; a pattern that does not begin with "/" matches at
	// every depth; a pattern that ends in a plain name also covers what is
	// below it; wildcards match "..".
	Forbid Use = iota
	// Permit: exact case; a pattern that begins with neither "/" nor "**" is
	// anchored where the path begins; wildcards never match "..".
	Permit
)

// Glob is one compiled path pattern: "*" and "?" within a segment, "**" for
// any number of segments including none, "[a-z]" and "[!a-z]" classes.
// Backslashes separate, as slashes do; braces are refused. So "**/.env" also
// matches ".env", and "/srv/**" also matches "/srv".
type Glob struct {
	source   string
	segments []segment
	use      Use
	rooted   bool   // begins with "/": matches rooted paths only
	relative bool   // begins with "./": matches relative paths only
	below    bool   // covers what is below a match
	lastOnly bool   // "**/name*": only the last name of a path matters
	ending   string // of "**/*ending", which needs no steps; "" is not of that form
}

// segment is one path element of a pattern.
type segment struct {
	any     bool // **
	literal string
	tokens  []token // nil for a literal
}

type tokenKind uint8

const (
	tokenRune tokenKind = iota
	tokenOne
	tokenStar
	tokenClass
)

type token struct {
	kind   tokenKind
	r      rune
	not    bool
	ranges []rune // pairs lo, hi
}

// CompileGlob parses a pattern for one use.
func CompileGlob(pattern string, use Use) (*Glob, error) {
	if err := checkPattern(pattern); err != nil {
		return nil, err
	}
	text := strings.ReplaceAll(pattern, `\`, "/")
	if use == Forbid {
		text = fold(text)
	}
	if text == "" {
		return nil, fmt.Errorf("%w: %.80q names nothing", ErrGlob, pattern)
	}
	g := &Glob{source: pattern, use: use, rooted: text[0] == '/', relative: strings.HasPrefix(text, "./")}
	for part := range strings.SplitSeq(text, "/") {
		switch part {
		case "", ".":
			continue
		case "**":
			if n := len(g.segments); n > 0 && g.segments[n-1].any {
				continue
			}
			g.segments = append(g.segments, segment{any: true})
			continue
		case "..":
			if use == Forbid || len(g.segments) > 0 && g.segments[len(g.segments)-1].literal != ".." {
				return nil, fmt.Errorf("%w: %.80q: \"..\" never matches, because paths are cleaned first; write the path it leads to", ErrGlob, pattern)
			}
		}
		s, err := parseSegment(part)
		if err != nil {
			return nil, fmt.Errorf("%w: %.80q: %w", ErrGlob, pattern, err)
		}
		g.segments = append(g.segments, s)
	}
	if n := len(g.segments); use == Forbid && n > 0 {
		last := g.segments[n-1]
		g.below = !last.any && last.tokens == nil
		if !g.rooted && !g.segments[0].any {
			g.segments = append([]segment{{any: true}}, g.segments...)
		}
		g.relative = false
		g.lastOnly = !g.rooted && len(g.segments) == 2 && g.segments[0].any && last.tokens != nil
		if g.lastOnly {
			g.ending = endingOf(last.tokens)
		}
	}
	return g, nil
}

func checkPattern(pattern string) error {
	switch {
	case pattern == "":
		return fmt.Errorf("%w: it is empty", ErrGlob)
	case len(pattern) > maxPatternBytes:
		return fmt.Errorf("%w: %d bytes, limit %d", ErrGlob, len(pattern), maxPatternBytes)
	case !utf8.ValidString(pattern):
		return fmt.Errorf("%w: it is not UTF-8", ErrGlob)
	case strings.Count(pattern, "*")+strings.Count(pattern, "?")+strings.Count(pattern, "[") > maxWildcards:
		return fmt.Errorf("%w: %.80q has more than %d wildcards", ErrGlob, pattern, maxWildcards)
	}
	for _, r := range pattern {
		if r < 0x20 || r == 0x7f {
			return fmt.Errorf("%w: it holds a control character", ErrGlob)
		}
	}
	return nil
}

// parseSegment compiles one element. "**" inside an element means "*".
func parseSegment(part string) (segment, error) {
	if !strings.ContainsAny(part, "*?[{}") {
		return segment{literal: part}, nil
	}
	var tokens []token
	for i := 0; i < len(part); {
		r, size := utf8.DecodeRuneInString(part[i:])
		switch r {
		case '*':
			if n := len(tokens); n == 0 || tokens[n-1].kind != tokenStar {
				tokens = append(tokens, token{kind: tokenStar})
			}
		case '?':
			tokens = append(tokens, token{kind: tokenOne})
		case '[':
			t, used, err := parseClass(part[i:])
			if err != nil {
				return segment{}, err
			}
			tokens = append(tokens, t)
			size = used
		case '{', '}':
			return segment{}, errors.New("braces are not supported; write one pattern for each alternative")
		default:
			tokens = append(tokens, token{kind: tokenRune, r: r})
		}
		i += size
	}
	return segment{tokens: tokens}, nil
}

// parseClass reads "[...]" at the start of s; a "]" first in the class is
// literal, as is a "-" first or last.
func parseClass(s string) (token, int, error) {
	t := token{kind: tokenClass}
	i := 1
	if i < len(s) && (s[i] == '!' || s[i] == '^') {
		t.not = true
		i++
	}
	for start := i; i < len(s); {
		if s[i] == ']' && i > start {
			return t, i + 1, nil
		}
		lo, size := utf8.DecodeRuneInString(s[i:])
		i += size
		hi := lo
		if i+1 < len(s) && s[i] == '-' && s[i+1] != ']' {
			hi, size = utf8.DecodeRuneInString(s[i+1:])
			i += 1 + size
		}
		if hi < lo {
			return t, 0, errors.New("class range is backwards")
		}
		t.ranges = append(t.ranges, lo, hi)
	}
	return t, 0, errors.New("class is not closed; write [[] for a bracket")
}

// String returns the pattern as written.
func (g *Glob) String() string { return g.source }

// endingOf is the text after a star that is followed by text alone.
func endingOf(tokens []token) string {
	if len(tokens) < 2 || tokens[0].kind != tokenStar {
		return ""
	}
	var b strings.Builder
	for _, t := range tokens[1:] {
		if t.kind != tokenRune || t.r == utf8.RuneError {
			return ""
		}
		b.WriteRune(t.r)
	}
	return b.String()
}
