package ld

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// Quads is a dataset read from N-Quads.
type Quads struct {
	quads []quad
	nodes int
}

var (
	nquadsTerm   = regexp.MustCompile(`^\s*(?:<([^>]*)>|_:([^\s]+)|"((?:[^"\\]|\\.)*)"(?:@([A-Za-z0-9-]+)|\^\^<([^>]*)>)?)\s*`)
	nquadsEscape = regexp.MustCompile(`\\(u[0-9A-Fa-f]{4}|U[0-9A-Fa-f]{8}|.)`)
)

// parseNQuads reads the N-Quads of the vectors: one statement a line.
func parseNQuads(lines []string) (Quads, error) {
	out := Quads{}
	named := map[string]int{}
	for _, line := range lines {
		var terms []term
		rest := strings.TrimSpace(line)
		if rest == "" || rest[0] == '#' {
			continue
		}
		for rest != "." {
			m := nquadsTerm.FindStringSubmatch(rest)
			if m == nil {
				return out, fmt.Errorf("not N-Quads: %q", rest)
			}
			rest = rest[len(m[0]):]
			switch {
			case m[2] != "":
				n, ok := named[m[2]]
				if !ok {
					n = len(named)
					named[m[2]] = n
				}
				terms = append(terms, blank(n))
			case m[1] != "":
				terms = append(terms, iri(unescape(m[1])))
			case m[4] != "":
				terms = append(terms, term{kind: kindLiteral, value: unescape(m[3]), datatype: rdfLang, language: m[4]})
			case m[5] != "":
				terms = append(terms, term{kind: kindLiteral, value: unescape(m[3]), datatype: m[5]})
			default:
				terms = append(terms, term{kind: kindLiteral, value: unescape(m[3]), datatype: xsdString})
			}
		}
		if len(terms) < 3 || len(terms) > 4 {
			return out, fmt.Errorf("%d terms in %q", len(terms), line)
		}
		out.quads = append(out.quads, quad{subject: terms[0], predicate: terms[1], object: terms[2]})
		if len(terms) == 4 {
			out.quads[len(out.quads)-1].graph = terms[3]
		}
	}
	out.nodes = len(named)
	return out, nil
}

func unescape(s string) string {
	return nquadsEscape.ReplaceAllStringFunc(s, func(e string) string {
		if i := strings.IndexByte("tbnrf", e[1]); i >= 0 {
			return "\t\b\n\r\f"[i : i+1]
		}
		if e[1] == 'u' || e[1] == 'U' {
			n, _ := strconv.ParseUint(e[2:], 16, 32)
			return string(rune(n))
		}
		return e[1:]
	})
}
