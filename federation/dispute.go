package federation

import (
	"errors"
	"fmt"

	"github.com/backbay-labs/chio-node/did"
	"github.com/backbay-labs/chio-node/kernel"
	"github.com/backbay-labs/chio-node/kernel/capability"
	"github.com/backbay-labs/chio-node/kernel/receipt"
	"github.com/backbay-labs/chio-node/wire"
)

// DisputeSchema is the schema id of a dispute file.
const DisputeSchema = "chio.federation_dispute.v1"

// ErrDispute refuses a dispute file: its documents do not belong together, or
// are not by whom they must be.
var ErrDispute = errors.New("dispute file is not valid")

// DisputeFile is everything one side holds about one call between two
// organisations. Nobody signs it: each document in it is signed by itself.
type DisputeFile struct {
	Schema        string           `json:"schema"`
	Origin        did.DID          `json:"origin"`
	Host          did.DID          `json:"host"`
	CallID        string           `json:"call_id"`
	HostReceipt   wire.Raw         `json:"host_receipt"`
	Continuation  *wire.Envelope   `json:"continuation,omitzero"`
	OriginReceipt wire.Raw         `json:"origin_receipt,omitzero"`
	Objection     *wire.Envelope   `json:"objection,omitzero"`
	Answer        *wire.Envelope   `json:"objection_answer,omitzero"`
	Joint         wire.Raw         `json:"joint_statement,omitzero"` // DSSE
	Treaty        *wire.Envelope   `json:"treaty,omitzero"`
	Attestations  []*wire.Envelope `json:"attestations,omitempty"` // in the treaty's order
	Arguments     wire.Raw         `json:"arguments,omitzero"`     // of the call, if whoever exports shows them
}

// How far the documents of a dispute bear out what is claimed.
const (
	StandingProven    = "proven"    // it follows from what the other side signed
	StandingClaimed   = "claimed"   // the objector's word; nothing in the file refutes it
	StandingRefuted   = "refuted"   // the file contradicts it
	StandingWithdrawn = "withdrawn" // the objector signed the joint statement after all
)

// DisputeReport is what a dispute file proves. Against is who is proven to have
// signed what it must not, "" if nobody is.
type DisputeReport struct {
	Origin        did.DID              `json:"origin"`
	Host          did.DID              `json:"host"`
	CallID        string               `json:"call_id"`
	HostVerdict   string               `json:"host_verdict"`
	OriginVerdict string               `json:"origin_verdict,omitempty"`
	Joint         string               `json:"joint_verdict,omitempty"` // both have signed
	BoundBy       string               `json:"bound_by,omitempty"`      // whose terms decided at the host
	Charge        *wire.MonetaryAmount `json:"charge,omitzero"`
	MaxCharge     *wire.MonetaryAmount `json:"max_charge,omitzero"`
	Objection     string               `json:"objection,omitempty"` // its reason
	Standing      string               `json:"standing,omitempty"`  // of the objection
	Answer        string               `json:"answer,omitempty"`    // the host's: waived or rejected
	Statement     string               `json:"statement,omitempty"` // of the answer
	Attested      string               `json:"attested,omitempty"`  // a denial by the treaty's terms: how far "the terms allow it" is proven
	Against       did.DID              `json:"against,omitempty"`
	Conclusion    string               `json:"conclusion"`
}

// KernelKeys returns the kernel keys of an organisation that a verifier trusts.
type KernelKeys func(did.DID) []wire.PublicKey

// VerifyDispute judges a dispute file, offline. Nothing in it is believed but
// signatures of keys that the caller names:
//
//	1 it decodes strictly, between two parties
//	2 the host's receipt is the host's, about a call of the origin
//	3 a continuation is the origin's, to the host, for that call, and the one
//	  that the receipt names
//	4 an origin's receipt is the origin's, about that call
//	5 a joint statement is what the other documents give, signed by both
//	6 a treaty is the one the receipt names, signed by both parties, with the two
//	  attestations it names or none; arguments are the call's
//	7 an objection is the origin's to the host's receipt; an answer is the host's
//	  to that objection
//
// An error means that these do not hold: then the file proves nothing. The rest
// is the report:
//
//	8 the objection is recomputed; one that its documents do not bear out is
//	  evidence against the objector. One whose documents are not all in the file
//	  stays a claim: whoever exports chooses what is in it
//	9 a denial by the treaty's terms is recomputed from the treaty, the two
//	  attestations and the arguments. Terms of one side may be newer than the
//	  treaty's, and tighter; only what the two agreed convicts
func VerifyDispute(doc []byte, keys KernelKeys) (*DisputeReport, error) {
	var f DisputeFile
	if err := wire.UnmarshalCanonical(doc, &f, wire.BundleLimits); err != nil { // 1
		return nil, fmt.Errorf("%w: %w", ErrDispute, err)
	}
	if f.Schema != DisputeSchema || f.Origin == f.Host { // 1
		return nil, fmt.Errorf("%w: schema or parties", ErrDispute)
	}
	v := disputed{file: &f, origin: keys(f.Origin), host: keys(f.Host)}
	for _, rule := range []func() error{v.hostSide, v.permission, v.originSide, v.jointly, v.agreed, v.objected} { // 2 to 7
		if err := rule(); err != nil {
			return nil, fmt.Errorf("%w: %w", ErrDispute, err)
		}
	}
	v.judgeObjection() // 8
	v.judgeDenial()    // 9
	v.conclude()
	return &v.report, nil
}

// disputed is a dispute file as far as it was verified.
type disputed struct {
	file         *DisputeFile
	origin, host []wire.PublicKey
	r            *receipt.Receipt // the host's
	md           *receipt.Metadata
	h            *hostReceipt
	c            *Continuation    // nil if there is none
	treaty       *Treaty          // the same
	terms        [2]signed        // of the treaty's parties, if they are there
	own          *receipt.Receipt // the origin's, nil if there is none
	claim        *Objection       // nil if there is none
	report       DisputeReport
}

// hostSide is rule 2.
func (v *disputed) hostSide() (err error) {
	f := v.file
	if v.r, v.md, err = openAny(f.HostReceipt, v.host); err != nil {
		return fmt.Errorf("host's receipt: %w", err)
	}
	if fed := v.md.Federation; v.r.Decision == nil || fed == nil || fed.Role != RoleHost || fed.PeerDID != f.Origin.String() || v.md.CallID != f.CallID {
		return errors.New("the host's receipt is about another call")
	}
	v.h = readHostReceipt(f.HostReceipt, v.r, v.md)
	v.report = DisputeReport{Origin: f.Origin, Host: f.Host, CallID: f.CallID, HostVerdict: v.h.verdict, Charge: v.h.charge, BoundBy: boundBy(v.md)}
	return nil
}

// boundBy is whose terms a receipt says decided, "" if none did.
func boundBy(md *receipt.Metadata) string {
	if md.Policy == nil {
		return ""
	}
	return md.Policy.BoundBy
}

// permission is rule 3.
func (v *disputed) permission() error {
	f := v.file
	if f.Continuation == nil {
		return nil
	}
	c, err := permission(f.Continuation, v.origin, f.Origin, f.Host, f.CallID, v.md)
	if err != nil {
		return err
	}
	v.c, v.report.MaxCharge = c, c.MaxCharge
	return nil
}

// permission opens a continuation that the origin alone signed, for the call
// that the host's receipt says it is for.
func permission(env *wire.Envelope, origin []wire.PublicKey, from, to did.DID, callID string, md *receipt.Metadata) (*Continuation, error) {
	var c Continuation
	if err := env.Open(ContinuationSchema, &c, nil, nil); err != nil {
		return nil, err
	}
	named := md.Federation.ContinuationSHA256
	if !signedByOne(env, origin) || c.From != from || c.To != to || c.CallID != callID || named == nil || *named != env.ID() {
		return nil, errors.New("the continuation is not the origin's for this call")
	}
	return &c, nil
}

// originSide is rule 4.
func (v *disputed) originSide() error {
	if v.file.OriginReceipt == nil {
		return nil
	}
	own, md, err := openAny(v.file.OriginReceipt, v.origin)
	if err != nil {
		return fmt.Errorf("origin's receipt: %w", err)
	}
	if v.c == nil || !originOf(own, md, v.c, v.file.Continuation.ID(), v.r.ID) {
		return errors.New("the origin's receipt is about another call")
	}
	v.own, v.report.OriginVerdict = own, own.Decision.Verdict
	return nil
}

// jointly is rule 5.
func (v *disputed) jointly() error {
	f := v.file
	if f.Joint == nil {
		return nil
	}
	if v.c == nil {
		return errors.New("a joint statement needs the continuation")
	}
	if err := VerifyJoint(f.Joint, f.OriginReceipt, f.HostReceipt, f.Continuation, v.c.SourceKernel, v.c.TargetKernel); err != nil {
		return err
	}
	v.report.Joint = jointVerdict(v.report.OriginVerdict, v.report.HostVerdict)
	return nil
}

// agreed is rule 6.
func (v *disputed) agreed() (err error) {
	f := v.file
	if f.Arguments != nil && (v.c == nil || wire.Hash(f.Arguments) != v.c.ArgsSHA256) {
		return errors.New("the arguments are not the call's")
	}
	if f.Treaty == nil {
		if len(f.Attestations) > 0 {
			return errors.New("attestations without their treaty")
		}
		return nil
	}
	if v.treaty, err = VerifyTreaty(f.Treaty, true); err != nil {
		return err
	}
	t := v.treaty
	if f.Treaty.ID() != v.md.Federation.TreatyID || t.Parties != [2]did.DID{f.Origin, f.Host} && t.Parties != [2]did.DID{f.Host, f.Origin} {
		return errors.New("the treaty is not the call's")
	}
	if len(f.Attestations) != 0 && len(f.Attestations) != len(t.Attestations) {
		return fmt.Errorf("%d attestations", len(f.Attestations))
	}
	for i, env := range f.Attestations {
		a, err := VerifyAttestation(env, t.Parties[i], t.Parties[1-i])
		if err != nil {
			return err
		}
		if env.ID() != t.Attestations[i] {
			return errors.New("an attestation is not the treaty's")
		}
		v.terms[i] = signed{a, env.ID()}
	}
	return nil
}

// objected is rule 7.
func (v *disputed) objected() error {
	env := v.file.Objection
	if env == nil {
		if v.file.Answer != nil {
			return errors.New("an answer to no objection")
		}
		return nil
	}
	var o Objection
	if err := env.Open(ObjectionSchema, &o, nil, nil); err != nil {
		return err
	}
	if !signedByOne(env, v.origin) || o.Objector != v.file.Origin || o.Host != v.file.Host {
		return errors.New("the objection is not the origin's")
	}
	if o.ReceiptSHA256.String() != v.r.ID || o.CallID != v.file.CallID || o.TreatyID != v.md.Federation.TreatyID {
		return errors.New("the objection is to another receipt")
	}
	v.claim = &o
	if v.file.Answer == nil {
		return nil
	}
	a, err := VerifyObjectionAnswer(v.file.Answer, env, &o, v.host)
	if err != nil {
		return err
	}
	v.report.Answer, v.report.Statement = a.Answer, a.Statement
	return nil
}

// judgeObjection is rule 8.
func (v *disputed) judgeObjection() {
	f, o := v.file, v.claim
	if o == nil {
		return
	}
	v.report.Objection = clip(o.Reason, 40)
	err := o.judge(Exhibit{HostReceipt: f.HostReceipt, Continuation: f.Continuation, OriginReceipt: f.OriginReceipt, OriginKeys: v.origin, HostKeys: v.host})
	switch {
	case err != nil && (!v.lacks(o) || o.checkMembers() != nil):
		v.report.Standing, v.report.Against = StandingRefuted, f.Origin
	case f.Joint != nil:
		v.report.Standing = StandingWithdrawn
	case err != nil, o.Reason == NotRequested || o.Reason == ResultMismatch:
		v.report.Standing = StandingClaimed
	default:
		v.report.Standing = StandingProven
		if o.Reason != VerdictDisagreement { // to decide otherwise is anybody's right
			v.report.Against = f.Host
		}
	}
}

// lacks reports whether a document that the objection names is not in the file.
func (v *disputed) lacks(o *Objection) bool {
	return o.ContinuationSHA256 != nil && v.c == nil || o.OwnReceiptSHA256 != nil && (v.own == nil || v.own.ID != o.OwnReceiptSHA256.String())
}

// judgeDenial is rule 9: the host denied by the treaty's terms; do they deny?
func (v *disputed) judgeDenial() {
	if v.c == nil || v.h.verdict != receipt.Deny || !byTreaty(v.report.BoundBy) {
		return
	}
	v.report.Attested = StandingClaimed
	if v.file.Arguments == nil || len(v.file.Attestations) == 0 {
		return
	}
	switch allowed, err := v.recompute(); {
	case err != nil: // in force was something else than the documents say
	case allowed:
		v.report.Attested = StandingProven
		if v.report.BoundBy == sideTreaty { // else newer terms of one side may be why
			v.report.Against = v.file.Host
		}
	default:
		v.report.Attested = StandingRefuted
	}
}

// byTreaty reports whether terms that both sides know decided: an internal
// policy is its owner's, and its denial is normal.
func byTreaty(side string) bool { return side == sideOwn || side == sidePeer || side == sideTreaty }

// recompute evaluates every conjunct of the treaty over the call, as the host
// had to.
func (v *disputed) recompute() (allowed bool, err error) {
	f, c, t := v.file, v.c, v.treaty
	host, origin, effective := v.terms[0], v.terms[1], t.Effective.BToA
	p := &TreatyPolicy{Money: t.Money, Caps: t.Effective.BToACaps}
	if t.Parties[0] == f.Origin {
		host, origin, p.Caps, effective = v.terms[1], v.terms[0], t.Effective.AToBCaps, t.Effective.AToB
	}
	if effective != c.EffectiveSHA256 || v.md.Policy.Effective == nil || *v.md.Policy.Effective != effective {
		return false, fmt.Errorf("%w: another effective policy was in force", ErrDispute)
	}
	err = conjoin(p, compiledKey{ours: host.id, theirs: origin.id, direction: Inbound}, host, origin,
		kernel.SidedGuard{Side: sideOwn, Guard: newSurfaceGuard(host.CapabilitySurface)}, nil)
	if err != nil {
		return false, err
	}
	price := c.MaxCharge
	if tool, ok := Offered(host.CapabilitySurface, c.Server, c.Tool); ok && tool.Price != nil {
		price = tool.Price // whatever the origin is ready to pay
	}
	call := &kernel.Call{Now: v.r.Timestamp, Route: kernel.Route{Server: c.Server, Price: price, PriceRound: c.PriceRound},
		Mandate: &kernel.Mandate{CallID: c.CallID, Server: c.Server, Tool: c.Tool, Operation: capability.Invoke, Arguments: f.Arguments, Edge: "federation"}}
	for _, g := range p.Guards {
		d, err := g.Guard.Evaluate(call)
		if err != nil || d.Verdict != kernel.Allow {
			return false, nil
		}
	}
	return true, nil
}

// conclude says in words what was found.
func (v *disputed) conclude() {
	r := &v.report
	switch {
	case r.Standing == StandingRefuted && r.Against == r.Origin:
		r.Conclusion = "the origin signed an objection that its documents contradict"
	case r.Standing == StandingProven && r.Against == r.Host:
		r.Conclusion = "the host signed a receipt against what it was permitted: " + r.Objection
	case v.c != nil && checkCharge(v.h, v.c.MaxCharge) != nil:
		r.Against, r.Conclusion = r.Host, "the host signed a charge above the maximum it was permitted"
	case r.Attested == StandingProven && r.Against == "":
		r.Conclusion = "the treaty's terms allow what the host denied by " + r.BoundBy + ": newer terms that are tighter would explain it, and it must show them"
	case r.Attested == StandingProven:
		r.Conclusion = "the host denied by the treaty's terms what those terms allow"
	case r.Attested == StandingRefuted:
		r.Conclusion = "the treaty's terms deny the call: both sides were bound"
	case r.Attested == StandingClaimed:
		r.Conclusion = "the host says that the treaty's terms deny; recomputing that needs treaty, attestations and arguments"
	case r.Standing == StandingClaimed && v.lacks(v.claim):
		r.Conclusion = "the file does not hold what the objection names: ask its objector for it"
	case r.Standing == StandingClaimed:
		r.Conclusion = "the origin's word stands against the host's: the host has not shown the contrary"
	case r.Standing == StandingWithdrawn:
		r.Conclusion = "the origin objected, and signed for the call afterwards"
	case r.Joint != "":
		r.Conclusion = "both have signed for the call, jointly " + r.Joint
	case v.c == nil:
		r.Conclusion = "the host's receipt names no continuation that is shown: it makes nobody owe anything"
	case r.Charge != nil && r.HostVerdict == receipt.Allow: // within the maximum: above
		r.Conclusion = "the origin permitted the call and the host ran it within the maximum: it is owed, cosigned or not"
	default:
		r.Conclusion = "nothing is owed, and nobody is proven wrong"
	}
	if r.Answer == AnswerWaived {
		r.Conclusion += "; the host has given the charge up, nothing is owed"
	}
}
