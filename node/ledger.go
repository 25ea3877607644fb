package node

import (
	"context"
	"errors"
	"maps"
	"slices"

	"github.com/backbay-labs/chio-node/settlement/evm"
	"github.com/backbay-labs/chio-node/settlement/ledger"
	"github.com/backbay-labs/chio-node/settlement/x402"
	"github.com/backbay-labs/chio-node/store"
	"github.com/backbay-labs/chio-node/wire"
)

// LedgerAccount is one account in one currency, in minor units: the gross total
// of each side. Decimals is the scale of the currency, absent if the node does
// not know it.
type LedgerAccount struct {
	Account  string `json:"account"`
	Currency string `json:"currency"`
	Debits   uint64 `json:"debits"`
	Credits  uint64 `json:"credits"`
	Decimals *int   `json:"decimals,omitempty"`
}

// ListAccounts asks "ledger/accounts" for one page.
type ListAccounts struct {
	After string `json:"after,omitempty"`
	Limit int    `json:"limit,omitzero"` // default and most: 1000
}

// LedgerAccounts answers "ledger/accounts" and "ledger/balance". Next goes on
// after the page; it is absent at the end.
type LedgerAccounts struct {
	Accounts []LedgerAccount `json:"accounts"`
	Next     string          `json:"next,omitempty"`
}

func (n *Node) ledgerAccounts(_ context.Context, req ListAccounts) (*LedgerAccounts, error) {
	var list []ledger.AccountBalance
	var next string
	err := n.db.View(func(r store.Reader) (err error) {
		list, next, err = ledger.Accounts(r, req.After, req.Limit)
		return err
	})
	if err != nil {
		return nil, ledgerProblem(err)
	}
	return &LedgerAccounts{Accounts: n.ledgerRows(list), Next: next}, nil
}

// ledgerBalance answers "ledger/balance": one account in every currency.
func (n *Node) ledgerBalance(_ context.Context, req ByID) (*LedgerAccounts, error) {
	var list []ledger.AccountBalance
	err := n.db.View(func(r store.Reader) (err error) {
		list, err = ledger.BalancesOf(r, req.ID)
		return err
	})
	if err != nil {
		return nil, ledgerProblem(err)
	}
	return &LedgerAccounts{Accounts: n.ledgerRows(list)}, nil
}

func (n *Node) ledgerRows(list []ledger.AccountBalance) []LedgerAccount {
	currencies := n.cfg.currencies()
	out := make([]LedgerAccount, 0, len(list))
	for _, b := range list {
		row := LedgerAccount{Account: b.Account, Currency: b.Currency, Debits: b.Balance.Debits, Credits: b.Balance.Credits}
		if d, ok := currencies[b.Currency]; ok {
			row.Decimals = &d
		}
		out = append(out, row)
	}
	return out
}

// ListPostings asks "ledger/txns" for one page. Since and Until are unix
// seconds; Until is the first moment after. Through 0 is up to the newest.
type ListPostings struct {
	Account string `json:"account,omitempty"`
	Since   int64  `json:"since,omitzero"`
	Until   int64  `json:"until,omitzero"`
	After   uint64 `json:"after,omitzero"`
	Through uint64 `json:"through,omitzero"`
	Limit   int    `json:"limit,omitzero"` // default and most: 1000
}

// LedgerPostings answers "ledger/txns". Total and Head are of the whole ledger.
// Next goes on after the page; it is absent at the end. A page may be short, or
// empty, where the filter passes little.
type LedgerPostings struct {
	Total    uint64          `json:"total"`
	Head     wire.Digest     `json:"head"` // digest of the newest posting, zero if there is none
	Postings []ledger.Record `json:"postings"`
	Next     uint64          `json:"next,omitzero"`
}

func (n *Node) ledgerPostings(_ context.Context, req ListPostings) (*LedgerPostings, error) {
	answer := &LedgerPostings{}
	err := n.db.View(func(r store.Reader) (err error) {
		if answer.Total, answer.Head, err = ledger.Head(r); err != nil {
			return err
		}
		answer.Postings, answer.Next, err = ledger.Query{Account: req.Account, Since: req.Since, Until: req.Until, After: req.After,
			Through: req.Through, Limit: req.Limit}.Page(r)
		return err
	})
	if err != nil {
		return nil, ledgerProblem(err)
	}
	if answer.Postings == nil {
		answer.Postings = []ledger.Record{}
	}
	return answer, nil
}

// LedgerVerdict answers "ledger/verify": what the ledger adds up to, how many
// facts have their posting, and all that differs.
type LedgerVerdict struct {
	Sequence    uint64        `json:"sequence"`
	Head        wire.Digest   `json:"head"`
	Accounts    int           `json:"accounts"`
	Totals      []LedgerTotal `json:"totals"`
	Facts       uint64        `json:"facts"`
	Differences []string      `json:"differences"`
}

// LedgerTotal is all that was ever debited, and so credited, in one currency.
type LedgerTotal struct {
	Currency string `json:"currency"`
	Debits   uint64 `json:"debits"`
	Credits  uint64 `json:"credits"`
}

func (n *Node) verifyLedger(context.Context, Empty) (*LedgerVerdict, error) {
	v := &LedgerVerdict{Totals: []LedgerTotal{}, Differences: []string{}}
	err := n.db.View(func(r store.Reader) error {
		sum, err := ledger.Verify(r)
		if errors.Is(err, ledger.ErrInconsistent) {
			v.Differences = append(v.Differences, err.Error())
			return nil
		}
		if err != nil {
			return err
		}
		v.Sequence, v.Head, v.Accounts = sum.Sequence, sum.Head, sum.Accounts
		for _, currency := range slices.Sorted(maps.Keys(sum.Totals)) {
			b := sum.Totals[currency]
			v.Totals = append(v.Totals, LedgerTotal{Currency: currency, Debits: b.Debits, Credits: b.Credits})
		}
		audit, err := n.money.settler.Audit(r, x402.Explain(x402Currency), evm.ExplainCalls(x402Currency))
		if err != nil {
			return err
		}
		missing, facts, err := x402.Unposted(r)
		if err != nil {
			return err
		}
		unposted, calls, err := evm.UnpostedCalls(r)
		if err != nil {
			return err
		}
		v.Facts, v.Differences = audit.Facts+facts+calls, append(append(audit.Differences, missing...), unposted...)
		return nil
	})
	return v, err
}

// ledgerProblem says what a request that names no account was lacking.
func ledgerProblem(err error) error {
	switch {
	case errors.Is(err, ledger.ErrAccount), errors.Is(err, ledger.ErrPosting):
		return &Problem{Code: "CHIO-LEDGER-ACCOUNT", Message: err.Error(), Hint: "chio-node ledger accounts lists them", Exit: ExitUsage}
	case errors.Is(err, ledger.ErrInconsistent):
		return &Problem{Code: "CHIO-LEDGER-INCONSISTENT", Message: err.Error(), Hint: "chio-node ledger verify says what differs; restore a backup", Exit: ExitUnverifiable}
	}
	return err
}
