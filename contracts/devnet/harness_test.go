package devnet_test

import (
	"crypto/ecdsa"
	"crypto/sha256"
	"math/big"
	"testing"

	"github.com/ethereum/go-ethereum"
	"github.com/ethereum/go-ethereum/accounts/abi/bind/v2"
	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/core/types"
	"github.com/ethereum/go-ethereum/crypto"

	"github.com/backbay-labs/chio-node/contracts/bindings/channel"
	"github.com/backbay-labs/chio-node/contracts/bindings/devusdc"
	"github.com/backbay-labs/chio-node/contracts/devnet"
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
	chain, err := devnet.Start(t.Context(), devnet.Config{})
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

// refused runs a call that must revert with the named custom error.
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
	for _, a := range []string{"(address)", "(uint256)", "(uint256,uint256)", "()", "(bytes32)"} {
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
	statement := sha256.Sum256([]byte{byte(cumulative)})
	digest, err := b.ch.UnpackVoucherDigest(b.call(b.chain.Channel(), b.ch.PackVoucherDigest(b.id, big.NewInt(cumulative), statement)))
	if err != nil {
		b.t.Fatal(err)
	}
	sig, err := crypto.Sign(digest[:], k)
	if err != nil {
		b.t.Fatal(err)
	}
	if compact {
		sig[32] |= sig[64] << 7
		sig = sig[:64]
	} else {
		sig[64] += 27
	}
	return b.ch.PackRedeem(b.params, big.NewInt(cumulative), statement, sig)
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
	domain, err := b.tok.UnpackDOMAINSEPARATOR(b.call(b.chain.Token(), b.tok.PackDOMAINSEPARATOR()))
	if err != nil {
		b.t.Fatal(err)
	}
	before := new(big.Int).SetUint64(head.Time + 3600)
	typeHash := crypto.Keccak256([]byte("ReceiveWithAuthorization(address from,address to,uint256 value,uint256 validAfter,uint256 validBefore,bytes32 nonce)"))
	word := func(n *big.Int) []byte { return common.LeftPadBytes(n.Bytes(), 32) }
	message := crypto.Keccak256(typeHash, common.LeftPadBytes(addr(b.payer).Bytes(), 32), common.LeftPadBytes(b.chain.Channel().Bytes(), 32),
		word(big.NewInt(amount)), word(new(big.Int)), word(before), nonce[:])
	sig, err := crypto.Sign(crypto.Keccak256([]byte{0x19, 0x01}, domain[:], message), b.payer)
	if err != nil {
		b.t.Fatal(err)
	}
	return b.ch.PackFundWithAuthorization(b.params, big.NewInt(amount), channel.ChioChannelAuthorization{
		ValidAfter: new(big.Int), ValidBefore: before, Sequence: big.NewInt(sequence),
		V: sig[64] + 27, R: [32]byte(sig[:32]), S: [32]byte(sig[32:64]),
	})
}
