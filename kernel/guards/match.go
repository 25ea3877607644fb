package guards

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Match reports whether the pattern covers a path in the form CleanPath
// returns; for Forbid, folded by fold. Only the last "**" is ever retried, so
// the cost is at most segments of the path times segments of the pattern.
func (g *Glob) Match(path string) bool {
	if g.ending != "" && !strings.HasSuffix(path, g.ending) {
		return false
	}
	if g.lastOnly {
		return path != "." && path != "/" && matchTokens(g.segments[1].tokens, path[strings.LastIndexByte(path, '/')+1:])
	}
	absolute := strings.HasPrefix(path, "/")
	if g.rooted && !absolute || g.relative && absolute {
		return false
	}
	at := 0
	if absolute {
		at = 1
	}
	if path == "." {
		at = len(path)
	}
	next, star, retry := 0, -1, 0
	for at < len(path) {
		if next < len(g.segments) && g.segments[next].any {
			star, retry = next, at
			next++
			continue
		}
		name, after := cut(path, at)
		if next < len(g.segments) && g.matchSegment(next, name) {
			next, at = next+1, after
			continue
		}
		if next == len(g.segments) && g.below {
			return true
		}
		if star < 0 {
			return false
		}
		name, after = cut(path, retry)
		if g.use == Permit && name == ".." {
			return false
		}
		retry = after
		next, at = star+1, after
	}
	for next < len(g.segments) && g.segments[next].any {
		next++
	}
	return next == len(g.segments)
}

// cut returns the segment that begins at at and where the next one begins.
func cut(path string, at int) (name string, after int) {
	if i := strings.IndexByte(path[at:], '/'); i >= 0 {
		return path[at : at+i], at + i + 1
	}
	return path[at:], len(path)
}

func (g *Glob) matchSegment(i int, name string) bool {
	s := &g.segments[i]
	if s.tokens == nil {
		return s.literal == name
	}
	if g.use == Permit && name == ".." {
		return false
	}
	return matchTokens(s.tokens, name)
}

// matchTokens matches one element; only the last star is retried.
func matchTokens(tokens []token, name string) bool {
	next, at, star, retry := 0, 0, -1, 0
	for at < len(name) {
		if next < len(tokens) && tokens[next].kind == tokenStar {
			star, retry = next, at
			next++
			continue
		}
		r, size := utf8.DecodeRuneInString(name[at:])
		if next < len(tokens) && tokens[next].accepts(r) {
			next, at = next+1, at+size
			continue
		}
		if star < 0 {
			return false
		}
		_, size = utf8.DecodeRuneInString(name[retry:])
		retry += size
		next, at = star+1, retry
	}
	for next < len(tokens) && tokens[next].kind == tokenStar {
		next++
	}
	return next == len(tokens)
}

func (t *token) accepts(r rune) bool {
	switch t.kind {
	case tokenRune:
		return t.r == r
	case tokenOne:
		return true
	case tokenClass:
		in := false
		for i := 0; i+1 < len(t.ranges); i += 2 {
			in = in || t.ranges[i] <= r && r <= t.ranges[i+1]
		}
		return in != t.not
	default:
		return false
	}
}

// fold maps every spelling that some file system takes for the same name to
// one: letter case by Unicode simple folding, and format characters, which
// some file systems ignore, dropped. ASCII that is already lower-case is
// returned as it is.
func fold(s string) string {
	plain := true
	for i := range len(s) {
		if c := s[i]; c >= 'A' && c <= 'Z' || c >= utf8.RuneSelf {
			plain = false
			break
		}
	}
	if plain {
		return s
	}
	return strings.Map(foldRune, s)
}

func foldRune(r rune) rune {
	if r < utf8.RuneSelf {
		if r >= 'A' && r <= 'Z' {
			return r + 'a' - 'A'
		}
		return r
	}
	if unicode.Is(unicode.Cf, r) {
		return -1
	}
	least := r
	for n := unicode.SimpleFold(r); n != r; n = unicode.SimpleFold(n) {
		least = min(least, n)
	}
	if least >= 'A' && least <= 'Z' {
		return least + 'a' - 'A'
	}
	return least
}
