package federation

import (
	"fmt"

	"github.com/backbay-labs/chio-node/did"
	"github.com/backbay-labs/chio-node/kernel/receipt"
	"github.com/backbay-labs/chio-node/store"
	"github.com/backbay-labs/chio-node/wire"
)

// The roles of a party in a call.
const (
	RoleOrigin = "origin"
	RoleHost   = "host"
)

// The states of a joint record.
const (
	JointPending  = "pending"      // not yet cosigned
	JointOverdue  = "join_overdue" // not cosigned within JoinSeconds
	JointJoined   = "joined"       // signed by both
	JointDisputed = "disputed"     // the origin objects
	JointWaived   = "waived"       // it did, and the host gave the charge up
)

// JoinSeconds is how long a cosign may take before it is overdue.
const JoinSeconds = 3600

// Joint is one call's pair of receipts as one party files it. The host's
// receipt names the pair; whoever holds the record has its own receipt in its
// own log.
type Joint struct {
	Role               string               `json:"role"` // ours
	Peer               did.DID              `json:"peer"`
	CallID             string               `json:"call_id"`
	TreatyID           wire.Digest          `json:"treaty_id"`
	ContinuationSHA256 wire.Digest          `json:"continuation_sha256"`
	ReceiptID          string               `json:"receipt_id"`                 // the host's
	OriginReceiptID    string               `json:"origin_receipt_id,omitzero"` // at the host: once cosigned
	Verdict            string               `json:"verdict"`                    // the host's
	Charge             *wire.MonetaryAmount `json:"charge,omitzero"`
	Accrued            bool                 `json:"accrued,omitzero"`
	Disputed           string               `json:"disputed,omitempty"`    // the reason of the objection
	Waived             bool                 `json:"waived,omitzero"`       // the host gave the charge up
	PeerReceipt        wire.Raw             `json:"peer_receipt,omitzero"` // the other side's
	Cosign             wire.Raw             `json:"cosign,omitzero"`       // DSSE, signed by both
	FiledAt            int64                `json:"filed_at"`              // unix seconds
}

// At is the state of the record at a time.
func (j *Joint) At(now int64) string {
	switch {
	case len(j.Cosign) > 0:
		return JointJoined
	case j.Waived:
		return JointWaived
	case j.Disputed != "":
		return JointDisputed
	case now-j.FiledAt > JoinSeconds:
		return JointOverdue
	}
	return JointPending
}

// Joints lists what is filed with a peer, by receipt id.
func (x *Exchange) Joints(peer did.DID) ([]Joint, error) {
	var out []Joint
	err := x.s.cfg.DB.View(func(r store.Reader) error {
		return each(r, prefixJoint+peer.String()+"/", func(_ string, j *Joint) error {
			out = append(out, *j)
			return nil
		})
	})
	return out, err
}

// Joint returns one record, or store.ErrNotFound.
func (x *Exchange) Joint(peer did.DID, receiptID string) (Joint, error) {
	var j Joint
	err := x.s.cfg.DB.View(func(r store.Reader) error {
		found, err := load(r, jointKey(peer, receiptID), &j)
		if err == nil && !found {
			err = store.ErrNotFound
		}
		return err
	})
	return j, err
}

// file writes a joint record, once, and accrues what it makes one side owe:
// the host ran the call under a continuation and charged no more than that
// allows. Filing the same receipt again changes nothing.
func (x *Exchange) file(tx store.Tx, j *Joint, h *hostReceipt) error {
	key := jointKey(j.Peer, j.ReceiptID)
	if have, err := load(tx, key, new(Joint)); err != nil || have {
		return err
	}
	j.Accrued = j.Disputed == "" && h.verdict == receipt.Allow && h.charge != nil && h.charge.Units > 0
	if j.Accrued && x.cfg.Accrue != nil {
		o := Obligation{Payer: x.did, Payee: j.Peer, TreatyID: j.TreatyID, CallID: j.CallID, ReceiptID: j.ReceiptID,
			ContinuationSHA256: j.ContinuationSHA256, Charge: *h.charge, PriceRound: h.priceRound, At: h.at}
		if j.Role == RoleHost {
			o.Payer, o.Payee = j.Peer, x.did
		}
		if err := x.cfg.Accrue(tx, o); err != nil {
			return fmt.Errorf("accrue the obligation of call %s: %w", j.CallID, err)
		}
	}
	if j.Role == RoleOrigin && j.Disputed == "" { // ours to ask for
		tx.Set(joinKey(j.Peer, j.ReceiptID), []byte{1})
	}
	if err := countFiled(tx, j.Peer, Filed{Joint: 1}); err != nil {
		return err
	}
	return save(tx, key, j)
}

// hostReceipt is what matters of a host's receipt for a call.
type hostReceipt struct {
	id         string
	doc        wire.Raw
	verdict    string
	code       string
	reason     string
	at         int64
	charge     *wire.MonetaryAmount // nil: nothing was charged
	priceRound *wire.Digest
	content    string // content_hash
	children   []receipt.Child
	receipt    *receipt.Receipt // all of it
	md         *receipt.Metadata
}

// readHostReceipt takes the facts out of a receipt.
func readHostReceipt(doc wire.Raw, r *receipt.Receipt, md *receipt.Metadata) *hostReceipt {
	// The peer's words go into a receipt of ours, so they must not be able to
	// make it too large to sign.
	h := &hostReceipt{id: r.ID, doc: doc, receipt: r, md: md, at: r.Timestamp, content: r.ContentHash, code: clip(md.Code, maxPeerCode)}
	if r.Decision != nil {
		h.verdict, h.reason = r.Decision.Verdict, clip(r.Decision.Reason, maxPeerReason)
	}
	if f := md.Federation; f != nil {
		h.children = f.Children[:min(len(f.Children), maxChildren)]
	}
	if f := md.Financial; f != nil {
		h.priceRound = f.PriceRound
		if f.CostCharged > 0 {
			h.charge = &wire.MonetaryAmount{Units: f.CostCharged, Currency: f.Currency}
		}
	}
	return h
}

// How much of a peer's code and reason is repeated.
const (
	maxPeerCode   = 128
	maxPeerReason = 512
)

// metadataOf decodes what our kernels write.
func metadataOf(r *receipt.Receipt) (*receipt.Metadata, error) {
	var md receipt.Metadata
	if err := wire.Unmarshal(r.Metadata, &md, receipt.Limits()); err != nil {
		return nil, fmt.Errorf("metadata of receipt %s: %w", r.ID, err)
	}
	return &md, nil
}
