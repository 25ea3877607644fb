package node

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"

	"go.yaml.in/yaml/v3"

	"github.com/backbay-labs/chio-node/wire"
)

// prices maps tool names to what one call costs; "*" prices every other tool.
type prices map[string]wire.MonetaryAmount

// of returns the worst case, and only case, of one call of a tool.
func (p prices) of(tool string) *wire.MonetaryAmount {
	a, ok := p[tool]
	if !ok {
		a, ok = p["*"]
	}
	if !ok || a.Units == 0 {
		return nil
	}
	return &a
}

// LoadPrices reads a price list, as text for MCPServer.Prices:
//
//	prices:
//	  read_file: 0.03 USD
func LoadPrices(path string) (map[string]string, error) {
	if path == "" {
		return nil, nil
	}
	doc, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("read the price list: %w", err)
	}
	var file struct {
		Prices map[string]string `yaml:"prices"`
	}
	dec := yaml.NewDecoder(bytes.NewReader(doc))
	dec.KnownFields(true)
	if err := dec.Decode(&file); err != nil && !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("price list %s: %w", path, err)
	}
	return file.Prices, nil
}
