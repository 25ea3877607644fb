package offline

import (
	"slices"
	"strings"

	"github.com/backbay-labs/chio-node/kernel"
	"github.com/backbay-labs/chio-node/kernel/capability"
	"github.com/backbay-labs/chio-node/kernel/policy"
	"github.com/backbay-labs/chio-node/kernel/receipt"
	"github.com/backbay-labs/chio-node/wire"
)

// class sorts a receipt.
type class uint8

const (
	classSame class = iota
	classDiverged
	classNotEvaluable
	classElsewhere
)

// replayed is what was found about one receipt.
type replayed struct {
	class      class
	samePolicy bool
	divergence Divergence
}

// policyJudge evaluates recorded calls under the conjunction of policies.
type policyJudge struct {
	guards []kernel.Guard
	hash   wire.Digest // as a receipt names it
}

// newJudge hashes as node does: one policy by its own hash, the node's and a
// server's by the digest of both.
func newJudge(policies []*policy.Compiled) *policyJudge {
	j := &policyJudge{}
	var hashes []wire.Digest
	for _, p := range policies {
		j.guards, hashes = append(j.guards, p.Guard), append(hashes, p.Hash)
	}
	if len(hashes) == 1 {
		j.hash = hashes[0]
	} else {
		j.hash = wire.Hash(wire.MustMarshal(hashes))
	}
	return j
}

// replay compares what the policies say now with what the receipt records.
func (j *policyJudge) replay(r *receipt.Receipt) (out replayed) {
	out.samePolicy = r.PolicyHash == j.hash.String()
	var md receipt.Metadata
	if len(r.Metadata) == 0 || wire.UnmarshalLenient(r.Metadata, &md, receipt.Limits()) != nil {
		out.class = classNotEvaluable // not of this kernel
		return out
	}
	want := expected(r, &md)
	if len(want) == 0 {
		out.class = classElsewhere
		return out
	}
	if wire.Hash(r.Action.Parameters) != md.ArgsSHA256 {
		out.class = classNotEvaluable
		return out
	}
	decision := j.evaluate(callOf(r, &md))
	if slices.Contains(want, decision.Verdict) {
		return out
	}
	out.class = classDiverged
	out.divergence = Divergence{Pointer: "/decision/verdict", Recorded: recorded(r, &md), Now: decision.Verdict.String()}
	for _, e := range decision.Evidence {
		if e.Verdict == decision.Verdict && (decision.Verdict != kernel.Allow || out.divergence.Guard == "") {
			out.divergence.Guard, out.divergence.Rule, out.divergence.Detail = e.Guard, e.Rule, e.Details
		}
	}
	return out
}

// expected is what the policy may say if the record is right; nothing if the
// outcome was not the policy's to decide:
//
//	1 what was dispatched (allow, cancelled, incomplete, or denied from step 11
//	  on) the local policy allowed; if an approval stood in for it, it was
//	  pending: by the policy if the record says that the local side bound the
//	  call, else perhaps by it
//	2 a call that waits for approval likewise
//	3 a denial of step 8 by the local side the policy denied, and one for want
//	  of an approver it left pending
//	4 a denial of another step, or by a treaty's terms, stands whatever the
//	  local policy says
func expected(r *receipt.Receipt, md *receipt.Metadata) []kernel.Verdict {
	if r.ReceiptKind != receipt.MediatedDecision || md.Unlogged {
		return nil
	}
	local := md.Policy != nil && md.Policy.BoundBy == "local"
	approval := md.Approval != nil || r.Decision.Verdict == receipt.PendingApproval
	switch {
	case r.Decision.Verdict != receipt.Deny || md.Step >= 11: // 1, 2
		switch {
		case approval && local:
			return []kernel.Verdict{kernel.PendingApproval}
		case approval:
			return []kernel.Verdict{kernel.Allow, kernel.PendingApproval}
		}
		return []kernel.Verdict{kernel.Allow}
	case local && strings.HasPrefix(md.Code, "CHIO-APPROVAL-"): // 3
		return []kernel.Verdict{kernel.PendingApproval}
	case local && md.Step == 8: // 3
		return []kernel.Verdict{kernel.Deny}
	}
	return nil // 4
}

// evaluate is the conjunction: Deny ends it, PendingApproval sticks.
func (j *policyJudge) evaluate(c *kernel.Call) kernel.Decision {
	out := kernel.Decision{Verdict: kernel.Allow}
	for _, g := range j.guards {
		d, err := g.Evaluate(c)
		if err != nil {
			d.Verdict = kernel.Deny
			d.Evidence = append(d.Evidence, kernel.Evidence{Guard: g.Name(), Code: kernel.CodeGuardError, Details: err.Error()})
		}
		out.Evidence = append(out.Evidence, d.Evidence...)
		if out.Verdict = out.Verdict.Stricter(d.Verdict); out.Verdict == kernel.Deny {
			break
		}
	}
	return out
}

// callOf is the call a receipt records, as guards see it.
func callOf(r *receipt.Receipt, md *receipt.Metadata) *kernel.Call {
	m := &kernel.Mandate{CallID: md.CallID, Server: r.ToolServer, Tool: r.ToolName, Operation: capability.Invoke, Arguments: r.Action.Parameters}
	route := kernel.Route{Server: r.ToolServer, Audience: r.KernelKey}
	if f := md.Federation; f != nil && f.Role == "host" {
		m.Origin = &kernel.Origin{PeerDID: f.PeerDID, TreatyID: f.TreatyID}
	}
	if peer, server, remote := strings.Cut(r.ToolServer, "/"); remote && strings.HasPrefix(peer, "did:chio:") {
		route.PeerDID, route.Server = peer, server
	}
	if md.Holder != nil {
		m.Holder = *md.Holder
	}
	return &kernel.Call{Mandate: m, Route: route, Now: r.Timestamp}
}

// recorded is the recorded decision in one line.
func recorded(r *receipt.Receipt, md *receipt.Metadata) string {
	s := r.Decision.Verdict
	if r.Decision.Guard != "" {
		s += " by " + r.Decision.Guard
	}
	if md.Code != "" {
		s += " (" + md.Code + ")"
	}
	return s
}
