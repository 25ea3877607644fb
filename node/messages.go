package node

import (
	"github.com/backbay-labs/chio-node/kernel/capability"
	"github.com/backbay-labs/chio-node/oracle"
	"github.com/backbay-labs/chio-node/p2p"
	"github.com/backbay-labs/chio-node/vc/oidc"
	"github.com/backbay-labs/chio-node/vc/passport"
	"github.com/backbay-labs/chio-node/wire"
)

// The requests and answers of the API, one pair per operation. The command
// line and other programs speak exactly these; every field is snake_case JSON.

// Empty is the request of an operation that needs nothing.
type Empty struct{}

// Status answers "status".
type Status struct {
	Name       string         `json:"name"`
	DID        string         `json:"did"`
	KernelKey  wire.PublicKey `json:"kernel_key"`
	LogID      string         `json:"log_id"`
	Peer       string         `json:"peer,omitempty"` // did:chio:…@multiaddr, when the network is up
	API        string         `json:"api,omitempty"`
	Settlement string         `json:"settlement_address"` // 0x…
	Oracle     string         `json:"oracle_address"`     // 0x…
	Policy     wire.Digest    `json:"policy_hash"`
	// PolicyState says how the local policy stands.
	PolicyState PolicyStatus `json:"policy"`
	Receipts    uint64       `json:"receipts"`
	Servers     []ServerInfo `json:"servers"`
	Sealed      bool         `json:"keys_sealed"` // by a passphrase
	Ready       bool         `json:"ready"`
	Problem     string       `json:"problem,omitempty"`
	Stops       []StopInfo   `json:"stops,omitempty"` // what the operator stopped

	// Junk counts what came in without a receipt since the start: requests that
	// were not authenticated, or could not be parsed.
	Junk uint64 `json:"junk_requests,omitzero"`
	// SilentWitnesses have not said since the start which head of our log they hold.
	SilentWitnesses []string `json:"silent_witnesses,omitempty"`
	// Refused counts what the network turned away since the start.
	Refused p2p.Refused `json:"refused"`
	// Relays is how this node stands with each relay of its configuration, and
	// Reachability whether they can dial it.
	Relays       []p2p.Relay      `json:"relays,omitempty"`
	Reachability p2p.Reachability `json:"reachability,omitempty"`
}

// ServerInfo is one attached tool server.
type ServerInfo struct {
	Name  string   `json:"name"`
	Tools []string `json:"tools"`
	// Confinement is what the operating system keeps the server from.
	Confinement string `json:"confinement,omitempty"`
}

// ResolveRequest asks "did/resolve" for a DID or DID URL; "" means this node's
// own DID. Accept is a media type of a document, or that of a resolution.
type ResolveRequest struct {
	DID    string `json:"did,omitempty"`
	Accept string `json:"accept,omitempty"`
}

// IssuePassport asks "passport/issue".
type IssuePassport struct {
	Agent        string   `json:"agent"`
	Roles        []string `json:"roles,omitempty"`
	AutonomyTier string   `json:"autonomy_tier,omitempty"` // default delegated
	RuntimeTier  string   `json:"runtime_tier,omitempty"`  // basic | attested | verified; default not said
	TTLSeconds   int64    `json:"ttl_seconds,omitzero"`    // default 30 days
	// Provenance refers to how an enterprise's identity provider vouched.
	Provenance *passport.Provenance `json:"enterprise_provenance,omitempty"`
	// Login is the answer to a login that was started by "login/start", in the
	// place of Provenance: the node asks the provider itself.
	Login *oidc.Answer `json:"login,omitempty"`
	// Reputation is what was computed of the agent.
	Reputation *passport.Reputation `json:"reputation,omitempty"`
	// FromReceipts fills the reputation in from this node's receipts, as of now.
	FromReceipts bool `json:"from_receipts,omitzero"`
	// Key is the agent's own; nil lets the node make one and keep it for it.
	Key *wire.PublicKey `json:"key,omitempty"`
}

// PassportInfo is one passport as this node knows it.
type PassportInfo struct {
	ID           string         `json:"id"`
	Agent        string         `json:"agent"`
	AgentDID     string         `json:"agent_did"`
	Issuer       string         `json:"issuer"`
	Imported     bool           `json:"imported,omitzero"` // of another organisation
	Status       passport.State `json:"status"`
	ValidFrom    string         `json:"valid_from"`
	ValidUntil   string         `json:"valid_until"`
	SupersededBy string         `json:"superseded_by,omitempty"`
	Supersedes   string         `json:"supersedes,omitempty"`
	Reason       string         `json:"reason,omitempty"` // of the last change
}

// IssuedPassport answers "passport/issue" and "passport/show": File is the
// canonical passport file, ready to be written.
type IssuedPassport struct {
	Passport PassportInfo `json:"passport"`
	File     wire.Raw     `json:"file"`
}

// PassportRequest names a passport by id, or by its agent's name.
type PassportRequest struct {
	ID     string `json:"id,omitempty"`
	Agent  string `json:"agent,omitempty"`
	Reason string `json:"reason,omitempty"` // of a change
}

// Revoked answers every revocation.
type Revoked struct {
	ID    string `json:"id"`
	Epoch uint64 `json:"epoch"`
}

// IssueCapability asks "capability/issue". Server may be a peer's. Instead of
// one of our agents, Subject may be the key of another organisation's agent,
// on the strength of the passport file it showed.
type IssueCapability struct {
	Agent          string                  `json:"agent,omitempty"`
	Subject        *wire.PublicKey         `json:"subject,omitempty"`
	PassportFile   wire.Raw                `json:"passport_file,omitempty"`
	Server         string                  `json:"server"`
	Tools          []string                `json:"tools"`
	TTLSeconds     int64                   `json:"ttl_seconds,omitzero"`
	MaxInvocations *uint32                 `json:"max_invocations,omitempty"` // per tool
	MaxPerCall     *wire.MonetaryAmount    `json:"max_per_call,omitempty"`
	MaxTotal       *wire.MonetaryAmount    `json:"max_total,omitempty"` // per tool
	Constraints    []capability.Constraint `json:"constraints,omitempty"`
	Operations     []capability.Operation  `json:"operations,omitempty"` // on the tools; default invoke
	Resources      []string                `json:"resources,omitempty"`  // URI patterns the agent may read and subscribe to
	Prompts        []string                `json:"prompts,omitempty"`    // name patterns it may get
	Delegate       bool                    `json:"delegate,omitzero"`    // it may pass part of it on
	MaxFamily      *uint32                 `json:"max_family,omitempty"` // calls under this token and all below it
}

// CapabilityInfo is one capability with the state the node keeps for it.
type CapabilityInfo struct {
	ID        string             `json:"id"`
	Agent     string             `json:"agent,omitempty"`
	Subject   wire.PublicKey     `json:"subject"`
	ExpiresAt int64              `json:"expires_at"`
	Revoked   bool               `json:"revoked"`
	Chain     []capability.Token `json:"chain"`
	Budgets   []BudgetInfo       `json:"budgets,omitempty"` // per grant of the leaf token
}

// BudgetInfo is what one grant has spent.
type BudgetInfo struct {
	Grant       int    `json:"grant"`
	Tool        string `json:"tool"`
	Invocations uint64 `json:"invocations"`
	Spent       uint64 `json:"spent_minor"` // held, committed and retained
	Total       uint64 `json:"total_minor,omitzero"`
	Currency    string `json:"currency,omitempty"`
}

// ByID names an artifact.
type ByID struct {
	ID string `json:"id"`
}

// CallRequest asks "call".
type CallRequest struct {
	Agent     string   `json:"agent,omitempty"` // default: local
	Server    string   `json:"server"`
	Tool      string   `json:"tool"`
	Arguments wire.Raw `json:"arguments"`
	CallID    string   `json:"call_id,omitempty"` // resumes a call that waited for approval; "" draws one
	Session   string   `json:"session,omitempty"`
	// The operator vouches for these two, as the receipt says.
	OnBehalfOf string `json:"on_behalf_of,omitempty"`
	Human      bool   `json:"human,omitzero"`

	Intent    wire.Raw   `json:"intent,omitempty"`    // a governed call's
	Approvals []wire.Raw `json:"approvals,omitempty"` // chio.approval.v1 tokens
}

// CallAnswer answers "call". A denied call is an answer, not an error.
type CallAnswer struct {
	Verdict       string   `json:"verdict"`
	Ended         string   `json:"ended"` // the receipt's verdict word
	Code          string   `json:"code,omitempty"`
	Guard         string   `json:"guard,omitempty"`
	Reason        string   `json:"reason,omitempty"`
	Fix           string   `json:"fix,omitempty"`
	BoundBy       string   `json:"bound_by,omitempty"`
	Content       wire.Raw `json:"content,omitempty"`
	IsError       bool     `json:"is_error,omitzero"`
	ReceiptID     string   `json:"receipt_id"`
	PeerReceiptID string   `json:"peer_receipt_id,omitempty"`
	PeerCode      string   `json:"peer_code,omitempty"`
	Charged       uint64   `json:"charged_minor"`
	Currency      string   `json:"currency,omitempty"`
	Remaining     *uint64  `json:"budget_remaining_minor,omitempty"`
	Unlogged      bool     `json:"unlogged,omitzero"`

	// Of a call that waits for approval: send it again under CallID.
	ApprovalID string `json:"approval_id,omitempty"`
	CallID     string `json:"call_id,omitempty"`
	ExpiresAt  int64  `json:"expires_at,omitzero"`
}

// ProveRequest asks "agent/prove": a holder proof by an agent whose key this
// node keeps, for a call it will make at another kernel by itself.
type ProveRequest struct {
	Agent        string         `json:"agent"`
	Audience     wire.PublicKey `json:"audience"` // kernel key of the kernel that executes
	Server       string         `json:"server"`
	Tool         string         `json:"tool"`
	Arguments    wire.Raw       `json:"arguments"`
	CapabilityID string         `json:"capability_id"`
	CallID       string         `json:"call_id,omitempty"` // "" draws one
	Session      string         `json:"session,omitempty"`
	OnBehalfOf   string         `json:"on_behalf_of,omitempty"`
	Human        bool           `json:"human,omitzero"`
	Intent       wire.Raw       `json:"intent,omitempty"`
}

// Proved answers "agent/prove".
type Proved struct {
	CallID string         `json:"call_id"`
	Proof  *wire.Envelope `json:"proof"`
}

// AgentCall is what an agent posts to /agent/call. It authenticates itself:
// no operator's token, only its capability and its proof.
type AgentCall struct {
	CallID    string             `json:"call_id"`
	Server    string             `json:"server"`
	Tool      string             `json:"tool"`
	Arguments wire.Raw           `json:"arguments"`
	Chain     []capability.Token `json:"chain"`
	Proof     *wire.Envelope     `json:"proof"`
	Session   string             `json:"session,omitempty"` // as the proof binds it, like all below
	// Whom the agent says it acts for, and whether a person asked for this call.
	OnBehalfOf string `json:"on_behalf_of,omitempty"`
	Human      bool   `json:"human,omitzero"`

	Intent    wire.Raw   `json:"intent,omitempty"`    // as the proof binds it
	Approvals []wire.Raw `json:"approvals,omitempty"` // chio.approval.v1 tokens
}

// Files answers "export": file name to canonical content.
type Files struct {
	Files map[string]wire.Raw `json:"files"`
}

// PeerRequest names a peer: did:chio:…@multiaddr, or a DID already known.
// Terms, the text of a terms file, replaces the default terms for this peer
// from now on.
type PeerRequest struct {
	Peer  string `json:"peer"`
	Terms string `json:"terms,omitempty"`
}

// TermLine is one line of the stricter-of-two view.
type TermLine struct {
	Direction string `json:"direction"` // "acme → globex"
	Field     string `json:"field"`
	Ours      string `json:"ours"`
	Theirs    string `json:"theirs"`
	Effective string `json:"effective"`
	Stricter  string `json:"stricter"` // ours | theirs | both | equal
	Note      string `json:"note,omitempty"`
}

// FederatePreview answers "federate/preview".
type FederatePreview struct {
	PeerDID    string      `json:"peer_did"`
	TreatyHash wire.Digest `json:"treaty_hash"`
	Lines      []TermLine  `json:"lines"`
	Expires    int64       `json:"expires"`

	Passport *PeerPassport `json:"passport,omitzero"` // of the peer, if federation.minimum_passport asks for one
}

// Propose asks "federate/propose": the treaty whose hash the operator saw.
type Propose struct {
	Peer   string      `json:"peer"`
	Accept wire.Digest `json:"accept"`
}

// AcceptTreaty asks "federate/accept".
type AcceptTreaty struct {
	DID    string      `json:"did"`
	Accept wire.Digest `json:"accept"`
}

// PeerInfo is one peer.
type PeerInfo struct {
	DID       string       `json:"did"`
	State     string       `json:"state"`
	Reason    string       `json:"reason,omitempty"` // why it is frozen, terminated or revoked
	Address   string       `json:"address,omitempty"`
	Treaty    *wire.Digest `json:"treaty,omitempty"`
	Revision  uint64       `json:"revision,omitzero"`
	Expires   int64        `json:"expires,omitzero"`
	LogID     string       `json:"log_id,omitempty"`
	HeadSize  uint64       `json:"head_size,omitzero"` // their log head we hold, cosigned
	Witnessed uint64       `json:"witnessed,omitzero"` // our head they cosigned
	Foreign   uint64       `json:"foreign_receipts,omitzero"`
	Joint     uint64       `json:"joint_receipts,omitzero"`

	ClockSkew   int64  `json:"clock_skew_seconds,omitzero"` // how far its clock was ahead of ours at the last hello
	Listeners   int    `json:"gossip_peers,omitzero"`       // connected peers in its log's topic
	HeardSize   uint64 `json:"heard_size,omitzero"`         // the largest head of its log that was gossiped or witnessed
	Witnesses   int    `json:"heard_witnesses,omitzero"`    // peers of ours that cosigned that head
	ShrunkFrom  uint64 `json:"shrunk_from,omitzero"`        // its log was longer once: a head of so many receipts was signed
	Untold      int    `json:"untold,omitzero"`             // notices of ours that have not reached it
	Equivocated bool   `json:"equivocated,omitzero"`        // there is evidence: federate evidence
	Refused     uint64 `json:"refused_streams,omitzero"`    // streams of it since the start that were over a rate

	Resolution *PeerResolution `json:"resolution,omitzero"`
	Passport   *PeerPassport   `json:"passport,omitzero"` // if federation.minimum_passport asks for one
}

// PeerPassport is the passport that a peer showed last, empty if none, and
// whether it counts now. Times are unix seconds.
type PeerPassport struct {
	Counts       bool   `json:"counts"`
	Reason       string `json:"reason,omitempty"` // why it does not
	Issuer       string `json:"issuer,omitempty"`
	ID           string `json:"id,omitempty"`
	Name         string `json:"name,omitempty"` // what its issuer calls the peer
	AutonomyTier string `json:"autonomy_tier,omitempty"`
	ShownAt      int64  `json:"shown_at,omitzero"`
	Until        int64  `json:"until,omitzero"` // it, or its status lists, counts before
}

// PeerResolution is what is said together about evidence.
type PeerResolution struct {
	SHA256    wire.Digest `json:"sha256"`
	Accused   string      `json:"accused"`
	Statement string      `json:"statement"`
	Signed    bool        `json:"signed,omitzero"` // by both; else by who is not accused
}

// EvidenceRequest asks "federate/evidence".
type EvidenceRequest struct {
	DID string `json:"did"`
}

// EvidenceFile answers "federate/evidence": the file that proves that a peer's
// log signed two heads of one size, for chio-verify equivocation.
type EvidenceFile struct {
	DID   string      `json:"did"`
	LogID string      `json:"log_id"`
	Size  uint64      `json:"size"`
	RootA wire.Digest `json:"root_a"`
	RootB wire.Digest `json:"root_b"`
	File  string      `json:"file"`
}

// PeerList answers "federate/list" and "federate/pending".
type PeerList struct {
	Peers []PeerInfo `json:"peers"`
}

// FundRequest asks "settle/fund": amount in the settlement token.
type FundRequest struct {
	Peer   string              `json:"peer"`
	Amount wire.MonetaryAmount `json:"amount"`
}

// SettleRequest asks "settle/run": one peer, or all when empty.
type SettleRequest struct {
	Peer string `json:"peer,omitempty"`
}

// SettlementEvidenceRequest asks "settle/evidence": everything that one statement
// rests on.
type SettlementEvidenceRequest struct {
	Statement wire.Digest `json:"statement"`
}

// SettlementEvidence answers "settle/evidence" with the file that
// chio-node settle verify judges.
type SettlementEvidence struct {
	Statement wire.Digest `json:"statement"`
	Evidence  wire.Raw    `json:"evidence"`
}

// SettleAnswer answers "settle/fund" and "settle/run".
type SettleAnswer struct {
	Peers []SettledPeer `json:"peers"`
}

// SettledPeer is what one run did with one peer.
type SettledPeer struct {
	Peer       string               `json:"peer"`
	Direction  string               `json:"direction"` // payer | payee
	Receipts   uint64               `json:"receipts"`
	Gross      *wire.MonetaryAmount `json:"gross,omitempty"`
	Net        *wire.MonetaryAmount `json:"net,omitempty"`
	Statement  *wire.Digest         `json:"statement,omitempty"`
	Cumulative uint64               `json:"cumulative_minor,omitzero"`
	Channel    string               `json:"channel,omitempty"`
	Tx         string               `json:"tx,omitempty"`
	Block      uint64               `json:"block,omitzero"`
	GasUsed    uint64               `json:"gas_used,omitzero"`
	State      string               `json:"state"`
	Problem    string               `json:"problem,omitempty"`
}

// SignPrice asks "oracle/sign": one observation by this node's oracle key.
type SignPrice struct {
	Base       string `json:"base"`
	Quote      string `json:"quote"`
	Value      int64  `json:"value"` // price of one base in quote = value·10^expo
	Expo       int32  `json:"expo"`
	Source     string `json:"source"`
	TTLSeconds int64  `json:"ttl_seconds,omitzero"`
}

// Observation answers "oracle/sign".
type Observation struct {
	Observation wire.Raw `json:"observation"`
	State       string   `json:"state,omitempty"`    // of the sources
	Problems    []string `json:"problems,omitempty"` // of sources that do not count
}

// ObservePrice asks "oracle/observe": an observation of what the configured
// sources of a pair say.
type ObservePrice struct {
	Pair string `json:"pair"` // as USDC/USD
}

// ResetPair asks "oracle/reset": to end a trip or a pause, or to pause.
type ResetPair struct {
	Pair  string `json:"pair"`
	Word  string `json:"word"` // the operator's, logged
	Pause bool   `json:"pause,omitzero"`
}

// PairState answers "oracle/reset".
type PairState struct {
	Pair   string       `json:"pair"`
	Trip   *oracle.Trip `json:"trip,omitempty"`
	Paused string       `json:"paused,omitempty"`
}

// ListRounds asks "oracle/rounds".
type ListRounds struct {
	Pair  string `json:"pair"`
	Limit int    `json:"limit,omitzero"` // 0: 1000
}

// Rounds answers "oracle/rounds", the newest first. Broken says where the chain
// does not hold.
type Rounds struct {
	State  PairState     `json:"state"`
	Rounds []ListedRound `json:"rounds"`
	Broken string        `json:"broken,omitempty"`
}

// ListedRound is one round of a chain.
type ListedRound struct {
	ID         wire.Digest `json:"id"`
	Previous   wire.Digest `json:"previous,omitzero"`
	ObservedAt int64       `json:"observed_at"`
	Operators  []string    `json:"operators"`
	Round      wire.Raw    `json:"round"`
}

// ImportRound asks "oracle/import": observations that make one round.
type ImportRound struct {
	Observations []wire.Raw `json:"observations"`
}

// JoinRounds asks "oracle/join": to go on from another operator's rounds of a
// pair, oldest first, where they go on from this node's.
type JoinRounds struct {
	Rounds []wire.Raw `json:"rounds"`
}

// JoinedRounds answers "oracle/join": how many now count here, and the newest.
type JoinedRounds struct {
	Joined int         `json:"joined"`
	ID     wire.Digest `json:"id,omitzero"`
}

// Round answers "oracle/import".
type Round struct {
	ID      wire.Digest `json:"id"`
	Price   string      `json:"price"` // decimal text, for people
	Signers int         `json:"signers"`
}
