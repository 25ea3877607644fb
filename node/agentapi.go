package node

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io"

	"github.com/backbay-labs/chio-node/kernel"
	"github.com/backbay-labs/chio-node/kernel/authority"
	"github.com/backbay-labs/chio-node/kernel/capability"
	"github.com/backbay-labs/chio-node/kernel/receipt"
	"github.com/backbay-labs/chio-node/store"
	"github.com/backbay-labs/chio-node/wire"
)

// agentCall mediates a call that an agent signed itself. What it presents is
// not believed about its passport: the one the capability was issued on counts.
func (n *Node) agentCall(ctx context.Context, req AgentCall) (*CallAnswer, error) {
	if err := n.ensureRecovered(ctx); err != nil {
		return nil, err
	}
	m := &kernel.Mandate{CallID: req.CallID, Server: req.Server, Tool: req.Tool, Operation: capability.Invoke, Arguments: req.Arguments,
		Chain: req.Chain, Proof: req.Proof, Edge: "api",
		Holder:  receipt.Holder{Kind: "agent", OnBehalfOf: req.OnBehalfOf, Human: req.Human},
		Session: req.Session, Intent: req.Intent, Approvals: canonicalTokens(req.Approvals)}
	if isRemote(req.Server) {
		return answerOf(n.kernel.Refuse(ctx, m, &kernel.Denial{Step: 2, Code: kernel.CodeUnknownTool, Guard: "kernel", Side: "local",
			Reason: "agents call this node's own servers here", Fix: "call a peer's server at the peer, or through your organisation's node"})), nil
	}
	if d := n.treatyChain(req.Chain); d != nil {
		return answerOf(n.kernel.Refuse(ctx, m, d)), nil
	}
	passport, err := n.issuedOn(req.Chain)
	if err != nil {
		return nil, err
	}
	m.Passport = passport
	return answerOf(n.kernel.Mediate(ctx, m)), nil
}

// treatyChain refuses authority that runs through a peer's kernel: it comes
// with that kernel's continuation, under the treaty's terms, or not at all.
func (n *Node) treatyChain(chain []capability.Token) *kernel.Denial {
	for _, rec := range n.network.service.List() {
		for i := range chain {
			if chain[i].Subject == rec.Kernel || chain[i].Issuer == rec.Kernel {
				return &kernel.Denial{Step: 3, Code: kernel.CodeContinuation, Guard: "capability", Side: "treaty",
					Reason: "the capability was delegated by the kernel of " + rec.DID.String() + " and must come through it",
					Fix:    "call through your own organisation's node"}
			}
		}
	}
	return nil
}

// issuedOn is the passport on which the first token of a chain that this node
// issued was given out, or nil. An agent names the tokens it delegates itself,
// so a token of another issuer says nothing here, whatever its id.
func (n *Node) issuedOn(chain []capability.Token) (ref *kernel.PassportRef, err error) {
	err = n.db.View(func(r store.Reader) error {
		for i := range chain {
			if chain[i].Issuer != n.keys.Kernel().Public() {
				continue
			}
			c, err := authority.Get(r, chain[i].ID)
			if errors.Is(err, authority.ErrUnknown) {
				continue
			}
			if err != nil {
				return err
			}
			if c.Passport != nil {
				ref = c.Passport
				return nil
			}
		}
		return nil
	})
	return ref, err
}

// proveFor signs a holder proof with the key of an agent this node keeps, for
// a call at another kernel. It authorises nothing here.
func (n *Node) proveFor(_ context.Context, req ProveRequest) (*Proved, error) {
	if err := n.alive(); err != nil {
		return nil, err
	}
	key, err := n.keys.HeldAgent(req.Agent)
	if err != nil {
		return nil, &Problem{Code: "CHIO-AGENT-UNKNOWN", Message: fmt.Sprintf("no agent %q: %v", req.Agent, err), Exit: ExitFailure,
			Hint: "chio-node passport list shows the agents that have one"}
	}
	args, err := wire.Canonicalize(req.Arguments, wire.ForeignLimits)
	if err != nil {
		return nil, usage("arguments: %v", err)
	}
	var nonce [16]byte
	if _, err := io.ReadFull(n.rand, nonce[:]); err != nil {
		return nil, fmt.Errorf("read randomness for a nonce: %w", err)
	}
	p := &Proved{CallID: req.CallID}
	if p.CallID == "" {
		if p.CallID, err = n.newID(); err != nil {
			return nil, err
		}
	}
	body := capability.HolderProof{CallID: p.CallID, Audience: req.Audience, Server: req.Server, Tool: req.Tool, ArgsSHA256: wire.Hash(args),
		CapabilityID: req.CapabilityID, Session: req.Session, OnBehalfOf: req.OnBehalfOf, Human: req.Human, Nonce: hex.EncodeToString(nonce[:]), IssuedAt: n.now()}
	if len(req.Intent) > 0 {
		intent, err := wire.Canonicalize(req.Intent, wire.DocumentLimits)
		if err != nil {
			return nil, usage("intent: %v", err)
		}
		hash := wire.Hash(intent)
		body.IntentSHA256 = &hash
	}
	p.Proof, err = capability.SignProof(body, key)
	return p, err
}
