package ld

import (
	"errors"
	"fmt"
	"sync"

	jsonld "github.com/piprate/json-gold/ld"
)

// ErrTerm refuses a document that the contexts do not account for: a member
// that no context defines, or one that is not used as it is defined.
var ErrTerm = errors.New("document does not fit its JSON-LD contexts")

const (
	maxParsed       = 64   // contexts a Processor keeps
	maxParsedSource = 4096 // bytes of a context it keeps
)

// Processor expands documents. It is safe for concurrent use.
type Processor struct {
	options *jsonld.JsonLdOptions
	api     *jsonld.JsonLdApi
	empty   *jsonld.Context

	mu     sync.Mutex
	parsed map[string]*jsonld.Context // by canonical @context; the values are never written
}

// New returns a processor with the embedded contexts.
func New() (*Processor, error) {
	lib, err := newLibrary()
	if err != nil {
		return nil, err
	}
	o := jsonld.NewJsonLdOptions("")
	o.DocumentLoader = lib
	o.SafeMode = true
	o.ProcessingMode = jsonld.JsonLd_1_1
	return &Processor{
		options: o, api: jsonld.NewJsonLdApi(), empty: jsonld.NewContext(nil, o),
		parsed: make(map[string]*jsonld.Context),
	}, nil
}

// Canonicalize returns the RDFC-1.0 canonical N-Quads of a JSON-LD document.
//
//	1 the document and its contexts are acceptable (parse)
//	2 no value is one that RDF cannot carry
//	3 every member and type is defined by the contexts (expand)
//	4 the RDF is complete (newDataset) and within the limits
//	5 the document is called what its id says, to who reads it without contexts
func (p *Processor) Canonicalize(doc []byte) ([]byte, error) {
	d, err := parse(doc) // 1
	if err != nil {
		return nil, err
	}
	return p.canonical(d)
}

func (p *Processor) canonical(d *document) ([]byte, error) {
	if d.lossy != nil { // 2
		return nil, d.lossy
	}
	expanded, err := p.expand(d) // 3
	if err != nil {
		return nil, err
	}
	if err := d.calledAsWritten(expanded); err != nil { // 5
		return nil, err
	}
	set, err := newDataset(expanded, false) // 4
	if err != nil {
		return nil, err
	}
	return canonicalize(set.quads, set.nodes, MaxSteps) // 4
}

// calledAsWritten refuses an id that a context makes of another text or of
// another member.
func (d *document) calledAsWritten(expanded []any) error {
	written := d.members["id"]
	if written == nil {
		written = d.members["@id"]
	}
	for _, n := range expanded {
		if node, ok := n.(map[string]any); ok && node["@id"] != written {
			return fmt.Errorf("%w: its id is written as %.100q and means %.100q", ErrIRI, fmt.Sprint(written), fmt.Sprint(node["@id"]))
		}
	}
	return nil
}

// Check refuses a document with a member or type that its contexts do not
// define, or with a context that is not accepted. It is for credentials whose
// signature covers the JSON itself: null, base direction and any number pass.
func (p *Processor) Check(doc []byte) error {
	d, err := parse(doc)
	if err != nil {
		return err
	}
	expanded, err := p.expand(d)
	if err != nil {
		return err
	}
	_, err = newDataset(expanded, true)
	return err
}

// expand returns the expanded form of a document. A panic of the processor is
// an answer to its input: the document is refused.
func (p *Processor) expand(d *document) (nodes []any, err error) {
	defer func() {
		if r := recover(); r != nil {
			nodes, err = nil, fmt.Errorf("%w: the processor cannot read it", ErrTerm)
		}
	}()
	active, err := p.context(d)
	if err != nil {
		return nil, err
	}
	expanded, err := p.api.Expand(active, "", d.members, p.options, false, nil)
	if err != nil {
		return nil, p.explain(d, err)
	}
	switch e := expanded.(type) {
	case nil:
		return nil, nil
	case []any:
		return e, nil
	}
	return []any{expanded}, nil
}

// context parses the context of a document, or finds it parsed already.
func (p *Processor) context(d *document) (*jsonld.Context, error) {
	key := string(d.context)
	p.mu.Lock()
	found := p.parsed[key]
	p.mu.Unlock()
	if found != nil {
		return found, nil
	}
	active, err := p.empty.Parse(inlineNumbers(d.parsed))
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrContext, err)
	}
	if len(key) <= maxParsedSource {
		p.mu.Lock()
		defer p.mu.Unlock()
		if len(p.parsed) >= maxParsed {
			clear(p.parsed)
		}
		p.parsed[key] = active
	}
	return active, nil
}
