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
// payee has beyond these, and that they stay for a later statement. A statement
// over more than a message holds has an Extent and lists no receipts: the payee
// knows them, and the root says whether they are the same.
type Proposal struct {
	Statement  wire.Raw      `json:"statement"`
	Receipts   []wire.Digest `json:"receipts"`
	Undisputed bool          `json:"undisputed"`
	Extent     *Extent       `json:"extent,omitzero"`
}

// Extent says which obligations of a treaty a statement is over: all that are in
// no statement up to the receipt Last of time To (unix seconds; of one second,
// those up to its id), without the receipts Beyond, which are ascending and 256 at
// most.
type Extent struct {
	To     int64         `json:"to"`
	Last   wire.Digest   `json:"last"`
	Beyond []wire.Digest `json:"beyond"`
}

// Descent asks the payee which receipts it has in some parts of an extent.
// Parts are numbers below 1024, ascending, 16 at most: the first ten bits of a
// receipt's id say which part it is in.
type Descent struct {
	Treaty wire.Digest `json:"treaty_id"`
	Extent Extent      `json:"extent"`
	Parts  []uint64    `json:"parts"`
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
// it cannot acknowledge; Root, Count and Gross are its own. Where the proposal
// has an Extent, Parts are the roots of its receipts by part instead, all 1024 of
// them; without them the payer lists what it proposes.
type Answer struct {
	Status    string        `json:"status"`
	Statement wire.Raw      `json:"statement,omitzero"`
	Rounds    []wire.Digest `json:"rounds,omitempty"`
	Root      wire.Digest   `json:"root,omitzero"`
	Count     uint64        `json:"count,omitzero"`
	Gross     uint64        `json:"gross,omitzero"`
	Missing   []wire.Digest `json:"missing,omitempty"`
	Extra     []wire.Digest `json:"extra,omitempty"`
	Parts     []wire.Digest `json:"parts,omitempty"`
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
	// Descend asks with AnswerDescent, and returns the receipts, ascending.
	Descend(ctx context.Context, peer did.DID, d Descent) ([]wire.Digest, error)
	// Consent asks with AnswerClose, and returns the payee's signature.
	Consent(ctx context.Context, peer did.DID, req CloseRequest) (string, error)
}
