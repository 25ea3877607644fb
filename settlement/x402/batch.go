package x402

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync"

	"github.com/backbay-labs/chio-node/settlement/evm"
	"github.com/backbay-labs/chio-node/store"
	"github.com/backbay-labs/chio-node/wire"
)

var (
	// ErrCumulative: a voucher does not go on from what was charged. What the payee
	// has of the channel tells the payer where it stands.
	ErrCumulative = errors.New("voucher does not go on from what was charged")
	// ErrChannel: the channel does not hold what a voucher promises, or its payer
	// takes it back.
	ErrChannel = errors.New("channel does not cover the voucher")
)

// BatchTerms is how payments from deposits are taken.
type BatchTerms struct {
	Contract      evm.BatchContract
	WithdrawDelay uint64 // seconds
	MinDeposit    uint64 // token units; each costs the payee a transaction
}

// BatchToken is what a seller by batch-settlement needs of a chain; evm.Chain has
// it.
type BatchToken interface {
	BatchState(ctx context.Context, b evm.BatchContract, channel wire.Digest, depth uint64) (evm.BatchState, error)
	BatchTotals(ctx context.Context, b evm.BatchContract, depth uint64) (claimed, settled uint64, err error)
	SubmitBatchDeposit(ctx context.Context, b evm.BatchContract, d evm.BatchDeposit, signature string) (evm.Tx, error)
	ClaimBatch(ctx context.Context, b evm.BatchContract, claims []evm.BatchClaim) (evm.Tx, error)
	SettleBatch(ctx context.Context, b evm.BatchContract, claimed uint64) (evm.Tx, error)
	AuthorizationUsed(ctx context.Context, from evm.Address, nonce wire.Digest, tag evm.Tag) (used bool, at uint64, err error)
}

// BatchSeller sells calls by batch-settlement. It must be the only one on its
// rows, and its chain's key the receiver of its channels.
type BatchSeller struct {
	DB       store.DB
	Chain    BatchToken
	Terms    BatchTerms
	Receiver evm.Address     // the chain's key
	Domain   evm.TokenDomain // of the one token it sells for, read from the chain
	Currency string          // of the token in the ledger
	Now      func() int64    // unix seconds
	// Margin is how many seconds mining a deposit may take, Skew what a client's
	// clock may be ahead.
	Margin, Skew uint64
	// Tiers say how deep in the chain the deposit must be that covers what is not
	// claimed yet.
	Tiers []Tier
	// ClaimAbove is how much of one channel stays unclaimed at most, in token
	// units; ClaimAfter, for how many seconds.
	ClaimAbove uint64
	ClaimAfter int64
	// Every is how many seconds Continue leaves the chain alone at least.
	Every int64
	// Failpoint, if set, is called at named places, for crash tests.
	Failpoint func(name string)

	mu     sync.Mutex
	busy   map[wire.Digest]bool
	base   bool  // a row says what was settled before the first sale
	looked int64 // when Continue did
}

const batchSchema = "chio.x402.channel.v1"

// BatchChannel is the record of one channel that pays us. Amounts are cumulative,
// in token units.
type BatchChannel struct {
	Schema    string           `json:"schema"`
	Channel   wire.Digest      `json:"channel"`
	Config    evm.BatchChannel `json:"config"`
	Charged   uint64           `json:"charged"`             // for calls that were sold
	Signature string           `json:"signature,omitempty"` // of the voucher over Charged
	Claimed   uint64           `json:"claimed"`             // of it, as last seen
	Lost      uint64           `json:"lost,omitzero"`       // of it, not claimed before its payer took the deposit back
	Block     uint64           `json:"block"`               // at which the deposit covered Charged
	DueAt     int64            `json:"due_at,omitzero"`     // since when something of it is not claimed
	UpdatedAt int64            `json:"updated_at"`
}

// Owed is what is still to be claimed.
func (c *BatchChannel) Owed() uint64 { return c.Charged - c.Claimed - c.Lost }

// BatchSale is a call that was sold from a channel, as its caller is told.
type BatchSale struct {
	Sale    Sale
	Channel BatchChannel
	State   evm.BatchState // what the chain said before the call
	Deposit evm.Tx         // of a payment that came with one
}

// Sell serves one request that came with a payment:
//
//	1 the payment verifies against the price (readBatch)
//	2 a payment that was charged before is for the same bytes and request, and gets
//	  the same result
//	3 its voucher is over what was charged plus the price, no more and no less
//	4 the deposit that comes with it is in its channel
//	5 the channel holds all that the voucher promises, as deep in the chain as what
//	  is unclaimed asks for, and its payer takes nothing back
//	6 the sale is on disk before the call runs; result, charge and voucher are
//	  written together
//
// One request per channel is served at a time. execute runs at most once per
// payment within the price's timeout; if it fails nothing is charged, and the same
// voucher pays for another request.
func (s *BatchSeller) Sell(ctx context.Context, header string, price Price, required []byte, request wire.Digest, execute func(ctx context.Context, payer evm.Address) ([]byte, error)) (*BatchSale, error) {
	now := uint64(s.Now())
	o, err := s.Terms.readBatch(header, price, Window{Now: now, Until: now + s.Margin, Latest: now + s.Skew + price.Timeout}) // 1
	late := errors.Is(err, ErrExpired)                                                                                        // what is charged still has its answer
	if err != nil && !late {
		return nil, err
	}
	if !s.enter(o.id) {
		return nil, ErrBusy
	}
	defer s.leave(o.id)
	out := &BatchSale{}
	row := s.saleRow(o)
	var known bool
	err = s.DB.View(func(r store.Reader) error {
		if out.Channel, err = s.channel(r, o); err != nil {
			return err
		}
		out.Sale, known, err = readSale(r, row)
		return err
	})
	if err != nil {
		return nil, err
	}
	if out.Channel.Block == 0 { // what an earlier store of this key claimed was charged
		if out.State, err = s.Chain.BatchState(ctx, s.Terms.Contract, o.id, 1); err != nil {
			return nil, err
		}
		out.Channel.Charged, out.Channel.Claimed = out.State.Claimed, out.State.Claimed
	}
	same := known && out.Sale.Payment == string(o.raw) && out.Sale.Request == request
	switch {
	case same && out.Sale.State == SaleExecuted: // 2
		out.State, err = s.Chain.BatchState(ctx, s.Terms.Contract, o.id, 1)
		return out, err
	case same && now < uint64(out.Sale.UpdatedAt)+price.Timeout:
		return out, fmt.Errorf("%w: voucher %d of channel %s is not charged; check what the call did before paying for another", ErrIncomplete, o.most, o.id)
	case late:
		return out, fmt.Errorf("%w: sign a new deposit", ErrExpired)
	case o.most != out.Channel.Charged+price.Amount: // 3
		if out.State, err = s.Chain.BatchState(ctx, s.Terms.Contract, o.id, 1); err != nil {
			return nil, err
		}
		return out, fmt.Errorf("%w: it allows %d, charged are %d, the call costs %d", ErrCumulative, o.most, out.Channel.Charged, price.Amount)
	}
	if err := s.rememberBase(ctx); err != nil {
		return out, err
	}
	if out.Deposit, err = s.deposit(ctx, o); err != nil { // 4
		return out, err
	}
	if err := s.covered(ctx, o, out); err != nil { // 5
		return out, err
	}
	out.Sale = Sale{Schema: saleSchema, State: SaleExecuting, Request: request, Payer: o.config.Payer.String(), Nonce: o.id, Amount: price.Amount,
		Required: string(required), Payment: string(o.raw), Since: out.State.Block, CreatedAt: s.Now(), UpdatedAt: s.Now()}
	if err := s.DB.Update(ctx, func(tx store.Tx) error { tx.Set(row, wire.MustMarshal(&out.Sale)); return nil }); err != nil { // 6
		return out, err
	}
	s.at("batch.accepted")
	return out, s.execute(ctx, row, o, out, execute)
}

// execute is rule 6, and runs the call.
func (s *BatchSeller) execute(ctx context.Context, row string, o *batchOrder, out *BatchSale, execute func(context.Context, evm.Address) ([]byte, error)) error {
	result, err := execute(ctx, o.config.Payer)
	switch {
	case errors.Is(err, ErrDenied): // it did not run: the voucher is as good as new
		return errors.Join(err, s.DB.Update(ctx, func(tx store.Tx) error { tx.Delete(row); return nil }))
	case err != nil:
		return fmt.Errorf("%w: %w", ErrIncomplete, err)
	}
	s.at("batch.executed")
	now := s.Now()
	out.Sale.State, out.Sale.Result, out.Sale.UpdatedAt = SaleExecuted, result, now
	return s.DB.Update(ctx, func(tx store.Tx) error {
		c, err := s.channel(tx, o)
		if err != nil {
			return err
		}
		if c.Block == 0 {
			c = out.Channel
		}
		if c.DueAt == 0 {
			c.DueAt = now
		}
		c.Charged, c.Signature, c.Lost, c.Block, c.UpdatedAt = o.most, o.signature, 0, out.State.Block, now
		out.Channel = c
		tx.Set(row, wire.MustMarshal(&out.Sale))
		s.put(tx, &c, true)
		return nil
	})
}

// channel reads the record of a payment's channel, or starts it.
func (s *BatchSeller) channel(r store.Reader, o *batchOrder) (BatchChannel, error) {
	c, known, err := readBatchChannel(r, s.channelRow(o.id))
	if !known {
		c = BatchChannel{Schema: batchSchema, Channel: o.id, Config: o.config}
	}
	return c, err
}

// deposit has the deposit of a payment taken, unless it was.
func (s *BatchSeller) deposit(ctx context.Context, o *batchOrder) (evm.Tx, error) {
	if o.deposit == nil {
		return evm.Tx{}, nil
	}
	taken := func() (bool, error) {
		used, _, err := s.Chain.AuthorizationUsed(ctx, o.config.Payer, s.Terms.Contract.Nonce(*o.deposit), evm.Latest)
		return used, err
	}
	used, err := taken()
	if err != nil || used {
		return evm.Tx{}, err
	}
	t, err := s.Chain.SubmitBatchDeposit(ctx, s.Terms.Contract, *o.deposit, o.signed)
	if errors.Is(err, evm.ErrReverted) { // somebody may have been faster
		if used, usedErr := taken(); usedErr == nil && used {
			return t, nil
		}
		return t, fmt.Errorf("%w: the deposit was refused: %w", ErrUnpaid, err)
	}
	if err != nil {
		return t, fmt.Errorf("taking the deposit: %w", err)
	}
	s.at("batch.deposited")
	return t, nil
}

// covered is rule 5.
func (s *BatchSeller) covered(ctx context.Context, o *batchOrder, out *BatchSale) (err error) {
	if out.State, err = s.Chain.BatchState(ctx, s.Terms.Contract, o.id, 1); err != nil {
		return err
	}
	st := &out.State
	switch {
	case st.WithdrawAt != 0:
		return fmt.Errorf("%w: its payer announced to take it back", ErrChannel)
	case o.most <= st.Claimed:
		return fmt.Errorf("%w: the voucher allows %d, of which %d are claimed", ErrCumulative, o.most, st.Claimed)
	case o.most > st.Balance:
		return fmt.Errorf("%w: the voucher allows %d, deposited are %d", ErrChannel, o.most, st.Balance)
	}
	need := depth(s.Tiers, o.most-st.Claimed)
	if need == 1 {
		return nil
	}
	deep, err := s.Chain.BatchState(ctx, s.Terms.Contract, o.id, need)
	if err != nil {
		return err
	}
	if o.most > deep.Balance {
		return fmt.Errorf("%w: of %d unclaimed, %d are deposited as deep as that asks for", ErrShallow, o.most-st.Claimed, deep.Balance)
	}
	return nil
}

// rememberBase writes down what was settled before the first sale, so that only
// what these sales bring is booked.
func (s *BatchSeller) rememberBase(ctx context.Context) error {
	s.mu.Lock()
	done := s.base
	s.mu.Unlock()
	if done {
		return nil
	}
	_, settled, err := s.Chain.BatchTotals(ctx, s.Terms.Contract, 0)
	if err != nil {
		return err
	}
	err = s.DB.Update(ctx, func(tx store.Tx) error {
		if _, known, err := s.booked(tx); err != nil || known {
			return err
		}
		tx.Set(s.bookedRow(), wire.MustMarshal(settled))
		return nil
	})
	if err == nil {
		s.mu.Lock()
		s.base = true
		s.mu.Unlock()
	}
	return err
}

func (s *BatchSeller) enter(id wire.Digest) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.busy[id] {
		return false
	}
	if s.busy == nil {
		s.busy = map[wire.Digest]bool{}
	}
	s.busy[id] = true
	return true
}

func (s *BatchSeller) leave(id wire.Digest) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.busy, id)
}

func (s *BatchSeller) at(name string) {
	if s.Failpoint != nil {
		s.Failpoint(name)
	}
}

const (
	batchChannelPrefix = "x/v/"
	openBatchPrefix    = "x/vo/" // of these, what is not claimed, sent and booked
	batchSalePrefix    = "x/vs/"
	batchBookedPrefix  = "x/vb/" // what is booked of what was sent
	batchSweepPrefix   = "x/vw/" // each booking
)

// under is what rows of one contract and token begin with.
func (s *BatchSeller) under(prefix string) string {
	return fmt.Sprintf("%s%s/%s/%s/", prefix, Price{Domain: s.Domain}.Network(), s.Terms.Contract.Address, s.Domain.Token)
}

func (s *BatchSeller) channelRow(id wire.Digest) string {
	return s.under(batchChannelPrefix) + id.String()
}
func (s *BatchSeller) saleRow(o *batchOrder) string {
	return fmt.Sprintf("%s%s/%016d", s.under(batchSalePrefix), o.id, o.most)
}
func (s *BatchSeller) bookedRow() string { return s.under(batchBookedPrefix) + s.Receiver.String() }

func readBatchChannel(r store.Reader, row string) (c BatchChannel, known bool, err error) {
	raw, err := r.Get(row)
	if errors.Is(err, store.ErrNotFound) {
		return c, false, nil
	}
	if err == nil {
		err = wire.Unmarshal(raw, &c, wire.DocumentLimits)
	}
	if err == nil && c.Schema != batchSchema {
		err = fmt.Errorf("%w: %.40q", wire.ErrSchema, c.Schema)
	}
	if err != nil {
		return c, true, fmt.Errorf("row %s: %w", row, err)
	}
	return c, true, nil
}

// put writes a channel; open says that Continue has something to do about it.
func (s *BatchSeller) put(tx store.Tx, c *BatchChannel, open bool) {
	tx.Set(s.channelRow(c.Channel), wire.MustMarshal(c))
	if marker := s.under(openBatchPrefix) + c.Channel.String(); open {
		tx.Set(marker, []byte{})
	} else {
		tx.Delete(marker)
	}
}

func (s *BatchSeller) booked(r store.Reader) (n uint64, known bool, err error) {
	raw, err := r.Get(s.bookedRow())
	if errors.Is(err, store.ErrNotFound) {
		return 0, false, nil
	}
	if err == nil {
		err = wire.Unmarshal(raw, &n, wire.DocumentLimits)
	}
	return n, err == nil, err
}

// StateOf is what a payee says of a channel after a sale.
func (b *BatchSale) StateOf() ChannelState {
	return ChannelState{Channel: "0x" + b.Channel.Channel.String(), Balance: strconv.FormatUint(b.State.Balance, 10), Claimed: strconv.FormatUint(b.State.Claimed, 10),
		WithdrawAt: b.State.WithdrawAt, RefundNonce: strconv.FormatUint(b.State.RefundNonce, 10), Charged: strconv.FormatUint(b.Channel.Charged, 10)}
}

// Corrective adds to what is asked for where the payer stands, with its own
// signature for it.
func (b *BatchSale) Corrective(r *Requirements) {
	state := b.StateOf()
	r.Extra.ChannelState = &state
	if b.Channel.Signature != "" {
		r.Extra.VoucherState = &VoucherState{Signed: state.Charged, Signature: "0x" + b.Channel.Signature}
	}
}

// Settlement is what the header of an answer says of a sale.
func (b *BatchSale) Settlement(price Price) Settlement {
	out := Settlement{Success: b.Sale.State == SaleExecuted, Payer: b.Sale.Payer, Network: price.Network()}
	if !out.Success {
		out.ErrorReason = string(b.Sale.State)
		return out
	}
	if !b.Deposit.Hash.IsZero() {
		out.Transaction = "0x" + b.Deposit.Hash.String()
	}
	out.Extra = &SettlementExtra{Charged: strconv.FormatUint(b.Sale.Amount, 10), Channel: b.StateOf()}
	return out
}

// networkOf reads the network from the name of a row.
func networkOf(row, prefix string) string {
	network, _, _ := strings.Cut(strings.TrimPrefix(row, prefix), "/")
	return network
}
