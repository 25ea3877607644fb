package settlement

import (
	"context"
	"errors"

	"github.com/backbay-labs/chio-node/did"
	"github.com/backbay-labs/chio-node/wire"
)

// ErrRefused: the peer refused a message; the error carries its reason.
var ErrRefused = errors.New("peer refused")

// Proposal is a statement signed by the payer, with the receipts it is over in
// ascending order. Undisputed says that the payer knows of receipts that the
// payee has beyond these, and that they stay for a later statement.
type Proposal struct {
	Statement  wire.Raw      `json:"statement"`
	Receipts   []wire.Digest `json:"receipts"`
	Undisputed bool          `json:"undisputed"`
}

// The statuses of an answer.
const (
	StatusAcked    = "acked"    // Statement carries both signatures
	StatusMismatch = "mismatch" // the two sides hold different obligations
	StatusRounds   = "rounds"   // Rounds are not known to the payee
	StatusRefused  = "refused"  // Reason says why
)

// Answer is the payee's. Of a mismatch, Missing are receipts it has in the
// period and the proposal lacks (at most 256), Extra those of the proposal that
// it cannot acknowledge; Root, Count and Gross are its own.
type Answer struct {
	Status    string        `json:"status"`
	Statement wire.Raw      `json:"statement,omitzero"`
	Rounds    []wire.Digest `json:"rounds,omitempty"`
	Root      wire.Digest   `json:"root,omitzero"`
	Count     uint64        `json:"count,omitzero"`
	Gross     uint64        `json:"gross,omitzero"`
	Missing   []wire.Digest `json:"missing,omitempty"`
	Extra     []wire.Digest `json:"extra,omitempty"`
	Reason    string        `json:"reason,omitempty"`
}

// Counterparty carries messages to the node of a peer, which answers with its
// own Settler: Propose with AnswerProposal, Deliver with AcceptVoucher, Offer
// with PutRound. A refusal by the peer wraps ErrRefused; any other error means
// that it is not known what the peer has.
type Counterparty interface {
	Propose(ctx context.Context, peer did.DID, p Proposal) (Answer, error)
	Deliver(ctx context.Context, peer did.DID, voucher []byte) error
	Offer(ctx context.Context, peer did.DID, round []byte) error
	// Consent asks with AnswerClose, and returns the payee's signature.
	Consent(ctx context.Context, peer did.DID, req CloseRequest) (string, error)
}
