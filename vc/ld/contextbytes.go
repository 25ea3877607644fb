package ld

// ContextBytes returns the published bytes of an embedded context, so that a
// digest of it that a credential states can be checked without a network.
func (p *Processor) ContextBytes(url string) ([]byte, bool) {
	for _, e := range embedded {
		if e.url == url {
			b, err := files.ReadFile("contexts/" + e.file + ".jsonld")
			return b, err == nil
		}
	}
	return nil, false
}
