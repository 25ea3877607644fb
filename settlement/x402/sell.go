package x402

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"

	"github.com/backbay-labs/chio-node/settlement/evm"
	"github.com/backbay-labs/chio-node/store"
	"github.com/backbay-labs/chio-node/wire"
)

// Token is what a seller needs of a chain; evm.Chain has it.
type Token interface {
	Balance(ctx context.Context, account evm.Address) (uint64, error)
	AuthorizationUsed(ctx context.Context, from evm.Address, nonce wire.Digest, tag evm.Tag) (used bool, at uint64, err error)
	SubmitAuthorization(ctx context.Context, a evm.Authorization, signature string) (evm.Tx, error)
	FindAuthorization(ctx context.Context, a evm.Authorization, since uint64) (evm.NoteState, error)
	Head(ctx context.Context) (uint64, error)
}

// SaleState is how far a sale has come.
type SaleState string

// The states of a sale. One that is found executing after a restart may or may
// not have run: it is not run again, and not charged.
const (
	SaleExecuting SaleState = "executing"
	SaleExecuted  SaleState = "executed" // the result is on disk, the transfer is not mined
	SaleSettled   SaleState = "settled"  // in a block
	SaleDenied    SaleState = "denied"   // not charged
	SaleUnpaid    SaleState = "unpaid"   // the token refused the transfer: the result stays here
	SaleFinal     SaleState = "final"    // settled, never to be undone, and in the ledger
	SaleLapsed    SaleState = "lapsed"   // it was executing when its process ended, and is not charged
)

// open reports that something is still to be done about a sale.
func (s SaleState) open() bool {
	return s == SaleExecuting || s == SaleExecuted || s == SaleSettled
}

const saleSchema = "chio.x402.sale.v1"

// Sale is the record of one payment that was accepted.
type Sale struct {
	Schema    string      `json:"schema"`
	State     SaleState   `json:"state"`
	Request   wire.Digest `json:"request"` // of what was asked: a payment is for one request
	Payer     string      `json:"payer"`
	Nonce     wire.Digest `json:"nonce"`
	Amount    uint64      `json:"amount"`   // token units
	Required  string      `json:"required"` // raw JSON, as evidence
	Payment   string      `json:"payment"`  // raw JSON, as evidence
	Result    []byte      `json:"result,omitzero"`
	Reason    string      `json:"reason,omitzero"`
	Tx        wire.Digest `json:"tx,omitzero"`
	Since     uint64      `json:"since"` // block in which it was accepted
	CreatedAt int64       `json:"created_at"`
	UpdatedAt int64       `json:"updated_at"`
}

// ErrDenied: whoever executes the call refuses it. It is not charged.
var ErrDenied = errors.New("call is denied")

// ErrIncomplete: it is not known whether the call ran. It is not charged, and
// not run again.
var ErrIncomplete = errors.New("outcome of the call is unknown")

// ErrUnpaid: the token refused the transfer; the result is withheld.
var ErrUnpaid = errors.New("payment was refused by the token")

// ErrShallow: the transfer is not as deep in the chain as its amount asks for;
// the result is withheld until it is.
var ErrShallow = errors.New("payment is not deep enough in the chain")

// Tier says how deep a transfer of at most UpTo token units must be before its
// result is released: Confirmations blocks, its own included; 0 is until it is
// final.
type Tier struct{ UpTo, Confirmations uint64 }

// depth is that of the first tier that an amount fits into: tiers are in
// ascending order. Above all of them a transfer must be final; without any, one
// block is enough.
func depth(tiers []Tier, amount uint64) uint64 {
	for _, t := range tiers {
		if amount <= t.UpTo {
			return t.Confirmations
		}
	}
	if len(tiers) == 0 {
		return 1
	}
	return 0
}

// Seller sells calls. It must be the only one on its rows.
type Seller struct {
	DB       store.DB
	Chain    Token
	Domain   evm.TokenDomain // of the one token it sells for, read from the chain
	Currency string          // of the token in the ledger
	Now      func() int64    // unix seconds
	// Margin is how many seconds settling may take: a payment must be valid for
	// longer. Skew is what a client's clock may be ahead.
	Margin, Skew uint64
	// Tiers say how deep a payment must be, by its amount.
	Tiers []Tier
	// Wait, if set, passes the time until another look at the chain. Its error
	// ends the waiting, and the client asks again.
	Wait func(context.Context) error
	// Failpoint, if set, is called at named places, for crash tests.
	Failpoint func(name string)

	mu   sync.Mutex
	busy map[string]bool
}

// ErrBusy: the same payment is being served.
var ErrBusy = errors.New("payment is being served")

// Sell serves one request that came with a payment:
//
//	1 the payment verifies against the price (Verify)
//	2 a payment that was accepted before is for the same bytes and request, and
//	  goes on from where it was
//	3 on the chain the nonce is free and the payer holds the amount, beside all
//	  that it signed for sales under way
//	4 the sale is on disk before the call runs, the result before it is charged
//	5 the result is released once the transfer is in a block, and that is as
//	  deep as the amount asks for: until then ErrShallow
//
// execute runs at most once per payment; ErrDenied from it costs nothing, any
// other error leaves the sale incomplete and costs nothing.
func (s *Seller) Sell(ctx context.Context, header string, price Price, required []byte, request wire.Digest, execute func(ctx context.Context, payer evm.Address) ([]byte, error)) (Sale, error) {
	p, raw, err := DecodePayment(header)
	if err != nil {
		return Sale{}, err
	}
	now := uint64(s.Now())
	a, signature, err := Verify(p, price, Window{Now: now, Until: now + s.Margin, Latest: now + s.Skew + price.Timeout}) // 1
	late := errors.Is(err, ErrExpired)
	if late { // a sale that is settled still has its answer
		a, signature, err = p.Payload.read()
	}
	if err != nil {
		return Sale{}, err
	}
	row := saleRow(price, a)
	if !s.enter(row) {
		return Sale{}, ErrBusy
	}
	defer s.leave(row)
	sale, known, err := s.read(row)
	switch {
	case err != nil:
		return Sale{}, err
	case known && (sale.Payment != string(raw) || sale.Request != request): // 2
		return Sale{}, fmt.Errorf("%w: it paid another request", ErrSpent)
	case !known && late:
		return Sale{}, fmt.Errorf("%w: sign a new payment", ErrExpired)
	case !known:
		if sale, err = s.accept(ctx, row, a, price, request, required, raw); err != nil { // 3, 4
			return sale, err
		}
		if sale, err = s.execute(ctx, row, sale, a.From, execute); err != nil {
			return sale, err
		}
	}
	return s.finish(ctx, row, sale, a, signature)
}

func (s *Seller) accept(ctx context.Context, row string, a evm.Authorization, price Price, request wire.Digest, required, raw []byte) (Sale, error) {
	used, _, err := s.Chain.AuthorizationUsed(ctx, a.From, a.Nonce, evm.Latest)
	if err != nil {
		return Sale{}, err
	}
	if used {
		return Sale{}, fmt.Errorf("%w: the token has seen nonce %s", ErrSpent, a.Nonce)
	}
	balance, err := s.Chain.Balance(ctx, a.From)
	if err != nil {
		return Sale{}, err
	}
	head, err := s.Chain.Head(ctx)
	if err != nil {
		return Sale{}, err
	}
	sale := Sale{Schema: saleSchema, State: SaleExecuting, Request: request, Payer: a.From.String(), Nonce: a.Nonce, Amount: a.Value,
		Required: string(required), Payment: string(raw), Since: head, CreatedAt: s.Now(), UpdatedAt: s.Now()}
	// Within the store's one writer, so that two sales do not count on the same
	// tokens.
	err = s.DB.Update(ctx, func(tx store.Tx) error {
		promised, err := owing(tx, row)
		if err != nil {
			return err
		}
		if balance < price.Amount || balance-price.Amount < promised {
			return fmt.Errorf("%w: %s holds %d of %d, and %d is promised to calls under way", ErrFunds, a.From, balance, price.Amount, promised)
		}
		putSale(tx, row, &sale)
		return nil
	})
	if err != nil {
		return Sale{}, err
	}
	return sale, nil
}

// owing is what the payer of a row has promised to sales that are not mined.
func owing(r store.Reader, row string) (sum uint64, err error) {
	payer := row[:strings.LastIndexByte(row, '/')+1]
	err = r.Scan(openRow(payer), "", func(key string, _ []byte) error {
		sale, known, err := readSale(r, rowOf(key))
		if err == nil && known && sale.State != SaleSettled {
			sum = min(sum+sale.Amount, wire.MaxUnits)
		}
		return err
	})
	return sum, err
}

func (s *Seller) execute(ctx context.Context, row string, sale Sale, payer evm.Address, execute func(context.Context, evm.Address) ([]byte, error)) (Sale, error) {
	s.at("sale.accepted")
	result, err := execute(ctx, payer)
	switch {
	case errors.Is(err, ErrDenied):
		sale.State, sale.Reason = SaleDenied, err.Error()
	case err != nil:
		return sale, fmt.Errorf("%w: %w", ErrIncomplete, err)
	default:
		sale.State, sale.Result = SaleExecuted, result
	}
	s.at("sale.executed")
	return sale, s.write(ctx, row, &sale)
}

// finish goes on with a sale from its state.
func (s *Seller) finish(ctx context.Context, row string, sale Sale, a evm.Authorization, signature string) (Sale, error) {
	switch sale.State {
	case SaleFinal:
		return sale, nil
	case SaleSettled:
		return s.release(ctx, row, sale, a, signature)
	case SaleDenied:
		return sale, fmt.Errorf("%w: %s", ErrDenied, sale.Reason)
	case SaleUnpaid:
		return sale, fmt.Errorf("%w: %s", ErrUnpaid, sale.Reason)
	case SaleExecuted:
	default:
		return sale, fmt.Errorf("%w: sale %s is not charged", ErrIncomplete, sale.Nonce)
	}
	sale, err := s.charge(ctx, row, sale, a, signature)
	if err != nil {
		return sale, err
	}
	return s.release(ctx, row, sale, a, signature)
}

// charge has the token make the transfer and returns once it is in a block.
func (s *Seller) charge(ctx context.Context, row string, sale Sale, a evm.Authorization, signature string) (Sale, error) {
	t, err := s.Chain.SubmitAuthorization(ctx, a, signature)
	hash := t.Hash
	if errors.Is(err, evm.ErrReverted) {
		// Anyone may submit an authorized transfer: somebody may have been faster.
		found, findErr := s.Chain.FindAuthorization(ctx, a, sale.Since)
		if findErr != nil {
			return sale, fmt.Errorf("settling: %w", errors.Join(err, findErr))
		}
		if found.Paid {
			hash, err = found.Tx, nil
		}
	}
	switch {
	case errors.Is(err, evm.ErrReverted):
		sale.State, sale.Reason = SaleUnpaid, err.Error()
		if err := s.write(ctx, row, &sale); err != nil {
			return sale, err
		}
		return sale, fmt.Errorf("%w: %s", ErrUnpaid, sale.Reason)
	case err != nil:
		return sale, fmt.Errorf("settling: %w", err)
	}
	s.at("sale.mined")
	sale.State, sale.Tx = SaleSettled, hash
	return sale, s.write(ctx, row, &sale)
}

// release returns a sale whose result may be given:
//
//	1 one block is enough for its amount, or
//	2 the chain has the transfer now, that deep, or for good
//
// One that a reorganisation dropped is made again, or is unpaid if it cannot be.
func (s *Seller) release(ctx context.Context, row string, sale Sale, a evm.Authorization, signature string) (Sale, error) {
	need := depth(s.Tiers, sale.Amount)
	if need == 1 { // 1
		return sale, nil
	}
	for {
		found, err := s.Chain.FindAuthorization(ctx, a, sale.Since)
		if err != nil {
			return sale, err
		}
		if found.Used && !found.Paid && found.Final {
			sale.State, sale.Reason = SaleUnpaid, "the payer cancelled the transfer after a reorganisation"
			return sale, errors.Join(fmt.Errorf("%w: %s", ErrUnpaid, sale.Reason), s.write(ctx, row, &sale))
		}
		if !found.Used {
			if sale, err = s.charge(ctx, row, sale, a, signature); err != nil {
				return sale, err
			}
		}
		head, err := s.Chain.Head(ctx)
		if err != nil {
			return sale, err
		}
		deep := uint64(0)
		if found.Paid && head >= found.Block {
			deep = head - found.Block + 1
		}
		if found.Paid && (found.Final || need > 0 && deep >= need) { // 2
			if sale.Tx == found.Tx {
				return sale, nil
			}
			sale.Tx = found.Tx // a reorganisation had it mined in another one
			return sale, s.write(ctx, row, &sale)
		}
		if s.Wait == nil || s.Wait(ctx) != nil {
			if need == 0 {
				return sale, fmt.Errorf("%w: %d of it must be final, it has %d blocks", ErrShallow, sale.Amount, deep)
			}
			return sale, fmt.Errorf("%w: it has %d of %d blocks", ErrShallow, deep, need)
		}
	}
}

// Settlement is what the header of an answer says of a sale.
func (s *Sale) Settlement(price Price) Settlement {
	out := Settlement{Success: s.State == SaleSettled || s.State == SaleFinal, Payer: s.Payer, Network: price.Network()}
	if out.Success {
		out.Transaction, out.Amount = "0x"+s.Tx.String(), price.Requirements().Amount
	} else {
		out.ErrorReason = string(s.State)
	}
	return out
}

func (s *Seller) enter(row string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.busy[row] {
		return false
	}
	if s.busy == nil {
		s.busy = map[string]bool{}
	}
	s.busy[row] = true
	return true
}

func (s *Seller) leave(row string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.busy, row)
}

func (s *Seller) at(name string) {
	if s.Failpoint != nil {
		s.Failpoint(name)
	}
}

func saleRow(price Price, a evm.Authorization) string {
	return fmt.Sprintf("%s%s/%s", salesOf(price.Domain), a.From, a.Nonce)
}

// salesOf is what the rows of sales for one token begin with.
func salesOf(d evm.TokenDomain) string {
	return fmt.Sprintf("%s%s/%s/", salePrefix, Price{Domain: d}.Network(), d.Token)
}

const (
	salePrefix     = "x/s/"
	openSalePrefix = "x/so/"
)

// openRow is the row that names an open sale, or the prefix of those that begin
// with row; rowOf is its inverse.
func openRow(row string) string { return openSalePrefix + strings.TrimPrefix(row, salePrefix) }
func rowOf(open string) string  { return salePrefix + strings.TrimPrefix(open, openSalePrefix) }

func (s *Seller) read(row string) (sale Sale, known bool, err error) {
	err = s.DB.View(func(r store.Reader) error {
		sale, known, err = readSale(r, row)
		return err
	})
	return sale, known, err
}

func readSale(r store.Reader, row string) (sale Sale, known bool, err error) {
	raw, err := r.Get(row)
	if errors.Is(err, store.ErrNotFound) {
		return sale, false, nil
	}
	if err == nil {
		err = wire.Unmarshal(raw, &sale, wire.ForeignLimits)
	}
	if err == nil && sale.Schema != saleSchema {
		err = fmt.Errorf("%w: %.40q", wire.ErrSchema, sale.Schema)
	}
	if err != nil {
		return sale, true, fmt.Errorf("row %s: %w", row, err)
	}
	return sale, true, nil
}

func (s *Seller) write(ctx context.Context, row string, sale *Sale) error {
	sale.UpdatedAt = s.Now()
	return s.DB.Update(ctx, func(tx store.Tx) error { putSale(tx, row, sale); return nil })
}

func putSale(tx store.Tx, row string, sale *Sale) {
	tx.Set(row, wire.MustMarshal(sale))
	if sale.State.open() {
		tx.Set(openRow(row), []byte{})
	} else {
		tx.Delete(openRow(row))
	}
}
