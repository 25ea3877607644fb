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
	CloseAt                      int64 // unix seconds, 0 unless the payer is leaving
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
	// Track resumes and follows every transaction under way.
	Track(ctx context.Context) error
}
