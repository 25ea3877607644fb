package node

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/big"
	"net/url"
	"sync"
	"time"

	"github.com/backbay-labs/chio-node/oracle"
	"github.com/backbay-labs/chio-node/oracle/feed/chainlink"
	"github.com/backbay-labs/chio-node/oracle/feed/signed"
	"github.com/backbay-labs/chio-node/settlement/evm"
	"github.com/backbay-labs/chio-node/store"
	"github.com/backbay-labs/chio-node/wire"
)

// CrossCheckConfig is a second opinion on a pair: an aggregator on a chain.
type CrossCheckConfig struct {
	Chain            string `yaml:"chain"` // name of an entry of chains
	Address          string `yaml:"address"`
	Decimals         uint8  `yaml:"decimals"`
	HeartbeatSeconds int64  `yaml:"heartbeat_seconds"`
	DivergenceBps    uint32 `yaml:"divergence_bps"`
}

// SequencerConfig is the feed that says whether a chain's sequencer runs.
type SequencerConfig struct {
	Address      string `yaml:"address"`
	GraceSeconds int64  `yaml:"grace_seconds"` // 0: an hour
}

const (
	defaultGraceSeconds = 3600
	maxGraceSeconds     = 7 * 24 * 3600
	maxHeartbeatSeconds = 30 * 24 * 3600
	// heartbeatSlackSeconds is how late an aggregator may be.
	heartbeatSlackSeconds = 300
	// lookEvery is how often chains are asked about prices, and unseenSeconds
	// after how long without an answer nothing is known of one.
	lookEvery      = 15 * time.Second
	lookLocalEvery = time.Second
	unseenSeconds  = 180
	// lookTimeout bounds asking one chain.
	lookTimeout = 20 * time.Second
)

func (c *CrossCheckConfig) validate(chains map[string]bool) error {
	switch {
	case !chains[c.Chain]:
		return fmt.Errorf("cross_check.chain: no chain is named %.70q; add it under chains", c.Chain)
	case !addressPattern.MatchString(c.Address):
		return fmt.Errorf("cross_check.address: %.60q is not a 0x address", c.Address)
	case c.Decimals == 0 || c.Decimals > oracle.MaxExpo:
		return fmt.Errorf("cross_check.decimals: %d is outside 1 … %d", c.Decimals, oracle.MaxExpo)
	case c.HeartbeatSeconds < 1 || c.HeartbeatSeconds > maxHeartbeatSeconds:
		return fmt.Errorf("cross_check.heartbeat_seconds: %d is outside 1 … %d", c.HeartbeatSeconds, maxHeartbeatSeconds)
	case c.DivergenceBps < 1 || c.DivergenceBps > 10_000:
		return fmt.Errorf("cross_check.divergence_bps: %d is outside 1 … 10000", c.DivergenceBps)
	}
	return nil
}

func (c *SequencerConfig) validate() error {
	switch {
	case c == nil:
		return nil
	case !addressPattern.MatchString(c.Address):
		return fmt.Errorf("sequencer.address: %.60q is not a 0x address", c.Address)
	case c.GraceSeconds < 0 || c.GraceSeconds > maxGraceSeconds:
		return fmt.Errorf("sequencer.grace_seconds: %d is outside 0 … %d", c.GraceSeconds, maxGraceSeconds)
	}
	return nil
}

// chainByName is the configuration of a chain, or nil.
func (c *Config) chainByName(name string) *ChainConfig {
	for i := range c.Chains {
		if c.Chains[i].Name == name {
			return &c.Chains[i]
		}
	}
	return nil
}

// lookout is what was last read of chains about prices. It is asked where calls
// are decided and filled by a background task, so no decision waits for a
// chain. It forgets with the process: until a chain was read anew, what depends
// on it has no price.
type lookout struct {
	n *Node

	mu         sync.Mutex // guards what follows
	sequencers map[string]oracle.Sequencer
	crosses    map[oracle.Pair]oracle.Cross
	problems   map[string]string // by chain: why the last look failed

	looking sync.Mutex             // one look at a time; owns readers
	readers map[string]*evm.Reader // by chain, dialled when first needed
}

func newLookout(n *Node) *lookout {
	return &lookout{n: n, sequencers: make(map[string]oracle.Sequencer), crosses: make(map[oracle.Pair]oracle.Cross),
		problems: make(map[string]string), readers: make(map[string]*evm.Reader)}
}

// errHeld: something that is read of a chain is against using a price now.
var errHeld = errors.New("prices are not used now")

// chains names the chains that a pair's prices depend on: that of its
// cross-check, and that on which payments are made by default.
func (l *lookout) chains(pair oracle.Pair) []*ChainConfig {
	var out []*ChainConfig
	cfg := l.n.cfg
	if c := cfg.Oracle.pair(pair); c != nil && c.CrossCheck != nil {
		out = append(out, cfg.chainByName(c.CrossCheck.Chain))
	}
	if c := cfg.chainByName(cfg.Settlement.Chain); c != nil && (len(out) == 0 || out[0] != c) {
		out = append(out, c)
	}
	return out
}

// guards are the rules of a pair, one for each chain, and what was read.
func (l *lookout) guards(pair oracle.Pair) (guards []oracle.Guard, seen []oracle.Chains) {
	cross := l.n.cfg.Oracle.pair(pair).crossRule()
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, c := range l.chains(pair) {
		g, s := oracle.Guard{Pair: pair, MaxAheadSeconds: oracleSkewSeconds, Sequencer: c.sequencerRule()}, oracle.Chains{}
		if up, ok := l.sequencers[c.Name]; ok {
			s.Sequencer = &up
		}
		if cross != nil {
			g.Cross, cross = cross, nil // of the first chain
			if x, ok := l.crosses[pair]; ok {
				s.Cross = &x
			}
		}
		guards, seen = append(guards, g), append(seen, s)
	}
	return guards, seen
}

func (c *PricePairConfig) crossRule() *oracle.CrossRule {
	if c == nil || c.CrossCheck == nil {
		return nil
	}
	return &oracle.CrossRule{MaxAgeSeconds: c.CrossCheck.HeartbeatSeconds + heartbeatSlackSeconds, MaxUnseenSeconds: unseenSeconds,
		MaxDivergenceBps: c.CrossCheck.DivergenceBps}
}

func (c *ChainConfig) sequencerRule() *oracle.SequencerRule {
	if c.Sequencer == nil {
		return nil
	}
	grace := c.Sequencer.GraceSeconds
	if grace == 0 {
		grace = defaultGraceSeconds
	}
	return &oracle.SequencerRule{GraceSeconds: grace, MaxAgeSeconds: unseenSeconds}
}

// judge says what is against using a price of a pair now; a nil price is judged
// by what holds for any. The empty state: nothing.
func (l *lookout) judge(pair oracle.Pair, price *big.Rat, now int64) (oracle.State, string, *oracle.Trip) {
	guards, seen := l.guards(pair)
	for i := range guards {
		if state, problem, trip := guards[i].Judge(price, seen[i], now); state != "" {
			return state, problem, trip
		}
	}
	return "", "", nil
}

// usable is judge as an error. What trips is latched by the next look.
func (l *lookout) usable(pair oracle.Pair, price *big.Rat, now int64) error {
	switch state, problem, trip := l.judge(pair, price, now); {
	case trip != nil:
		return fmt.Errorf("%w: %s is tripped, %s: %s", errTripped, pair, trip.Reason, trip.Detail)
	case state != "":
		return fmt.Errorf("%w: %s is %s: %s", errHeld, pair, state, problem)
	}
	return nil
}

// watched lists the chains that prices depend on, and the pairs that have a
// cross-check on each.
func (l *lookout) watched() map[*ChainConfig][]*PricePairConfig {
	out := make(map[*ChainConfig][]*PricePairConfig)
	for i := range l.n.cfg.Chains {
		if c := &l.n.cfg.Chains[i]; c.Sequencer != nil {
			out[c] = nil
		}
	}
	for i := range l.n.cfg.Oracle.Pairs {
		if p := &l.n.cfg.Oracle.Pairs[i]; p.CrossCheck != nil {
			c := l.n.cfg.chainByName(p.CrossCheck.Chain)
			out[c] = append(out[c], p)
		}
	}
	return out
}

// look asks every chain that prices depend on, and latches what that says of
// the rounds in use. A chain that does not answer keeps what was last read of
// it, until that is too old.
func (l *lookout) look(ctx context.Context) error {
	l.looking.Lock()
	defer l.looking.Unlock()
	var failed []error
	for c, pairs := range l.watched() {
		err := l.lookAt(ctx, c, pairs)
		if err != nil {
			err = fmt.Errorf("chain %s: %w", c.Name, err)
			failed = append(failed, err)
		}
		l.note(c.Name, err)
		for _, p := range pairs {
			if err := l.latch(ctx, p); err != nil {
				failed = append(failed, fmt.Errorf("latch %s: %w", p.Pair, err))
			}
		}
	}
	return errors.Join(failed...)
}

func (l *lookout) note(chain string, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if err == nil {
		delete(l.problems, chain)
		return
	}
	l.problems[chain] = err.Error()
}

// lookAt reads one chain: everything of one block.
func (l *lookout) lookAt(ctx context.Context, c *ChainConfig, pairs []*PricePairConfig) error {
	ctx, cancel := context.WithTimeout(ctx, lookTimeout)
	defer cancel()
	reader, err := l.reader(ctx, c)
	if err != nil {
		return err
	}
	head, err := reader.Head(ctx)
	if err != nil {
		return err
	}
	at, caller := chainlink.Block{Number: head.Number, Hash: head.Hash, Time: head.Time}, caller{reader}
	var failed []error
	if c.Sequencer != nil {
		address, err := evm.ParseAddress(c.Sequencer.Address)
		if err != nil {
			return err
		}
		s, err := (&chainlink.Uptime{Address: chainlink.Address(address), AheadSeconds: oracleSkewSeconds}).Read(ctx, caller, at)
		if err == nil {
			l.sawSequencer(c.Name, s)
		}
		failed = append(failed, err)
	}
	for _, p := range pairs {
		failed = append(failed, l.lookAtFeed(ctx, caller, at, p))
	}
	return errors.Join(failed...)
}

func (l *lookout) lookAtFeed(ctx context.Context, caller chainlink.Caller, at chainlink.Block, p *PricePairConfig) error {
	pair, err := parsePair(p.Pair)
	if err != nil {
		return err
	}
	address, err := evm.ParseAddress(p.CrossCheck.Address)
	if err != nil {
		return err
	}
	feed := chainlink.Feed{Name: p.Pair, Address: chainlink.Address(address), Decimals: p.CrossCheck.Decimals, AheadSeconds: oracleSkewSeconds}
	s, err := feed.Read(ctx, caller, at)
	if err != nil {
		return fmt.Errorf("cross-check of %s: %w", p.Pair, err)
	}
	l.mu.Lock()
	before, known := l.crosses[pair]
	l.crosses[pair] = oracle.Cross{Sample: s, CheckedAt: at.Time}
	l.mu.Unlock()
	if known && chainlink.Phase(&before.Sample) != chainlink.Phase(&s) {
		l.n.log.Warn("another aggregator stands behind the address of a cross-check", slog.String("pair", p.Pair),
			slog.Int("phase", int(chainlink.Phase(&s))), slog.Int("before", int(chainlink.Phase(&before.Sample))))
	}
	return nil
}

func (l *lookout) sawSequencer(chain string, s oracle.Sequencer) {
	l.mu.Lock()
	before, known := l.sequencers[chain]
	l.sequencers[chain] = s
	l.mu.Unlock()
	if known && s.Up != before.Up || !known && !s.Up {
		l.n.log.Warn("what is known of a sequencer changed", slog.String("chain", chain), slog.Bool("up", s.Up), slog.Int64("since", s.Since))
	}
}

// latch stores what a pair remembers of its cross-check, and a trip if the
// round in use is apart from it. Most looks change nothing and write nothing.
func (l *lookout) latch(ctx context.Context, p *PricePairConfig) error {
	pair, err := parsePair(p.Pair)
	if err != nil {
		return err
	}
	guards, seen := l.guards(pair)
	if len(guards) == 0 || seen[0].Cross == nil {
		return nil
	}
	judge := func(r store.Reader) (before, after oracle.Latch, err error) {
		if before, err = readLatch(r, pair); err != nil || before.Trip != nil {
			return before, before, err
		}
		now := l.n.now()
		after = guards[0].Remember(before, seen[0].Cross, now)
		last, err := currentOf(r, pair)
		if err != nil || last == nil || after.Trip != nil {
			return before, after, err
		}
		price, refused := oracle.Verify(last, l.n.money.operators(), signed.Verify, now)
		if refused != nil {
			return before, after, nil // it is not used: nothing to compare
		}
		_, _, after.Trip = guards[0].Judge(price.Median, seen[0], now)
		return before, after, nil
	}
	same := false
	if err := l.n.db.View(func(r store.Reader) error {
		before, after, err := judge(r)
		same = err == nil && string(before.Bytes()) == string(after.Bytes())
		return err
	}); err != nil || same {
		return err
	}
	var after oracle.Latch
	err = l.n.db.Update(ctx, func(tx store.Tx) (err error) {
		if _, after, err = judge(tx); err == nil {
			tx.Set(latchRows+pair.String(), after.Bytes())
		}
		return err
	})
	if err == nil && after.Trip != nil {
		l.n.alarms.raise(alarmPrice, pair.String(), after.Trip.Reason+": "+after.Trip.Detail)
		l.n.log.Error("a pair is tripped by its cross-check; nothing is converted with it until an operator resets it",
			slog.String("pair", p.Pair), slog.String("reason", after.Trip.Reason), slog.String("detail", after.Trip.Detail))
	}
	return err
}

// reader connects to a chain once. The caller owns looking.
func (l *lookout) reader(ctx context.Context, c *ChainConfig) (*evm.Reader, error) {
	if r := l.readers[c.Name]; r != nil {
		return r, nil
	}
	r, err := evm.DialReader(ctx, evm.ReaderConfig{Name: c.Name, ChainID: c.ChainID, RPC: c.RPC, Fallbacks: c.RPCs})
	if err == nil {
		l.readers[c.Name] = r
	}
	return r, err
}

func (l *lookout) close() {
	l.looking.Lock()
	defer l.looking.Unlock()
	for _, r := range l.readers {
		r.Close()
	}
}

// loops starts the looks, the first at once.
func (l *lookout) loops() {
	if len(l.watched()) == 0 {
		return
	}
	first := make(chan struct{}, 1)
	first <- struct{}{}
	l.n.every("read chains about prices", l.interval(), first, l.look)
}

// interval is how often to look: chains on this machine more often than
// somebody's endpoint.
func (l *lookout) interval() time.Duration {
	for c := range l.watched() {
		if u, err := url.Parse(c.RPC); err != nil || loopback(u.Host) != nil {
			return lookEvery
		}
	}
	return lookLocalEvery
}

// caller is chainlink.Caller on one chain.
type caller struct{ reader *evm.Reader }

func (c caller) Call(ctx context.Context, to chainlink.Address, data []byte, at chainlink.Block) ([]byte, error) {
	return c.reader.Call(ctx, evm.Address(to), data, evm.BlockRef{Number: at.Number, Hash: wire.Digest(at.Hash), Time: at.Time})
}
