package authority_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"strings"
	"testing"

	"github.com/backbay-labs/chio-node/kernel"
	"github.com/backbay-labs/chio-node/kernel/authority"
	"github.com/backbay-labs/chio-node/kernel/capability"
	"github.com/backbay-labs/chio-node/store"
	"github.com/backbay-labs/chio-node/wire"
)

var errDisk = errors.New("disk")

// faulty fails one read, the first, second, third …: an operation must then
// fail, and never take what it could not read for nothing.
type faulty struct {
	store.Tx
	left int
}

func (f *faulty) fails() bool { f.left--; return f.left == -1 }

func (f *faulty) Get(key string) ([]byte, error) {
	if f.fails() {
		return nil, errDisk
	}
	return f.Tx.Get(key)
}

func (f *faulty) Scan(prefix, after string, fn func(string, []byte) error) error {
	if f.fails() {
		return errDisk
	}
	return f.Tx.Scan(prefix, after, fn)
}

// TestI5_EveryReadThatFailsFailsTheOperation drives each operation with each
// of its reads failing in turn.
func TestI5_EveryReadThatFailsFailsTheOperation(t *testing.T) {
	p, peer := newParty(t, 1), newParty(t, 2)
	root, _ := family(t, p)
	agentKey := key(t, 60).Public()
	var decision authority.Decision
	var switches *authority.Switches
	nonces := openNonces(t, p.db, authority.NonceLimits{})
	switches = openSwitches(t, p.db)
	rule := readers(t)
	rule.MaxAgents = 5
	pol := policy(t, rule)
	decision, denial := pol.Decide(researcher(t), capability.Scope{Grants: []capability.ToolGrant{toolGrant("files", "a")}}, 60, now)
	if denial != nil {
		t.Fatal(denial)
	}
	issueUnder := func(tx store.Tx) error {
		_, err := authority.IssueUnder(tx, decision, authority.Request{Subject: agentKey}, p.kernel, now, rand.Reader, func(*authority.Capability) bool { return true })
		return err
	}
	agent := authority.Agent{Name: "ann", Key: agentKey}
	first := peer.must(now, peer.capability("x"))
	update(t, p.db, func(tx store.Tx) error {
		if err := issueUnder(tx); err != nil {
			return err
		}
		return authority.PutAgent(tx, agent)
	})
	if err := p.receive(first, peer, now); err != nil {
		t.Fatal(err)
	}
	p.must(now, p.capability("y"))
	twin := newParty(t, 2)
	fork := twin.must(now, twin.capability("z"))
	other := twin.must(now, twin.capability("zz"))
	second := peer.must(now, peer.capability("xx"))

	for name, op := range map[string]func(store.Tx) error{
		"share held":  issueUnder,
		"first share": func(tx store.Tx) error { tx.Delete("a/share/readers/" + agentKey.String()); return issueUnder(tx) },
		"agent":       func(tx store.Tx) error { return authority.PutAgent(tx, agent) },
		"agent by key": func(tx store.Tx) error {
			_, err := authority.AgentByKey(tx, agentKey)
			return err
		},
		"capability": func(tx store.Tx) error { _, err := authority.Get(tx, root.Leaf().ID); return err },
		"subtree": func(tx store.Tx) error {
			_, _, err := authority.SubtreeEntries(tx, root.Leaf().Ref(), agentKey)
			return err
		},
		"nonce": func(tx store.Tx) error { return nonces.Use(tx, nonce(4, 4), now) },
		"set stop": func(tx store.Tx) error {
			_, err := switches.Set(tx, authority.Stop{Kind: authority.StopNode, Reason: "r", By: "b"})
			return err
		},
		"clear stop": func(tx store.Tx) error {
			tx.Set("a/stop/node/", nil)
			return switches.Clear(tx, authority.StopNode, "")
		},
		"open stops":  func(tx store.Tx) error { _, err := authority.OpenSwitches(tx); return err },
		"open nonces": func(tx store.Tx) error { _, err := authority.OpenNonces(tx, authority.NonceLimits{}); return err },
		"open revocations": func(tx store.Tx) error {
			_, err := authority.OpenRevocations(tx, authority.RevocationConfig{DID: p.did, MaxStalenessSeconds: 1})
			return err
		},
		"revoke": func(tx store.Tx) error {
			_, err := p.revoked.Revoke(tx, []authority.Entry{p.capability("new")}, p.kernel, now)
			return err
		},
		"revoke again": func(tx store.Tx) error {
			_, err := p.revoked.Revoke(tx, []authority.Entry{p.capability("y")}, p.kernel, now)
			return err
		},
		"newest": func(tx store.Tx) error { _, err := authority.Newest(tx); return err },
		"peer epoch": func(tx store.Tx) error {
			return p.revoked.ApplyForeign(tx, second, peer.kernel.Public(), peer.did, now)
		},
		"the same epoch": func(tx store.Tx) error {
			return p.revoked.ApplyForeign(tx, first, peer.kernel.Public(), peer.did, now)
		},
		"another history": func(tx store.Tx) error {
			return forked(p.revoked.ApplyForeign(tx, fork, peer.kernel.Public(), peer.did, now))
		},
		"another history later": func(tx store.Tx) error {
			return forked(p.revoked.ApplyForeign(tx, other, peer.kernel.Public(), peer.did, now))
		},
		"evidence": func(tx store.Tx) error {
			_, err := authority.Evidence(tx, peer.did)
			if errors.Is(err, authority.ErrUnknown) {
				return nil
			}
			return err
		},
	} {
		for reads := 0; ; reads++ {
			undo := errors.New("undo")
			var got error
			err := p.db.Update(context.Background(), func(tx store.Tx) error {
				got = op(&faulty{tx, reads})
				return undo
			})
			if !errors.Is(err, undo) {
				t.Fatal(err)
			}
			if got == nil {
				if reads == 0 {
					t.Errorf("%s reads nothing", name)
				}
				break
			}
			if !errors.Is(got, errDisk) {
				t.Errorf("%s with read %d failing: %v", name, reads, got)
				break
			}
		}
	}
}

func forked(err error) error {
	var fork *authority.EquivocationError
	if errors.As(err, &fork) && fork.Error() != "" {
		return nil
	}
	return err
}

// TestRowsThatDoNotDecodeFailClosed: each kind of row, spoilt.
func TestRowsThatDoNotDecodeFailClosed(t *testing.T) {
	p := newParty(t, 1)
	agentKey := key(t, 60).Public()
	did := p.did.String()
	tests := map[string]struct {
		rows map[string]string
		op   func(store.Tx) error
	}{
		"agent":          {map[string]string{"a/agent/ann": "{"}, func(tx store.Tx) error { _, err := authority.AgentByName(tx, "ann"); return err }},
		"agents":         {map[string]string{"a/agent/ann": "{"}, func(tx store.Tx) error { _, err := authority.Agents(tx); return err }},
		"put over agent": {map[string]string{"a/agent/ann": "{"}, func(tx store.Tx) error { return authority.PutAgent(tx, authority.Agent{Name: "ann", Key: agentKey}) }},
		"capability":     {map[string]string{"a/cap/x": "{"}, func(tx store.Tx) error { _, err := authority.Get(tx, "x"); return err }},
		"no token":       {map[string]string{"a/cap/x": `{"chain":[]}`}, func(tx store.Tx) error { _, err := authority.Get(tx, "x"); return err }},
		"descendants":    {map[string]string{"a/cap/x": "{"}, func(tx store.Tx) error { _, err := authority.Descendants(tx, capability.Ref{}); return err }},
		"subtree": {map[string]string{"a/cap/x": "{"}, func(tx store.Tx) error {
			_, _, err := authority.SubtreeEntries(tx, capability.Ref{}, agentKey)
			return err
		}},
		"history":          {map[string]string{"a/own/state": "{"}, reopened(p)},
		"history's peaks":  {map[string]string{"a/own/state": `{"count":3,"epoch":1,"id":"` + strings.Repeat("00", 32) + `","issued_at":1,"peaks":[]}`}, reopened(p)},
		"peer's history":   {map[string]string{"a/revstate/" + did: "{"}, reopened(p)},
		"entry":            {map[string]string{"a/rx/capability/a/b": "{}"}, reopened(p)},
		"entry elsewhere":  {map[string]string{"a/rx/capability/a/b": `{"id":"c","issuer":"a","kind":"capability"}`}, reopened(p)},
		"own epoch":        {map[string]string{"a/own/e/00000000000000000001": "{"}, func(tx store.Tx) error { _, err := authority.Since(tx, 0, 9); return err }},
		"evidence":         {map[string]string{"a/eq/" + did: "{}"}, func(tx store.Tx) error { _, err := authority.Evidence(tx, p.did); return err }},
		"revoking":         {map[string]string{"a/own/state": "{"}, func(tx store.Tx) error { _, err := p.revoked.Heartbeat(tx, p.kernel, now); return err }},
		"newest":           {map[string]string{"a/own/state": "{"}, func(tx store.Tx) error { _, err := authority.Newest(tx); return err }},
		"share's token":    {map[string]string{"a/share/readers/" + agentKey.String(): `{"id":"x","issued_at":1800000000}`, "a/cap/x": "{"}, sharing(t, agentKey)},
		"another's number": {map[string]string{"a/agentkey/" + agentKey.String(): "bob"}, func(tx store.Tx) error { _, err := authority.AgentByKey(tx, agentKey); return unknown(err) }},
	}
	for name, tt := range tests {
		undo := errors.New("undo")
		var got error
		_ = p.db.Update(context.Background(), func(tx store.Tx) error {
			for k, v := range tt.rows {
				tx.Set(k, []byte(v))
			}
			got = tt.op(tx)
			return undo
		})
		if !errors.Is(got, authority.ErrCorrupt) {
			t.Errorf("%s: %v, want ErrCorrupt", name, got)
		}
	}
}

// unknown: a key that names an agent which is not there.
func unknown(err error) error {
	if errors.Is(err, authority.ErrUnknown) {
		return authority.ErrCorrupt
	}
	return err
}

func reopened(p *party) func(store.Tx) error {
	return func(tx store.Tx) error {
		_, err := authority.OpenRevocations(tx, authority.RevocationConfig{DID: p.did, MaxStalenessSeconds: 1})
		return err
	}
}

func sharing(t *testing.T, agent wire.PublicKey) func(store.Tx) error {
	p := policy(t, readers(t))
	d, denial := p.Decide(researcher(t), capability.Scope{Grants: []capability.ToolGrant{toolGrant("files", "a")}}, 60, now)
	if denial != nil {
		t.Fatal(denial)
	}
	return func(tx store.Tx) error {
		_, err := authority.IssueUnder(tx, d, authority.Request{Subject: agent}, key(t, 1), now, rand.Reader, func(*authority.Capability) bool { return true })
		return err
	}
}

// brokenSigner cannot sign.
type brokenSigner struct{ wire.Signer }

func (brokenSigner) Sign([]byte) (wire.Signature, error) { return wire.Signature{}, errDisk }

// TestSigningThatFailsIssuesNothing: no randomness, no signature, no row.
func TestSigningThatFailsIssuesNothing(t *testing.T) {
	p := newParty(t, 1)
	broken := brokenSigner{p.kernel}
	good := authority.Request{Subject: key(t, 3).Public(), Scope: scope("a"), TTLSeconds: 60}
	parent := []capability.Token{}
	update(t, p.db, func(tx store.Tx) error {
		c, err := authority.Issue(tx, authority.Request{Subject: p.kernel.Public(), Scope: scope("a"), TTLSeconds: 60}, p.kernel, now, rand.Reader)
		parent = c.Chain
		return err
	})
	bad := good
	bad.TTLSeconds = 0
	huge := good
	huge.Passport = &kernel.PassportRef{ID: strings.Repeat("x", 2<<20)}
	for name, op := range map[string]func(store.Tx) error{
		"issue": func(tx store.Tx) error { _, err := authority.Issue(tx, good, broken, now, rand.Reader); return err },
		"no randomness": func(tx store.Tx) error {
			_, err := authority.Issue(tx, good, p.kernel, now, bytes.NewReader(nil))
			return err
		},
		"before time": func(tx store.Tx) error { _, err := authority.Issue(tx, good, p.kernel, -1, rand.Reader); return err },
		"too large":   func(tx store.Tx) error { _, err := authority.Issue(tx, huge, p.kernel, now, rand.Reader); return err },
		"attenuate": func(tx store.Tx) error {
			_, err := authority.Attenuate(tx, parent, good, broken, now, rand.Reader)
			return err
		},
		"no entropy": func(tx store.Tx) error {
			_, err := authority.Attenuate(tx, parent, good, p.kernel, now, bytes.NewReader(nil))
			return err
		},
		"nothing": func(tx store.Tx) error {
			_, err := authority.Attenuate(tx, nil, good, p.kernel, now, rand.Reader)
			return err
		},
		"no life": func(tx store.Tx) error {
			_, err := authority.Attenuate(tx, parent, bad, p.kernel, now, rand.Reader)
			return err
		},
		"heartbeat":      func(tx store.Tx) error { _, err := p.revoked.Heartbeat(tx, broken, now); return err },
		"revoke nothing": func(tx store.Tx) error { _, err := p.revoked.Revoke(tx, nil, p.kernel, now); return err },
		"revoke nobody": func(tx store.Tx) error {
			_, err := p.revoked.Revoke(tx, []authority.Entry{{Kind: "x", ID: "y"}}, p.kernel, now)
			return err
		},
		"revoke no key": func(tx store.Tx) error {
			_, err := p.revoked.Revoke(tx, []authority.Entry{{Kind: authority.KindCapability, ID: "y"}}, p.kernel, now)
			return err
		},
		"revoke no did": func(tx store.Tx) error {
			_, err := p.revoked.Revoke(tx, []authority.Entry{{Kind: authority.KindPassport, ID: "y"}}, p.kernel, now)
			return err
		},
		"revoke no subject": func(tx store.Tx) error {
			_, err := p.revoked.Revoke(tx, []authority.Entry{{Kind: authority.KindSubject, Issuer: p.did.String(), ID: "y"}}, p.kernel, now)
			return err
		},
		"revoke unnamed": func(tx store.Tx) error {
			_, err := p.revoked.Revoke(tx, []authority.Entry{p.capability("a\nb")}, p.kernel, now)
			return err
		},
		"own as foreign": func(tx store.Tx) error {
			return p.revoked.ApplyForeign(tx, &wire.Envelope{}, p.kernel.Public(), p.did, now)
		},
		"weak agent": func(tx store.Tx) error { return authority.PutAgent(tx, authority.Agent{Name: "a"}) },
	} {
		if err := p.db.Update(context.Background(), op); err == nil {
			t.Errorf("%s succeeded", name)
		}
	}
	if _, err := authority.SignRequest(request(t), broken); !errors.Is(err, errDisk) {
		t.Errorf("request: %v", err)
	}
	for _, c := range []authority.RevocationConfig{{DID: "x", MaxStalenessSeconds: 1}, {DID: p.did}} {
		if err := p.db.View(func(r store.Reader) error { _, err := authority.OpenRevocations(r, c); return err }); err == nil {
			t.Errorf("%+v was accepted", c)
		}
	}
	if p.revoked.Epoch() != 0 {
		t.Error("an epoch was made")
	}
}

func TestErrorsSayWhatToDo(t *testing.T) {
	p, peer := newParty(t, 1), newParty(t, 2)
	long := strings.Repeat("x", 200)
	p.must(now, p.capability(long))
	d := p.revoked.Check([]capability.Token{{ID: long, Issuer: p.kernel.Public()}}, nil, wire.PublicKey{}, nil, now)
	if d == nil || len(d.Reason) > 120 || d.Fix == "" {
		t.Errorf("%+v", d)
	}
	if err := p.receive(peer.must(now, peer.capability("a")), peer, now); err != nil {
		t.Fatal(err)
	}
	if at, forked := p.revoked.Freshness(peer.did); at != now || forked {
		t.Errorf("freshness %d, %v", at, forked)
	}
	behind := &authority.OutOfOrderError{Peer: peer.did, Have: 3, Got: 2}
	ahead := &authority.OutOfOrderError{Peer: peer.did, Have: 3, Got: 9}
	if !strings.Contains(behind.Error(), "older") || !strings.Contains(ahead.Error(), "after 3") {
		t.Errorf("%v; %v", behind, ahead)
	}
	update(t, p.db, func(tx store.Tx) error {
		s := openSwitches(t, p.db)
		stop, err := s.Set(tx, authority.Stop{Kind: authority.StopAgent, Target: key(t, 5).Public().String(), Label: "bob", Reason: "r", By: "b"})
		if err == nil && stop.Label != "bob" {
			t.Error(stop)
		}
		return err
	})
	named := openSwitches(t, p.db).AgentStopped(key(t, 5).Public())
	if named == nil || !strings.Contains(named.Fix, "--agent bob") {
		t.Errorf("%+v", named)
	}
	view(t, p.db, func(r store.Reader) error {
		if _, err := authority.Evidence(r, peer.did); !errors.Is(err, authority.ErrUnknown) {
			t.Errorf("%v", err)
		}
		if _, err := authority.AgentByKey(r, key(t, 99).Public()); !errors.Is(err, authority.ErrUnknown) {
			t.Errorf("%v", err)
		}
		return nil
	})
	view(t, open(t), func(r store.Reader) error {
		if _, err := authority.Newest(r); !errors.Is(err, authority.ErrUnknown) {
			t.Errorf("%v", err)
		}
		return nil
	})
}
