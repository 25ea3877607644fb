package node

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/backbay-labs/chio-node/oracle"
	pricefeed "github.com/backbay-labs/chio-node/oracle/feed"
	"github.com/backbay-labs/chio-node/oracle/feed/signed"
	"github.com/backbay-labs/chio-node/store"
	"github.com/backbay-labs/chio-node/wire"
)

// watchedNode trusts two operators, whose keys it returns, on a real store.
func watchedNode(t *testing.T, at *time.Time, change func(*Config)) (*Node, []*signed.Key) {
	t.Helper()
	o, cfg := newHome(t), defaultConfig()
	cfg.Policy = "builtin:default"
	var keys []*signed.Key
	for i := range 2 {
		k, err := signed.KeyFromScalar(append(make([]byte, 31), byte(i+1)))
		if err != nil {
			t.Fatal(err)
		}
		keys = append(keys, k)
		cfg.Oracle.Operators = append(cfg.Oracle.Operators, k.Operator())
	}
	change(cfg)
	if err := cfg.validate(); err != nil {
		t.Fatal(err)
	}
	o.Config, o.Now = cfg, func() time.Time { return *at }
	o.Log = slog.New(slog.NewTextHandler(io.Discard, nil))
	return openNode(t, o), keys
}

// imports a round in which both operators speak, at expo -4.
func (p *roundMaker) imports(values ...int64) (*Round, error) {
	p.sequence++
	req := ImportRound{}
	for i, k := range p.keys {
		s, err := k.Sign(signed.Reading{Pair: oracle.Pair{Base: "USDC", Quote: "USD"}, Value: values[i], Expo: -4, ObservedAt: p.n.now(), ValidUntil: p.n.now() + 600, Sequence: p.sequence})
		if err != nil {
			p.t.Fatal(err)
		}
		req.Observations = append(req.Observations, s.Bytes())
	}
	p.last = req
	return p.n.importRound(context.Background(), req)
}

type roundMaker struct {
	t        *testing.T
	n        *Node
	keys     []*signed.Key
	sequence uint64
	last     ImportRound
}

func code(err error) string {
	var p *Problem
	if errors.As(err, &p) {
		return p.Code
	}
	return fmt.Sprint(err)
}

// TestRestartDuringTrip: what latched stays so, on a real store, until the
// operator says a word; meanwhile nothing converts, quotes or is imported.
func TestRestartDuringTrip(t *testing.T) {
	pair := oracle.Pair{Base: "USDC", Quote: "USD"}
	for name, bad := range map[string][]int64{"diverged": {10_000, 10_501}, "depegged": {9_700, 9_700}} {
		t.Run(name, func(t *testing.T) {
			at := time.Unix(1_800_000_000, 0)
			n, keys := watchedNode(t, &at, func(c *Config) {
				c.Oracle.Pairs = []PricePairConfig{{Pair: "USDC/USD", PegLowBps: 9900, PegHighBps: 10_100}}
				c.Alarms.Webhook = "http://127.0.0.1:1/alarms"
			})
			p := &roundMaker{t: t, n: n, keys: keys}
			if _, err := p.imports(10_000, 10_000); err != nil {
				t.Fatal(err)
			}
			if len(n.alarms.queue) != 0 {
				t.Fatal("a good price raised an alarm")
			}
			at = at.Add(time.Second)
			if _, err := p.imports(bad...); code(err) != "CHIO-ORACLE-TRIPPED" {
				t.Fatalf("%v", err)
			}
			if len(n.alarms.queue) != 1 {
				t.Fatalf("%d alarms are raised", len(n.alarms.queue))
			}
			if a := <-n.alarms.queue; a.Kind != alarmPrice || a.Subject != "USDC/USD" || !strings.HasPrefix(a.Reason, name) {
				t.Fatalf("the alarm is %+v", a)
			}
			o := n.opts
			if err := n.Stop(context.Background()); err != nil {
				t.Fatal(err)
			}
			n = openNode(t, o)
			p.n = n
			at = at.Add(time.Second)
			if _, err := p.imports(10_000, 10_000); code(err) != "CHIO-ORACLE-TRIPPED" {
				t.Fatalf("after the restart: %v", err)
			}
			c := &converter{n: n}
			if _, err := c.Convert(wire.MonetaryAmount{Units: 1, Currency: "USD"}, "USDC", nil, n.now()); !errors.Is(err, errTripped) {
				t.Fatalf("converted: %v", err)
			}
			if id, err := n.currentRound(pair); id != nil || err != nil {
				t.Fatalf("quoted: %v, %v", id, err)
			}
			if _, err := n.resetPair(context.Background(), ResetPair{Pair: "USDC/USD"}); code(err) != "CHIO-USAGE" {
				t.Fatalf("without a word: %v", err)
			}
			if s, err := n.resetPair(context.Background(), ResetPair{Pair: "USDC/USD", Word: "both exchanges were down"}); err != nil || s.Trip != nil {
				t.Fatalf("%+v, %v", s, err)
			}
			if _, err := p.imports(10_000, 10_000); err != nil {
				t.Fatalf("after the reset: %v", err)
			}
		})
	}
}

func TestRoundsOfANodeAreAChain(t *testing.T) {
	at := time.Unix(1_800_000_000, 0)
	n, keys := watchedNode(t, &at, func(*Config) {})
	p := &roundMaker{t: t, n: n, keys: keys}
	ctx := context.Background()
	for range 3 {
		r, err := p.imports(10_000, 10_001)
		if err != nil {
			t.Fatal(err)
		}
		if again, err := n.importRound(ctx, p.last); err != nil || again.ID != r.ID {
			t.Fatalf("the round in use given again: %+v, %v", again, err)
		}
		at = at.Add(time.Second)
	}
	old := p.last
	if _, err := p.imports(10_000, 10_001); err != nil {
		t.Fatal(err)
	}
	if _, err := n.importRound(ctx, old); code(err) != "CHIO-ORACLE-ROUND" || !strings.Contains(err.Error(), "goes back") {
		t.Fatalf("a round replayed: %v", err)
	}
	got, err := n.listRounds(ctx, ListRounds{Pair: "USDC/USD"})
	if err != nil || len(got.Rounds) != 4 || got.Broken != "" || got.Rounds[0].Previous != got.Rounds[1].ID || !got.Rounds[3].Previous.IsZero() {
		t.Fatalf("%+v, %v", got, err)
	}
	err = n.db.Update(ctx, func(tx store.Tx) error { tx.Delete(roundRows + got.Rounds[2].ID.String()); return nil })
	if err != nil {
		t.Fatal(err)
	}
	broken, err := n.listRounds(ctx, ListRounds{Pair: "USDC/USD"})
	if err != nil || len(broken.Rounds) != 2 || !strings.Contains(broken.Broken, got.Rounds[1].ID.String()) {
		t.Fatalf("%+v, %v", broken, err)
	}
	// A pause stops prices, not the memory of them.
	if s, err := n.resetPair(ctx, ResetPair{Pair: "USDC/USD", Word: "audit", Pause: true}); err != nil || s.Paused != "audit" {
		t.Fatalf("%+v, %v", s, err)
	}
	if _, err := p.imports(10_000, 10_000); code(err) != "CHIO-ORACLE-TRIPPED" {
		t.Fatalf("paused: %v", err)
	}
}

// sourced writes two gateway answers of one price each, by our own keys, and
// the signers file.
func sourced(t *testing.T) (dir string, change func(*Config)) {
	t.Helper()
	dir = t.TempDir()
	doc, err := os.ReadFile(filepath.Join("..", "oracle", "feed", "redstone", "testdata", "redstone_gateway_2026-08-27.json"))
	if err != nil {
		t.Fatal(err)
	}
	signers := `{"schema":"chio.feed_signers.v1","max_age_seconds":600,"feeds":{"PEPE/USD":["PEPE"]},"redstone":[{"service":"prod","decimals":8,"threshold":1,
"signers":["0x51ce04be4b3e32572c4ec9135221d0691ba7d202"],"valid_from":0}]}`
	for name, doc := range map[string][]byte{"a.json": doc, "b.json": doc, "signers.json": []byte(signers)} {
		if err := os.WriteFile(filepath.Join(dir, name), doc, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir, func(c *Config) {
		c.Currencies = map[string]int{"PEPE": 2}
		c.Oracle.Signers = filepath.Join(dir, "signers.json")
		c.Oracle.Pairs = []PricePairConfig{{Pair: "PEPE/USD", Sources: []PriceSourceConfig{
			{Name: "one", Feed: "PEPE", File: filepath.Join(dir, "a.json"), MaxAgeSeconds: 180},
			{Name: "two", Feed: "PEPE", File: filepath.Join(dir, "b.json"), MaxAgeSeconds: 180}}}}
	}
}

// TestObservationRestsOnPayloads: what an operator signs of its sources can be
// repeated from the evidence alone, and from nothing else.
func TestObservationRestsOnPayloads(t *testing.T) {
	at := time.Unix(1_787_867_130, 0)
	dir, change := sourced(t)
	n, keys := watchedNode(t, &at, change)
	ctx := context.Background()
	o, err := n.observePrice(ctx, ObservePrice{Pair: "PEPE/USD"})
	if err != nil || o.State != string(oracle.StateLive) {
		t.Fatalf("%+v, %v", o, err)
	}
	s, err := oracle.ParseSigned(o.Observation)
	if err != nil || s.Observation.Value != 388 || s.Observation.Expo != -8 {
		t.Fatalf("%+v, %v", s, err)
	}
	other, err := keys[0].Sign(signed.Reading{Pair: s.Pair, Value: 388, Expo: -8, ObservedAt: n.now(), ValidUntil: n.now() + 60, Sequence: 1})
	if err != nil {
		t.Fatal(err)
	}
	r, err := oracle.NewRound(*s, *other)
	if err != nil {
		t.Fatal(err)
	}
	ops := oracle.Operators{Addresses: []string{s.Observation.Operator, other.Observation.Operator}, Min: 2, MaxAgeSeconds: 60}
	p, err := oracle.Verify(r, ops, signed.Verify, n.now())
	if err != nil {
		t.Fatal(err)
	}
	e, err := oracle.Converter{Currencies: n.cfg.currencies()}.Prove(wire.MonetaryAmount{Units: 100_000_000, Currency: "PEPE"}, r, p, "USD", oracle.RuleSettle)
	if err != nil {
		t.Fatal(err)
	}
	if err := n.db.View(func(r store.Reader) error { e, err = withGrounds(r, e); return err }); err != nil {
		t.Fatal(err)
	}
	doc, err := os.ReadFile(filepath.Join(dir, "signers.json"))
	if err != nil {
		t.Fatal(err)
	}
	signers, err := pricefeed.ParseSigners(doc)
	if err != nil {
		t.Fatal(err)
	}
	check := func(e *oracle.Evidence) error {
		if _, err := oracle.VerifyEvidence(e, ops, signed.Verify, n.cfg.currencies()); err != nil {
			return err
		}
		_, err := e.VerifyGrounds(600, 60, signers.Sample)
		return err
	}
	if err := check(e); err != nil || len(e.Body.Grounds) != 1 || len(e.Body.Grounds[0].Payloads) != 2 {
		t.Fatalf("%v", err)
	}
	if again, err := oracle.ParseEvidence(e.Bytes()); err != nil || check(again) != nil {
		t.Fatalf("%v", err)
	}
	for name, f := range map[string]func(*oracle.Evidence){
		"a byte of a payload": func(e *oracle.Evidence) {
			e.Body.Grounds[0].Payloads[0].Data = "AA" + e.Body.Grounds[0].Payloads[0].Data[2:]
		},
		"another feed":   func(e *oracle.Evidence) { e.Body.Grounds[0].Payloads[0].Feed = "ETH" },
		"a payload less": func(e *oracle.Evidence) { e.Body.Grounds[0].Payloads = e.Body.Grounds[0].Payloads[:1] },
		"twice":          func(e *oracle.Evidence) { e.Body.Grounds = append(e.Body.Grounds, e.Body.Grounds[0]) },
		"altered margin": func(e *oracle.Evidence) { e.Body.MarginBps = 1 },
	} {
		bad, err := oracle.ParseEvidence(e.Bytes())
		if err != nil {
			t.Fatal(err)
		}
		f(bad)
		bad.ID = wire.Hash(wire.MustMarshal(bad.Body))
		if check(bad) == nil {
			t.Errorf("%s: still verifies", name)
		}
	}
	signers.Feeds = nil
	if err := check(e); !errors.Is(err, oracle.ErrSigners) {
		t.Errorf("a feed that prices nothing: %v", err)
	}

	// One source down is no price; so are both. Both heal.
	if err := os.Remove(filepath.Join(dir, "b.json")); err != nil {
		t.Fatal(err)
	}
	if _, err := n.observePrice(ctx, ObservePrice{Pair: "PEPE/USD"}); code(err) != "CHIO-ORACLE-SOURCES" || !strings.Contains(err.Error(), "single_source") {
		t.Errorf("one source down: %v", err)
	}
	at = at.Add(181 * time.Second)
	if _, err := n.observePrice(ctx, ObservePrice{Pair: "PEPE/USD"}); code(err) != "CHIO-ORACLE-SOURCES" || !strings.Contains(err.Error(), "cold") {
		t.Errorf("both down: %v", err)
	}
	if _, err := n.observePrice(ctx, ObservePrice{Pair: "USDC/USD"}); code(err) != "CHIO-USAGE" {
		t.Errorf("no sources: %v", err)
	}
}

func TestLatchIsCanonical(t *testing.T) {
	l := oracle.Latch{Pair: oracle.Pair{Base: "A", Quote: "B"}, Trip: &oracle.Trip{Reason: oracle.TripDiverged, Detail: "x", At: 1}}
	doc := l.Bytes()
	if again, err := oracle.ParseLatch(doc); err != nil || *again.Trip != *l.Trip || !json.Valid(doc) {
		t.Fatalf("%+v, %v", again, err)
	}
}
