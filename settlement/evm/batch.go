package evm

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"math/big"
	"strings"
	"sync"

	"github.com/ethereum/go-ethereum/accounts/abi"
	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/crypto"

	"github.com/backbay-labs/chio-node/wire"
)

// ErrBatch: a channel of the batch-settlement contract is not what is asked for.
var ErrBatch = errors.New("batch-settlement channel")

// The EIP-712 domain and types of the contract behind the x402 scheme
// batch-settlement.
const (
	batchName        = "x402 Batch Settlement"
	batchVersion     = "1"
	batchConfigType  = "ChannelConfig(address payer,address payerAuthorizer,address receiver,address receiverAuthorizer,address token,uint40 withdrawDelay,bytes32 salt)"
	batchVoucherType = "Voucher(bytes32 channelId,uint128 maxClaimableAmount)"
)

// The contract's bounds of how long a payer waits for what it takes back.
const (
	MinBatchDelay = 15 * 60           // seconds
	MaxBatchDelay = 30 * 24 * 60 * 60 // seconds
)

// MaxBatchClaims bounds the channels that one transaction claims from.
const MaxBatchClaims = 20

// BatchContract is one deployment of the contract, and who takes deposits for it
// by EIP-3009.
type BatchContract struct {
	ChainID   uint64
	Address   Address
	Collector Address
}

// BatchChannel is what the id of a channel is made of. Vouchers are signed by
// PayerAuthorizer.
type BatchChannel struct {
	Payer              Address     `json:"payer"`
	PayerAuthorizer    Address     `json:"payer_authorizer"`
	Receiver           Address     `json:"receiver"`
	ReceiverAuthorizer Address     `json:"receiver_authorizer"`
	Token              Address     `json:"token"`
	WithdrawDelay      uint64      `json:"withdraw_delay_seconds"`
	Salt               wire.Digest `json:"salt"`
}

func (b BatchContract) separator() wire.Digest {
	return domainSeparator(batchName, batchVersion, b.ChainID, b.Address)
}

// Channel is the id of a channel: the EIP-712 digest of its configuration.
func (b BatchContract) Channel(c BatchChannel) wire.Digest {
	return typed(b.separator(), keccak(typeHash(batchConfigType), addressWord(c.Payer), addressWord(c.PayerAuthorizer), addressWord(c.Receiver),
		addressWord(c.ReceiverAuthorizer), addressWord(c.Token), uintWord(c.WithdrawDelay), c.Salt[:])).digest()
}

func (b BatchContract) voucher(channel wire.Digest, most uint64) typedData {
	return typed(b.separator(), keccak(typeHash(batchVoucherType), channel[:], uintWord(most)))
}

// SignVoucher lets the receiver of a channel claim up to a total: 130 hex
// characters r‖s‖v, v 27 or 28.
func (b BatchContract) SignVoucher(k *Key, channel wire.Digest, most uint64) (string, error) {
	return k.recoverable(b.voucher(channel, most))
}

// VerifyVoucher needs no network: the signature is signer's over that total, in
// the one form the contract takes, with low s.
func (b BatchContract) VerifyVoucher(channel wire.Digest, most uint64, signer Address, signature string) error {
	return signedBy(b.voucher(channel, most), signer, signature)
}

// BatchDeposit puts tokens into a channel. Its payer signs it for the token
// (EIP-3009), and anyone may submit it, once.
type BatchDeposit struct {
	Channel     BatchChannel
	Amount      uint64 // token units
	ValidBefore uint64 // exclusive, unix seconds
	Salt        wire.Digest
}

// Nonce is the one that the collector derives for a deposit.
func (b BatchContract) Nonce(d BatchDeposit) wire.Digest {
	id := b.Channel(d.Channel)
	return keccak(id[:], d.Salt[:])
}

func (b BatchContract) deposit(token TokenDomain, d BatchDeposit) typedData {
	return receiveData(token.separator(), d.Channel.Payer, b.Collector, d.Amount, d.ValidBefore, b.Nonce(d))
}

// SignDeposit signs as the payer.
func (b BatchContract) SignDeposit(k *Key, token TokenDomain, d BatchDeposit) (string, error) {
	return k.recoverable(b.deposit(token, d))
}

// VerifyDeposit needs no network.
func (b BatchContract) VerifyDeposit(token TokenDomain, d BatchDeposit, signature string) error {
	return signedBy(b.deposit(token, d), d.Channel.Payer, signature)
}

// recoverable signs typed data in the form r‖s‖v, v 27 or 28.
func (k *Key) recoverable(data typedData) (string, error) {
	sig, err := k.signer.sign(data[:])
	if err != nil {
		return "", err
	}
	sig[64] += 27
	return hex.EncodeToString(sig), nil
}

func signedBy(data typedData, signer Address, signature string) error {
	sig, err := authorizationSignature(signature)
	if err != nil {
		return err
	}
	sig[64] -= 27
	digest := data.digest()
	public, err := crypto.SigToPub(digest[:], sig[:])
	if err != nil {
		return fmt.Errorf("%w: %w", ErrSignature, err)
	}
	if by := Address(crypto.PubkeyToAddress(*public)); by != signer {
		return fmt.Errorf("%w: signed by %s, not by %s", ErrSignature, by, signer)
	}
	return nil
}

const batchJSON = `[
{"type":"function","name":"eip712Domain","stateMutability":"view","inputs":[],"outputs":[{"name":"fields","type":"bytes1"},{"name":"name","type":"string"},
 {"name":"version","type":"string"},{"name":"chainId","type":"uint256"},{"name":"verifyingContract","type":"address"},{"name":"salt","type":"bytes32"},{"name":"extensions","type":"uint256[]"}]},
{"type":"function","name":"channels","stateMutability":"view","inputs":[{"name":"id","type":"bytes32"}],"outputs":[{"name":"balance","type":"uint128"},{"name":"totalClaimed","type":"uint128"}]},
{"type":"function","name":"pendingWithdrawals","stateMutability":"view","inputs":[{"name":"id","type":"bytes32"}],"outputs":[{"name":"amount","type":"uint128"},{"name":"initiatedAt","type":"uint40"}]},
{"type":"function","name":"refundNonce","stateMutability":"view","inputs":[{"name":"id","type":"bytes32"}],"outputs":[{"name":"nonce","type":"uint256"}]},
{"type":"function","name":"receivers","stateMutability":"view","inputs":[{"name":"receiver","type":"address"},{"name":"token","type":"address"}],
 "outputs":[{"name":"totalClaimed","type":"uint128"},{"name":"totalSettled","type":"uint128"}]},
{"type":"function","name":"deposit","inputs":[{"name":"config","type":"tuple","components":[{"name":"payer","type":"address"},{"name":"payerAuthorizer","type":"address"},
 {"name":"receiver","type":"address"},{"name":"receiverAuthorizer","type":"address"},{"name":"token","type":"address"},{"name":"withdrawDelay","type":"uint40"},{"name":"salt","type":"bytes32"}]},
 {"name":"amount","type":"uint128"},{"name":"collector","type":"address"},{"name":"collectorData","type":"bytes"}],"outputs":[]},
{"type":"function","name":"claim","inputs":[{"name":"claims","type":"tuple[]","components":[{"name":"voucher","type":"tuple","components":[{"name":"channel","type":"tuple","components":[
 {"name":"payer","type":"address"},{"name":"payerAuthorizer","type":"address"},{"name":"receiver","type":"address"},{"name":"receiverAuthorizer","type":"address"},{"name":"token","type":"address"},
 {"name":"withdrawDelay","type":"uint40"},{"name":"salt","type":"bytes32"}]},{"name":"maxClaimableAmount","type":"uint128"}]},{"name":"signature","type":"bytes"},{"name":"totalClaimed","type":"uint128"}]}],"outputs":[]},
{"type":"function","name":"settle","inputs":[{"name":"receiver","type":"address"},{"name":"token","type":"address"}],"outputs":[]},
{"type":"function","name":"collectorData","inputs":[{"name":"validAfter","type":"uint256"},{"name":"validBefore","type":"uint256"},{"name":"salt","type":"uint256"},{"name":"signature","type":"bytes"}],"outputs":[]}
]`

// batchABI is the part of the contract's interface that payees use, and the form
// of what its collector reads.
var batchABI = sync.OnceValue(func() *abi.ABI {
	parsed, err := abi.JSON(strings.NewReader(batchJSON))
	if err != nil {
		panic(err) // a constant
	}
	return &parsed
})

// batchConfig and batchClaim are the shapes that the ABI packs.
type batchConfig struct {
	Payer, PayerAuthorizer, Receiver, ReceiverAuthorizer, Token common.Address
	WithdrawDelay                                               *big.Int
	Salt                                                        [32]byte
}

type batchClaim struct {
	Voucher struct {
		Channel            batchConfig
		MaxClaimableAmount *big.Int
	}
	Signature    []byte
	TotalClaimed *big.Int
}

func (c BatchChannel) binding() batchConfig {
	return batchConfig{Payer: toCommon(c.Payer), PayerAuthorizer: toCommon(c.PayerAuthorizer), Receiver: toCommon(c.Receiver),
		ReceiverAuthorizer: toCommon(c.ReceiverAuthorizer), Token: toCommon(c.Token), WithdrawDelay: new(big.Int).SetUint64(c.WithdrawDelay), Salt: c.Salt}
}

// readBatch calls a view of the contract and unpacks its outputs.
func (c *Chain) readBatch(ctx context.Context, b BatchContract, at block, name string, args ...any) ([]any, error) {
	data, err := batchABI().Pack(name, args...)
	if err != nil {
		return nil, err
	}
	return read(ctx, c, at, b.Address, data, func(out []byte) ([]any, error) { return batchABI().Unpack(name, out) })
}

// readUnits is readBatch for outputs that are all amounts or times.
func (c *Chain) readUnits(ctx context.Context, b BatchContract, at block, name string, args ...any) ([]uint64, error) {
	out, err := c.readBatch(ctx, b, at, name, args...)
	if err != nil {
		return nil, err
	}
	words := make([]uint64, len(out))
	for i, v := range out {
		n, ok := v.(*big.Int)
		if !ok {
			return nil, fmt.Errorf("%w: %s answers %s in another form", ErrWrongContract, b.Address, name)
		}
		if words[i], err = units(n); err != nil {
			return nil, err
		}
	}
	return words, nil
}

// CheckBatch refuses an address that does not sign as the contract does
// (EIP-5267).
func (c *Chain) CheckBatch(ctx context.Context, b BatchContract) error {
	if b.ChainID != c.config.ChainID {
		return fmt.Errorf("%w: it is on chain %d, this is %d", ErrWrongChain, b.ChainID, c.config.ChainID)
	}
	head, err := c.block(ctx, Latest)
	if err != nil {
		return err
	}
	out, err := c.readBatch(ctx, b, head, "eip712Domain")
	if err != nil {
		return err
	}
	id, ok := out[3].(*big.Int)
	if !ok || out[1] != batchName || out[2] != batchVersion || out[4] != toCommon(b.Address) || !id.IsUint64() || id.Uint64() != b.ChainID {
		return fmt.Errorf("%w: %s signs as %v version %v", ErrWrongContract, b.Address, out[1], out[2])
	}
	return nil
}

// BatchState is what the contract says of a channel as of one block.
type BatchState struct {
	Balance     uint64 // deposited, less what was taken back
	Claimed     uint64 // of it, by the receiver
	WithdrawAt  uint64 // unix seconds at which the payer announced to take something back; 0: it has not
	RefundNonce uint64
	Block       uint64
}

// BatchState reads a channel as of the block that has so many blocks on top,
// itself included; 0 is the newest that is final.
func (c *Chain) BatchState(ctx context.Context, b BatchContract, channel wire.Digest, depth uint64) (BatchState, error) {
	at, err := c.blockUnder(ctx, depth)
	if err != nil {
		return BatchState{}, err
	}
	sums, err := c.readUnits(ctx, b, at, "channels", [32]byte(channel))
	if err != nil {
		return BatchState{}, err
	}
	pending, err := c.readUnits(ctx, b, at, "pendingWithdrawals", [32]byte(channel))
	if err != nil {
		return BatchState{}, err
	}
	nonce, err := c.readUnits(ctx, b, at, "refundNonce", [32]byte(channel))
	if err != nil {
		return BatchState{}, err
	}
	return BatchState{Balance: sums[0], Claimed: sums[1], WithdrawAt: pending[1], RefundNonce: nonce[0], Block: at.Number}, nil
}

func (c *Chain) blockUnder(ctx context.Context, depth uint64) (block, error) {
	if depth == 0 {
		return c.finalBlock(ctx)
	}
	head, err := c.block(ctx, Latest)
	if err != nil || depth == 1 {
		return head, err
	}
	if head.Number+1 < depth {
		return block{}, fmt.Errorf("%w: nothing is %d blocks deep yet", errNoBlock, depth)
	}
	return c.blockAt(ctx, head.Number+1-depth)
}

// BatchTotals are what a receiver has claimed of all its channels, and of it has
// been sent to it, as of a block as in BatchState.
func (c *Chain) BatchTotals(ctx context.Context, b BatchContract, depth uint64) (claimed, settled uint64, err error) {
	at, err := c.blockUnder(ctx, depth)
	if err != nil {
		return 0, 0, err
	}
	sums, err := c.readUnits(ctx, b, at, "receivers", toCommon(c.Address()), toCommon(c.config.Token))
	if err != nil {
		return 0, 0, err
	}
	return sums[0], sums[1], nil
}

// SubmitBatchDeposit puts a signed deposit into its channel and returns when that
// is mined. Its nonce makes it happen once.
func (c *Chain) SubmitBatchDeposit(ctx context.Context, b BatchContract, d BatchDeposit, signature string) (Tx, error) {
	sig, err := authorizationSignature(signature)
	if err != nil {
		return Tx{}, err
	}
	if d.Amount == 0 || d.Amount > wire.MaxUnits {
		return Tx{}, fmt.Errorf("%w: deposit of %d units", wire.ErrAmount, d.Amount)
	}
	return c.perform(ctx, operation{
		key:    fmt.Sprintf("batch-deposit/%s/%s", b.Address, b.Nonce(d)),
		detail: fmt.Sprintf("channel=%s value=%d", b.Channel(d.Channel), d.Amount),
		amount: d.Amount,
		to:     b.Address,
		data: func(context.Context) ([]byte, error) {
			packed, err := batchABI().Pack("collectorData", new(big.Int), new(big.Int).SetUint64(d.ValidBefore), new(big.Int).SetBytes(d.Salt[:]), sig[:])
			if err != nil {
				return nil, err
			}
			return batchABI().Pack("deposit", d.Channel.binding(), new(big.Int).SetUint64(d.Amount), toCommon(b.Collector), packed[4:])
		},
	})
}

// BatchClaim is the newest voucher of a channel and how much of it is claimed.
type BatchClaim struct {
	Channel   BatchChannel
	Most      uint64 // what the voucher allows
	Signature string
	Total     uint64 // at most Most
}

// ClaimBatch claims from up to twenty channels whose receiver this chain's key is,
// and returns when that is mined. What was claimed before changes nothing.
func (c *Chain) ClaimBatch(ctx context.Context, b BatchContract, claims []BatchClaim) (Tx, error) {
	if len(claims) == 0 || len(claims) > MaxBatchClaims {
		return Tx{}, fmt.Errorf("%w: a claim from %d channels, 1 to %d go into one", ErrBatch, len(claims), MaxBatchClaims)
	}
	rows := make([]batchClaim, len(claims))
	var parts [][]byte
	for i, claim := range claims {
		sig, err := authorizationSignature(claim.Signature)
		if err != nil {
			return Tx{}, err
		}
		rows[i].Voucher.Channel, rows[i].Voucher.MaxClaimableAmount = claim.Channel.binding(), new(big.Int).SetUint64(claim.Most)
		rows[i].Signature, rows[i].TotalClaimed = sig[:], new(big.Int).SetUint64(claim.Total)
		id := b.Channel(claim.Channel)
		parts = append(parts, id[:], uintWord(claim.Total))
	}
	return c.perform(ctx, operation{
		key:    fmt.Sprintf("batch-claim/%s/%s", b.Address, keccak(parts...)),
		detail: fmt.Sprintf("channels=%d", len(claims)),
		to:     b.Address,
		data:   func(context.Context) ([]byte, error) { return batchABI().Pack("claim", rows) },
	})
}

// SettleBatch has everything that was claimed so far sent to this chain's key, and
// returns when that is mined. claimed names the total that it is done for.
func (c *Chain) SettleBatch(ctx context.Context, b BatchContract, claimed uint64) (Tx, error) {
	return c.perform(ctx, operation{
		key:    fmt.Sprintf("batch-settle/%s/%s/%d", b.Address, c.config.Token, claimed),
		detail: fmt.Sprintf("claimed=%d", claimed),
		to:     b.Address,
		data: func(context.Context) ([]byte, error) {
			return batchABI().Pack("settle", toCommon(c.Address()), toCommon(c.config.Token))
		},
	})
}
