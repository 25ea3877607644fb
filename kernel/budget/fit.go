package budget

import (
	"errors"
	"fmt"

	"github.com/backbay-labs/chio-node/kernel"
	"github.com/backbay-labs/chio-node/wire"
)

// fit applies rules 2 to 4 of Hold and, if they pass, reserves in a.
func (a *Account) fit(c *kernel.GrantCap, amount wire.MonetaryAmount, h *hold) (*kernel.Denial, error) {
	if c.MaxInvocations != nil && a.Invocations >= uint64(*c.MaxInvocations) { // 2
		return exceeded("grant %d allows %d invocations and all are used", c.Index, *c.MaxInvocations), nil
	}
	if d := fitOnce(c, amount); d != nil { // 3
		return d, nil
	}
	if c.MaxTotalCost != nil {
		currency := amount.Currency
		if currency == "" {
			currency = c.MaxTotalCost.Currency
		}
		spent, after, err := a.after(currency, amount.Units)
		if err != nil {
			return nil, err
		}
		if after > c.MaxTotalCost.Units { // 4
			return exceeded("grant %d allows %d %s in total, %d are spent or held, the call may cost %d",
				c.Index, c.MaxTotalCost.Units, c.MaxTotalCost.Currency, spent, amount.Units), nil
		}
		h.remaining = c.MaxTotalCost.Units - after
	}
	err := a.reserve(amount)
	if errors.Is(err, errTooManyCurrencies) {
		return &kernel.Denial{Step: 10, Code: kernel.CodeBudgetCurrency, Guard: "budget", Side: "local",
			Reason: err.Error(), Fix: "ask for a capability of its own for the new currency"}, nil
	}
	return nil, err
}

// fitOnce checks the caps that need no account.
func fitOnce(c *kernel.GrantCap, amount wire.MonetaryAmount) *kernel.Denial {
	for _, limit := range []*wire.MonetaryAmount{c.MaxCostPerInvocation, c.MaxTotalCost} {
		if limit != nil && amount.Currency != "" && limit.Currency != amount.Currency {
			return &kernel.Denial{Step: 10, Code: kernel.CodeBudgetCurrency, Guard: "budget", Side: "local",
				Reason: fmt.Sprintf("grant %d is capped in %.12s, the charge is in %.12s", c.Index, limit.Currency, amount.Currency),
				Fix:    "ask for a capability capped in the currency of the tool's price"}
		}
	}
	if m := c.MaxCostPerInvocation; m != nil && amount.Units > m.Units {
		return exceeded("grant %d allows %d %s per invocation, the call may cost %d", c.Index, m.Units, m.Currency, amount.Units)
	}
	return nil
}
