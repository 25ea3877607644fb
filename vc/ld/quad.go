package ld

import (
	"fmt"
	"math"
	"regexp"
	"strconv"
)

// The datatypes that appear without being named in a document.
const (
	xsd       = "http://www.w3.org/2001/XMLSchema#"
	xsdString = xsd + "string"
	rdf       = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
	rdfLang   = rdf + "langString"
	rdfJSON   = rdf + "JSON"
	rdfType   = rdf + "type"
	rdfFirst  = rdf + "first"
	rdfRest   = rdf + "rest"
	rdfNil    = rdf + "nil"
	hexDigits = "0123456789ABCDEF"

	kindIRI     = 'i'
	kindBlank   = 'b'
	kindLiteral = 'l'
)

// term is an IRI, a blank node or a literal; the zero term is no term, the
// name of the default graph.
type term struct {
	kind     byte
	value    string // IRI or lexical form
	datatype string // of a literal, never empty
	language string // of a literal of rdfLang
	node     int    // number of a blank node
}

type quad struct{ subject, predicate, object, graph term }

func iri(s string) term   { return term{kind: kindIRI, value: s} }
func blank(node int) term { return term{kind: kindBlank, node: node} }

// labels spells blank nodes.
type labels func(out []byte, node int) []byte

// appendQuad writes one canonical N-Quads line (RDF 1.1 N-Quads, with the
// escapes of RDFC-1.0 §5).
func appendQuad(out []byte, q *quad, names labels) []byte {
	for _, t := range [...]*term{&q.subject, &q.predicate, &q.object, &q.graph} {
		if t.kind != 0 {
			out = append(appendTerm(out, t, names), ' ')
		}
	}
	return append(out, '.', '\n')
}

func appendTerm(out []byte, t *term, names labels) []byte {
	switch t.kind {
	case kindIRI:
		return append(append(append(out, '<'), t.value...), '>')
	case kindBlank:
		return names(append(out, '_', ':'), t.node)
	}
	out = append(appendEscaped(append(out, '"'), t.value), '"')
	switch t.datatype {
	case xsdString:
		return out
	case rdfLang:
		return append(append(out, '@'), t.language...)
	}
	return append(append(append(out, '^', '^', '<'), t.datatype...), '>')
}

func appendEscaped(out []byte, s string) []byte {
	for i := range len(s) {
		switch c := s[i]; {
		case c == '"' || c == '\\':
			out = append(out, '\\', c)
		case c == '\b':
			out = append(out, '\\', 'b')
		case c == '\t':
			out = append(out, '\\', 't')
		case c == '\n':
			out = append(out, '\\', 'n')
		case c == '\f':
			out = append(out, '\\', 'f')
		case c == '\r':
			out = append(out, '\\', 'r')
		case c < ' ' || c == 0x7f:
			out = append(out, '\\', 'u', '0', '0', hexDigits[c>>4], hexDigits[c&15])
		default:
			out = append(out, c)
		}
	}
	return out
}

var exponent = regexp.MustCompile(`(\d)0*E\+?(-?)0*(\d)`)

// canonicalDouble is the lexical form JSON-LD gives to a native double: sixteen
// digits, no trailing zeros (JSON-LD API §8.6).
func canonicalDouble(f float64) string {
	return exponent.ReplaceAllString(fmt.Sprintf("%.15E", f), "${1}E${2}${3}")
}

// canonicalInteger is the lexical form of a native number without a fraction.
func canonicalInteger(f float64) string {
	if f == 0 {
		f = math.Abs(f)
	}
	return strconv.FormatFloat(f, 'f', 0, 64)
}
