package federation

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"

	"github.com/backbay-labs/chio-node/kernel"
	"github.com/backbay-labs/chio-node/p2p"
	"github.com/backbay-labs/chio-node/store"
	"github.com/backbay-labs/chio-node/wire"
)

// floodHellos is how many hellos one peer says at once in the ordinary test;
// the benchmark says 10^4.
const (
	floodHellos = 1000
	floodAtOnce = 64
)

// newGreedy is a peer that keeps to no limit of its own.
func newGreedy(t testing.TB, seed byte) *evil {
	t.Helper()
	o := &org{t: t, org: key(t, seed), kernel: key(t, seed+1), transport: key(t, seed+2)}
	o.bindings = o.bind(1, o.transport, o.kernel)
	host, err := p2p.New(p2p.Config{Key: o.transport, Allow: func(p2p.PeerID) bool { return true }})
	if err != nil {
		t.Fatal(err)
	}
	limits := helloLimits
	limits.StreamsPerPeer = floodAtOnce
	serve := func(context.Context, p2p.Peer, *p2p.Stream) error { return errors.New("initiator only") }
	if err := errors.Join(host.Handle(ProtocolHello, limits, serve), host.Start(t.Context())); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = host.Stop() })
	return &evil{org: o, host: host}
}

// flood says so many hellos, every second of them only half, and returns how many
// were completed.
func (e *evil) flood(b *org, hellos int) (completed int) {
	ids := make(chan int)
	var mu sync.Mutex
	var running sync.WaitGroup
	for range floodAtOnce {
		running.Go(func() {
			for i := range ids {
				if e.sayHello(b, fmt.Sprint("flood", i), i%2 == 0) {
					mu.Lock()
					completed++
					mu.Unlock()
				}
			}
		})
	}
	for i := range hellos {
		ids <- i
	}
	close(ids)
	running.Wait()
	return completed
}

// sayHello says one hello, or the first half of it, and reports whether it was
// completed.
func (e *evil) sayHello(b *org, nonce string, whole bool) bool {
	ctx := e.t.Context()
	if _, err := e.host.Connect(ctx, b.host.Addrs()[0]); err != nil {
		return false
	}
	s, err := e.host.Open(ctx, b.host.ID(), ProtocolHello)
	if err != nil {
		return false
	}
	defer s.Reset()
	mine := e.offer(nonceOf(nonce))
	if err := send(ctx, s, mine); err != nil {
		return false
	}
	doc, err := s.Read(ctx)
	if err != nil || !whole {
		return false
	}
	var theirs offer
	if err := wire.UnmarshalCanonical(doc, &theirs, wire.DocumentLimits); err != nil {
		return false
	}
	tr := &transcript{Protocol: ProtocolHello, Initiator: e.party(mine), Expires: theirs.Expires,
		Responder: party{DID: theirs.DID, PeerID: b.host.ID(), Nonce: theirs.Nonce, Transport: theirs.Transport.ID(), Kernel: theirs.Kernel.ID(),
			Attestation: theirs.Attestation}}
	confirmation, err := tr.sign(roleInitiator, e.org.org)
	if err != nil || s.Write(ctx, confirmation) != nil || s.CloseWrite() != nil {
		return false
	}
	doc, err = s.Read(ctx)
	return err == nil && tr.verify(roleResponder, doc) == nil
}

// TestConcurrentHellosFromOnePeer: a flood of hellos of one peer costs what its
// rate allows, and meanwhile others say hello and make calls.
func TestConcurrentHellosFromOnePeer(t *testing.T) {
	a, b := federated(t)
	e := newGreedy(t, 60)
	over := make(chan int, 1)
	go func() { over <- e.flood(b.org, floodHellos) }()
	for round := byte(0); ; round++ {
		select {
		case completed := <-over:
			if completed == 0 || completed > helloRate.Burst+1 {
				t.Errorf("%d hellos completed", completed)
			}
			if rec := b.record(e.org); rec.State != Authenticated {
				t.Errorf("the flooding peer is %s", rec.State)
			}
			if n := b.nonces(e.org); n > helloRate.Burst+1 {
				t.Errorf("%d nonces of it are remembered", n)
			}
			if r := b.host.Refused(); r.StrangerStreams < floodHellos/4 { // libp2p cut off others, for being too many at once
				t.Errorf("refused %+v", r)
			}
			return
		default:
		}
		if out := a.call(b); out.Verdict != kernel.Allow {
			t.Fatalf("a call meanwhile: %+v", out.Denial)
		}
		if round < 20 {
			c := newOrg(t, 100+3*round)
			if _, err := c.service.Hello(t.Context(), b.address()); err != nil {
				t.Fatalf("another's hello meanwhile: %v", err)
			}
		}
	}
}

// nonces counts the live nonces of a peer.
func (p *peerNode) nonces(of *org) (n int) {
	p.t.Helper()
	err := p.db.View(func(r store.Reader) error {
		return r.Scan(prefixNonce+of.did().String()+"/", "", func(string, []byte) error { n++; return nil })
	})
	if err != nil {
		p.t.Fatal(err)
	}
	return n
}

// BenchmarkHelloFlood is one of 10^4 hellos that a single peer says, 64 at once:
// what those beyond its rate cost.
func BenchmarkHelloFlood(b *testing.B) {
	const hellos = 10_000
	victim, e := newOrg(b, 20), newGreedy(b, 60)
	for b.Loop() {
		e.flood(victim, hellos)
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/hellos, "ns/hello")
}

// TestComplaintsAreBounded: a peer that is refused without end does not fill the
// log, and others' lines are still written.
func TestComplaintsAreBounded(t *testing.T) {
	c := newComplaints()
	written := 0
	for range 1000 {
		if _, ok := c.may("noisy", startTime); ok {
			written++
		}
	}
	if written != logRate.Burst {
		t.Errorf("%d lines", written)
	}
	if withheld, ok := c.may("other", startTime); !ok || withheld != 1000-logRate.Burst {
		t.Errorf("%v, %d withheld", ok, withheld)
	}
	if withheld, ok := c.may("noisy", startTime+10); !ok || withheld != 0 {
		t.Errorf("later: %v, %d withheld", ok, withheld)
	}
}

// TestStrangersLeaveRoomForNonces: hellos of peers without a treaty do not keep
// the others from theirs.
func TestStrangersLeaveRoomForNonces(t *testing.T) {
	a, b := newParty(t, 10, callTerms()), newParty(t, 20, callTerms(), didOf(t, 10))
	federate(t, a.org, b.org)
	err := b.db.Update(t.Context(), func(tx store.Tx) error {
		tx.Set(keyNonceCount, fmt.Append(nil, maxStrangerNonces))
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	c := newOrg(t, 30)
	if _, err := c.service.Hello(t.Context(), b.address()); err == nil {
		t.Error("a stranger took the room that is kept")
	}
	if _, err := a.service.Hello(t.Context(), b.address()); err != nil {
		t.Errorf("a peer with a treaty: %v", err)
	}
}

// TestHintsAreFiltered: of the addresses that a peer says it can be found at,
// those that lead to others, or nearer than it is itself, are not kept.
func TestHintsAreFiltered(t *testing.T) {
	e, b := newEvil(t, 60, nil), newOrg(t, 20)
	own := "/p2p/" + string(e.host.ID())
	good := "/ip4/203.0.113.7/tcp/4001" + own
	err := e.initiate(t, b, func(o *offer) {
		o.Addresses = []string{"/ip4/0.0.0.0/tcp/1" + own, "/dns4/example.org/tcp/1" + own, good, "/ip4/203.0.113.7/tcp/1/p2p/" + string(b.host.ID())}
	}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if rec := b.record(e.org); len(rec.Addresses) != 1 || rec.Addresses[0] != good {
		t.Errorf("kept %v", rec.Addresses)
	}
}
