package kernel

import (
	"errors"
	"fmt"

	"github.com/backbay-labs/chio-node/kernel/capability"
	"github.com/backbay-labs/chio-node/wire"
)

// AttestationSchema is the schema id of a runtime attestation.
const AttestationSchema = "chio.runtime_attestation.v1"

// Attestation is what an attestor signed about the runtime an agent's key
// lives in. It travels inside an Intent as an envelope signed by Attestor.
type Attestation struct {
	Schema          string         `json:"schema"`
	Attestor        wire.PublicKey `json:"attestor"`
	Subject         wire.PublicKey `json:"subject"` // the agent's key
	Level           string         `json:"level"`   // basic | attested | verified
	ModelID         string         `json:"model_id,omitempty"`
	ModelSafetyTier string         `json:"model_safety_tier,omitempty"` // low | standard | high | restricted
	IssuedAt        int64          `json:"issued_at"`                   // unix seconds, inclusive
	ExpiresAt       int64          `json:"expires_at"`                  // unix seconds, exclusive
}

// maxAttestationSeconds bounds the life of an attestation: a runtime changes.
const maxAttestationSeconds = 24 * 3600

// runtime is what is known about the caller's runtime: by default nothing,
// since an assertion is no evidence.
type runtime struct {
	level           string // none | basic | attested | verified
	modelID         string
	modelSafetyTier string
}

var errAttestation = errors.New("runtime attestation")

// assess turns an attestation into what it proves:
//
//	1 it is signed by its attestor, whose key the configuration trusts
//	2 it is about the agent that signed the call
//	3 it is valid now, and for no longer than a day
//	4 level and safety tier are words of the scale
//
// No attestation proves nothing; a bad one is an error.
func (k *Kernel) assess(env *wire.Envelope, subject wire.PublicKey, now int64) (runtime, error) {
	nothing := runtime{level: capability.AssuranceNone}
	if env == nil {
		return nothing, nil
	}
	var a Attestation
	if len(env.Signatures) != 1 { // 1
		return nothing, fmt.Errorf("%w: want one signature", errAttestation)
	}
	if err := env.Open(AttestationSchema, &a, nil, nil); err != nil { // 1
		return nothing, fmt.Errorf("%w: %w", errAttestation, err)
	}
	trusted := false
	for _, key := range k.cfg.Attestors {
		trusted = trusted || key == a.Attestor
	}
	if !trusted || env.Signatures[0].Key != a.Attestor.String() { // 1
		return nothing, fmt.Errorf("%w: attestor %s is not trusted here", errAttestation, a.Attestor)
	}
	if a.Subject != subject { // 2
		return nothing, fmt.Errorf("%w: it is about another agent", errAttestation)
	}
	if a.IssuedAt > now || now >= a.ExpiresAt || a.ExpiresAt-a.IssuedAt > maxAttestationSeconds { // 3
		return nothing, fmt.Errorf("%w: it is valid from %d to %d, at most %d s; it is %d", errAttestation, a.IssuedAt, a.ExpiresAt, maxAttestationSeconds, now)
	}
	if !capability.AssuranceAtLeast(a.Level, capability.AssuranceBasic) || a.ModelSafetyTier != "" && !capability.SafetyAtLeast(a.ModelSafetyTier, capability.SafetyLow) { // 4
		return nothing, fmt.Errorf("%w: level %.20q or safety tier %.20q is unknown", errAttestation, a.Level, a.ModelSafetyTier)
	}
	return runtime{level: a.Level, modelID: a.ModelID, modelSafetyTier: a.ModelSafetyTier}, nil
}
