package node

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"sync"

	"github.com/backbay-labs/chio-node/kernel"
	"github.com/backbay-labs/chio-node/kernel/authority"
	"github.com/backbay-labs/chio-node/kernel/capability"
	"github.com/backbay-labs/chio-node/kernel/receipt"
	"github.com/backbay-labs/chio-node/store"
	"github.com/backbay-labs/chio-node/wire"
)

// localAgent is the agent an unmodified client acts as unless it is named.
const localAgent = "local"

// custodialKind marks receipts of calls whose proof this node signed.
const custodialKind = "custodial"

// defaultCapabilityTTLSeconds is the life of a capability the node issues by
// itself: to the agent of an MCP client, and to a passport's agent on call.
const defaultCapabilityTTLSeconds = 24 * 3600

// call is what an edge or an operator asks to be done in an agent's name.
type call struct {
	ID     string // "" draws one
	Agent  string
	Server string // "files", or did:chio:<hex>/files
	Tool   string
	Args   wire.Raw
	Edge   string
	Human  bool
	// OnBehalfOf is whom the edge knows the agent to act for.
	OnBehalfOf string
	Session    string // at the edge; "" has no journal
	Intent     wire.Raw
	Approvals  []wire.Raw
}

// mandate builds the mandate of a call with whatever authority the agent has.
// Missing authority is not an error here: the kernel refuses it, on record.
func (n *Node) mandate(ctx context.Context, c call) (*kernel.Mandate, error) {
	if c.Agent == "" {
		c.Agent = localAgent
	}
	m := &kernel.Mandate{CallID: c.ID, Server: c.Server, Tool: c.Tool, Operation: capability.Invoke, Arguments: c.Args,
		Holder: receipt.Holder{Kind: custodialKind, Human: c.Human, OnBehalfOf: c.OnBehalfOf}, Edge: c.Edge,
		Session: c.Session, Intent: c.Intent, Approvals: c.Approvals}
	if m.CallID == "" {
		id, err := n.newID()
		if err != nil {
			return nil, err
		}
		m.CallID = id
	}
	key, err := n.keys.HeldAgent(c.Agent)
	if err != nil && c.Agent == localAgent {
		if _, err = n.ensureAgent(ctx, localAgent); err == nil {
			key, err = n.keys.HeldAgent(localAgent)
		}
	}
	if err != nil {
		return nil, &Problem{Code: "CHIO-AGENT-UNKNOWN", Message: fmt.Sprintf("no agent %q: %v", c.Agent, err),
			Hint: "issue it a passport first: chio-node passport issue --agent " + c.Agent, Exit: ExitFailure}
	}
	route, err := n.tools.Route(ctx, m)
	if err != nil {
		return m, nil // step 2 of the kernel says so, with a receipt
	}
	if n.endedDenial(m) != nil {
		return m, nil // the kernel says so, with a receipt
	}
	held, err := n.capabilityFor(ctx, c.Agent, key.Public(), m, route)
	if err != nil {
		return nil, err
	}
	if held == nil {
		return m, nil
	}
	m.Chain, m.Passport = held.Chain, held.Passport
	if c.ID == "" {
		if err := n.resume(m, key.Public()); err != nil {
			return nil, err
		}
	}
	return m, n.prove(m, key, route)
}

// prove signs the holder proof with the agent's sealed key. Our own kernel is
// handed the proof as made here; a peer's gets the envelope.
func (n *Node) prove(m *kernel.Mandate, key *wire.Key, route kernel.Route) error {
	args, err := wire.Canonicalize(m.Arguments, wire.ForeignLimits)
	if err != nil {
		return nil // step 2 of the kernel refuses the arguments
	}
	var nonce [16]byte
	if _, err := io.ReadFull(n.rand, nonce[:]); err != nil {
		return fmt.Errorf("read randomness for a nonce: %w", err)
	}
	if route.PeerDID != "" {
		m.Session = "" // a session is this node's; the peer's kernel would not know it
	}
	body := capability.HolderProof{CallID: m.CallID, Audience: route.Audience, Server: route.Server, Tool: m.Tool,
		ArgsSHA256: wire.Hash(args), CapabilityID: m.Chain[len(m.Chain)-1].ID, Session: m.Session, OnBehalfOf: m.Holder.OnBehalfOf, Human: m.Holder.Human,
		Nonce: hex.EncodeToString(nonce[:]), IssuedAt: n.now()}
	if len(m.Intent) > 0 {
		intent, err := wire.Canonicalize(m.Intent, wire.DocumentLimits)
		if err != nil {
			return nil // step 2 of the kernel refuses the intent
		}
		hash := wire.Hash(intent)
		body.IntentSHA256 = &hash
	}
	if m.Made, err = capability.MakeProof(body, key); err != nil {
		return err
	}
	if route.PeerDID != "" {
		m.Proof = m.Made.Envelope()
	}
	return nil
}

// capabilityFor picks the agent's capability for a call: one that grants it if
// there is one, else the newest for that server, so that the kernel can say
// what is missing, else nil.
func (n *Node) capabilityFor(ctx context.Context, agent string, key wire.PublicKey, m *kernel.Mandate, route kernel.Route) (*authority.Capability, error) {
	held, err := n.held.forAgent(n.db, key)
	if err != nil {
		return nil, err
	}
	best, ever := n.choose(held, m, route)
	if best != nil || ever {
		return best, nil
	}
	if isRemote(m.Server) {
		return n.attenuateTreaty(ctx, agent, key, m, route)
	}
	return nil, nil
}

// choose returns the capability to present, and whether there ever was one for
// that server that was revoked or still lives: then none is made by itself.
func (n *Node) choose(held []*authority.Capability, m *kernel.Mandate, route kernel.Route) (best *authority.Capability, ever bool) {
	now := n.now()
	root := n.keys.Kernel().Public()
	if route.PeerDID != "" {
		root = route.PeerKernel
	}
	for i := len(held) - 1; i >= 0; i-- {
		c := held[i]
		if c.Chain[0].Issuer != root || !mentions(c.Leaf().Scope, route.Server) {
			continue
		}
		if n.revocations.Check(c.Chain, c.Passport, c.Leaf().Subject, nil, now) != nil {
			if best == nil {
				best, ever = c, true
			}
			continue
		}
		if c.Leaf().ExpiresAt <= now {
			continue
		}
		_, denied := capability.Match(c.Leaf().Scope, capability.CallFacts{Server: route.Server, Tool: m.Tool, Operation: m.Operation,
			Arguments: m.Arguments, ArgsBytes: len(m.Arguments), MaxCost: route.Price, FulfilsDemands: true})
		if denied == nil {
			return c, true
		}
		if !ever {
			best, ever = c, true
		}
	}
	return best, ever
}

func mentions(scope capability.Scope, server string) bool {
	for _, g := range scope.Grants {
		if g.ServerID == server || g.ServerID == "*" {
			return true
		}
	}
	return false
}

// issueLocal gives an agent a root capability on one of this node's servers.
func (n *Node) issueLocal(ctx context.Context, req authority.Request) (c *authority.Capability, err error) {
	if err := n.alive(); err != nil {
		return nil, err
	}
	err = n.db.Update(ctx, func(tx store.Tx) (err error) {
		c, err = authority.Issue(tx, req, n.keys.Kernel(), n.now(), n.rand)
		return err
	})
	n.held.forget(req.Subject)
	return c, err
}

// heldCapabilities caches, per agent key, what was issued to it. Issuing
// forgets the entry; revocation and time are judged on every use.
type heldCapabilities struct {
	mu      sync.Mutex
	byAgent map[wire.PublicKey][]*authority.Capability
}

func (h *heldCapabilities) forget(agent wire.PublicKey) {
	h.mu.Lock()
	defer h.mu.Unlock()
	delete(h.byAgent, agent)
}

func (h *heldCapabilities) forAgent(db store.DB, agent wire.PublicKey) ([]*authority.Capability, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if held, ok := h.byAgent[agent]; ok {
		return held, nil
	}
	var held []*authority.Capability
	err := db.View(func(r store.Reader) error {
		return authority.List(r, func(c *authority.Capability) error {
			if c.Leaf().Subject == agent {
				held = append(held, c)
			}
			return nil
		})
	})
	if err != nil {
		return nil, fmt.Errorf("read capabilities: %w", err)
	}
	if h.byAgent == nil {
		h.byAgent = make(map[wire.PublicKey][]*authority.Capability)
	}
	h.byAgent[agent] = held
	return held, nil
}

// ensureAgent makes sure the node holds a key for the agent and knows it.
func (n *Node) ensureAgent(ctx context.Context, name string) (wire.PublicKey, error) {
	if err := authority.CheckAgentName(name); err != nil {
		return wire.PublicKey{}, usage("%v", err)
	}
	var known authority.Agent
	err := n.db.View(func(r store.Reader) (err error) {
		known, err = authority.AgentByName(r, name)
		return err
	})
	if err == nil && !known.Custodial {
		return known.Key, nil // it keeps its key to itself
	}
	if err != nil && !errors.Is(err, authority.ErrUnknown) {
		return wire.PublicKey{}, err
	}
	key, _, err := n.keys.Agent(ctx, name)
	if err != nil {
		return wire.PublicKey{}, fmt.Errorf("agent %s: %w", name, err)
	}
	err = n.db.Update(ctx, func(tx store.Tx) error {
		_, err := authority.AgentByName(tx, name)
		if !errors.Is(err, authority.ErrUnknown) {
			return err
		}
		return authority.PutAgent(tx, authority.Agent{Name: name, Key: key.Public(), Custodial: true, CreatedAt: n.now()})
	})
	return key.Public(), err
}

// replayed is the kernel's early look at a nonce.
func (n *Node) replayed(nonce kernel.Nonce) (seen bool, err error) {
	err = n.db.View(func(r store.Reader) (err error) {
		seen, err = authority.Seen(r, nonce)
		return err
	})
	return seen, err
}
