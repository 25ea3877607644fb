package budget

import (
	"fmt"

	"github.com/backbay-labs/chio-node/kernel"
	"github.com/backbay-labs/chio-node/store"
	"github.com/backbay-labs/chio-node/wire"
)

// Plan is what the tree asks of one call. The zero Plan asks nothing.
type Plan struct{ shares []share }

// share is one node that counts the call, with the charge in its currency.
type share struct {
	node   *node
	amount wire.MonetaryAmount
}

// Plan finds the nodes that count a call: every one whose conditions hold, and
// all above it, each once. It needs no transaction; a conversion happens here.
// A charge that cannot be had in a node's currency is a *kernel.Denial
// CHIO-BUDGET-CURRENCY.
func (t *Tree) Plan(a *kernel.Admittance) (Plan, error) {
	if t == nil || len(t.nodes) == 0 {
		return Plan{}, nil
	}
	m := a.Call.Mandate
	key, name := "", ""
	if len(m.Chain) > 0 && t.agentName != nil {
		subject := m.Chain[len(m.Chain)-1].Subject
		var err error
		if name, err = t.agentName(subject); err != nil {
			return Plan{}, fmt.Errorf("name the agent of call %.80s: %w", m.CallID, err)
		}
		key = subject.String()
	}
	var p Plan
	var converted map[string]wire.MonetaryAmount
	for _, n := range t.matching(m.Server, m.Tool, func(n *node) bool { return n.agents[key] || name != "" && n.agents[name] }) {
		s := share{node: n}
		if c := n.rule.currency; c != "" && a.Charge != nil {
			amount, known := converted[c]
			if !known {
				var err error
				if amount, err = chargeIn(a, n); err != nil {
					return Plan{}, err
				}
				if converted == nil {
					converted = make(map[string]wire.MonetaryAmount)
				}
				converted[c] = amount
			}
			s.amount = amount
		}
		p.shares = append(p.shares, s)
	}
	return p, nil
}

// matching lists nodes in order; agent answers the condition on agents.
func (t *Tree) matching(server, tool string, agent func(*node) bool) []*node {
	counts := make([]bool, len(t.nodes))
	found := 0
	for i := range t.nodes {
		n := &t.nodes[i]
		if n.servers != nil && !n.servers[server] || n.tools != nil && !n.tools[tool] || n.agents != nil && !agent(n) {
			continue
		}
		for at := i; at >= 0 && !counts[at]; at = t.nodes[at].parent {
			counts[at] = true
			found++
		}
	}
	out := make([]*node, 0, found)
	for i, counted := range counts {
		if counted {
			out = append(out, &t.nodes[i])
		}
	}
	return out
}

// chargeIn is the charge in a node's currency.
func chargeIn(a *kernel.Admittance, n *node) (wire.MonetaryAmount, error) {
	currency := n.rule.currency
	if a.Charge.Currency == currency {
		return amountOf(a.Charge)
	}
	denial := func(why string) error {
		return &kernel.Denial{Step: 10, Code: kernel.CodeBudgetCurrency, Guard: "budget", Side: "local",
			Reason: fmt.Sprintf("budget %s is in %s, the charge is in %.12s: %s", n.id, currency, a.Charge.Currency, why),
			Fix:    "import a price round of the two currencies, or give the budget max_cost in the currency of the tool's price"}
	}
	if a.ChargeIn == nil {
		return wire.MonetaryAmount{}, denial("nothing converts it")
	}
	amount, err := a.ChargeIn(currency)
	if err != nil {
		return wire.MonetaryAmount{}, denial(err.Error())
	}
	if amount == nil || amount.Currency != currency {
		return wire.MonetaryAmount{}, denial("the conversion is in another currency")
	}
	return amountOf(amount)
}

// hold takes the call's share of every node.
func (p *Plan) hold(tx store.Tx, now int64) ([]nodeHold, error) {
	if len(p.shares) == 0 {
		return nil, nil
	}
	out := make([]nodeHold, 0, len(p.shares))
	for i := range p.shares {
		s := &p.shares[i]
		h, err := s.hold(tx, now)
		if err != nil {
			return nil, err
		}
		out = append(out, h)
	}
	return out, nil
}

// hold applies, in this order: the node's call count, then its money.
func (s *share) hold(tx store.Tx, now int64) (nodeHold, error) {
	r, err := readNode(tx, s.node.id)
	if err != nil {
		return nodeHold{}, err
	}
	if err := r.advance(tx, s.node.id, s.node.rule, now, expirePerHold); err != nil {
		return nodeHold{}, err
	}
	if d, err := s.fit(tx, &r); err != nil || d != nil {
		if err == nil {
			err = d
		}
		return nodeHold{}, err
	}
	h, err := r.take(tx, s.node.id, s.amount)
	if err != nil {
		return nodeHold{}, err
	}
	tx.Set(nodeKey(s.node.id), r.encode())
	return h, nil
}
