package network

import (
	"testing"

	"github.com/backbay-labs/chio-node/internal/corpus"
	"github.com/backbay-labs/chio-node/kernel"
	"github.com/backbay-labs/chio-node/wire"
)

// Addresses and names that reach inside, in every notation, and what resembles
// them: as the host of a tool that nobody knows, and as the URL of tools that
// are known or not. Extraction refuses some of what it cannot parse.
func TestAddressCorpus(t *testing.T) {
	g := internalGuard(t, InternalConfig{})
	stopped := func(tool, member string) func(corpus.Item) bool {
		return func(it corpus.Item) bool {
			d, err := g.Judge(request(tool, string(wire.MustMarshal(map[string]string{member: it.Text, "action": "navigate"}))))
			if err != nil {
				t.Fatal(err)
			}
			return d.Verdict != kernel.Allow
		}
	}
	floor := corpus.Floor{Recall: 1000, Precision: 995}
	corpus.Measure(t, "internal-network, host", "ssrf", floor, stopped("summon", "host"))
	corpus.Measure(t, "internal-network, url of a fetch tool", "ssrf", floor, stopped("fetch", "url"))
	corpus.Measure(t, "internal-network, url of a browser", "ssrf", floor, stopped("browser", "url"))
	corpus.Measure(t, "internal-network, url of an unknown tool", "ssrf", floor, stopped("summon", "url"))
}
