package guards

import (
	"regexp/syntax"
	"unicode/utf8"
)

// The bounds of what is kept of one expression.
const (
	maxNeedles     = 64
	maxNeedleBytes = 16
	minNeedleBytes = 2
	maxClassRunes  = 8
)

// needlesOf returns texts in lower case of which every match of an expression
// holds at least one, in whatever case; none if there is no such list.
func needlesOf(expression string) []string {
	re, err := syntax.Parse(expression, syntax.Perl)
	if err != nil {
		return nil
	}
	best := needs(re.Simplify()).best()
	if !worth(best) {
		return nil
	}
	return best
}

// need is what is known of the matches of a part of an expression.
type need struct {
	exact []string // every match is one of these; nil: not known
	must  []string // every match holds one of these; nil: nothing is known
}

// best is the better of both lists.
func (n need) best() []string { return better(n.must, n.exact) }

// better prefers the list whose shortest text is longer.
func better(a, b []string) []string {
	if !worth(a) || worth(b) && shortest(b) > shortest(a) {
		return b
	}
	return a
}

func worth(list []string) bool {
	return len(list) > 0 && len(list) <= maxNeedles && shortest(list) >= minNeedleBytes
}

func shortest(list []string) int {
	n := maxNeedleBytes + 1
	for _, s := range list {
		n = min(n, len(s))
	}
	return n
}

func needs(re *syntax.Regexp) need {
	switch re.Op {
	case syntax.OpLiteral:
		return literal(re)
	case syntax.OpCharClass:
		return class(re)
	case syntax.OpEmptyMatch, syntax.OpBeginLine, syntax.OpEndLine, syntax.OpBeginText, syntax.OpEndText, syntax.OpWordBoundary, syntax.OpNoWordBoundary:
		return need{exact: []string{""}}
	case syntax.OpCapture:
		return needs(re.Sub[0])
	case syntax.OpPlus:
		return need{must: needs(re.Sub[0]).best()}
	case syntax.OpRepeat:
		if re.Min > 0 {
			return need{must: needs(re.Sub[0]).best()}
		}
	case syntax.OpQuest:
		if n := needs(re.Sub[0]); n.exact != nil && len(n.exact) < maxNeedles {
			return need{exact: append([]string{""}, n.exact...)}
		}
	case syntax.OpAlternate:
		return alternative(re.Sub)
	case syntax.OpConcat:
		return sequence(re.Sub)
	}
	return need{}
}

// literal is a text as it stands. Letters beyond ASCII have other cases than
// a search in bytes knows, and the sign of a bad byte matches any bad byte.
func literal(re *syntax.Regexp) need {
	var b []byte
	for _, r := range re.Rune {
		if r >= utf8.RuneSelf && re.Flags&syntax.FoldCase != 0 || r == utf8.RuneError || len(b) >= maxNeedleBytes {
			return need{must: []string{string(b)}}
		}
		b = utf8.AppendRune(b, low(r))
	}
	return need{exact: []string{string(b)}}
}

func low(r rune) rune {
	if r >= 'A' && r <= 'Z' {
		return r + 'a' - 'A'
	}
	return r
}

// class is one of a few characters.
func class(re *syntax.Regexp) need {
	seen := map[rune]bool{}
	var list []string
	for i := 0; i+1 < len(re.Rune); i += 2 {
		for r := re.Rune[i]; r <= re.Rune[i+1]; r++ {
			if !seen[low(r)] {
				seen[low(r)] = true
				list = append(list, string(low(r)))
			}
			if len(list) > maxClassRunes || r == utf8.RuneError {
				return need{}
			}
		}
	}
	return need{exact: list}
}

func alternative(subs []*syntax.Regexp) need {
	exact, must := []string{}, []string{}
	for _, sub := range subs {
		n := needs(sub)
		if n.exact == nil || len(exact)+len(n.exact) > maxNeedles {
			exact = nil
		} else if exact != nil {
			exact = append(exact, n.exact...)
		}
		if b := n.best(); !worth(b) || len(must)+len(b) > maxNeedles {
			must = nil
		} else if must != nil {
			must = append(must, b...)
		}
		if exact == nil && must == nil {
			return need{}
		}
	}
	return need{exact: exact, must: must}
}

// sequence multiplies out neighbours that are known exactly, and keeps the
// best of all it meets.
func sequence(subs []*syntax.Regexp) need {
	run, whole := []string{""}, true
	var must []string
	for _, sub := range subs {
		if sub.Op == syntax.OpPlus { // one now, and the last of them before what follows
			if one := needs(sub.Sub[0]); one.exact != nil {
				whole = false
				must = better(must, product(run, one.exact))
				must = better(must, run)
				run = one.exact
				continue
			}
		}
		n := needs(sub)
		must = better(must, n.must)
		next := product(run, n.exact)
		if next == nil {
			must = better(must, run)
			if whole = false; n.exact == nil {
				run = []string{""}
				continue
			}
			next = n.exact
		}
		run = next
	}
	if whole {
		return need{exact: run, must: must}
	}
	return need{must: better(must, run)}
}

// product is each text of a before each of b, nil if that is too much.
func product(a, b []string) []string {
	if b == nil || len(a)*len(b) > maxNeedles {
		return nil
	}
	out := make([]string, 0, len(a)*len(b))
	for _, x := range a {
		for _, y := range b {
			if len(x)+len(y) > maxNeedleBytes {
				return nil
			}
			out = append(out, x+y)
		}
	}
	return out
}
