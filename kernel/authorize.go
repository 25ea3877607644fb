package kernel

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/backbay-labs/chio-node/kernel/capability"
	"github.com/backbay-labs/chio-node/wire"
)

// stopped is step 1.
func (k *Kernel) stopped(s *mediation) *Denial {
	if k.cfg.Switches == nil {
		return nil
	}
	return k.cfg.Switches.Stopped(s.m)
}

// wellFormed is step 2: every field within its limit, the arguments one JSON
// object with one canonical form, which is what is hashed and forwarded.
func (k *Kernel) wellFormed(s *mediation) *Denial {
	m := s.m
	if err := wire.CheckUUIDv7(m.CallID); err != nil {
		return malformed("call id: %v", err)
	}
	if !validName(m.Server) || !validName(m.Tool) {
		return malformed("server and tool must be 1 to %d bytes of printable text", MaxNameBytes)
	}
	if what := m.overlong(); what != "" {
		return malformed("%s must be at most %d bytes of printable text", what, MaxNameBytes)
	}
	if len(m.Chain) > MaxChainDepth+1 {
		return malformed("%d tokens presented, the limit is a root and %d delegations", len(m.Chain), MaxChainDepth)
	}
	args, err := wire.Canonicalize(m.Arguments, wire.ForeignLimits)
	switch {
	case errors.Is(err, wire.ErrTooLarge) || errors.Is(err, wire.ErrTooDeep):
		return &Denial{Code: CodeTooLarge, Guard: "kernel", Reason: "arguments: " + err.Error(),
			Fix: "send fewer or flatter arguments"}
	case err != nil:
		return malformed("arguments: %v", err)
	case len(args) == 0 || args[0] != '{':
		return malformed("arguments must be one JSON object")
	}
	s.args, s.argsHash = args, wire.Hash(args)
	m.Arguments = args
	return s.readIntent()
}

func malformed(format string, args ...any) *Denial {
	return &Denial{Code: CodeMalformed, Guard: "kernel", Reason: fmt.Sprintf(format, args...),
		Fix: "correct the request and send it again with a new call id"}
}

func validName(s string) bool { return s != "" && validText(s) }

func validText(s string) bool {
	return len(s) <= MaxNameBytes && utf8.ValidString(s) && !strings.ContainsFunc(s, unicode.IsControl)
}

// overlong names the first member that is no short text, or "". All of them
// enter the journaled intent, which must be readable after a crash.
func (m *Mandate) overlong() string {
	switch {
	case !validText(string(m.Operation)):
		return "operation"
	case !validText(m.Edge):
		return "edge"
	case !validText(m.Session):
		return "session"
	case !validText(m.Holder.Kind) || !validText(m.Holder.OnBehalfOf):
		return "holder"
	case m.Passport != nil && (!validText(m.Passport.Issuer) || !validText(m.Passport.ID)):
		return "passport"
	case m.Origin != nil && !validText(m.Origin.PeerDID):
		return "peer"
	}
	return ""
}

// route ends step 2: the call must lead to a tool somebody serves.
func (k *Kernel) route(ctx context.Context, s *mediation) *Denial {
	r, err := k.cfg.Dispatcher.Route(ctx, s.m)
	if err != nil {
		if d, ok := asDenial(err); ok {
			return d
		}
		return &Denial{Code: CodeUnknownTool, Guard: "kernel", Reason: err.Error(),
			Fix: "list the server's tools and use one of them"}
	}
	if bad := k.unsoundRoute(&r); bad != "" {
		return &Denial{Code: CodeInternal, Guard: "kernel", Reason: bad, Fix: "report this with the receipt id"}
	}
	s.route = r
	return nil
}

// unsoundRoute says what of a route contradicts itself, or "".
func (k *Kernel) unsoundRoute(r *Route) string {
	switch {
	case r.PeerDID == "" && r.Audience != k.self:
		return "route names another kernel but no peer"
	case r.PeerDID != "" && (r.Audience != r.PeerKernel || r.Audience == k.self):
		return "route names a peer but not that peer's kernel"
	case !validName(r.Server) || !validText(r.PeerDID):
		return "route has no usable server name"
	case r.Price != nil && (r.Price.Units > wire.MaxUnits || len(r.Price.Currency) > maxCurrencyBytes || !validName(r.Price.Currency)):
		return "the tool's price is no amount of money"
	}
	return ""
}

// maxCurrencyBytes bounds the currency code of a price.
const maxCurrencyBytes = 12

// verifyChain is step 3. Who may be the root depends on who executes:
//
//	here, called here:       root issued by this kernel
//	here, called by a peer:  root issued by this kernel, leaf by that peer's kernel
//	at a peer:               root issued by that peer's kernel, leaf by this kernel
func (k *Kernel) verifyChain(s *mediation) *Denial {
	chain := s.m.Chain
	if len(chain) == 0 {
		return &Denial{Code: CodeNoCapability, Guard: "capability", Reason: "no capability was presented",
			Fix: "ask the capability authority for one: chio-node capability issue"}
	}
	root := k.self
	if s.route.PeerDID != "" {
		root = s.route.PeerKernel
	}
	if err := k.cache.verify(chain, root, s.now); err != nil {
		return capabilityDenial(err)
	}
	leaf := &chain[len(chain)-1]
	switch {
	case s.m.Origin != nil && s.route.PeerDID != "":
		return &Denial{Code: CodeContinuation, Guard: "capability", Reason: "a peer's call may not be forwarded to another peer",
			Fix: "call that organisation directly"}
	case s.m.Origin != nil && leaf.Issuer != s.m.Origin.PeerKernel:
		return &Denial{Code: CodeCapIssuer, Guard: "capability",
			Reason: "the leaf token was not issued by the kernel that sent the call",
			Fix:    "attenuate the treaty capability with the calling organisation's kernel key"}
	case s.route.PeerDID != "" && leaf.Issuer != k.self:
		return &Denial{Code: CodeCapIssuer, Guard: "capability",
			Reason: "the leaf token of a call to a peer must be issued by this kernel",
			Fix:    "ask this node for a capability on the peer's tools"}
	}
	s.verified, s.leaf = true, leaf
	return nil
}

// capabilityDenial maps kernel/capability's typed errors to denials.
func capabilityDenial(err error) *Denial {
	d := &Denial{Code: CodeCapInvalid, Guard: "capability", Reason: err.Error(),
		Fix: "ask the capability authority for a new token"}
	var ce *capability.Error
	if errors.As(err, &ce) {
		d.Code, d.Reason = Code(ce.Code), ce.Detail
	}
	return d
}

// checkRevocation is step 4.
func (k *Kernel) checkRevocation(s *mediation) *Denial {
	return k.cfg.Revocations.Check(s.m.Chain, s.m.Passport, s.leaf.Subject, s.m.Origin, s.now)
}

// verifyHolder is step 5: the subject of the leaf token signed for exactly
// this call of exactly the kernel that executes it.
func (k *Kernel) verifyHolder(s *mediation) *Denial {
	if s.m.Proof == nil && s.m.Made == nil {
		return &Denial{Code: CodeProofMissing, Guard: "holder_proof", Reason: "no holder proof was presented",
			Fix: "sign the call with the agent's key, or call through an edge that holds it"}
	}
	intent := s.intentHash
	if o := s.m.Origin; o != nil && intent == nil {
		intent = o.IntentSHA256 // the peer's kernel judged it, and signed that it was this one
	}
	want := capability.ProofExpectation{
		CallID: s.m.CallID, Audience: s.route.Audience, Server: s.route.Server, Tool: s.m.Tool, ArgsSHA256: s.argsHash,
		CapabilityID: s.leaf.ID, IntentSHA256: intent, Session: s.m.Session, OnBehalfOf: s.m.Holder.OnBehalfOf, Human: s.m.Holder.Human,
		AgentKey: s.leaf.Subject, Now: s.now,
	}
	var proof *capability.HolderProof
	var err error
	if s.m.Made != nil {
		proof, err = s.m.Made.Check(want)
	} else {
		proof, err = capability.VerifyProof(s.m.Proof, want)
	}
	if err != nil {
		d := capabilityDenial(err)
		d.Guard, d.Fix = "holder_proof", "sign this call again with the key the capability names"
		return d
	}
	s.nonce = &Nonce{AgentKey: proof.AgentKey, Value: proof.Nonce,
		ExpiresAt: proof.IssuedAt + capability.ProofTTLSeconds + capability.ProofSkewSeconds}
	return k.replayed(s)
}

// replayed ends step 5: a nonce on record was used, or refused, before.
func (k *Kernel) replayed(s *mediation) *Denial {
	if k.cfg.Replays == nil {
		return nil
	}
	seen, err := safely(func() (bool, error) { return k.cfg.Replays(*s.nonce) })
	if err != nil {
		return &Denial{Code: CodeNotReady, Guard: "holder_proof", Reason: "the nonces could not be read: " + err.Error(), Fix: "see chio-node doctor"}
	}
	if seen {
		return &Denial{Code: CodeProofReplayed, Guard: "holder_proof", Reason: "this holder proof was already used", Fix: "sign the call again with a fresh nonce"}
	}
	return nil
}

// matchScope is step 6.
func (k *Kernel) matchScope(s *mediation) *Denial {
	matches, err := capability.Match(s.leaf.Scope, k.facts(s))
	if err != nil {
		d := capabilityDenial(err)
		d.Guard = "scope"
		d.Fix = "ask for a capability that grants this tool, or stay within its constraints"
		return d
	}
	s.scope = matches
	s.call = &Call{Mandate: s.m, Route: s.route, Grant: matches[0].Grant, Now: s.now}
	if k.cfg.Sessions != nil && s.m.Session != "" {
		view, err := safely(func() (SessionView, error) { return k.cfg.Sessions.View(s.sessionKey()), nil })
		if err != nil {
			return &Denial{Code: CodeInternal, Guard: "journal", Reason: "the session's journal failed: " + err.Error(), Fix: "see chio-node doctor"}
		}
		s.session, s.call.Session = &view, &view
	}
	return nil
}

// sessionKey keeps one agent out of another's sessions, whatever name it gives.
func (s *mediation) sessionKey() string { return s.leaf.Subject.String() + "/" + s.m.Session }

func (k *Kernel) facts(s *mediation) capability.CallFacts {
	f := capability.CallFacts{Server: s.route.Server, Tool: s.m.Tool, Operation: s.m.Operation,
		Arguments: s.args, ArgsBytes: len(s.args), Resolve: s.route.Resolve,
		FulfilsDemands: true}
	if s.route.Shape != nil {
		f.PathPointers, f.Action = s.route.Shape.Paths, s.route.Shape.Action
	}
	return f
}

// ready is step 7: a receipt must be recordable and the price must be one the
// matched grant can carry, before any guard spends effort on the call.
func (k *Kernel) ready(s *mediation) *Denial {
	if err := k.cfg.Admission.Ready(); err != nil {
		return &Denial{Code: CodeNotReady, Guard: "admission", Reason: err.Error(),
			Fix: "see chio-node doctor; the node accepts nothing until its log is writable"}
	}
	var d *Denial
	s.matches, d = k.affordable(s.scope, &s.route, s.now)
	return d
}
