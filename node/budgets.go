package node

import (
	"context"
	"errors"
	"fmt"

	"github.com/backbay-labs/chio-node/kernel/authority"
	"github.com/backbay-labs/chio-node/kernel/budget"
	"github.com/backbay-labs/chio-node/kernel/journal"
	"github.com/backbay-labs/chio-node/store"
	"github.com/backbay-labs/chio-node/wire"
)

// BudgetConfig is one node of the budget tree: docs/budgets.md.
type BudgetConfig struct {
	ID             string   `yaml:"id"`
	Parent         string   `yaml:"parent"`
	Window         string   `yaml:"window"` // daily | monthly | rolling | total
	WindowSeconds  int64    `yaml:"window_seconds"`
	MaxInvocations *uint64  `yaml:"max_invocations"`
	MaxCost        string   `yaml:"max_cost"` // "50.00 USD"
	Agents         []string `yaml:"agents"`   // names, or subject keys in hex
	Servers        []string `yaml:"servers"`  // as addressed
	Tools          []string `yaml:"tools"`
}

// budgetTree builds the configured tree; the config is sound if it can.
func (c *Config) budgetTree(agentName func(wire.PublicKey) (string, error)) (*budget.Tree, error) {
	cfg := budget.TreeConfig{AgentName: agentName}
	for _, b := range c.Budgets {
		n := budget.NodeConfig{ID: b.ID, Parent: b.Parent, Window: budget.Window(b.Window), WindowSeconds: b.WindowSeconds,
			MaxInvocations: b.MaxInvocations, Agents: b.Agents, Servers: b.Servers, Tools: b.Tools}
		if b.MaxCost != "" {
			cost, err := c.currencies().Parse(b.MaxCost)
			if err != nil {
				return nil, fmt.Errorf("budgets: %.64q: max_cost: %w", b.ID, err)
			}
			n.MaxCost = &cost
		}
		cfg.Nodes = append(cfg.Nodes, n)
	}
	tree, err := budget.NewTree(cfg)
	if err != nil {
		return nil, fmt.Errorf("budgets: %w", err)
	}
	return tree, nil
}

func (c *Config) validateBudgets() error {
	_, err := c.budgetTree(func(wire.PublicKey) (string, error) { return "", nil })
	return err
}

// nameOfAgent is the name this node knows a key by, "" if none.
func (n *Node) nameOfAgent(key wire.PublicKey) (name string, err error) {
	err = n.db.View(func(r store.Reader) error {
		a, err := authority.AgentByKey(r, key)
		name = a.Name
		if errors.Is(err, authority.ErrUnknown) {
			return nil
		}
		return err
	})
	return name, err
}

// BudgetStatus is one node of the budget tree as it stands. Invocations and
// Spent are of the present window: what is held, committed and retained.
type BudgetStatus struct {
	ID                   string               `json:"id"`
	Parent               string               `json:"parent,omitempty"`
	Depth                int                  `json:"depth"` // a root has 1
	Window               string               `json:"window"`
	WindowSeconds        int64                `json:"window_seconds,omitzero"`
	WindowStart          int64                `json:"window_start,omitzero"` // unix seconds
	WindowEnd            int64                `json:"window_end,omitzero"`   // unix seconds: when all of it, rolling: the first of it, is free again
	MaxInvocations       *uint64              `json:"max_invocations,omitempty"`
	Invocations          uint64               `json:"invocations"`
	RemainingInvocations *uint64              `json:"remaining_invocations,omitempty"`
	MaxCost              *wire.MonetaryAmount `json:"max_cost,omitempty"`
	Spent                *wire.MonetaryAmount `json:"spent,omitempty"`
	Remaining            *wire.MonetaryAmount `json:"remaining,omitempty"`
	Ever                 BudgetAccount        `json:"ever"`
	Agents               []string             `json:"agents,omitempty"`
	Servers              []string             `json:"servers,omitempty"`
	Tools                []string             `json:"tools,omitempty"`
	Orphaned             bool                 `json:"orphaned,omitzero"` // it was used and is no longer configured
}

// BudgetAccount is everything a budget ever counted.
type BudgetAccount struct {
	Invocations uint64        `json:"invocations"`
	Purses      []BudgetPurse `json:"purses,omitempty"`
}

// BudgetPurse is an account in one currency, in minor units: reserved =
// committed + released + retained + outstanding.
type BudgetPurse struct {
	Currency    string `json:"currency"`
	Reserved    uint64 `json:"reserved_minor"`
	Committed   uint64 `json:"committed_minor"`
	Released    uint64 `json:"released_minor"`
	Retained    uint64 `json:"retained_minor"`
	Outstanding uint64 `json:"outstanding_minor"`
}

// BudgetList answers "budget/list": each budget after its parent.
type BudgetList struct {
	Budgets []BudgetStatus `json:"budgets"`
}

func (n *Node) listBudgets(context.Context, Empty) (*BudgetList, error) {
	var nodes []budget.NodeStatus
	err := n.db.View(func(r store.Reader) (err error) {
		nodes, err = n.budgets.Status(r, n.now())
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read the budgets: %w", err)
	}
	list := &BudgetList{Budgets: []BudgetStatus{}}
	for i := range nodes {
		list.Budgets = append(list.Budgets, n.budgetStatus(&nodes[i]))
	}
	return list, nil
}

func (n *Node) showBudget(ctx context.Context, req ByID) (*BudgetStatus, error) {
	list, err := n.listBudgets(ctx, Empty{})
	if err != nil {
		return nil, err
	}
	for i := range list.Budgets {
		if list.Budgets[i].ID == req.ID {
			return &list.Budgets[i], nil
		}
	}
	return nil, &Problem{Code: "CHIO-BUDGET-UNKNOWN", Message: fmt.Sprintf("there is no budget %.64q", req.ID),
		Hint: "chio-node budget list shows them; they are configured under budgets", Exit: ExitFailure}
}

func (n *Node) budgetStatus(s *budget.NodeStatus) BudgetStatus {
	b := BudgetStatus{ID: s.ID, Parent: s.Parent, Depth: s.Depth, Window: string(s.Window), WindowSeconds: s.WindowSeconds,
		WindowStart: s.WindowStart, WindowEnd: s.WindowEnd, MaxInvocations: s.MaxInvocations, Invocations: s.Invocations,
		MaxCost: s.MaxCost, Ever: BudgetAccount{Invocations: s.Account.Invocations}, Orphaned: s.Orphaned}
	if s.MaxInvocations != nil {
		left := *s.MaxInvocations - min(*s.MaxInvocations, s.Invocations)
		b.RemainingInvocations = &left
	}
	if s.Spent.Currency != "" {
		spent := s.Spent
		b.Spent = &spent
	}
	if s.MaxCost != nil {
		b.Remaining = &wire.MonetaryAmount{Units: s.MaxCost.Units - min(s.MaxCost.Units, s.Spent.Units), Currency: s.MaxCost.Currency}
	}
	for _, p := range s.Account.Purses {
		b.Ever.Purses = append(b.Ever.Purses, BudgetPurse{Currency: p.Currency, Reserved: p.Reserved, Committed: p.Committed,
			Released: p.Released, Retained: p.Retained, Outstanding: p.Outstanding})
	}
	for _, c := range n.cfg.Budgets {
		if c.ID == s.ID {
			b.Agents, b.Servers, b.Tools = c.Agents, c.Servers, c.Tools
		}
	}
	return b
}

// BudgetAudit answers "budget/audit".
type BudgetAudit struct {
	Accounts int      `json:"accounts"` // of grants, tokens and budgets
	Calls    int      `json:"calls"`    // whose holds are recorded
	Open     int      `json:"open"`     // of calls
	Problems []string `json:"problems"`
}

// AuditBudgets recomputes every budget account of a store from the recorded
// holds, and looks for holds whose call is not under way. It changes nothing.
func AuditBudgets(r store.Reader) (*BudgetAudit, error) {
	report, err := budget.Audit(r, func(callID string) (bool, error) {
		err := journal.CheckOpen(r, callID)
		if errors.Is(err, journal.ErrNotOpen) {
			return false, nil
		}
		return err == nil, err
	})
	if err != nil {
		return nil, fmt.Errorf("audit the budgets: %w", err)
	}
	return &BudgetAudit{Accounts: report.Accounts, Calls: report.Calls, Open: report.Open, Problems: append([]string{}, report.Problems...)}, nil
}

func (n *Node) auditBudgets(context.Context, Empty) (audit *BudgetAudit, err error) {
	err = n.db.View(func(r store.Reader) error {
		audit, err = AuditBudgets(r)
		return err
	})
	return audit, err
}
