package kernel_test

import (
	"context"
	"errors"
	"testing"

	"github.com/backbay-labs/chio-node/kernel"
	"github.com/backbay-labs/chio-node/kernel/capability"
	"github.com/backbay-labs/chio-node/kernel/receipt"
	"github.com/backbay-labs/chio-node/wire"
)

// holding is an admission that holds the first candidate of every token, as
// the real one does where there is room.
type holding struct{ *fakeAdmission }

func (h holding) Admit(ctx context.Context, a *kernel.Admittance) (kernel.Ticket, error) {
	t, err := h.fakeAdmission.Admit(ctx, a)
	for _, req := range a.Holds {
		c := req.Candidates[0]
		amount := a.Charge
		if c.Charge != nil {
			amount = c.Charge
		}
		held := kernel.HeldGrant{Token: req.Token, Index: c.Index, BudgetTotal: c.MaxTotalCost}
		if amount != nil {
			held.Amount = *amount
		}
		if c.MaxTotalCost != nil && amount != nil {
			held.Remaining = c.MaxTotalCost.Units - amount.Units
		}
		t.Held = append(t.Held, held)
	}
	return t, err
}

// odd is a conversion that misbehaves in one way.
type odd struct {
	converted
	how string
}

func (o odd) Convert(price wire.MonetaryAmount, currency string, _ *wire.Digest, _ int64) (kernel.Conversion, error) {
	if o.how == "nil" {
		return nil, nil
	}
	return odd{converted{price, currency}, o.how}, nil
}

func (o odd) Hold() wire.MonetaryAmount {
	h := o.converted.Hold()
	switch o.how {
	case "hold in another currency":
		h.Currency = "GBP"
	case "hold beyond money":
		h.Units = wire.MaxUnits + 1
	}
	return h
}

func (o odd) Cost(a wire.MonetaryAmount) (wire.MonetaryAmount, error) {
	switch o.how {
	case "no cost":
		return a, errors.New("no round")
	case "cost above the hold":
		return wire.MonetaryAmount{Units: 1 << 40, Currency: "USD"}, nil
	case "cost panics":
		panic("boom")
	}
	return o.converted.Cost(a)
}

func (o odd) Evidence() receipt.OracleEvidence {
	if o.how == "evidence panics" {
		panic("boom")
	}
	return o.converted.Evidence()
}

// TestI2_ConvertedHolds: what is held, charged, given back and told in the
// receipt when the cap is in another currency than the price.
func TestI2_ConvertedHolds(t *testing.T) {
	usd := func(units uint64) *wire.MonetaryAmount { return &wire.MonetaryAmount{Units: units, Currency: "USD"} }
	eur := func(units uint64) *wire.MonetaryAmount { return &wire.MonetaryAmount{Units: units, Currency: "EUR"} }
	tests := []struct {
		name      string
		converter kernel.Converter
		cost      *wire.MonetaryAmount // in EUR; nil is the price
		fail      error
		perCall   *wire.MonetaryAmount
		charged   uint64 // in USD, as Close is told; 0 if it is not told
		remaining uint64 // of 100.00 USD, as the receipt says
		evidence  bool
		deny      kernel.Code
	}{
		{name: "less than the price", converter: rate{}, cost: eur(7), charged: 14, remaining: 9986, evidence: true},
		{name: "the price", converter: rate{}, charged: 20, remaining: 9980, evidence: true},
		{name: "per call too", converter: rate{}, perCall: usd(40), charged: 20, remaining: 9980, evidence: true},
		{name: "per call too small", converter: rate{}, perCall: usd(39), deny: kernel.CodeBudgetExceeded},
		{name: "caps in two currencies", converter: rate{}, perCall: eur(10), deny: kernel.CodeBudgetCurrency},
		{name: "not dispatched", converter: rate{}, fail: kernel.ErrNotDispatched, remaining: 10000, evidence: true},
		{name: "unknown effect", converter: rate{}, fail: errBroken, remaining: 9960, evidence: true},
		{name: "no cost", converter: odd{how: "no cost"}, charged: 40, remaining: 9960, evidence: true},
		{name: "cost above the hold", converter: odd{how: "cost above the hold"}, charged: 40, remaining: 9960, evidence: true},
		{name: "cost panics", converter: odd{how: "cost panics"}, charged: 40, remaining: 9960, evidence: true},
		{name: "evidence panics", converter: odd{how: "evidence panics"}, charged: 20, remaining: 9980},
		{name: "nothing converted", converter: odd{how: "nil"}, deny: kernel.CodeBudgetCurrency},
		{name: "hold in another currency", converter: odd{how: "hold in another currency"}, deny: kernel.CodeBudgetCurrency},
		{name: "hold beyond money", converter: odd{how: "hold beyond money"}, deny: kernel.CodeBudgetCurrency},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			h := newHarness(t)
			h.dispatcher.route = func(*kernel.Mandate) (kernel.Route, error) {
				return kernel.Route{Server: "files", Audience: h.kernelKey.Public(), Price: eur(10)}, nil
			}
			h.dispatcher.dispatch = func(*kernel.Mandate, kernel.Ticket) (kernel.Result, error) {
				return kernel.Result{Content: wire.Raw(`{}`), Cost: tt.cost}, tt.fail
			}
			h.chain = []capability.Token{h.token(capability.ToolGrant{ServerID: "files", ToolName: "read_file", Operations: []capability.Operation{capability.Invoke},
				MaxCostPerInvocation: tt.perCall, MaxTotalCost: usd(10000)})}
			out := h.governedKernel(func(c *kernel.Config) { c.Converter, c.Admission = tt.converter, holding{&h.admission} }).Mediate(context.Background(), h.mandate())
			checkReceipt(t, h, out)
			if tt.deny != "" {
				if out.Denial == nil || out.Denial.Code != tt.deny || len(h.admission.admitted) != 0 {
					t.Fatalf("got %v", out.Denial)
				}
				return
			}
			c := h.admission.closed[0]
			if tt.charged != 0 && (len(c.HeldCosts) != 1 || c.HeldCosts[0] == nil || *c.HeldCosts[0] != *usd(tt.charged)) {
				t.Errorf("Close is told %v", c.HeldCosts)
			}
			var md receipt.Metadata
			if err := wire.Unmarshal(out.Receipt.Metadata, &md, wire.DocumentLimits); err != nil {
				t.Fatal(err)
			}
			f := md.Financial
			if f.BudgetRemaining == nil || *f.BudgetRemaining != tt.remaining || (f.OracleEvidence != nil) != tt.evidence {
				t.Errorf("the receipt says %+v, remaining %v", f, f.BudgetRemaining)
			}
			if f.OracleEvidence != nil && (f.OracleEvidence.OriginalCurrency != "EUR" || f.OracleEvidence.GrantCurrency != "USD" ||
				tt.charged != 0 && f.OracleEvidence.ConvertedCostUnits != tt.charged) {
				t.Errorf("the evidence says %+v", f.OracleEvidence)
			}
		})
	}
}

// Budgets above the tokens ask for amounts in their own currencies.
func TestChargeInAnotherCurrency(t *testing.T) {
	h := newHarness(t)
	price := &wire.MonetaryAmount{Units: 10, Currency: "EUR"}
	h.dispatcher.route = func(*kernel.Mandate) (kernel.Route, error) {
		return kernel.Route{Server: "files", Audience: h.kernelKey.Public(), Price: price}, nil
	}
	k := h.governedKernel(func(c *kernel.Config) { c.Converter, c.Admission = odd{how: "cost panics"}, holding{&h.admission} })
	if out := k.Mediate(context.Background(), h.mandate()); out.Verdict != kernel.Allow {
		t.Fatal(out.Denial)
	}
	a, c := h.admission.admitted[0], h.admission.closed[0]
	if same, err := a.ChargeIn("EUR"); err != nil || *same != *price {
		t.Errorf("in its own currency %v, %v", same, err)
	}
	if same, err := c.CostIn("EUR"); err != nil || *same != *price {
		t.Errorf("cost in its own currency %v, %v", same, err)
	}
	if _, err := c.CostIn("USD"); err == nil {
		t.Error("a conversion that panics gave a cost")
	}
	broken := h.governedKernel(func(c *kernel.Config) { c.Converter, c.Admission = rate{err: errBroken}, holding{&h.admission} })
	if out := broken.Mediate(context.Background(), h.mandate()); out.Verdict != kernel.Allow {
		t.Fatal(out.Denial)
	}
	if _, err := h.admission.admitted[1].ChargeIn("USD"); err == nil {
		t.Error("a charge without a round")
	}
	if _, err := h.admission.closed[1].CostIn("USD"); err == nil {
		t.Error("a cost without a round")
	}
	free := newHarness(t)
	if out := free.governedKernel(nil).Mediate(context.Background(), free.mandate()); out.Verdict != kernel.Allow {
		t.Fatal(out.Denial)
	}
	if amount, err := free.admission.admitted[0].ChargeIn("USD"); err != nil || amount != nil {
		t.Errorf("a free tool charges %v, %v", amount, err)
	}
	if amount, err := free.admission.closed[0].CostIn("USD"); err != nil || amount != nil {
		t.Errorf("a free tool costs %v, %v", amount, err)
	}
}
