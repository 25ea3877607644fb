package federation

import (
	"context"
	"errors"
	"sync"
	"testing"

	"github.com/backbay-labs/chio-node/did"
	"github.com/backbay-labs/chio-node/p2p"
	"github.com/backbay-labs/chio-node/store"
	"github.com/backbay-labs/chio-node/store/memory"
	"github.com/backbay-labs/chio-node/wire"
)

func TestHelloAuthenticatesBothAndAgreesToNothing(t *testing.T) {
	a, b := newOrg(t, 10), newOrg(t, 20)
	rec, err := a.service.Hello(t.Context(), b.address())
	if err != nil {
		t.Fatal(err)
	}
	if rec.DID != b.did() || rec.State != Authenticated || rec.Kernel != b.kernel.Public() || rec.PeerID != b.host.ID() {
		t.Fatalf("%+v", rec)
	}
	back := b.record(a)
	if back.State != Authenticated || back.Kernel != a.kernel.Public() || back.PeerID != a.host.ID() || back.Treaty != nil {
		t.Fatalf("%+v", back)
	}
	if _, err := a.service.TreatyFor(b.did(), Outbound); !errors.Is(err, ErrNotActive) {
		t.Fatal(err)
	}
	for range 2 { // again, over the open connection and the other way
		if _, err := a.service.Hello(t.Context(), b.address()); err != nil {
			t.Fatal(err)
		}
		if _, err := b.service.Connect(t.Context(), a.did()); err != nil {
			t.Fatal(err)
		}
	}
}

func TestHelloWithoutANamedDID(t *testing.T) {
	a, b := newOrg(t, 10), newOrg(t, 20)
	rec, err := a.service.Hello(t.Context(), b.host.Addrs()[0])
	if err != nil || rec.DID != b.did() {
		t.Fatalf("%s, %v", rec.DID, err)
	}
}

func TestHelloWrongDID(t *testing.T) {
	a, b, c := newOrg(t, 10), newOrg(t, 20), newOrg(t, 30)
	for range 4 { // each time: the answer must not race the refusal
		if _, err := a.service.Hello(t.Context(), c.did().String()+"@"+b.host.Addrs()[0]); !errors.Is(err, ErrWrongDID) {
			t.Fatalf("got %v", err)
		}
	}
	if list := a.service.List(); len(list) != 0 {
		t.Fatalf("recorded %+v", list)
	}
	if list := b.service.List(); len(list) != 0 {
		t.Fatalf("the one not named recorded %+v", list)
	}
}

// evil is a responder or initiator under the test's control: a host that speaks
// hello with whatever messages the test makes.
type evil struct {
	*org
	host *p2p.Host
}

func newEvil(t *testing.T, seed byte, serve p2p.Handler) *evil {
	t.Helper()
	o := &org{t: t, org: key(t, seed), kernel: key(t, seed+1), transport: key(t, seed+2)}
	o.bindings = o.bind(1, o.transport, o.kernel)
	host, err := p2p.New(p2p.Config{Key: o.transport, Open: true, Allow: func(p2p.PeerID) bool { return true }})
	if err != nil {
		t.Fatal(err)
	}
	if serve == nil {
		serve = func(context.Context, p2p.Peer, *p2p.Stream) error { return errors.New("initiator only") }
	}
	if err := host.Handle(ProtocolHello, helloLimits, serve); err != nil {
		t.Fatal(err)
	}
	if err := host.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = host.Stop() })
	o.host = host
	return &evil{org: o, host: host}
}

func (e *evil) offer(nonce string) *offer {
	return &offer{Schema: HelloSchema, DID: e.did(), Nonce: nonce, Transport: e.bindings.Transport, Kernel: e.bindings.Kernel, At: startTime}
}

func (e *evil) party(o *offer) party {
	return party{DID: o.DID, PeerID: e.host.ID(), Nonce: o.Nonce, Transport: o.Transport.ID(), Kernel: o.Kernel.ID()}
}

func nonceOf(s string) string { return wire.Hash([]byte(s)).String() }

// initiate says hello as the initiator, with changes to the offer and to the
// confirmation, and returns the responder's verdict.
func (e *evil) initiate(t *testing.T, b *org, change func(*offer), confirmation func(*transcript) []byte) error {
	t.Helper()
	if _, err := e.host.Connect(t.Context(), b.host.Addrs()[0]); err != nil {
		t.Fatal(err)
	}
	s, err := e.host.Open(t.Context(), b.host.ID(), ProtocolHello)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Reset()
	mine := e.offer(nonceOf("initiator"))
	if change != nil {
		change(mine)
	}
	if err := send(t.Context(), s, mine); err != nil {
		t.Fatal(err)
	}
	doc, err := s.Read(t.Context())
	if err != nil {
		return err
	}
	var theirs offer
	if err := wire.UnmarshalCanonical(doc, &theirs, wire.DocumentLimits); err != nil {
		t.Fatal(err)
	}
	tr := &transcript{
		Protocol: ProtocolHello, Initiator: e.party(mine), Expires: theirs.Expires,
		Responder: party{
			DID: theirs.DID, PeerID: b.host.ID(), Nonce: theirs.Nonce, Transport: theirs.Transport.ID(),
			Kernel: theirs.Kernel.ID(), Attestation: theirs.Attestation,
		},
	}
	if confirmation == nil {
		confirmation = func(tr *transcript) []byte { return mustSign(t, tr, roleInitiator, e.org.org) }
	}
	if err := s.Write(t.Context(), confirmation(tr)); err != nil {
		return err
	}
	if err := s.CloseWrite(); err != nil {
		return err
	}
	if doc, err = s.Read(t.Context()); err != nil {
		return err
	}
	return tr.verify(roleResponder, doc)
}

func mustSign(t *testing.T, tr *transcript, role string, by wire.Signer) []byte {
	t.Helper()
	doc, err := tr.sign(role, by)
	if err != nil {
		t.Fatal(err)
	}
	return doc
}

func TestResponderRefuses(t *testing.T) {
	b := newOrg(t, 20)
	e := newEvil(t, 60, nil)
	other := newEvil(t, 70, nil)
	rebind := func(sequence uint64, transport, kernel *wire.Key) func(*offer) {
		return func(o *offer) {
			bound := e.bind(sequence, transport, kernel)
			o.Transport, o.Kernel = bound.Transport, bound.Kernel
		}
	}
	late := func(role did.Role, k *wire.Key, from, to int64) *wire.Envelope {
		env, err := did.Bind(e.org.org, k, did.Term{Role: role, Sequence: 1, NotBefore: from, NotAfter: to})
		if err != nil {
			t.Fatal(err)
		}
		return env
	}
	for name, c := range map[string]struct {
		change  func(*offer)
		confirm func(*transcript) []byte
	}{
		"reflected did":               {change: func(o *offer) { o.DID = b.did() }},
		"meant for another":           {change: func(o *offer) { o.To = other.did() }},
		"bindings of another":         {change: func(o *offer) { o.Transport, o.Kernel = other.bindings.Transport, other.bindings.Kernel }},
		"did of another":              {change: func(o *offer) { o.DID = other.did() }},
		"binding for another peer id": {change: rebind(1, key(t, 90), e.kernel)},
		"one key for two roles":       {change: rebind(1, e.transport, e.transport)},
		"expired transport binding": {change: func(o *offer) {
			o.Transport = late(did.RoleTransport, e.transport, startTime-1000, startTime)
		}},
		"kernel binding of tomorrow": {change: func(o *offer) { o.Kernel = late(did.RoleKernel, e.kernel, startTime+1, startTime+10) }},
		"roles swapped":              {change: func(o *offer) { o.Transport, o.Kernel = o.Kernel, o.Transport }},
		"no bindings":                {change: func(o *offer) { o.Transport, o.Kernel = nil, nil }},
		"short nonce":                {change: func(o *offer) { o.Nonce = "00" }},
		"sets the end itself":        {change: func(o *offer) { o.Expires = startTime + 10 }},
		"another schema":             {change: func(o *offer) { o.Schema = "chio.hello.v0" }},
		"hint without a place":       {change: func(o *offer) { o.Addresses = []string{"/p2p/" + string(e.host.ID())} }},
		"signed in the other role": {confirm: func(tr *transcript) []byte {
			return mustSign(t, tr, roleResponder, e.org.org)
		}},
		"signed by another key": {confirm: func(tr *transcript) []byte { return mustSign(t, tr, roleInitiator, other.org.org) }},
		"signed by the kernel key": {confirm: func(tr *transcript) []byte {
			return mustSign(t, tr, roleInitiator, e.kernel)
		}},
		"older protocol": {confirm: func(tr *transcript) []byte {
			old := *tr
			old.Protocol = "/chio/fed/hello/0.9.0"
			return mustSign(t, &old, roleInitiator, e.org.org)
		}},
		"longer life": {confirm: func(tr *transcript) []byte {
			old := *tr
			old.Expires += 3600
			return mustSign(t, &old, roleInitiator, e.org.org)
		}},
		"another peer id": {confirm: func(tr *transcript) []byte {
			old := *tr
			old.Initiator.PeerID = other.host.ID()
			return mustSign(t, &old, roleInitiator, e.org.org)
		}},
		"not json": {confirm: func(*transcript) []byte { return []byte("{") }},
		"not canonical": {confirm: func(tr *transcript) []byte {
			return append(mustSign(t, tr, roleInitiator, e.org.org), ' ')
		}},
	} {
		t.Run(name, func(t *testing.T) {
			if err := e.initiate(t, b, c.change, c.confirm); err == nil {
				t.Fatal("the hello completed")
			}
			if list := b.service.List(); len(list) != 0 {
				t.Fatalf("recorded %+v", list)
			}
		})
	}
	if err := e.initiate(t, b, nil, nil); err != nil {
		t.Fatalf("the honest hello was refused: %v", err)
	}
}

// TestResponderRefusesLater: what a first hello established binds the next.
func TestResponderRefusesLater(t *testing.T) {
	b := newOrg(t, 20)
	e := newEvil(t, 60, nil)
	use := func(sequence uint64, k *wire.Key, nonce string) func(*offer) {
		return func(o *offer) {
			bound := e.bind(sequence, e.transport, k)
			o.Transport, o.Kernel, o.Nonce = bound.Transport, bound.Kernel, nonceOf(nonce)
		}
	}
	if err := e.initiate(t, b, use(2, e.kernel, "first"), nil); err != nil {
		t.Fatal(err)
	}
	if err := e.initiate(t, b, use(2, e.kernel, "first"), nil); err == nil {
		t.Fatal("a nonce was accepted twice")
	}
	if err := e.initiate(t, b, use(1, e.kernel, "lower"), nil); err == nil {
		t.Fatal("a lower binding sequence was accepted")
	}
	if err := e.initiate(t, b, use(2, key(t, 91), "fork"), nil); err == nil {
		t.Fatal("two kernel keys of one sequence were accepted")
	}
	if err := e.initiate(t, b, use(3, key(t, 91), "rotated"), nil); err != nil {
		t.Fatalf("a rotation was refused: %v", err)
	}
	rec, err := b.service.Directory().Peer(e.did())
	if err != nil || rec.Kernel != key(t, 91).Public() || rec.KernelSeq != 3 {
		t.Fatalf("%+v, %v", rec, err)
	}
	if err := b.service.Directory().Revoke(t.Context(), e.did(), "fraud"); err != nil {
		t.Fatal(err)
	}
	if err := e.initiate(t, b, use(4, e.kernel, "revoked"), nil); err == nil {
		t.Fatal("a revoked peer came back")
	}
	// The nonce outlives the process.
	b.restart()
	if err := b.db.View(func(r store.Reader) error {
		_, err := r.Get(prefixNonce + e.did().String() + "/" + nonceOf("rotated"))
		return err
	}); err != nil {
		t.Fatal(err)
	}
}

func TestInitiatorRefuses(t *testing.T) {
	for name, c := range map[string]struct {
		change  func(e *evil, mine *offer, theirs *offer)
		confirm func(t *testing.T, e *evil, tr *transcript) []byte
		want    error
	}{
		"reflection":   {change: func(_ *evil, mine, theirs *offer) { *mine = *theirs; mine.Expires = startTime + 10 }, want: ErrReplay},
		"own nonce":    {change: func(_ *evil, mine, theirs *offer) { mine.Nonce = theirs.Nonce }, want: ErrReplay},
		"already over": {change: func(_ *evil, mine, _ *offer) { mine.Expires = startTime - ClockSkewSeconds }, want: ErrHelloExpired},
		"far away": {change: func(_ *evil, mine, _ *offer) {
			mine.Expires = startTime + ClockSkewSeconds + helloSeconds + 1
		}, want: ErrHelloExpired},
		"no end": {change: func(_ *evil, mine, _ *offer) { mine.Expires = 0 }, want: ErrHelloExpired},
		"confirmation reflected": {confirm: func(t *testing.T, e *evil, tr *transcript) []byte {
			return mustSign(t, tr, roleInitiator, e.org.org)
		}, want: wire.ErrBadSignature},
		"another's key": {confirm: func(t *testing.T, e *evil, tr *transcript) []byte {
			return mustSign(t, tr, roleResponder, e.kernel)
		}, want: wire.ErrBadSignature},
	} {
		t.Run(name, func(t *testing.T) {
			a := newOrg(t, 10)
			var e *evil
			e = newEvil(t, 60, func(ctx context.Context, from p2p.Peer, s *p2p.Stream) error {
				doc, err := s.Read(ctx)
				if err != nil {
					return err
				}
				var theirs offer
				if err := wire.UnmarshalCanonical(doc, &theirs, wire.DocumentLimits); err != nil {
					return err
				}
				mine := e.offer(nonceOf("responder"))
				mine.Expires = startTime + helloSeconds
				if c.change != nil {
					c.change(e, mine, &theirs)
				}
				if err := send(ctx, s, mine); err != nil {
					return err
				}
				if _, err := s.Request(ctx); err != nil {
					return err
				}
				tr := &transcript{
					Protocol: ProtocolHello, Responder: e.party(mine), Expires: mine.Expires,
					Initiator: party{
						DID: theirs.DID, PeerID: from.ID, Nonce: theirs.Nonce,
						Transport: theirs.Transport.ID(), Kernel: theirs.Kernel.ID(), Attestation: theirs.Attestation,
					},
				}
				return s.Write(ctx, c.confirm(t, e, tr))
			})
			if _, err := a.service.Hello(t.Context(), e.host.Addrs()[0]); !errors.Is(err, c.want) {
				t.Fatalf("got %v, want %v", err, c.want)
			}
			if list := a.service.List(); len(list) != 0 {
				t.Fatalf("recorded %+v", list)
			}
		})
	}
}

// TestUnknownKeyShare: a node in the middle passes both sides' messages on. Each
// side signs the peer id it is really connected to, so nothing completes.
func TestUnknownKeyShare(t *testing.T) {
	a, b := newOrg(t, 10), newOrg(t, 20)
	var relay *evil
	relay = newEvil(t, 60, func(ctx context.Context, _ p2p.Peer, left *p2p.Stream) error {
		right, err := relay.host.Open(ctx, b.host.ID(), ProtocolHello)
		if err != nil {
			return err
		}
		defer right.Reset()
		for i := range 4 {
			from, to := left, right
			if i%2 == 1 {
				from, to = right, left
			}
			frame, err := from.Read(ctx)
			if err != nil {
				return err
			}
			if err := to.Write(ctx, frame); err != nil {
				return err
			}
		}
		return nil
	})
	if _, err := relay.host.Connect(t.Context(), b.host.Addrs()[0]); err != nil {
		t.Fatal(err)
	}
	if _, err := a.service.Hello(t.Context(), b.did().String()+"@"+relay.host.Addrs()[0]); err == nil {
		t.Fatal("a relay was taken for the organisation behind it")
	}
	if len(a.service.List())+len(b.service.List()) != 0 {
		t.Fatal("somebody was recorded")
	}
}

func TestConcurrentHellos(t *testing.T) {
	a, b := newOrg(t, 10), newOrg(t, 20)
	var wg sync.WaitGroup
	errs := make(chan error, 16)
	for range 8 {
		wg.Go(func() { _, err := a.service.Hello(t.Context(), b.address()); errs <- err })
		wg.Go(func() { _, err := b.service.Hello(t.Context(), a.address()); errs <- err })
	}
	wg.Wait()
	close(errs)
	for err := range errs {
		if err != nil {
			t.Error(err)
		}
	}
}

func TestNonces(t *testing.T) {
	db := memory.New()
	defer func() { _ = db.Close() }()
	from := didOf(t, 10)
	spend := func(nonce string, now int64) error {
		return db.Update(t.Context(), func(tx store.Tx) error { return spendNonce(tx, from, nonceOf(nonce), maxNonces, now) })
	}
	if err := spend("one", 1000); err != nil {
		t.Fatal(err)
	}
	if err := spend("one", 1000+nonceSeconds-1); !errors.Is(err, ErrReplay) {
		t.Fatalf("replayed: %v", err)
	}
	if err := db.Update(t.Context(), func(tx store.Tx) error { tx.Set(keyNonceCount, []byte("16384")); return nil }); err != nil {
		t.Fatal(err)
	}
	if err := spend("two", 1000); !errors.Is(err, ErrNoncesFull) {
		t.Fatalf("the table is full: %v", err)
	}
	if err := spend("two", 1000+nonceSeconds); err != nil {
		t.Fatalf("an expired nonce made no room: %v", err)
	}
	rows := 0
	if err := db.View(func(r store.Reader) error {
		return r.Scan(prefixNonce, "", func(string, []byte) error { rows++; return nil })
	}); err != nil || rows != 1 {
		t.Fatalf("%d nonces kept, %v", rows, err)
	}
}

func FuzzIntroduce(f *testing.F) {
	e := &org{t: f, org: key(f, 60), kernel: key(f, 61), transport: key(f, 62)}
	e.bindings = e.bind(1, e.transport, e.kernel)
	id, err := p2p.PeerIDOf(e.transport.Public())
	if err != nil {
		f.Fatal(err)
	}
	honest := offer{Schema: HelloSchema, DID: e.did(), Nonce: nonceOf("n"), Transport: e.bindings.Transport, Kernel: e.bindings.Kernel, At: startTime}
	f.Add(wire.MustMarshal(honest))
	f.Add([]byte(`{"schema":"chio.hello.v1"}`))
	self := &offer{DID: didOf(f, 10), Nonce: nonceOf("self")}
	f.Fuzz(func(t *testing.T, doc []byte) {
		i, err := introduce(doc, self, "", p2p.Peer{ID: id}, startTime)
		if err == nil && (i.offer.DID != e.did() || i.transport.PeerID != string(id)) {
			t.Fatalf("%q introduced %+v", doc, i.offer)
		}
	})
}
