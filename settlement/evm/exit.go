package evm

import (
	"context"
	"encoding/hex"
	"fmt"
	"math/big"

	"github.com/ethereum/go-ethereum/core/types"

	"github.com/backbay-labs/chio-node/wire"
)

// closeType is the EIP-712 type of a payee's consent.
const closeType = "CooperativeClose(bytes32 channel,uint96 cumulative,bytes32 statement,uint32 epoch,uint64 validUntil)"

// Consent is what a payee signs to let a channel end at once: it gets what
// brings its total to Cumulative, the payer the rest.
type Consent struct {
	ChainID    uint64
	Contract   Address
	Channel    wire.Digest
	Cumulative uint64      // token units
	Statement  wire.Digest // of the newest voucher, zero if there is none
	Epoch      uint64      // how often the channel has ended before
	ValidUntil uint64      // unix seconds, by the chain's clock
}

func (c *Consent) data() typedData {
	domain := domainSeparator(channelName, channelVersion, c.ChainID, c.Contract)
	return typed(domain, keccak(typeHash(closeType), c.Channel[:], uintWord(c.Cumulative), c.Statement[:], uintWord(c.Epoch), uintWord(c.ValidUntil)))
}

// SignConsent signs as the payee: 128 hex characters, EIP-2098.
func SignConsent(k *Key, c *Consent) (string, error) {
	sig, err := k.compact(c.data())
	if err != nil {
		return "", err
	}
	return hex.EncodeToString(sig[:]), nil
}

// VerifyConsent checks that a payee has signed.
func VerifyConsent(c *Consent, payee Address, signature string) error {
	var sig [64]byte
	raw, err := hex.DecodeString(signature)
	if err != nil || len(raw) != len(sig) || hex.EncodeToString(raw) != signature {
		return fmt.Errorf("consent: %w: want 128 lowercase hex characters", ErrSignature)
	}
	copy(sig[:], raw)
	signer, err := recoverCompact(c.data().digest(), sig)
	if err != nil {
		return fmt.Errorf("consent: %w", err)
	}
	if signer != payee {
		return fmt.Errorf("consent: %w: signed by %s, payee is %s", ErrSignature, signer, payee)
	}
	return nil
}

// CloseWithConsent ends a channel whose payer this node is, and returns when it
// is mined. Asked again for the same end it resumes.
func (c *Chain) CloseWithConsent(ctx context.Context, p ChannelParams, consent *Consent, signature string) (Tx, error) {
	if err := c.checkParams(p); err != nil {
		return Tx{}, err
	}
	if consent.Channel != c.ChannelID(p) || consent.ChainID != c.config.ChainID || consent.Contract != c.config.Channel {
		return Tx{}, fmt.Errorf("%w: the consent is of channel %s", ErrVoucher, consent.Channel)
	}
	if err := VerifyConsent(consent, p.Payee, signature); err != nil {
		return Tx{}, err
	}
	raw, err := hex.DecodeString(signature)
	if err != nil {
		return Tx{}, err
	}
	return c.perform(ctx, operation{
		key:    fmt.Sprintf("consent/%s/%d", consent.Channel, consent.Epoch),
		detail: fmt.Sprintf("cumulative=%d", consent.Cumulative),
		to:     c.config.Channel,
		data: func(context.Context) ([]byte, error) {
			return c.channel.TryPackCloseWithConsent(p.binding(), new(big.Int).SetUint64(consent.Cumulative), consent.Statement, consent.ValidUntil, raw)
		},
	})
}

// Return is what one end of a channel gave back to its payer.
type Return struct {
	Amount uint64 // token units
	Tx     wire.Digest
	Block  uint64
}

// Returns lists the ends of a channel in the blocks after one, in their order.
func (c *Chain) Returns(ctx context.Context, id wire.Digest, after uint64) ([]Return, error) {
	head, err := c.block(ctx, Latest)
	if err != nil {
		return nil, err
	}
	var out []Return
	err = c.pages(ctx, c.channel.GetABI().Events["Withdrawn"].ID, after+1, head.Number, func(l *types.Log) error {
		event, err := c.channel.UnpackWithdrawnEvent(l)
		if err != nil {
			return fmt.Errorf("%w: an event of %s: %w", ErrWrongContract, c.config.Channel, err)
		}
		if wire.Digest(event.Id) != id || l.Removed {
			return nil
		}
		amount, err := units(event.Amount)
		out = append(out, Return{Amount: amount, Tx: wire.Digest(l.TxHash), Block: l.BlockNumber})
		return err
	})
	return out, err
}
