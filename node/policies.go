package node

import (
	"log/slog"
	"sync"
	"sync/atomic"

	"github.com/backbay-labs/chio-node/kernel"
	"github.com/backbay-labs/chio-node/kernel/policy"
	"github.com/backbay-labs/chio-node/wire"
)

// treatyTerms finds the terms that bind a call between two organisations.
type treatyTerms interface {
	// terms returns what judges a call to (or from) a peer: the peer's
	// attestation, the direction's effective digest, and every conjunct.
	terms(m *kernel.Mandate, r kernel.Route) (peer, effective wire.Digest, guards []kernel.SidedGuard, err error)
}

// policies is the kernel's PolicySource: the local policy, that of the server a
// call is for, and for a call that crosses organisations the treaty's terms. The
// local policy is replaced whole when its files change.
type policies struct {
	loader   policyLoader
	servers  *registry
	treaties treatyTerms
	log      *slog.Logger
	now      func() int64

	inForce atomic.Pointer[inForce]

	mu      sync.Mutex // held while a policy is loaded, and for what follows
	files   *watchedFS // what the last load looked at
	problem *policyFailure
}

// inForce is the local policy that decides, and since when.
type inForce struct {
	compiled *policy.Compiled
	since    int64 // unix seconds
}

func (p *policies) compiled() *policy.Compiled { return p.inForce.Load().compiled }

// Policy implements kernel.PolicySource.
func (p *policies) Policy(m *kernel.Mandate, r kernel.Route) (*kernel.Policy, error) {
	local := p.compiled()
	out := &kernel.Policy{LocalHash: local.Hash, Local: local.Guard, Output: local.Output}
	if r.PeerDID == "" {
		if err := p.ofServer(out, r.Server); err != nil {
			return nil, err
		}
	}
	if r.PeerDID == "" && m.Origin == nil {
		return out, nil
	}
	peer, effective, guards, err := p.treaties.terms(m, r)
	if err != nil {
		return nil, err
	}
	out.PeerHash, out.EffectiveHash, out.Treaty = &peer, &effective, guards
	return out, nil
}

// ofServer adds what the operator of one tool server set for it: a policy of
// its own, and directories that its calls stay in.
func (p *policies) ofServer(out *kernel.Policy, server string) error {
	own, roots := p.servers.serverPolicy(server)
	if own != nil {
		hash, err := wire.DigestOf([2]wire.Digest{out.LocalHash, own.Hash})
		if err != nil {
			return err
		}
		out.LocalHash, out.Local = hash, both{out.Local, own.Guard}
		out.Output = append(out.Output[:len(out.Output):len(out.Output)], own.Output...)
	}
	if roots != nil {
		out.Local = rooted{out.Local, roots}
	}
	return nil
}

// both is the conjunction of the node's policy and a server's own: Deny ends
// it, PendingApproval sticks.
type both [2]kernel.Guard

// Name implements kernel.Guard.
func (b both) Name() string { return b[0].Name() }

// Evaluate implements kernel.Guard.
func (b both) Evaluate(c *kernel.Call) (kernel.Decision, error) {
	first, err := b[0].Evaluate(c)
	if err != nil || first.Verdict == kernel.Deny {
		return first, err
	}
	second, err := b[1].Evaluate(c)
	second.Evidence = append(first.Evidence, second.Evidence...)
	second.Verdict = second.Verdict.Stricter(first.Verdict)
	second.Observed = second.Observed || first.Observed
	if second.Verdict != kernel.Deny {
		second.Consume = append(first.Consume, second.Consume...)
	}
	return second, err
}

// Revalidate implements kernel.Revalidator: whichever of both asks for it.
func (b both) Revalidate(c *kernel.Call) (kernel.Decision, error) {
	for _, g := range b {
		if d, err := revalidate(g, c); err != nil || d.Verdict != kernel.Allow {
			return d, err
		}
	}
	return kernel.Decision{Verdict: kernel.Allow}, nil
}

func revalidate(g kernel.Guard, c *kernel.Call) (kernel.Decision, error) {
	if r, ok := g.(kernel.Revalidator); ok {
		return r.Revalidate(c)
	}
	return kernel.Decision{Verdict: kernel.Allow}, nil
}

// rooted judges calls of a server that its operator confined to directories,
// whichever edge they came through. A session's own roots narrow further.
type rooted struct {
	kernel.Guard
	roots []string
}

// Evaluate implements kernel.Guard.
func (r rooted) Evaluate(c *kernel.Call) (kernel.Decision, error) { return r.Guard.Evaluate(r.in(c)) }

// Revalidate implements kernel.Revalidator.
func (r rooted) Revalidate(c *kernel.Call) (kernel.Decision, error) {
	return revalidate(r.Guard, r.in(c))
}

func (r rooted) in(c *kernel.Call) *kernel.Call {
	if c == nil || c.Mandate == nil {
		return c // the guard refuses it
	}
	call, mandate := *c, *c.Mandate
	mandate.Roots = narrowRoots(mandate.Roots, r.roots)
	call.Mandate = &mandate
	return &call
}
