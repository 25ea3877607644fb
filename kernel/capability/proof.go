package capability

import "github.com/backbay-labs/chio-node/wire"

// ProofSchema is the schema id of a holder proof.
const ProofSchema = "chio.holder_proof.v1"

// HolderProof is the body of an agent's signed mandate: proof that the holder
// of the capability's subject key asked for exactly this call, of exactly this
// kernel. It travels as a wire.Envelope signed by AgentKey alone.
type HolderProof struct {
	Schema       string         `json:"schema"`
	CallID       string         `json:"call_id"`
	Audience     wire.PublicKey `json:"audience"` // kernel key of the kernel that executes
	Server       string         `json:"server"`   // server name at the executing kernel
	Tool         string         `json:"tool"`
	ArgsSHA256   wire.Digest    `json:"args_sha256"`   // SHA-256 of the canonical arguments
	CapabilityID string         `json:"capability_id"` // leaf token
	Nonce        string         `json:"nonce"`         // 32 hex characters
	IssuedAt     int64          `json:"issued_at"`
	AgentKey     wire.PublicKey `json:"agent_key"`
	// IntentSHA256 binds a governed intent, Session the session the call belongs
	// to: at most 128 printable ASCII characters. Both are absent without one.
	IntentSHA256 *wire.Digest `json:"intent_sha256,omitempty"`
	Session      string       `json:"session,omitempty"`
	// OnBehalfOf and Human say for whom the agent acts and whether a person
	// asked for this very call: the signer's word, bound to the call.
	OnBehalfOf string `json:"on_behalf_of,omitempty"`
	Human      bool   `json:"human,omitzero"`
}

// The freshness window of a holder proof, in seconds.
const (
	ProofTTLSeconds  = 300
	ProofSkewSeconds = 30
)
