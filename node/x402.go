package node

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/backbay-labs/chio-node/settlement/evm"
	"github.com/backbay-labs/chio-node/settlement/x402"
	"github.com/backbay-labs/chio-node/store"
	"github.com/backbay-labs/chio-node/wire"
)

// x402Desk is this node's payments per HTTP call: as seller, and as buyer.
type x402Desk struct {
	n *Node

	mu     sync.Mutex // guards seller and buyer, each made when its chain first answers
	seller *x402.Seller
	price  x402.Price // without amount
	buyer  *x402.Buyer
}

// continueX402Every is how often open sales and purchases are looked at.
const continueX402Every = 5 * time.Second

// open dials the chain and reads what its token signs for.
func (d *x402Desk) open(ctx context.Context, name string) (*evm.Chain, evm.TokenDomain, error) {
	c, err := d.n.cfg.x402Chain(name)
	if err != nil {
		return nil, evm.TokenDomain{}, err
	}
	chain, err := d.n.money.dial(ctx, c)
	if err != nil {
		return nil, evm.TokenDomain{}, err
	}
	domain, err := chain.TokenDomain(ctx)
	return chain, domain, err
}

// selling is the seller and its price without an amount.
func (d *x402Desk) selling(ctx context.Context) (*x402.Seller, x402.Price, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.seller != nil {
		return d.seller, d.price, nil
	}
	chain, domain, err := d.open(ctx, d.n.cfg.X402.Sell.Chain)
	if err != nil {
		return nil, x402.Price{}, err
	}
	d.price = x402.Price{Domain: domain, PayTo: d.n.money.key.Address(), Timeout: d.n.cfg.X402.Sell.TimeoutSeconds}
	configured, err := d.n.cfg.x402Chain(d.n.cfg.X402.Sell.Chain)
	if err != nil {
		return nil, x402.Price{}, err
	}
	tiers, err := d.n.cfg.saleTiers()
	if err != nil {
		return nil, x402.Price{}, err
	}
	d.seller = &x402.Seller{DB: d.n.db, Chain: chain, Domain: domain, Currency: x402Currency, Now: d.n.now, Margin: minSaleTimeout / 2, Skew: saleSkew,
		Tiers: tiers, Wait: pollEvery(configured), Failpoint: d.n.opts.Failpoint}
	return d.seller, d.price, nil
}

// saleSkew is how far ahead, in seconds, a client's clock may be.
const saleSkew = 30

// buying is the buyer.
func (d *x402Desk) buying(ctx context.Context) (*x402.Buyer, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.buyer != nil {
		return d.buyer, nil
	}
	c := &d.n.cfg.X402.Buy
	chain, domain, err := d.open(ctx, c.Chain)
	if err != nil {
		return nil, err
	}
	configured, err := d.n.cfg.x402Chain(c.Chain)
	if err != nil {
		return nil, err
	}
	d.buyer = &x402.Buyer{DB: d.n.db, Chain: chain, Key: d.n.money.key, Domain: domain, Currency: x402Currency, Hosts: c.hosts(), Client: x402.NewClient(),
		Now: d.n.now, Wait: pollEvery(configured), MaxBody: maxBoughtBytes, Failpoint: d.n.opts.Failpoint}
	return d.buyer, nil
}

// loops looks after sales and purchases that nobody asks about any more.
func (d *x402Desk) loops() {
	if len(d.n.cfg.Chains) == 0 {
		return
	}
	d.n.every("continue payments per call", continueX402Every, nil, d.bring)
}

// bring leaves the chain alone while nothing is open.
func (d *x402Desk) bring(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, watchTimeout)
	defer cancel()
	var failed []error
	if open, err := x402.OpenSales(d.n.db); err != nil || open {
		seller, _, openErr := d.selling(ctx)
		if failed = append(failed, err, openErr); openErr == nil {
			failed = append(failed, seller.Continue(ctx))
		}
	}
	if open, err := x402.OpenPurchases(d.n.db); err != nil || open {
		buyer, openErr := d.buying(ctx)
		if failed = append(failed, err, openErr); openErr == nil {
			failed = append(failed, buyer.Continue(ctx))
		}
	}
	return errors.Join(failed...)
}

// hexOf is a transaction's hash as chains write it, "" if there is none.
func hexOf(tx wire.Digest) string {
	if tx.IsZero() {
		return ""
	}
	return "0x" + tx.String()
}

// ListX402 asks "x402/sales" or "x402/purchases" for one page.
type ListX402 struct {
	After string `json:"after,omitempty"`
	Limit int    `json:"limit,omitzero"` // default and most: 1000
}

// X402Entry is one sale or purchase, without what it carried. Row names it.
type X402Entry struct {
	Row       string `json:"row"`
	State     string `json:"state"`
	Party     string `json:"party"` // who paid us, or whom we pay
	Amount    uint64 `json:"amount_minor"`
	Currency  string `json:"currency"`
	Nonce     string `json:"nonce"`
	Tx        string `json:"tx,omitempty"`
	Reason    string `json:"reason,omitempty"`
	UpdatedAt int64  `json:"updated_at"`
}

// X402Entries answers both. Next goes on after the page; it is absent at the
// end.
type X402Entries struct {
	Entries []X402Entry `json:"entries"`
	Next    string      `json:"next,omitempty"`
}

// MaxX402Page bounds a page.
const MaxX402Page = 1000

func (n *Node) listSales(_ context.Context, req ListX402) (*X402Entries, error) {
	return n.listX402(req, func(r store.Reader, after string, fn func(X402Entry) error) error {
		return x402.Sales(r, after, func(row string, s *x402.Sale) error {
			return fn(X402Entry{Row: row, State: string(s.State), Party: s.Payer, Amount: s.Amount, Currency: x402Currency,
				Nonce: s.Nonce.String(), Tx: hexOf(s.Tx), Reason: s.Reason, UpdatedAt: s.UpdatedAt})
		})
	})
}

func (n *Node) listPurchases(_ context.Context, req ListX402) (*X402Entries, error) {
	return n.listX402(req, func(r store.Reader, after string, fn func(X402Entry) error) error {
		return x402.Purchases(r, after, func(row string, p *x402.Purchase) error {
			return fn(X402Entry{Row: row, State: string(p.State), Party: p.PayTo, Amount: p.Amount, Currency: x402Currency,
				Nonce: p.Nonce.String(), Tx: hexOf(p.Tx), UpdatedAt: p.UpdatedAt})
		})
	})
}

func (n *Node) listX402(req ListX402, scan func(store.Reader, string, func(X402Entry) error) error) (*X402Entries, error) {
	limit := req.Limit
	if limit <= 0 || limit > MaxX402Page {
		limit = MaxX402Page
	}
	out := &X402Entries{Entries: []X402Entry{}}
	err := n.db.View(func(r store.Reader) error {
		return scan(r, req.After, func(e X402Entry) error {
			if len(out.Entries) == limit {
				out.Next = out.Entries[limit-1].Row
				return store.ErrStop
			}
			out.Entries = append(out.Entries, e)
			return nil
		})
	})
	return out, err
}
