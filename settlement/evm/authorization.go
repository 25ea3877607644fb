package evm

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"

	"github.com/ethereum/go-ethereum/crypto"

	"github.com/backbay-labs/chio-node/wire"
)

// ErrAuthorization: an authorization is malformed, of another token, or not its
// payer's.
var ErrAuthorization = errors.New("transfer authorization")

const (
	authorizationType = "TransferWithAuthorization(address from,address to,uint256 value,uint256 validAfter,uint256 validBefore,bytes32 nonce)"
	authorizationCall = "transferWithAuthorization(address,address,uint256,uint256,uint256,bytes32,uint8,bytes32,bytes32)"
)

// TokenDomain is the EIP-712 domain of a token. Deployments of USDC differ in
// name: read it (Chain.TokenDomain), do not assume it.
type TokenDomain struct {
	Name    string
	Version string
	ChainID uint64
	Token   Address
}

// Authorization is an EIP-3009 transfer that its payer signs and anyone may
// submit, once. Both bounds of its window are exclusive, in unix seconds.
type Authorization struct {
	From        Address
	To          Address
	Value       uint64 // token units
	ValidAfter  uint64
	ValidBefore uint64
	Nonce       wire.Digest
}

func (d TokenDomain) separator() wire.Digest {
	return domainSeparator(d.Name, d.Version, d.ChainID, d.Token)
}

func (a Authorization) data(separator wire.Digest) typedData {
	return typed(separator, keccak(typeHash(authorizationType), addressWord(a.From), addressWord(a.To),
		uintWord(a.Value), uintWord(a.ValidAfter), uintWord(a.ValidBefore), a.Nonce[:]))
}

// SignAuthorization signs as the payer: 130 hex characters r‖s‖v, v 27 or 28.
// The same authorization is signed with the same bytes every time (RFC 6979).
func SignAuthorization(k *Key, d TokenDomain, a Authorization) (string, error) {
	if a.From != k.address {
		return "", fmt.Errorf("%w: the payer is %s, this key is %s", ErrAuthorization, a.From, k.address)
	}
	data := a.data(d.separator())
	sig, err := k.signer.sign(data[:])
	if err != nil {
		return "", err
	}
	sig[64] += 27
	return hex.EncodeToString(sig), nil
}

// VerifyAuthorization needs no network: the signature is the payer's, over the
// EIP-712 digest under that domain, and has low s. Signatures of contract
// wallets (ERC-1271) are refused.
func VerifyAuthorization(d TokenDomain, a Authorization, signature string) error {
	sig, err := authorizationSignature(signature)
	if err != nil {
		return err
	}
	sig[64] -= 27
	digest := a.data(d.separator()).digest()
	public, err := crypto.SigToPub(digest[:], sig[:])
	if err != nil {
		return fmt.Errorf("%w: %w", ErrSignature, err)
	}
	if signer := Address(crypto.PubkeyToAddress(*public)); signer != a.From {
		return fmt.Errorf("%w: signed by %s under domain %.40q version %.10q, payer is %s", ErrSignature, signer, d.Name, d.Version, a.From)
	}
	return nil
}

func authorizationSignature(text string) (sig [65]byte, err error) {
	raw, err := hex.DecodeString(text)
	if err != nil || len(raw) != len(sig) {
		return sig, fmt.Errorf("%w: want 130 hex characters r‖s‖v", ErrSignature)
	}
	copy(sig[:], raw)
	if sig[64] != 27 && sig[64] != 28 || !lowS(sig[32:64]) {
		return sig, fmt.Errorf("%w: want v 27 or 28 and low s", ErrSignature)
	}
	return sig, nil
}

// TokenDomain reads the domain of this chain's token; ErrWrongContract if it is
// not the one the chain was dialled with.
func (c *Chain) TokenDomain(ctx context.Context) (TokenDomain, error) {
	head, err := c.block(ctx, Latest)
	if err != nil {
		return TokenDomain{}, err
	}
	d := TokenDomain{ChainID: c.config.ChainID, Token: c.config.Token}
	if d.Name, err = read(ctx, c, head, d.Token, c.token.PackName(), c.token.UnpackName); err != nil {
		return TokenDomain{}, err
	}
	if d.Version, err = read(ctx, c, head, d.Token, c.token.PackVersion(), c.token.UnpackVersion); err != nil {
		return TokenDomain{}, err
	}
	if d.separator() != c.tokenDomain {
		return TokenDomain{}, fmt.Errorf("%w: token %s signs for another domain than when the node dialled", ErrWrongContract, d.Token)
	}
	return d, nil
}

// AuthorizationUsed reports whether the token has spent a payer's nonce, by a
// transfer or a cancellation, as of the tagged block, and that block's time in
// unix seconds.
func (c *Chain) AuthorizationUsed(ctx context.Context, from Address, nonce wire.Digest, tag Tag) (used bool, at uint64, err error) {
	b, err := c.block(ctx, tag)
	if err != nil {
		return false, 0, err
	}
	used, err = read(ctx, c, b, c.config.Token, c.token.PackAuthorizationState(toCommon(from), nonce), c.token.UnpackAuthorizationState)
	return used, b.Time, err
}

// SubmitAuthorization has the token make an authorized transfer and returns
// when that is mined. Payer and nonce are its key, so that asked again it
// returns the recorded transaction.
func (c *Chain) SubmitAuthorization(ctx context.Context, a Authorization, signature string) (Tx, error) {
	sig, err := authorizationSignature(signature)
	if err != nil {
		return Tx{}, err
	}
	if a.Value == 0 || a.Value > wire.MaxUnits {
		return Tx{}, fmt.Errorf("%w: transfer of %d units", wire.ErrAmount, a.Value)
	}
	return c.perform(ctx, operation{
		key:    authorizationKey(a.From, a.Nonce),
		detail: fmt.Sprintf("to=%s value=%d", a.To, a.Value),
		amount: a.Value,
		to:     c.config.Token,
		data: func(context.Context) ([]byte, error) {
			out := append([]byte(nil), typeHash(authorizationCall)[:4]...)
			for _, word := range [][]byte{addressWord(a.From), addressWord(a.To), uintWord(a.Value), uintWord(a.ValidAfter),
				uintWord(a.ValidBefore), a.Nonce[:], uintWord(uint64(sig[64])), sig[:32], sig[32:64]} {
				out = append(out, word...)
			}
			return out, nil
		},
	})
}

func authorizationKey(from Address, nonce wire.Digest) string {
	return fmt.Sprintf("authorization/%s/%s", from, nonce)
}

// FindAuthorization asks the token what became of an authorized transfer,
// whoever submitted it: see FindNote.
func (c *Chain) FindAuthorization(ctx context.Context, a Authorization, since uint64) (NoteState, error) {
	return c.FindNote(ctx, &Note{From: a.From, To: a.To, Value: a.Value, Statement: a.Nonce}, since)
}
