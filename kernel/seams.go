package kernel

import (
	"github.com/backbay-labs/chio-node/kernel/capability"
	"github.com/backbay-labs/chio-node/kernel/receipt"
	"github.com/backbay-labs/chio-node/wire"
)

// This file holds the seams of step 9 and of the money that a cap in another
// currency needs. Each is optional in Config; what is nil denies whatever asks
// for it.

// ApprovalAsk is the approval that exactly one call needs. Its digest is what
// an approver signs, so a changed argument, capability or policy needs another
// approval.
type ApprovalAsk struct {
	Schema          string               `json:"schema"` // chio.approval_request.v1
	CallID          string               `json:"call_id"`
	Subject         wire.PublicKey       `json:"subject"` // the agent
	Server          string               `json:"server"`  // as addressed
	Tool            string               `json:"tool"`
	Operation       capability.Operation `json:"operation"`
	ArgsSHA256      wire.Digest          `json:"args_sha256"`
	Parameters      wire.Raw             `json:"parameters"` // what the receipt shows of the arguments
	IntentSHA256    *wire.Digest         `json:"intent_sha256,omitempty"`
	Purpose         string               `json:"purpose,omitempty"` // of the intent
	Capability      capability.Ref       `json:"capability"`
	PolicySHA256    wire.Digest          `json:"policy_sha256"`
	EffectiveSHA256 *wire.Digest         `json:"effective_sha256,omitempty"` // of the treaty direction
	PeerDID         string               `json:"peer_did,omitempty"`         // whose kernel sent the call
	Guard           string               `json:"guard"`                      // who asks
	Reason          string               `json:"reason"`
	Amount          *wire.MonetaryAmount `json:"amount,omitempty"` // worst case of the call
	Approvers       int                  `json:"approvers"`        // distinct approvers the grant demands; at least 1
}

// ApprovalAskSchema is the schema id of an ApprovalAsk.
const ApprovalAskSchema = "chio.approval_request.v1"

// ApprovalState is where an approval stands. The zero value is Awaited.
type ApprovalState uint8

// The states of an approval as the kernel sees it.
const (
	Awaited ApprovalState = iota
	Granted
	Refused
)

// ApprovalAnswer is what Approvals says about an ask.
type ApprovalAnswer struct {
	State         ApprovalState
	ID            string      // of the approval, also when it is only being asked for now
	RequestSHA256 wire.Digest // what an approver signs
	ExpiresAt     int64       // unix seconds: of the request when Awaited, of the approval when Granted
	Approvers     []wire.PublicKey
	BatchID       string
	Denial        *Denial // when Refused: who refused it, or that it expired or was used
	Use           any     // when Granted: what Admit must consume, untouched by the kernel
}

// Approvals knows what approvers said. Decide reads only: a new request
// becomes durable with the pending receipt (Refusal.Pending), and an approval
// is used up inside Admit (Admittance.Approval). presented are approval tokens
// that came with the mandate. An error denies.
type Approvals interface {
	Decide(ask *ApprovalAsk, presented []wire.Raw, now int64) (ApprovalAnswer, error)
}

// Awaiting is a call that waits for approval.
type Awaiting struct {
	Ask    *ApprovalAsk
	Answer ApprovalAnswer
}

// Bonds answers whether a bond covers a call of an autonomy tier that needs
// one. Its hold is taken inside Admit (Admittance.Bond). A non-nil Denial
// denies.
type Bonds interface {
	Cover(*Call, *Intent) (hold any, d *Denial)
}

// Lineage classifies a call chain: asserted, observed or verified.
type Lineage interface {
	Class(*CallChain) string
}

// Sessions keeps the journal of each session.
type Sessions interface {
	// View is the session so far; the zero view for a session without entries.
	View(session string) SessionView
	// Record appends a call whose receipt is durable.
	Record(session string, e SessionEntry)
}

// SessionView is a snapshot of a session's journal, for guards and receipts.
// Entries are the newest, oldest first; the totals count all.
type SessionView struct {
	ID       string
	Sequence uint64
	Head     wire.Digest // of the hash chain
	Calls    uint64
	Denied   uint64
	BytesIn  uint64 // arguments
	BytesOut uint64 // released results
	Entries  []SessionEntry
}

// SessionEntry is one call of a session: no arguments and no results.
type SessionEntry struct {
	At         int64                // unix seconds
	CallID     string               //
	Server     string               //
	Tool       string               //
	Operation  capability.Operation //
	ArgsSHA256 wire.Digest          //
	Ended      string               // the receipt's verdict word
	Code       Code                 // of a denial
	ReceiptID  string               //
	BytesIn    uint64
	BytesOut   uint64
}

// Converter turns a tool's price into the currency of a cap, at the signed
// oracle round the price names. It must be a pure function of the amount, the
// currency and the round.
type Converter interface {
	Convert(price wire.MonetaryAmount, currency string, round *wire.Digest, now int64) (Conversion, error)
}

// Conversion is one price in one other currency.
type Conversion interface {
	// Hold is the worst case: maximum plus margin, rounded up.
	Hold() wire.MonetaryAmount
	// Cost is an actual cost, never more than Hold: median, half-even.
	Cost(actual wire.MonetaryAmount) (wire.MonetaryAmount, error)
	Evidence() receipt.OracleEvidence
}
