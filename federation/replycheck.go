package federation

import (
	"bytes"
	"errors"
	"fmt"
	"slices"

	"github.com/backbay-labs/chio-node/kernel/receipt"
	"github.com/backbay-labs/chio-node/wire"
)

// ErrPeerReceipt refuses a receipt that a peer returned for a call of ours.
var ErrPeerReceipt = errors.New("the peer's receipt is not for this call")

// ErrOverCharge: the host charged more than the continuation allows.
var ErrOverCharge = errors.New("the peer charged more than the continuation allows")

// checkReply verifies what a host answered to a continuation of ours:
//
//	1 the receipt is canonical, intact, and signed by the kernel key that the
//	  continuation was addressed to
//	2 it is a mediated decision about the continuation's server and tool, under
//	  the leaf token
//	3 it names our call id, our arguments, us as its peer, the treaty, and the
//	  continuation's hash; one that allows names the continuation's lineage
//	4 the content hashes to content_hash if it allows, else there is none; one
//	  that is to be fetched is bounded, and checked by gather when it is there
//
// The charge is checkCharge's question: an overcharge is evidence, not noise.
func checkReply(a *callAnswer, c *Continuation, hash wire.Digest) (*hostReceipt, error) {
	h, err := checkHostReceipt(a.Receipt, c, hash)
	if err != nil {
		return nil, err
	}
	if h.verdict != receipt.Allow { // 4
		if len(a.Content) > 0 || a.ContentBytes != 0 || a.IsError {
			return nil, fmt.Errorf("%w: content came with a verdict of %.20s", ErrPeerReceipt, h.verdict)
		}
		return h, nil
	}
	if a.ContentBytes != 0 {
		return h, checkDeclared(a, h) // 4
	}
	return h, checkContent(a, h) // 4
}

// checkContent is rule 4 of checkReply for a result that is there.
func checkContent(a *callAnswer, h *hostReceipt) error {
	if err := wire.IsCanonical(a.Content, resultLimits); err != nil {
		return fmt.Errorf("%w: content: %w", ErrPeerReceipt, err)
	}
	if got := wire.Hash(a.Content); got.String() != h.content {
		return &resultError{got}
	}
	return nil
}

// resultError: a result came with a receipt that was signed for another.
type resultError struct{ sha256 wire.Digest }

func (e *resultError) Error() string {
	return ErrPeerReceipt.Error() + ": the content is not what it was signed for"
}
func (e *resultError) Unwrap() error { return ErrPeerReceipt }

// checkHostReceipt is rules 1 to 3 of checkReply.
func checkHostReceipt(doc wire.Raw, c *Continuation, hash wire.Digest) (*hostReceipt, error) {
	r, md, err := openReceipt(doc, c.TargetKernel) // 1
	if err != nil {
		return nil, err
	}
	if r.ReceiptKind != receipt.MediatedDecision || r.Decision == nil { // 2
		return nil, fmt.Errorf("%w: it is no decision", ErrPeerReceipt)
	}
	if r.ToolServer != c.Server || r.ToolName != c.Tool || r.CapabilityID != c.CapabilityID { // 2
		return nil, fmt.Errorf("%w: it is about %.80s/%.80s under %.80s", ErrPeerReceipt, r.ToolServer, r.ToolName, r.CapabilityID)
	}
	f := md.Federation
	if md.CallID != c.CallID || md.ArgsSHA256 != c.ArgsSHA256 { // 3
		return nil, fmt.Errorf("%w: call id or arguments differ", ErrPeerReceipt)
	}
	if f == nil || f.Role != RoleHost || f.PeerDID != c.From.String() || f.TreatyID != c.TreatyID ||
		f.ContinuationSHA256 == nil || *f.ContinuationSHA256 != hash { // 3
		return nil, fmt.Errorf("%w: it does not name our continuation", ErrPeerReceipt)
	}
	if r.Decision.Verdict == receipt.Allow && (f.HopIndex != c.HopIndex || !slices.Equal(f.Lineage, c.Lineage)) { // 3
		return nil, fmt.Errorf("%w: it names another lineage than our continuation", ErrPeerReceipt)
	}
	return readHostReceipt(doc, r, md), nil
}

// openReceipt reads a receipt whose signer is known.
func openReceipt(doc wire.Raw, signer wire.PublicKey) (*receipt.Receipt, *receipt.Metadata, error) {
	if len(doc) == 0 {
		return nil, nil, fmt.Errorf("%w: there is none", ErrPeerReceipt)
	}
	r, res, err := receipt.VerifyJSON(doc, receipt.TrustKernel(signer))
	if err != nil {
		return nil, nil, err
	}
	if !res.Intact() || !res.SignerTrusted {
		return nil, nil, fmt.Errorf("%w: %s: %s", ErrPeerReceipt, res.Code, res.Detail)
	}
	again, err := r.Bytes()
	if err != nil || !bytes.Equal(again, doc) {
		return nil, nil, fmt.Errorf("%w: it is not in its canonical form", ErrPeerReceipt)
	}
	md, err := metadataOf(r)
	return r, md, err
}

// checkCharge bounds what a host may charge for a call that ran.
func checkCharge(h *hostReceipt, limit *wire.MonetaryAmount) error {
	if h.charge == nil || h.verdict != receipt.Allow {
		return nil
	}
	if limit == nil || limit.Currency != h.charge.Currency || h.charge.Units > limit.Units {
		return fmt.Errorf("%w: %d minor units of %.16s", ErrOverCharge, h.charge.Units, h.charge.Currency)
	}
	return nil
}
