package node

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"

	"go.yaml.in/yaml/v3"

	"github.com/backbay-labs/chio-node/kernel"
	"github.com/backbay-labs/chio-node/wire"
)

// prices maps tool names to what one call costs at most; "*" prices every
// other tool.
type prices map[string]wire.MonetaryAmount

// of returns the worst case of one call of a tool: its price, or for a metered
// tool its maximum.
func (p prices) of(tool string) *wire.MonetaryAmount {
	a, ok := p[p.entry(tool)]
	if !ok || a.Units == 0 {
		return nil
	}
	return &a
}

// entry is the name under which a tool is priced.
func (p prices) entry(tool string) string {
	if _, ok := p[tool]; ok {
		return tool
	}
	return "*"
}

// charge is what a call of the tool really cost: what a metered tool reported,
// and the whole price of any other. A metered tool that reported nothing usable
// costs its maximum; the kernel judges a cost above it.
func (s *toolServer) charge(tool string, res *kernel.Result) {
	if !s.metered[s.prices.entry(tool)] {
		res.Cost = nil
	}
}

// priceEntry is a price in a list: "0.03 USD", or a metered tool's maximum.
type priceEntry struct {
	Max     string `yaml:"max"`
	Metered bool   `yaml:"metered"`
}

// UnmarshalYAML accepts both forms.
func (e *priceEntry) UnmarshalYAML(n *yaml.Node) error {
	if n.Kind == yaml.ScalarNode {
		return n.Decode(&e.Max)
	}
	for i := 0; i+1 < len(n.Content); i += 2 { // a node decodes leniently
		if k := n.Content[i].Value; k != "max" && k != "metered" {
			return fmt.Errorf("line %d: a price has max and metered, not %.40q", n.Content[i].Line, k)
		}
	}
	type plain priceEntry
	if err := n.Decode((*plain)(e)); err != nil {
		return err
	}
	if e.Max == "" {
		return fmt.Errorf("line %d: a price needs max", n.Line)
	}
	return nil
}

// LoadPrices reads a price list, for MCPServer.Prices and MCPServer.Metered:
//
//	prices:
//	  read_file: 0.03 USD
//	  search: {max: 0.05 USD, metered: true}
func LoadPrices(path string) (prices map[string]string, metered []string, err error) {
	if path == "" {
		return nil, nil, nil
	}
	doc, err := os.ReadFile(path)
	if err != nil {
		return nil, nil, fmt.Errorf("read the price list: %w", err)
	}
	var file struct {
		Prices map[string]priceEntry `yaml:"prices"`
	}
	dec := yaml.NewDecoder(bytes.NewReader(doc))
	dec.KnownFields(true)
	if err := dec.Decode(&file); err != nil && !errors.Is(err, io.EOF) {
		return nil, nil, fmt.Errorf("price list %s: %w", path, err)
	}
	prices = make(map[string]string, len(file.Prices))
	for tool, e := range file.Prices {
		prices[tool] = e.Max
		if e.Metered {
			metered = append(metered, tool)
		}
	}
	slices.Sort(metered)
	return prices, metered, nil
}

// priceList parses the prices of a server to be mediated.
func (n *Node) priceList(s *MCPServer) (prices, map[string]bool, error) {
	costs := make(prices, len(s.Prices))
	for tool, text := range s.Prices {
		a, err := n.cfg.currencies().Parse(text)
		if err != nil {
			return nil, nil, usage("price of %s: %v", tool, err)
		}
		costs[tool] = a
	}
	metered := make(map[string]bool, len(s.Metered))
	for _, tool := range s.Metered {
		if _, priced := costs[tool]; !priced {
			return nil, nil, usage("%s is metered and has no price to bound what it may cost", tool)
		}
		metered[tool] = true
	}
	return costs, metered, nil
}
