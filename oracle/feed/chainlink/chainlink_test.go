package chainlink_test

import (
	"context"
	"encoding/binary"
	"errors"
	"math/big"
	"testing"

	"github.com/backbay-labs/chio-node/oracle"
	"github.com/backbay-labs/chio-node/oracle/feed/chainlink"
)

const now = 1_790_000_000

// round is what an aggregator says; numbers are words.
type round struct {
	id, startedAt, updatedAt, answeredIn *big.Int
	answer                               *big.Int
	decimals                             int64
	cut                                  int   // bytes of the answer left out
	err                                  error // of any call
}

func roundID(phase, n uint64) *big.Int {
	return new(big.Int).Or(new(big.Int).Lsh(new(big.Int).SetUint64(phase), 64), new(big.Int).SetUint64(n))
}

// healthy is a dollar, 90 seconds old.
func healthy() *round {
	return &round{id: roundID(3, 70), startedAt: big.NewInt(now - 100), updatedAt: big.NewInt(now - 90), answeredIn: roundID(3, 70),
		answer: big.NewInt(99_970_000), decimals: 8}
}

func word(n *big.Int) []byte {
	v := new(big.Int).Set(n)
	if v.Sign() < 0 {
		v.Add(v, new(big.Int).Lsh(big.NewInt(1), 256))
	}
	return v.FillBytes(make([]byte, 32))
}

func (r *round) Call(_ context.Context, _ chainlink.Address, data []byte, _ chainlink.Block) ([]byte, error) {
	if r.err != nil {
		return nil, r.err
	}
	if binary.BigEndian.Uint32(data) == 0x313ce567 {
		return word(big.NewInt(r.decimals)), nil
	}
	var out []byte
	for _, n := range []*big.Int{r.id, r.answer, r.startedAt, r.updatedAt, r.answeredIn} {
		out = append(out, word(n)...)
	}
	return out[:len(out)-r.cut], nil
}

var at = chainlink.Block{Number: 7, Time: now}

func TestRead(t *testing.T) {
	feed := chainlink.Feed{Name: "USDC/USD", Decimals: 8, AheadSeconds: 60}
	s, err := feed.Read(context.Background(), healthy(), at)
	want := oracle.Sample{Feed: "USDC/USD", Value: 99_970_000, Expo: -8, PublishedAt: now - 90, Sequence: 3<<37 | 70}
	if err != nil || s.Feed != want.Feed || s.Value != want.Value || s.Expo != want.Expo || s.PublishedAt != want.PublishedAt || s.Sequence != want.Sequence || s.Signers != nil {
		t.Fatalf("%+v, %v", s, err)
	}
	if chainlink.Phase(&s) != 3 || chainlink.Round(&s) != 70 {
		t.Fatalf("phase %d, round %d", chainlink.Phase(&s), chainlink.Round(&s))
	}
	// Eighteen decimals are cut to ten, whatever the size of the price.
	deep := healthy()
	deep.decimals, deep.answer = 18, new(big.Int).Add(new(big.Int).Exp(big.NewInt(10), big.NewInt(18), nil), big.NewInt(99_999_999))
	feed.Decimals = 18
	if s, err = feed.Read(context.Background(), deep, at); err != nil || s.Value != 10_000_000_000 || s.Expo != -10 {
		t.Fatalf("%+v, %v", s, err)
	}
}

// TestReadRefuses: every field of the answer that is not in order.
func TestReadRefuses(t *testing.T) {
	gone := errors.New("no endpoint")
	for name, c := range map[string]struct {
		change func(*round)
		want   error
	}{
		"zero":                      {func(r *round) { r.answer = new(big.Int) }, chainlink.ErrAnswer},
		"negative":                  {func(r *round) { r.answer = big.NewInt(-1) }, chainlink.ErrAnswer},
		"above 2^53-1":              {func(r *round) { r.answer = new(big.Int).Lsh(big.NewInt(1), 53) }, chainlink.ErrAnswer},
		"the largest int256":        {func(r *round) { r.answer = new(big.Int).Lsh(big.NewInt(1), 254) }, chainlink.ErrAnswer},
		"no round":                  {func(r *round) { r.id, r.answeredIn = roundID(3, 0), roundID(3, 0) }, chainlink.ErrAnswer},
		"carried over":              {func(r *round) { r.answeredIn = roundID(3, 69) }, chainlink.ErrAnswer},
		"answered in another phase": {func(r *round) { r.answeredIn = roundID(2, 71) }, chainlink.ErrAnswer},
		"not begun":                 {func(r *round) { r.startedAt = new(big.Int) }, chainlink.ErrAnswer},
		"answered before it began":  {func(r *round) { r.updatedAt = big.NewInt(now - 101) }, chainlink.ErrAnswer},
		"future":                    {func(r *round) { r.updatedAt = big.NewInt(now + 61) }, chainlink.ErrAnswer},
		"a time of 64 bits":         {func(r *round) { r.updatedAt = new(big.Int).SetUint64(1 << 63) }, chainlink.ErrAnswer},
		"a time of 65 bits":         {func(r *round) { r.startedAt = new(big.Int).Lsh(big.NewInt(1), 64) }, chainlink.ErrAnswer},
		"a round of 81 bits":        {func(r *round) { r.id = new(big.Int).Lsh(big.NewInt(1), 80) }, chainlink.ErrAnswer},
		"too many rounds":           {func(r *round) { r.id, r.answeredIn = roundID(3, 1<<37), roundID(3, 1<<37) }, chainlink.ErrAnswer},
		"too short":                 {func(r *round) { r.cut = 1 }, chainlink.ErrAnswer},
		"decimals changed":          {func(r *round) { r.decimals = 6 }, chainlink.ErrDecimals},
		"nobody answers":            {func(r *round) { r.err = gone }, gone},
	} {
		r := healthy()
		c.change(r)
		feed := chainlink.Feed{Decimals: 8, AheadSeconds: 60}
		if _, err := feed.Read(context.Background(), r, at); !errors.Is(err, c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	r := healthy()
	r.updatedAt = big.NewInt(now + 60)
	if _, err := (&chainlink.Feed{Decimals: 8, AheadSeconds: 60}).Read(context.Background(), r, at); err != nil {
		t.Errorf("a clock ahead within the tolerance: %v", err)
	}
}

func TestUptime(t *testing.T) {
	up := chainlink.Uptime{AheadSeconds: 60}
	r := healthy()
	for answer, want := range map[int64]bool{0: true, 1: false} {
		r.answer = big.NewInt(answer)
		s, err := up.Read(context.Background(), r, at)
		if err != nil || s.Up != want || s.Since != now-100 || s.CheckedAt != now {
			t.Errorf("%d: %+v, %v", answer, s, err)
		}
	}
	r.answer = big.NewInt(2)
	if _, err := up.Read(context.Background(), r, at); !errors.Is(err, chainlink.ErrAnswer) {
		t.Errorf("neither up nor down: %v", err)
	}
	r.answer, r.startedAt, r.updatedAt = big.NewInt(0), new(big.Int), new(big.Int)
	if _, err := up.Read(context.Background(), r, at); !errors.Is(err, chainlink.ErrAnswer) {
		t.Errorf("a feed that was never told anything: %v", err)
	}
}
