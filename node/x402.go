package node

import (
	"context"
	"errors"
	"fmt"
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

	mu     sync.Mutex // guards sellers and buyer, made when their chain first answers
	seller *x402.Seller
	batch  *x402.BatchSeller // nil: payments from deposits are not taken
	price  x402.Price        // without amount
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

// selling is the sellers and their price without an amount. The second is nil if
// payments from deposits are not taken.
func (d *x402Desk) selling(ctx context.Context) (*x402.Seller, *x402.BatchSeller, x402.Price, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.seller == nil {
		if err := d.openSellers(ctx); err != nil {
			return nil, nil, x402.Price{}, err
		}
	}
	return d.seller, d.batch, d.price, nil
}

func (d *x402Desk) openSellers(ctx context.Context) error {
	chain, domain, err := d.open(ctx, d.n.cfg.X402.Sell.Chain)
	if err != nil {
		return err
	}
	d.price = x402.Price{Domain: domain, PayTo: d.n.money.key.Address(), Timeout: d.n.cfg.X402.Sell.TimeoutSeconds}
	configured, err := d.n.cfg.x402Chain(d.n.cfg.X402.Sell.Chain)
	if err != nil {
		return err
	}
	tiers, err := d.n.cfg.saleTiers()
	if err != nil {
		return err
	}
	batch, err := d.n.cfg.saleBatch()
	if err != nil {
		return err
	}
	if batch != nil {
		batch.Terms.Contract.ChainID = domain.ChainID
		if err := chain.CheckBatch(ctx, batch.Terms.Contract); err != nil {
			return fmt.Errorf("x402.sell.batch.contract: %w", err)
		}
		batch.DB, batch.Chain, batch.Receiver, batch.Domain, batch.Currency, batch.Now = d.n.db, chain, d.price.PayTo, domain, x402Currency, d.n.now
		batch.Margin, batch.Skew, batch.Tiers, batch.Every, batch.Failpoint = minSaleTimeout/2, saleSkew, tiers, batchEvery, d.n.opts.Failpoint
	}
	d.batch = batch
	d.seller = &x402.Seller{DB: d.n.db, Chain: chain, Domain: domain, Currency: x402Currency, Now: d.n.now, Margin: minSaleTimeout / 2, Skew: saleSkew,
		Tiers: tiers, Wait: pollEvery(configured), Failpoint: d.n.opts.Failpoint}
	return nil
}

// batchEvery is how often, in seconds, a chain is asked about deposits.
const batchEvery = 15

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
		seller, _, _, openErr := d.selling(ctx)
		if failed = append(failed, err, openErr); openErr == nil {
			failed = append(failed, seller.Continue(ctx))
		}
	}
	if open, err := x402.OpenBatch(d.n.db); err != nil || open {
		_, batch, _, openErr := d.selling(ctx)
		failed = append(failed, err, openErr)
		switch {
		case batch != nil:
			failed = append(failed, batch.Continue(ctx))
		case openErr == nil:
			failed = append(failed, errors.New("x402.sell.batch is not configured any more, and deposits hold what is not claimed yet: put it back until x402 channels shows nothing unclaimed"))
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

// X402Channel is a deposit that pays for calls of ours. Amounts are cumulative, in
// minor units; Unclaimed is what we hold a voucher for.
type X402Channel struct {
	Channel   string `json:"channel"`
	Network   string `json:"network"`
	Payer     string `json:"payer"`
	Charged   uint64 `json:"charged_minor"`
	Claimed   uint64 `json:"claimed_minor"`
	Lost      uint64 `json:"lost_minor"` // taken back by its payer before it was claimed
	Unclaimed uint64 `json:"unclaimed_minor"`
	Currency  string `json:"currency"`
	UpdatedAt int64  `json:"updated_at"`
}

// X402Channels answers "x402/channels".
type X402Channels struct {
	Channels []X402Channel `json:"channels"`
}

func (n *Node) listChannels(context.Context, Empty) (*X402Channels, error) {
	out := &X402Channels{Channels: []X402Channel{}}
	return out, n.db.View(func(r store.Reader) error {
		return x402.BatchChannels(r, func(network string, c *x402.BatchChannel) error {
			out.Channels = append(out.Channels, X402Channel{Channel: c.Channel.String(), Network: network, Payer: c.Config.Payer.String(), Charged: c.Charged,
				Claimed: c.Claimed, Lost: c.Lost, Unclaimed: c.Owed(), Currency: x402Currency, UpdatedAt: c.UpdatedAt})
			return nil
		})
	})
}

// MaxX402Page bounds a page.
const MaxX402Page = 1000

func (n *Node) listSales(_ context.Context, req ListX402) (*X402Entries, error) {
	return n.listX402(req, func(r store.Reader, after string, fn func(X402Entry) error) error {
		entry := func(row string, s *x402.Sale) error {
			return fn(X402Entry{Row: row, State: string(s.State), Party: s.Payer, Amount: s.Amount, Currency: x402Currency,
				Nonce: s.Nonce.String(), Tx: hexOf(s.Tx), Reason: s.Reason, UpdatedAt: s.UpdatedAt})
		}
		if err := x402.Sales(r, after, entry); err != nil { // ends at the end of a page, and is asked again there
			return err
		}
		return x402.BatchSales(r, after, entry)
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
