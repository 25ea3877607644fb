package kernel

import (
	"context"
	"errors"
	"fmt"

	"github.com/backbay-labs/chio-node/wire"
)

// Config is what a kernel is made of. Every field is required but those
// marked optional; New says which is missing.
type Config struct {
	Signer      wire.Signer // the kernel key: signs receipts
	Now         func() int64
	Switches    Switches // optional: nil means nothing can be stopped
	Revocations Revocations
	Dispatcher  Dispatcher
	Policies    PolicySource
	Admission   Admission
	Approvals   Approvals // optional: nil denies a call that needs approval
	Bonds       Bonds     // optional: nil denies a tier that needs a bond
	Lineage     Lineage   // optional: nil takes every call chain as asserted
	Sessions    Sessions  // optional: nil keeps no journal
	Converter   Converter // optional: nil denies a cap in another currency
	// Replays reports whether a proof's nonce is on record already, so that what
	// somebody overheard is turned away before it is looked at. Optional: Admit
	// decides in any case.
	Replays func(Nonce) (bool, error)
	// Attestors are the keys whose runtime attestations count.
	Attestors []wire.PublicKey
	// FullParameters opts a tool into unredacted parameters in its receipts;
	// optional, nil means every tool is summarised.
	FullParameters func(server, tool string) bool
	// Mask hides credentials in what receipts and approval requests repeat of
	// arguments and reasons; optional, nil leaves well-known marks only.
	Mask Masker
	// Failpoint is called between the numbered steps so that a test can end
	// the process there; nil in production.
	Failpoint func(name string)
}

// Kernel mediates calls. It is safe for concurrent use.
type Kernel struct {
	cfg   Config
	self  wire.PublicKey
	cache *chainCache
}

// New checks the configuration and starts nothing.
func New(cfg Config) (*Kernel, error) {
	missing := ""
	switch {
	case cfg.Signer == nil:
		missing = "Signer"
	case cfg.Now == nil:
		missing = "Now"
	case cfg.Revocations == nil:
		missing = "Revocations"
	case cfg.Dispatcher == nil:
		missing = "Dispatcher"
	case cfg.Policies == nil:
		missing = "Policies"
	case cfg.Admission == nil:
		missing = "Admission"
	}
	if missing != "" {
		return nil, fmt.Errorf("kernel config: %s is nil", missing)
	}
	return &Kernel{cfg: cfg, self: cfg.Signer.Public(), cache: newChainCache(maxCachedChains)}, nil
}

// Key is the public half of the kernel's signing key: the audience of holder
// proofs for calls this kernel executes.
func (k *Kernel) Key() wire.PublicKey { return k.self }

// Mediate decides one call, in this order; each step fails to a signed deny
// with a stable code, its cause and a fix:
//
//	 1  emergency stop, kill switches
//	 2  well-formed, within limits, addressed to a tool that exists
//	 3  capability chain
//	 4  revocation of every token, the passport and the subject
//	 5  subject and holder proof
//	 6  scope: server, tool, operation, every constraint
//	 7  log ready, budget pre-check: some grant can carry the price
//	 8  guards: local policy, then the treaty's terms
//	 9  governed evaluation: approval, autonomy tier, bond, assurance
//	10  Admit: nonce, holds and intent, one durable transaction
//	11  dispatch
//	12  output guards
//	13  sign
//	14  Close: receipt, reconciled holds, closed intent, one transaction
//	15  release of result and receipt
//
// A panic anywhere is a Deny before step 10 and an incomplete receipt after it.
func (k *Kernel) Mediate(ctx context.Context, m *Mandate) (out Outcome) {
	s := k.begin(m)
	defer func() {
		if p := recover(); p != nil {
			out = k.afterPanic(ctx, s)
		}
	}()
	for _, step := range decisionSteps {
		if d := step.run(k, ctx, s); d != nil {
			return k.refuse(ctx, s, d.at(step.number))
		}
		k.failpoint(step.name)
	}
	if d := k.admit(ctx, s); d != nil {
		return k.refuse(ctx, s, d)
	}
	k.failpoint("dispatch.before")
	end := k.dispatch(ctx, s)
	k.failpoint("dispatch.after")
	return k.finish(ctx, s, end)
}

// Refuse records a denial that an edge decided before a mandate could be
// mediated: a method outside its closed table, a continuation that does not
// verify. It takes no nonce, since nothing of the mandate was proved.
func (k *Kernel) Refuse(ctx context.Context, m *Mandate, d *Denial) (out Outcome) {
	s := k.begin(m)
	defer func() {
		if p := recover(); p != nil {
			out = k.afterPanic(ctx, s)
		}
	}()
	if bad := k.wellFormed(s); bad != nil {
		s.args = nil
	}
	if d == nil {
		d = &Denial{Step: 2, Code: CodeInternal, Guard: "kernel", Side: "local", Reason: "the edge refused the call and did not say why",
			Fix: "report this with the receipt id"}
	}
	return k.refuse(ctx, s, d)
}

// decisionSteps are steps 1 to 9: pure decisions, nothing durable.
var decisionSteps = []struct {
	number int
	name   string // of the failpoint behind it
	run    func(*Kernel, context.Context, *mediation) *Denial
}{
	{1, "step1.after", func(k *Kernel, _ context.Context, s *mediation) *Denial { return k.stopped(s) }},
	{2, "step2.parsed", func(k *Kernel, _ context.Context, s *mediation) *Denial { return k.wellFormed(s) }},
	{2, "step2.after", (*Kernel).route},
	{3, "step3.after", func(k *Kernel, _ context.Context, s *mediation) *Denial { return k.verifyChain(s) }},
	{4, "step4.after", func(k *Kernel, _ context.Context, s *mediation) *Denial { return k.checkRevocation(s) }},
	{5, "step5.after", func(k *Kernel, _ context.Context, s *mediation) *Denial { return k.verifyHolder(s) }},
	{6, "step6.after", func(k *Kernel, _ context.Context, s *mediation) *Denial { return k.matchScope(s) }},
	{7, "step7.after", func(k *Kernel, _ context.Context, s *mediation) *Denial { return k.ready(s) }},
	{8, "step8.after", func(k *Kernel, _ context.Context, s *mediation) *Denial { return k.runGuards(s) }},
	{9, "step9.after", func(k *Kernel, _ context.Context, s *mediation) *Denial { return k.govern(s) }},
}

func (k *Kernel) failpoint(name string) {
	if k.cfg.Failpoint != nil {
		k.cfg.Failpoint(name)
	}
}

// afterPanic turns a panic into a signed outcome. A second panic, in the
// recording itself, leaves an unlogged deny.
func (k *Kernel) afterPanic(ctx context.Context, s *mediation) (out Outcome) {
	d := &Denial{Step: s.step(), Code: CodeInternal, Guard: "kernel", Reason: "a step of the kernel panicked",
		Fix: "report it with the receipt id; the call did not run unless the receipt says incomplete", Side: "local"}
	defer func() {
		if p := recover(); p != nil {
			out = k.unlogged(s, ending{denial: d})
		}
	}()
	if s.admitted {
		return k.finish(ctx, s, ending{denial: d, verdict: incompleteWord, disposition: Retain})
	}
	return k.refuse(ctx, s, d)
}

// asDenial unwraps a *Denial that a collaborator returned as an error.
func asDenial(err error) (*Denial, bool) {
	var d *Denial
	ok := errors.As(err, &d)
	return d, ok && d != nil
}
