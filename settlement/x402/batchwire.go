package x402

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/backbay-labs/chio-node/settlement/evm"
	"github.com/backbay-labs/chio-node/wire"
)

// The kinds of payment that are taken by batch-settlement. A payer that wants its
// deposit back takes it back itself, after the delay.
const (
	batchDeposit = "deposit" // and the first voucher on it
	batchVoucher = "voucher"
)

// ChannelConfig is a channel's configuration as the protocol spells it.
type ChannelConfig struct {
	Payer              string `json:"payer"`
	PayerAuthorizer    string `json:"payerAuthorizer"`
	Receiver           string `json:"receiver"`
	ReceiverAuthorizer string `json:"receiverAuthorizer"`
	Token              string `json:"token"`
	WithdrawDelay      uint64 `json:"withdrawDelay"`
	Salt               string `json:"salt"`
}

// Voucher is a cumulative promise as the protocol spells it.
type Voucher struct {
	Channel   string `json:"channelId"`
	Most      string `json:"maxClaimableAmount"`
	Signature string `json:"signature"`
}

// Deposit is a signed deposit as the protocol spells it.
type Deposit struct {
	Amount        string `json:"amount"`
	Authorization struct {
		EIP3009 *DepositAuthorization `json:"erc3009Authorization,omitzero"`
	} `json:"authorization"`
}

// DepositAuthorization is the payer's signature for the token.
type DepositAuthorization struct {
	ValidAfter  string `json:"validAfter"`
	ValidBefore string `json:"validBefore"`
	Salt        string `json:"salt"`
	Signature   string `json:"signature"`
}

// BatchPayload is the payload of batch-settlement on EVM chains.
type BatchPayload struct {
	Type    string        `json:"type"`
	Config  ChannelConfig `json:"channelConfig"`
	Voucher Voucher       `json:"voucher"`
	Deposit *Deposit      `json:"deposit,omitzero"`
}

// BatchPayment is what a client repeats its request with.
type BatchPayment struct {
	X402Version uint64       `json:"x402Version"`
	Resource    Resource     `json:"resource,omitzero"`
	Accepted    Requirements `json:"accepted"`
	Payload     BatchPayload `json:"payload"`
}

// SchemeOf says by which scheme a payment is made.
func SchemeOf(header string) (string, error) {
	var p struct {
		Accepted struct {
			Scheme string `json:"scheme"`
		} `json:"accepted"`
	}
	_, err := decode(header, &p)
	return p.Accepted.Scheme, err
}

// batchOrder is a payment that was read and verified.
type batchOrder struct {
	config    evm.BatchChannel
	id        wire.Digest
	most      uint64
	signature string
	deposit   *evm.BatchDeposit
	signed    string // the deposit
	raw       []byte
}

// readBatch checks a payment against what is asked for, without a network:
//
//	1 version, scheme and network are ours, and what the client accepted is what
//	  we ask for
//	2 the channel pays us in our token, we claim from it, its delay is ours, and
//	  its id follows from all that
//	3 its vouchers are signed by a key, and this one by that key
//	4 a deposit is no less than the least, valid now, until it can be mined, and
//	  not beyond the quote, and signed by the payer
func (t *BatchTerms) readBatch(header string, price Price, w Window) (*batchOrder, error) {
	var p BatchPayment
	raw, err := decode(header, &p)
	if err != nil {
		return nil, err
	}
	if err := version(p.X402Version); err != nil { // 1
		return nil, err
	}
	if err := acceptedAs(p.Accepted, t.Requirements(price)); err != nil { // 1
		return nil, err
	}
	o := &batchOrder{raw: raw}
	if err := o.readConfig(&p.Payload.Config); err != nil {
		return nil, err
	}
	c := &o.config
	if c.Receiver != price.PayTo || c.ReceiverAuthorizer != price.PayTo || c.Token != price.Domain.Token || c.WithdrawDelay != t.WithdrawDelay || c.Payer == c.Receiver || c.Payer.IsZero() { // 2
		return nil, fmt.Errorf("%w: the channel is from %s to %s, claimed by %s, in %s, with a delay of %d s; want one to %s, claimed by it, in %s, with %d s", ErrMismatch,
			c.Payer, c.Receiver, c.ReceiverAuthorizer, c.Token, c.WithdrawDelay, price.PayTo, price.Domain.Token, t.WithdrawDelay)
	}
	o.id = t.Contract.Channel(*c)
	v := &p.Payload.Voucher
	if id, err := unhex("channelId", v.Channel); err != nil || id != o.id.String() { // 2
		return nil, fmt.Errorf("%w: the channel's id is 0x%s, not %.80q", ErrMismatch, o.id, v.Channel)
	}
	if c.PayerAuthorizer.IsZero() { // 3
		return nil, fmt.Errorf("%w: the channel names no key for its vouchers; those of contract wallets are not taken", ErrMismatch)
	}
	if o.most, err = parseUnits("maxClaimableAmount", v.Most); err != nil {
		return nil, err
	}
	if o.signature, err = unhex("signature", v.Signature); err != nil {
		return nil, err
	}
	if err := t.Contract.VerifyVoucher(o.id, o.most, c.PayerAuthorizer, o.signature); err != nil { // 3
		return nil, err
	}
	switch kind := p.Payload.Type; {
	case kind == batchVoucher && p.Payload.Deposit == nil:
		return o, nil
	case kind == batchDeposit && p.Payload.Deposit != nil:
		return o, t.readDeposit(o, p.Payload.Deposit, price, w) // 4
	}
	return nil, fmt.Errorf("%w: a payment of type %.40q; deposits and vouchers are taken, what is left of a deposit its payer takes back itself", ErrMismatch, p.Payload.Type)
}

func (o *batchOrder) readConfig(w *ChannelConfig) (err error) {
	for _, a := range []struct {
		what, text string
		into       *evm.Address
	}{{"payer", w.Payer, &o.config.Payer}, {"payerAuthorizer", w.PayerAuthorizer, &o.config.PayerAuthorizer}, {"receiver", w.Receiver, &o.config.Receiver},
		{"receiverAuthorizer", w.ReceiverAuthorizer, &o.config.ReceiverAuthorizer}, {"token", w.Token, &o.config.Token}} {
		if *a.into, err = anyCase(a.what, a.text); err != nil {
			return err
		}
	}
	o.config.WithdrawDelay = w.WithdrawDelay
	o.config.Salt, err = parseWord("salt", w.Salt)
	return err
}

func parseWord(what, text string) (wire.Digest, error) {
	rest, err := unhex(what, text)
	if err != nil {
		return wire.Digest{}, err
	}
	d, err := wire.ParseDigest(rest)
	if err != nil {
		return d, fmt.Errorf("%w: %s: %w", ErrMalformed, what, err)
	}
	return d, nil
}

func (t *BatchTerms) readDeposit(o *batchOrder, w *Deposit, price Price, window Window) error {
	a := w.Authorization.EIP3009
	if a == nil {
		return fmt.Errorf("%w: deposits are taken by EIP-3009 only", ErrMismatch)
	}
	d := &evm.BatchDeposit{Channel: o.config}
	var after uint64
	var err error
	for _, n := range []struct {
		what, text string
		into       *uint64
	}{{"deposit amount", w.Amount, &d.Amount}, {"validAfter", a.ValidAfter, &after}, {"validBefore", a.ValidBefore, &d.ValidBefore}} {
		if *n.into, err = parseUnits(n.what, n.text); err != nil {
			return err
		}
	}
	if d.Salt, err = parseWord("authorization salt", a.Salt); err != nil {
		return err
	}
	if o.signed, err = unhex("deposit signature", a.Signature); err != nil {
		return err
	}
	switch {
	case d.Amount < t.least(price):
		return fmt.Errorf("%w: a deposit of %d, at least %d is taken: it costs us a transaction", ErrMismatch, d.Amount, t.least(price))
	case after != 0:
		return fmt.Errorf("%w: a deposit valid after %d, want 0", ErrMismatch, after)
	case d.ValidBefore <= window.Until:
		return fmt.Errorf("%w: deposit valid before %d, taking it may last until %d; sign again", ErrExpired, d.ValidBefore, window.Until)
	case d.ValidBefore > window.Latest:
		return fmt.Errorf("%w: deposit valid before %d, the quote ends at %d", ErrExpired, d.ValidBefore, window.Latest)
	}
	o.deposit = d
	return t.Contract.VerifyDeposit(price.Domain, *d, o.signed)
}

// least is the least deposit that is taken, which is worth more than one call.
func (t *BatchTerms) least(price Price) uint64 { return max(t.MinDeposit, price.Amount) }

// Requirements is how a price is asked for by batch-settlement.
func (t *BatchTerms) Requirements(price Price) Requirements {
	r := price.Requirements()
	r.Scheme = SchemeBatch
	r.Extra.ReceiverAuthorizer, r.Extra.WithdrawDelay = price.PayTo.String(), t.WithdrawDelay
	r.Extra.MinDeposit = strconv.FormatUint(t.least(price), 10)
	return r
}

// spellConfig is the inverse of readConfig.
func spellConfig(c evm.BatchChannel) ChannelConfig {
	return ChannelConfig{Payer: c.Payer.String(), PayerAuthorizer: c.PayerAuthorizer.String(), Receiver: c.Receiver.String(),
		ReceiverAuthorizer: c.ReceiverAuthorizer.String(), Token: c.Token.String(), WithdrawDelay: c.WithdrawDelay, Salt: "0x" + c.Salt.String()}
}

// NewBatchPayment is what a client sends that signed a voucher, and perhaps a
// deposit.
func NewBatchPayment(r Resource, accepted Requirements, c evm.BatchChannel, id wire.Digest, most uint64, signature string, d *evm.BatchDeposit, signed string) BatchPayment {
	p := BatchPayment{X402Version: Version, Resource: r, Accepted: accepted, Payload: BatchPayload{Type: batchVoucher, Config: spellConfig(c),
		Voucher: Voucher{Channel: "0x" + id.String(), Most: strconv.FormatUint(most, 10), Signature: "0x" + signature}}}
	if d != nil {
		p.Payload.Type, p.Payload.Deposit = batchDeposit, &Deposit{Amount: strconv.FormatUint(d.Amount, 10)}
		p.Payload.Deposit.Authorization.EIP3009 = &DepositAuthorization{ValidAfter: "0", ValidBefore: strconv.FormatUint(d.ValidBefore, 10),
			Salt: "0x" + d.Salt.String(), Signature: "0x" + strings.TrimPrefix(signed, "0x")}
	}
	return p
}
