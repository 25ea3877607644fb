package receipt

import "github.com/backbay-labs/chio-node/wire"

// Schema is the schema id of a receipt. The upstream body carries no schema
// member, so it appears in bundles and file names only.
const Schema = "chio.receipt.v1"

// Receipt is one signed decision. The id is the hex SHA-256 of the canonical
// form of every field except id, signature, algorithm and bbs_signature; the
// signature covers JCS({"body":<those fields>,"id":<id>}).
type Receipt struct {
	ID                   string         `json:"id"`
	Timestamp            int64          `json:"timestamp"` // unix seconds
	CapabilityID         string         `json:"capability_id"`
	ToolServer           string         `json:"tool_server"`
	ToolName             string         `json:"tool_name"`
	Action               Action         `json:"action"`
	Decision             *Decision      `json:"decision,omitempty"`
	ReceiptKind          Kind           `json:"receipt_kind"`
	BoundaryClass        Boundary       `json:"boundary_class"`
	ObservationOutcome   string         `json:"observation_outcome,omitempty"` // observed | evaluated | dropped
	ToolOrigin           string         `json:"tool_origin"`
	RedactionMode        string         `json:"redaction_mode"` // none | summary | redacted
	ActorChain           []wire.Raw     `json:"actor_chain,omitempty"`
	ContentHash          string         `json:"content_hash"` // hex SHA-256 of the released content's preimage
	PolicyHash           string         `json:"policy_hash"`
	Evidence             []Evidence     `json:"evidence,omitempty"`
	Metadata             wire.Raw       `json:"metadata,omitempty"`
	TrustLevel           TrustLevel     `json:"trust_level"`
	TenantID             string         `json:"tenant_id,omitempty"`
	BBSProjectionVersion string         `json:"bbs_projection_version,omitempty"`
	KernelKey            wire.PublicKey `json:"kernel_key"`
	BBSSignature         string         `json:"bbs_signature,omitempty"` // never made here; not signed
	Algorithm            string         `json:"algorithm,omitempty"`     // not signed
	Signature            wire.Signature `json:"signature"`
}

// Action is what was asked for. ParameterHash = hex SHA-256(JCS(Parameters)),
// over what is recorded; the real arguments are bound by metadata.args_sha256.
type Action struct {
	Parameters    wire.Raw `json:"parameters"`
	ParameterHash string   `json:"parameter_hash"`
}

// Decision is tagged by Verdict; only the fields of that verdict are present.
type Decision struct {
	Verdict    string `json:"verdict"`
	Reason     string `json:"reason,omitempty"`      // deny, cancelled, incomplete, pending_approval
	Guard      string `json:"guard,omitempty"`       // deny, pending_approval
	ApprovalID string `json:"approval_id,omitempty"` // pending_approval
}

// The verdicts. PendingApproval is ours alone; it is not terminal.
const (
	Allow           = "allow"
	Deny            = "deny"
	Cancelled       = "cancelled"
	Incomplete      = "incomplete"
	PendingApproval = "pending_approval"
)

// Kind says what the receipt records.
type Kind string

// Boundary says what the kernel could have done about it.
type Boundary string

// TrustLevel says how strong the record is.
type TrustLevel string

// The three coherent rows: kind, boundary, trust level.
const (
	MediatedDecision   Kind = "mediated_decision"
	TraceObservation   Kind = "trace_observation"
	AdvisoryEvaluation Kind = "advisory_evaluation"

	Prevent      Boundary = "prevent"
	DetectOnly   Boundary = "detect_only"
	AdvisoryOnly Boundary = "advisory_only"

	Mediated TrustLevel = "mediated"
	Verified TrustLevel = "verified"
	Advisory TrustLevel = "advisory"
)

// The tool origins and redaction modes.
const (
	CallerExecuted = "caller_executed"
	HostReported   = "host_executed_provider_reported"
	HostUnmediated = "host_executed_unmediated"

	RedactNone    = "none"
	RedactSummary = "summary"
	RedactAll     = "redacted"
)

// Evidence is one guard's finding; verdict true means it passed.
type Evidence struct {
	GuardName string `json:"guard_name"`
	Verdict   bool   `json:"verdict"`
	Details   string `json:"details,omitempty"`
}

// Metadata is the metadata this kernel writes. A verifier accepts any object.
type Metadata struct {
	CallID          string       `json:"call_id"`
	ArgsSHA256      wire.Digest  `json:"args_sha256"`
	Code            string       `json:"code,omitempty"` // stable denial code
	Step            int          `json:"step,omitzero"`  // the step of DESIGN §5 that decided
	Fix             string       `json:"fix,omitempty"`
	Attribution     *Attribution `json:"attribution,omitempty"`
	Holder          *Holder      `json:"holder,omitempty"`
	Policy          *Policy      `json:"policy,omitempty"`
	Financial       *Financial   `json:"financial,omitempty"`
	Federation      *Federation  `json:"federation,omitempty"`
	Governed        *Governed    `json:"governed,omitempty"`
	Approval        *Approval    `json:"approval,omitempty"`
	Session         *Session     `json:"session,omitempty"`
	Observed        *WouldBe     `json:"observed,omitempty"` // of an advisory evaluation
	Unlogged        bool         `json:"unlogged,omitzero"`
	RevocationEpoch uint64       `json:"revocation_epoch,omitzero"`
}

// WouldBe is what a policy in observe mode would have decided.
type WouldBe struct {
	Verdict string `json:"verdict"` // deny | pending_approval
	Guard   string `json:"guard"`
	Code    string `json:"code,omitempty"`
	Rule    string `json:"rule,omitempty"`
}

// Attribution says under whose authority the call ran.
type Attribution struct {
	SubjectKey      wire.PublicKey `json:"subject_key"`
	GrantIndex      int            `json:"grant_index"` // in the leaf token
	DelegationDepth int            `json:"delegation_depth"`
	PassportID      string         `json:"passport_id,omitempty"`
}

// Holder says who signed the mandate.
type Holder struct {
	Kind       string `json:"kind"` // agent | custodial
	OnBehalfOf string `json:"on_behalf_of,omitempty"`
	Human      bool   `json:"human,omitzero"`
}

// Policy names what was enforced and whose side decided.
type Policy struct {
	Local     *wire.Digest `json:"local,omitempty"`
	Peer      *wire.Digest `json:"peer,omitempty"`      // the peer's attestation
	Effective *wire.Digest `json:"effective,omitempty"` // of the treaty direction
	BoundBy   string       `json:"bound_by,omitempty"`  // local | own_terms | peer_terms | treaty
}

// Financial is the cost side of a decision.
type Financial struct {
	GrantIndex       int          `json:"grant_index"`
	CostCharged      uint64       `json:"cost_charged"`
	Currency         string       `json:"currency"`
	BudgetRemaining  *uint64      `json:"budget_remaining,omitempty"`
	BudgetTotal      *uint64      `json:"budget_total,omitempty"`
	DelegationDepth  int          `json:"delegation_depth"`
	RootBudgetHolder string       `json:"root_budget_holder"`
	SettlementStatus string       `json:"settlement_status"` // not_applicable | pending | settled | failed
	AttemptedCost    *uint64      `json:"attempted_cost,omitempty"`
	PriceRound       *wire.Digest `json:"price_round,omitempty"`
	// OracleEvidence says how the price was converted into the currency of the
	// grant's cap, if it had to be.
	OracleEvidence *OracleEvidence `json:"oracle_evidence,omitempty"`
}

// OracleEvidence is one conversion, recomputable from the signed round it
// names. The rates are decimal strings because they exceed 64 bits.
type OracleEvidence struct {
	RoundSHA256        wire.Digest `json:"round_sha256"`
	BaseCurrency       string      `json:"base_currency"`
	QuoteCurrency      string      `json:"quote_currency"`
	RateNumerator      string      `json:"rate_numerator"`
	RateDenominator    string      `json:"rate_denominator"`
	MarginBps          uint32      `json:"margin_bps"`
	UpdatedAt          int64       `json:"updated_at"` // unix seconds
	MaxAgeSeconds      int64       `json:"max_age_seconds"`
	OriginalCostUnits  uint64      `json:"original_cost_units"` // as priced
	OriginalCurrency   string      `json:"original_currency"`
	ConvertedCostUnits uint64      `json:"converted_cost_units"` // as held, or as charged once known
	GrantCurrency      string      `json:"grant_currency"`
}

// Governed is what step 9 established about a call that carried an intent.
type Governed struct {
	IntentID         string      `json:"intent_id"`
	IntentSHA256     wire.Digest `json:"intent_sha256"` // SHA-256(JCS(intent))
	Purpose          string      `json:"purpose,omitempty"`
	RuntimeAssurance string      `json:"runtime_assurance"`        // none | basic | attested | verified
	AutonomyTier     string      `json:"autonomy_tier,omitempty"`  // direct | delegated | autonomous
	ChainID          string      `json:"chain_id,omitempty"`       // of the call chain
	ChainEvidence    string      `json:"chain_evidence,omitempty"` // asserted | observed | verified
	ParentCallID     string      `json:"parent_call_id,omitempty"` // of the call chain
	ParentReceiptID  string      `json:"parent_receipt_id,omitempty"`
	BondID           string      `json:"bond_id,omitempty"`
}

// Approval says which approval a decision waits for, or rests on.
type Approval struct {
	ID            string           `json:"id"`
	RequestSHA256 wire.Digest      `json:"request_sha256"`
	Approvers     []wire.PublicKey `json:"approvers,omitempty"` // who approved, sorted
	BatchID       string           `json:"batch_id,omitempty"`
	ExpiresAt     int64            `json:"expires_at,omitzero"` // unix seconds
}

// Session places a call in its session's hash-chained journal: SHA256 is the
// head of the journal before this call, Sequence its number of entries.
type Session struct {
	ID       string      `json:"id"`
	Sequence uint64      `json:"sequence"`
	SHA256   wire.Digest `json:"sha256"`
}

// Federation binds a cross-organisation call to its treaty.
type Federation struct {
	Role               string       `json:"role"` // origin | host
	PeerDID            string       `json:"peer_did"`
	TreatyID           wire.Digest  `json:"treaty_id"`
	ContinuationSHA256 *wire.Digest `json:"continuation_sha256,omitempty"`
	PeerReceiptID      string       `json:"peer_receipt_id,omitempty"`
	PeerVerdict        string       `json:"peer_verdict,omitempty"`
	// HopIndex counts the borders that were crossed before this one, and Lineage
	// names the continuations by which they were, the first caller's first.
	HopIndex int           `json:"hop_index,omitzero"`
	Lineage  []wire.Digest `json:"lineage,omitempty"`
	// Children are the calls to other organisations that this one led to, at its
	// host, as far as they ended before it.
	Children []Child `json:"children,omitempty"`
}

// Child is a call that another led to, by the receipt of the kernel that sent it.
type Child struct {
	ReceiptID string `json:"receipt_id"`
	Verdict   string `json:"verdict"`
}
