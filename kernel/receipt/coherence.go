package receipt

// The observation outcomes.
const (
	Observed  = "observed"
	Evaluated = "evaluated"
	Dropped   = "dropped"
)

// CheckCoherence checks that what a receipt says fits together, whoever signed
// it. A receipt that fails is not valid whatever its bytes say:
//
//	1 kind, boundary and trust level are one of the three rows
//	2 a mediated decision carries a decision and no observation outcome
//	3 an observation and an advisory evaluation carry an outcome and no decision
//	4 a decision has exactly the members of its verdict
//	5 tool origin and redaction mode are known words
func CheckCoherence(r *Receipt) error {
	var boundary Boundary
	var level TrustLevel
	switch r.ReceiptKind { // 1
	case MediatedDecision:
		boundary, level = Prevent, Mediated
	case TraceObservation:
		boundary, level = DetectOnly, Verified
	case AdvisoryEvaluation:
		boundary, level = AdvisoryOnly, Advisory
	default:
		return refuse(CodeIncoherent, "receipt_kind %.40q is unknown", r.ReceiptKind)
	}
	if r.BoundaryClass != boundary || r.TrustLevel != level { // 1
		return refuse(CodeIncoherent, "%s goes with %s and %s, not %.40q and %.40q",
			r.ReceiptKind, boundary, level, r.BoundaryClass, r.TrustLevel)
	}
	if r.ReceiptKind == MediatedDecision {
		if r.Decision == nil || r.ObservationOutcome != "" { // 2
			return refuse(CodeIncoherent, "a mediated decision has a decision and no observation outcome")
		}
		if err := r.Decision.check(); err != nil { // 4
			return err
		}
	} else if err := checkObservation(r); err != nil { // 3
		return err
	}
	switch r.ToolOrigin { // 5
	case CallerExecuted, HostReported, HostUnmediated:
	default:
		return refuse(CodeIncoherent, "tool_origin %.40q is unknown", r.ToolOrigin)
	}
	switch r.RedactionMode { // 5
	case RedactNone, RedactSummary, RedactAll:
	default:
		return refuse(CodeIncoherent, "redaction_mode %.40q is unknown", r.RedactionMode)
	}
	return nil
}

func checkObservation(r *Receipt) error {
	if r.Decision != nil {
		return refuse(CodeIncoherent, "%s carries a decision", r.ReceiptKind)
	}
	switch r.ObservationOutcome {
	case Observed, Evaluated, Dropped:
		return nil
	}
	return refuse(CodeIncoherent, "%s has observation outcome %.40q", r.ReceiptKind, r.ObservationOutcome)
}

// check is rule 4 of CheckCoherence.
func (d *Decision) check() error {
	var reason, guard, approval bool
	switch d.Verdict {
	case Allow:
	case Deny:
		reason, guard = true, true
	case Cancelled, Incomplete:
		reason = true
	case PendingApproval:
		reason, guard, approval = true, true, true
	default:
		return refuse(CodeIncoherent, "verdict %.40q is unknown", d.Verdict)
	}
	if (d.Reason != "") != reason || (d.Guard != "") != guard || (d.ApprovalID != "") != approval {
		return refuse(CodeIncoherent, "a decision %q has other members than its own: reason %t, guard %t, approval_id %t",
			d.Verdict, reason, guard, approval)
	}
	return nil
}
