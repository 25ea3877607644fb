package ld

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	jsonld "github.com/piprate/json-gold/ld"
)

// explain says why a document did not expand. The processor does not name the
// member that no context defines, so it is looked for: the first that is in none
// of the contexts the document names, or else one used outside of its scope.
func (p *Processor) explain(d *document, err error) error {
	var cause *jsonld.JsonLdError
	if !errors.As(err, &cause) || cause.Code != jsonld.InvalidProperty {
		return fmt.Errorf("%w: %w", ErrTerm, err)
	}
	defined := map[string]bool{}
	p.collect(d.parsed, defined)
	var used []string
	p.names(d.members, &used, defined)
	slices.Sort(used)
	for _, name := range used {
		prefix, _, _ := strings.Cut(name, ":")
		if !defined[prefix] {
			return fmt.Errorf("%w: no context defines the member %.60q", ErrTerm, name)
		}
	}
	return fmt.Errorf("%w: a member is used where its context does not define it", ErrTerm)
}

// collect adds the terms that a context defines, in any scope.
func (p *Processor) collect(context any, defined map[string]bool) {
	switch c := context.(type) {
	case string:
		if doc, err := p.options.DocumentLoader.LoadDocument(c); err == nil {
			p.collect(doc.Document.(map[string]any)["@context"], defined)
		}
	case []any:
		for _, e := range c {
			p.collect(e, defined)
		}
	case map[string]any:
		for name, def := range c {
			if d, ok := def.(map[string]any); ok {
				p.collect(d["@context"], defined)
			}
			defined[name] = true
		}
	}
}

// names lists the members of a document, and adds what its inner contexts define.
func (p *Processor) names(v any, used *[]string, defined map[string]bool) {
	switch v := v.(type) {
	case []any:
		for _, e := range v {
			p.names(e, used, defined)
		}
	case map[string]any:
		for name := range v {
			if name == "@context" {
				p.collect(v[name], defined)
				continue
			}
			if name[0] != '@' {
				*used = append(*used, name)
			}
			p.names(v[name], used, defined)
		}
	}
}
