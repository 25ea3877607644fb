package federation

import (
	"errors"
	"fmt"
	"slices"

	"github.com/backbay-labs/chio-node/did"
	"github.com/backbay-labs/chio-node/kernel/receipt"
	"github.com/backbay-labs/chio-node/wire"
)

// ObjectionSchema is the schema id of an objection.
const ObjectionSchema = "chio.federation_objection.v1"

// ErrObjection refuses an objection that the documents do not bear out.
var ErrObjection = errors.New("objection is not borne out")

// The reasons of an objection. The first and the third are the objector's word,
// which the host refutes by showing the continuation or the result; the others
// follow from what both sides signed.
const (
	NotRequested        = "not_requested"        // the objector signed no such continuation
	ArgsMismatch        = "args_mismatch"        // the receipt is about another call than the continuation it names
	ResultMismatch      = "result_mismatch"      // the result that came is not the one that was signed for
	ChargeAboveMaximum  = "charge_above_maximum" // the charge is more than the continuation allows
	VerdictDisagreement = "verdict_disagreement" // the objector's own receipt says another verdict
)

// Objection is the origin kernel's statement that it does not agree with a
// host's receipt. What the receipt makes the origin owe is disputed from then
// on, until the two sign a joint statement after all.
type Objection struct {
	Schema             string       `json:"schema"`
	Objector           did.DID      `json:"objector"` // the origin of the call
	Host               did.DID      `json:"host"`
	CallID             string       `json:"call_id"`                      // as the receipt says
	ContinuationSHA256 *wire.Digest `json:"continuation_sha256,omitzero"` // absent: not_requested
	ReceiptSHA256      wire.Digest  `json:"receipt_sha256"`               // the host's receipt: its id
	TreatyID           wire.Digest  `json:"treaty_id"`                    // as the receipt says
	Reason             string       `json:"reason"`                       // one of the above
	OwnReceiptSHA256   *wire.Digest `json:"own_receipt_sha256,omitzero"`  // verdict_disagreement
	ResultSHA256       *wire.Digest `json:"result_sha256,omitzero"`       // result_mismatch: of the result that came
	At                 int64        `json:"at"`                           // unix seconds
}

// Exhibit is what an objection is judged by.
type Exhibit struct {
	HostReceipt   wire.Raw
	Continuation  *wire.Envelope // nil: the objector signed none
	OriginReceipt wire.Raw       // verdict_disagreement
	OriginKeys    []wire.PublicKey
	HostKeys      []wire.PublicKey
}

// VerifyObjection opens an objection and judges it:
//
//	1 a kernel key of the objector has signed, nobody else
//	2 the reason is a known one, and the members are those it needs
//	3 the receipt is the host's, intact, about a call of the objector with that
//	  call id, under that treaty
//	4 the continuation is the objector's, to that host, for that call id, and
//	  the one the receipt names; with not_requested there is none
//	5 the documents bear the reason out: recomputed, not believed
func VerifyObjection(env *wire.Envelope, ex Exhibit) (*Objection, error) {
	var o Objection
	if env == nil {
		return nil, fmt.Errorf("%w: there is none", ErrObjection)
	}
	if err := env.Open(ObjectionSchema, &o, nil, nil); err != nil { // 1
		return nil, fmt.Errorf("%w: %w", ErrObjection, err)
	}
	if !signedByOne(env, ex.OriginKeys) { // 1
		return nil, fmt.Errorf("%w: the kernel of %s has not signed it, or not alone", ErrObjection, o.Objector)
	}
	return &o, o.judge(ex)
}

// signedByOne reports whether one of the keys has signed an opened envelope, and
// nobody else has.
func signedByOne(env *wire.Envelope, keys []wire.PublicKey) bool {
	return len(env.Signatures) == 1 && slices.ContainsFunc(keys, func(k wire.PublicKey) bool { return env.Signatures[0].Key == k.String() })
}

// judge is rules 2 to 5.
func (o *Objection) judge(ex Exhibit) error {
	if err := o.checkMembers(); err != nil { // 2
		return err
	}
	r, md, err := ex.hostReceipt(o) // 3
	if err != nil {
		return err
	}
	var c *Continuation
	if o.Reason == NotRequested {
		if ex.Continuation != nil { // 4
			return fmt.Errorf("%w: the objector did sign a continuation for the call", ErrObjection)
		}
		return nil
	}
	if c, err = ex.continuation(o, md); err != nil { // 4
		return err
	}
	return o.bearOut(ex, r, md, c) // 5
}

// checkMembers is rule 2.
func (o *Objection) checkMembers() error {
	known := slices.Contains([]string{NotRequested, ArgsMismatch, ResultMismatch, ChargeAboveMaximum, VerdictDisagreement}, o.Reason)
	switch {
	case !known:
		return fmt.Errorf("%w: no reason %.40q", ErrObjection, o.Reason)
	case (o.ContinuationSHA256 == nil) != (o.Reason == NotRequested),
		(o.OwnReceiptSHA256 != nil) != (o.Reason == VerdictDisagreement), (o.ResultSHA256 != nil) != (o.Reason == ResultMismatch):
		return fmt.Errorf("%w: its members are not those of %s", ErrObjection, o.Reason)
	case o.Objector == o.Host || o.At <= 0 || o.At > wire.MaxUnits:
		return fmt.Errorf("%w: parties or time", ErrObjection)
	}
	return nil
}

// hostReceipt is rule 3.
func (ex *Exhibit) hostReceipt(o *Objection) (*receipt.Receipt, *receipt.Metadata, error) {
	r, md, err := openAny(ex.HostReceipt, ex.HostKeys)
	if err != nil {
		return nil, nil, fmt.Errorf("%w: host's receipt: %w", ErrObjection, err)
	}
	f := md.Federation
	if r.ID != o.ReceiptSHA256.String() || r.Decision == nil || f == nil || f.Role != RoleHost || f.PeerDID != o.Objector.String() ||
		md.CallID != o.CallID || f.TreatyID != o.TreatyID {
		return nil, nil, fmt.Errorf("%w: it is about another receipt or call", ErrObjection)
	}
	return r, md, nil
}

// continuation is rule 4.
func (ex *Exhibit) continuation(o *Objection, md *receipt.Metadata) (*Continuation, error) {
	if ex.Continuation == nil || ex.Continuation.ID() != *o.ContinuationSHA256 {
		return nil, fmt.Errorf("%w: the continuation it names is not there", ErrObjection)
	}
	c, err := permission(ex.Continuation, ex.OriginKeys, o.Objector, o.Host, o.CallID, md)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrObjection, err)
	}
	return c, nil
}

// bearOut is rule 5.
func (o *Objection) bearOut(ex Exhibit, r *receipt.Receipt, md *receipt.Metadata, c *Continuation) error {
	switch o.Reason {
	case ArgsMismatch: // a denial may be about this very mismatch
		if r.Decision.Verdict != receipt.Allow {
			return fmt.Errorf("%w: a receipt that does not allow claims nothing", ErrObjection)
		}
		if r.ToolServer != c.Server || r.ToolName != c.Tool || r.CapabilityID != c.CapabilityID || md.ArgsSHA256 != c.ArgsSHA256 || md.Federation.TreatyID != c.TreatyID {
			return nil
		}
		return fmt.Errorf("%w: the receipt is about the call that was signed for", ErrObjection)
	case ResultMismatch:
		if r.Decision.Verdict == receipt.Allow && o.ResultSHA256.String() != r.ContentHash {
			return nil
		}
		return fmt.Errorf("%w: the result is the one that was signed for", ErrObjection)
	case ChargeAboveMaximum:
		if checkCharge(readHostReceipt(ex.HostReceipt, r, md), c.MaxCharge) != nil {
			return nil
		}
		return fmt.Errorf("%w: the charge is within the maximum", ErrObjection)
	}
	own, ownMD, err := openAny(ex.OriginReceipt, ex.OriginKeys)
	if err != nil {
		return fmt.Errorf("%w: origin's receipt: %w", ErrObjection, err)
	}
	if own.ID != o.OwnReceiptSHA256.String() || !originOf(own, ownMD, c, ex.Continuation.ID(), r.ID) {
		return fmt.Errorf("%w: the origin's receipt is for another call", ErrObjection)
	}
	if own.Decision.Verdict == r.Decision.Verdict {
		return fmt.Errorf("%w: both receipts say %s", ErrObjection, r.Decision.Verdict)
	}
	return nil
}

// openAny opens a receipt that one of several keys of a party may have signed.
func openAny(doc wire.Raw, keys []wire.PublicKey) (r *receipt.Receipt, md *receipt.Metadata, err error) {
	err = fmt.Errorf("%w: no key of its kernel is known", ErrPeerReceipt)
	for _, k := range keys {
		if r, md, err = openReceipt(doc, k); err == nil {
			return r, md, nil
		}
	}
	return nil, nil, err
}

// originOf reports whether an origin's receipt is about a call: who says it, to
// whom, what; a continuation and a peer receipt that it names are this call's.
func originOf(r *receipt.Receipt, md *receipt.Metadata, c *Continuation, hash wire.Digest, hostID string) bool {
	f := md.Federation
	return md.CallID == c.CallID && md.ArgsSHA256 == c.ArgsSHA256 && f != nil && f.Role == RoleOrigin && f.PeerDID == c.To.String() &&
		f.TreatyID == c.TreatyID && (f.ContinuationSHA256 == nil || *f.ContinuationSHA256 == hash) &&
		(f.PeerReceiptID == "" || f.PeerReceiptID == hostID) && r.Decision != nil
}
