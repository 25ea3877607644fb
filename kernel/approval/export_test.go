package approval

import (
	"github.com/backbay-labs/chio-node/store"
	"github.com/backbay-labs/chio-node/wire"
)

// Live is how many requests are open or owe a receipt.
func (g *Registry) Live() int64 { return g.live.Load() }

// WithBounds replaces the bounds.
func WithBounds(c Config, pending, perAgent, batches uint64) Config {
	c.maxPending, c.maxPerAgent, c.maxBatches = pending, perAgent, batches
	return c
}

// ParseToken checks the form of a token, and its signature.
func ParseToken(doc []byte) (*Token, error) {
	p, err := parseToken(doc)
	if err != nil {
		return nil, err
	}
	return &p.Token, p.verify()
}

// DecodeRows reads rows as the registry does.
func DecodeRows(b []byte) error {
	if _, err := decodeRequest("x", b); err == nil {
		return nil
	}
	_, err := decodeBatch(b)
	return err
}

// Rows counts the rows of this package under a prefix.
func Rows(r store.Reader, prefix string) (n int, err error) {
	err = r.Scan("p/"+prefix, "", func(string, []byte) error {
		n++
		return nil
	})
	return n, err
}

// RowLimits bound a row.
func RowLimits() wire.Limits { return rowLimits }
