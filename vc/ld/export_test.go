package ld

// ParseNQuads and CanonicalizeQuads let tests start from RDF.
var ParseNQuads = parseNQuads

// Embedded lists the URLs and files of the embedded contexts.
func Embedded() map[string]string {
	out := map[string]string{}
	for _, e := range embedded {
		out[e.url] = e.file
	}
	return out
}

// ContextFile returns the bytes of an embedded context.
func ContextFile(name string) ([]byte, error) { return files.ReadFile("contexts/" + name + ".jsonld") }

// CanonicalizeQuads runs RDFC-1.0 alone.
func CanonicalizeQuads(set Quads) ([]byte, error) { return canonicalize(set.quads, set.nodes) }

// Load asks the loader for a context.
func (p *Processor) Load(url string) error {
	_, err := p.options.DocumentLoader.LoadDocument(url)
	return err
}

// Parsed counts the contexts a processor keeps.
func (p *Processor) Parsed() int { return len(p.parsed) }
