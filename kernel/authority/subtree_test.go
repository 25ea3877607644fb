package authority_test

import (
	"crypto/rand"
	"testing"

	"github.com/backbay-labs/chio-node/kernel"
	"github.com/backbay-labs/chio-node/kernel/authority"
	"github.com/backbay-labs/chio-node/kernel/capability"
	"github.com/backbay-labs/chio-node/store"
	"github.com/backbay-labs/chio-node/wire"
)

// family stores a root and a tree of delegations below it, to depth 4: the
// kernel passes on what peers gave it, so its own key is a delegator here.
func family(t *testing.T, p *party) (root *authority.Capability, all []*authority.Capability) {
	t.Helper()
	self := p.kernel.Public()
	update(t, p.db, func(tx store.Tx) (err error) {
		root, err = authority.Issue(tx, authority.Request{Subject: self, Scope: scope("a", "b"), TTLSeconds: 600,
			Aggregate: &capability.Aggregate{Scope: capability.AggregateFamily, MaxInvocations: 9}}, p.kernel, now, rand.Reader)
		if err != nil {
			return err
		}
		parents := []*authority.Capability{root}
		for depth := 1; depth <= 4; depth++ {
			var next []*authority.Capability
			for _, parent := range parents {
				for range 2 {
					c, err := authority.Attenuate(tx, parent.Chain, authority.Request{Subject: self, Scope: scope("a"), TTLSeconds: 60}, p.kernel, now, rand.Reader)
					if err != nil {
						return err
					}
					next = append(next, c)
				}
			}
			all, parents = append(all, next...), next
		}
		// One that an agent signed, and one of another family.
		agent := key(t, 77)
		mine, err := authority.Issue(tx, authority.Request{Subject: agent.Public(), Scope: scope("a"), TTLSeconds: 60}, p.kernel, now, rand.Reader)
		if err != nil {
			return err
		}
		_, err = authority.Attenuate(tx, mine.Chain, authority.Request{Subject: self, Scope: scope("a"), TTLSeconds: 60}, agent, now, rand.Reader)
		return err
	})
	return root, all
}

// TestRevokedAncestorEndsAllBelow: at every depth to 4, at once and after a
// restart, whichever token of the chain is revoked.
func TestRevokedAncestorEndsAllBelow(t *testing.T) {
	for depth := range 5 {
		p := newParty(t, 1)
		root, all := family(t, p)
		deepest := all[len(all)-1]
		victim := deepest.Chain[depth].Ref()
		ended := func(c *authority.Capability) bool {
			d := p.revoked.Check(c.Chain, nil, wire.PublicKey{9}, nil, now)
			if d != nil && d.Code != kernel.CodeRevokedToken {
				t.Fatal(d)
			}
			return d != nil
		}
		p.must(now, p.capability(victim.ID))
		for range 2 {
			for _, c := range append([]*authority.Capability{root}, all...) {
				contains := false
				for i := range c.Chain {
					contains = contains || c.Chain[i].Ref() == victim
				}
				if ended(c) != contains {
					t.Fatalf("depth %d: chain of %d tokens ended: %v", depth, len(c.Chain), ended(c))
				}
			}
			p.reopen()
		}
	}
}

func TestDescendantsAndTheirEntries(t *testing.T) {
	p := newParty(t, 1)
	root, all := family(t, p)
	view(t, p.db, func(r store.Reader) error {
		below, err := authority.Descendants(r, root.Leaf().Ref())
		if err != nil || len(below) != len(all) || len(below[0].Chain) != 2 || len(below[len(below)-1].Chain) != 5 {
			t.Fatalf("%d descendants, %v", len(below), err)
		}
		entries, left, err := authority.SubtreeEntries(r, root.Leaf().Ref(), p.kernel.Public())
		if err != nil || len(entries) != len(all)+1 || left != 0 || entries[0].ID != root.Leaf().ID {
			t.Fatalf("%d entries, %d left, %v", len(entries), left, err)
		}
		p2 := key(t, 5).Public()
		entries, _, err = authority.SubtreeEntries(r, root.Leaf().Ref(), p2)
		if err != nil || len(entries) != 1 {
			t.Fatalf("for another kernel %d entries, %v", len(entries), err)
		}
		return nil
	})
	var entries []authority.Entry
	view(t, p.db, func(r store.Reader) (err error) {
		entries, _, err = authority.SubtreeEntries(r, root.Leaf().Ref(), p.kernel.Public())
		return err
	})
	p.must(now, entries...)
	if p.revoked.Epoch() != 1 || !p.revoked.Revoked(entries[len(entries)-1]) || p.revoked.Revoked(p.capability("other")) {
		t.Fatalf("epoch %d", p.revoked.Epoch())
	}
}

func TestSubtreeEntriesAreBounded(t *testing.T) {
	p := newParty(t, 1)
	var root *authority.Capability
	update(t, p.db, func(tx store.Tx) (err error) {
		if root, err = authority.Issue(tx, authority.Request{Subject: p.kernel.Public(), Scope: scope("a"), TTLSeconds: 600}, p.kernel, now, rand.Reader); err != nil {
			return err
		}
		for range authority.MaxEntries + 2 {
			if _, err = authority.Attenuate(tx, root.Chain, authority.Request{Subject: p.kernel.Public(), Scope: scope("a"), TTLSeconds: 60}, p.kernel, now, rand.Reader); err != nil {
				return err
			}
		}
		return nil
	})
	view(t, p.db, func(r store.Reader) error {
		entries, left, err := authority.SubtreeEntries(r, root.Leaf().Ref(), p.kernel.Public())
		if len(entries) != authority.MaxEntries || left != 3 {
			t.Fatalf("%d entries, %d left", len(entries), left)
		}
		return err
	})
}
