package offline_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/backbay-labs/chio-node/cmd/chio-node/offline"
	"github.com/backbay-labs/chio-node/oracle"
	"github.com/backbay-labs/chio-node/oracle/feed"
	"github.com/backbay-labs/chio-node/oracle/feed/signed"
	"github.com/backbay-labs/chio-node/wire"
)

const pepeSigners = `{"schema":"chio.feed_signers.v1","feeds":{"ETH/USD":["ETH"],"USDC/USD":["PEPE"]},"redstone":[{"service":"prod","decimals":8,"threshold":1,
"signers":["0x51ce04be4b3e32572c4ec9135221d0691ba7d202"],"valid_from":0}]}`

// restingOn is evidence whose first observation, of value, names the recorded
// payload as its source. The pair is one of known currencies; whether a feed
// prices it is the signers file's to say.
func restingOn(t *testing.T, value int64) []byte {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join("..", "..", "..", "oracle", "feed", "redstone", "testdata", "redstone_gateway_2026-08-27.json"))
	if err != nil {
		t.Fatal(err)
	}
	pair := oracle.Pair{Base: "USDC", Quote: "USD"}
	g := oracle.Grounds{Schema: oracle.GroundsSchema, Pair: pair, Payloads: []oracle.Payload{oracle.NewPayload("PEPE", raw)}}
	var all []oracle.Signed
	for i, source := range []wire.Digest{wire.Hash(g.Bytes()), {}} {
		k, err := signed.KeyFromScalar(append(make([]byte, 31), byte(i+1)))
		if err != nil {
			t.Fatal(err)
		}
		s, err := k.Sign(signed.Reading{Pair: pair, Value: value, Expo: -8, ObservedAt: 1_787_867_140, ValidUntil: 1_787_867_200, Source: source, Sequence: 1})
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, *s)
	}
	r, err := oracle.NewRound(all...)
	if err != nil {
		t.Fatal(err)
	}
	ops := oracle.Operators{Addresses: []string{all[0].Observation.Operator, all[1].Observation.Operator}, Min: 2, MaxAgeSeconds: 60}
	p, err := oracle.Verify(r, ops, signed.Verify, 1_787_867_140)
	if err != nil {
		t.Fatal(err)
	}
	e, err := oracle.Converter{Currencies: wire.DefaultCurrencies()}.Prove(wire.MonetaryAmount{Units: 1_000_000_000, Currency: "USDC"}, r, p, "USD", oracle.RuleSettle)
	if err == nil {
		e, err = e.WithGrounds(g)
	}
	if err != nil {
		t.Fatal(err)
	}
	return e.Bytes()
}

// TestEvidenceRepeatsFromItsPayloads, offline, for whoever says whose payloads
// count.
func TestEvidenceRepeatsFromItsPayloads(t *testing.T) {
	signers, err := feed.ParseSigners([]byte(pepeSigners))
	if err != nil {
		t.Fatal(err)
	}
	good := restingOn(t, 388)
	for name, c := range map[string]struct {
		doc     []byte
		signers *feed.Signers
		valid   bool
		want    int
	}{
		"repeated":                   {good, signers, true, 1},
		"nobody's payloads count":    {good, nil, true, 0},
		"another value was signed":   {restingOn(t, 389), signers, false, 0},
		"no feed prices the pair":    {good, &feed.Signers{RedStone: signers.RedStone, MaxAgeSeconds: 180}, false, 0},
		"older than payloads may be": {good, &feed.Signers{RedStone: signers.RedStone, Feeds: signers.Feeds, MaxAgeSeconds: 9}, false, 0},
	} {
		f := offline.File("price.json", c.doc, offline.Options{Signers: c.signers})
		var got struct {
			Detail struct{ Grounds, Repeated int }
		}
		doc, err := json.Marshal(f)
		if err == nil {
			err = json.Unmarshal(doc, &got)
		}
		if err != nil || f.Valid != c.valid || got.Detail.Repeated != c.want || !c.valid && f.Code != offline.CodePrice {
			t.Errorf("%s: %s, %v", name, doc, err)
		}
	}
}
