package node

import (
	"errors"
	"fmt"
	"sync"

	"github.com/backbay-labs/chio-node/kernel"
	"github.com/backbay-labs/chio-node/kernel/receipt"
	"github.com/backbay-labs/chio-node/oracle"
	"github.com/backbay-labs/chio-node/oracle/feed/signed"
	"github.com/backbay-labs/chio-node/store"
	"github.com/backbay-labs/chio-node/wire"
)

// converter turns prices into other currencies at the price rounds this node
// has imported. It implements kernel.Converter.
type converter struct {
	n *Node

	mu   sync.Mutex
	at   int64 // unix seconds of seen
	seen map[wire.Digest]oracle.Price
}

// errNoRound: nothing was imported that prices one currency in the other.
var errNoRound = errors.New("no price round of the two currencies was imported")

// maxSeenRounds bounds the rounds verified for one second.
const maxSeenRounds = 64

// Convert implements kernel.Converter. A price that names no round is
// converted at the newest round of the two currencies; a round that is stale,
// diverges, or that too few operators signed is refused.
func (c *converter) Convert(price wire.MonetaryAmount, currency string, round *wire.Digest, now int64) (kernel.Conversion, error) {
	id := round
	if id == nil {
		var err error
		if id, err = c.newest(price.Currency, currency); err != nil {
			return nil, err
		}
	}
	p, err := c.price(*id, now)
	if err != nil {
		return nil, fmt.Errorf("price round %s: %w", id, err)
	}
	o := c.n.cfg.Oracle
	rule := oracle.Converter{Currencies: c.n.cfg.currencies(), MarginBps: o.MarginBps}
	hold, err := rule.Convert(price, p, currency, oracle.RuleReserve)
	if err != nil {
		return nil, err
	}
	return &conversion{rule: rule, price: p, from: price, hold: hold, maxAgeSeconds: o.MaxAgeSeconds}, nil
}

// newest is the round in use for two currencies, whichever is priced in which.
func (c *converter) newest(a, b string) (id *wire.Digest, err error) {
	err = c.n.db.View(func(r store.Reader) error {
		for _, pair := range [...]oracle.Pair{{Base: a, Quote: b}, {Base: b, Quote: a}} {
			text, err := r.Get(currentRoundRow + pair.String())
			if errors.Is(err, store.ErrNotFound) {
				continue
			}
			if err != nil {
				return err
			}
			d, err := wire.ParseDigest(string(text))
			if err != nil {
				return fmt.Errorf("%w: current round of %s: %w", store.ErrCorrupt, pair, err)
			}
			id = &d
			return nil
		}
		return fmt.Errorf("%s to %s: %w", a, b, errNoRound)
	})
	return id, err
}

// price verifies a round, once a second: whether it is fresh depends on it.
func (c *converter) price(id wire.Digest, now int64) (oracle.Price, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.at != now || len(c.seen) >= maxSeenRounds {
		c.at, c.seen = now, make(map[wire.Digest]oracle.Price)
	}
	if p, ok := c.seen[id]; ok {
		return p, nil
	}
	var r *oracle.Round
	var p oracle.Price
	err := c.n.db.View(func(rows store.Reader) (err error) {
		if r, err = readRound(rows, id); err != nil {
			return err
		}
		if p, err = oracle.Verify(r, c.n.money.operators(), signed.Verify, now); err != nil {
			return err
		}
		return c.n.money.usablePrice(rows, p, now)
	})
	if err != nil {
		return oracle.Price{}, err
	}
	c.seen[id] = p
	return p, nil
}

// conversion is one price in one other currency. It implements
// kernel.Conversion.
type conversion struct {
	rule          oracle.Converter
	price         oracle.Price
	from, hold    wire.MonetaryAmount
	maxAgeSeconds int64
}

func (c *conversion) Hold() wire.MonetaryAmount { return c.hold }

func (c *conversion) Cost(actual wire.MonetaryAmount) (wire.MonetaryAmount, error) {
	if actual.Currency != c.from.Currency || actual.Units > c.from.Units {
		return wire.MonetaryAmount{}, fmt.Errorf("cost %d %.12s is not within the price %d %s", actual.Units, actual.Currency, c.from.Units, c.from.Currency)
	}
	cost, err := c.rule.Convert(actual, c.price, c.hold.Currency, oracle.RuleSettle)
	if err == nil && cost.Units > c.hold.Units {
		err = fmt.Errorf("cost %d %s is above the hold of %d", cost.Units, cost.Currency, c.hold.Units)
	}
	return cost, err
}

func (c *conversion) Evidence() receipt.OracleEvidence {
	return receipt.OracleEvidence{RoundSHA256: c.price.RoundID, BaseCurrency: c.price.Pair.Base, QuoteCurrency: c.price.Pair.Quote,
		RateNumerator: c.price.Median.Num().String(), RateDenominator: c.price.Median.Denom().String(), MarginBps: c.rule.MarginBps,
		UpdatedAt: c.price.ObservedAt, MaxAgeSeconds: c.maxAgeSeconds, OriginalCostUnits: c.from.Units, OriginalCurrency: c.from.Currency,
		ConvertedCostUnits: c.hold.Units, GrantCurrency: c.hold.Currency}
}
