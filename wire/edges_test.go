package wire

import (
	"bytes"
	"errors"
	"strings"
	"testing"
)

func TestAmountEdges(t *testing.T) {
	c := DefaultCurrencies()
	usd := func(n uint64) MonetaryAmount { return MonetaryAmount{Units: n, Currency: "USD"} }
	if err := c.Check(usd(MaxUnits)); err != nil {
		t.Error(err)
	}
	if err := c.Check(usd(MaxUnits + 1)); !errors.Is(err, ErrAmount) {
		t.Error(err)
	}
	if err := c.Check(MonetaryAmount{Currency: "XXX"}); !errors.Is(err, ErrCurrency) {
		t.Error(err)
	}
	if got := c.Format(MonetaryAmount{Units: 12, Currency: "JPY"}); got != "12 JPY" {
		t.Error(got)
	}
	if sum, err := usd(1).Add(usd(2)); err != nil || sum != usd(3) {
		t.Error(sum, err)
	}
	if _, err := usd(MaxUnits).Add(usd(1)); !errors.Is(err, ErrAmount) {
		t.Error(err)
	}
	if left, err := usd(3).Sub(usd(1)); err != nil || left != usd(2) {
		t.Error(left, err)
	}
	if _, err := usd(1).Sub(usd(2)); !errors.Is(err, ErrAmount) {
		t.Error(err)
	}
	if _, err := usd(1).Sub(MonetaryAmount{Currency: "EUR"}); !errors.Is(err, ErrCurrencyMismatch) {
		t.Error(err)
	}
}

func TestKeyEdges(t *testing.T) {
	if _, err := GenerateKey(strings.NewReader("short")); err == nil {
		t.Error("a key of five random bytes")
	}
	if _, err := KeyFromSeed(make([]byte, 31)); err == nil {
		t.Error("a seed of 31 bytes")
	}
	if k, err := GenerateKey(bytes.NewReader(make([]byte, 32))); err != nil || k.Public().IsZero() {
		t.Error(err)
	}
	if !(Signature{}).IsZero() || (Signature{1}).IsZero() {
		t.Error("a zero signature")
	}
	high := PublicKey{0: 0xed, 31: 0x7f} // bytes 1 to 30 are zero: far below the prime
	if !belowFieldPrime(high) {
		t.Error("a number below the prime is not")
	}
}

func TestLenientIsStrictOtherwise(t *testing.T) {
	var v struct {
		A int `json:"a"`
	}
	limits := Limits{Bytes: 64, Depth: 3}
	for doc, want := range map[string]error{
		`{"a":1,"b":2}`: nil, `{"a":1,"a":2}`: ErrDuplicateKey, `{"a":`: ErrNotJSON, `{"a":"x"}`: ErrField,
		`{"a":1,"b":` + strings.Repeat(" ", 60) + `2}`: ErrTooLarge, `{"b":[[[1]]]}`: ErrTooDeep,
	} {
		if err := UnmarshalLenient([]byte(doc), &v, limits); !errors.Is(err, want) {
			t.Errorf("%s: %v, want %v", doc, err, want)
		}
	}
}

func TestEnvelopeEdges(t *testing.T) {
	type thing struct {
		Schema string `json:"schema"`
	}
	const schema = "chio.thing.v1"
	k, err := KeyFromSeed(make([]byte, 32))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Seal(schema, make(chan int)); err == nil {
		t.Error("a channel was sealed")
	}
	env, err := Seal(schema, thing{schema}, k, k)
	if err != nil || len(env.Signatures) != 1 {
		t.Fatal("signing twice with one key", err)
	}
	for i := range maxSigners {
		err = env.Attach(EnvelopeSignature{Alg: AlgEd25519, Key: strings.Repeat("a", i+1)})
	}
	if !errors.Is(err, ErrSignerSet) {
		t.Error("one signature too many:", err)
	}
	other, err := Seal(schema, struct {
		Schema string `json:"schema"`
		More   int    `json:"more"`
	}{schema, 1}, k)
	if err != nil {
		t.Fatal(err)
	}
	var body thing
	if err := other.Open(schema, &body, nil, nil); !errors.Is(err, ErrUnknownField) {
		t.Error("a body with a member more:", err)
	}
}
