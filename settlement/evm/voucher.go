package evm

import (
	"bytes"
	"encoding/hex"
	"errors"
	"fmt"

	"github.com/backbay-labs/chio-node/wire"
)

// VoucherSchema is the schema of a voucher file.
const VoucherSchema = "chio.voucher.v1"

// ErrVoucher: a voucher is malformed or of another channel.
var ErrVoucher = errors.New("voucher")

// Voucher promises the payee of a channel that it may have paid Cumulative
// token units in total, the last of them for the named statement. It holds all
// that verifying and redeeming it takes.
type Voucher struct {
	Schema     string      `json:"schema"`
	ChainID    uint64      `json:"chain_id"`
	Contract   Address     `json:"contract"`
	Channel    wire.Digest `json:"channel"`
	Payer      Address     `json:"payer"`
	Payee      Address     `json:"payee"`
	Token      Address     `json:"token"`
	Salt       wire.Digest `json:"salt"`
	Cumulative uint64      `json:"cumulative"`
	Statement  wire.Digest `json:"statement"`
	Signature  string      `json:"signature"` // 128 hex characters, EIP-2098
}

// Params are the channel's.
func (v *Voucher) Params() ChannelParams {
	return ChannelParams{Payer: v.Payer, Payee: v.Payee, Token: v.Token, Salt: v.Salt}
}

// Bytes is the canonical form, as written to files.
func (v *Voucher) Bytes() []byte { return wire.MustMarshal(v) }

// ParseVoucher decodes a canonical voucher file and verifies it.
func ParseVoucher(doc []byte) (*Voucher, error) {
	var v Voucher
	if err := wire.UnmarshalCanonical(doc, &v, wire.DocumentLimits); err != nil {
		return nil, fmt.Errorf("voucher: %w", err)
	}
	if !bytes.Equal(v.Bytes(), doc) {
		return nil, fmt.Errorf("voucher: %w: a field is missing", wire.ErrNotCanonical)
	}
	if err := VerifyVoucher(&v); err != nil {
		return nil, err
	}
	return &v, nil
}

// SignVoucher makes the voucher of a channel; the key must be the payer's.
func SignVoucher(k *Key, chainID uint64, contract Address, p ChannelParams, cumulative uint64, statement wire.Digest) (*Voucher, error) {
	if k.address != p.Payer {
		return nil, fmt.Errorf("%w: the payer is %s, this key is %s", ErrVoucher, p.Payer, k.address)
	}
	v := &Voucher{
		Schema: VoucherSchema, ChainID: chainID, Contract: contract, Channel: ChannelID(chainID, contract, p),
		Payer: p.Payer, Payee: p.Payee, Token: p.Token, Salt: p.Salt, Cumulative: cumulative, Statement: statement,
	}
	if err := v.check(); err != nil {
		return nil, err
	}
	sig, err := k.compact(v.data())
	if err != nil {
		return nil, err
	}
	v.Signature = hex.EncodeToString(sig[:])
	return v, nil
}

// VerifyVoucher needs nothing but the voucher:
//
//	1 the schema is ours, the chain and the parties are named and distinct
//	2 the amount is 1 … 2^53−1
//	3 the channel id is that of chain, contract and parameters
//	4 the signature is 64 bytes with low s
//	5 it is the payer's, over the EIP-712 digest on that chain and contract
//
// That the contract is the right one, and holds enough, is for who accepts it.
func VerifyVoucher(v *Voucher) error {
	if err := v.check(); err != nil { // 1, 2
		return err
	}
	if ChannelID(v.ChainID, v.Contract, v.Params()) != v.Channel { // 3
		return fmt.Errorf("%w: channel id is not that of its parameters", ErrVoucher)
	}
	sig, err := v.signature() // 4
	if err != nil {
		return err
	}
	signer, err := recoverCompact(v.data().digest(), sig) // 4
	if err != nil {
		return fmt.Errorf("voucher: %w", err)
	}
	if signer != v.Payer { // 5
		return fmt.Errorf("voucher: %w: signed by %s, payer is %s", ErrSignature, signer, v.Payer)
	}
	return nil
}

func (v *Voucher) check() error {
	switch {
	case v.Schema != VoucherSchema:
		return fmt.Errorf("%w: schema %.40q", ErrVoucher, v.Schema)
	case v.ChainID == 0 || v.ChainID > wire.MaxUnits || v.Contract.IsZero() || v.Token.IsZero():
		return fmt.Errorf("%w: chain, contract or token is missing", ErrVoucher)
	case v.Payer.IsZero() || v.Payee.IsZero() || v.Payer == v.Payee:
		return fmt.Errorf("%w: payer %s and payee %s", ErrVoucher, v.Payer, v.Payee)
	case v.Cumulative == 0 || v.Cumulative > wire.MaxUnits:
		return fmt.Errorf("%w: amount %d is outside 1 … 2^53-1", ErrVoucher, v.Cumulative)
	}
	return nil
}

func (v *Voucher) data() typedData {
	domain := domainSeparator(channelName, channelVersion, v.ChainID, v.Contract)
	return voucherData(domain, v.Channel, v.Cumulative, v.Statement)
}

func (v *Voucher) signature() ([64]byte, error) {
	var sig [64]byte
	raw, err := hex.DecodeString(v.Signature)
	if err != nil || len(raw) != len(sig) || hex.EncodeToString(raw) != v.Signature {
		return sig, fmt.Errorf("voucher: %w: want 128 lowercase hex characters", ErrSignature)
	}
	copy(sig[:], raw)
	return sig, nil
}
