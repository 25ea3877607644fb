package settlement

import (
	"context"

	"github.com/backbay-labs/chio-node/wire"
)

// Channel is what a payment channel's id is made of on one contract.
type Channel struct {
	Payer, Payee string // addresses
	Token        string
	Salt         wire.Digest
}

// Standing is a channel on its chain, in units of the token. The final figures
// can no longer change back; FinalBlock is where they were read, 0 if the rail
// does not say.
type Standing struct {
	Deposited, Settled           uint64
	FinalDeposited, FinalSettled uint64
	FinalBlock                   uint64
	FinalHash                    wire.Digest
	Block                        uint64 // where the others were read, 0 if the rail does not say
	CloseAt                      int64  // unix seconds, 0 unless the payer is leaving
	Epoch, FinalEpoch            uint64 // how often the channel has ended
	Time                         int64  // the chain's clock, unix seconds
}

// Return is what one end of a channel gave back to its payer, in a mined block.
type Return struct {
	Amount uint64 // token units
	Tx     wire.Digest
	Block  uint64
}

// Transfer is a transaction that was mined.
type Transfer struct {
	Tx        wire.Digest // zero if somebody else's did it
	Block     uint64
	BlockHash wire.Digest
	Settled   uint64 // of a redemption: the channel's total afterwards
	Final     bool
}

// Voucher is what a voucher file says, its signature verified.
type Voucher struct {
	ChainID, Contract   string
	Channel             wire.Digest
	Payer, Payee, Token string
	Cumulative          uint64
	Statement           wire.Digest
}

// Rail moves money through channels of one contract with this node's
// settlement key. Every method that sends is resumable: called again with the
// same arguments it finds its transaction instead of making another.
type Rail interface {
	ChainID() string // CAIP-2
	Contract() string
	Token() string
	Address() string // of the settlement key

	ChannelID(Channel) (wire.Digest, error)
	Standing(ctx context.Context, channel wire.Digest) (Standing, error)
	// Fund makes the deposit with a sequence number and returns once mined.
	Fund(ctx context.Context, c Channel, amount, sequence uint64) (Transfer, error)
	// Funding returns a deposit that Fund has begun; false means that it left
	// no trace and its number is free.
	Funding(c Channel, sequence uint64) (Transfer, bool, error)
	// SignVoucher gives the same bytes for the same arguments.
	SignVoucher(c Channel, cumulative uint64, statement wire.Digest) ([]byte, error)
	ParseVoucher(doc []byte) (Voucher, error)
	// Redeem has a voucher paid and returns once mined; what was paid before
	// is not paid again.
	Redeem(ctx context.Context, voucher []byte) (Transfer, error)
	// Close announces that we leave a channel in which we pay; Withdraw returns
	// what is left to us once its grace period is over, ErrGrace before. Both
	// return once mined.
	Close(ctx context.Context, c Channel) (Transfer, error)
	Withdraw(ctx context.Context, c Channel) (Transfer, error)
	// SignConsent signs, as payee, that a channel may end so; CloseWithConsent
	// ends it, as payer, and returns once mined.
	SignConsent(req CloseRequest) (string, error)
	CloseWithConsent(ctx context.Context, c Channel, req CloseRequest, consent string) (Transfer, error)
	// Returns lists the ends of a channel after a block, in their order.
	Returns(ctx context.Context, channel wire.Digest, after uint64) ([]Return, error)
	// Track resumes and follows every transaction under way.
	Track(ctx context.Context) error
}

// Note is what a note file says, its signature verified, and its token's domain
// compared with the token's own.
type Note struct {
	ChainID, Token string
	From, To       string // addresses
	Amount         uint64
	Statement      wire.Digest
	ValidAfter     int64 // unix seconds, exclusive
	Expires        int64 // unix seconds, exclusive
}

// NoteState is what the token says of a note.
type NoteState struct {
	Used      bool // its nonce is spent
	Paid      bool // by a transfer of exactly what it says
	Cancelled bool // by its payer
	Transfer  Transfer
}

// NoteRail pays statements one by one with authorizations of a token. There is
// no deposit: until one is paid for good, the payee carries the credit.
type NoteRail interface {
	ChainID() string // CAIP-2
	Token() string
	Address() string // of the settlement key

	// Head is the newest block; a note cannot have been paid before it was made.
	Head(ctx context.Context) (uint64, error)
	SignNote(ctx context.Context, n Note) ([]byte, error)
	ParseNote(ctx context.Context, doc []byte) (Note, error)
	// SubmitNote has a note paid and returns once mined. It is resumable, and
	// wraps ErrUnpaid if the token refuses it.
	SubmitNote(ctx context.Context, doc []byte) (Transfer, error)
	// FindNote asks the token; since is the block to search from.
	FindNote(ctx context.Context, doc []byte, since uint64) (NoteState, error)
	Track(ctx context.Context) error
}
