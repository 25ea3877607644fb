package ld

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"

	"github.com/backbay-labs/chio-node/wire"
)

// The reasons an expanded document has no faithful RDF.
var (
	ErrLossy = errors.New("JSON-LD would lose a value that must be signed")
	ErrIRI   = errors.New("JSON-LD has a name or reference that is not an absolute IRI")
)

// MaxQuads and MaxBlankNodes bound the RDF of one document.
const (
	MaxQuads      = 4096
	MaxBlankNodes = 1024
)

// dataset collects the quads of an expanded document.
//
//	1 every property, type and datatype is a vocabulary IRI, no blank node
//	2 every reference is an absolute IRI or a blank node
//	3 a node on its own, at the top or in a graph, says something
//	4 nothing else is lost: no base direction, no free value, no index
//	5 a node is described in one place of a graph: statements do not say where
//	  they were written, so that a member of the credential could be written
//	  into another object with its id, where nobody looks for it
//
//	6 what a credential says of a subject stands in its credentialSubject: there
//	  is no id alone while another place that refers to it says the rest
//	7 a blank node stands in one graph only, besides being the name of one:
//	  RDFC-1.0 hashes a neighbour without the graph it is mentioned in (§4.7.3),
//	  so that nodes in several graphs can tie without being alike, and the form
//	  then depends on the order of the statements
//
// When lenient, base direction, 5, 6 and 7 are let pass: the RDF is not what is signed.
type dataset struct {
	quads     []quad // those with a blank node each once: a dataset is a set
	known     map[quad]struct{}
	named     map[string]place // blank node labels of the document
	described map[place]struct{}
	subjects  []place // that stand in credentialSubject by their id alone
	nodes     int
	said      int // statements, repetitions too
	lenient   bool
}

// place is a node in a graph.
type place struct{ node, graph term }

// newDataset converts the expanded form of one document.
func newDataset(expanded []any, lenient bool) (*dataset, error) {
	d := &dataset{lenient: lenient, known: map[quad]struct{}{}, described: map[place]struct{}{}}
	if err := d.graph(expanded, term{}); err != nil {
		return nil, err
	}
	for _, at := range d.subjects { // 6
		if _, elsewhere := d.described[at]; elsewhere {
			return nil, fmt.Errorf("%w: subject %.100q is described elsewhere than in credentialSubject", ErrLossy, at.node.value)
		}
	}
	return d, nil
}

// subjectProperty is credentialSubject.
const subjectProperty = "https://www.w3.org/2018/credentials#credentialSubject"

// graph emits the nodes at the top of a graph.
func (d *dataset) graph(nodes []any, name term) error {
	for _, n := range nodes {
		node, ok := n.(map[string]any)
		if !ok || node["@value"] != nil || node["@list"] != nil { // 4
			return fmt.Errorf("%w: a value that belongs to no node", ErrLossy)
		}
		said := d.said
		if _, err := d.node(node, name); err != nil {
			return err
		}
		if d.said == said { // 3
			return fmt.Errorf("%w: a node without properties", ErrLossy)
		}
	}
	if len(nodes) == 0 && name.kind == 0 { // 3
		return fmt.Errorf("%w: the document says nothing", ErrLossy)
	}
	return nil
}

// node emits what a node object says and returns its name.
func (d *dataset) node(node map[string]any, graph term) (term, error) {
	self, err := d.self(node["@id"], graph)
	if err != nil {
		return term{}, err
	}
	if node["@id"] != nil && len(node) > 1 && !d.lenient { // 5
		at := place{self, graph}
		if _, again := d.described[at]; again {
			return term{}, fmt.Errorf("%w: %.100q is described in two places", ErrLossy, node["@id"])
		}
		d.described[at] = struct{}{}
	}
	for _, name := range slices.Sorted(maps.Keys(node)) {
		switch name {
		case "@id":
		case "@type":
			err = d.types(self, node[name], graph)
		case "@graph":
			nodes, ok := node[name].([]any)
			if !ok {
				return term{}, fmt.Errorf("%w: @graph is no list of nodes", ErrLossy)
			}
			err = d.graph(nodes, self)
		default:
			err = d.property(self, name, node[name], graph)
		}
		if err != nil {
			return term{}, err
		}
	}
	return self, nil
}

// self names a node of a graph: by its @id, or as a new blank node.
func (d *dataset) self(id any, graph term) (term, error) {
	switch id := id.(type) {
	case nil:
		return d.fresh()
	case string:
		if strings.HasPrefix(id, "_:") {
			return d.label(id, graph)
		}
		if isIRI(id) { // 2
			return iri(id), nil
		}
		return term{}, fmt.Errorf("%w: %.100q", ErrIRI, id)
	}
	return term{}, fmt.Errorf("%w: an @id that is not text", ErrIRI)
}

func (d *dataset) fresh() (term, error) {
	if d.nodes >= MaxBlankNodes {
		return term{}, fmt.Errorf("%w: more than %d blank nodes", ErrLimit, MaxBlankNodes)
	}
	d.nodes++
	return blank(d.nodes - 1), nil
}

func (d *dataset) label(name string, graph term) (term, error) {
	if at, ok := d.named[name]; ok {
		if at.graph != graph && !d.lenient { // 7
			return term{}, fmt.Errorf("%w: blank node %.100q stands in two graphs; give it an id", ErrUnsupported, name)
		}
		return at.node, nil
	}
	t, err := d.fresh()
	if d.named == nil {
		d.named = map[string]place{}
	}
	d.named[name] = place{t, graph}
	return t, err
}

func (d *dataset) emit(s term, predicate string, o, graph term) error {
	d.said++
	q := quad{s, iri(predicate), o, graph}
	// A repeated statement without blank nodes falls out when lines are sorted.
	if s.kind == kindBlank || o.kind == kindBlank || graph.kind == kindBlank {
		if _, again := d.known[q]; again {
			return nil
		}
		d.known[q] = struct{}{}
	}
	if len(d.quads) >= MaxQuads {
		return fmt.Errorf("%w: more than %d statements", ErrLimit, MaxQuads)
	}
	d.quads = append(d.quads, q)
	return nil
}

func (d *dataset) types(self term, v any, graph term) error {
	types, ok := v.([]any)
	if !ok {
		types = []any{v}
	}
	for _, t := range types {
		name, _ := t.(string)
		if !isVocabulary(name) { // 1
			return fmt.Errorf("%w: type %.100q", ErrIRI, name)
		}
		if err := d.emit(self, rdfType, iri(name), graph); err != nil {
			return err
		}
	}
	return nil
}

func (d *dataset) property(self term, name string, v any, graph term) error {
	if name != "" && name[0] == '@' { // 4
		return fmt.Errorf("%w: %.60s", ErrLossy, name)
	}
	if !isVocabulary(name) { // 1
		return fmt.Errorf("%w: member %.100q", ErrIRI, name)
	}
	values, ok := v.([]any)
	if !ok {
		values = []any{v}
	}
	for _, v := range values {
		o, err := d.object(v, graph)
		if err != nil {
			return err
		}
		if m, ok := v.(map[string]any); ok && name == subjectProperty && m["@id"] != nil && len(m) == 1 { // 6
			d.subjects = append(d.subjects, place{o, graph})
		}
		if err := d.emit(self, name, o, graph); err != nil {
			return err
		}
	}
	return nil
}

// object emits what a value says and returns the term it is.
func (d *dataset) object(v any, graph term) (term, error) {
	m, ok := v.(map[string]any)
	if !ok {
		return term{}, fmt.Errorf("%w: a value that is no object after expansion", ErrLossy)
	}
	if _, ok := m["@value"]; ok {
		return d.literal(m)
	}
	list, ok := m["@list"].([]any)
	if !ok {
		return d.node(m, graph)
	}
	if len(m) != 1 { // 4
		return term{}, fmt.Errorf("%w: a list with more than its values", ErrLossy)
	}
	head := iri(rdfNil)
	for _, e := range slices.Backward(list) {
		cell, err := d.fresh()
		if err != nil {
			return term{}, err
		}
		o, err := d.object(e, graph)
		if err != nil {
			return term{}, err
		}
		if err := d.emit(cell, rdfFirst, o, graph); err != nil {
			return term{}, err
		}
		if err := d.emit(cell, rdfRest, head, graph); err != nil {
			return term{}, err
		}
		head = cell
	}
	return head, nil
}

// literal converts a value object.
func (d *dataset) literal(m map[string]any) (term, error) {
	t := term{kind: kindLiteral}
	for name, v := range m {
		switch name {
		case "@value":
		case "@type":
			t.datatype, _ = v.(string)
			if t.datatype != "@json" && !isVocabulary(t.datatype) { // 1
				return term{}, fmt.Errorf("%w: datatype %.100q", ErrIRI, t.datatype)
			}
		case "@language":
			t.language, _ = v.(string)
			if !isLanguage(t.language) { // 4
				return term{}, fmt.Errorf("%w: language %.60q", ErrLossy, t.language)
			}
		case "@direction":
			if !d.lenient { // 4
				return term{}, fmt.Errorf("%w: a base direction", ErrLossy)
			}
		default: // 4
			return term{}, fmt.Errorf("%w: %.60s of a value", ErrLossy, name)
		}
	}
	if t.datatype == "@json" {
		return jsonLiteral(m["@value"])
	}
	return t.lexical(m["@value"])
}

// lexical completes a literal with its lexical form and default datatype.
func (t term) lexical(v any) (term, error) {
	native := xsdString
	switch v := v.(type) {
	case string:
		t.value = v
	case bool:
		t.value, native = fmt.Sprint(v), xsd+"boolean"
	case json.Number:
		f, err := v.Float64()
		if err != nil {
			return term{}, fmt.Errorf("%w: number %.60s", ErrLossy, v)
		}
		if f != math.Trunc(f) || math.Abs(f) >= 1e21 || t.datatype == xsd+"double" {
			t.value, native = canonicalDouble(f), xsd+"double"
		} else {
			t.value, native = canonicalInteger(f), xsd+"integer"
		}
	default:
		return term{}, fmt.Errorf("%w: a value that is neither text, number nor boolean", ErrLossy)
	}
	switch {
	case t.language != "":
		t.datatype = rdfLang
	case t.datatype == "":
		t.datatype = native
	}
	return t, nil
}

func jsonLiteral(v any) (term, error) {
	raw, err := json.Marshal(v)
	if err == nil {
		raw, err = wire.Canonicalize(raw, wire.ForeignLimits)
	}
	if err != nil {
		return term{}, fmt.Errorf("%w: %w", ErrMalformed, err)
	}
	return term{kind: kindLiteral, value: string(raw), datatype: rdfJSON}, nil
}
