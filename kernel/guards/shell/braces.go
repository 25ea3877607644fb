package shell

import "mvdan.cc/sh/v3/syntax"

// braces multiplies brace expansions out.
func braces(parts []syntax.WordPart, depth int) ([][]syntax.WordPart, bool) {
	list := [][]syntax.WordPart{nil}
	for _, p := range parts {
		exp, ok := p.(*syntax.BraceExp)
		if !ok {
			for i := range list {
				list[i] = append(list[i][:len(list[i]):len(list[i])], p)
			}
			continue
		}
		var choices [][]syntax.WordPart
		if exp.Sequence {
			choices = sequence(exp)
		} else {
			for _, e := range exp.Elems {
				sub, ok := braces(e.Parts, depth+1)
				if !ok || depth > maxDepth {
					return nil, false
				}
				choices = append(choices, sub...)
			}
		}
		if len(list)*len(choices) > 512 {
			return nil, false
		}
		var next [][]syntax.WordPart
		for _, have := range list {
			for _, c := range choices {
				next = append(next, append(have[:len(have):len(have)], c...))
			}
		}
		list = next
	}
	return list, true
}

// sequence is {x..y}: single letters are written out, numbers stand for an
// unknown part, of which no name of a command is made.
func sequence(exp *syntax.BraceExp) [][]syntax.WordPart {
	if len(exp.Elems) == 2 {
		a, b := exp.Elems[0].Lit(), exp.Elems[1].Lit()
		if len(a) == 1 && len(b) == 1 && a[0] <= b[0] && b[0]-a[0] < 64 {
			var out [][]syntax.WordPart
			for c := a[0]; c <= b[0]; c++ {
				out = append(out, []syntax.WordPart{&syntax.Lit{Value: string(c)}})
			}
			return out
		}
	}
	return [][]syntax.WordPart{{&syntax.Lit{Value: "\x00"}}}
}
