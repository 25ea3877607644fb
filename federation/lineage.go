package federation

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/backbay-labs/chio-node/did"
	"github.com/backbay-labs/chio-node/kernel"
	"github.com/backbay-labs/chio-node/kernel/journal"
	"github.com/backbay-labs/chio-node/kernel/receipt"
	"github.com/backbay-labs/chio-node/store"
	"github.com/backbay-labs/chio-node/wire"
)

// The codes of a call that another organisation's call led to.
const (
	// CodeLineage: the call names a parent that it cannot continue.
	CodeLineage kernel.Code = "CHIO-FED-LINEAGE"
	// CodeHopLimit: it would cross more borders than its first caller allows.
	CodeHopLimit kernel.Code = "CHIO-FED-HOP-LIMIT"
	// CodeCycle: it would come back to an organisation that waits for it.
	CodeCycle kernel.Code = "CHIO-FED-CYCLE"
)

// The bounds of a chain of calls.
const (
	// maxHops is how many borders a call may cross: to a peer, and from there to
	// a peer of that peer. A treaty's max_hops lowers it.
	maxHops = 2
	// maxChildren bounds the calls that one peer's call may lead to.
	maxChildren = 32
)

// errParentEnded ends a call when the one it belongs to has ended.
var errParentEnded = errors.New("the call that this one belongs to has ended")

// ancestry is where a call of ours stands: at the top, or below a peer's call
// that is under way here.
type ancestry struct {
	parent   *arrival // nil at the top
	hopIndex int
	hopLimit int
	lineage  []wire.Digest // continuations above, the first caller's first
}

// hopsUnder is the most borders a call under a treaty direction may cross.
func hopsUnder(t *TreatyPolicy) int {
	if limit := t.Caps.MaxHops; limit != nil {
		return int(min(maxHops, *limit))
	}
	return maxHops
}

// ancestryOf finds what a call of ours to a peer continues, as its governed
// intent's call chain says:
//
//	1 without a call chain, or below a call of our own that is under way, it is
//	  at the top
//	2 a parent that a peer sent was admitted and is under way here, and the
//	  chain's subjects are its agent; any other parent is forged
//	3 it does not go back to who sent the parent
//	4 the parent has led to fewer than 32 calls
//	5 it crosses fewer borders than the parent's origin and this treaty allow
//
// The peer learns the digests of the continuations above, and nothing of whose
// they are.
func (x *Exchange) ancestryOf(r store.Reader, m *kernel.Mandate, peer did.DID, treaty *TreatyPolicy) (ancestry, error) {
	a := ancestry{hopLimit: hopsUnder(treaty)}
	chain, err := callChainOf(m)
	if err != nil {
		return a, err
	}
	if chain != nil {
		if a, err = x.below(r, chain, peer, a); err != nil {
			return a, err
		}
	}
	if a.hopIndex >= a.hopLimit { // 5
		return a, denied(CodeHopLimit, fmt.Sprintf("the call would cross border %d, and may cross %d", a.hopIndex+1, a.hopLimit),
			"serve the call without calling on, or agree on a higher max_hops")
	}
	return a, nil
}

func callChainOf(m *kernel.Mandate) (*kernel.CallChain, error) {
	if len(m.Intent) == 0 {
		return nil, nil
	}
	in, err := kernel.ParseIntent(m.Intent)
	if err != nil {
		return nil, err
	}
	return in.CallChain, nil
}

// below is rules 1 to 4 of ancestryOf.
func (x *Exchange) below(r store.Reader, chain *kernel.CallChain, peer did.DID, a ancestry) (ancestry, error) {
	x.mu.Lock()
	defer x.mu.Unlock()
	var parent *arrival
	for key, arr := range x.arriving {
		// Two peers may use one call id, of which one is admitted.
		if key.callID == chain.ParentRequestID && arr.admitted {
			parent = arr
		}
	}
	switch {
	case parent == nil && journal.CheckOpen(r, chain.ParentRequestID) == nil: // 1
		return a, nil
	case parent == nil: // 2
		return a, denied(CodeLineage, "the call chain names a parent that is not under way here", "name the call that is being served, or none")
	case chain.OriginSubject != parent.subject || chain.DelegatorSubject != parent.subject: // 2
		return a, denied(CodeLineage, "the call chain's subjects are not the agent whose call is being served", "name the agent of the parent call")
	case peer == parent.body.From: // 3
		return a, denied(CodeCycle, "the call would go back to the organisation that sent its parent", "serve the call without it")
	case len(parent.children) >= maxChildren: // 4
		return a, denied(CodeLineage, fmt.Sprintf("one call of a peer may lead to %d others", maxChildren), "make fewer calls for one")
	}
	a.parent, a.hopIndex, a.hopLimit = parent, parent.body.HopIndex+1, min(a.hopLimit, parent.body.HopLimit)
	a.lineage = append(slices.Clone(parent.body.Lineage), parent.continuation.ID())
	return a, nil
}

// checkLineage is rule 6 of VerifyContinuation.
func (c *Continuation) checkLineage(limit int) error {
	if c.HopIndex < 0 || c.HopIndex >= c.HopLimit || c.HopLimit > limit {
		return fmt.Errorf("%w: hop %d of %d, limit %d", ErrContinuation, c.HopIndex, c.HopLimit, limit)
	}
	if len(c.Lineage) != c.HopIndex {
		return fmt.Errorf("%w: hop %d with %d continuations above", ErrContinuation, c.HopIndex, len(c.Lineage))
	}
	return nil
}

// known registers what a verified continuation says, for the calls below it,
// and denies one that comes back: a continuation above it is of a call that
// this organisation sent or serves right now.
func (x *Exchange) known(arr *arrival, c *Continuation, subject wire.PublicKey) *kernel.Denial {
	x.mu.Lock()
	defer x.mu.Unlock()
	arr.body, arr.subject = c, subject
	cycle := false
	for _, above := range c.Lineage {
		cycle = cycle || x.departing[above]
		for _, other := range x.arriving {
			cycle = cycle || other.continuation.ID() == above
		}
	}
	if !cycle {
		return nil
	}
	d := denied(CodeCycle, "the call comes back to an organisation that waits for it", "serve the call without it")
	d.Step, d.Guard = 2, "continuation"
	return d
}

// leaves notes that a call of ours is at a peer, until the returned function is
// called.
func (x *Exchange) leaves(hash wire.Digest) (back func()) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.departing[hash] = true
	return func() {
		x.mu.Lock()
		defer x.mu.Unlock()
		delete(x.departing, hash)
	}
}

// under ends a call when the one that led to it ends or is cancelled.
func (out *departure) under(ctx context.Context) (context.Context, func()) {
	if out.parent == nil {
		return ctx, func() {}
	}
	ctx, cancel := context.WithCancelCause(ctx)
	stop := context.AfterFunc(out.parent.running, func() { cancel(context.Cause(out.parent.running)) })
	return ctx, func() { stop(); cancel(nil) }
}

// ledTo records a call that a peer's call led to and that has its receipt.
func (x *Exchange) ledTo(parent *arrival, r *receipt.Receipt) {
	if parent == nil || r.Decision == nil {
		return
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	if len(parent.children) < maxChildren {
		parent.children = append(parent.children, receipt.Child{ReceiptID: r.ID, Verdict: r.Decision.Verdict})
	}
}

// childrenOf lists what a call led to so far.
func (x *Exchange) childrenOf(arr *arrival) []receipt.Child {
	x.mu.Lock()
	defer x.mu.Unlock()
	return slices.Clone(arr.children)
}
