package kernel

import (
	"context"

	"github.com/backbay-labs/chio-node/kernel/receipt"
	"github.com/backbay-labs/chio-node/wire"
)

// nullHash is the content hash of nothing: SHA-256 of JCS null.
var nullHash = wire.Hash([]byte("null")).String()

// refuse ends a call that was never admitted: sign, then one transaction of
// receipt and nonce. If it cannot be recorded, the deny is marked unlogged.
func (k *Kernel) refuse(ctx context.Context, s *mediation, d *Denial) Outcome {
	d = d.recordable()
	e := ending{verdict: receipt.Deny, denial: d}
	if s.awaiting != nil {
		e.verdict = receipt.PendingApproval
	}
	r, raw, err := k.sign(s, e, false)
	if err == nil {
		err = k.cfg.Admission.Refuse(ctx, &Refusal{Call: s.partialCall(), Nonce: s.nonce, Pending: s.awaiting, Receipt: r, ReceiptJSON: raw})
	}
	if refused, ok := asDenial(err); ok && s.awaiting != nil { // there was room for the request when it was decided
		s.awaiting = nil
		return k.refuse(ctx, s, refused.at(9))
	}
	if err != nil {
		return k.unlogged(s, e)
	}
	k.recordSession(s, r, e.verdict, d, nil)
	out := Outcome{Verdict: Deny, Denial: d, Receipt: r, Ended: e.verdict}
	if s.awaiting != nil {
		out.Verdict, out.Pending = PendingApproval, s.awaiting
	}
	return out
}

// recordSession tells the journal of a call whose receipt is durable. Only
// whoever proved to be the agent writes into its session, and a proof that was
// used before proves nothing; a journal that fails loses an entry, never the
// decision.
func (k *Kernel) recordSession(s *mediation, r *receipt.Receipt, ended string, d *Denial, content wire.Raw) {
	if s.session == nil || s.nonce == nil || d != nil && d.Code == CodeProofReplayed {
		return
	}
	e := SessionEntry{At: r.Timestamp, CallID: s.m.CallID, Server: s.m.Server, Tool: s.m.Tool, Operation: s.m.Operation, ArgsSHA256: s.argsHash,
		Ended: ended, ReceiptID: r.ID, BytesIn: uint64(len(s.args)), BytesOut: uint64(len(content))}
	if d != nil {
		e.Code = d.Code
	}
	_, _ = safely(func() (struct{}, error) { k.cfg.Sessions.Record(s.sessionKey(), e); return struct{}{}, nil })
}

// finish is steps 13 to 15 of an admitted call.
func (k *Kernel) finish(ctx context.Context, s *mediation, e ending) Outcome {
	if e.denial != nil {
		e.denial = e.denial.recordable()
	}
	r, raw, err := k.sign(s, e, false)
	if err != nil && e.verdict == receipt.Allow {
		// Nobody may be told a result without its receipt, but the tool ran.
		e = ending{verdict: receipt.Incomplete, disposition: Retain, denial: &Denial{Step: 13, Code: CodeInternal, Guard: "kernel",
			Side: "local", Reason: "the receipt of the result could not be made", Fix: "the tool ran; its result is withheld and the hold stays spent"}}
		r, raw, err = k.sign(s, e, false)
	}
	if err != nil { // the intent stays open, and the admission learns that a receipt is owed
		_ = k.cfg.Admission.Close(context.WithoutCancel(ctx), &Closing{Call: s.call, Ticket: s.ticket, Disposition: Retain})
		return k.unlogged(s, e)
	}
	k.failpoint("close.before")
	err = k.cfg.Admission.Close(context.WithoutCancel(ctx), &Closing{Call: s.call, Ticket: s.ticket, Disposition: e.disposition,
		Cost: e.cost, HeldCosts: s.heldCosts(e.cost),
		CostIn:  func(currency string) (*wire.MonetaryAmount, error) { return k.costIn(s, e.cost, currency) },
		Receipt: r, ReceiptJSON: raw, Result: s.result, Content: e.content})
	if err != nil {
		return k.unlogged(s, e) // the intent stays open and is closed as incomplete at the next start
	}
	k.failpoint("close.after")
	k.recordSession(s, r, e.verdict, e.denial, e.content)
	out := Outcome{Verdict: Deny, Denial: e.denial, Receipt: r, Ended: e.verdict}
	if s.result != nil {
		out.Peer, out.Attach = s.result.Peer, s.result.Attach
	}
	if e.verdict == receipt.Allow {
		out.Verdict, out.Content, out.IsError = Allow, e.content, s.result.IsError
	}
	return out
}

// unlogged answers a signed deny that says of itself that it is in no log.
func (k *Kernel) unlogged(s *mediation, e ending) Outcome {
	d := &Denial{Step: 14, Code: CodeNotReady, Guard: "admission", Side: "local", Reason: "the receipt could not be recorded",
		Fix: "see chio-node doctor: the node is not ready until its log is writable"}
	if e.denial != nil && !s.admitted {
		d = e.denial
	}
	r, _, err := k.sign(s, ending{verdict: receipt.Deny, denial: d.recordable()}, true)
	if err != nil {
		r = nil
	}
	return Outcome{Verdict: Deny, Denial: d, Receipt: r, Unlogged: true, Ended: receipt.Deny}
}

// sign is step 13. If what the call brought along cannot be put into a receipt,
// a decision other than allow is signed without it: the decision stands.
func (k *Kernel) sign(s *mediation, e ending, unlogged bool) (*receipt.Receipt, []byte, error) {
	r, raw, err := k.signed(func() (*receipt.Receipt, error) { return k.draft(s, e, unlogged) })
	if err != nil && e.verdict != receipt.Allow {
		r, raw, err = k.signed(func() (*receipt.Receipt, error) { return k.bare(s, e, unlogged) })
	}
	return r, raw, err
}

// signed drafts and signs; a panic of a seam that a receipt asks is an error.
func (k *Kernel) signed(draft func() (*receipt.Receipt, error)) (r *receipt.Receipt, raw []byte, err error) {
	raw, err = safely(func() ([]byte, error) {
		var err error
		if r, err = draft(); err != nil {
			return nil, err
		}
		return receipt.Sign(r, k.cfg.Signer)
	})
	return r, raw, err
}

// bare is a receipt that asks no collaborator and repeats no foreign document.
func (k *Kernel) bare(s *mediation, e ending, unlogged bool) (*receipt.Receipt, error) {
	own := &mediation{m: &Mandate{CallID: s.m.CallID, Server: s.m.Server, Tool: s.m.Tool}, now: s.now}
	md := &receipt.Metadata{CallID: bounded(s.m.CallID), ArgsSHA256: s.argsHash, Unlogged: unlogged}
	if s.args == nil {
		md.ArgsSHA256 = wire.Hash(s.m.Arguments)
	}
	md.Code, md.Step, md.Fix = string(e.denial.Code), e.denial.Step, e.denial.Fix
	return k.compose(own, e, wire.Raw("null"), receipt.RedactAll, md, max(0, s.now))
}

// draft fills the receipt's fields from what the steps established.
func (k *Kernel) draft(s *mediation, e ending, unlogged bool) (*receipt.Receipt, error) {
	params, mode := k.parameters(s)
	return k.compose(s, e, params, mode, k.metadata(s, e, unlogged), k.cfg.Now())
}

func (k *Kernel) compose(s *mediation, e ending, params wire.Raw, mode string, md *receipt.Metadata, at int64) (*receipt.Receipt, error) {
	meta, err := wire.Marshal(md)
	if err != nil {
		return nil, err
	}
	decision := &receipt.Decision{Verdict: e.verdict}
	if e.denial != nil {
		decision.Reason = string(e.denial.Code) + ": " + k.mask("", e.denial.Reason)
		switch e.verdict {
		case receipt.Deny:
			decision.Guard = e.denial.Guard
		case receipt.PendingApproval:
			decision.Guard, decision.ApprovalID = e.denial.Guard, text(approvalID(s), maxWordBytes)
		}
	}
	r := &receipt.Receipt{
		Timestamp:     at,
		ToolServer:    bounded(s.m.Server),
		ToolName:      bounded(s.m.Tool),
		Action:        receipt.Action{Parameters: params, ParameterHash: wire.Hash(params).String()},
		Decision:      decision,
		ReceiptKind:   receipt.MediatedDecision,
		BoundaryClass: receipt.Prevent,
		TrustLevel:    receipt.Mediated,
		ToolOrigin:    receipt.CallerExecuted,
		RedactionMode: mode,
		ContentHash:   nullHash,
		PolicyHash:    nullHash,
		Evidence:      receiptEvidence(k.maskEvidence(s.evidence)),
		Metadata:      meta,
		KernelKey:     k.self,
	}
	if n := len(s.m.Chain); n > 0 {
		r.CapabilityID = bounded(s.m.Chain[n-1].ID)
	}
	if s.policy != nil {
		r.PolicyHash = s.policy.LocalHash.String()
	}
	if e.verdict == receipt.Allow {
		if e.content == nil {
			e.content = wire.Raw("null")
		}
		r.ContentHash = wire.Hash(e.content).String()
		if s.observed { // the policy did not allow the call: this authorises nothing
			r.ReceiptKind, r.BoundaryClass, r.TrustLevel = receipt.AdvisoryEvaluation, receipt.AdvisoryOnly, receipt.Advisory
			r.Decision, r.ObservationOutcome = nil, receipt.Evaluated
		}
	}
	return r, nil
}

// wouldBe is what the observed guards would have decided: their strictest row.
func (s *mediation) wouldBe() *receipt.WouldBe {
	if !s.observed {
		return nil
	}
	var strictest *Evidence
	for i := range s.evidence {
		if e := &s.evidence[i]; e.Verdict != Allow && (strictest == nil || e.Verdict < strictest.Verdict) {
			strictest = e
		}
	}
	if strictest == nil {
		return &receipt.WouldBe{Verdict: Deny.String(), Guard: "policy"}
	}
	return &receipt.WouldBe{Verdict: strictest.Verdict.String(), Guard: text(strictest.Guard, maxWordBytes),
		Code: text(string(strictest.Code), maxWordBytes), Rule: text(strictest.Rule, maxWordBytes)}
}

// parameterLimits bound what a receipt repeats of the arguments.
var parameterLimits = wire.Limits{Bytes: 128 << 10, Depth: 24}

// parameters returns what the receipt records of the arguments: all of them if
// the operator opted the tool in, else a summary, else, when that is too big
// or too deep for a receipt, their digest alone.
func (k *Kernel) parameters(s *mediation) (wire.Raw, string) {
	if s.args == nil {
		return wire.Raw("null"), receipt.RedactAll
	}
	params, mode := s.args, receipt.RedactNone
	if k.cfg.FullParameters == nil || !k.cfg.FullParameters(s.m.Server, s.m.Tool) {
		params, mode = k.summarize(s.args), receipt.RedactSummary
	}
	if wire.IsCanonical(params, parameterLimits) != nil {
		return wire.MustMarshal(digested{s.argsHash, len(s.args)}), receipt.RedactAll
	}
	return params, mode
}

func (k *Kernel) metadata(s *mediation, e ending, unlogged bool) *receipt.Metadata {
	md := &receipt.Metadata{CallID: bounded(s.m.CallID), ArgsSHA256: s.argsHash, Unlogged: unlogged,
		Financial: k.financial(s, e), Federation: federationOf(s), Governed: s.governedOf(), Approval: s.approvalOf(),
		RevocationEpoch: k.cfg.Revocations.Epoch()}
	md.Observed = s.wouldBe()
	if md.Governed != nil {
		md.Governed.Purpose = k.mask("", md.Governed.Purpose)
	}
	if s.session != nil && s.nonce != nil {
		md.Session = &receipt.Session{ID: s.m.Session, Sequence: s.session.Sequence, SHA256: s.session.Head}
	}
	if s.args == nil {
		md.ArgsSHA256 = wire.Hash(s.m.Arguments)
	}
	if e.denial != nil {
		md.Code, md.Step, md.Fix = string(e.denial.Code), e.denial.Step, e.denial.Fix
	}
	if s.leaf != nil {
		md.Attribution = &receipt.Attribution{SubjectKey: s.leaf.Subject, GrantIndex: s.grantIndex(),
			DelegationDepth: len(s.m.Chain) - 1}
		if s.m.Passport != nil {
			md.Attribution.PassportID = bounded(s.m.Passport.ID)
		}
	}
	if s.nonce != nil {
		md.Holder = &receipt.Holder{Kind: text(s.m.Holder.Kind, maxWordBytes), OnBehalfOf: bounded(s.m.Holder.OnBehalfOf), Human: s.m.Holder.Human}
	}
	if s.policy != nil {
		local := s.policy.LocalHash
		md.Policy = &receipt.Policy{Local: &local, Peer: s.policy.PeerHash, Effective: s.policy.EffectiveHash, BoundBy: text(s.boundBy, maxWordBytes)}
	}
	return md
}

func (s *mediation) grantIndex() int {
	if len(s.ticket.Held) > 0 {
		return s.ticket.Held[0].Index
	}
	if len(s.matches) > 0 {
		return s.matches[0].Index
	}
	return -1
}

// financial is present whenever the tool has a price.
func (k *Kernel) financial(s *mediation, e ending) *receipt.Financial {
	price := s.route.Price
	if price == nil {
		return nil
	}
	f := &receipt.Financial{GrantIndex: s.grantIndex(), Currency: price.Currency, DelegationDepth: max(0, len(s.m.Chain)-1),
		SettlementStatus: "not_applicable", PriceRound: s.route.PriceRound, OracleEvidence: s.oracleEvidence(&e)}
	if len(s.m.Chain) > 0 {
		f.RootBudgetHolder = s.m.Chain[0].Issuer.String()
	}
	if len(s.ticket.Held) > 0 && s.ticket.Held[0].BudgetTotal != nil {
		h := s.ticket.Held[0]
		total, remaining := h.BudgetTotal.Units, h.Remaining
		held, cost := *price, e.cost
		if c := s.chosen(0); c != nil {
			held = c.Hold()
			if costs := s.heldCosts(e.cost); costs != nil {
				cost = costs[0]
			}
		}
		if e.disposition == Release {
			remaining += held.Units
		}
		if e.disposition == Commit && cost != nil && cost.Units < held.Units {
			remaining += held.Units - cost.Units
		}
		f.BudgetTotal, f.BudgetRemaining = &total, &remaining
	}
	switch {
	case !s.admitted || e.disposition == Release:
		attempted := price.Units
		f.AttemptedCost = &attempted
	case e.disposition == Commit && e.cost != nil:
		f.CostCharged = e.cost.Units
		if s.m.Origin != nil || s.route.PeerDID != "" {
			f.SettlementStatus = "pending"
		}
	default: // retained: what may have been spent
		f.CostCharged = price.Units
	}
	return f
}

func federationOf(s *mediation) *receipt.Federation {
	switch {
	case s.m.Origin != nil:
		o := s.m.Origin
		hash := o.ContinuationSHA256
		f := &receipt.Federation{Role: "host", PeerDID: bounded(o.PeerDID), TreatyID: o.TreatyID, ContinuationSHA256: &hash,
			HopIndex: o.HopIndex, Lineage: o.Lineage}
		if o.Children != nil {
			f.Children = o.Children()
		}
		return f
	case s.route.PeerDID != "" && s.route.TreatyID != nil:
		f := &receipt.Federation{Role: "origin", PeerDID: bounded(s.route.PeerDID), TreatyID: *s.route.TreatyID}
		if s.result != nil && s.result.Peer != nil {
			hash := s.result.Peer.ContinuationSHA256
			f.ContinuationSHA256 = &hash
			f.HopIndex, f.Lineage = s.result.Peer.HopIndex, s.result.Peer.Lineage
			f.PeerReceiptID, f.PeerVerdict = text(s.result.Peer.ReceiptID, maxWordBytes), text(s.result.Peer.Verdict, maxWordBytes)
		}
		return f
	default:
		return nil
	}
}
