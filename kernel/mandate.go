package kernel

import (
	"context"

	"github.com/backbay-labs/chio-node/kernel/capability"
	"github.com/backbay-labs/chio-node/kernel/receipt"
	"github.com/backbay-labs/chio-node/wire"
)

// The limits of one mandate.
const (
	MaxNameBytes  = 256 // server, tool
	MaxChainDepth = 4   // delegations; a chain has one token more
)

// Mandate is the intent expressed by a request: tool, arguments, and the
// authority presented for it. Edges build it; nothing in it is trusted yet.
type Mandate struct {
	CallID    string // UUIDv7, unique per call at this kernel
	Server    string // as addressed: "files", or "did:chio:<hex>/files" for a peer's
	Tool      string
	Operation capability.Operation
	Arguments wire.Raw           // one JSON object, within wire.ForeignLimits
	Chain     []capability.Token // root first, leaf last
	Proof     *wire.Envelope     // chio.holder_proof.v1
	// Made is the proof instead, if it was signed in this process.
	Made     *capability.MadeProof
	Holder   receipt.Holder // who signed the proof
	Passport *PassportRef   // the passport the capability was issued on, if any
	Origin   *Origin        // set when a treaty peer's kernel sent the call
	Edge     string         // mcp | api | federation | embedded
	Session  string         // the caller's session at the edge; "" has no journal

	// Progress receives what the tool says while it runs, JSON objects, each
	// judged as results are; nil asks for none. It must not block. Dispatchers
	// call it from any goroutine until Dispatch returns.
	Progress func(wire.Raw)

	// Surface is where the request came from, as the operator of the edge says;
	// nil when nobody said. Agents cannot set it.
	Surface *Surface
	// Roots confine the session to directories; nil does not, empty permits none.
	Roots []string

	Intent    wire.Raw   // an Intent, bound by the holder proof; nil for an ungoverned call
	Approvals []wire.Raw // chio.approval.v1 tokens the caller was given
}

// Surface is the origin of a request in the words of HushSpec's origins
// extension: the chat, ticket or repository that made the agent act.
type Surface struct {
	Provider             string   `json:"provider,omitempty"`
	TenantID             string   `json:"tenant_id,omitempty"`
	SpaceID              string   `json:"space_id,omitempty"`
	SpaceType            string   `json:"space_type,omitempty"`
	Visibility           string   `json:"visibility,omitempty"`
	ExternalParticipants *bool    `json:"external_participants,omitzero"`
	Tags                 []string `json:"tags,omitempty"`
	Sensitivity          string   `json:"sensitivity,omitempty"`
	ActorRole            string   `json:"actor_role,omitempty"`
	OrganizationID       string   `json:"organization_id,omitempty"`
	Groups               []string `json:"groups,omitempty"`
	Roles                []string `json:"roles,omitempty"`
}

// PassportRef names a passport for revocation: the issuer's DID and the id.
type PassportRef struct {
	Issuer string `json:"issuer"`
	ID     string `json:"id"`
}

// Origin is what the federation layer established about a call that a peer's
// kernel sent: transport peer = treaty peer, continuation signed by the peer's
// bound kernel key. The kernel checks that key = issuer of the leaf token.
type Origin struct {
	PeerDID            string
	PeerKernel         wire.PublicKey
	TreatyID           wire.Digest
	ContinuationSHA256 wire.Digest
	MaxCharge          *wire.MonetaryAmount
	PriceRound         *wire.Digest
	HopIndex           int           // borders crossed before this one
	Lineage            []wire.Digest // the continuations by which they were
	IntentSHA256       *wire.Digest  // of a governed intent that stayed at the peer
	// Children lists the calls to other organisations that this one led to, for
	// its receipt; nil if there can be none.
	Children func() []receipt.Child
}

// Route says where a call goes, before anything is dispatched.
type Route struct {
	Server     string         // server name at the kernel that executes
	Audience   wire.PublicKey // kernel key of that kernel
	PeerDID    string         // "" when this kernel executes
	PeerKernel wire.PublicKey // the treaty peer's kernel key, when PeerDID is set
	TreatyID   *wire.Digest
	Price      *wire.MonetaryAmount // worst case of one call; nil is free
	PriceRound *wire.Digest         // the oracle round the quote names
	Shape      *Shape               // the tool manifest's declared action shape
	// Resolve follows symbolic links on the file system the tool acts on, where
	// this node sees it (see capability.CallFacts); nil judges paths as written.
	Resolve func(path string) (string, error)
}

// Shape is a tool manifest's declaration of what a call does: the kind of
// action and the JSON pointers of the arguments that matter.
type Shape struct {
	// Action is a kind of action: file_read | file_write | egress | shell |
	// patch | tool | code | browser | database | external_api | memory_write |
	// memory_read | computer_use | input.
	Action   string   `json:"action"`
	Paths    []string `json:"paths,omitempty"` // RFC 6901 pointers to path arguments
	URLs     []string `json:"urls,omitempty"`
	Commands []string `json:"commands,omitempty"`
	// Content points at what is written, patched, executed, typed or queried.
	Content []string `json:"content,omitempty"`
}

// Dispatcher finds and calls tools. Route must not have effects. Dispatch is
// called once per admitted call; an error that wraps ErrNotDispatched means
// the effect certainly did not happen, any other error means it is unknown.
type Dispatcher interface {
	Route(context.Context, *Mandate) (Route, error)
	Dispatch(context.Context, *Mandate, Route, Ticket) (Result, error)
}

// Result is what a tool returned.
type Result struct {
	Content wire.Raw             // the protocol's result object, canonical
	IsError bool                 // the tool ran and reported failure
	Cost    *wire.MonetaryAmount // actual charge; nil means Route.Price
	Peer    *PeerOutcome         // what the peer's kernel decided, for a remote call
	Attach  any                  // passed to Admission.Close untouched
}

// PeerOutcome is the executing kernel's decision on a cross-organisation call,
// already verified by the federation layer.
type PeerOutcome struct {
	ReceiptID          string
	Verdict            string // a receipt verdict
	Code               string
	Reason             string
	ContinuationSHA256 wire.Digest
	HopIndex           int           // of our call
	Lineage            []wire.Digest // of our call
	Children           []receipt.Child
}

// Revocations answers step 4 from memory. A non-nil Denial denies.
type Revocations interface {
	Check(chain []capability.Token, passport *PassportRef, subject wire.PublicKey, origin *Origin, now int64) *Denial
	Epoch() uint64
}

// Switches answers step 1: emergency stop and kill switches.
type Switches interface {
	Stopped(*Mandate) *Denial
}

// PolicySource selects what judges a call; an error denies.
type PolicySource interface {
	Policy(*Mandate, Route) (*Policy, error)
}

// Admission is the durable half of a call: three transactions of which every
// call takes exactly one path: Refuse, or Admit then Close.
type Admission interface {
	// Ready reports whether a receipt could be recorded now.
	Ready() error
	// Admit makes nonce, holds and the open intent durable in one
	// transaction, or nothing. A *Denial error says why not.
	Admit(context.Context, *Admittance) (Ticket, error)
	// Close makes the receipt, the reconciled holds and the closed intent
	// durable in one transaction. A closing without a receipt says that none
	// could be signed: nothing is closed and nothing more may be admitted.
	Close(context.Context, *Closing) error
	// Refuse makes a denial's receipt and the mandate's nonce durable.
	Refuse(context.Context, *Refusal) error
}

// Admittance is what step 10 asks for.
type Admittance struct {
	Call   *Call
	Nonce  *Nonce
	Holds  []HoldRequest        // leaf first, then every ancestor this kernel counts
	Charge *wire.MonetaryAmount // worst case of this call; nil is free
	// ChargeIn is Charge in another currency, for budgets that the operator
	// caps in one; nil denies where one is asked for.
	ChargeIn func(currency string) (*wire.MonetaryAmount, error)
	// Approval and Bond are what step 9 found, to be used up or held here.
	Approval *ApprovalAnswer
	Bond     any
	// Consume is what guards want taken up with the call, for the participants
	// that know it.
	Consume []any
	// PolicyHash is the local policy in force, so that a receipt written after
	// a crash can name it.
	PolicyHash wire.Digest
}

// Nonce is the holder proof's, kept until it could no longer be fresh.
type Nonce struct {
	AgentKey  wire.PublicKey
	Value     string
	ExpiresAt int64
}

// HoldRequest asks for room under one token. The first candidate with room is
// taken; none with room denies the whole call.
type HoldRequest struct {
	Token      capability.Ref
	ExpiresAt  int64
	Candidates []GrantCap
	// MaxFamily is the token's aggregate invocation budget: a bound on the
	// calls under all its grants and, for a delegation family, of every token
	// below it. nil is none.
	MaxFamily *uint32
}

// GrantCap is one matching grant's caps, in match order.
type GrantCap struct {
	Index                int
	MaxInvocations       *uint32
	MaxCostPerInvocation *wire.MonetaryAmount
	MaxTotalCost         *wire.MonetaryAmount
	// Charge is what to hold under this grant, if its caps are in another
	// currency than the price; nil means Admittance.Charge.
	Charge *wire.MonetaryAmount
}

// Ticket is the proof of admission: what was held under which grants.
type Ticket struct {
	CallID string
	Held   []HeldGrant // in the order of Admittance.Holds
	Charge *wire.MonetaryAmount
	Attach any // what a transaction participant left for the dispatcher
}

// HeldGrant is one hold taken.
type HeldGrant struct {
	Token       capability.Ref
	Index       int
	BudgetTotal *wire.MonetaryAmount // nil: no total cap
	Remaining   uint64               // of BudgetTotal, after this hold
	Amount      wire.MonetaryAmount  // held under this grant; zero if the call is free
}

// Settlement of a hold when a call closes.
type Disposition uint8

// What happens to the holds of a closed call.
const (
	Retain  Disposition = iota // effect unknown: the hold stays spent
	Release                    // the effect certainly did not happen
	Commit                     // reconcile to Closing.Cost, release the rest
)

// Closing is what step 14 asks for.
type Closing struct {
	Call        *Call
	Ticket      Ticket
	Disposition Disposition
	Cost        *wire.MonetaryAmount
	// HeldCosts are the costs in the currencies of the holds, in the order of
	// Ticket.Held, where they differ from Cost; nil entries mean Cost.
	HeldCosts []*wire.MonetaryAmount
	// CostIn is Cost in another currency, as Admittance.ChargeIn; nil commits
	// whatever is held in one whole.
	CostIn      func(currency string) (*wire.MonetaryAmount, error)
	Receipt     *receipt.Receipt
	ReceiptJSON []byte // canonical, signature included: the log's leaf
	Result      *Result
	Content     wire.Raw // what step 15 will release; nil unless the verdict is allow
}

// Refusal is what a denial asks for. Nonce is nil if the proof did not verify:
// a stranger must not fill the store with nonces.
type Refusal struct {
	Call        *Call // Route is zero if routing was not reached
	Nonce       *Nonce
	Pending     *Awaiting // the call is not denied: it waits for approval
	Receipt     *receipt.Receipt
	ReceiptJSON []byte
}

// Outcome always carries a receipt. Content is nil unless Verdict is Allow.
type Outcome struct {
	Verdict  Verdict
	Denial   *Denial // nil on Allow
	Receipt  *receipt.Receipt
	Content  wire.Raw
	IsError  bool      // the tool ran and reported failure
	Unlogged bool      // the receipt is signed but could not be recorded
	Ended    string    // the receipt's verdict word: allow, deny, cancelled, incomplete, pending_approval
	Pending  *Awaiting // when Ended is pending_approval
	Peer     *PeerOutcome
	Attach   any
}
