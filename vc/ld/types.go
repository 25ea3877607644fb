package ld

import "fmt"

// Types returns the types of a JSON-LD document as its contexts expand them, in
// the order in which they stand there. One that no context defines stays as it
// is written. It does not say that the document is acceptable: Check does.
func (p *Processor) Types(doc []byte) ([]string, error) {
	d, err := parse(doc)
	if err != nil {
		return nil, err
	}
	expanded, err := p.expand(d)
	if err != nil {
		return nil, err
	}
	if len(expanded) != 1 {
		return nil, fmt.Errorf("%w: it is %d nodes, want one", ErrTerm, len(expanded))
	}
	node, _ := expanded[0].(map[string]any)
	list, _ := node["@type"].([]any)
	out := make([]string, 0, len(list))
	for _, v := range list {
		if s, ok := v.(string); ok {
			out = append(out, s)
		}
	}
	return out, nil
}
