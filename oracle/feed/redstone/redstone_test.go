package redstone_test

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"math/big"
	"os"
	"strings"
	"testing"

	"github.com/ethereum/go-ethereum/crypto"

	"github.com/backbay-labs/chio-node/internal/unit"
	"github.com/backbay-labs/chio-node/oracle"
	"github.com/backbay-labs/chio-node/oracle/feed/redstone"
	"github.com/backbay-labs/chio-node/oracle/feed/secp256k1"
)

const signedAt = 1_790_000_000

// pack is one package with our own keys, made of its parts.
type pack struct {
	key    byte
	points []point
	ms     int64
	size   int
	change func(sig []byte)
}

type point struct {
	feed  string
	value int64
}

func one(key byte, value int64) pack {
	return pack{key: key, points: []point{{"USDC", value}, {"ETH", 252_358_659_107}}, ms: signedAt * 1000, size: 32}
}

func (p pack) bytes(t testing.TB) []byte {
	t.Helper()
	var out []byte
	for _, q := range p.points {
		id := make([]byte, 32)
		copy(id, q.feed)
		out = append(out, id...)
		out = append(out, big.NewInt(q.value).FillBytes(make([]byte, p.size))...)
	}
	out = append(out, binary.BigEndian.AppendUint64(nil, uint64(p.ms))[2:]...)
	out = binary.BigEndian.AppendUint32(out, uint32(p.size))
	out = append(out, 0, 0, byte(len(p.points)))
	return append(out, p.signature(t, out)...)
}

func (p pack) signature(t testing.TB, signed []byte) []byte {
	t.Helper()
	k, err := crypto.ToECDSA(append(make([]byte, 31), p.key))
	if err != nil {
		t.Fatal(err)
	}
	sig, err := crypto.Sign(crypto.Keccak256(signed), k)
	if err != nil {
		t.Fatal(err)
	}
	sig[64] += 27
	if p.change != nil {
		p.change(sig)
	}
	return sig
}

func address(t testing.TB, n byte) string {
	t.Helper()
	k, err := crypto.ToECDSA(append(make([]byte, 31), n))
	if err != nil {
		t.Fatal(err)
	}
	return strings.ToLower(crypto.PubkeyToAddress(k.PublicKey).Hex())
}

// payload is the binary form.
func payload(t testing.TB, packs ...pack) []byte {
	var out []byte
	for _, p := range packs {
		out = append(out, p.bytes(t)...)
	}
	out = append(out, byte(len(packs)>>8), byte(len(packs)))
	out = append(out, "1.0#test"...)
	out = append(out, 0, 0, 8)
	return append(out, redstone.Marker...)
}

// The payload's count of packages stands before the metadata.
func set(t testing.TB) *redstone.Set {
	return &redstone.Set{Service: "test", Decimals: 8, Threshold: 3, ValidFrom: signedAt - 100, ValidUntil: signedAt + 100,
		Signers: []string{address(t, 1), address(t, 2), address(t, 3), address(t, 4)}}
}

func verify(doc []byte, s *redstone.Set) ([]oracle.Sample, error) {
	packages, err := redstone.Parse(doc)
	if err != nil {
		return nil, err
	}
	return redstone.Verify(packages, s)
}

func TestMedianOfUniqueSigners(t *testing.T) {
	for name, c := range map[string]struct {
		packs []pack
		want  string
	}{
		"three":                     {[]pack{one(1, 99_990_000), one(3, 100_010_000), one(2, 99_000_000)}, "0.9999"},
		"four":                      {[]pack{one(1, 99_990_000), one(3, 100_010_000), one(2, 99_000_000), one(4, 99_990_003)}, "0.99990001"},
		"one extreme sample":        {[]pack{one(1, 99_990_000), one(2, 99_990_001), one(3, 1<<52)}, "0.99990001"},
		"one extreme sample of nil": {[]pack{one(1, 99_990_000), one(2, 99_990_001), one(3, 0)}, "0.9999"},
	} {
		got, err := verify(payload(t, c.packs...), set(t))
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if len(got) != 2 || got[0].Feed != "ETH" || got[0].Decimal() != "2523.58659107" || got[1].Decimal() != c.want ||
			got[1].PublishedAt != signedAt || got[1].Sequence != signedAt*1000 || len(got[1].Signers) != len(c.packs) {
			t.Errorf("%s: %+v", name, got)
		}
	}
}

func TestVerifyRefuses(t *testing.T) {
	packs := func(change func([]pack) []pack) []byte {
		return payload(t, change([]pack{one(1, 1), one(2, 1), one(3, 1)})...)
	}
	last := func(change func(*pack)) []byte {
		return packs(func(p []pack) []pack { change(&p[2]); return p })
	}
	many := func(n int) []byte {
		return last(func(p *pack) {
			p.points = nil
			for i := range n {
				p.points = append(p.points, point{fmt.Sprint("F", i), 1})
			}
		})
	}
	good := payload(t, one(1, 1), one(2, 1), one(3, 1))
	for name, c := range map[string]struct {
		doc  []byte
		want error
	}{
		"no marker":             {good[:len(good)-1], oracle.ErrPayload},
		"bytes in front":        {append([]byte{0}, good...), oracle.ErrPayload},
		"a byte short":          {good[1:], oracle.ErrPayload},
		"no package":            {payload(t), oracle.ErrPayload},
		"a feed twice":          {last(func(p *pack) { p.points[1].feed = "USDC" }), oracle.ErrPayload},
		"a feed without a name": {last(func(p *pack) { p.points[1].feed = "" }), oracle.ErrPayload},
		"a name with a zero":    {last(func(p *pack) { p.points[1].feed = "US\x00DC" }), oracle.ErrPayload},
		"a value of 33 bytes":   {last(func(p *pack) { p.size = 33 }), oracle.ErrPayload},
		"no value":              {last(func(p *pack) { p.points = nil }), oracle.ErrPayload},
		"too many values":       {many(65), oracle.ErrPayload},
		"two of three":          {payload(t, one(1, 1), one(2, 1)), oracle.ErrUnsigned},
		"signer not trusted":    {last(func(p *pack) { p.key = 9 }), oracle.ErrUnsigned},
		"one signer twice":      {last(func(p *pack) { p.key = 2 }), oracle.ErrUnsigned},
		"a feed of two":         {last(func(p *pack) { p.points = p.points[:1] }), oracle.ErrUnsigned},
		"another time":          {last(func(p *pack) { p.ms++ }), oracle.ErrPayload},
		"an earlier time":       {last(func(p *pack) { p.ms-- }), oracle.ErrPayload},
		"set not yet valid":     {packs(at(signedAt - 101)), oracle.ErrSigners},
		"set expired":           {packs(at(signedAt + 101)), oracle.ErrSigners},
		"v of 0":                {last(func(p *pack) { p.change = func(s []byte) { s[64] -= 27 } }), secp256k1.ErrSignature},
		"an upper s": {last(func(p *pack) {
			p.change = func(s []byte) {
				new(big.Int).Sub(crypto.S256().Params().N, new(big.Int).SetBytes(s[32:64])).FillBytes(s[32:64])
				s[64] ^= 27 ^ 28
			}
		}), secp256k1.ErrSignature},
		"zero":      {packs(values(0)), oracle.ErrMalformed},
		"over 2^53": {packs(values(1 << 53)), oracle.ErrMalformed},
	} {
		if _, err := verify(c.doc, set(t)); !errors.Is(err, c.want) {
			t.Errorf("%s: got %v, want %v", name, err, c.want)
		}
	}
	if _, err := verify(many(64), &redstone.Set{}); !errors.Is(err, oracle.ErrSigners) {
		t.Errorf("64 values are too many, or an empty set is sound: %v", err)
	}
	if _, err := redstone.Verify(nil, set(t)); !errors.Is(err, oracle.ErrPayload) {
		t.Errorf("nothing: %v", err)
	}
	if _, err := redstone.Parse(make([]byte, redstone.MaxBytes+1)); !errors.Is(err, oracle.ErrPayload) {
		t.Errorf("too large: %v", err)
	}
}

func at(seconds int64) func([]pack) []pack {
	return func(p []pack) []pack {
		for i := range p {
			p[i].ms = seconds * 1000
		}
		return p
	}
}

func values(v int64) func([]pack) []pack {
	return func(p []pack) []pack {
		for i := range p {
			p[i].points[0].value = v
		}
		return p
	}
}

// TestEverySignedByteCounts: only the metadata, which nobody signs, is free.
func TestEverySignedByteCounts(t *testing.T) {
	doc := payload(t, one(1, 1), one(2, 1), one(3, 1))
	for i := range doc {
		bad := bytes.Clone(doc)
		bad[i] ^= 1
		metadata := i >= len(doc)-len(redstone.Marker)-11 && i < len(doc)-len(redstone.Marker)-3
		if _, err := verify(bad, set(t)); err == nil && !metadata {
			t.Errorf("byte %d changed and it still verifies", i)
		}
	}
}

func TestSetRefuses(t *testing.T) {
	for name, change := range map[string]func(*redstone.Set){
		"no threshold":        func(s *redstone.Set) { s.Threshold = 0 },
		"threshold above all": func(s *redstone.Set) { s.Threshold = 5 },
		"twice":               func(s *redstone.Set) { s.Signers[1] = s.Signers[0] },
		"no address":          func(s *redstone.Set) { s.Signers[1] = "" },
		"decimals":            func(s *redstone.Set) { s.Decimals = 19 },
		"window":              func(s *redstone.Set) { s.ValidUntil = s.ValidFrom },
	} {
		s := set(t)
		change(s)
		if err := s.Check(); !errors.Is(err, oracle.ErrSigners) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// gateway is the JSON of a package whose value is written as text says.
func gateway(t testing.TB, key byte, text string, value int64) string {
	p := pack{key: key, points: []point{{"USDC", value}}, ms: signedAt * 1000, size: 32}
	doc := p.bytes(t)
	return fmt.Sprintf(`{"timestampMilliseconds":%d,"signature":%q,"isSignatureValid":true,"dataPoints":[{"dataFeedId":"USDC","value":%s,"metadata":{"x":[1.5]}}]}`,
		p.ms, base64.StdEncoding.EncodeToString(doc[len(doc)-65:]), text)
}

func TestGatewayValuesAreDecimalText(t *testing.T) {
	s := set(t)
	s.Threshold = 1
	for text, value := range map[string]int64{
		"1": 100_000_000, "0.99990001": 99_990_001, `"0.99990001"`: 99_990_001, "9.9990001e-1": 99_990_001, "3.88E-6": 388, "1e2": 10_000_000_000,
		"0.999900014": 99_990_001, "0.999900015": 99_990_002, "77173.601612979": 7_717_360_161_298, "1E+1": 1_000_000_000,
		"90071992.54740991": 9_007_199_254_740_991, // 2^53-1, which a float of the text times 10^8 misses
	} {
		packages, err := redstone.ParseJSON([]byte(gateway(t, 1, text, value)), 8)
		if err == nil {
			var got []oracle.Sample
			if got, err = redstone.Verify(packages, s); err == nil && got[0].Value == value {
				continue
			}
		}
		t.Errorf("%s is not %d: %v", text, value, err)
	}
	for _, text := range []string{"0", "-1", "true", `""`, `"x"`, `"1.2.3"`, `"."`, `"1."`, `"0x10"`, `"1e61"`, `"1e"`, `"Infinity"`, `"1 "`, `" 1"`, `"1e-9"`, `"` + strings.Repeat("1", 81) + `"`, "1e70"} {
		if p, err := redstone.ParseJSON([]byte(gateway(t, 1, text, 1)), 8); !errors.Is(err, oracle.ErrPayload) {
			t.Errorf("%s: %+v, %v", text, p, err)
		}
	}
}

func TestGatewayShapes(t *testing.T) {
	a, b, c := gateway(t, 1, "1", 100_000_000), gateway(t, 2, "1", 100_000_000), gateway(t, 3, "1", 100_000_000)
	list := "[" + a + "," + b + "," + c + "]"
	for _, doc := range []string{list, `{"USDC":` + list + `}`, "\n " + list + "\n"} {
		packages, err := redstone.ParseJSON([]byte(doc), 8)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := redstone.Verify(packages, set(t)); err != nil || got[0].Decimal() != "1" || len(got[0].Signers) != 3 {
			t.Errorf("%+v, %v", got, err)
		}
	}
	for name, doc := range map[string]string{
		"nothing": "", "no package": "[]", "no value": `[{"timestampMilliseconds":1,"dataPoints":[]}]`, "two feeds": `{"A":` + list + `,"B":` + list + `}`,
		"a key twice": strings.Replace(a, `"signature"`, `"dataPoints":[],"signature"`, 1), "a short signature": strings.Replace(a, `"signature":"`, `"signature":"AA`, 1),
		"no time": strings.Replace(a, `"timestampMilliseconds":1`, `"timestampMilliseconds":-1`, 1), "more": a + "x",
		"too many": "[" + strings.Repeat(a+",", redstone.MaxPackages) + a + "]",
	} {
		if _, err := redstone.ParseJSON([]byte(doc), 8); !errors.Is(err, oracle.ErrPayload) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func recorded(t testing.TB) ([]byte, *redstone.Set) {
	t.Helper()
	doc, err := os.ReadFile("testdata/redstone_gateway_2026-08-27.json")
	if err != nil {
		t.Fatal(err)
	}
	return doc, &redstone.Set{Service: "redstone-primary-prod", Decimals: 8, Threshold: 1, Signers: []string{"0x51ce04be4b3e32572c4ec9135221d0691ba7d202"}}
}

func TestRecordedPackage(t *testing.T) {
	doc, s := recorded(t)
	packages, err := redstone.ParseJSON(doc, s.Decimals)
	if err != nil {
		t.Fatal(err)
	}
	got, err := redstone.Verify(packages, s)
	if err != nil || len(got) != 1 || got[0].Feed != "PEPE" || got[0].Decimal() != "0.00000388" || got[0].PublishedAt != 1_787_867_130 {
		t.Fatalf("%+v, %v", got, err)
	}
	s.Signers = append(s.Signers, address(t, 1))
	s.Threshold = 2
	if _, err := redstone.Verify(packages, s); !errors.Is(err, oracle.ErrUnsigned) {
		t.Fatalf("one of two: %v", err)
	}
}

func FuzzParse(f *testing.F) {
	doc, _ := recorded(f)
	f.Add(doc)
	f.Add(payload(f, one(1, 1), one(2, 1), one(3, 1)))
	s := set(f)
	f.Fuzz(func(t *testing.T, doc []byte) {
		for _, parse := range []func() ([]redstone.Package, error){
			func() ([]redstone.Package, error) { return redstone.Parse(doc) },
			func() ([]redstone.Package, error) { return redstone.ParseJSON(doc, 8) },
		} {
			packages, err := parse()
			if err != nil {
				continue
			}
			if got, err := redstone.Verify(packages, s); err == nil && (len(got) == 0 || len(got[0].Signers) < 3) {
				t.Fatalf("accepted %q as %+v", doc, got)
			}
		}
	})
}

func BenchmarkVerify(b *testing.B) {
	doc, s := payload(b, one(1, 1), one(2, 1), one(3, 1)), set(b)
	m := unit.Start(b)
	for b.Loop() {
		if _, err := verify(doc, s); err != nil {
			b.Fatal(err)
		}
	}
	m.Report()
}
