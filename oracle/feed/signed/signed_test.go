package signed_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"math/big"
	"strings"
	"testing"

	"github.com/ethereum/go-ethereum/common/math"
	"github.com/ethereum/go-ethereum/crypto"
	"github.com/ethereum/go-ethereum/signer/core/apitypes"

	"github.com/backbay-labs/chio-node/oracle"
	"github.com/backbay-labs/chio-node/oracle/feed/signed"
	"github.com/backbay-labs/chio-node/wire"
)

const now = 1_790_000_000

func key(t testing.TB, name string) *signed.Key {
	t.Helper()
	scalar := sha256.Sum256([]byte(name))
	k, err := signed.KeyFromScalar(scalar[:])
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func reading(value int64) signed.Reading {
	return signed.Reading{Pair: oracle.Pair{Base: "USDC", Quote: "USD"}, Value: value, Expo: -8, ObservedAt: now, ValidUntil: now + 300, Source: [32]byte{7}, Sequence: 42}
}

func sign(t testing.TB, name string, value int64) oracle.Signed {
	t.Helper()
	s, err := key(t, name).Sign(reading(value))
	if err != nil {
		t.Fatal(err)
	}
	return *s
}

// TestEncodingIsEIP712 compares with an independent encoder.
func TestEncodingIsEIP712(t *testing.T) {
	s := sign(t, "acme", 99_990_000)
	field := func(name, kind string) apitypes.Type { return apitypes.Type{Name: name, Type: kind} }
	digest, raw, err := apitypes.TypedDataAndHash(apitypes.TypedData{
		Types: apitypes.Types{
			"EIP712Domain": {field("name", "string"), field("version", "string")},
			"PriceObservation": {field("base", "string"), field("quote", "string"), field("value", "int256"), field("expo", "int32"),
				field("observedAt", "uint64"), field("validUntil", "uint64"), field("source", "bytes32"), field("sequence", "uint64")},
		},
		PrimaryType: "PriceObservation",
		Domain:      apitypes.TypedDataDomain{Name: "ChioPriceFeed", Version: "1"},
		Message: apitypes.TypedDataMessage{
			"base": "USDC", "quote": "USD", "value": math.NewHexOrDecimal256(99_990_000), "expo": (*math.HexOrDecimal256)(big.NewInt(-8)),
			"observedAt": "1790000000", "validUntil": "1790000300", "source": s.Observation.Source[:], "sequence": "42",
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	if hex.EncodeToString([]byte(raw)) != s.Observation.Raw {
		t.Fatalf("raw %s, want %x", s.Observation.Raw, raw)
	}
	sig, _ := hex.DecodeString(s.Observation.Signature)
	sig[64] -= 27
	public, err := crypto.SigToPub(digest, sig)
	if err != nil || !strings.EqualFold(crypto.PubkeyToAddress(*public).Hex(), s.Observation.Operator) {
		t.Fatalf("recovered another key: %v", err)
	}
}

func TestVerifyRefuses(t *testing.T) {
	pair := oracle.Pair{Base: "USDC", Quote: "USD"}
	good := sign(t, "acme", 1_0000_0000).Observation
	if err := signed.Verify(pair, good); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		f    func(*oracle.Observation)
		want error
	}{
		"value":     {func(o *oracle.Observation) { o.Value++ }, signed.ErrRaw},
		"exponent":  {func(o *oracle.Observation) { o.Expo-- }, signed.ErrRaw},
		"observed":  {func(o *oracle.Observation) { o.ObservedAt++ }, signed.ErrRaw},
		"valid":     {func(o *oracle.Observation) { o.ValidUntil++ }, signed.ErrRaw},
		"source":    {func(o *oracle.Observation) { o.Source[0]++ }, signed.ErrRaw},
		"sequence":  {func(o *oracle.Observation) { o.Sequence++ }, signed.ErrRaw},
		"raw":       {func(o *oracle.Observation) { o.Raw = strings.ToUpper(o.Raw) }, signed.ErrRaw},
		"operator":  {func(o *oracle.Observation) { o.Operator = key(t, "globex").Operator() }, signed.ErrSignature},
		"short":     {func(o *oracle.Observation) { o.Signature = o.Signature[:128] }, signed.ErrSignature},
		"upper":     {func(o *oracle.Observation) { o.Signature = strings.ToUpper(o.Signature) }, signed.ErrSignature},
		"v":         {func(o *oracle.Observation) { o.Signature = o.Signature[:128] + "00" }, signed.ErrSignature},
		"zero":      {func(o *oracle.Observation) { o.Signature = strings.Repeat("0", 128) + "1b" }, signed.ErrSignature},
		"malleable": {func(o *oracle.Observation) { o.Signature = malleable(t, o.Signature) }, signed.ErrSignature},
	} {
		t.Run(name, func(t *testing.T) {
			o := good
			c.f(&o)
			if err := signed.Verify(pair, o); !errors.Is(err, c.want) {
				t.Errorf("got %v, want %v", err, c.want)
			}
		})
	}
	if err := signed.Verify(oracle.Pair{Base: "USDC", Quote: "EUR"}, good); !errors.Is(err, signed.ErrRaw) {
		t.Errorf("another pair: %v", err)
	}
	if _, err := signed.KeyFromScalar(make([]byte, 32)); !errors.Is(err, signed.ErrKey) {
		t.Errorf("zero key: %v", err)
	}
	if _, err := key(t, "acme").Sign(reading(0)); !errors.Is(err, oracle.ErrMalformed) {
		t.Errorf("signing nonsense: %v", err)
	}
}

// malleable returns the other signature that recovers to the same key.
func malleable(t *testing.T, s string) string {
	sig, err := hex.DecodeString(s)
	if err != nil {
		t.Fatal(err)
	}
	n := crypto.S256().Params().N
	new(big.Int).Sub(n, new(big.Int).SetBytes(sig[32:64])).FillBytes(sig[32:64])
	sig[64] ^= 27 ^ 28
	return hex.EncodeToString(sig)
}

func evidence(t testing.TB) (*oracle.Evidence, oracle.Operators) {
	t.Helper()
	r, err := oracle.NewRound(sign(t, "acme", 99_990_000), sign(t, "globex", 1_0001_0000))
	if err != nil {
		t.Fatal(err)
	}
	ops := oracle.Operators{Addresses: []string{key(t, "acme").Operator(), key(t, "globex").Operator()}, Min: 2, MaxAgeSeconds: 60, MaxDivergenceBps: 50}
	p, err := oracle.Verify(r, ops, signed.Verify, now)
	if err != nil {
		t.Fatal(err)
	}
	c := oracle.Converter{Currencies: wire.DefaultCurrencies(), MarginBps: 50}
	e, err := c.Prove(wire.MonetaryAmount{Units: 1234, Currency: "USD"}, r, p, "USDC", oracle.RuleReserve)
	if err != nil {
		t.Fatal(err)
	}
	return e, ops
}

// TestEvidenceCoversEveryByte flips every bit of a file: none may verify.
func TestEvidenceCoversEveryByte(t *testing.T) {
	e, ops := evidence(t)
	doc := e.Bytes()
	check := func(doc []byte) error {
		e, err := oracle.ParseEvidence(doc)
		if err != nil {
			return err
		}
		_, err = oracle.VerifyEvidence(e, ops, signed.Verify, wire.DefaultCurrencies())
		return err
	}
	if err := check(doc); err != nil {
		t.Fatal(err)
	}
	for i := range doc {
		for _, mask := range []byte{1, 2, 0x10, 0x20} {
			bad := bytes.Clone(doc)
			bad[i] ^= mask
			if check(bad) == nil {
				t.Fatalf("byte %d changed from %q to %q and still verifies", i, doc[i], bad[i])
			}
		}
	}
	other := ops
	other.Addresses = []string{ops.Addresses[0], key(t, "mallory").Operator()}
	if _, err := oracle.VerifyEvidence(e, other, signed.Verify, wire.DefaultCurrencies()); !errors.Is(err, oracle.ErrUnknownOperator) {
		t.Fatalf("foreign operator: %v", err)
	}
	// A forger who fixes the id still has to fix the arithmetic.
	e.Body.To.Units++
	e.ID = wire.Hash(wire.MustMarshal(e.Body))
	if _, err := oracle.VerifyEvidence(e, ops, signed.Verify, wire.DefaultCurrencies()); !errors.Is(err, oracle.ErrEvidence) {
		t.Fatalf("wrong amount: %v", err)
	}
}

func FuzzParseRound(f *testing.F) {
	r, err := oracle.NewRound(sign(f, "acme", 1), sign(f, "globex", 1))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(r.Bytes())
	f.Fuzz(func(t *testing.T, doc []byte) {
		r, err := oracle.ParseRound(doc)
		if err == nil && !bytes.Equal(r.Bytes(), doc) {
			t.Fatalf("accepted %q, which encodes as %q", doc, r.Bytes())
		}
	})
}

func FuzzParseEvidence(f *testing.F) {
	e, ops := evidence(f)
	f.Add(e.Bytes())
	f.Fuzz(func(t *testing.T, doc []byte) {
		e, err := oracle.ParseEvidence(doc)
		if err != nil {
			return
		}
		if !bytes.Equal(e.Bytes(), doc) {
			t.Fatalf("accepted %q, which encodes as %q", doc, e.Bytes())
		}
		_, _ = oracle.VerifyEvidence(e, ops, signed.Verify, wire.DefaultCurrencies())
	})
}

func BenchmarkConvert(b *testing.B) {
	e, ops := evidence(b)
	p, err := oracle.Verify(&e.Body.Round, ops, signed.Verify, now)
	if err != nil {
		b.Fatal(err)
	}
	c := oracle.Converter{Currencies: wire.DefaultCurrencies(), MarginBps: 50}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := c.Convert(e.Body.From, p, "USDC", oracle.RuleReserve); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkVerifyRound(b *testing.B) {
	e, ops := evidence(b)
	for b.Loop() {
		if _, err := oracle.Verify(&e.Body.Round, ops, signed.Verify, now); err != nil {
			b.Fatal(err)
		}
	}
}
