package capability

import "github.com/backbay-labs/chio-node/wire"

// Schema is the schema id of a capability token; a token that omits it means it.
const Schema = "chio.capability.v1"

// Token is one signed capability. Absent optional fields are omitted from the
// signed bytes, empty lists too; operations are always present.
type Token struct {
	Schema                    string         `json:"schema,omitempty"`
	ID                        string         `json:"id"`
	Issuer                    wire.PublicKey `json:"issuer"`
	Subject                   wire.PublicKey `json:"subject"`
	Scope                     Scope          `json:"scope"`
	IssuedAt                  int64          `json:"issued_at"`  // unix seconds, inclusive
	ExpiresAt                 int64          `json:"expires_at"` // unix seconds, exclusive
	DelegationChain           []Link         `json:"delegation_chain,omitempty"`
	AggregateInvocationBudget wire.Raw       `json:"aggregate_invocation_budget,omitempty"`
	Algorithm                 string         `json:"algorithm,omitempty"` // not signed
	Caveats                   []wire.Raw     `json:"caveats,omitempty"`   // any caveat: the token is refused
	ScopeAttenuations         []wire.Raw     `json:"scope_attenuations,omitempty"`
	AttenuationProof          wire.Raw       `json:"attenuation_proof,omitempty"`
	BudgetShareBps            *uint16        `json:"budget_share_bps,omitempty"`
	Signature                 wire.Signature `json:"signature"`
}

// Scope is the authority of a token.
type Scope struct {
	Grants         []ToolGrant     `json:"grants,omitempty"`
	ResourceGrants []ResourceGrant `json:"resource_grants,omitempty"`
	PromptGrants   []PromptGrant   `json:"prompt_grants,omitempty"`
}

// ToolGrant lets its holder use one tool, or "*", of one server, or "*".
type ToolGrant struct {
	ServerID             string               `json:"server_id"`
	ToolName             string               `json:"tool_name"`
	Operations           []Operation          `json:"operations"`
	Constraints          []Constraint         `json:"constraints,omitempty"`
	MaxInvocations       *uint32              `json:"max_invocations,omitempty"`
	MaxCostPerInvocation *wire.MonetaryAmount `json:"max_cost_per_invocation,omitempty"`
	MaxTotalCost         *wire.MonetaryAmount `json:"max_total_cost,omitempty"`
	DPoPRequired         *bool                `json:"dpop_required,omitempty"`
}

// ResourceGrant and PromptGrant match "*", a trailing-* prefix, or exactly.
type ResourceGrant struct {
	URIPattern string      `json:"uri_pattern"`
	Operations []Operation `json:"operations"`
}

// PromptGrant lets its holder use matching prompts.
type PromptGrant struct {
	PromptName string      `json:"prompt_name"`
	Operations []Operation `json:"operations"`
}

// Operation is what a grant allows to be done.
type Operation string

// The operations.
const (
	Invoke     Operation = "invoke"
	ReadResult Operation = "read_result"
	Read       Operation = "read"
	Subscribe  Operation = "subscribe"
	Get        Operation = "get"
	Delegate   Operation = "delegate"
)

// Constraint narrows a grant; wire form {"type":<snake_case>,"value":…}. A
// constraint that cannot be evaluated denies.
type Constraint struct {
	Type  string   `json:"type"`
	Value wire.Raw `json:"value,omitzero"` // an empty value is still signed
}

// Link is one hop of delegation: the delegator, subject of the token it names,
// hands part of that token's scope to the delegatee. Signature is the
// delegator's over the canonical form of all other fields.
type Link struct {
	CapabilityID       string         `json:"capability_id"` // the parent token
	Delegator          wire.PublicKey `json:"delegator"`
	Delegatee          wire.PublicKey `json:"delegatee"`
	Attenuations       []wire.Raw     `json:"attenuations,omitempty"`
	Timestamp          int64          `json:"timestamp"`
	ScopeHash          *wire.Digest   `json:"scope_hash,omitempty"` // SHA-256(JCS(parent scope))
	AggregateBudget    wire.Raw       `json:"aggregate_budget,omitempty"`
	CumulativeApproval wire.Raw       `json:"cumulative_approval,omitempty"`
	ChildBinding       wire.Raw       `json:"child_binding,omitempty"`
	Signature          wire.Signature `json:"signature"`
}

// Ref names a token for revocation, budgets and caches: the pair, because an
// id alone could be claimed by any issuer.
type Ref struct {
	Issuer wire.PublicKey `json:"issuer"`
	ID     string         `json:"id"`
}

// Ref returns the token's name.
func (t *Token) Ref() Ref { return Ref{Issuer: t.Issuer, ID: t.ID} }
