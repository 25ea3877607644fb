package evm

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"math/big"

	"github.com/ethereum/go-ethereum"
	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/crypto"

	"github.com/backbay-labs/chio-node/store"
	"github.com/backbay-labs/chio-node/wire"
)

// Why a call of a contract ends without effect, or without a known one.
var (
	// ErrCallsOpen: an earlier call is not over, and might use what this one allows.
	ErrCallsOpen = errors.New("an earlier call of a contract is not over")
	// ErrGasMax: the call needs more gas than its configuration allows.
	ErrGasMax = errors.New("call needs more gas than gas_max")
	// ErrUnsettled: the call is signed, and what became of it is not known.
	ErrUnsettled = errors.New("it is not known yet what became of the call")
	// ErrVoided: the call was not signed and will not be.
	ErrVoided = errors.New("call ended before it was signed")
	// ErrOverspent: more of the token left the account than was allowed.
	ErrOverspent = errors.New("contract took more than was allowed")
)

// ContractCall is one call of a contract that is not a view.
type ContractCall struct {
	ID     string // exactly once per id
	To     Address
	Data   []byte
	Spends uint64 // token units that the contract may take, and no more; 0: none
	GasMax uint64 // of the call itself; 0: no limit of its own
}

// CallState is how far a call has come.
type CallState string

// The states. A reorganisation leads from CallMined back to CallOpen.
const (
	CallOpen  CallState = "open"  // perhaps signed
	CallMined CallState = "mined" // in a block that may still be undone
	CallFinal CallState = "final" // and in the ledger, if it moved anything
	CallVoid  CallState = "void"  // never signed, or cancelled: it does not happen
)

// CallRecord is the row of one call.
type CallRecord struct {
	Schema   string      `json:"schema"`
	State    CallState   `json:"state"`
	ID       string      `json:"id"`
	To       Address     `json:"to"`
	Data     string      `json:"data"` // hex
	Allowed  uint64      `json:"allowed_minor"`
	Granted  bool        `json:"granted,omitzero"` // the contract may still hold an allowance
	Spent    uint64      `json:"spent_minor"`      // what left our account in the transaction
	Tx       wire.Digest `json:"tx"`
	Block    uint64      `json:"block"`
	Reverted bool        `json:"reverted,omitzero"`
	Reason   string      `json:"reason,omitempty"`

	UpdatedAt int64 `json:"updated_at"` // unix seconds
}

// over reports that nothing is left to do about a call.
func (r *CallRecord) over() bool {
	return (r.State == CallFinal || r.State == CallVoid) && !r.Granted
}

// blocks reports that another call must not be allowed anything yet.
func (r *CallRecord) blocks() bool { return r.State == CallOpen || r.Granted }

const callSchema = "chio.contract_call.v1"

// Caller calls contracts with the key of one chain, one call at a time, so that
// no call spends what another was allowed.
type Caller struct {
	Chain    *Chain
	Currency string // of the token, in the ledger
	busy     chan struct{}
}

// NewCaller makes a caller. There is one per chain.
func NewCaller(chain *Chain, currency string) *Caller {
	return &Caller{Chain: chain, Currency: currency, busy: make(chan struct{}, 1)}
}

// Event is a decoded log of the called contract.
type Event struct {
	Name      string         `json:"name"`
	Arguments map[string]any `json:"arguments"`
}

// Execute makes a call and returns once it is mined, or known not to happen:
//
//	1 an id that was executed before is not executed again
//	2 the target is neither the token, where no allowance bounds a call, nor the
//	  channel contract, which settlement alone calls
//	3 no earlier call can still take anything
//	4 the row is on disk before anything is signed
//	5 the allowance is exactly what the call may spend
//	6 after it the allowance is zero again, or the row says that it is not
//
// The outbox sends each of allowance, call and withdrawal once across crashes.
// The errors are the package's; a refusal by the contract is a record that is
// reverted and no error. With ErrUnsettled, what was allowed may be spent; with
// any other error nothing was, and nothing will be.
func (c *Caller) Execute(ctx context.Context, call ContractCall) (*CallRecord, error) {
	if err := c.enter(ctx); err != nil {
		return nil, err
	}
	defer c.leave()
	row := c.Chain.callRow(call.ID)
	rec, known, err := c.Chain.readCall(row)
	switch {
	case err != nil:
		return nil, err
	case known && (rec.To != call.To || rec.Data != hex.EncodeToString(call.Data) || rec.Allowed != call.Spends): // 1
		return nil, fmt.Errorf("%w: call %.80q was another call", ErrConflict, call.ID)
	case known:
		return c.again(ctx, row, &rec) // 1
	}
	if err := c.admit(ctx, call); err != nil {
		return nil, err
	}
	rec = CallRecord{Schema: callSchema, State: CallOpen, ID: call.ID, To: call.To, Data: hex.EncodeToString(call.Data), Allowed: call.Spends}
	if err := c.Chain.writeCall(ctx, row, &rec, nil); err != nil { // 4
		return nil, err
	}
	c.Chain.config.Failpoint("call.recorded")
	return c.run(ctx, row, &rec, call.GasMax)
}

// again is how a call stands that was asked for before. What was not signed then
// is not signed now.
func (c *Caller) again(ctx context.Context, row string, rec *CallRecord) (*CallRecord, error) {
	if err := c.forward(ctx, row, rec); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrUnsettled, err)
	}
	switch {
	case rec.State == CallOpen:
		return nil, fmt.Errorf("%w: it is not mined", ErrUnsettled)
	case rec.State == CallVoid && !rec.Reverted:
		return nil, fmt.Errorf("%w: %s; make a new call", ErrVoided, rec.Reason)
	}
	return rec, nil
}

func (c *Caller) enter(ctx context.Context) error {
	select {
	case c.busy <- struct{}{}:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("%w: %w", ErrCallsOpen, context.Cause(ctx))
	}
}

func (c *Caller) leave() { <-c.busy }

// admit refuses a call before anything of it is recorded.
func (c *Caller) admit(ctx context.Context, call ContractCall) error {
	if call.To.IsZero() || call.To == c.Chain.config.Token || call.To == c.Chain.config.Channel || call.To == c.Chain.Address() { // 2
		return fmt.Errorf("%w: %s is not a contract to call", ErrConfig, call.To)
	}
	return c.advance(ctx, func(rec *CallRecord) error { // 3
		if rec.blocks() {
			return fmt.Errorf("%w: %s; it goes on by itself, or see chio-node settle txs", ErrCallsOpen, rec.ID)
		}
		return nil
	})
}

// run brings an open call to where it is mined or void.
func (c *Caller) run(ctx context.Context, row string, rec *CallRecord, gasMax uint64) (*CallRecord, error) {
	err := c.send(ctx, row, rec, gasMax)
	_, lookup := c.Chain.Tx(row + "/call")
	signed := lookup == nil
	var revert *RevertError
	switch {
	case lookup != nil && !errors.Is(lookup, ErrUnknownTx):
		return nil, fmt.Errorf("%w: %w", ErrUnsettled, lookup)
	case !signed && err == nil: // send returns without error once it is mined
		return nil, fmt.Errorf("%w: its record is missing", ErrUnsettled)
	case !signed:
		rec.State, rec.Reason = CallVoid, err.Error()
		if errors.As(err, &revert) {
			rec.Reverted, rec.Reason = true, revert.Reason
		}
		if saved := c.Chain.writeCall(ctx, row, rec, nil); saved != nil {
			return nil, errors.Join(err, saved) // still open: Continue makes it void
		}
		c.withdrawQuietly(ctx, row, rec)
		if rec.Reverted {
			return rec, nil
		}
		return nil, err
	case err != nil && !errors.As(err, &revert):
		return nil, fmt.Errorf("%w: %w", ErrUnsettled, err)
	}
	if err := c.settle(ctx, row, rec); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrUnsettled, err)
	}
	if rec.State == CallOpen {
		return nil, fmt.Errorf("%w: its block was dropped", ErrUnsettled)
	}
	c.withdrawQuietly(ctx, row, rec)
	if rec.State == CallVoid {
		return nil, fmt.Errorf("%w: %s", ErrVoided, rec.Reason)
	}
	return rec, nil
}

// send allows what the call may spend, and makes it.
func (c *Caller) send(ctx context.Context, row string, rec *CallRecord, gasMax uint64) error {
	data, err := hex.DecodeString(rec.Data)
	if err != nil {
		return fmt.Errorf("%w: stored call: %w", store.ErrCorrupt, err)
	}
	if err := c.allow(ctx, row, rec); err != nil {
		return err
	}
	c.Chain.config.Failpoint("call.allowed")
	_, err = c.Chain.perform(ctx, operation{key: row + "/call", detail: wire.Hash(data).String(), amount: rec.Allowed, to: rec.To, gasMax: gasMax,
		data: func(context.Context) ([]byte, error) { return data, nil }})
	c.Chain.config.Failpoint("call.mined")
	return err
}

// allow makes the allowance exactly what the call may spend.
func (c *Caller) allow(ctx context.Context, row string, rec *CallRecord) error {
	have, err := c.Chain.allowance(ctx, rec.To)
	if err != nil || have.Cmp(new(big.Int).SetUint64(rec.Allowed)) == 0 { // 5
		return err
	}
	rec.Granted = true
	if err := c.Chain.writeCall(ctx, row, rec, nil); err != nil {
		return err
	}
	return c.approve(ctx, row+"/allow", rec.To, rec.Allowed)
}

func (c *Caller) approve(ctx context.Context, key string, spender Address, units uint64) error {
	_, err := c.Chain.perform(ctx, operation{key: key, detail: fmt.Sprintf("allow=%d", units), amount: units, to: c.Chain.config.Token,
		data: func(context.Context) ([]byte, error) {
			return append(selector("approve(address,uint256)"), append(addressWord(spender), uintWord(units)...)...), nil
		}})
	return err
}

func selector(signature string) []byte { return crypto.Keccak256([]byte(signature))[:4:4] }

// allowance is what a contract may take of our tokens now.
func (c *Chain) allowance(ctx context.Context, spender Address) (*big.Int, error) {
	at, err := c.block(ctx, Latest)
	if err != nil {
		return nil, err
	}
	data := append(selector("allowance(address,address)"), append(addressWord(c.config.Key.address), addressWord(spender)...)...)
	return read(ctx, c, at, c.config.Token, data, func(b []byte) (*big.Int, error) {
		if len(b) != 32 {
			return nil, fmt.Errorf("%d bytes", len(b))
		}
		return new(big.Int).SetBytes(b), nil
	})
}

// settle reads off the chain what became of a signed call. What it spent are the
// token's Transfer events out of our account in its transaction.
func (c *Caller) settle(ctx context.Context, row string, rec *CallRecord) error {
	t, err := c.Chain.follow(ctx, row+"/call")
	if err != nil {
		return err
	}
	was := *rec
	switch {
	case t.State == StateSigned:
		rec.State, rec.Spent, rec.Tx, rec.Block, rec.Reverted, rec.Reason = CallOpen, 0, wire.Digest{}, 0, false, ""
	case t.Cancelled && t.settled():
		rec.State, rec.Reason = CallVoid, "an operator cancelled its transaction"
	case t.Cancelled:
		rec.State = CallOpen
	default:
		if err := c.describe(ctx, rec, &t); err != nil {
			return err
		}
	}
	if *rec == was {
		return nil
	}
	return c.Chain.writeCall(ctx, row, rec, c.posting(row, rec))
}

func (c *Caller) describe(ctx context.Context, rec *CallRecord, t *Tx) error {
	r, err := c.Chain.canonicalReceipt(ctx, common.Hash(t.Hash))
	if err != nil {
		return err
	}
	if r == nil || wire.Digest(r.BlockHash) != t.BlockHash {
		return fmt.Errorf("%w: %s moved to another block", ErrUnavailable, t.Key)
	}
	spent, err := c.Chain.outflow(r)
	if err != nil {
		return err
	}
	rec.State, rec.Spent, rec.Tx, rec.Block, rec.Reverted, rec.Reason = CallMined, spent, t.Hash, t.BlockNumber, t.Reverted, t.Reason
	if t.settled() {
		rec.State = CallFinal
	}
	if spent > rec.Allowed {
		return fmt.Errorf("%w: %d of %d in transaction %s", ErrOverspent, spent, rec.Allowed, t.Hash)
	}
	return nil
}

// outflow adds up what a transaction moved out of our account, in token units.
func (c *Chain) outflow(r *receipt) (uint64, error) {
	topic, sum := crypto.Keccak256Hash([]byte(transferEvent)), new(big.Int)
	ours := common.BytesToHash(addressWord(c.config.Key.address))
	for _, l := range r.Logs {
		if Address(l.Address) != c.config.Token || len(l.Topics) != 3 || l.Topics[0] != topic || l.Topics[1] != ours || l.Topics[2] == ours {
			continue
		}
		sum.Add(sum, new(big.Int).SetBytes(l.Data))
	}
	return units(sum)
}

// withdrawQuietly leaves to Continue what it could not do: the row says so.
func (c *Caller) withdrawQuietly(ctx context.Context, row string, rec *CallRecord) {
	_ = c.withdraw(ctx, row, rec)
}

// withdraw makes the allowance zero again. The allowance of a transaction that
// is not mined yet is waited for: it would come after.
func (c *Caller) withdraw(ctx context.Context, row string, rec *CallRecord) error {
	if !rec.Granted || rec.State == CallOpen {
		return nil
	}
	if _, err := c.Chain.Tx(row + "/allow"); err == nil {
		t, err := c.Chain.follow(ctx, row+"/allow")
		if err != nil || t.State == StateSigned {
			return err
		}
	}
	have, err := c.Chain.allowance(ctx, rec.To)
	if err != nil {
		return err
	}
	if have.Sign() != 0 {
		if err := c.approve(ctx, row+"/withdraw", rec.To, 0); err != nil { // 6
			return err
		}
	}
	rec.Granted = false
	return c.Chain.writeCall(ctx, row, rec, nil)
}

// Continue brings every call that is not over forward. One that was not signed
// when its process ended becomes void; what it allowed is withdrawn.
func (c *Caller) Continue(ctx context.Context) error {
	select {
	case c.busy <- struct{}{}:
	default:
		return nil // a call is being made; it is looked at again
	}
	defer c.leave()
	return c.advance(ctx, func(*CallRecord) error { return nil })
}

// advance brings every open row forward, and asks about each how it is then. The
// caller holds busy.
func (c *Caller) advance(ctx context.Context, each func(*CallRecord) error) error {
	rows, err := c.Chain.openCalls()
	if err != nil {
		return err
	}
	var failed []error
	for _, row := range rows {
		rec, known, err := c.Chain.readCall(row)
		if err != nil || !known {
			failed = append(failed, err)
			continue
		}
		if err := c.forward(ctx, row, &rec); err != nil {
			failed = append(failed, fmt.Errorf("%s: %w", row, err))
		}
		failed = append(failed, each(&rec))
	}
	return errors.Join(failed...)
}

func (c *Caller) forward(ctx context.Context, row string, rec *CallRecord) error {
	_, err := c.Chain.Tx(row + "/call")
	switch {
	case err == nil && rec.State != CallFinal && rec.State != CallVoid:
		err = c.settle(ctx, row, rec)
	case errors.Is(err, ErrUnknownTx) && rec.State == CallOpen:
		rec.State, rec.Reason = CallVoid, "its process ended before it was signed"
		err = c.Chain.writeCall(ctx, row, rec, nil)
	case errors.Is(err, ErrUnknownTx):
		err = nil
	}
	if err != nil {
		return err
	}
	return c.withdraw(ctx, row, rec)
}

// Events are the events of the called contract in a call's transaction, of the
// given types, in order.
func (c *Caller) Events(ctx context.Context, rec *CallRecord, kinds []*EventType) ([]Event, error) {
	out := []Event{}
	if rec.Tx.IsZero() || len(kinds) == 0 {
		return out, nil
	}
	r, err := c.Chain.canonicalReceipt(ctx, common.Hash(rec.Tx))
	if err != nil || r == nil {
		return out, err
	}
	for _, l := range r.Logs {
		if Address(l.Address) != rec.To || len(out) == maxCallItems {
			continue
		}
		for _, kind := range kinds {
			if args, ok := kind.decode(l); ok {
				out = append(out, Event{Name: kind.Name, Arguments: args})
			}
		}
	}
	return out, nil
}

// View asks a view function in the state after the newest block, which it names.
func (c *Chain) View(ctx context.Context, to Address, f *Function, data []byte) (map[string]any, BlockRef, error) {
	b, err := c.block(ctx, Latest)
	if err != nil {
		return nil, BlockRef{}, err
	}
	at, target := BlockRef{Number: b.Number, Hash: wire.Digest(b.Hash), Time: int64(b.Time)}, common.Address(to)
	out, err := c.callAt(ctx, ethereum.CallMsg{From: common.Address(c.config.Key.address), To: &target, Data: data}, b)
	if err != nil {
		return nil, at, c.refused("reading "+to.String(), err)
	}
	if len(out) == 0 && len(f.outputs) > 0 {
		return nil, at, fmt.Errorf("%w: %s has no such function or no code", ErrWrongContract, to)
	}
	values, err := f.Decode(out)
	return values, at, err
}
