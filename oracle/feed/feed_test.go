package feed_test

import (
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/backbay-labs/chio-node/oracle"
	"github.com/backbay-labs/chio-node/oracle/feed"
	"github.com/backbay-labs/chio-node/oracle/feed/signed"
)

const known = `{"schema":"chio.feed_signers.v1","pyth":[{"emitter_chain":26,"emitter":"507974686e6574507974686e6574507974686e6574507974686e657450797468","set_index":1,"threshold":3,
"signers":["0x41534bb176e461a3fb30479400f210549ecce638","0x6502987b62f21cab7eb5ccd8f0173084b60d5b41","0x44a3e8f6a382412cf6bb90a3f8106e68977476c9","",""],"valid_from":1785456000}],
"redstone":[{"service":"other","decimals":6,"threshold":1,"signers":["0x8bb8f32df04c8b654987daaed53d6b6091e3b774"],"valid_from":0},
{"service":"prod","decimals":8,"threshold":1,"signers":["0x51ce04be4b3e32572c4ec9135221d0691ba7d202"],"valid_from":0}]}`

func signers(t testing.TB, doc string) *feed.Signers {
	t.Helper()
	s, err := feed.ParseSigners([]byte(doc))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func recorded(t testing.TB) (raw []byte) {
	t.Helper()
	doc, err := os.ReadFile("pyth/testdata/pyth_core_2026-09-12_arbitrum.json")
	if err != nil {
		t.Fatal(err)
	}
	var v struct{ Hex string }
	if err := json.Unmarshal(doc, &v); err != nil {
		t.Fatal(err)
	}
	if raw, err = hex.DecodeString(v.Hex); err != nil {
		t.Fatal(err)
	}
	return raw
}

func TestFormatsAreRecognised(t *testing.T) {
	s, raw := signers(t, known), recorded(t)
	b64 := base64.StdEncoding.EncodeToString(raw)
	for name, doc := range map[string]string{
		"bytes": string(raw), "hex": hex.EncodeToString(raw), "0x and a line": "0x" + hex.EncodeToString(raw) + "\n", "base64": b64,
		"Hermes": `{"binary":{"encoding":"base64","data":["` + b64 + `"]}}`, "calldata": `{"kind":"x","hex":"` + hex.EncodeToString(raw) + `"}`,
	} {
		format, got, err := feed.Verify([]byte(doc), s)
		if err != nil || format != feed.FormatPyth || len(got) != 4 {
			t.Errorf("%s: %s, %d, %v", name, format, len(got), err)
		}
	}
	doc, err := os.ReadFile("redstone/testdata/redstone_gateway_2026-08-27.json")
	if err != nil {
		t.Fatal(err)
	}
	if format, got, err := feed.Verify(doc, s); err != nil || format != feed.FormatRedStone || got[0].Decimal() != "0.00000388" {
		t.Errorf("%s, %+v, %v", format, got, err)
	}
	two := `{"binary":{"data":["` + b64 + `","` + b64 + `"]}}`
	for _, doc := range []string{"", "x", "{", "{}", "[]", two, `{"hex":"00"}`, `{"binary":{"data":[]}}`, strings.Repeat("0", feed.MaxBytes+1)} {
		if _, _, err := feed.Verify([]byte(doc), s); !errors.Is(err, oracle.ErrPayload) {
			t.Errorf("%.40q: %v", doc, err)
		}
	}
	if _, _, err := feed.Verify(doc, signers(t, `{"schema":"chio.feed_signers.v1"}`)); !errors.Is(err, oracle.ErrSigners) {
		t.Errorf("without sets: %v", err)
	}
}

func operator(t testing.TB, n byte, value int64) (string, oracle.Signed) {
	t.Helper()
	k, err := signed.KeyFromScalar(append(make([]byte, 31), n))
	if err != nil {
		t.Fatal(err)
	}
	o, err := k.Sign(signed.Reading{Pair: oracle.Pair{Base: "USDC", Quote: "USD"}, Value: value, Expo: -8, ObservedAt: 1_790_000_000, ValidUntil: 1_790_000_100, Sequence: 4})
	if err != nil {
		t.Fatal(err)
	}
	return k.Operator(), *o
}

func TestOurOwnFeed(t *testing.T) {
	a, one := operator(t, 1, 99_990_000)
	b, two := operator(t, 2, 100_000_000)
	r, err := oracle.NewRound(one, two)
	if err != nil {
		t.Fatal(err)
	}
	s := signers(t, fmt.Sprintf(`{"schema":"chio.feed_signers.v1","operators":{"signers":[%q,%q]}}`, a, b))
	format, got, err := feed.Verify(append(one.Bytes(), '\n'), s)
	if err != nil || format != feed.FormatObservation || got[0].Decimal() != "0.9999" || got[0].Feed != "USDC/USD" || got[0].Signers[0] != a {
		t.Errorf("%s, %+v, %v", format, got, err)
	}
	format, got, err = feed.Verify(r.Bytes(), s)
	if err != nil || format != feed.FormatRound || len(got) != 2 {
		t.Errorf("%s, %+v, %v", format, got, err)
	}
	others := signers(t, fmt.Sprintf(`{"schema":"chio.feed_signers.v1","operators":{"signers":[%q,"0x0000000000000000000000000000000000000001"]}}`, b))
	for _, doc := range [][]byte{one.Bytes(), r.Bytes()} {
		if _, _, err := feed.Verify(doc, others); !errors.Is(err, oracle.ErrUnknownOperator) {
			t.Errorf("not configured: %v", err)
		}
		if _, _, err := feed.Verify(doc, signers(t, known)); !errors.Is(err, oracle.ErrSigners) {
			t.Errorf("no operators: %v", err)
		}
	}
	one.Observation.Signature = two.Observation.Signature
	if _, _, err := feed.Verify(one.Bytes(), s); !errors.Is(err, signed.ErrSignature) {
		t.Errorf("forged: %v", err)
	}
}

func TestSignersRefuse(t *testing.T) {
	for name, c := range map[string]string{
		"schema":                  `{"schema":"chio.other.v1"}`,
		"unknown key":             `{"schema":"chio.feed_signers.v1","chainlink":[]}`,
		"one operator":            `{"schema":"chio.feed_signers.v1","operators":{"signers":["0x0000000000000000000000000000000000000001"]}}`,
		"threshold of one":        `{"schema":"chio.feed_signers.v1","operators":{"threshold":1,"signers":["0x0000000000000000000000000000000000000001","0x0000000000000000000000000000000000000002"]}}`,
		"negative age":            `{"schema":"chio.feed_signers.v1","max_age_seconds":-1}`,
		"an upper-case signer":    strings.Replace(known, "0x51ce", "0x51CE", 1),
		"an upper-case router":    strings.Replace(known, "0x4153", "0X4153", 1),
		"threshold above signers": strings.Replace(known, `"threshold":3`, `"threshold":4`, 1),
	} {
		if _, err := feed.ParseSigners([]byte(c)); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}

func TestStaleAndFuture(t *testing.T) {
	s := signers(t, `{"schema":"chio.feed_signers.v1","max_age_seconds":10,"max_ahead_seconds":5}`)
	for at, want := range map[int64]error{1010: nil, 1011: oracle.ErrStale, 995: nil, 994: oracle.ErrFuture} {
		if err := s.Fresh(&oracle.Sample{PublishedAt: 1000}, at); !errors.Is(err, want) {
			t.Errorf("at %d: %v, want %v", at, err, want)
		}
	}
}

func FuzzVerify(f *testing.F) {
	_, one := operator(f, 1, 99_990_000)
	f.Add(one.Bytes())
	f.Add(recorded(f))
	s := signers(f, known)
	f.Fuzz(func(t *testing.T, doc []byte) {
		format, got, err := feed.Verify(doc, s)
		if err == nil && (format == feed.FormatUnknown || len(got) == 0 || len(got[0].Signers) == 0) {
			t.Fatalf("accepted %q as %s %+v", doc, format, got)
		}
	})
}
