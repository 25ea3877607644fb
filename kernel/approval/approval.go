package approval

import (
	"errors"

	"github.com/backbay-labs/chio-node/kernel"
	"github.com/backbay-labs/chio-node/wire"
)

// ErrNoChannel: this build cannot approve anything.
var ErrNoChannel = errors.New("no approval channel: this build approves nothing; use a policy that does not ask for approval")

// Pending is one decision that waits. It binds an approval to exactly one
// call: the arguments by hash, the guard that asked, the subject that called.
type Pending struct {
	ApprovalID string         `json:"approval_id"` // UUIDv7
	CallID     string         `json:"call_id"`
	Subject    wire.PublicKey `json:"subject"`
	Server     string         `json:"server"`
	Tool       string         `json:"tool"`
	ArgsSHA256 wire.Digest    `json:"args_sha256"`
	Guard      string         `json:"guard"`
	Reason     string         `json:"reason"`
	AskedAt    int64          `json:"asked_at"` // unix seconds
}

// Decide answers whether a pending decision was approved. It never is.
func Decide(Pending) (kernel.Verdict, error) { return kernel.Deny, ErrNoChannel }
