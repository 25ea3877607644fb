package evm

import (
	"bytes"
	"context"
	"encoding/hex"
	"errors"
	"fmt"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/common/hexutil"
	"github.com/ethereum/go-ethereum/core/types"

	"github.com/backbay-labs/chio-node/wire"
)

// NoteSchema is the schema of a note file.
const NoteSchema = "chio.note.v1"

// ErrNote: a note is malformed, or of another token, chain or payer.
var ErrNote = errors.New("note")

// What EIP-3009 says of a transfer that its payer has signed.
const (
	transferType   = "TransferWithAuthorization(address from,address to,uint256 value,uint256 validAfter,uint256 validBefore,bytes32 nonce)"
	transferCall   = "transferWithAuthorization(address,address,uint256,uint256,uint256,bytes32,uint8,bytes32,bytes32)"
	usedEvent      = "AuthorizationUsed(address,bytes32)"
	cancelledEvent = "AuthorizationCanceled(address,bytes32)"
	transferEvent  = "Transfer(address,address,uint256)"
)

// notePage is how many blocks one question about events spans.
const notePage = 2000

// Note lets whoever holds it have the token pay one statement: an EIP-3009
// authorization whose nonce is the statement's hash, so that the token itself
// pays it once. It holds all that verifying and submitting it takes; anyone may
// submit it.
type Note struct {
	Schema      string      `json:"schema"`
	ChainID     uint64      `json:"chain_id"`
	Token       Address     `json:"token"`
	Name        string      `json:"token_name"`    // of the token's EIP-712 domain
	Version     string      `json:"token_version"` // of the same
	From        Address     `json:"from"`
	To          Address     `json:"to"`
	Value       uint64      `json:"value"`
	ValidAfter  uint64      `json:"valid_after"`  // unix seconds, exclusive
	ValidBefore uint64      `json:"valid_before"` // unix seconds, exclusive
	Statement   wire.Digest `json:"statement"`    // the nonce
	Signature   string      `json:"signature"`    // 128 hex characters, EIP-2098
}

// Bytes is the canonical form, as written to files.
func (n *Note) Bytes() []byte { return wire.MustMarshal(n) }

// ParseNote decodes a canonical note file and verifies it.
func ParseNote(doc []byte) (*Note, error) {
	var n Note
	if err := wire.UnmarshalCanonical(doc, &n, wire.DocumentLimits); err != nil {
		return nil, fmt.Errorf("note: %w", err)
	}
	if !bytes.Equal(n.Bytes(), doc) {
		return nil, fmt.Errorf("note: %w: a field is missing", wire.ErrNotCanonical)
	}
	return &n, VerifyNote(&n)
}

// VerifyNote needs nothing but the note:
//
//	1 the schema is ours; chain, token and two different parties are named
//	2 the amount is 1 … 2^53−1, and the window is open at some time
//	3 the signature is 64 bytes with low s
//	4 it is the payer's, over the EIP-712 digest of the domain the note states
//
// That the token has that domain is for who accepts it: Chain.CheckNote.
func VerifyNote(n *Note) error {
	if err := n.check(); err != nil { // 1, 2
		return err
	}
	sig, err := n.signature() // 3
	if err != nil {
		return err
	}
	signer, err := recoverCompact(n.data().digest(), sig) // 3
	if err != nil {
		return fmt.Errorf("note: %w", err)
	}
	if signer != n.From { // 4
		return fmt.Errorf("note: %w: signed by %s, payer is %s", ErrSignature, signer, n.From)
	}
	return nil
}

func (n *Note) check() error {
	switch {
	case n.Schema != NoteSchema || n.ChainID == 0 || n.ChainID > wire.MaxUnits || n.Token.IsZero() || n.Statement.IsZero(): // 1
		return fmt.Errorf("%w: schema %.40q, chain, token or statement", ErrNote, n.Schema)
	case n.From.IsZero() || n.To.IsZero() || n.From == n.To || n.To == n.Token: // 1
		return fmt.Errorf("%w: from %s to %s", ErrNote, n.From, n.To)
	case n.Value == 0 || n.Value > wire.MaxUnits: // 2
		return fmt.Errorf("%w: amount %d is outside 1 … 2^53-1", ErrNote, n.Value)
	case n.ValidBefore > wire.MaxUnits || n.ValidAfter >= n.ValidBefore || n.ValidBefore-n.ValidAfter < 2: // 2: both bounds are exclusive
		return fmt.Errorf("%w: it is never valid: after %d, before %d", ErrNote, n.ValidAfter, n.ValidBefore)
	case n.Name == "" || len(n.Name) > 64 || n.Version == "" || len(n.Version) > 16:
		return fmt.Errorf("%w: token name or version", ErrNote)
	}
	return nil
}

func (n *Note) domain() wire.Digest { return domainSeparator(n.Name, n.Version, n.ChainID, n.Token) }

func (n *Note) data() typedData {
	return typed(n.domain(), keccak(typeHash(transferType), addressWord(n.From), addressWord(n.To),
		uintWord(n.Value), uintWord(n.ValidAfter), uintWord(n.ValidBefore), n.Statement[:]))
}

func (n *Note) signature() ([64]byte, error) {
	var sig [64]byte
	raw, err := hex.DecodeString(n.Signature)
	if err != nil || len(raw) != len(sig) || hex.EncodeToString(raw) != n.Signature {
		return sig, fmt.Errorf("note: %w: want 128 lowercase hex characters", ErrSignature)
	}
	copy(sig[:], raw)
	return sig, nil
}

// calldata is the token call that pays the note, in the form with v, r and s.
func (n *Note) calldata() ([]byte, error) {
	sig, err := n.signature()
	if err != nil {
		return nil, err
	}
	v := 27 + uint64(sig[32]>>7)
	sig[32] &= 0x7f
	out := append([]byte(nil), typeHash(transferCall)[:4]...)
	for _, word := range [][]byte{addressWord(n.From), addressWord(n.To), uintWord(n.Value), uintWord(n.ValidAfter),
		uintWord(n.ValidBefore), n.Statement[:], uintWord(v), sig[:32], sig[32:]} {
		out = append(out, word...)
	}
	return out, nil
}

// SignNote makes a note over what this chain's key holds, valid until before,
// by the chain's clock.
func (c *Chain) SignNote(ctx context.Context, to Address, value, before uint64, statement wire.Digest) (*Note, error) {
	head, err := c.block(ctx, Latest)
	if err != nil {
		return nil, err
	}
	n := &Note{Schema: NoteSchema, ChainID: c.config.ChainID, Token: c.config.Token, From: c.Address(), To: to, Value: value,
		ValidBefore: before, Statement: statement}
	if n.Name, n.Version, err = c.tokenName(ctx, head); err != nil {
		return nil, err
	}
	if n.domain() != c.tokenDomain {
		return nil, fmt.Errorf("%w: token %s signs for another domain than when the node dialled", ErrWrongContract, c.config.Token)
	}
	return n, n.Sign(c.config.Key)
}

// Sign signs a note with its payer's key, which is all that a note needs.
func (n *Note) Sign(k *Key) error {
	if err := n.check(); err != nil {
		return err
	}
	if n.From != k.address {
		return fmt.Errorf("%w: the payer is %s, this key is %s", ErrNote, n.From, k.address)
	}
	sig, err := k.compact(n.data())
	if err != nil {
		return err
	}
	n.Signature = hex.EncodeToString(sig[:])
	return nil
}

func (c *Chain) tokenName(ctx context.Context, at block) (name, version string, err error) {
	if name, err = read(ctx, c, at, c.config.Token, c.token.PackName(), c.token.UnpackName); err != nil {
		return "", "", err
	}
	version, err = read(ctx, c, at, c.config.Token, c.token.PackVersion(), c.token.UnpackVersion)
	return name, version, err
}

// CheckNote verifies a note, and that it is of this chain, of this token and of
// the domain for which the token itself verifies.
func (c *Chain) CheckNote(n *Note) error {
	if err := VerifyNote(n); err != nil {
		return err
	}
	if n.ChainID != c.config.ChainID || n.Token != c.config.Token {
		return fmt.Errorf("%w: it is for token %s on chain %d, not %s on chain %d", ErrNote, n.Token, n.ChainID, c.config.Token, c.config.ChainID)
	}
	if n.domain() != c.tokenDomain {
		return fmt.Errorf("%w: it is signed for domain %.40q version %.10q, which is not the token's", ErrNote, n.Name, n.Version)
	}
	return nil
}

// SubmitNote has the token pay a note and returns when that is mined. Its
// nonce makes it happen once, whoever submits it: see FindNote.
func (c *Chain) SubmitNote(ctx context.Context, n *Note) (Tx, error) {
	if err := c.CheckNote(n); err != nil {
		return Tx{}, err
	}
	return c.perform(ctx, operation{
		key:    noteKey(n.From, n.Statement),
		detail: fmt.Sprintf("to=%s value=%d", n.To, n.Value),
		amount: n.Value,
		to:     c.config.Token,
		data:   func(context.Context) ([]byte, error) { return n.calldata() },
	})
}

// Noting returns the record of a note's submission, or ErrUnknownTx.
func (c *Chain) Noting(from Address, statement wire.Digest) (Tx, error) {
	return c.Tx(noteKey(from, statement))
}

func noteKey(from Address, statement wire.Digest) string {
	return fmt.Sprintf("note/%s/%s", from, statement)
}

// NoteState is what the token says of a note.
type NoteState struct {
	Used      bool // its nonce is spent, by a transfer or a cancellation
	Paid      bool // by a transfer of exactly what the note says
	Cancelled bool // by its payer
	Tx        wire.Digest
	Block     uint64
	BlockHash wire.Digest
	Final     bool
}

// FindNote asks the token whether a note's nonce is used and finds the event
// that used it, from block since on. Paid means that the transaction moved
// exactly the note's value from its payer to its payee under that nonce.
func (c *Chain) FindNote(ctx context.Context, n *Note, since uint64) (NoteState, error) {
	head, err := c.block(ctx, Latest)
	if err != nil {
		return NoteState{}, err
	}
	used, err := read(ctx, c, head, c.config.Token, c.token.PackAuthorizationState(toCommon(n.From), n.Statement), c.token.UnpackAuthorizationState)
	if err != nil || !used {
		return NoteState{}, err
	}
	for from := since; from <= head.Number; from += notePage {
		var logs []types.Log
		err := c.rawCall(ctx, &logs, "eth_getLogs", map[string]any{
			"fromBlock": hexutil.EncodeUint64(from), "toBlock": hexutil.EncodeUint64(min(from+notePage-1, head.Number)),
			"address": toCommon(c.config.Token),
			"topics": []any{[]common.Hash{common.Hash(typeHash(usedEvent)), common.Hash(typeHash(cancelledEvent))},
				common.Hash(addressWord(n.From)), common.Hash(n.Statement)},
		})
		if err != nil {
			return NoteState{}, c.unavailable("looking for a note's event", err)
		}
		for i := range logs {
			if state, ok, err := c.noteEvent(ctx, n, &logs[i]); err != nil || ok {
				return state, err
			}
		}
	}
	return NoteState{Used: true}, nil
}

// noteEvent reads the transaction that used a nonce; false means that its block
// is not canonical.
func (c *Chain) noteEvent(ctx context.Context, n *Note, log *types.Log) (NoteState, bool, error) {
	if len(log.Topics) != 3 || log.Address != toCommon(c.config.Token) || log.Topics[1] != common.Hash(addressWord(n.From)) || log.Topics[2] != common.Hash(n.Statement) {
		return NoteState{}, false, fmt.Errorf("%w: %s answers with an event nobody asked for", ErrUnavailable, c.config.Name)
	}
	receipt, err := c.canonicalReceipt(ctx, log.TxHash)
	if err != nil || receipt == nil || log.Removed || receipt.BlockHash != log.BlockHash {
		return NoteState{}, false, err
	}
	level, err := c.finality(ctx, uint64(receipt.BlockNumber))
	if err != nil {
		return NoteState{}, false, err
	}
	state := NoteState{Used: true, Cancelled: log.Topics[0] == common.Hash(typeHash(cancelledEvent)), Tx: wire.Digest(log.TxHash),
		Block: uint64(receipt.BlockNumber), BlockHash: wire.Digest(receipt.BlockHash), Final: level == StateFinal}
	if state.Cancelled {
		return state, true, nil
	}
	for _, l := range receipt.Logs {
		if l.Index > log.Index && l.Address == toCommon(c.config.Token) { // the token's next event is this authorization's
			state.Paid = isTransfer(l, n)
			break
		}
	}
	return state, true, nil
}

// isTransfer reports whether an event is the transfer that a note asks for.
func isTransfer(l *types.Log, n *Note) bool {
	return len(l.Topics) == 3 && l.Topics[0] == common.Hash(typeHash(transferEvent)) && l.Topics[1] == common.Hash(addressWord(n.From)) &&
		l.Topics[2] == common.Hash(addressWord(n.To)) && bytes.Equal(l.Data, uintWord(n.Value))
}

// Head is the number of the newest block.
func (c *Chain) Head(ctx context.Context) (uint64, error) {
	b, err := c.block(ctx, Latest)
	return b.Number, err
}
