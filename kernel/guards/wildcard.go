package guards

import "strings"

// expands returns the pattern of a file that a wildcard names without writing
// it out: by a question mark or a class anywhere, by a star if at least half
// of the name is written. "*" and "*.json" name everything and mean nothing.
// In text that only looks like a path a star that comes first is a search.
func (g *ForbiddenPath) expands(clean string, guess bool) *Glob {
	pattern, err := CompileGlob(clean, Forbid)
	if err != nil {
		return nil
	}
	starred, vague := strings.IndexByte(clean, '*') >= 0, false
	for i := range pattern.segments {
		s := &pattern.segments[i]
		if s.any || s.tokens == nil || !starred {
			vague = vague || s.any
			continue
		}
		first := s.tokens[0].kind == tokenStar
		vague = vague || s.written() == 0
		for j, name := range g.names {
			if name != "" && !(first && guess) && s.written()*2 >= len(name) && s.written() > 1 && matchTokens(s.tokens, name) {
				return g.patterns.all[j]
			}
		}
	}
	if vague {
		return nil
	}
	for i, example := range g.examples {
		if pattern.Match(example) {
			return g.patterns.all[i]
		}
	}
	return nil
}

// written is how many characters of a segment stand for themselves.
func (s *segment) written() (n int) {
	for i := range s.tokens {
		if s.tokens[i].kind == tokenRune {
			n++
		}
	}
	return n
}

// floatingName is the one name by which a pattern forbids wherever it stands,
// or "".
func (g *Glob) floatingName() string {
	name := ""
	for i := range g.segments {
		s := &g.segments[i]
		switch {
		case s.any:
		case name != "" || g.rooted || i == 0:
			return ""
		default:
			one := Glob{segments: []segment{*s}}
			name = strings.TrimPrefix(one.example(), "/")
		}
	}
	return name
}

// example is one folded path that a pattern covers.
func (g *Glob) example() string {
	var b strings.Builder
	for _, s := range g.segments {
		switch {
		case s.any:
			continue
		case s.tokens == nil:
			b.WriteString("/" + s.literal)
			continue
		}
		b.WriteByte('/')
		for _, t := range s.tokens {
			switch t.kind {
			case tokenRune:
				b.WriteRune(t.r)
			case tokenOne:
				b.WriteByte('a')
			case tokenClass:
				b.WriteRune(t.ranges[0])
			case tokenStar:
			}
		}
	}
	return b.String()
}
