package devnet_test

import (
	"crypto/ecdsa"
	"crypto/sha256"
	"math/big"
	"os"
	"path/filepath"
	"testing"

	"github.com/ethereum/go-ethereum"
	"github.com/ethereum/go-ethereum/accounts/abi"
	"github.com/ethereum/go-ethereum/accounts/abi/bind/v2"
	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/core/types"
	"github.com/ethereum/go-ethereum/crypto"

	"github.com/backbay-labs/chio-node/contracts"
	"github.com/backbay-labs/chio-node/contracts/bindings/channel"
	"github.com/backbay-labs/chio-node/contracts/bindings/devusdc"
	"github.com/backbay-labs/chio-node/contracts/devnet"
	"github.com/backbay-labs/chio-node/wire"
)

// usdc is one dollar in token units.
const usdc = 1_000_000

// bed is a chain with a payer and a payee.
type bed struct {
	t            *testing.T
	chain        *devnet.Chain
	payer, payee *ecdsa.PrivateKey
	ch           *channel.ChioChannel
	tok          *devusdc.DevUSDC
	params       channel.ChioChannelParams
	id           [32]byte
}

func key(name string) *ecdsa.PrivateKey {
	scalar := sha256.Sum256([]byte(name))
	k, err := crypto.ToECDSA(scalar[:])
	if err != nil {
		panic(err)
	}
	return k
}

func addr(k *ecdsa.PrivateKey) common.Address { return crypto.PubkeyToAddress(k.PublicKey) }

func newBed(t *testing.T) *bed {
	t.Helper()
	return newBedOn(t, devnet.Config{})
}

func newBedOn(t *testing.T, config devnet.Config) *bed {
	t.Helper()
	chain, err := devnet.Start(t.Context(), config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := chain.Stop(); err != nil {
			t.Error(err)
		}
	})
	b := &bed{t: t, chain: chain, payer: key("payer"), payee: key("payee"), ch: channel.NewChioChannel(), tok: devusdc.NewDevUSDC()}
	for _, k := range []*ecdsa.PrivateKey{b.payer, b.payee} {
		if err := chain.Fund(t.Context(), addr(k), 1000*usdc); err != nil {
			t.Fatal(err)
		}
	}
	b.params = channel.ChioChannelParams{Payer: addr(b.payer), Payee: addr(b.payee), Token: chain.Token(), Salt: [32]byte{1}}
	out := b.call(chain.Channel(), b.ch.PackChannelId(b.params))
	if b.id, err = b.ch.UnpackChannelId(out); err != nil {
		t.Fatal(err)
	}
	return b
}

func (b *bed) call(to common.Address, data []byte) []byte {
	b.t.Helper()
	out, err := b.chain.Client().CallContract(b.t.Context(), ethereum.CallMsg{To: &to, Data: data}, nil)
	if err != nil {
		b.t.Fatal(err)
	}
	return out
}

// send runs a transaction that must succeed and returns its receipt.
func (b *bed) send(k *ecdsa.PrivateKey, to common.Address, data []byte) *types.Receipt {
	b.t.Helper()
	opts := bind.NewKeyedTransactor(k, new(big.Int).SetUint64(b.chain.ChainID()))
	tx, err := bind.Transact(b.ch.Instance(b.chain.Client(), to), opts, data)
	if err != nil {
		b.t.Fatal(err)
	}
	b.chain.Commit()
	r, err := b.chain.Client().TransactionReceipt(b.t.Context(), tx.Hash())
	if err != nil {
		b.t.Fatal(err)
	}
	if r.Status != types.ReceiptStatusSuccessful {
		b.t.Fatalf("transaction reverted")
	}
	return r
}

// refused runs a call that must revert with the named custom error, or with that
// text.
func (b *bed) refused(k *ecdsa.PrivateKey, to common.Address, data []byte, want string) {
	b.t.Helper()
	_, err := b.chain.Client().EstimateGas(b.t.Context(), ethereum.CallMsg{From: addr(k), To: &to, Data: data})
	if err == nil {
		b.t.Fatalf("call was accepted, want %s", want)
	}
	raw, ok := ethclientRevert(err)
	if !ok {
		b.t.Fatalf("call failed without revert data: %v", err)
	}
	if text, err := abi.UnpackRevert(raw); err == nil && text == want {
		return
	}
	for _, a := range []string{"(address)", "(uint256)", "(uint256,uint256)", "()", "(bytes32)", "(uint64)"} {
		if len(raw) >= 4 && string(raw[:4]) == string(crypto.Keccak256([]byte(want + a))[:4]) {
			return
		}
	}
	b.t.Fatalf("reverted with %x, want %s", raw, want)
}

func ethclientRevert(err error) ([]byte, bool) {
	type dataError interface{ ErrorData() any }
	d, ok := err.(dataError)
	if !ok {
		return nil, false
	}
	text, ok := d.ErrorData().(string)
	return common.FromHex(text), ok
}

func (b *bed) state() channel.ChannelsOutput {
	b.t.Helper()
	s, err := b.ch.UnpackChannels(b.call(b.chain.Channel(), b.ch.PackChannels(b.id)))
	if err != nil {
		b.t.Fatal(err)
	}
	return s
}

func (b *bed) balance(a common.Address) uint64 {
	b.t.Helper()
	n, err := b.tok.UnpackBalanceOf(b.call(b.chain.Token(), b.tok.PackBalanceOf(a)))
	if err != nil {
		b.t.Fatal(err)
	}
	return n.Uint64()
}

// voucher packs a redeem call; compact chooses the 64-byte signature.
func (b *bed) voucher(k *ecdsa.PrivateKey, cumulative int64, compact bool) []byte {
	b.t.Helper()
	statement, sig := b.promise(k, b.id, cumulative, compact)
	return b.ch.PackRedeem(b.params, big.NewInt(cumulative), statement, sig)
}

// promise signs a voucher of a channel.
func (b *bed) promise(k *ecdsa.PrivateKey, id [32]byte, cumulative int64, compact bool) (statement [32]byte, sig []byte) {
	b.t.Helper()
	statement = sha256.Sum256([]byte{byte(cumulative)})
	digest, err := b.ch.UnpackVoucherDigest(b.call(b.chain.Channel(), b.ch.PackVoucherDigest(id, big.NewInt(cumulative), statement)))
	if err != nil {
		b.t.Fatal(err)
	}
	return statement, b.sign(k, digest, compact)
}

func (b *bed) sign(k *ecdsa.PrivateKey, digest [32]byte, compact bool) []byte {
	b.t.Helper()
	sig, err := crypto.Sign(digest[:], k)
	if err != nil {
		b.t.Fatal(err)
	}
	if compact {
		sig[32] |= sig[64] << 7
		return sig[:64]
	}
	sig[64] += 27
	return sig
}

// consent packs a cooperative close that k agrees to as payee, at an epoch.
func (b *bed) consent(k *ecdsa.PrivateKey, cumulative int64, epoch uint32, validUntil uint64) []byte {
	b.t.Helper()
	statement := sha256.Sum256([]byte{byte(cumulative)})
	digest, err := b.ch.UnpackCloseDigest(b.call(b.chain.Channel(), b.ch.PackCloseDigest(b.id, big.NewInt(cumulative), statement, epoch, validUntil)))
	if err != nil {
		b.t.Fatal(err)
	}
	return b.ch.PackCloseWithConsent(b.params, big.NewInt(cumulative), statement, validUntil, b.sign(k, digest, true))
}

// open makes another channel, of the payer with a salt, and funds it.
func (b *bed) open(salt byte, amount int64) (channel.ChioChannelParams, [32]byte) {
	b.t.Helper()
	p := b.params
	p.Salt = [32]byte{7, salt}
	id, err := b.ch.UnpackChannelId(b.call(b.chain.Channel(), b.ch.PackChannelId(p)))
	if err != nil {
		b.t.Fatal(err)
	}
	if amount > 0 {
		b.send(b.payer, b.chain.Token(), b.tok.PackApprove(b.chain.Channel(), big.NewInt(amount)))
		b.send(b.payer, b.chain.Channel(), b.ch.PackFund(p, big.NewInt(amount)))
	}
	return p, id
}

// claim is one voucher of a batch.
func (b *bed) claim(k *ecdsa.PrivateKey, p channel.ChioChannelParams, id [32]byte, cumulative int64) channel.ChioChannelClaim {
	b.t.Helper()
	statement, sig := b.promise(k, id, cumulative, true)
	return channel.ChioChannelClaim{Payer: p.Payer, Salt: p.Salt, Cumulative: big.NewInt(cumulative), Statement: statement, Signature: sig}
}

func (b *bed) redeemMany(claims ...channel.ChioChannelClaim) []byte {
	return b.ch.PackRedeemMany(b.params.Payee, b.params.Token, claims)
}

func (b *bed) headTime() uint64 {
	b.t.Helper()
	head, err := b.chain.Client().HeaderByNumber(b.t.Context(), nil)
	if err != nil {
		b.t.Fatal(err)
	}
	return head.Time
}

// deploy deploys a contract that only tests have, and returns its address and
// interface.
func (b *bed) deploy(name string, args ...any) (common.Address, abi.ABI) {
	b.t.Helper()
	doc, err := os.ReadFile(filepath.Join("testdata", name+".json"))
	if err != nil {
		b.t.Fatal(err)
	}
	var a contracts.Artifact
	if err := wire.Unmarshal(doc, &a, wire.ForeignLimits); err != nil {
		b.t.Fatal(err)
	}
	return b.deployArtifact(a, args...)
}

func (b *bed) deployArtifact(a contracts.Artifact, args ...any) (common.Address, abi.ABI) {
	b.t.Helper()
	var parsed abi.ABI
	if err := parsed.UnmarshalJSON(a.ABI); err != nil {
		b.t.Fatal(err)
	}
	code, err := a.CreationCode()
	if err != nil {
		b.t.Fatal(err)
	}
	packed, err := parsed.Pack("", args...)
	if err != nil {
		b.t.Fatal(err)
	}
	opts := bind.NewKeyedTransactor(b.payer, new(big.Int).SetUint64(b.chain.ChainID()))
	at, tx, err := bind.DeployContract(opts, code, b.chain.Client(), packed)
	if err != nil {
		b.t.Fatal(err)
	}
	b.chain.Commit()
	if r, err := b.chain.Client().TransactionReceipt(b.t.Context(), tx.Hash()); err != nil || r.Status != types.ReceiptStatusSuccessful {
		b.t.Fatalf("deploying %s: %v", a.Name, err)
	}
	return at, parsed
}

func pack(t *testing.T, of abi.ABI, method string, args ...any) []byte {
	t.Helper()
	data, err := of.Pack(method, args...)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// authorization packs a funding call signed by the payer.
func (b *bed) authorization(amount, sequence int64, forID [32]byte) []byte {
	b.t.Helper()
	head, err := b.chain.Client().HeaderByNumber(b.t.Context(), nil)
	if err != nil {
		b.t.Fatal(err)
	}
	nonce, err := b.ch.UnpackDepositNonce(b.call(b.chain.Channel(), b.ch.PackDepositNonce(forID, big.NewInt(sequence))))
	if err != nil {
		b.t.Fatal(err)
	}
	before := new(big.Int).SetUint64(head.Time + 3600)
	sig, err := crypto.Sign(b.receiveHash(addr(b.payer), b.chain.Channel(), amount, before.Uint64(), nonce), b.payer)
	if err != nil {
		b.t.Fatal(err)
	}
	return b.ch.PackFundWithAuthorization(b.params, big.NewInt(amount), channel.ChioChannelAuthorization{
		ValidAfter: new(big.Int), ValidBefore: before, Sequence: big.NewInt(sequence),
		V: sig[64] + 27, R: [32]byte(sig[:32]), S: [32]byte(sig[32:64]),
	})
}

// receiveDigest is what an EIP-3009 authorization to receive signs.
func (b *bed) receiveDigest(from, to common.Address, amount int64, before uint64, nonce [32]byte) [32]byte {
	return [32]byte(b.receiveHash(from, to, amount, before, nonce))
}

func (b *bed) receiveHash(from, to common.Address, amount int64, before uint64, nonce [32]byte) []byte {
	b.t.Helper()
	domain, err := b.tok.UnpackDOMAINSEPARATOR(b.call(b.chain.Token(), b.tok.PackDOMAINSEPARATOR()))
	if err != nil {
		b.t.Fatal(err)
	}
	typeHash := crypto.Keccak256([]byte("ReceiveWithAuthorization(address from,address to,uint256 value,uint256 validAfter,uint256 validBefore,bytes32 nonce)"))
	word := func(n *big.Int) []byte { return common.LeftPadBytes(n.Bytes(), 32) }
	message := crypto.Keccak256(typeHash, common.LeftPadBytes(from.Bytes(), 32), common.LeftPadBytes(to.Bytes(), 32),
		word(big.NewInt(amount)), word(new(big.Int)), word(new(big.Int).SetUint64(before)), nonce[:])
	return crypto.Keccak256([]byte{0x19, 0x01}, domain[:], message)
}
