package ld

// ParseNQuads lets tests start from RDF.
var ParseNQuads = parseNQuads

// Embedded lists the URLs of the embedded contexts.
func Embedded() (urls []string) {
	for _, e := range embedded {
		urls = append(urls, e.url)
	}
	return urls
}

// CanonicalizeQuads runs RDFC-1.0 alone, with as many steps as the hardest
// datasets of its test suite take. A document may take fewer.
func CanonicalizeQuads(set Quads) ([]byte, error) { return canonicalize(set.quads, set.nodes, 1<<15) }

// Load asks the loader for a context.
func (p *Processor) Load(url string) error {
	_, err := p.options.DocumentLoader.LoadDocument(url)
	return err
}

// Parsed counts the contexts a processor keeps.
func (p *Processor) Parsed() int { return len(p.parsed) }
