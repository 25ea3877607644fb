package node

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/backbay-labs/chio-node/oracle"
	"github.com/backbay-labs/chio-node/store"
	"github.com/backbay-labs/chio-node/wire"
)

const someAddress = "0x0000000000000000000000000000000000000007"

// crossChecked is a node whose USDC/USD is checked on one chain and paid on another,
// each with a sequencer; nothing was read of either yet.
func crossChecked(t *testing.T, at *time.Time) *roundMaker {
	t.Helper()
	n, keys := watchedNode(t, at, func(c *Config) {
		for i, name := range []string{"checked", "paid"} {
			c.Chains = append(c.Chains, ChainConfig{Name: name, ChainID: uint64(i + 1), RPC: "http://127.0.0.1:1", Token: someAddress, Channel: someAddress,
				Sequencer: &SequencerConfig{Address: someAddress}})
		}
		c.Settlement.Chain = "paid"
		c.Oracle.Pairs = []PricePairConfig{{Pair: "USDC/USD", CrossCheck: &CrossCheckConfig{Chain: "checked", Address: someAddress, Decimals: 8,
			HeartbeatSeconds: 3600, DivergenceBps: 100}}}
	})
	return &roundMaker{t: t, n: n, keys: keys}
}

// sees is what a look would have read: both sequencers up since a day ago.
func (p *roundMaker) sees(value int64, sequence uint64) {
	now := p.n.now()
	l := p.n.money.lookout
	for _, c := range []string{"checked", "paid"} {
		l.sawSequencer(c, oracle.Sequencer{Up: true, Since: now - 86_400, CheckedAt: now})
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.crosses[oracle.Pair{Base: "USDC", Quote: "USD"}] = oracle.Cross{CheckedAt: now, Sample: oracle.Sample{Feed: "USDC/USD", Value: value, Expo: -8, PublishedAt: now, Sequence: sequence}}
}

// uses reports why the round in use is neither converted with nor quoted, and
// new calls of a peer are not charged at it; all three say the same.
func (p *roundMaker) uses() error {
	p.t.Helper()
	n, pair := p.n, oracle.Pair{Base: "USDC", Quote: "USD"}
	_, convertErr := (&converter{n: n}).Convert(wire.MonetaryAmount{Units: 1, Currency: "USD"}, "USDC", nil, n.now())
	id, quoteErr := n.currentRound(pair)
	var chargeErr error
	if err := n.db.View(func(r store.Reader) error {
		last, err := currentOf(r, pair)
		if err != nil {
			return err
		}
		price, err := oracle.Verify(last, n.money.operators(), func(oracle.Pair, oracle.Observation) error { return nil }, n.now())
		if err == nil {
			chargeErr = n.money.usablePrice(r, price, n.now())
		}
		return err
	}); err != nil {
		p.t.Fatal(err)
	}
	if (convertErr == nil) != (chargeErr == nil) || (convertErr == nil) != (quoteErr == nil && id != nil) {
		p.t.Fatalf("they differ: %v; %v; %v, %v", convertErr, chargeErr, id, quoteErr)
	}
	return convertErr
}

// TestPricesHeedWhatIsReadOfChains: no price is used until both chains were
// read, while a sequencer is down or up for too short, and after that was too
// long ago.
func TestPricesHeedWhatIsReadOfChains(t *testing.T) {
	at := time.Unix(1_800_000_000, 0)
	p := crossChecked(t, &at)
	if _, err := p.imports(10_000, 10_000); err != nil {
		t.Fatalf("rounds go on: %v", err)
	}
	l, second := p.n.money.lookout, func(n int64) { at = at.Add(time.Duration(n) * time.Second) }
	held := func(name, why string) {
		t.Helper()
		if err := p.uses(); !errors.Is(err, errHeld) || !strings.Contains(err.Error(), why) {
			t.Errorf("%s: %v", name, err)
		}
	}
	used := func(name string) {
		t.Helper()
		if err := p.uses(); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	held("nothing was read", "sequencer_down")
	p.sees(100_000_000, 1)
	used("both are up")
	for _, chain := range []string{"checked", "paid"} {
		l.sawSequencer(chain, oracle.Sequencer{Up: false, Since: p.n.now(), CheckedAt: p.n.now()})
		held(chain+" is down", "sequencer_down")
		l.sawSequencer(chain, oracle.Sequencer{Up: true, Since: p.n.now() - defaultGraceSeconds + 1, CheckedAt: p.n.now()})
		held(chain+" is up for too short", "grace")
		second(1)
		p.sees(100_000_000, 1)
		used(chain + " is up")
	}
	second(unseenSeconds)
	used("read a while ago")
	second(1)
	held("read too long ago", "sequencer_down")
	for _, chain := range []string{"checked", "paid"} {
		l.sawSequencer(chain, oracle.Sequencer{Up: true, Since: 1, CheckedAt: p.n.now()})
	}
	held("the cross-check was read too long ago", "unchecked")
	s, err := p.n.oracleStatus(context.Background(), OracleStatusRequest{})
	if err != nil || len(s.Pairs) != 1 || s.Pairs[0].State != "unchecked" || s.Pairs[0].CrossCheck.Price != "1" || len(s.Pairs[0].Sequencers) != 2 {
		t.Errorf("%+v, %v", s, err)
	}
}

// TestCrossCheckLatches: a round apart from its cross-check is not imported, and
// one in use from which the cross-check goes away is latched by the next look.
func TestCrossCheckLatches(t *testing.T) {
	at := time.Unix(1_800_000_000, 0)
	p := crossChecked(t, &at)
	ctx := context.Background()
	pair := &p.n.cfg.Oracle.Pairs[0]
	p.sees(100_000_000, 1)
	if _, err := p.imports(10_101, 10_101); code(err) != "CHIO-ORACLE-TRIPPED" {
		t.Fatalf("101 bps apart: %v", err)
	}
	if _, err := p.n.resetPair(ctx, ResetPair{Pair: "USDC/USD", Word: "the operators' sources were wrong"}); err != nil {
		t.Fatal(err)
	}
	if _, err := p.imports(10_100, 10_100); err != nil {
		t.Fatalf("100 bps apart: %v", err)
	}
	if err := p.n.money.lookout.latch(ctx, pair); err != nil || p.uses() != nil {
		t.Fatalf("a look that changes nothing: %v, %v", err, p.uses())
	}
	at = at.Add(time.Second)
	p.sees(99_000_000, 2)
	if err := p.uses(); !errors.Is(err, errTripped) {
		t.Fatalf("the cross-check went away: %v", err)
	}
	if err := p.n.money.lookout.latch(ctx, pair); err != nil {
		t.Fatal(err)
	}
	at = at.Add(time.Second)
	p.sees(101_000_000, 3)
	if _, err := p.imports(10_100, 10_100); code(err) != "CHIO-ORACLE-TRIPPED" || !errors.Is(p.uses(), errTripped) {
		t.Fatalf("a trip healed by itself: %v", err)
	}
	if _, err := p.n.resetPair(ctx, ResetPair{Pair: "USDC/USD", Word: "the feed was wrong"}); err != nil {
		t.Fatal(err)
	}
	if err := p.uses(); err != nil {
		t.Fatalf("after the word: %v", err)
	}
	p.sees(101_000_000, 3)
	if err := p.n.money.lookout.latch(ctx, pair); err != nil {
		t.Fatal(err)
	}
	p.sees(101_000_000, 2)
	if err := errors.Join(p.n.money.lookout.latch(ctx, pair)); err != nil || !errors.Is(p.uses(), errTripped) || !strings.Contains(p.uses().Error(), "regression") {
		t.Fatalf("the cross-check went back: %v, %v", err, p.uses())
	}
}

func TestChainReadingsAreConfigured(t *testing.T) {
	good := "oracle: {pairs: [{pair: USDC/USD, cross_check: {chain: a, address: \"" + someAddress + "\", decimals: 8, heartbeat_seconds: 60, divergence_bps: 100}}]}\n" +
		"chains: [{name: a, chain_id: 1, rpc: \"https://a.example\", token: \"" + someAddress + "\", channel: \"" + someAddress + "\", sequencer: {address: \"" + someAddress + "\", grace_seconds: 60}}]\n"
	if _, err := ParseConfig([]byte(good)); err != nil {
		t.Fatal(err)
	}
	for _, c := range [][2]string{{"chain: a,", "chain: b,"}, {"decimals: 8", "decimals: 19"}, {"decimals: 8", "decimals: 0"}, {"heartbeat_seconds: 60", "heartbeat_seconds: 0"},
		{"heartbeat_seconds: 60", "heartbeat_seconds: 2592001"}, {"divergence_bps: 100", "divergence_bps: 0"}, {"divergence_bps: 100", "divergence_bps: 10001"},
		{"grace_seconds: 60", "grace_seconds: -1"}, {"grace_seconds: 60", "grace_seconds: 604801"}, {"sequencer: {address: \"0x", "sequencer: {address: \""},
		{"chain: a, address: \"0x", "chain: a, address: \""}} {
		bad := strings.Replace(good, c[0], c[1], 1)
		if _, err := ParseConfig([]byte(bad)); err == nil || bad == good {
			t.Errorf("%s: accepted", c[1])
		}
	}
}
