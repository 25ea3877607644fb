package federation

import (
	"errors"
	"testing"

	"github.com/backbay-labs/chio-node/p2p"
	"github.com/backbay-labs/chio-node/wire"
)

// TestClockSkewIsRecordedAndBounded: each side keeps how far the other's clock
// was ahead; beyond the bound there is no hello, whichever side is ahead.
func TestClockSkewIsRecordedAndBounded(t *testing.T) {
	for name, c := range map[string]struct {
		ahead int64
		fails bool
	}{
		"none": {0, false}, "behind": {-90, false}, "ahead": {200, false}, "the bound": {ClockSkewSeconds, false},
		"over it, ahead": {ClockSkewSeconds + 1, true}, "over it, behind": {-ClockSkewSeconds - 1, true},
	} {
		t.Run(name, func(t *testing.T) {
			a, b := newOrg(t, 10), newOrg(t, 20)
			b.clock.Add(c.ahead)
			rec, err := a.service.Hello(t.Context(), b.address())
			if c.fails {
				if !errors.Is(err, ErrHello) && !errors.Is(err, ErrHelloExpired) { // the responder says no reason
					t.Fatal(err)
				}
				if _, err := b.service.Directory().Peer(a.did()); !errors.Is(err, ErrUnknownPeer) {
					t.Errorf("the responder recorded it: %v", err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if rec.ClockSkew != c.ahead || a.record(b).ClockSkew != c.ahead || b.record(a).ClockSkew != -c.ahead {
				t.Errorf("recorded %d and %d", a.record(b).ClockSkew, b.record(a).ClockSkew)
			}
		})
	}
}

// TestClockFarOffIsRefusedByTheResponder too: the initiator's word alone does
// not decide.
func TestClockFarOffIsRefusedByTheResponder(t *testing.T) {
	a := newOrg(t, 10)
	for _, at := range []int64{startTime - ClockSkewSeconds - 1, startTime + ClockSkewSeconds + 1} {
		b := newOrg(t, 20)
		o, err := b.service.offer("")
		if err != nil {
			t.Fatal(err)
		}
		o.At = at
		mine, err := a.service.offer("")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := introduceOffer(o, mine, b); !errors.Is(err, ErrHelloExpired) {
			t.Errorf("at %d: %v", at, err)
		}
	}
}

func introduceOffer(o, mine *offer, from *org) (*introduced, error) {
	return introduce(wire.MustMarshal(o), mine, "", p2p.Peer{ID: from.host.ID()}, startTime)
}
