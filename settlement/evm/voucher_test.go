package evm_test

import (
	"bytes"
	"crypto/ed25519"
	"encoding/hex"
	"errors"
	"math/big"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ethereum/go-ethereum/common/math"
	"github.com/ethereum/go-ethereum/crypto"
	"github.com/ethereum/go-ethereum/signer/core/apitypes"

	"github.com/backbay-labs/chio-node/settlement/evm"
	"github.com/backbay-labs/chio-node/wire"
)

func params(t testing.TB) evm.ChannelParams {
	return evm.ChannelParams{Payer: key(t, "payer").Address(), Payee: key(t, "payee").Address(), Token: evm.Address{3}, Salt: wire.Hash([]byte("treaty"))}
}

func voucher(t testing.TB) *evm.Voucher {
	t.Helper()
	v, err := evm.SignVoucher(key(t, "payer"), 8453, evm.Address{2}, params(t), 5*usdc, statement(1))
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// TestVoucherIsEIP712 compares with an independent encoder.
func TestVoucherIsEIP712(t *testing.T) {
	v := voucher(t)
	field := func(name, kind string) apitypes.Type { return apitypes.Type{Name: name, Type: kind} }
	digest, _, err := apitypes.TypedDataAndHash(apitypes.TypedData{
		Types: apitypes.Types{
			"EIP712Domain": {field("name", "string"), field("version", "string"), field("chainId", "uint256"), field("verifyingContract", "address")},
			"Voucher":      {field("channel", "bytes32"), field("cumulative", "uint96"), field("statement", "bytes32")},
		},
		PrimaryType: "Voucher",
		Domain:      apitypes.TypedDataDomain{Name: "ChioChannel", Version: "1", ChainId: math.NewHexOrDecimal256(8453), VerifyingContract: v.Contract.String()},
		Message:     apitypes.TypedDataMessage{"channel": v.Channel[:], "cumulative": "5000000", "statement": v.Statement[:]},
	})
	if err != nil {
		t.Fatal(err)
	}
	sig, err := hex.DecodeString(v.Signature)
	if err != nil {
		t.Fatal(err)
	}
	full := append(bytes.Clone(sig), sig[32]>>7)
	full[32] &= 0x7f
	public, err := crypto.SigToPub(digest, full)
	if err != nil || evm.Address(crypto.PubkeyToAddress(*public)) != v.Payer {
		t.Fatalf("recovered another key: %v", err)
	}
}

func TestVoucherRefusals(t *testing.T) {
	for name, c := range map[string]struct {
		f    func(*evm.Voucher)
		want error
	}{
		"schema":      {func(v *evm.Voucher) { v.Schema = "chio.voucher.v2" }, evm.ErrVoucher},
		"chain":       {func(v *evm.Voucher) { v.ChainID++ }, evm.ErrVoucher},
		"contract":    {func(v *evm.Voucher) { v.Contract[0]++ }, evm.ErrVoucher},
		"channel":     {func(v *evm.Voucher) { v.Channel[0]++ }, evm.ErrVoucher},
		"payer":       {func(v *evm.Voucher) { v.Payer[0]++ }, evm.ErrVoucher},
		"payee":       {func(v *evm.Voucher) { v.Payee[0]++ }, evm.ErrVoucher},
		"to oneself":  {func(v *evm.Voucher) { v.Payee = v.Payer }, evm.ErrVoucher},
		"token":       {func(v *evm.Voucher) { v.Token[0]++ }, evm.ErrVoucher},
		"salt":        {func(v *evm.Voucher) { v.Salt[0]++ }, evm.ErrVoucher},
		"amount":      {func(v *evm.Voucher) { v.Cumulative++ }, evm.ErrSignature},
		"zero amount": {func(v *evm.Voucher) { v.Cumulative = 0 }, evm.ErrVoucher},
		"huge amount": {func(v *evm.Voucher) { v.Cumulative = wire.MaxUnits + 1 }, evm.ErrVoucher},
		"statement":   {func(v *evm.Voucher) { v.Statement[0]++ }, evm.ErrSignature},
		"short":       {func(v *evm.Voucher) { v.Signature = v.Signature[2:] }, evm.ErrSignature},
		"upper case":  {func(v *evm.Voucher) { v.Signature = strings.ToUpper(v.Signature) }, evm.ErrSignature},
		"zero":        {func(v *evm.Voucher) { v.Signature = strings.Repeat("0", 128) }, evm.ErrSignature},
	} {
		t.Run(name, func(t *testing.T) {
			v := voucher(t)
			c.f(v)
			if err := evm.VerifyVoucher(v); !errors.Is(err, c.want) {
				t.Errorf("got %v, want %v", err, c.want)
			}
		})
	}
	if _, err := evm.SignVoucher(key(t, "payee"), 8453, evm.Address{2}, params(t), 1, statement(1)); !errors.Is(err, evm.ErrVoucher) {
		t.Errorf("signed by the payee: %v", err)
	}
}

// TestVoucherFileCoversEveryByte flips every byte of a file: none may verify.
func TestVoucherFileCoversEveryByte(t *testing.T) {
	doc := voucher(t).Bytes()
	if _, err := evm.ParseVoucher(doc); err != nil {
		t.Fatal(err)
	}
	for i := range doc {
		for _, mask := range []byte{1, 2, 0x10, 0x20} {
			bad := bytes.Clone(doc)
			bad[i] ^= mask
			if _, err := evm.ParseVoucher(bad); err == nil {
				t.Fatalf("byte %d changed from %q to %q and still verifies", i, doc[i], bad[i])
			}
		}
	}
}

func TestEnvelopeScheme(t *testing.T) {
	k := key(t, "payer")
	message := []byte("message")
	sig, err := k.Sign(message)
	if err != nil {
		t.Fatal(err)
	}
	if err := evm.Scheme(k.Key(), message, sig); err != nil {
		t.Fatal(err)
	}
	raw, err := hex.DecodeString(sig)
	if err != nil {
		t.Fatal(err)
	}
	n := crypto.S256().Params().N
	new(big.Int).Sub(n, new(big.Int).SetBytes(raw[32:64])).FillBytes(raw[32:64])
	raw[64] ^= 1
	for name, err := range map[string]error{
		"message":   evm.Scheme(k.Key(), []byte("massage"), sig),
		"key":       evm.Scheme(key(t, "payee").Key(), message, sig),
		"malleable": evm.Scheme(k.Key(), message, hex.EncodeToString(raw)),
		"upper":     evm.Scheme(k.Key(), message, strings.ToUpper(sig)),
		"v":         evm.Scheme(k.Key(), message, sig[:128]+"1b"),
	} {
		if !errors.Is(err, evm.ErrSignature) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestParseAddress(t *testing.T) {
	const checksummed = "0x833589fCD6eDb6E08f4c7C32D4f71b54bdA02913"
	a, err := evm.ParseAddress(checksummed)
	if err != nil || a.String() != strings.ToLower(checksummed) {
		t.Fatalf("%s, %v", a, err)
	}
	for _, bad := range []string{"", "0x", checksummed[:41], "0x833589FCD6eDb6E08f4c7C32D4f71b54bdA02913", "833589fcd6edb6e08f4c7c32d4f71b54bda0291300"} {
		if _, err := evm.ParseAddress(bad); !errors.Is(err, evm.ErrAddress) {
			t.Errorf("%q: %v", bad, err)
		}
	}
}

func FuzzParseVoucher(f *testing.F) {
	f.Add(voucher(f).Bytes())
	f.Fuzz(func(t *testing.T, doc []byte) {
		v, err := evm.ParseVoucher(doc)
		if err == nil && !bytes.Equal(v.Bytes(), doc) {
			t.Fatalf("accepted %q, which encodes as %q", doc, v.Bytes())
		}
	})
}

// BenchmarkVoucherSignVerify reports the cost in v, one Ed25519 verification,
// measured in turns, medians compared, so that a busy machine slows both.
func BenchmarkVoucherSignVerify(b *testing.B) {
	k, p := key(b, "payer"), params(b)
	seed := wire.Hash([]byte("unit"))
	private := ed25519.NewKeyFromSeed(seed[:])
	message := make([]byte, 256)
	sig := ed25519.Sign(private, message)
	public := private.Public().(ed25519.PublicKey)
	var ours, unit []time.Duration
	for b.Loop() {
		begin := time.Now()
		v, err := evm.SignVoucher(k, 8453, evm.Address{2}, p, 5*usdc, statement(1))
		if err != nil {
			b.Fatal(err)
		}
		if err := evm.VerifyVoucher(v); err != nil {
			b.Fatal(err)
		}
		middle := time.Now()
		if !ed25519.Verify(public, message, sig) {
			b.Fatal("bad signature")
		}
		ours = append(ours, middle.Sub(begin))
		unit = append(unit, time.Since(middle))
	}
	slices.Sort(ours)
	slices.Sort(unit)
	b.ReportMetric(float64(ours[len(ours)/2])/float64(unit[len(unit)/2]), "v/op")
	b.ReportMetric(float64(ours[len(ours)/2]), "voucher-ns/op")
}
