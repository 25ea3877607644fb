package wire

import (
	"bytes"
	"encoding/hex"
	"errors"
	"fmt"
	"math/big"
	"strings"
	"testing"
)

func testKey(t testing.TB, b byte) *Key {
	t.Helper()
	k, err := KeyFromSeed(bytes.Repeat([]byte{b}, 32))
	if err != nil {
		t.Fatal(err)
	}
	return k
}

type note struct {
	Schema string `json:"schema"`
	Text   string `json:"text"`
	N      int64  `json:"n"`
}

func TestUnmarshalIsStrict(t *testing.T) {
	for _, tc := range []struct {
		name, in string
		want     error
	}{
		{"unknown field", `{"schema":"s","text":"t","n":1,"x":1}`, ErrUnknownField},
		{"unknown by case", `{"schema":"s","Text":"t","n":1}`, ErrUnknownField},
		{"duplicate", `{"n":1,"n":1}`, ErrDuplicateKey},
		{"wrong type", `{"n":"1"}`, ErrField},
		{"float for an integer", `{"n":1.5}`, ErrField},
		{"2^63 for int64", `{"n":9223372036854775808}`, ErrField},
		{"trailing", `{"n":1}x`, ErrNotJSON},
	} {
		t.Run(tc.name, func(t *testing.T) {
			var v note
			if err := Unmarshal([]byte(tc.in), &v, DocumentLimits); !errors.Is(err, tc.want) {
				t.Fatalf("got %v, want %v", err, tc.want)
			}
		})
	}
	var v note
	if err := UnmarshalCanonical([]byte(`{"text":"t", "n":1}`), &v, DocumentLimits); !errors.Is(err, ErrNotCanonical) {
		t.Fatalf("non-canonical bytes: %v", err)
	}
}

func TestEnvelope(t *testing.T) {
	const schema = "chio.note.v1"
	a, b := testKey(t, 7), testKey(t, 9)
	e, err := Seal(schema, note{Schema: schema, Text: "hello", N: 1}, b, a)
	if err != nil {
		t.Fatal(err)
	}
	if e.Signatures[0].Key >= e.Signatures[1].Key {
		t.Fatal("signatures are not sorted by key")
	}
	doc := e.Bytes()
	var got note
	opened, err := OpenEnvelope(doc, schema, &got, []PublicKey{a.Public(), b.Public()}, nil)
	if err != nil || got.Text != "hello" || opened.ID() != e.ID() {
		t.Fatalf("open: %+v, %v", got, err)
	}
	if _, err := OpenEnvelope(doc, schema, &got, []PublicKey{testKey(t, 1).Public()}, nil); !errors.Is(err, ErrNoSigner) {
		t.Fatalf("missing signer: %v", err)
	}
	if _, err := OpenEnvelope(doc, "chio.other.v1", &got, nil, nil); !errors.Is(err, ErrSchema) {
		t.Fatalf("other schema: %v", err)
	}
	if _, err := Seal("chio.other.v1", note{Schema: schema}, a); !errors.Is(err, ErrSchema) {
		t.Fatalf("sealing under another schema: %v", err)
	}
	for i := range doc { // every byte is covered
		for _, flip := range []byte{0x01, 0x20, 0x80} {
			bad := bytes.Clone(doc)
			bad[i] ^= flip
			if _, err := OpenEnvelope(bad, schema, &note{}, []PublicKey{a.Public(), b.Public()}, nil); err == nil {
				t.Fatalf("byte %d changed by %#x and still opened: %s", i, flip, bad)
			}
		}
	}
}

func TestEnvelopeDomainSeparation(t *testing.T) {
	a := testKey(t, 7)
	body := []byte(`{"schema":"chio.a.v1"}`)
	if bytes.Equal(SigningInput("chio.a.v1", body), SigningInput("chio.a.v", append([]byte("1"), body...))) {
		t.Fatal("two schemas share a signing input")
	}
	sig, _ := a.Sign(SigningInput("chio.a.v1", body))
	if a.Public().Verify(body, sig) == nil {
		t.Fatal("an envelope signature verifies over the bare body")
	}
}

func TestWeakKeysAreRefused(t *testing.T) {
	for _, s := range []string{
		strings.Repeat("00", 32),
		"01" + strings.Repeat("00", 31),
		"01" + strings.Repeat("00", 30) + "80",
		"ec" + strings.Repeat("ff", 30) + "7f",
		"ed" + strings.Repeat("ff", 30) + "7f", // p: a second spelling of 0
		"ee" + strings.Repeat("ff", 30) + "ff",
		strings.Repeat("ff", 32),
		"26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
		"c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
	} {
		if _, err := ParsePublicKey(s); !errors.Is(err, ErrWeakKey) {
			t.Errorf("%s: %v", s, err)
		}
	}
	if got := testKey(t, 7).Public().String(); got != "ea4a6c63e29c520abef5507b132ec5f9954776aebebe7b92421eea691446d22c" {
		t.Errorf("key of seed 32×0x07 is %s", got)
	}
	for _, s := range []string{"", "EA" + strings.Repeat("00", 31), strings.Repeat("0", 63), strings.Repeat("0", 65), strings.Repeat("g", 64)} {
		if _, err := ParsePublicKey(s); err == nil {
			t.Errorf("%q was accepted", s)
		}
	}
}

func TestKeyNeverPrints(t *testing.T) {
	k := testKey(t, 7)
	for _, s := range []string{fmt.Sprint(k), fmt.Sprintf("%#v", k), fmt.Sprintf("%+v", k)} {
		if strings.Contains(s, strings.Repeat("07", 4)) || strings.Contains(s, hex.EncodeToString(k.Seed())) {
			t.Errorf("the seed is in %q", s)
		}
	}
}

func TestMoney(t *testing.T) {
	c := DefaultCurrencies()
	for s, want := range map[string]uint64{"0.03 USD": 3, "1 USD": 100, "0.000001 USDC": 1, "12 JPY": 12, "90071992547409.91 USD": MaxUnits} {
		a, err := c.Parse(s)
		if err != nil || a.Units != want {
			t.Errorf("Parse(%q) = %d, %v", s, a.Units, err)
		}
	}
	for _, s := range []string{"0.001 USD", "1.0 JPY", "-1 USD", "1e3 USD", "1 XXX", "1", ".5 USD", "90071992547409.92 USD", "99999999999999999999 USD"} {
		if a, err := c.Parse(s); err == nil {
			t.Errorf("Parse(%q) = %+v, want an error", s, a)
		}
	}
	if got := c.Format(MonetaryAmount{3, "USD"}); got != "0.03 USD" {
		t.Errorf("Format: %s", got)
	}
	if _, err := (MonetaryAmount{MaxUnits, "USD"}).Add(MonetaryAmount{1, "USD"}); !errors.Is(err, ErrAmount) {
		t.Errorf("overflow: %v", err)
	}
	if _, err := (MonetaryAmount{1, "USD"}).Add(MonetaryAmount{1, "EUR"}); !errors.Is(err, ErrCurrencyMismatch) {
		t.Errorf("mismatch: %v", err)
	}
	if _, err := (MonetaryAmount{1, "USD"}).Sub(MonetaryAmount{2, "USD"}); !errors.Is(err, ErrAmount) {
		t.Errorf("negative: %v", err)
	}
	up, _ := MonetaryAmount{101, "USD"}.CeilBps(50)
	down, _ := MonetaryAmount{399, "USD"}.FloorBps(50)
	if up.Units != 1 || down.Units != 1 {
		t.Errorf("bps: %d up, %d down", up.Units, down.Units)
	}
}

func TestScaleRounding(t *testing.T) {
	for _, tc := range []struct {
		units    uint64
		num, den int64
		rule     Rounding
		want     uint64
	}{
		{1, 1, 2, RoundUp, 1}, {1, 1, 2, RoundDown, 0}, {1, 1, 2, RoundHalfEven, 0},
		{3, 1, 2, RoundHalfEven, 2}, {5, 1, 2, RoundHalfEven, 2}, {7, 1, 3, RoundHalfEven, 2}, {8, 1, 3, RoundHalfEven, 3},
		{12, 10000, 1, RoundUp, 120000},
	} {
		got, err := Scale(tc.units, big.NewInt(tc.num), big.NewInt(tc.den), tc.rule)
		if err != nil || got != tc.want {
			t.Errorf("Scale(%d·%d/%d, %s) = %d, %v; want %d", tc.units, tc.num, tc.den, tc.rule, got, err, tc.want)
		}
	}
	if _, err := Scale(MaxUnits, big.NewInt(2), big.NewInt(1), RoundUp); !errors.Is(err, ErrAmount) {
		t.Errorf("overflow: %v", err)
	}
	if _, err := Scale(1, big.NewInt(1), big.NewInt(0), RoundUp); !errors.Is(err, ErrAmount) {
		t.Errorf("zero denominator: %v", err)
	}
	if _, err := Scale(1, big.NewInt(1), big.NewInt(1), "nearest"); err == nil {
		t.Error("an unknown rule was accepted")
	}
}

func TestUUIDv7(t *testing.T) {
	id, err := NewUUIDv7(0x0123456789ab, bytes.NewReader(bytes.Repeat([]byte{0xff}, 10)))
	if err != nil || id != "01234567-89ab-7fff-bfff-ffffffffffff" {
		t.Fatalf("%s, %v", id, err)
	}
	if err := CheckUUIDv7(id); err != nil {
		t.Fatal(err)
	}
	for _, bad := range []string{"", id[:35], strings.ToUpper(id), strings.Replace(id, "-7", "-4", 1), strings.Replace(id, "-b", "-c", 1), strings.ReplaceAll(id, "-", "_")} {
		if CheckUUIDv7(bad) == nil {
			t.Errorf("%q was accepted", bad)
		}
	}
	if _, err := NewUUIDv7(1, bytes.NewReader(nil)); err == nil {
		t.Error("no randomness and still an id")
	}
}

func FuzzEnvelope(f *testing.F) {
	k := testKey(f, 7)
	e, err := Seal("chio.note.v1", note{Schema: "chio.note.v1"}, k)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(e.Bytes())
	f.Add([]byte(`{"body":{},"signatures":[]}`))
	f.Fuzz(func(t *testing.T, doc []byte) {
		var n note
		opened, err := OpenEnvelope(doc, "chio.note.v1", &n, nil, nil)
		if err == nil && !bytes.Equal(opened.Bytes(), doc) {
			t.Fatalf("accepted bytes that are not the artifact's own: %q", doc)
		}
	})
}

// TestDigestTellsValuesApart: what a map keyed by it relies on.
func TestDigestTellsValuesApart(t *testing.T) {
	type pair struct {
		A string `json:"a"`
		B Raw    `json:"b,omitzero"`
	}
	seen := map[Digest]pair{}
	for _, v := range []pair{{A: "x"}, {A: "x", B: Raw(`1`)}, {A: "x", B: Raw(`"1"`)}, {A: `x","b":1`}, {A: "x\u2028"}} {
		d, err := DigestOf(v)
		again, _ := DigestOf(v)
		if err != nil || d != again {
			t.Fatalf("%+v: %v", v, err)
		}
		if other, dup := seen[d]; dup {
			t.Errorf("%+v and %+v have one digest", v, other)
		}
		seen[d] = v
	}
	if _, err := DigestOf(pair{A: "\xff"}); err == nil {
		t.Error("text that is not UTF-8 has a digest")
	}
}
