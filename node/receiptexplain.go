package node

import (
	"context"
	"errors"
	"fmt"

	"github.com/backbay-labs/chio-node/did"
	"github.com/backbay-labs/chio-node/kernel/authority"
	"github.com/backbay-labs/chio-node/kernel/capability"
	"github.com/backbay-labs/chio-node/kernel/receipt"
	rlog "github.com/backbay-labs/chio-node/kernel/receipt/log"
	"github.com/backbay-labs/chio-node/store"
	"github.com/backbay-labs/chio-node/wire"
)

// Explanation answers "receipt/explain": the four questions of a receipt, in
// the order they are asked. What the receipt does not say is absent.
type Explanation struct {
	ID       string            `json:"id"`
	Time     int64             `json:"time"` // unix seconds
	Call     string            `json:"call_id,omitempty"`
	Server   string            `json:"server"`
	Tool     string            `json:"tool"`
	Who      ExplainedWho      `json:"who"`
	Allowed  ExplainedAllowed  `json:"allowed_by"`
	Cost     *ExplainedCost    `json:"cost,omitempty"` // absent: the tool has no price
	Outcome  ExplainedOutcome  `json:"outcome"`
	Recorded ExplainedRecorded `json:"recorded"`
	Log      ExplainedLog      `json:"log"`
	Peer     *ExplainedPeer    `json:"peer,omitempty"` // absent: a local call
}

// ExplainedWho says whose call it was.
type ExplainedWho struct {
	AgentKey   string `json:"agent_key,omitempty"` // absent: the call ended before any authority was verified
	AgentDID   string `json:"agent_did,omitempty"`
	Agent      string `json:"agent,omitempty"` // its name here
	OnBehalfOf string `json:"on_behalf_of,omitempty"`
	Human      bool   `json:"human"`
	Proof      string `json:"proof,omitempty"` // agent: it signed itself; custodial: the node did, with the key it keeps
	PassportID string `json:"passport_id,omitempty"`
}

// ExplainedAllowed says under what authority and policy.
type ExplainedAllowed struct {
	CapabilityID  string                `json:"capability_id,omitempty"`
	Chain         []ExplainedToken      `json:"chain,omitempty"` // root first; absent if this node does not have the tokens
	GrantIndex    *int                  `json:"grant_index,omitempty"`
	Grant         *capability.ToolGrant `json:"grant,omitempty"` // with its constraints and caps
	PolicyLocal   *wire.Digest          `json:"policy_local,omitempty"`
	PolicyPeer    *wire.Digest          `json:"policy_peer,omitempty"`
	PolicyTreaty  *wire.Digest          `json:"policy_effective,omitempty"`
	BoundBy       string                `json:"bound_by,omitempty"` // local, own_terms, peer_terms, treaty
	Evidence      []receipt.Evidence    `json:"evidence,omitempty"`
	RevocationsAt uint64                `json:"revocation_epoch,omitzero"`
	Depth         int                   `json:"delegation_depth"`
}

// ExplainedToken is one token of the chain.
type ExplainedToken struct {
	ID        string         `json:"id"`
	Issuer    wire.PublicKey `json:"issuer"`
	Subject   wire.PublicKey `json:"subject"`
	ExpiresAt int64          `json:"expires_at"`
}

// ExplainedCost is in minor units of Currency. Attempted is what a call that
// was not charged would have cost at most.
type ExplainedCost struct {
	Charged    uint64       `json:"charged_minor"`
	Currency   string       `json:"currency"`
	Remaining  *uint64      `json:"remaining_minor,omitempty"`
	Total      *uint64      `json:"total_minor,omitempty"`
	Attempted  *uint64      `json:"attempted_minor,omitempty"`
	Payer      string       `json:"root_budget_holder,omitempty"`
	Settlement string       `json:"settlement_status,omitempty"`
	PriceRound *wire.Digest `json:"price_round,omitempty"`
}

// ExplainedOutcome says what was decided, where, by whom, and what to do.
type ExplainedOutcome struct {
	Verdict    string `json:"verdict"`
	Kind       string `json:"receipt_kind"`
	Code       string `json:"code,omitempty"`
	Reason     string `json:"reason,omitempty"`
	Step       int    `json:"step,omitzero"` // of the fifteen
	StepName   string `json:"step_name,omitempty"`
	Guard      string `json:"guard,omitempty"`
	Details    string `json:"details,omitempty"` // of the guard that decided: the rule it names
	Side       string `json:"side,omitempty"`    // whose policy
	Fix        string `json:"fix,omitempty"`
	ApprovalID string `json:"approval_id,omitempty"`
	Advisory   bool   `json:"advisory,omitzero"` // observed only: it authorised nothing
	// WouldBe is what the guards that only observed would have decided.
	WouldBe *receipt.WouldBe `json:"would_be,omitempty"`
}

// ExplainedRecorded says what the receipt keeps of the arguments.
type ExplainedRecorded struct {
	Parameters wire.Raw    `json:"parameters"`
	Redaction  string      `json:"redaction_mode"`
	ArgsSHA256 wire.Digest `json:"args_sha256"` // of the real arguments
}

// ExplainedLog says where the receipt is and what vouches for it.
type ExplainedLog struct {
	ID        string      `json:"log_id"`
	Index     uint64      `json:"index"`
	LeafHash  wire.Digest `json:"leaf_hash"`
	Size      uint64      `json:"log_size"`
	KernelKey string      `json:"kernel_key"`
	Head      uint64      `json:"witnessed_size,omitzero"` // newest of our heads that a peer cosigned and that covers it
	Witnesses []string    `json:"witnesses,omitempty"`
	Archived  string      `json:"archived,omitempty"` // file
}

// ExplainedPeer is the other organisation's part.
type ExplainedPeer struct {
	DID       string      `json:"did"`
	Role      string      `json:"role"` // of this node: origin or host
	Treaty    wire.Digest `json:"treaty"`
	ReceiptID string      `json:"receipt_id,omitempty"`
	Verdict   string      `json:"verdict,omitempty"`
}

// steps names the steps of DESIGN §5 for people.
var steps = [...]string{"", "emergency stop and kill switches", "well-formed and within limits", "capability chain", "revocation",
	"subject and holder proof", "scope and constraints", "log ready, budget pre-check", "guards and policy", "governed evaluation",
	"admission", "dispatch", "output guards", "signing", "closing", "release"}

func (n *Node) explainReceipt(_ context.Context, req ByID) (*Explanation, error) {
	var e *Explanation
	err := n.db.View(func(r store.Reader) error {
		index, leaf, file, err := n.receiptByID(r, req.ID)
		if err != nil {
			return err
		}
		rec, err := receipt.Parse(leaf)
		if err != nil {
			return err
		}
		e = explain(rec)
		e.Log = ExplainedLog{ID: n.logID, Index: index, LeafHash: receipt.LeafHash(leaf), KernelKey: rec.KernelKey.String(), Archived: file}
		if e.Log.Size, err = rlog.Size(r); err != nil {
			return err
		}
		return n.explainKnown(r, e)
	})
	if err != nil {
		return nil, err
	}
	return e, n.explainWitnesses(e)
}

// explain reads what the receipt says by itself. Metadata of another kernel may
// have other members; then only what is in the body is explained.
func explain(rec *receipt.Receipt) *Explanation {
	var md receipt.Metadata
	if wire.UnmarshalLenient(rec.Metadata, &md, receipt.Limits()) != nil {
		md = receipt.Metadata{}
	}
	e := &Explanation{ID: rec.ID, Time: rec.Timestamp, Call: md.CallID, Server: rec.ToolServer, Tool: rec.ToolName,
		Allowed:  ExplainedAllowed{CapabilityID: rec.CapabilityID, Evidence: rec.Evidence, RevocationsAt: md.RevocationEpoch},
		Recorded: ExplainedRecorded{Parameters: rec.Action.Parameters, Redaction: rec.RedactionMode, ArgsSHA256: md.ArgsSHA256},
		Outcome:  outcomeOf(rec, &md)}
	if a := md.Attribution; a != nil {
		e.Who.AgentKey, e.Who.AgentDID, e.Who.PassportID = a.SubjectKey.String(), did.FromKey(a.SubjectKey).String(), a.PassportID
		e.Allowed.Depth = a.DelegationDepth
		if a.GrantIndex >= 0 {
			e.Allowed.GrantIndex = &a.GrantIndex
		}
	}
	if h := md.Holder; h != nil {
		e.Who.Proof, e.Who.OnBehalfOf, e.Who.Human = h.Kind, h.OnBehalfOf, h.Human
	}
	if p := md.Policy; p != nil {
		e.Allowed.PolicyLocal, e.Allowed.PolicyPeer, e.Allowed.PolicyTreaty, e.Allowed.BoundBy = p.Local, p.Peer, p.Effective, p.BoundBy
		e.Outcome.Side = p.BoundBy
	}
	if f := md.Financial; f != nil {
		e.Cost = &ExplainedCost{Charged: f.CostCharged, Currency: f.Currency, Remaining: f.BudgetRemaining, Total: f.BudgetTotal,
			Attempted: f.AttemptedCost, Payer: f.RootBudgetHolder, Settlement: f.SettlementStatus, PriceRound: f.PriceRound}
	}
	if f := md.Federation; f != nil {
		e.Peer = &ExplainedPeer{DID: f.PeerDID, Role: f.Role, Treaty: f.TreatyID, ReceiptID: f.PeerReceiptID, Verdict: f.PeerVerdict}
	}
	return e
}

func outcomeOf(rec *receipt.Receipt, md *receipt.Metadata) ExplainedOutcome {
	o := ExplainedOutcome{Verdict: rec.ObservationOutcome, Kind: string(rec.ReceiptKind), Code: md.Code, Step: md.Step, Fix: md.Fix,
		Advisory: rec.ReceiptKind != receipt.MediatedDecision, WouldBe: md.Observed}
	if d := rec.Decision; d != nil {
		o.Verdict, o.Reason, o.Guard, o.ApprovalID = d.Verdict, d.Reason, d.Guard, d.ApprovalID
	}
	if o.Step > 0 && o.Step < len(steps) {
		o.StepName = steps[o.Step]
	}
	for _, ev := range rec.Evidence {
		if !ev.Verdict && (o.Guard == "" || ev.GuardName == o.Guard) {
			o.Guard, o.Details = ev.GuardName, ev.Details
			break
		}
	}
	return o
}

// explainKnown adds what this node knows besides: the agent's name, the tokens
// of the chain, the grant.
func (n *Node) explainKnown(r store.Reader, e *Explanation) error {
	if key, err := wire.ParsePublicKey(e.Who.AgentKey); err == nil {
		a, err := authority.AgentByKey(r, key)
		if err != nil && !errors.Is(err, authority.ErrUnknown) {
			return err
		}
		e.Who.Agent = a.Name
	}
	if e.Allowed.CapabilityID == "" {
		return nil
	}
	c, err := authority.Get(r, e.Allowed.CapabilityID)
	if errors.Is(err, authority.ErrUnknown) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("read capability %.80s: %w", e.Allowed.CapabilityID, err)
	}
	for i := range c.Chain {
		t := &c.Chain[i]
		e.Allowed.Chain = append(e.Allowed.Chain, ExplainedToken{ID: t.ID, Issuer: t.Issuer, Subject: t.Subject, ExpiresAt: t.ExpiresAt})
	}
	if grants, g := c.Leaf().Scope.Grants, e.Allowed.GrantIndex; g != nil && *g < len(grants) {
		e.Allowed.Grant = &grants[*g]
	}
	return nil
}

// explainWitnesses finds the newest head that covers the receipt and that a peer
// has cosigned.
func (n *Node) explainWitnesses(e *Explanation) error {
	heads, err := n.network.exchange.Heads()
	if err != nil {
		return err
	}
	for _, h := range heads {
		switch {
		case !h.Own || h.Size <= e.Log.Index || h.Size < e.Log.Head:
		case h.Size > e.Log.Head:
			e.Log.Head, e.Log.Witnesses = h.Size, h.Witnesses
		default:
			e.Log.Witnesses = append(e.Log.Witnesses, h.Witnesses...)
		}
	}
	return nil
}
