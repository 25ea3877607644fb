package federation

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"
	"testing"

	"github.com/backbay-labs/chio-node/did"
	"github.com/backbay-labs/chio-node/kernel"
	"github.com/backbay-labs/chio-node/kernel/authority"
	"github.com/backbay-labs/chio-node/kernel/capability"
	"github.com/backbay-labs/chio-node/kernel/policy"
	"github.com/backbay-labs/chio-node/kernel/receipt"
	"github.com/backbay-labs/chio-node/kernel/receipt/log"
	"github.com/backbay-labs/chio-node/store"
	"github.com/backbay-labs/chio-node/wire"
)

// lawful is what must be true of a call that reached b's tool, found out again
// from what came over the wire:
//
//	I9 once, for this call, from a's kernel to b's, not too late, the very
//	   arguments, by the agent that the capability names, nothing expired or
//	   revoked, paid for
//	I4 each capability within the one before, the first one b's own; the tool
//	   and its arguments within the terms of both
func (w *framesWorld) lawful(m *kernel.Mandate) error {
	var q invokeRequest
	if err := wire.UnmarshalCanonical(w.frame, &q, frameLimits); err != nil {
		return fmt.Errorf("I9: a tool ran for %w", err)
	}
	var c Continuation
	if err := q.Continuation.Open(ContinuationSchema, &c, []wire.PublicKey{w.a.kernel.Public()}, nil); err != nil || len(q.Continuation.Signatures) != 1 {
		return fmt.Errorf("I9: the continuation is not a's: %w", err)
	}
	switch {
	case m.Origin == nil || m.Origin.PeerDID != w.a.did().String() || c.From != w.a.did() || c.To != w.b.did() || c.TargetKernel != w.b.kernel.Public():
		return errors.New("I9: from or for another organisation")
	case w.before[prefixIn+w.a.did().String()+"/"+c.CallID] != "" || slices.Contains(w.ran[:len(w.ran)-1], c.CallID):
		return errors.New("I9: the call ran before")
	case c.IssuedAt > startTime+30 || c.ExpiresAt <= startTime || c.ExpiresAt > c.IssuedAt+300:
		return errors.New("I9: the continuation is not for now")
	case c.CallID != m.CallID || c.Tool != m.Tool || c.Server != m.Server || c.ArgsSHA256 != wire.Hash(m.Arguments) || len(q.Chain) == 0:
		return errors.New("I9: another call than the one that was signed for")
	case m.Tool == "read_file" && (c.MaxCharge == nil || c.MaxCharge.Units < 3 || c.MaxCharge.Currency != "USD"):
		return errors.New("I4: for less than its price")
	}
	if err := w.lawfulChain(&c, &q); err != nil {
		return err
	}
	return lawfulArguments(m)
}

func (w *framesWorld) lawfulChain(c *Continuation, q *invokeRequest) error {
	leaf := leafOf(q.Chain)
	issuer := w.b.kernel.Public()
	for i := range q.Chain {
		tok := &q.Chain[i]
		switch err := tok.VerifySignature(); {
		case err != nil || tok.Issuer != issuer:
			return fmt.Errorf("I9: token %d is not by whom the one before names: %w", i, err)
		case tok.IssuedAt > startTime || tok.ExpiresAt <= startTime:
			return fmt.Errorf("I9: token %d is not for now", i)
		case tok.ID == w.revoked:
			return errors.New("I9: under a capability that was revoked")
		}
		for _, g := range tok.Scope.Grants {
			if i > 0 && !slices.ContainsFunc(q.Chain[i-1].Scope.Grants, func(p capability.ToolGrant) bool { return grantWithin(&g, &p) }) {
				return fmt.Errorf("I4: token %d has %+v, which the one before has not", i, g)
			}
		}
		issuer = tok.Subject
	}
	var p capability.HolderProof
	if err := q.Proof.Open(capability.ProofSchema, &p, []wire.PublicKey{leaf.Subject}, nil); err != nil {
		return fmt.Errorf("I9: the agent has not signed: %w", err)
	}
	switch {
	case p.Audience != w.b.kernel.Public() || p.CallID != c.CallID || p.ArgsSHA256 != c.ArgsSHA256 || p.Tool != c.Tool || p.CapabilityID != leaf.ID:
		return errors.New("I9: the agent signed for something else")
	case p.IssuedAt > startTime+30 || p.IssuedAt <= startTime-300:
		return errors.New("I9: the agent signed at another time")
	case !slices.ContainsFunc(leaf.Scope.Grants, func(g capability.ToolGrant) bool {
		return (g.ServerID == c.Server || g.ServerID == "*") && (g.ToolName == c.Tool || g.ToolName == "*") && slices.Contains(g.Operations, capability.Invoke)
	}):
		return errors.New("I4: the agent's capability has no such tool")
	}
	return nil
}

// grantWithin is "never wider", as far as a tool's name and price go.
func grantWithin(g, parent *capability.ToolGrant) bool {
	names := (parent.ServerID == "*" || parent.ServerID == g.ServerID) && (parent.ToolName == "*" || parent.ToolName == g.ToolName)
	for _, o := range g.Operations {
		names = names && slices.Contains(parent.Operations, o)
	}
	if p := parent.MaxCostPerInvocation; p != nil {
		names = names && g.MaxCostPerInvocation != nil && g.MaxCostPerInvocation.Currency == p.Currency && g.MaxCostPerInvocation.Units <= p.Units
	}
	return names
}

// lawfulArguments is what callTerms say on both sides, in other words.
func lawfulArguments(m *kernel.Mandate) error {
	if m.Server != "files" || m.Tool == "delete_file" {
		return fmt.Errorf("I4: %s of %s ran", m.Tool, m.Server)
	}
	var args struct {
		Path string `json:"path"`
	}
	if m.Tool != "read_file" || json.Unmarshal(m.Arguments, &args) != nil {
		return nil
	}
	clean := path.Clean("/" + args.Path)
	if path.Base(clean) == ".env" || strings.Contains(clean, "/secrets/") {
		return fmt.Errorf("I4: %q was read", args.Path)
	}
	return nil
}

// check is what holds after any frame.
func (w *framesWorld) check(t testing.TB) {
	t.Helper()
	frame := w.frame
	w.frame = nil
	if w.broken != "" {
		t.Fatalf("%s\n%s", w.broken, frame)
	}
	if len(w.ran) > 1 {
		t.Fatalf("I9: tools ran %d times\n%s", len(w.ran), frame)
	}
	if !w.applied.Load() {
		return
	}
	for name, check := range map[string]func(store.Reader) error{
		"rows": w.checkRows, "log": w.checkLog, "peer": w.checkPeer, "grant": w.checkGrant, "statements": w.checkJointRows,
	} {
		if err := w.b.db.View(check); err != nil {
			t.Fatalf("%s: %v\n%s", name, err, frame)
		}
	}
	if err := w.checkEnforced(); err != nil {
		t.Fatalf("%v\n%s", err, frame)
	}
}

// checkRows: nothing about the third organisation changes by what a says (I9);
// what is filed under its hash is that, well formed, and the same as before;
// a treaty that b signed is what anybody computes (I10).
func (w *framesWorld) checkRows(r store.Reader) error {
	third := w.c.did().String()
	seen := 0
	err := r.Scan("f/", "", func(key string, value []byte) error {
		old, had := w.before[key]
		if strings.Contains(key, third) {
			if seen++; !had || old != string(value) {
				return fmt.Errorf("I9: row %s of a bystander changed", key)
			}
		}
		if had && old == string(value) {
			return nil
		}
		switch {
		case strings.HasPrefix(key, prefixTreaty):
			return w.checkTreaty(r, strings.TrimPrefix(key, prefixTreaty), value)
		case strings.HasPrefix(key, prefixAttestation):
			return w.checkAttestation(strings.TrimPrefix(key, prefixAttestation), value)
		case strings.HasPrefix(key, prefixResolution):
			return w.checkResolution(strings.TrimPrefix(key, prefixResolution), value)
		}
		return nil
	})
	for key := range w.before {
		if strings.HasPrefix(key, "f/") && strings.Contains(key, third) {
			seen--
		}
	}
	if err == nil && seen != 0 {
		err = errors.New("I9: rows of a bystander went")
	}
	return err
}

func envelopeUnder(id string, row []byte) (*wire.Envelope, error) {
	var env wire.Envelope
	if err := wire.UnmarshalCanonical(row, &env, wire.DocumentLimits); err != nil {
		return nil, err
	}
	if env.ID().String() != id {
		return nil, fmt.Errorf("I10: row %s holds %s", id, env.ID())
	}
	return &env, nil
}

// checkTreaty: signed by b or not, it is a function of the two attestations,
// whichever side computes it (I10), and no wider than either (I4).
func (w *framesWorld) checkTreaty(r store.Reader, id string, row []byte) error {
	env, err := envelopeUnder(id, row)
	if err != nil {
		return err
	}
	t, err := VerifyTreaty(env, false)
	if err != nil {
		return err
	}
	var parts [2]signed
	for i := range parts {
		env, err := readEnvelope(r, prefixAttestation, t.Attestations[i])
		if err != nil {
			return fmt.Errorf("I10: a treaty is stored whose attestation is not: %w", err)
		}
		a, err := VerifyAttestation(env, t.Parties[i], t.Parties[1-i])
		if err != nil {
			return err
		}
		parts[i] = signed{a, env.ID()}
	}
	var after *Treaty
	if t.Previous != nil {
		env, err := readEnvelope(r, prefixTreaty, *t.Previous)
		if err != nil {
			return err
		}
		if after, err = VerifyTreaty(env, false); err != nil {
			return err
		}
	}
	for _, order := range [2][2]signed{parts, {parts[1], parts[0]}} {
		again, err := compute(order[0], order[1], after)
		if err != nil {
			return err
		}
		if d, err := wire.DigestOf(again); err != nil || d != env.ID() {
			return fmt.Errorf("I10: stored %s, one side computes %s %w", env.ID(), d, err)
		}
	}
	return errors.Join(narrower(t.Effective.AToB, t.Effective.AToBCaps, parts[0], parts[1]), narrower(t.Effective.BToA, t.Effective.BToACaps, parts[1], parts[0]))
}

// narrower: a direction's caps are none of them above what either side states,
// and its digest is that of the document which docs/federation.md prints.
func narrower(digest wire.Digest, caps policy.Caps, from, to signed) error {
	for _, side := range []policy.Caps{from.Egress.Caps, to.Ingress.Caps} {
		for _, c := range [][2]*int64{{caps.MaxArgsSize, side.MaxArgsSize}, {caps.MaxCallsPerTreaty, side.MaxCallsPerTreaty}, {caps.MaxHops, side.MaxHops}} {
			if c[1] != nil && (c[0] == nil || *c[0] > *c[1]) {
				return fmt.Errorf("I4: a cap of %d became wider", *c[1])
			}
		}
		if p := side.MaxChargePerCall; p != nil && caps.MaxChargePerCall != nil && caps.MaxChargePerCall.Currency == p.Currency && caps.MaxChargePerCall.Units > p.Units {
			return fmt.Errorf("I4: a charge of at most %d became %d", p.Units, caps.MaxChargePerCall.Units)
		}
	}
	doc, err := wire.Marshal(map[string]any{"from": from.Issuer.String(), "to": to.Issuer.String(), "egress": from.Egress, "ingress": to.Ingress, "caps": caps})
	if err != nil || wire.Hash(doc) != digest {
		return fmt.Errorf("I10: the effective policy is %s, signed %s %w", wire.Hash(doc), digest, err)
	}
	return nil
}

// checkAttestation: it is of one of the two for the other, and b's own says
// what b's terms say.
func (w *framesWorld) checkAttestation(id string, row []byte) error {
	env, err := envelopeUnder(id, row)
	if err != nil {
		return err
	}
	if _, err := VerifyAttestation(env, w.a.did(), w.b.did()); err == nil {
		return nil
	}
	a, err := VerifyAttestation(env, w.b.did(), w.a.did())
	if err != nil {
		return fmt.Errorf("I9: an attestation of neither for the other is stored: %w", err)
	}
	own := w.b.terms.fill(w.b.self)
	want, got := wire.MustMarshal([]any{own.Ingress, own.Egress, own.CapabilitySurface}), wire.MustMarshal([]any{a.Ingress, a.Egress, a.CapabilitySurface})
	if !bytes.Equal(want, got) {
		return fmt.Errorf("I4: b attested what its operator never wrote: %s", got)
	}
	return nil
}

func (w *framesWorld) checkResolution(id string, row []byte) error {
	env, err := envelopeUnder(id, row)
	if err != nil {
		return err
	}
	if _, err := VerifyResolution(env, w.a.did(), w.b.did(), false); err != nil || signedWith(env, w.b.did().Key().String()) {
		return fmt.Errorf("I9: a resolution that b's operator signed, or between others: %w", err)
	}
	return nil
}

// checkLog: the log is whole, what was in it is in it, and it says allow of the
// calls that ran, and of no others.
func (w *framesWorld) checkLog(r store.Reader) error {
	if _, err := log.Verify(r); err != nil {
		return err
	}
	for key, old := range w.before {
		if strings.HasPrefix(key, "r/l/") {
			if now, err := r.Get(key); err != nil || string(now) != old {
				return fmt.Errorf("I10: leaf %s changed: %w", key, err)
			}
		}
	}
	allowed := []string{}
	index := uint64(0)
	err := log.Scan(r, 0, func(_ uint64, leaf []byte) error {
		rec, md, err := openReceipt(append(wire.Raw(nil), leaf...), w.b.kernel.Public())
		if err != nil {
			return err
		}
		if index++; index > w.logged && rec.Decision.Verdict != receipt.Deny {
			allowed = append(allowed, md.CallID)
		}
		return nil
	})
	if err == nil && !slices.Equal(allowed, append([]string{}, w.ran...)) {
		err = fmt.Errorf("I9: ran %q, and the log says %q", w.ran, allowed)
	}
	return err
}

// checkPeer: what b knows of a is what a proved, and no older than before.
func (w *framesWorld) checkPeer(r store.Reader) error {
	rec, err := readRecord(r, w.a.did())
	if err != nil {
		return err
	}
	var old Record
	if err := wire.UnmarshalCanonical([]byte(w.before[prefixPeer+w.a.did().String()]), &old, wire.DocumentLimits); err != nil {
		return err
	}
	if rec.PeerID != w.a.host.ID() || rec.TransportSeq < old.TransportSeq || rec.KernelSeq < old.KernelSeq || rec.HeededAt < old.HeededAt {
		return fmt.Errorf("I9: the peer's record went back: %+v", rec)
	}
	for role, env := range map[did.Role]*wire.Envelope{did.RoleTransport: rec.Transport, did.RoleKernel: rec.KernelBound} {
		b, err := did.VerifyBinding(env, w.a.did(), role, startTime, nil)
		if err != nil {
			return fmt.Errorf("I9: binding of the peer's %s key: %w", role, err)
		}
		if role == did.RoleKernel && b.Key != rec.Kernel.String() {
			return fmt.Errorf("I9: kernel key %s, bound %s", rec.Kernel, b.Key)
		}
	}
	if !slices.Contains([]State{Active, Frozen, Terminated, Deactivated}, rec.State) {
		return fmt.Errorf("I9: the peer is %s", rec.State)
	}
	if rec.Treaty != nil && *rec.Treaty != *old.Treaty && (rec.Passport == nil || rec.Passport.Refused != "" || rec.Passport.Until <= startTime) {
		return fmt.Errorf("I9: a treaty was signed with a peer whose passport is %+v", rec.Passport)
	}
	if rec.Treaty != nil {
		env, err := readEnvelope(r, prefixTreaty, *rec.Treaty)
		if err != nil {
			return err
		}
		if _, err := VerifyTreaty(env, true); err != nil {
			return fmt.Errorf("I9: in force: %w", err)
		}
	}
	return nil
}

// checkGrant: what b gave a is what b offers, for no longer than the treaty.
func (w *framesWorld) checkGrant(r store.Reader) error {
	var row granted
	if found, err := load(r, prefixGrant+w.a.did().String(), &row); err != nil || !found {
		return err
	}
	c, err := authority.Get(r, row.CapabilityID)
	if err != nil {
		return err
	}
	env, err := readEnvelope(r, prefixTreaty, row.TreatyID)
	if err != nil {
		return err
	}
	t, err := VerifyTreaty(env, true)
	if err != nil {
		return fmt.Errorf("I4: a grant without a treaty: %w", err)
	}
	tok := c.Leaf()
	if tok.ExpiresAt > t.Window.Expires || tok.Subject != w.a.kernel.Public() || tok.Issuer != w.b.kernel.Public() {
		return fmt.Errorf("I4: b gave %+v under %+v", tok, t.Window)
	}
	offers := w.b.terms.fill(w.b.self).CapabilitySurface
	for _, g := range tok.Scope.Grants {
		if !slices.ContainsFunc(offers, func(e SurfaceTool) bool {
			limit := e.Price == nil || g.MaxCostPerInvocation != nil && g.MaxCostPerInvocation.Units <= e.Price.Units
			return e.Server == g.ServerID && e.Tool == g.ToolName && limit
		}) {
			return fmt.Errorf("I4: b gave %+v and offers no such thing", g)
		}
	}
	return nil
}

// checkJointRows: what b signed about a call is what anybody computes from the
// documents, and stays what it is (I10); an objection is a's (I9).
func (w *framesWorld) checkJointRows(r store.Reader) error {
	err := r.Scan(prefixJoint, "", func(key string, value []byte) error {
		var j, old Joint
		if err := wire.UnmarshalCanonical(value, &j, rowLimits); err != nil {
			return err
		}
		if row, had := w.before[key]; had {
			if err := wire.UnmarshalCanonical([]byte(row), &old, rowLimits); err != nil {
				return err
			}
			if len(old.Cosign) > 0 && !bytes.Equal(old.Cosign, j.Cosign) || old.Accrued && !j.Accrued && j.Disputed == "" {
				return fmt.Errorf("I10: what both signed changed: %s", value)
			}
		}
		if j.Role != RoleHost || j.Peer != w.a.did() {
			return nil
		}
		var row arrived
		if found, err := load(r, inKey(callKey{j.Peer, j.CallID}), &row); err != nil || !found {
			return fmt.Errorf("I9: a pair without a call: %w", err)
		}
		if len(j.Cosign) == 0 {
			return nil
		}
		own, err := w.b.exchange.receiptByID(r, j.ReceiptID)
		if err != nil {
			return err
		}
		if err := VerifyJoint(j.Cosign, j.PeerReceipt, own, row.Continuation, w.a.kernel.Public(), w.b.kernel.Public()); err != nil {
			return fmt.Errorf("I10: b signed %s: %w", j.Cosign, err)
		}
		return nil
	})
	if err != nil {
		return err
	}
	return r.Scan(prefixObjection, "", func(key string, value []byte) error {
		var c Contested
		if err := wire.UnmarshalCanonical(value, &c, rowLimits); err != nil {
			return err
		}
		if err := c.Objection.Open(ObjectionSchema, new(Objection), []wire.PublicKey{w.a.kernel.Public()}, nil); err != nil {
			return fmt.Errorf("I9: row %s: %w", key, err)
		}
		return nil
	})
}

// probes are calls that b's terms exclude.
var probes = []struct{ server, tool, args string }{
	{"files", "delete_file", `{}`},
	{"files", "read_file", `{"path":"a/.env"}`},
	{"mail", "send", `{}`},
}

// checkEnforced: whatever is in force now, b lets nothing in that its own terms
// exclude. What the peer's own terms let out is the peer's to say.
func (w *framesWorld) checkEnforced() error {
	p, err := w.b.service.TreatyFor(w.a.did(), Inbound)
	if err != nil {
		return nil // nothing passes
	}
	for _, c := range probes {
		allowed := true
		for _, g := range p.Guards {
			d, err := g.Evaluate(&kernel.Call{Mandate: &kernel.Mandate{Server: c.server, Tool: c.tool, Operation: capability.Invoke, Arguments: wire.Raw(c.args),
				Origin: &kernel.Origin{PeerDID: w.a.did().String()}}, Now: startTime})
			allowed = allowed && err == nil && d.Verdict == kernel.Allow
		}
		if allowed {
			return fmt.Errorf("I4: %s %s of %s is let in", c.tool, c.args, c.server)
		}
	}
	return nil
}
