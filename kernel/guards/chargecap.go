package guards

import (
	"fmt"

	"github.com/backbay-labs/chio-node/kernel"
	"github.com/backbay-labs/chio-node/kernel/guard"
	"github.com/backbay-labs/chio-node/wire"
)

// ChargeCap denies a call whose quoted price is above a cap or in another
// currency: a guard does not convert. A free call passes. It enforces the
// terms of a treaty and has no HushSpec block.
type ChargeCap struct {
	rule  string
	limit wire.MonetaryAmount
	allow kernel.Decision
}

// ChargeCapName is the guard's name.
const ChargeCapName = "charge-cap"

// NewChargeCap returns the guard; rule is the dotted path of the cap.
func NewChargeCap(limit wire.MonetaryAmount, rule string) (*ChargeCap, error) {
	if limit.Units > wire.MaxUnits || limit.Currency == "" {
		return nil, fmt.Errorf("%s: %w: %d %q", ChargeCapName, wire.ErrAmount, limit.Units, limit.Currency)
	}
	return &ChargeCap{rule: rule, limit: limit, allow: guard.Allowed(ChargeCapName, "", "", "")}, nil
}

// Name returns charge-cap.
func (g *ChargeCap) Name() string { return ChargeCapName }

// Judge implements guard.Guard.
func (g *ChargeCap) Judge(r *guard.Request) (kernel.Decision, error) {
	if d, bad := guard.Unreadable(ChargeCapName, r); bad {
		return d, nil
	}
	price := r.Call.Route.Price
	switch {
	case price == nil:
		return g.allow, nil
	case price.Currency != g.limit.Currency:
		return guard.Refuse(ChargeCapName, CodeChargeCap, g.rule,
			fmt.Sprintf("price is in %.16s, the cap in %s", price.Currency, g.limit.Currency)), nil
	case price.Units > g.limit.Units:
		return guard.Refuse(ChargeCapName, CodeChargeCap, g.rule,
			fmt.Sprintf("price is %d, the cap %d minor units of %s", price.Units, g.limit.Units, g.limit.Currency)), nil
	}
	return g.allow, nil
}
