package x402

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"

	"github.com/backbay-labs/chio-node/settlement/evm"
	"github.com/backbay-labs/chio-node/settlement/ledger"
	"github.com/backbay-labs/chio-node/store"
	"github.com/backbay-labs/chio-node/wire"
)

// What the memo of a posting begins with; the row's name follows.
const (
	saleMemo     = "x402 sale "
	purchaseMemo = "x402 purchase "
)

// postingID is the id of the posting that a row causes, once.
func postingID(row string) wire.Digest { return wire.Hash([]byte("chio.x402.posting.v1\x00" + row)) }

func (s *Sale) posting(row, currency string) ledger.Posting {
	return ledger.Posting{ID: postingID(row), At: s.UpdatedAt, Memo: saleMemo + row, Entries: []ledger.Entry{
		{Account: ledger.USDC, Debit: s.Amount, Currency: currency}, {Account: ledger.Revenue, Credit: s.Amount, Currency: currency}}}
}

func (p *Purchase) posting(row, currency string) ledger.Posting {
	return ledger.Posting{ID: postingID(row), At: p.UpdatedAt, Memo: purchaseMemo + row, Entries: []ledger.Entry{
		{Account: ledger.Expense, Debit: p.Amount, Currency: currency}, {Account: ledger.USDC, Credit: p.Amount, Currency: currency}}}
}

// Continue brings every open sale forward, for what no client asks again:
//
//	executing, and nobody is at it   lapsed once its transfer can no longer happen
//	executed                         the transfer is submitted; its result waits
//	settled                          final and in the ledger, once it cannot be undone
//
// A transfer that a reorganisation took out of the chain is sent again by the
// outbox; while it is out, the sale stays settled and is not in the ledger.
// One sale that cannot be brought forward does not keep the others.
func (s *Seller) Continue(ctx context.Context) error {
	rows, err := openRows(s.DB, openSalePrefix)
	if err != nil {
		return err
	}
	var failed []error
	for _, open := range rows {
		if err := s.forward(ctx, rowOf(open)); err != nil && !errors.Is(err, ErrUnpaid) {
			failed = append(failed, fmt.Errorf("%s: %w", rowOf(open), err))
		}
	}
	return errors.Join(failed...)
}

func openRows(db store.DB, prefix string) (rows []string, err error) {
	err = db.View(func(r store.Reader) error {
		return r.Scan(prefix, "", func(key string, _ []byte) error {
			rows = append(rows, key)
			return nil
		})
	})
	return rows, err
}

func (s *Seller) forward(ctx context.Context, row string) error {
	if !strings.HasPrefix(row, salesOf(s.Domain)) { // this chain would say that it never happens
		return fmt.Errorf("%w: it is of another chain or token than is sold for now", ErrNoOffer)
	}
	if !s.enter(row) {
		return nil // a client is being served
	}
	defer s.leave(row)
	sale, known, err := s.read(row)
	if err != nil || !known || !sale.State.open() {
		return err
	}
	p, _, err := DecodePayment(base64.StdEncoding.EncodeToString([]byte(sale.Payment)))
	if err != nil {
		return err
	}
	a, signature, err := p.Payload.read()
	if err != nil {
		return err
	}
	switch sale.State {
	case SaleExecuting:
		_, at, err := s.Chain.AuthorizationUsed(ctx, a.From, a.Nonce, evm.Finalized)
		if err != nil || at < a.ValidBefore {
			return err
		}
		sale.State, sale.Reason = SaleLapsed, "its process ended while the call ran; nothing was charged"
		return s.write(ctx, row, &sale)
	case SaleExecuted:
		_, err := s.charge(ctx, row, sale, a, signature)
		return err
	default:
		return s.book(ctx, row, sale, a)
	}
}

// book puts a settled sale into the ledger once it cannot be undone.
func (s *Seller) book(ctx context.Context, row string, sale Sale, a evm.Authorization) error {
	found, err := s.Chain.FindAuthorization(ctx, a, sale.Since)
	if err != nil || !found.Final {
		return err
	}
	if !found.Paid { // after a reorganisation the payer cancelled what was mined before
		sale.State, sale.Reason = SaleUnpaid, "the payer cancelled the transfer after a reorganisation; the result is out"
		return s.write(ctx, row, &sale)
	}
	sale.State, sale.Tx, sale.UpdatedAt = SaleFinal, found.Tx, s.Now()
	return s.DB.Update(ctx, func(tx store.Tx) error {
		putSale(tx, row, &sale)
		_, err := ledger.Post(tx, sale.posting(row, s.Currency))
		return err
	})
}

// Continue asks the chain about every open purchase, and puts those that are
// final into the ledger.
func (b *Buyer) Continue(ctx context.Context) error {
	rows, err := openRows(b.DB, openPurchasePrefix)
	if err != nil {
		return err
	}
	var failed []error
	for _, open := range rows {
		row := purchasePrefix + strings.TrimPrefix(open, openPurchasePrefix)
		if err := b.forward(ctx, row); err != nil {
			failed = append(failed, fmt.Errorf("%s: %w", row, err))
		}
	}
	return errors.Join(failed...)
}

func (b *Buyer) forward(ctx context.Context, row string) error {
	var p Purchase
	var known bool
	err := b.DB.View(func(r store.Reader) (err error) {
		p, known, err = readPurchase(r, row)
		return err
	})
	if err != nil || !known {
		return err
	}
	if p, err = b.reconcile(ctx, row, p); err != nil || p.State != PurchasePaid {
		return err
	}
	if err := b.ours(&p); err != nil {
		return err
	}
	to, err := evm.ParseAddress(p.PayTo)
	if err != nil {
		return err
	}
	found, err := b.Chain.FindAuthorization(ctx, evm.Authorization{From: b.Key.Address(), To: to, Value: p.Amount, Nonce: p.Nonce}, p.Since)
	if err != nil {
		return err
	}
	if !found.Used { // a reorganisation took it out: it may still happen
		p.State = PurchaseSigned
		return b.put(ctx, row, &p, nil)
	}
	if !found.Final {
		return nil
	}
	if !found.Paid { // only this key can have cancelled it
		p.State = PurchaseVoid
		return b.put(ctx, row, &p, nil)
	}
	p.State, p.Tx = PurchaseFinal, found.Tx
	return b.put(ctx, row, &p, func(tx store.Tx) error {
		_, err := ledger.Post(tx, p.posting(row, b.Currency))
		return err
	})
}

// Explain accounts for the postings of this package: settlement.Explainer.
func Explain(currency string) func(r store.Reader, rec *ledger.Record) (mine bool, problem string, err error) {
	return func(r store.Reader, rec *ledger.Record) (bool, string, error) {
		if row, ok := strings.CutPrefix(rec.Posting.Memo, saleMemo); ok && postingID(row) == rec.Posting.ID {
			sale, known, err := readSale(r, row)
			if err != nil || !known || sale.State != SaleFinal {
				return err == nil, "its sale is not final", err
			}
			return true, differs(rec, sale.posting(row, currency)), nil
		}
		if row, ok := strings.CutPrefix(rec.Posting.Memo, purchaseMemo); ok && postingID(row) == rec.Posting.ID {
			p, known, err := readPurchase(r, row)
			if err != nil || !known || p.State != PurchaseFinal {
				return err == nil, "its purchase is not final", err
			}
			return true, differs(rec, p.posting(row, currency)), nil
		}
		if row, ok := strings.CutPrefix(rec.Posting.Memo, batchMemo); ok && postingID(row) == rec.Posting.ID {
			w, err := readSweep(r, row)
			if errors.Is(err, store.ErrNotFound) {
				return true, "what came from channels is not recorded", nil
			}
			if err != nil {
				return false, "", err
			}
			return true, differs(rec, w.posting(row, currency)), nil
		}
		return false, "", nil
	}
}

func differs(rec *ledger.Record, want ledger.Posting) string {
	if fmt.Sprint(rec.Posting.Entries) != fmt.Sprint(want.Entries) {
		return fmt.Sprintf("entries %v, want %v", rec.Posting.Entries, want.Entries)
	}
	return ""
}

// Unposted lists the final sales, purchases and payments of channels without their posting, and how
// many have it.
func Unposted(r store.Reader) (missing []string, facts uint64, err error) {
	look := func(row string) error {
		_, err := ledger.Get(r, postingID(row))
		switch {
		case errors.Is(err, store.ErrNotFound):
			missing = append(missing, "x402 "+row+" is final and has no posting")
		case err == nil:
			facts++
		default:
			return err
		}
		return nil
	}
	err = r.Scan(salePrefix, "", func(row string, _ []byte) error {
		sale, _, err := readSale(r, row)
		if err != nil || sale.State != SaleFinal {
			return err
		}
		return look(row)
	})
	if err != nil {
		return nil, 0, err
	}
	err = r.Scan(purchasePrefix, "", func(row string, _ []byte) error {
		p, _, err := readPurchase(r, row)
		if err != nil || p.State != PurchaseFinal {
			return err
		}
		return look(row)
	})
	if err != nil {
		return nil, 0, err
	}
	return missing, facts, r.Scan(batchSweepPrefix, "", func(row string, _ []byte) error { return look(row) })
}

// OpenSales reports whether Seller.Continue has something to do.
func OpenSales(db store.DB) (bool, error) { return anyRow(db, openSalePrefix) }

// OpenPurchases reports whether Buyer.Continue has something to do.
func OpenPurchases(db store.DB) (bool, error) { return anyRow(db, openPurchasePrefix) }

func anyRow(db store.DB, prefix string) (found bool, err error) {
	err = db.View(func(r store.Reader) error {
		return r.Scan(prefix, "", func(string, []byte) error {
			found = true
			return store.ErrStop
		})
	})
	return found, err
}

// Sales calls fn for every sale after a row, in the order of rows.
func Sales(r store.Reader, after string, fn func(row string, s *Sale) error) error {
	return r.Scan(salePrefix, after, func(row string, _ []byte) error {
		sale, _, err := readSale(r, row)
		if err != nil {
			return err
		}
		return fn(row, &sale)
	})
}

// Purchases calls fn for every purchase after a row, in the order of rows.
func Purchases(r store.Reader, after string, fn func(row string, p *Purchase) error) error {
	return r.Scan(purchasePrefix, after, func(row string, _ []byte) error {
		p, _, err := readPurchase(r, row)
		if err != nil {
			return err
		}
		return fn(row, &p)
	})
}
