package oracle_test

import (
	"bytes"
	"errors"
	"fmt"
	"math/big"
	"testing"

	"pgregory.net/rapid"

	"github.com/backbay-labs/chio-node/oracle"
	"github.com/backbay-labs/chio-node/wire"
)

const now = 1_790_000_000

var (
	usdcusd    = oracle.Pair{Base: "USDC", Quote: "USD"}
	currencies = wire.DefaultCurrencies()
	errForged  = errors.New("forged")
)

func operator(n int) string { return fmt.Sprintf("0x%040x", n) }

// accept is a verifier of "signatures" that repeat the operator.
func accept(_ oracle.Pair, o oracle.Observation) error {
	if o.Signature != o.Operator {
		return errForged
	}
	return nil
}

func operators(n int) oracle.Operators {
	ops := oracle.Operators{Min: 2, MaxAgeSeconds: 60, MaxAheadSeconds: 5, MaxDivergenceBps: 100}
	for i := range n {
		ops.Addresses = append(ops.Addresses, operator(i+1))
	}
	return ops
}

func observe(op int, value int64, expo int32) oracle.Signed {
	return oracle.Signed{Schema: oracle.ObservationSchema, Pair: usdcusd, Observation: oracle.Observation{
		Operator: operator(op), Value: value, Expo: expo, ObservedAt: now - 10, ValidUntil: now + 50, Sequence: 1, Signature: operator(op),
	}}
}

func round(t testing.TB, observations ...oracle.Signed) *oracle.Round {
	t.Helper()
	r, err := oracle.NewRound(observations...)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestMedian(t *testing.T) {
	for name, c := range map[string]struct {
		observations []oracle.Signed
		want         *big.Rat
	}{
		"two: their mean": {[]oracle.Signed{observe(2, 1_0001, -4), observe(1, 1_0000, -4)}, big.NewRat(1_00005, 1_00000)},
		"three":           {[]oracle.Signed{observe(1, 1_0000, -4), observe(2, 999, -3), observe(3, 1, 0)}, big.NewRat(1, 1)},
		"four":            {[]oracle.Signed{observe(1, 1000, -3), observe(2, 1002, -3), observe(3, 1004, -3), observe(4, 1006, -3)}, big.NewRat(1003, 1000)},
		"positive expo":   {[]oracle.Signed{observe(1, 5, 2), observe(2, 500, 0)}, big.NewRat(500, 1)},
	} {
		t.Run(name, func(t *testing.T) {
			p, err := oracle.Verify(round(t, c.observations...), operators(4), accept, now)
			if err != nil {
				t.Fatal(err)
			}
			if p.Median.Cmp(c.want) != 0 {
				t.Errorf("median %s, want %s", p.Median, c.want)
			}
		})
	}
}

func TestVerifyRefuses(t *testing.T) {
	change := func(f func(*oracle.Observation)) []oracle.Signed {
		o := observe(2, 1, 0)
		f(&o.Observation)
		return []oracle.Signed{observe(1, 1, 0), o}
	}
	good := []oracle.Signed{observe(1, 1, 0), observe(2, 1, 0)}
	with := func(f func(*oracle.Operators)) oracle.Operators {
		o := operators(3)
		f(&o)
		return o
	}
	for name, c := range map[string]struct {
		observations []oracle.Signed
		operators    oracle.Operators
		want         error
	}{
		"one operator":       {good[:1], operators(3), oracle.ErrQuorum},
		"two of three":       {good, with(func(o *oracle.Operators) { o.Min = 3 }), oracle.ErrQuorum},
		"unknown operator":   {good, operators(1), oracle.ErrOperators},
		"foreign operator":   {[]oracle.Signed{good[0], observe(9, 1, 0)}, operators(3), oracle.ErrUnknownOperator},
		"minimum of one":     {good, with(func(o *oracle.Operators) { o.Min = 1 }), oracle.ErrOperators},
		"operator twice":     {good, with(func(o *oracle.Operators) { o.Addresses[1] = o.Addresses[0] }), oracle.ErrOperators},
		"upper-case address": {good, with(func(o *oracle.Operators) { o.Addresses[2] = "0x" + fmt.Sprintf("%040X", 0xabc) }), oracle.ErrOperators},
		"no age limit":       {good, with(func(o *oracle.Operators) { o.MaxAgeSeconds = 0 }), oracle.ErrOperators},
		"zero operators":     {good, oracle.Operators{}, oracle.ErrOperators},
		"too old":            {change(func(o *oracle.Observation) { o.ObservedAt = now - 61 }), operators(3), oracle.ErrStale},
		"expired":            {change(func(o *oracle.Observation) { o.ValidUntil = now - 1 }), operators(3), oracle.ErrStale},
		"from the future":    {change(func(o *oracle.Observation) { o.ObservedAt = now + 6 }), operators(3), oracle.ErrFuture},
		"forged":             {change(func(o *oracle.Observation) { o.Signature = "x" }), operators(3), oracle.ErrSignature},
		"diverged":           {change(func(o *oracle.Observation) { o.Value, o.Expo = 1_0101, -4 }), operators(3), oracle.ErrDiverged},
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := oracle.Verify(round(t, c.observations...), c.operators, accept, now); !errors.Is(err, c.want) {
				t.Errorf("got %v, want %v", err, c.want)
			}
		})
	}
	if _, err := oracle.Verify(round(t, good...), operators(3), nil, now); !errors.Is(err, oracle.ErrSignature) {
		t.Errorf("without a verifier: %v", err)
	}
	atLimit := change(func(o *oracle.Observation) { o.Value, o.Expo, o.ObservedAt = 1_0100, -4, now-60 })
	if _, err := oracle.Verify(round(t, atLimit...), operators(3), accept, now); err != nil {
		t.Errorf("at the limits: %v", err)
	}
}

func TestRoundRefuses(t *testing.T) {
	for name, f := range map[string]func(*oracle.Signed){
		"schema":         func(s *oracle.Signed) { s.Schema = "chio.other.v1" },
		"pair":           func(s *oracle.Signed) { s.Pair.Base = "EUR" },
		"same operator":  func(s *oracle.Signed) { s.Observation.Operator = operator(1) },
		"operator":       func(s *oracle.Signed) { s.Observation.Operator = "0x12" },
		"zero value":     func(s *oracle.Signed) { s.Observation.Value = 0 },
		"negative value": func(s *oracle.Signed) { s.Observation.Value = -1 },
		"exponent":       func(s *oracle.Signed) { s.Observation.Expo = -19 },
		"window":         func(s *oracle.Signed) { s.Observation.ValidUntil = s.Observation.ObservedAt },
		"sequence":       func(s *oracle.Signed) { s.Observation.Sequence = 1 << 53 },
	} {
		t.Run(name, func(t *testing.T) {
			bad := observe(2, 1, 0)
			f(&bad)
			if _, err := oracle.NewRound(observe(1, 1, 0), bad); !errors.Is(err, oracle.ErrMalformed) {
				t.Errorf("got %v", err)
			}
		})
	}
	if _, err := oracle.NewRound(); !errors.Is(err, oracle.ErrMalformed) {
		t.Errorf("empty round: %v", err)
	}
}

func TestConvert(t *testing.T) {
	p, err := oracle.Verify(round(t, observe(1, 9_990, -4), observe(2, 10_010, -4)), operators(2), accept, now)
	if err != nil {
		t.Fatal(err)
	}
	c := oracle.Converter{Currencies: currencies, MarginBps: 50}
	usd := func(n uint64) wire.MonetaryAmount { return wire.MonetaryAmount{Units: n, Currency: "USD"} }
	usdc := func(n uint64) wire.MonetaryAmount { return wire.MonetaryAmount{Units: n, Currency: "USDC"} }
	for name, k := range map[string]struct {
		from, want wire.MonetaryAmount
		rule       oracle.Rule
	}{
		"3 cents settled":         {usd(3), usdc(30_000), oracle.RuleSettle},
		"3 cents reserved":        {usd(3), usdc(30_181), oracle.RuleReserve}, // 30000/0.999*1.005 = 30180.18…
		"zero":                    {usd(0), usdc(0), oracle.RuleReserve},
		"half to even, down":      {usdc(5_000), usd(0), oracle.RuleSettle},
		"half to even, up":        {usdc(15_000), usd(2), oracle.RuleSettle},
		"reserved the other way":  {usdc(10_000), usd(2), oracle.RuleReserve},
		"largest amount that can": {usdc(wire.MaxUnits), usd(900_719_925_474), oracle.RuleSettle},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := c.Convert(k.from, p, k.want.Currency, k.rule)
			if err != nil || got != k.want {
				t.Errorf("got %+v, %v; want %+v", got, err, k.want)
			}
		})
	}
	for name, k := range map[string]struct {
		from wire.MonetaryAmount
		to   string
		rule oracle.Rule
		p    oracle.Price
		want error
	}{
		"other pair":       {wire.MonetaryAmount{Units: 1, Currency: "EUR"}, "USDC", oracle.RuleSettle, p, oracle.ErrCurrency},
		"same currency":    {usd(1), "USD", oracle.RuleSettle, p, oracle.ErrCurrency},
		"unknown currency": {usd(1), "DOGE", oracle.RuleSettle, p, wire.ErrCurrency},
		"unknown rule":     {usd(1), "USDC", "floor", p, oracle.ErrRule},
		"unverified price": {usd(1), "USDC", oracle.RuleSettle, oracle.Price{Pair: usdcusd}, oracle.ErrMalformed},
		"overflow":         {usd(wire.MaxUnits), "USDC", oracle.RuleSettle, p, wire.ErrAmount},
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := c.Convert(k.from, k.p, k.to, k.rule); !errors.Is(err, k.want) {
				t.Errorf("got %v, want %v", err, k.want)
			}
		})
	}
}

func TestReserveCoversSettle(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a := rapid.Int64Range(1, 1_000_000).Draw(t, "a")
		b := a + rapid.Int64Range(0, a/100).Draw(t, "spread")
		r, err := oracle.NewRound(observe(1, a, -4), observe(2, b, -4))
		if err != nil {
			t.Fatal(err)
		}
		p, err := oracle.Verify(r, operators(2), accept, now)
		if err != nil {
			t.Fatal(err)
		}
		c := oracle.Converter{Currencies: currencies, MarginBps: rapid.Uint32Range(0, oracle.MaxMarginBps).Draw(t, "margin")}
		from := wire.MonetaryAmount{Units: rapid.Uint64Range(0, 1_000_000).Draw(t, "units"), Currency: "USD"}
		to := "USDC"
		if rapid.Bool().Draw(t, "inverse") {
			from.Currency, to = to, from.Currency
		}
		reserve, err := c.Convert(from, p, to, oracle.RuleReserve)
		if err != nil {
			t.Fatal(err)
		}
		settle, err := c.Convert(from, p, to, oracle.RuleSettle)
		if err != nil {
			t.Fatal(err)
		}
		if reserve.Units < settle.Units {
			t.Fatalf("reserved %d, settled %d", reserve.Units, settle.Units)
		}
	})
}

// TestI10_RoundIsTheSameInAnyOrder: both parties aggregate to one id.
func TestI10_RoundIsTheSameInAnyOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		all := []oracle.Signed{observe(1, 1, 0), observe(2, 10, -1), observe(3, 100, -2), observe(4, 1000, -3)}
		a, err := oracle.NewRound(all...)
		if err != nil {
			t.Fatal(err)
		}
		b, err := oracle.NewRound(rapid.Permutation(all).Draw(t, "order")...)
		if err != nil {
			t.Fatal(err)
		}
		if a.ID() != b.ID() || !bytes.Equal(a.Bytes(), b.Bytes()) {
			t.Fatal("rounds differ")
		}
	})
}
