package node

import (
	"fmt"
	"net/url"
	"strings"

	"github.com/backbay-labs/chio-node/oracle"
)

// PricePairConfig says what makes a price of one pair.
type PricePairConfig struct {
	Pair             string              `yaml:"pair"` // as USDC/USD
	PegLowBps        uint32              `yaml:"peg_low_bps"`
	PegHighBps       uint32              `yaml:"peg_high_bps"`
	MinAgreeing      int                 `yaml:"min_agreeing"`
	MaxConfidenceBps uint32              `yaml:"max_confidence_bps"`
	Sources          []PriceSourceConfig `yaml:"sources"`
	CrossCheck       *CrossCheckConfig   `yaml:"cross_check"`
}

// PriceSourceConfig is one signed payload that an observation of this node may
// rest on: a file that something else keeps fresh, or an https address.
type PriceSourceConfig struct {
	Name          string `yaml:"name"`
	Feed          string `yaml:"feed"` // the feed's own name in the payload
	File          string `yaml:"file"`
	URL           string `yaml:"url"`
	MaxAgeSeconds int64  `yaml:"max_age_seconds"`
}

// parsePair reads BASE/QUOTE.
func parsePair(text string) (oracle.Pair, error) {
	base, quote, _ := strings.Cut(text, "/")
	p := oracle.Pair{Base: base, Quote: quote}
	return p, p.Check()
}

// pair is the configuration of a pair, or nil.
func (o *OracleConfig) pair(p oracle.Pair) *PricePairConfig {
	for i := range o.Pairs {
		if o.Pairs[i].Pair == p.String() {
			return &o.Pairs[i]
		}
	}
	return nil
}

// peg is the band of a pair, or nil.
func (c *PricePairConfig) peg() *oracle.Peg {
	if c == nil || c.PegLowBps == 0 && c.PegHighBps == 0 {
		return nil
	}
	return &oracle.Peg{LowBps: c.PegLowBps, HighBps: c.PegHighBps}
}

// watch is the rules by which sources make an observation.
func (o *OracleConfig) watch(c *PricePairConfig) (*oracle.Watch, error) {
	pair, err := parsePair(c.Pair)
	if err != nil {
		return nil, err
	}
	w := &oracle.Watch{Pair: pair, MinAgreeing: c.MinAgreeing, MaxAheadSeconds: oracleSkewSeconds, MaxConfidenceBps: c.MaxConfidenceBps,
		MaxDivergenceBps: o.DivergenceBps, Peg: c.peg()}
	if w.MinAgreeing == 0 {
		w.MinAgreeing = oracle.MinOperators
	}
	for _, s := range c.Sources {
		w.Sources = append(w.Sources, oracle.Source{Name: s.Name, MaxAgeSeconds: s.MaxAgeSeconds})
	}
	return w, w.Check()
}

func (o *OracleConfig) validatePairs() error {
	for i := range o.Pairs {
		c := &o.Pairs[i]
		pair, err := parsePair(c.Pair)
		if err != nil {
			return fmt.Errorf("oracle.pairs[%d].pair: write it as USDC/USD: %w", i, err)
		}
		if o.pair(pair) != c {
			return fmt.Errorf("oracle.pairs: %s is listed twice", c.Pair)
		}
		if p := c.peg(); p != nil && (p.LowBps == 0 || p.LowBps >= p.HighBps) {
			return fmt.Errorf("oracle.pairs[%d]: peg_low_bps must be positive and below peg_high_bps", i)
		}
		if len(c.Sources) == 0 {
			continue // the pair is only watched
		}
		if o.Signers == "" {
			return fmt.Errorf("oracle.pairs[%d]: sources need oracle.signers, the file that says whose signatures count", i)
		}
		if _, err := o.watch(c); err != nil {
			return fmt.Errorf("oracle.pairs[%d]: %w", i, err)
		}
		for _, s := range c.Sources {
			if err := s.validate(); err != nil {
				return fmt.Errorf("oracle.pairs[%d].sources: %s: %w", i, s.Name, err)
			}
		}
	}
	return nil
}

func (s *PriceSourceConfig) validate() error {
	u, err := url.Parse(s.URL)
	switch {
	case s.Feed == "":
		return fmt.Errorf("feed is missing: the feed's own name in the payload")
	case (s.File == "") == (s.URL == ""):
		return fmt.Errorf("set file or url, not both")
	case s.URL != "" && (err != nil || u.Scheme != "https" || u.Host == ""):
		return fmt.Errorf("url is not an https address")
	}
	return nil
}
