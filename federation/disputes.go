package federation

import (
	"errors"
	"fmt"

	"github.com/backbay-labs/chio-node/did"
	"github.com/backbay-labs/chio-node/kernel"
	"github.com/backbay-labs/chio-node/kernel/receipt"
	"github.com/backbay-labs/chio-node/store"
	"github.com/backbay-labs/chio-node/wire"
)

// The kinds of a dispute.
const (
	DisputeObjection    = "objection"            // one side's signed objection
	DisputeOverdue      = "join_overdue"         // a receipt that nobody cosigned in time
	DisputeVerdicts     = "verdict_disagreement" // signed by both: one allowed, the other did not
	DisputeAttested     = "attested_denial"      // the peer denied by terms that allowed here
	DisputeEquivocation = "equivocation"         // the peer's log signed two histories
)

// maxDisputes bounds one list, of each kind: whoever signs a thousand things to
// object to buries none of another kind.
const maxDisputes = 1000

// Dispute is one thing on which the two sides differ.
type Dispute struct {
	Kind       string               `json:"kind"`
	Role       string               `json:"role,omitempty"` // ours
	CallID     string               `json:"call_id,omitempty"`
	ReceiptID  string               `json:"receipt_id,omitempty"` // the host's
	Reason     string               `json:"reason,omitempty"`     // of an objection; the code of a denial
	State      string               `json:"state,omitempty"`      // of an objection: open, refused, withdrawn, waived, rejected
	Detail     string               `json:"detail,omitempty"`
	Charge     *wire.MonetaryAmount `json:"charge,omitzero"`
	NewerTerms bool                 `json:"newer_terms,omitzero"` // the peer had signed newer terms by then, which may be why it denied
	At         int64                `json:"at,omitzero"`          // unix seconds
}

// Disputes is what there is with one peer. OwnDenials are calls that our terms
// and its attestation allowed and that the peer's own policy, which it tells
// nobody, denied: that is its right. OtherDenials are its refusals for another
// reason, as a credit limit or a revoked capability.
type Disputes struct {
	List         []Dispute      `json:"disputes"`
	OwnDenials   uint64         `json:"own_denials"`
	OtherDenials uint64         `json:"other_denials"`
	Truncated    bool           `json:"truncated,omitzero"` // there are more than the list holds
	listed       map[string]int // by kind
}

func (d *Disputes) add(one Dispute) {
	if d.listed == nil {
		d.listed = make(map[string]int)
	}
	if d.listed[one.Kind] == maxDisputes {
		d.Truncated = true
		return
	}
	d.listed[one.Kind]++
	d.List = append(d.List, one)
}

// Disputes lists what this node and a peer disagree on, from what is filed.
func (x *Exchange) Disputes(peer did.DID) (*Disputes, error) {
	rec, err := x.s.cfg.Directory.Peer(peer)
	if err != nil {
		return nil, err
	}
	newer, err := x.newerTerms(rec)
	if err != nil {
		return nil, err
	}
	out := &Disputes{List: []Dispute{}}
	err = x.s.cfg.DB.View(func(r store.Reader) error {
		if _, err := r.Get(prefixFork + peer.String()); err == nil {
			out.add(Dispute{Kind: DisputeEquivocation, Detail: "chio-node federate evidence exports it"})
		} else if !errors.Is(err, store.ErrNotFound) {
			return err
		}
		err := each(r, prefixObjection+peer.String()+"/", func(_ string, c *Contested) error { return out.objected(c) })
		if err != nil {
			return err
		}
		return each(r, prefixJoint+peer.String()+"/", func(_ string, j *Joint) error { return out.filed(j, x.now(), newer) })
	})
	return out, err
}

// newerTerms is when the peer's newest terms began, if they are newer than the
// treaty's, else 0.
func (x *Exchange) newerTerms(rec Record) (int64, error) {
	if rec.Theirs == nil || rec.Treaty == nil {
		return 0, nil
	}
	env, err := x.s.stored(prefixTreaty, *rec.Treaty)
	if err != nil {
		return 0, err
	}
	t, err := VerifyTreaty(env, true)
	if err != nil || t.Attestations[0] == *rec.Theirs || t.Attestations[1] == *rec.Theirs {
		return 0, err
	}
	a, _, err := x.s.attestation(*rec.Theirs, rec.DID, x.did)
	if err != nil {
		return 0, err
	}
	return a.NotBefore, nil
}

// objected adds an objection.
func (d *Disputes) objected(c *Contested) error {
	o, err := c.Body()
	if err != nil {
		return err
	}
	one := Dispute{Kind: DisputeObjection, Role: c.Role, CallID: o.CallID, ReceiptID: o.ReceiptSHA256.String(), Reason: o.Reason,
		State: c.State(), Detail: c.Refused, At: o.At}
	a, err := c.answered()
	switch {
	case err != nil:
		return err
	case c.State() == "withdrawn":
	case c.Role == RoleOrigin && a == nil && c.State() == "open" && !c.Told:
		one.Detail = "the peer has not been told yet"
	case c.AnswerRefused != "":
		one.Detail = "the peer does not accept the answer: " + c.AnswerRefused
	case c.Role == RoleHost && a != nil && !c.Told:
		one.Detail = "the peer has not been told the answer yet"
	case a != nil:
		one.Detail = a.Statement
	}
	d.add(one)
	return nil
}

// filed adds what a pair of receipts shows.
func (d *Disputes) filed(j *Joint, now, newer int64) error {
	one := Dispute{Role: j.Role, CallID: j.CallID, ReceiptID: j.ReceiptID, Charge: j.Charge, At: j.FiledAt}
	switch j.At(now) {
	case JointOverdue:
		one.Kind, one.Detail = DisputeOverdue, "no objection: what it says is owed"
		d.add(one)
	case JointDisputed: // there is an objection
	case JointJoined:
		a, b, err := j.verdicts()
		if err != nil {
			return err
		}
		if (a.Verdict == receipt.Allow) != (b.Verdict == receipt.Allow) && !peerDenied(a, b) {
			one.Kind, one.Reason = DisputeVerdicts, a.RationaleCode
			one.Detail = "origin " + a.Verdict + ", host " + b.Verdict + "; jointly " + jointVerdict(a.Verdict, b.Verdict)
			d.add(one)
		}
	}
	if j.Role != RoleOrigin || j.Verdict != receipt.Deny {
		return nil
	}
	r, err := receipt.Parse(j.PeerReceipt)
	if err != nil {
		return fmt.Errorf("%w: receipt %s: %w", store.ErrCorrupt, j.ReceiptID, err)
	}
	md, err := metadataOf(r)
	if err != nil {
		return err
	}
	switch side := boundBy(md); {
	case byTreaty(side):
		one.Kind, one.Reason, one.Detail = DisputeAttested, clip(md.Code, maxPeerCode), "the peer says that "+side+" denies; our kernel found that they allow"
		one.NewerTerms = newer > 0 && newer <= r.Timestamp
		d.add(one)
	case side != "":
		d.OwnDenials++
	default:
		d.OtherDenials++
	}
	return nil
}

// peerDenied: the origin's denial only repeats the host's.
func peerDenied(a, b verdictOf) bool {
	return b.Verdict != receipt.Allow && a.RationaleCode == string(kernel.CodePeerDenied)
}

// verdicts are what both sides signed in a joint statement.
func (j *Joint) verdicts() (a, b verdictOf, err error) {
	var d dsse
	var st statement
	err = wire.UnmarshalCanonical(j.Cosign, &d, rowLimits)
	if err == nil {
		var payload []byte
		if payload, err = d.statement(); err == nil {
			err = wire.UnmarshalCanonical(payload, &st, rowLimits)
		}
	}
	if err != nil {
		return a, b, fmt.Errorf("%w: joint statement of receipt %s: %w", store.ErrCorrupt, j.ReceiptID, err)
	}
	return st.Predicate.Policy.A, st.Predicate.Policy.B, nil
}
