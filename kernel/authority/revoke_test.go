package authority_test

import (
	"context"
	"errors"
	"testing"

	"github.com/backbay-labs/chio-node/did"
	"github.com/backbay-labs/chio-node/kernel"
	"github.com/backbay-labs/chio-node/kernel/authority"
	"github.com/backbay-labs/chio-node/kernel/capability"
	"github.com/backbay-labs/chio-node/store"
	"github.com/backbay-labs/chio-node/wire"
)

const staleness = 100

// party is one organisation with its own store.
type party struct {
	t       testing.TB
	did     did.DID
	kernel  *wire.Key
	db      *store.Engine
	revoked *authority.Revocations
}

func newParty(t testing.TB, seed byte) *party {
	p := &party{t: t, did: did.FromKey(key(t, seed).Public()), kernel: key(t, seed+100), db: open(t)}
	p.reopen()
	return p
}

// reopen forgets all memory.
func (p *party) reopen() {
	view(p.t, p.db, func(r store.Reader) (err error) {
		p.revoked, err = authority.OpenRevocations(r, authority.RevocationConfig{DID: p.did, MaxStalenessSeconds: staleness})
		return err
	})
}

func (p *party) revoke(at int64, entries ...authority.Entry) (env *wire.Envelope, err error) {
	err = p.db.Update(context.Background(), func(tx store.Tx) error {
		if len(entries) == 0 {
			env, err = p.revoked.Heartbeat(tx, p.kernel, at)
		} else {
			env, err = p.revoked.Revoke(tx, entries, p.kernel, at)
		}
		return err
	})
	return env, err
}

func (p *party) must(at int64, entries ...authority.Entry) *wire.Envelope {
	p.t.Helper()
	env, err := p.revoke(at, entries...)
	if err != nil {
		p.t.Fatal(err)
	}
	return env
}

func (p *party) receive(env *wire.Envelope, from *party, at int64) error {
	return p.revoked.Receive(context.Background(), p.db, env, from.kernel.Public(), from.did, at)
}

func (p *party) capability(id string) authority.Entry {
	return authority.Entry{Kind: authority.KindCapability, Issuer: p.kernel.Public().String(), ID: id}
}

func (p *party) passport(id string) authority.Entry {
	return authority.Entry{Kind: authority.KindPassport, Issuer: p.did.String(), ID: id}
}

func (p *party) subject(k wire.PublicKey) authority.Entry {
	return authority.Entry{Kind: authority.KindSubject, Issuer: p.did.String(), ID: k.String()}
}

func code(d *kernel.Denial) kernel.Code {
	if d == nil {
		return ""
	}
	return d.Code
}

func TestOwnRevocationsBiteAndSurviveRestart(t *testing.T) {
	p := newParty(t, 1)
	agent, other := key(t, 9).Public(), key(t, 8).Public()
	chain := []capability.Token{{ID: "root", Issuer: p.kernel.Public(), Subject: other}, {ID: "leaf", Issuer: other, Subject: agent}}
	passport := &kernel.PassportRef{Issuer: p.did.String(), ID: "urn:1"}
	check := func() kernel.Code { return code(p.revoked.Check(chain, passport, agent, nil, now)) }
	if got := check(); got != "" {
		t.Fatalf("nothing revoked, yet %s", got)
	}
	steps := []struct {
		entry authority.Entry
		want  kernel.Code
	}{
		{p.subject(other), kernel.CodeRevokedSubject}, // of an ancestor
		{p.passport("urn:1"), kernel.CodeRevokedPassport},
		{p.capability("root"), kernel.CodeRevokedToken},
	}
	for i, s := range steps {
		p.must(now+int64(i), s.entry)
		if got := check(); got != s.want {
			t.Fatalf("after %+v: %q, want %s", s.entry, got, s.want)
		}
		p.reopen()
		if got := check(); got != s.want || p.revoked.Epoch() != uint64(i+1) {
			t.Fatalf("after reopening: %q in epoch %d", got, p.revoked.Epoch())
		}
	}
	before := p.revoked.Epoch()
	p.must(now+9, p.capability("root"))
	if p.revoked.Epoch() != before {
		t.Fatal("revoking again made an epoch")
	}
}

func TestRevocationReachesThePeer(t *testing.T) {
	us, peer := newParty(t, 1), newParty(t, 2)
	agent := key(t, 9).Public()
	origin := &kernel.Origin{PeerDID: peer.did.String()}
	passport := &kernel.PassportRef{Issuer: peer.did.String(), ID: "urn:1"}
	check := func(at int64) kernel.Code { return code(us.revoked.Check(nil, passport, agent, origin, at)) }
	if got := check(now); got != kernel.CodeRevocationStale {
		t.Fatalf("a peer never heard of: %q", got)
	}
	if err := us.receive(peer.must(now), peer, now); err != nil {
		t.Fatal(err)
	}
	if got := check(now + staleness); got != "" {
		t.Fatalf("fresh at the bound: %q", got)
	}
	if got := check(now + staleness + 1); got != kernel.CodeRevocationStale {
		t.Fatalf("past the bound: %q", got)
	}
	if got := code(us.revoked.Check(nil, passport, agent, nil, now+9999)); got != "" {
		t.Fatalf("a local call needs no peer's epoch: %q", got)
	}
	if err := us.receive(peer.must(now+50, peer.subject(agent)), peer, now+50); err != nil {
		t.Fatal(err)
	}
	if got := check(now + 60); got != kernel.CodeRevokedSubject {
		t.Fatalf("subject revoked by its organisation: %q", got)
	}
	if got := code(us.revoked.Check(nil, nil, agent, nil, now+60)); got != "" {
		t.Fatalf("the peer's word about a key does not bind other callers: %q", got)
	}
	if err := us.receive(peer.must(now+61, peer.passport("urn:1")), peer, now+61); err != nil {
		t.Fatal(err)
	}
	us.reopen()
	if got := check(now + 62); got != kernel.CodeRevokedPassport {
		t.Fatalf("after reopening: %q", got)
	}
}

func TestPeerMayRevokeOnlyWhatItIssued(t *testing.T) {
	us, peer := newParty(t, 1), newParty(t, 2)
	for _, e := range []authority.Entry{us.capability("c"), us.passport("p"), us.subject(key(t, 9).Public())} {
		if _, err := peer.revoke(now, e); !errors.Is(err, authority.ErrNotIssuer) {
			t.Fatalf("signing %+v: %v, want ErrNotIssuer", e, err)
		}
		forged := seal(t, peer, authority.EpochBody{Schema: authority.EpochSchema, DID: peer.did, Epoch: 1, IssuedAt: now,
			Entries: []authority.Entry{e}, Count: 1})
		if err := us.receive(forged, peer, now); !errors.Is(err, authority.ErrNotIssuer) {
			t.Fatalf("receiving %+v: %v, want ErrNotIssuer", e, err)
		}
	}
	if got := us.revoked.Check([]capability.Token{{ID: "c", Issuer: us.kernel.Public()}}, nil, wire.PublicKey{}, nil, now); got != nil {
		t.Fatalf("a refused epoch had an effect: %v", got)
	}
}

func seal(t testing.TB, p *party, body authority.EpochBody) *wire.Envelope {
	t.Helper()
	env, err := wire.Seal(authority.EpochSchema, body, p.kernel)
	if err != nil {
		t.Fatal(err)
	}
	return env
}

func TestForeignEpochsAreDenseAndOrdered(t *testing.T) {
	us, peer := newParty(t, 1), newParty(t, 2)
	var epochs []*wire.Envelope
	for i := range int64(5) {
		epochs = append(epochs, peer.must(now+i, peer.capability(string(rune('a'+i)))))
	}
	wantOrder := func(err error, have, got uint64) {
		t.Helper()
		var o *authority.OutOfOrderError
		if !errors.As(err, &o) || o.Have != have || o.Got != got {
			t.Fatalf("got %v, want out of order %d/%d", err, have, got)
		}
	}
	wantOrder(us.receive(epochs[1], peer, now+9), 0, 2)
	for _, env := range epochs[:3] {
		if err := us.receive(env, peer, now+9); err != nil {
			t.Fatal(err)
		}
	}
	wantOrder(us.receive(epochs[4], peer, now+9), 3, 5)
	wantOrder(us.receive(epochs[0], peer, now+9), 3, 1)
	if err := us.receive(epochs[2], peer, now+9); err != nil {
		t.Fatalf("the newest again: %v", err)
	}
	view(t, peer.db, func(r store.Reader) error {
		missing, err := authority.Since(r, 3, 10)
		if err != nil || len(missing) != 2 {
			t.Fatalf("catch-up of %d epochs, %v", len(missing), err)
		}
		for _, env := range missing {
			if err := us.receive(env, peer, now+9); err != nil {
				t.Fatal(err)
			}
		}
		newest, err := authority.Newest(r)
		if err == nil && newest.ID() != epochs[4].ID() {
			t.Fatal("newest is another epoch")
		}
		return err
	})
	view(t, us.db, func(r store.Reader) error {
		have, err := authority.PeerEpoch(r, peer.did)
		if have != 5 {
			t.Fatalf("holding epoch %d, want 5", have)
		}
		return err
	})
}

func TestForeignEpochFailsClosed(t *testing.T) {
	us, peer, third := newParty(t, 1), newParty(t, 2), newParty(t, 3)
	first := peer.must(now, peer.capability("a"))
	if err := us.receive(first, peer, now); err != nil {
		t.Fatal(err)
	}
	id := first.ID()
	good := authority.EpochBody{Schema: authority.EpochSchema, DID: peer.did, Epoch: 2, IssuedAt: now + 1, Previous: &id,
		Entries: []authority.Entry{peer.capability("b")}, Count: 2}
	tests := map[string]struct {
		spoil func(*authority.EpochBody)
		want  error
	}{
		"another party":   {func(b *authority.EpochBody) { b.DID = third.did }, authority.ErrEntry},
		"epoch zero":      {func(b *authority.EpochBody) { b.Epoch = 0 }, authority.ErrEntry},
		"no previous":     {func(b *authority.EpochBody) { b.Previous = nil }, authority.ErrEntry},
		"in the future":   {func(b *authority.EpochBody) { b.IssuedAt = now + 100 }, authority.ErrEpochTime},
		"before the last": {func(b *authority.EpochBody) { b.IssuedAt = now - 1 }, authority.ErrEpochTime},
		"wrong count":     {func(b *authority.EpochBody) { b.Count = 3 }, authority.ErrEpochTree},
		"wrong root":      {func(*authority.EpochBody) {}, authority.ErrEpochTree},
		"entry twice":     {func(b *authority.EpochBody) { b.Entries = append(b.Entries, b.Entries[0]) }, authority.ErrEntry},
		"unknown kind":    {func(b *authority.EpochBody) { b.Entries[0].Kind = "policy" }, authority.ErrEntry},
	}
	for name, tt := range tests {
		body := good
		body.Entries = append([]authority.Entry(nil), good.Entries...)
		tt.spoil(&body)
		if err := us.receive(seal(t, peer, body), peer, now+1); !errors.Is(err, tt.want) {
			t.Errorf("%s: %v, want %v", name, err, tt.want)
		}
	}
	second := peer.must(now+1, peer.capability("b"))
	if err := us.revoked.Receive(context.Background(), us.db, second, third.kernel.Public(), peer.did, now+1); !errors.Is(err, wire.ErrNoSigner) {
		t.Errorf("signed by another kernel: %v", err)
	}
	tampered := *second
	tampered.Body = append(wire.Raw(nil), second.Body...)
	tampered.Body[len(tampered.Body)/2] ^= 1
	if err := us.receive(&tampered, peer, now+1); err == nil {
		t.Error("a tampered epoch was accepted")
	}
	if err := us.receive(second, peer, now+1); err != nil {
		t.Errorf("the honest epoch: %v", err)
	}
}

func TestTwoHistoriesAreKeptAsEvidenceAndFreezeThePeer(t *testing.T) {
	for _, when := range []string{"same number", "next number"} {
		t.Run(when, func(t *testing.T) {
			us, peer, twin := newParty(t, 1), newParty(t, 2), newParty(t, 2)
			held := peer.must(now, peer.capability("a"))
			offered := twin.must(now, twin.capability("b"))
			if when == "next number" {
				offered = twin.must(now, twin.capability("c"))
			}
			if err := us.receive(held, peer, now); err != nil {
				t.Fatal(err)
			}
			var fork *authority.EquivocationError
			if err := us.receive(offered, peer, now); !errors.As(err, &fork) {
				t.Fatalf("got %v, want an equivocation", err)
			}
			for range 2 {
				origin := &kernel.Origin{PeerDID: peer.did.String()}
				if got := code(us.revoked.Check(nil, nil, wire.PublicKey{}, origin, now)); got != kernel.CodeRevocationStale {
					t.Fatalf("calls of a peer with two histories: %q", got)
				}
				us.reopen()
			}
			view(t, us.db, func(r store.Reader) error {
				e, err := authority.Evidence(r, peer.did)
				if err == nil && (e.Held.ID() != held.ID() || e.Offered.ID() != offered.ID()) {
					t.Fatal("the evidence holds other epochs")
				}
				return err
			})
		})
	}
}

func FuzzForeignEpoch(f *testing.F) {
	peer := newParty(f, 2)
	f.Add(peer.must(now, peer.capability("a")).Bytes())
	f.Add(peer.must(now).Bytes())
	us := newParty(f, 1)
	f.Fuzz(func(t *testing.T, doc []byte) {
		var env wire.Envelope
		if wire.UnmarshalCanonical(doc, &env, wire.DocumentLimits) != nil {
			return
		}
		_ = us.revoked.Receive(context.Background(), us.db, &env, peer.kernel.Public(), peer.did, now)
	})
}
