package authority_test

import (
	"bytes"
	"crypto/rand"
	"errors"
	"testing"

	"github.com/backbay-labs/chio-node/kernel"
	"github.com/backbay-labs/chio-node/kernel/authority"
	"github.com/backbay-labs/chio-node/kernel/capability"
	"github.com/backbay-labs/chio-node/store"
	"github.com/backbay-labs/chio-node/wire"
)

func key(t testing.TB, b byte) *wire.Key {
	t.Helper()
	k, err := wire.KeyFromSeed(bytes.Repeat([]byte{b}, 32))
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func scope(tools ...string) capability.Scope {
	var s capability.Scope
	for _, tool := range tools {
		s.Grants = append(s.Grants, capability.ToolGrant{ServerID: "files", ToolName: tool,
			Operations: []capability.Operation{capability.Invoke, capability.Delegate}})
	}
	return s
}

func TestIssueAttenuateAndFind(t *testing.T) {
	db := open(t)
	org, middle, agent := key(t, 1), key(t, 2), key(t, 3)
	passport := &kernel.PassportRef{Issuer: "did:chio:x", ID: "urn:uuid:1"}
	var root, child *authority.Capability
	update(t, db, func(tx store.Tx) (err error) {
		root, err = authority.Issue(tx, authority.Request{Subject: middle.Public(), Scope: scope("read_file", "write_file"),
			TTLSeconds: 600, Passport: passport}, org, now, rand.Reader)
		if err != nil {
			return err
		}
		child, err = authority.Attenuate(tx, root.Chain, authority.Request{Subject: agent.Public(), Scope: scope("read_file"),
			TTLSeconds: 99999}, middle, now+5, rand.Reader)
		return err
	})
	if child.Leaf().ExpiresAt != root.Leaf().ExpiresAt {
		t.Fatalf("child lives until %d, parent until %d", child.Leaf().ExpiresAt, root.Leaf().ExpiresAt)
	}
	_, err := capability.VerifyChain(child.Chain, capability.ChainInput{Now: now + 10, MaxDepth: 4,
		TrustedRoot: func(k wire.PublicKey) bool { return k == org.Public() }})
	if err != nil {
		t.Fatalf("the stored chain does not verify: %v", err)
	}
	view(t, db, func(r store.Reader) error {
		got, err := authority.Get(r, child.Leaf().ID)
		if err != nil || len(got.Chain) != 2 || got.Leaf().Signature != child.Leaf().Signature {
			t.Fatalf("got %+v, %v", got, err)
		}
		if got, err = authority.Get(r, root.Leaf().ID); err != nil || *got.Passport != *passport {
			t.Fatalf("got %+v, %v", got, err)
		}
		if _, err := authority.Get(r, "nope"); !errors.Is(err, authority.ErrUnknown) {
			t.Fatalf("unknown id: %v", err)
		}
		n := 0
		err = authority.List(r, func(*authority.Capability) error { n++; return nil })
		if n != 2 {
			t.Fatalf("listed %d, want 2", n)
		}
		return err
	})
}

func TestReceivedCapability(t *testing.T) {
	db := open(t)
	peer, us := key(t, 1), key(t, 2)
	token, err := capability.Sign(capability.Token{ID: "theirs", Subject: us.Public(), Scope: scope("*"), IssuedAt: now, ExpiresAt: now + 9}, peer)
	if err != nil {
		t.Fatal(err)
	}
	update(t, db, func(tx store.Tx) error {
		if err := authority.Receive(tx, &authority.Capability{}); !errors.Is(err, authority.ErrRequest) {
			t.Fatalf("an empty chain: %v", err)
		}
		return authority.Receive(tx, &authority.Capability{Chain: []capability.Token{*token}})
	})
	view(t, db, func(r store.Reader) error {
		if _, err := authority.Received(r, token.Ref()); err != nil {
			return err
		}
		n := 0
		err := authority.ListReceived(r, peer.Public(), func(*authority.Capability) error { n++; return nil })
		if n != 1 {
			t.Fatalf("listed %d, want 1", n)
		}
		return err
	})
}

func TestIssueRefuses(t *testing.T) {
	db := open(t)
	org, agent := key(t, 1), key(t, 3)
	good := authority.Request{Subject: agent.Public(), Scope: scope("read_file"), TTLSeconds: 60}
	tests := map[string]func(*authority.Request){
		"no life":        func(r *authority.Request) { r.TTLSeconds = 0 },
		"too long":       func(r *authority.Request) { r.TTLSeconds = authority.MaxTTLSeconds + 1 },
		"empty scope":    func(r *authority.Request) { r.Scope = capability.Scope{} },
		"weak subject":   func(r *authority.Request) { r.Subject = wire.PublicKey{} },
		"overflowed ttl": func(r *authority.Request) { r.TTLSeconds = 1<<63 - 1 },
	}
	for name, spoil := range tests {
		req := good
		spoil(&req)
		update(t, db, func(tx store.Tx) error {
			if _, err := authority.Issue(tx, req, org, now, rand.Reader); !errors.Is(err, authority.ErrRequest) {
				t.Errorf("%s: %v, want ErrRequest", name, err)
			}
			return nil
		})
	}
}

func TestAgents(t *testing.T) {
	db := open(t)
	a := authority.Agent{Name: "researcher", Key: key(t, 3).Public(), CreatedAt: now}
	update(t, db, func(tx store.Tx) error { return authority.PutAgent(tx, a) })
	a.Passport, a.Custodial, a.CreatedAt = &kernel.PassportRef{Issuer: "did:chio:x", ID: "p"}, true, now+9
	update(t, db, func(tx store.Tx) error {
		if err := authority.PutAgent(tx, a); err != nil {
			return err
		}
		other := authority.Agent{Name: "researcher", Key: key(t, 4).Public()}
		if err := authority.PutAgent(tx, other); !errors.Is(err, authority.ErrExists) {
			t.Errorf("another key under the name: %v", err)
		}
		other = authority.Agent{Name: "writer", Key: a.Key}
		if err := authority.PutAgent(tx, other); !errors.Is(err, authority.ErrExists) {
			t.Errorf("another name for the key: %v", err)
		}
		for _, name := range []string{"", ".hidden", "a/b", "A", "sp ace", string(bytes.Repeat([]byte("a"), 65))} {
			if err := authority.PutAgent(tx, authority.Agent{Name: name, Key: key(t, 5).Public()}); !errors.Is(err, authority.ErrRequest) {
				t.Errorf("name %q: %v", name, err)
			}
		}
		return nil
	})
	view(t, db, func(r store.Reader) error {
		got, err := authority.AgentByKey(r, a.Key)
		if err != nil || !got.Custodial || got.CreatedAt != now || got.Passport.ID != "p" {
			t.Fatalf("got %+v, %v", got, err)
		}
		all, err := authority.Agents(r)
		if len(all) != 1 {
			t.Fatalf("agents %+v", all)
		}
		if _, err := authority.AgentByName(r, "nobody"); !errors.Is(err, authority.ErrUnknown) {
			t.Fatalf("unknown agent: %v", err)
		}
		return err
	})
}

func mustMarshal(v any) []byte { return wire.MustMarshal(v) }
