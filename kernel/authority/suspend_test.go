package authority_test

import (
	"errors"
	"testing"

	"github.com/backbay-labs/chio-node/kernel"
	"github.com/backbay-labs/chio-node/kernel/authority"
	"github.com/backbay-labs/chio-node/wire"
)

func (p *party) suspension(id string) authority.Entry {
	return authority.Entry{Kind: authority.KindSuspension, Issuer: p.did.String(), ID: id}
}

func (p *party) resumption(id string) authority.Entry {
	return authority.Entry{Kind: authority.KindResumption, Issuer: p.did.String(), ID: id}
}

// TestI9_SuspensionBitesHereAndAtThePeerUntilItIsLifted walks one passport
// through its states, at its issuer and at a peer, with a restart after each.
func TestI9_SuspensionBitesHereAndAtThePeerUntilItIsLifted(t *testing.T) {
	us, peer := newParty(t, 1), newParty(t, 2)
	agent := key(t, 9).Public()
	ref := &kernel.PassportRef{Issuer: peer.did.String(), ID: "urn:1"}
	other := &kernel.PassportRef{Issuer: peer.did.String(), ID: "urn:2"}
	for i, s := range []struct {
		entry authority.Entry
		want  kernel.Code
		epoch uint64
	}{
		{peer.resumption("urn:1"), "", 0}, // nothing is suspended: no epoch
		{peer.suspension("urn:1"), authority.CodePassportSuspended, 1},
		{peer.suspension("urn:1"), authority.CodePassportSuspended, 1},
		{peer.resumption("urn:1"), "", 2},
		{peer.resumption("urn:1"), "", 2},
		{peer.suspension("urn:1"), authority.CodePassportSuspended, 3},
		{peer.passport("urn:1"), kernel.CodeRevokedPassport, 4},
		{peer.resumption("urn:1"), kernel.CodeRevokedPassport, 5}, // a revocation is not lifted
	} {
		at := now + int64(i)
		env, err := peer.revoke(at, s.entry)
		if s.epoch == 0 {
			if !errors.Is(err, authority.ErrUnknown) {
				t.Fatalf("step %d: %v", i, err)
			}
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		if err := us.receive(env, peer, at); err != nil {
			t.Fatal(err)
		}
		for _, p := range []*party{peer, us} {
			for range 2 {
				if got := code(p.revoked.Check(nil, ref, agent, nil, at)); got != s.want {
					t.Errorf("step %d at %s: %q, want %q", i, p.did.Short(), got, s.want)
				}
				if got := code(p.revoked.Check(nil, other, agent, nil, at)); got != "" {
					t.Errorf("step %d at %s: the neighbour is hit: %q", i, p.did.Short(), got)
				}
				p.reopen()
			}
		}
		if peer.revoked.Epoch() != s.epoch {
			t.Errorf("step %d: epoch %d, want %d", i, peer.revoked.Epoch(), s.epoch)
		}
	}
}

func TestSuspensionIsTheIssuersAlone(t *testing.T) {
	us, peer := newParty(t, 1), newParty(t, 2)
	for _, e := range []authority.Entry{us.suspension("p"), us.resumption("p")} {
		if _, err := peer.revoke(now, e); !errors.Is(err, authority.ErrNotIssuer) {
			t.Errorf("signing %s: %v", e.Kind, err)
		}
		forged := seal(t, peer, authority.EpochBody{Schema: authority.EpochSchema, DID: peer.did, Epoch: 1, IssuedAt: now,
			Entries: []authority.Entry{e}, Count: 1})
		if err := us.receive(forged, peer, now); !errors.Is(err, authority.ErrNotIssuer) {
			t.Errorf("receiving %s: %v", e.Kind, err)
		}
	}
	us.must(now, us.suspension("p"))
	if err := us.receive(peer.must(now), peer, now); err != nil {
		t.Fatal(err)
	}
	if got := code(us.revoked.Check(nil, &kernel.PassportRef{Issuer: us.did.String(), ID: "p"}, wire.PublicKey{}, nil, now)); got != authority.CodePassportSuspended {
		t.Errorf("after the peer's attempts: %q", got)
	}
	if _, err := us.revoke(now, us.suspension("q"), us.resumption("q")); !errors.Is(err, authority.ErrEntry) {
		t.Errorf("suspended and resumed in one epoch: %v", err)
	}
	if _, err := us.revoke(now, authority.Entry{Kind: authority.KindSuspension, Issuer: "did:web:x", ID: "q"}); !errors.Is(err, authority.ErrEntry) {
		t.Errorf("issuer that is no did:chio: %v", err)
	}
}
