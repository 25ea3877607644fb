package node

import (
	"bytes"
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/backbay-labs/chio-node/did"
	"github.com/backbay-labs/chio-node/kernel"
	"github.com/backbay-labs/chio-node/kernel/authority"
	"github.com/backbay-labs/chio-node/kernel/capability"
	"github.com/backbay-labs/chio-node/kernel/journal"
	"github.com/backbay-labs/chio-node/kernel/receipt"
	"github.com/backbay-labs/chio-node/store"
	"github.com/backbay-labs/chio-node/wire"
)

func seeded(t testing.TB, b byte) *wire.Key {
	t.Helper()
	k, err := wire.KeyFromSeed(bytes.Repeat([]byte{b}, 32))
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// passportOf issues a passport about a key that the node does not keep.
func passportOf(t testing.TB, n *Node, name string, key wire.PublicKey, roles ...string) *IssuedPassport {
	t.Helper()
	p, err := n.issuePassport(context.Background(), IssuePassport{Agent: name, Key: &key, Roles: roles})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// signedCall is a call that an agent signs itself.
func signedCall(t testing.TB, n *Node, chain []capability.Token, key *wire.Key, nonce int) AgentCall {
	t.Helper()
	id, err := n.newID()
	if err != nil {
		t.Fatal(err)
	}
	args := wire.Raw(`{"path":"a"}`)
	proof, err := capability.SignProof(capability.HolderProof{CallID: id, Audience: n.keys.Kernel().Public(), Server: "files", Tool: "read_file",
		ArgsSHA256: wire.Hash(args), CapabilityID: chain[len(chain)-1].ID, Nonce: fmt.Sprintf("%032x", nonce), IssuedAt: n.now()}, key)
	if err != nil {
		t.Fatal(err)
	}
	return AgentCall{CallID: id, Server: "files", Tool: "read_file", Arguments: args, Chain: chain, Proof: proof}
}

// delegated makes a chain of four delegations below a root for keys[0].
func delegated(t testing.TB, n *Node, root capability.Token, keys []*wire.Key) []capability.Token {
	t.Helper()
	chain := []capability.Token{root}
	for i := 1; i < len(keys); i++ {
		scope := capability.Scope{Grants: append([]capability.ToolGrant(nil), root.Scope.Grants...)}
		if i == len(keys)-1 {
			scope.Grants[0].Operations = []capability.Operation{capability.Invoke}
		}
		child, err := capability.Attenuate(&chain[i-1], capability.AttenuateRequest{ID: fmt.Sprintf("child-%d", i), Subject: keys[i].Public(), Scope: scope,
			IssuedAt: n.now(), ExpiresAt: root.ExpiresAt}, keys[i-1])
		if err != nil {
			t.Fatal(err)
		}
		chain = append(chain, *child)
	}
	return chain
}

// TestRevokingARootEndsEveryChain: chains of every depth that were allowed, and
// so verified and cached, are denied by the next call.
func TestRevokingARootEndsEveryChain(t *testing.T) {
	n := openNode(t, newHome(t))
	serve(t, n, MCPServer{Server: "files"})
	keys := []*wire.Key{seeded(t, 1), seeded(t, 2), seeded(t, 3), seeded(t, 4), seeded(t, 5)}
	passportOf(t, n, "holder", keys[0].Public())
	root, err := n.issueCapability(context.Background(), IssueCapability{Agent: "holder", Server: "files", Tools: []string{"read_file"}, Delegate: true})
	if err != nil {
		t.Fatal(err)
	}
	chain := delegated(t, n, root.Chain[0], keys)
	nonce := 0
	each := func(check func(depth int, a *CallAnswer)) {
		for depth := range chain {
			nonce++
			a, err := n.agentCall(context.Background(), signedCall(t, n, chain[:depth+1], keys[depth], nonce))
			if err != nil {
				t.Fatal(err)
			}
			check(depth, a)
		}
	}
	for range 2 {
		each(func(depth int, a *CallAnswer) {
			if a.Ended != receipt.Allow || epochOf(t, n, a.ReceiptID) != 0 {
				t.Fatalf("depth %d: %+v", depth, a)
			}
		})
	}
	r, err := n.revokeCapability(context.Background(), RevokeCapability{ID: root.ID, Subtree: true})
	if err != nil || r.Epoch != 1 {
		t.Fatalf("%+v, %v", r, err)
	}
	each(func(depth int, a *CallAnswer) {
		if a.Code != string(kernel.CodeRevokedToken) || epochOf(t, n, a.ReceiptID) != 1 {
			t.Fatalf("depth %d after the revocation: %+v", depth, a)
		}
	})
	tree, err := n.capabilityTree(context.Background(), ByID{ID: root.ID})
	if err != nil || len(tree.Tokens) != 1 || !tree.Tokens[0].Revoked || tree.Tokens[0].Agent != "holder" {
		t.Fatalf("tree %+v, %v", tree, err)
	}
}

// epochOf reads the revocation epoch out of a receipt. A receipt from before
// the first epoch leaves the member out, which reads as 0.
func epochOf(t testing.TB, n *Node, id string) uint64 {
	t.Helper()
	return metadataOf(t, n, id).RevocationEpoch
}

func metadataOf(t testing.TB, n *Node, id string) receipt.Metadata {
	t.Helper()
	row, err := n.showReceipt(context.Background(), ByID{ID: id})
	if err != nil {
		t.Fatal(err)
	}
	var r receipt.Receipt
	var md receipt.Metadata
	if err := wire.Unmarshal(row.Receipt, &r, wire.ForeignLimits); err != nil {
		t.Fatal(err)
	}
	if err := wire.Unmarshal(r.Metadata, &md, wire.DocumentLimits); err != nil {
		t.Fatal(err)
	}
	return md
}

// TestSubtreeIsNamedInOneEpoch: descendants issued here are listed and revoked
// by name together with their ancestor.
func TestSubtreeIsNamedInOneEpoch(t *testing.T) {
	n := openNode(t, newHome(t))
	root, err := n.issueCapability(context.Background(), IssueCapability{Agent: "local", Server: "files", Tools: []string{"read_file"}, Delegate: true})
	if err != nil {
		t.Fatal(err)
	}
	held, err := n.keys.HeldAgent("local")
	if err != nil {
		t.Fatal(err)
	}
	ids := storeChildren(t, n, root.Chain, held, 3)
	tree, err := n.capabilityTree(context.Background(), ByID{ID: root.ID})
	if err != nil || tree.Descendants != 3 || len(tree.Tokens) != 4 || tree.Tokens[1].Parent != root.ID || tree.Tokens[1].Depth != 1 {
		t.Fatalf("%+v, %v", tree, err)
	}
	r, err := n.revokeCapability(context.Background(), RevokeCapability{ID: root.ID, Subtree: true})
	if err != nil || r.Epoch != 1 || len(r.Descendants) != 0 {
		t.Fatalf("children another key issued are its own to name: %+v, %v", r, err)
	}
	for _, id := range ids {
		info, err := n.inspectCapability(context.Background(), ByID{ID: id})
		if err != nil || !info.Revoked {
			t.Fatalf("%+v, %v", info, err)
		}
	}
}

// TestSessionJournalFollowsReceipts: an auditor with the receipts recomputes
// what the node's journal says.
func TestSessionJournalFollowsReceipts(t *testing.T) {
	n := openNode(t, newHome(t))
	serve(t, n, MCPServer{Server: "files"})
	grantTo(t, n, "local")
	var receipts []*receipt.Receipt
	for i, args := range []string{`{"path":"a"}`, `{"path":"/home/x/.ssh/id_rsa"}`, `{"path":"b"}`} {
		m, err := n.mandate(context.Background(), call{Server: "files", Tool: "read_file", Args: wire.Raw(args), Edge: "api", Session: "work"})
		if err != nil {
			t.Fatal(err)
		}
		out := n.kernel.Mediate(context.Background(), m)
		if want := []string{"allow", "deny", "allow"}[i]; out.Ended != want {
			t.Fatalf("call %d: %+v", i, out.Denial)
		}
		receipts = append(receipts, out.Receipt)
	}
	key, err := n.ensureAgent(context.Background(), "local")
	if err != nil {
		t.Fatal(err)
	}
	entries, heads, err := journal.FromReceipts(key, "work", receipts)
	if err != nil || len(entries) != 3 {
		t.Fatalf("%d entries, %v", len(entries), err)
	}
	end, err := journal.Verify(journal.Head{}, entries, heads)
	if err != nil {
		t.Fatal(err)
	}
	s, err := n.showSession(context.Background(), SessionRequest{Agent: "local", Session: "work"})
	if err != nil || s.Head != end.SHA256 || s.Sequence != 3 || s.Denied != 1 || s.Agent != "local" || s.Entries[2].SHA256 != s.Head || !s.From.IsZero() {
		t.Fatalf("%+v, %v", s, err)
	}
	list, err := n.listSessions(context.Background(), Empty{})
	if err != nil || len(list.Sessions) != 1 || list.Sessions[0].Session != "work" {
		t.Fatalf("%+v, %v", list, err)
	}
	if _, err := n.showSession(context.Background(), SessionRequest{Agent: "local", Session: "none"}); err == nil || problemOf(err).Code != "CHIO-SESSION-UNKNOWN" {
		t.Fatalf("%v", err)
	}
}

// TestReceiptsSayWhoHeld: the operator's API vouches for a person; an agent's
// own call cannot claim one.
func TestReceiptsSayWhoHeld(t *testing.T) {
	n := openNode(t, newHome(t))
	serve(t, n, MCPServer{Server: "files"})
	grantTo(t, n, "local")
	a, err := n.call(context.Background(), CallRequest{Server: "files", Tool: "read_file", Arguments: wire.Raw(`{}`), OnBehalfOf: "ann@acme", Human: true})
	if err != nil {
		t.Fatal(err)
	}
	if h := metadataOf(t, n, a.ReceiptID).Holder; h == nil || h.Kind != "custodial" || h.OnBehalfOf != "ann@acme" || !h.Human {
		t.Fatalf("%+v of %+v", h, a)
	}
	own := seeded(t, 9)
	passportOf(t, n, "own", own.Public())
	c := grantTo(t, n, "own")
	if a, err = n.agentCall(context.Background(), signedCall(t, n, c.Chain, own, 1)); err != nil {
		t.Fatal(err)
	}
	if h := metadataOf(t, n, a.ReceiptID).Holder; h == nil || *h != (receipt.Holder{Kind: "agent"}) || a.Ended != receipt.Allow {
		t.Fatalf("%+v of %+v", h, a)
	}
}

const issuanceYAML = `
name: acme
issuance:
  rules:
    - name: readers
      issuers: [self]
      roles: [researcher]
      grants: [{server: files, tools: [read_file], max_total: 0.50 USD}]
      max_ttl_seconds: 600
`

func TestRequestedCapability(t *testing.T) {
	o := newHome(t)
	var err error
	if o.Config, err = ParseConfig([]byte(issuanceYAML)); err != nil {
		t.Fatal(err)
	}
	n := openNode(t, o)
	serve(t, n, MCPServer{Server: "files"})
	key := seeded(t, 7)
	p := passportOf(t, n, "researcher", key.Public(), "researcher")
	ask := func(spoil func(*authority.CapabilityRequest), signer *wire.Key) *wire.Envelope {
		q := authority.CapabilityRequest{Audience: n.keys.Kernel().Public(), PassportID: p.Passport.ID, TTLSeconds: 60, IssuedAt: n.now(),
			Scope: capability.Scope{Grants: []capability.ToolGrant{{ServerID: "files", ToolName: "read_file", Operations: []capability.Operation{capability.Invoke}}}}}
		if spoil != nil {
			spoil(&q)
		}
		env, err := SignCapabilityRequest(q, signer, nil)
		if err != nil {
			t.Fatal(err)
		}
		return env
	}
	env := ask(nil, key)
	given, err := n.requestCapability(context.Background(), RequestCapability{Request: env, PassportFile: p.File})
	if err != nil || given.Rule != "readers" {
		t.Fatalf("%+v, %v", given, err)
	}
	a, err := n.agentCall(context.Background(), signedCall(t, n, given.Chain, key, 1))
	if err != nil || a.Ended != receipt.Allow || metadataOf(t, n, a.ReceiptID).Attribution.PassportID != p.Passport.ID {
		t.Fatalf("%+v, %v", a, err)
	}
	refused := func(name, code string, file wire.Raw, env *wire.Envelope) {
		t.Helper()
		_, err := n.requestCapability(context.Background(), RequestCapability{Request: env, PassportFile: file})
		if p := problemOf(err); err == nil || p.Code != code || p.Exit != ExitDenied || p.Message == "" {
			t.Errorf("%s: %v, want %s", name, err, code)
		}
	}
	refused("the same request again", string(kernel.CodeProofReplayed), p.File, env)
	refused("for another kernel", string(authority.CodeRequestInvalid), p.File, ask(func(q *authority.CapabilityRequest) { q.Audience = key.Public() }, key))
	refused("another passport", "CHIO-PASSPORT-REFUSED", p.File, ask(func(q *authority.CapabilityRequest) { q.PassportID = "urn:uuid:x" }, key))
	refused("another key", "CHIO-PASSPORT-REFUSED", p.File, ask(nil, seeded(t, 8)))
	refused("no passport", "CHIO-PASSPORT-REFUSED", wire.Raw(`{}`), ask(nil, key))
	wider := ask(func(q *authority.CapabilityRequest) { q.Scope.Grants[0].ToolName = "*" }, key)
	refused("wider", string(authority.CodeIssuanceScope), p.File, wider)
	refused("the refused one again", string(kernel.CodeProofReplayed), p.File, wider)
	stop(t, n, StopRequest{Agent: "researcher"})
	refused("stopped", string(authority.CodeStoppedAgent), p.File, ask(nil, key))
	if _, err := n.clearStop(context.Background(), StopRequest{Agent: "researcher"}); err != nil {
		t.Fatal(err)
	}
	if _, err := n.revokePassport(context.Background(), PassportRequest{Agent: "researcher"}); err != nil {
		t.Fatal(err)
	}
	refused("revoked, with the file from before", string(kernel.CodeRevokedPassport), p.File, ask(nil, key))

	other := openNode(t, newHome(t))
	foreign := passportOf(t, other, "researcher", key.Public(), "researcher")
	refused("an issuer nobody chose", "CHIO-PASSPORT-REFUSED", foreign.File, ask(func(q *authority.CapabilityRequest) { q.PassportID = foreign.Passport.ID }, key))
}

// TestIssuancePageLoads: what docs/issuance.md tells people to write.
func TestIssuancePageLoads(t *testing.T) {
	c, err := ParseConfig([]byte(yamlBlock(t, "issuance.md")))
	if err != nil || len(c.Issuance.Rules) != 1 || c.Issuance.Rules[0].PeriodSeconds != 86400 {
		t.Fatalf("%+v, %v", c, err)
	}
}

func TestIssuanceConfigFailsClosed(t *testing.T) {
	for name, change := range map[string][2]string{
		"nobody":         {"issuers: [self]", "issuers: []"},
		"not a did":      {"issuers: [self]", "issuers: [globex]"},
		"no tools":       {"tools: [read_file]", "tools: []"},
		"no money":       {"0.50 USD", "lots"},
		"bad per call":   {"max_total: 0.50 USD", "max_per_call: x"},
		"no life":        {"max_ttl_seconds: 600", "max_ttl_seconds: 0"},
		"bad constraint": {"tools: [read_file]", "tools: [read_file], constraints: [{type: path_prefx, value: a}]"},
		"bad common":     {"max_ttl_seconds: 600", "max_ttl_seconds: 600\n      constraints: [{type: max_length, value: a}]"},
		"unknown key":    {"max_ttl_seconds", "max_ttl_second"},
	} {
		if _, err := ParseConfig([]byte(strings.Replace(issuanceYAML, change[0], change[1], 1))); err == nil {
			t.Errorf("%s was accepted", name)
		}
	}
	full := strings.Replace(issuanceYAML, "max_ttl_seconds: 600", "max_ttl_seconds: 600\n      delegate: true\n      resources: ['file:///*']\n"+
		"      prompts: [a]\n      constraints: [{type: governed_intent_required}, {type: table_allowlist, value: [a, b]}]", 1)
	c, err := ParseConfig([]byte(full))
	if err != nil {
		t.Fatal(err)
	}
	p, err := c.Issuance.policy(did.FromKey(seeded(t, 1).Public()), c.currencies())
	if err != nil || len(p.Rules[0].Scope.ResourceGrants) != 1 || len(p.Rules[0].Scope.Grants[0].Constraints) != 2 || len(p.Rules[0].Scope.Grants[0].Operations) != 2 {
		t.Fatalf("%+v, %v", p, err)
	}
}

// storeChildren keeps n attenuations by the agent beside what the node issued.
func storeChildren(t testing.TB, n *Node, chain []capability.Token, agent *wire.Key, count int) (ids []string) {
	t.Helper()
	err := n.db.Update(context.Background(), func(tx store.Tx) error {
		for i := range count {
			c, err := authority.Attenuate(tx, chain, authority.Request{Subject: seeded(t, byte(20+i)).Public(), TTLSeconds: 60,
				Scope: capability.Scope{Grants: []capability.ToolGrant{{ServerID: "files", ToolName: "read_file", Operations: []capability.Operation{capability.Invoke}}}}},
				agent, n.now(), n.rand)
			if err != nil {
				return err
			}
			ids = append(ids, c.Leaf().ID)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return ids
}
