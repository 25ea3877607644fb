package kernel

import (
	"errors"
	"fmt"

	"github.com/backbay-labs/chio-node/kernel/capability"
	"github.com/backbay-labs/chio-node/kernel/receipt"
	"github.com/backbay-labs/chio-node/wire"
)

var (
	errNoConverter       = errors.New("this kernel converts nothing")
	errUnsoundConversion = errors.New("the conversion contradicts itself")
)

// candidate is one grant under which a call may run: its place in the token,
// and what to hold under it.
type candidate struct {
	capability.GrantMatch
	conversion Conversion // nil: the price is in the currency of the caps
}

// cap is what the admission is asked to hold under the grant.
func (c *candidate) cap() GrantCap {
	g := GrantCap{Index: c.Index, MaxInvocations: c.Grant.MaxInvocations,
		MaxCostPerInvocation: c.Grant.MaxCostPerInvocation, MaxTotalCost: c.Grant.MaxTotalCost}
	if c.conversion != nil {
		held := c.conversion.Hold()
		g.Charge = &held
	}
	return g
}

// affordable is the price side of a token's matching grants, the budget
// pre-check of step 7: what could not pay for one call is no candidate.
//
//	1 a cap in the price's currency bounds the price
//	2 a cap in another currency bounds the converted worst case
//	3 without a conversion it denies
func (k *Kernel) affordable(matches []capability.GrantMatch, route *Route, now int64) ([]candidate, *Denial) {
	out := make([]candidate, 0, len(matches))
	var why *Denial
	for _, m := range matches {
		c := candidate{GrantMatch: m}
		d := k.fit(&c, route, now)
		if d == nil {
			out = append(out, c)
		} else if why == nil || why.Code == CodeBudgetCurrency {
			why = d
		}
	}
	if len(out) == 0 {
		return nil, why
	}
	return out, nil
}

func (k *Kernel) fit(c *candidate, route *Route, now int64) *Denial {
	if route.Price == nil {
		return nil
	}
	worst := *route.Price
	if currency := capCurrency(c.Grant); currency != "" && currency != worst.Currency { // 2
		conversion, err := k.convert(worst, currency, route.PriceRound, now)
		if err != nil { // 3
			return &Denial{Code: CodeBudgetCurrency, Guard: "budget", Side: "local",
				Reason: fmt.Sprintf("grant %d is capped in %.12s, the tool is priced in %.12s, and no price round converts them: %v", c.Index, currency, worst.Currency, err),
				Fix:    "import a current oracle round, or ask for a capability capped in the currency of the tool's price"}
		}
		c.conversion, worst = conversion, conversion.Hold()
	}
	for _, limit := range []*wire.MonetaryAmount{c.Grant.MaxCostPerInvocation, c.Grant.MaxTotalCost} {
		switch {
		case limit == nil:
		case limit.Currency != worst.Currency: // two caps in two currencies
			return &Denial{Code: CodeBudgetCurrency, Guard: "budget", Side: "local",
				Reason: fmt.Sprintf("grant %d is capped in %.12s and in %.12s", c.Index, limit.Currency, worst.Currency),
				Fix:    "ask for a capability whose caps are in one currency"}
		case worst.Units > limit.Units: // 1, 2
			return &Denial{Code: CodeBudgetExceeded, Guard: "budget", Side: "local",
				Reason: fmt.Sprintf("the call may cost %d %.12s, grant %d allows %d", worst.Units, worst.Currency, c.Index, limit.Units),
				Fix:    "ask the capability authority for a larger budget"}
		}
	}
	return nil
}

// capCurrency is the currency a grant's caps are in, or "".
func capCurrency(g *capability.ToolGrant) string {
	switch {
	case g.MaxTotalCost != nil:
		return g.MaxTotalCost.Currency
	case g.MaxCostPerInvocation != nil:
		return g.MaxCostPerInvocation.Currency
	}
	return ""
}

func (k *Kernel) convert(price wire.MonetaryAmount, currency string, round *wire.Digest, now int64) (Conversion, error) {
	if k.cfg.Converter == nil {
		return nil, errNoConverter
	}
	return safely(func() (Conversion, error) {
		c, err := k.cfg.Converter.Convert(price, currency, round, now)
		if err == nil && (c == nil || c.Hold().Currency != currency || c.Hold().Units > wire.MaxUnits) {
			err = errUnsoundConversion
		}
		return c, err
	})
}

// chosen is the conversion of the grant that was held under hold i, or nil.
func (s *mediation) chosen(i int) Conversion {
	if i >= len(s.ticket.Held) || i >= len(s.held) {
		return nil
	}
	for j := range s.held[i] {
		if c := &s.held[i][j]; c.Index == s.ticket.Held[i].Index {
			return c.conversion
		}
	}
	return nil
}

// heldCosts converts what a call really cost into the currency of each hold,
// at the round it was held at. A conversion that fails keeps the whole hold.
func (s *mediation) heldCosts(cost *wire.MonetaryAmount) []*wire.MonetaryAmount {
	var out []*wire.MonetaryAmount
	for i := range s.ticket.Held {
		c := s.chosen(i)
		if c == nil {
			continue
		}
		if out == nil {
			out = make([]*wire.MonetaryAmount, len(s.ticket.Held))
		}
		held := c.Hold()
		out[i] = &held
		if cost == nil {
			continue
		}
		if exact, err := safely(func() (wire.MonetaryAmount, error) { return c.Cost(*cost) }); err == nil &&
			exact.Currency == held.Currency && exact.Units <= held.Units {
			out[i] = &exact
		}
	}
	return out
}

// evidence is how the leaf's price was converted, or nil.
func (s *mediation) oracleEvidence(e *ending) *receipt.OracleEvidence {
	c := s.chosen(0)
	if c == nil {
		return nil
	}
	ev, err := safely(func() (receipt.OracleEvidence, error) { return c.Evidence(), nil })
	if err != nil {
		return nil
	}
	ev.OriginalCostUnits, ev.OriginalCurrency = s.route.Price.Units, s.route.Price.Currency
	held := c.Hold()
	ev.ConvertedCostUnits, ev.GrantCurrency = held.Units, held.Currency
	if e.disposition == Commit && e.cost != nil {
		ev.OriginalCostUnits = e.cost.Units
		if costs := s.heldCosts(e.cost); costs != nil && costs[0] != nil {
			ev.ConvertedCostUnits = costs[0].Units
		}
	}
	return &ev
}
