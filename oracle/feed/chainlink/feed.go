package chainlink

import (
	"context"
	"fmt"
	"math/big"

	"github.com/backbay-labs/chio-node/oracle"
	"github.com/backbay-labs/chio-node/wire"
)

// Feed is one aggregator as configured.
type Feed struct {
	Name         string // of the samples
	Address      Address
	Decimals     uint8 // of its answers; at most 18
	AheadSeconds int64 // tolerated between its time and the block's
}

// keptDecimals of an answer: 2^53-1 has room for a price of 900,719.
const keptDecimals = 10

// Read returns the last answer in the state after a block:
//
//	1 the contract counts in the configured decimals; an aggregator behind the
//	  same address may be exchanged for one that does not
//	2 the round is in order (see ask)
//	3 the answer is positive, and a price in this project's range; decimals
//	  beyond the tenth are cut
//
// How old it may be is for the caller: it depends on the feed's heartbeat.
func (f *Feed) Read(ctx context.Context, c Caller, at Block) (oracle.Sample, error) {
	raw, err := c.Call(ctx, f.Address, decimals, at)
	if err != nil {
		return oracle.Sample{}, fmt.Errorf("asking %x for its decimals: %w", f.Address, err)
	}
	if len(raw) != word || !new(big.Int).SetBytes(raw).IsUint64() {
		return oracle.Sample{}, fmt.Errorf("%w: decimals of %d bytes", ErrAnswer, len(raw))
	}
	if n := new(big.Int).SetBytes(raw).Uint64(); n != uint64(f.Decimals) { // 1
		return oracle.Sample{}, fmt.Errorf("%w: it has %d, configured are %d", ErrDecimals, n, f.Decimals)
	}
	a, err := ask(ctx, c, f.Address, at, f.AheadSeconds) // 2
	if err != nil {
		return oracle.Sample{}, err
	}
	sequence, err := a.sequence()
	if err != nil {
		return oracle.Sample{}, err
	}
	value, kept := a.value, f.Decimals
	if kept > keptDecimals {
		cut := new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(kept-keptDecimals)), nil)
		value, kept = new(big.Int).Quo(a.value, cut), keptDecimals
	}
	if value.Sign() <= 0 || !value.IsInt64() || value.Int64() > wire.MaxUnits { // 3
		return oracle.Sample{}, fmt.Errorf("%w: round %d answers %s", ErrAnswer, a.round, a.value)
	}
	s := oracle.Sample{Feed: f.Name, Value: value.Int64(), Expo: -int32(kept), PublishedAt: a.updatedAt, Sequence: sequence}
	return s, s.Check()
}

// Uptime is the feed that says whether a chain's sequencer runs.
type Uptime struct {
	Address      Address
	AheadSeconds int64
}

// The answers of an uptime feed.
var (
	answerUp   = big.NewInt(0)
	answerDown = big.NewInt(1)
)

// Read says what the feed says in the state after a block:
//
//	1 the round is in order (see ask); one that has not begun is none, as on a
//	  chain whose feed was never told anything
//	2 the answer is 0, up, or 1, down
//
// It was checked at the time of the block: a sequencer that is down makes none,
// and the last one, in which it was up, grows old.
func (u *Uptime) Read(ctx context.Context, c Caller, at Block) (oracle.Sequencer, error) {
	a, err := ask(ctx, c, u.Address, at, u.AheadSeconds) // 1
	if err != nil {
		return oracle.Sequencer{}, fmt.Errorf("uptime feed: %w", err)
	}
	s := oracle.Sequencer{Since: a.startedAt, CheckedAt: at.Time}
	switch { // 2
	case a.value.Cmp(answerUp) == 0:
		s.Up = true
	case a.value.Cmp(answerDown) != 0:
		return oracle.Sequencer{}, fmt.Errorf("uptime feed: %w: it answers %s", ErrAnswer, a.value)
	}
	return s, nil
}
