package kernel

import (
	"fmt"

	"github.com/backbay-labs/chio-node/kernel/capability"
	"github.com/backbay-labs/chio-node/kernel/receipt"
	"github.com/backbay-labs/chio-node/wire"
)

// governed is what step 9 established.
type governed struct {
	runtime  runtime
	lineage  string // of the call chain
	approval *ApprovalAnswer
	bond     any
}

// readIntent is the governed part of step 2: an intent is parsed and hashed
// before the proof, which must name its hash, is looked at.
func (s *mediation) readIntent() *Denial {
	if len(s.m.Approvals) > maxPresentedApprovals {
		return malformed("%d approval tokens presented, the limit is %d", len(s.m.Approvals), maxPresentedApprovals)
	}
	if len(s.m.Intent) == 0 {
		return nil
	}
	canonical, err := wire.Canonicalize(s.m.Intent, intentLimits)
	if err != nil {
		return malformed("intent: %v", err)
	}
	in, err := ParseIntent(canonical)
	if err != nil {
		return malformed("intent: %v", err)
	}
	hash := wire.Hash(canonical)
	s.intent, s.intentHash = in, &hash
	return nil
}

// maxPresentedApprovals bounds the approval tokens of one mandate.
const maxPresentedApprovals = 8

// govern is step 9. Each rule denies:
//
//	1 an intent is for this server and tool, and its maximum covers the price
//	2 its runtime attestation, if it brings one, proves what it says
//	3 its call chain does not contain the call itself
//	4 delegated needs attested assurance, autonomous verified; both a call
//	  chain and a bond
//	5 some matching grant has no demand that is not met
//	6 the continuation of a peer's call covers the price
//	7 what a guard or every such grant wants approved is approved
func (k *Kernel) govern(s *mediation) *Denial {
	s.governed = &governed{runtime: runtime{level: capability.AssuranceNone}}
	if s.intent != nil {
		if d := k.judgeIntent(s); d != nil { // 1 to 4
			return d
		}
	}
	approvers, d := k.meetDemands(s) // 5
	if d != nil {
		return d
	}
	if d := continuationCovers(s); d != nil { // 6
		return d
	}
	if approvers == 0 && s.wanted == nil {
		return nil
	}
	return k.approve(s, max(1, approvers)) // 7
}

func ungoverned(code Code, fix, format string, args ...any) *Denial {
	return &Denial{Code: code, Guard: "governed", Side: "local", Reason: fmt.Sprintf(format, args...), Fix: fix}
}

func (k *Kernel) judgeIntent(s *mediation) *Denial {
	in, price := s.intent, s.route.Price
	if in.ServerID != s.m.Server || in.ToolName != s.m.Tool { // 1
		return ungoverned(CodeIntent, "state the intent of this call", "the intent is for %.80s %.80s", in.ServerID, in.ToolName)
	}
	if a := in.MaxAmount; a != nil && price != nil && (a.Currency != price.Currency || price.Units > a.Units) { // 1
		return ungoverned(CodeIntent, "raise the intent's maximum, or do not call the tool",
			"the intent allows %d %.12s, the call may cost %d %s", a.Units, a.Currency, price.Units, price.Currency)
	}
	proved, err := k.assess(in.RuntimeAttestation, s.leaf.Subject, s.now) // 2
	if err != nil {
		return ungoverned(CodeAssurance, "bring a current attestation of a trusted attestor, or none", "%v", err)
	}
	s.governed.runtime = proved
	if c := in.CallChain; c != nil { // 3
		if c.ParentRequestID == s.m.CallID {
			return ungoverned(CodeIntent, "name the call that led to this one", "the call chain names the call itself as its parent")
		}
		s.governed.lineage = k.lineageOf(c)
	}
	return k.judgeAutonomy(s) // 4
}

// lineageOf never says more than asserted without the collaborator's word.
func (k *Kernel) lineageOf(c *CallChain) string {
	if k.cfg.Lineage != nil {
		class, err := safely(func() (string, error) { return k.cfg.Lineage.Class(c), nil })
		if err == nil && (class == "observed" || class == "verified") {
			return class
		}
	}
	return "asserted"
}

func (k *Kernel) judgeAutonomy(s *mediation) *Denial {
	a := s.intent.Autonomy
	if a == nil || a.Tier == capability.TierDirect {
		return nil
	}
	need := map[string]string{capability.TierDelegated: capability.AssuranceAttested, capability.TierAutonomous: capability.AssuranceVerified}[a.Tier]
	switch {
	case !capability.AssuranceAtLeast(s.governed.runtime.level, need):
		return ungoverned(CodeAssurance, "bring a runtime attestation of that level", "%s calls need %s runtime assurance, this runtime is %s", a.Tier, need, s.governed.runtime.level)
	case s.intent.CallChain == nil:
		return ungoverned(CodeIntent, "say which call led to this one", "%s calls need a call chain", a.Tier)
	case a.DelegationBondID == "":
		return ungoverned(CodeBond, "name the bond that covers the agent", "%s calls need a bond", a.Tier)
	case k.cfg.Bonds == nil:
		return ungoverned(CodeBond, "use a tier that needs no bond", "this kernel has no bonds, so no bond covers a %s call", a.Tier)
	}
	type cover struct {
		hold any
		d    *Denial
	}
	c, err := safely(func() (cover, error) { h, d := k.cfg.Bonds.Cover(s.call, s.intent); return cover{h, d}, nil })
	if err != nil {
		return ungoverned(CodeBond, "see chio-node doctor", "the bond check failed: %v", err)
	}
	s.governed.bond = c.hold
	return c.d
}

// continuationCovers: the origin signed what it is willing to pay.
func continuationCovers(s *mediation) *Denial {
	o := s.m.Origin
	if o == nil || s.route.Price == nil {
		return nil
	}
	if o.MaxCharge == nil || o.MaxCharge.Currency != s.route.Price.Currency || o.MaxCharge.Units < s.route.Price.Units {
		return &Denial{Code: CodeContinuation, Guard: "governed", Side: "treaty",
			Reason: "the continuation's maximum charge is below this tool's price",
			Fix:    "fetch the current attestation for the price and sign a new continuation"}
	}
	return nil
}

// governedOf is the receipt's account of step 9.
func (s *mediation) governedOf() *receipt.Governed {
	if s.intent == nil || s.governed == nil || s.nonce == nil {
		return nil
	}
	g := &receipt.Governed{IntentID: s.intent.ID, IntentSHA256: *s.intentHash, Purpose: s.intent.Purpose,
		RuntimeAssurance: s.governed.runtime.level, ChainEvidence: s.governed.lineage}
	if a := s.intent.Autonomy; a != nil {
		g.AutonomyTier, g.BondID = a.Tier, a.DelegationBondID
	}
	if c := s.intent.CallChain; c != nil {
		g.ChainID, g.ParentCallID, g.ParentReceiptID = c.ChainID, c.ParentRequestID, c.ParentReceiptID
	}
	return g
}
